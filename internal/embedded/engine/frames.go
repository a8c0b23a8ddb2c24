package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-faster/city"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// frameMethod is how one of ClickHouse's compressed blocks is packed.
type frameMethod byte

const (
	frameNone frameMethod = 0x02
	frameLZ4  frameMethod = 0x82
	frameZSTD frameMethod = 0x90
)

// A frame is: 16 bytes checksum of what follows, method, packed size with this
// header, plain size, packed bytes.
const (
	frameSum      = 16
	frameHeader   = 9
	maxFrame      = 128 << 20
	plainPerFrame = 1 << 20
)

func frameMethodOf(name string) frameMethod {
	switch strings.ToUpper(name) {
	case "ZSTD":
		return frameZSTD
	case "NONE":
		return frameNone
	default:
		return frameLZ4
	}
}

// frameWriter packs what is written into frames.
type frameWriter struct {
	to     io.Writer
	method frameMethod
	buf    []byte
	lz4    lz4.Compressor
	zstd   *zstd.Encoder
}

func newFrameWriter(to io.Writer, method frameMethod) (*frameWriter, error) {
	w := &frameWriter{to: to, method: method}
	if method == frameZSTD {
		var err error
		if w.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1)); err != nil {
			return nil, fmt.Errorf("make zstd writer: %w", err)
		}
	}
	return w, nil
}

// Write packs p into one frame or several.
func (w *frameWriter) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		part := p[done:min(done+plainPerFrame, len(p))]
		if err := w.writeFrame(part); err != nil {
			return done, err
		}
		done += len(part)
	}
	return done, nil
}

func (w *frameWriter) writeFrame(part []byte) error {
	head := frameSum + frameHeader
	method := w.method
	w.buf = append(w.buf[:0], make([]byte, head)...)
	switch method {
	case frameZSTD:
		w.buf = w.zstd.EncodeAll(part, w.buf)
	case frameLZ4:
		w.buf = append(w.buf, make([]byte, lz4.CompressBlockBound(len(part)))...)
		n, err := w.lz4.CompressBlock(part, w.buf[head:])
		if err != nil {
			return fmt.Errorf("pack lz4 frame: %w", err)
		}
		w.buf = w.buf[:head+n]
	default:
		w.buf = append(w.buf, part...)
	}
	w.buf[frameSum] = byte(method)
	binary.LittleEndian.PutUint32(w.buf[frameSum+1:], uint32(len(w.buf)-frameSum))
	binary.LittleEndian.PutUint32(w.buf[frameSum+5:], uint32(len(part)))
	sum := city.CH128(w.buf[frameSum:])
	binary.LittleEndian.PutUint64(w.buf, sum.Low)
	binary.LittleEndian.PutUint64(w.buf[8:], sum.High)
	_, err := w.to.Write(w.buf)
	return err
}

// Close ends the frames; they have no end mark.
func (w *frameWriter) Close() error {
	if w.zstd != nil {
		return w.zstd.Close()
	}
	return nil
}

// frameReader unpacks frames.
type frameReader struct {
	from        io.Reader
	buffer      bytes.Buffer
	plain, rest []byte
	zstd        *zstd.Decoder
}

// Read returns the plain bytes.
func (r *frameReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if err := r.readFrame(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *frameReader) readFrame() error {
	const head = frameSum + frameHeader
	r.buffer.Reset()
	switch n, err := io.CopyN(&r.buffer, r.from, head); {
	case n == 0:
		return err
	case err != nil:
		return cutFrame(err)
	}
	size := binary.LittleEndian.Uint32(r.buffer.Bytes()[frameSum+1:])
	plain := binary.LittleEndian.Uint32(r.buffer.Bytes()[frameSum+5:])
	if size < frameHeader || size > maxFrame || plain > maxFrame {
		return exceptionf(codeCannotDecompress, "compressed block has sizes %d and %d", size, plain)
	}
	// The buffer grows with what comes, not with what is promised.
	if _, err := io.CopyN(&r.buffer, r.from, int64(size-frameHeader)); err != nil {
		return cutFrame(err)
	}
	frame := r.buffer.Bytes()
	sum := city.CH128(frame[frameSum:])
	if sum.Low != binary.LittleEndian.Uint64(frame) || sum.High != binary.LittleEndian.Uint64(frame[8:]) {
		return exceptionf(codeChecksum, "Checksum doesn't match: corrupted data")
	}
	return r.unpack(frameMethod(frame[frameSum]), frame[head:], int(plain))
}

// cutFrame words the end of the data within a frame.
func cutFrame(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return exceptionf(codeCannotDecompress, "compressed block is cut off")
	}
	return err
}

func (r *frameReader) unpack(method frameMethod, packed []byte, size int) (err error) {
	switch method {
	case frameNone:
		r.plain = append(r.plain[:0], packed...)
	case frameLZ4:
		r.plain = append(r.plain[:0], make([]byte, size)...)
		var n int
		n, err = lz4.UncompressBlock(packed, r.plain)
		r.plain = r.plain[:n]
	case frameZSTD:
		if r.zstd == nil {
			if r.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxFrame)); err != nil {
				return fmt.Errorf("make zstd reader: %w", err)
			}
		}
		r.plain, err = r.zstd.DecodeAll(packed, r.plain[:0])
	default:
		return exceptionf(codeCannotDecompress, "compressed block has unknown method 0x%02x", byte(method))
	}
	if err != nil || len(r.plain) != size {
		return exceptionf(codeCannotDecompress, "compressed block cannot be unpacked")
	}
	r.rest = r.plain
	return nil
}
