package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

var errLongBlock = errors.New("it unpacks to more")

// blocks holds the packed blocks of pages against what the heads of the pages
// say. The library believes a block where it says how long it is, and follows
// one that does not end: a broken one of LZ4 until there is no memory left.
// Unpacking each page once more takes little beside reading its rows.
type blocks struct {
	room []byte // of the longest page so far
	zstd *zstd.Decoder
}

func (u *blocks) close() {
	if u.zstd != nil {
		u.zstd.Close()
	}
}

// check is an error where the page unpacks to more than its head says.
func (u *blocks) check(codec format.CompressionCodec, h *format.PageHeader, packed []byte) error {
	length := int(h.UncompressedPageSize)
	if v2 := h.DataPageHeaderV2; h.Type == format.DataPageV2 && v2 != nil {
		if v2.IsCompressed != nil && !*v2.IsCompressed {
			return nil
		}
		// The levels lie before the block, as they are.
		a, b := int(v2.RepetitionLevelsByteLength), int(v2.DefinitionLevelsByteLength)
		if a < 0 || b < 0 || a+b > min(length, len(packed)) {
			return fmt.Errorf("it says that its levels have %d and %d bytes of %d", a, b, min(length, len(packed)))
		}
		packed, length = packed[a+b:], length-a-b
	}
	if len(packed) == 0 {
		return nil
	}
	if err := u.unpack(codec, packed, length); err != nil {
		return fmt.Errorf("it says that it unpacks to %d bytes: %w", h.UncompressedPageSize, err)
	}
	return nil
}

func (u *blocks) unpack(codec format.CompressionCodec, packed []byte, length int) error {
	switch codec {
	case format.Snappy: // it says its length first, and the library keeps to it
		n, err := snappy.DecodedLen(packed)
		if err == nil && n > length {
			err = errLongBlock
		}
		return err
	case format.Zstd:
		return u.unpackZstd(packed, length)
	case format.Gzip:
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return err
		}
		return endsWithin(z, length)
	case format.Brotli:
		return endsWithin(brotli.NewReader(bytes.NewReader(packed)), length)
	case format.Lz4Raw:
		const most = 255 // bytes that one byte of LZ4 stands for
		_, err := lz4.UncompressBlock(packed, u.roomOf(min(length, most*len(packed))))
		return err
	default: // as it is; or the library does not know it, and says so
		return nil
	}
}

func (u *blocks) unpackZstd(packed []byte, length int) error {
	if u.zstd == nil {
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return err
		}
		u.zstd = z
	}
	_, err := u.zstd.DecodeAll(packed, u.roomOf(length)[:0])
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return errLongBlock
	}
	return err
}

// roomOf has n bytes, and no capacity beyond them.
func (u *blocks) roomOf(n int) []byte {
	if cap(u.room) < n {
		u.room = make([]byte, n)
	}
	return u.room[:n:n]
}

// endsWithin is an error where r has more than most bytes, or is broken.
func endsWithin(r io.Reader, most int) error {
	n, err := io.Copy(io.Discard, io.LimitReader(r, int64(most)+1))
	if err == nil && n > int64(most) {
		return errLongBlock
	}
	return err
}
