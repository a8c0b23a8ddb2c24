// Package tapes keeps the raw answers of each look as files on the collector's
// own disk, for a time, so that a better parser can read them again.
//
// A tape is one look: what was published of it, and every question and answer.
// Tapes lie in DIR/SOURCE/YYYY-MM-DD.N.tape, by the UTC day of the look, one
// frame after the other: mark, lengths, checksum, a head that can be read
// without unpacking, and the rest compressed (zstd). Frames are only ever
// appended. A frame that a kill cut short is found by its checksum, passed over
// and counted; the next begins at the next mark.
package tapes

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

// Tape is one look.
type Tape struct {
	// Look is what was published of it.
	Look *event.Snapshot
	// Exchanges are what was asked and answered.
	Exchanges []fetch.Exchange
}

// Head is what tells tapes apart without unpacking them.
type Head struct {
	Source        string `json:"source"`
	Target        string `json:"target"`
	SlotMs        int64  `json:"slot_ms"`
	SeenAtMs      int64  `json:"seen_at_ms"`
	Basis         string `json:"basis"`
	ParserVersion uint32 `json:"parser_version"`
}

func (t Tape) head() Head {
	s := t.Look
	return Head{
		Source: s.GetSource(), Target: s.GetTarget().Key(), SlotMs: s.GetSlotMs(), SeenAtMs: s.GetSeenAtMs(),
		Basis: s.GetBasis().Word(), ParserVersion: s.GetParserVersion(),
	}
}

const (
	// mark begins every frame.
	mark = "\x00TIDETP1"
	// frameHead is mark, length of the head, length of the rest, checksum.
	frameHead = len(mark) + 3*4
	maxHead   = 16 << 10
	// maxRest is more than any look may bring.
	maxRest = 2 * fetch.MaxTape
)

// errTorn is a frame that is not whole.
var errTorn = errors.New("tape is not whole")

// encode makes one frame of a tape.
func encode(t Tape, z *zstd.Encoder) ([]byte, error) {
	head, err := json.Marshal(t.head())
	if err != nil {
		return nil, fmt.Errorf("encode tape: %w", err)
	}
	look, err := proto.Marshal(t.Look)
	if err != nil {
		return nil, fmt.Errorf("encode tape: %w", err)
	}
	text, err := json.Marshal(struct {
		Look      []byte           `json:"look"`
		Exchanges []fetch.Exchange `json:"exchanges"`
	}{look, t.Exchanges})
	if err != nil {
		return nil, fmt.Errorf("encode tape: %w", err)
	}
	rest := z.EncodeAll(text, nil)
	if len(head) > maxHead || len(rest) > maxRest {
		return nil, fmt.Errorf("encode tape: has %d bytes, at most %d", len(rest), maxRest)
	}
	b := make([]byte, 0, frameHead+len(head)+len(rest))
	b = append(b, mark...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(head))) //nolint:gosec // bounded above
	b = binary.BigEndian.AppendUint32(b, uint32(len(rest))) //nolint:gosec // bounded above
	b = binary.BigEndian.AppendUint32(b, checksum(head, rest))
	return append(append(b, head...), rest...), nil
}

func checksum(head, rest []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(head, table), table, rest)
}

// cut splits the first frame off b, and says how long it is.
func cut(b []byte) (head, rest []byte, n int, err error) {
	if len(b) < frameHead || string(b[:len(mark)]) != mark {
		return nil, nil, 0, errTorn
	}
	h := int(binary.BigEndian.Uint32(b[len(mark):]))
	r := int(binary.BigEndian.Uint32(b[len(mark)+4:]))
	if h > maxHead || r > maxRest || len(b) < frameHead+h+r {
		return nil, nil, 0, errTorn
	}
	n = frameHead + h + r
	head, rest = b[frameHead:frameHead+h], b[frameHead+h:n]
	if checksum(head, rest) != binary.BigEndian.Uint32(b[len(mark)+8:]) {
		return nil, nil, 0, errTorn
	}
	return head, rest, n, nil
}

// scan calls see for each whole frame of a file, and returns how many spans of
// it are no frames.
func scan(b []byte, see func(offset int, head Head) error) (torn int, err error) {
	for at := 0; at < len(b); {
		head, _, n, err := cut(b[at:])
		var h Head
		if err == nil {
			err = json.Unmarshal(head, &h)
		}
		if err != nil {
			torn++
			next := bytes.Index(b[at+1:], []byte(mark))
			if next < 0 {
				return torn, nil
			}
			at += 1 + next
			continue
		}
		if err := see(at, h); err != nil {
			return torn, err
		}
		at += n
	}
	return torn, nil
}

// decode unpacks the frame at the beginning of b.
func decode(b []byte) (Tape, error) {
	_, rest, _, err := cut(b)
	if err != nil {
		return Tape{}, err
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(8*maxRest), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return Tape{}, fmt.Errorf("decode tape: %w", err)
	}
	defer z.Close()
	text, err := z.DecodeAll(rest, nil)
	if err != nil {
		return Tape{}, fmt.Errorf("decode tape: %w", err)
	}
	var t struct {
		Look      []byte           `json:"look"`
		Exchanges []fetch.Exchange `json:"exchanges"`
	}
	if err := json.Unmarshal(text, &t); err != nil {
		return Tape{}, fmt.Errorf("decode tape: %w", err)
	}
	look := &event.Snapshot{}
	if err := proto.Unmarshal(t.Look, look); err != nil {
		return Tape{}, fmt.Errorf("decode tape: %w", err)
	}
	return Tape{Look: look, Exchanges: t.Exchanges}, nil
}
