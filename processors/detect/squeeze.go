package detect

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// squeezer makes memories small for the store. It is for one goroutine.
type squeezer struct {
	pack   *zstd.Encoder
	unpack *zstd.Decoder
}

// maxState bounds what a memory may unpack to: a broken row must not fill the
// memory of the process.
const maxState = 1 << 30

func newSqueezer() (*squeezer, error) {
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("start compression: %w", err)
	}
	unpack, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxState))
	if err != nil {
		return nil, fmt.Errorf("start compression: %w", err)
	}
	return &squeezer{pack, unpack}, nil
}

func (s *squeezer) squeeze(b []byte) []byte { return s.pack.EncodeAll(b, nil) }

// unsqueeze appends to b, whose memory is used again.
func (s *squeezer) unsqueeze(b, squeezed []byte) ([]byte, error) {
	b, err := s.unpack.DecodeAll(squeezed, b)
	if err != nil {
		return nil, fmt.Errorf("unpack memory: %w", err)
	}
	return b, nil
}
