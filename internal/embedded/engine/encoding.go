package engine

import (
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// maxWindow is how much a body may want to be remembered of what came before;
// zstd itself would grant half a gigabyte.
const maxWindow = 64 << 20

// decodedBody unpacks the request's body: first the encoding of HTTP, then
// ClickHouse's own frames.
func decodedBody(r *http.Request, frames bool) (io.Reader, error) {
	var body io.Reader = r.Body
	var err error
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		body, err = gzip.NewReader(body)
	case "deflate":
		body, err = zlib.NewReader(body)
	case "br":
		body = brotli.NewReader(body)
	case "zstd":
		var d *zstd.Decoder
		d, err = zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		body = d
	case "lz4":
		body = lz4.NewReader(body)
	default:
		return nil, exceptionf(codeNotImplemented, "Unknown Content-Encoding %q", encoding)
	}
	if err != nil {
		return nil, exceptionf(codeCannotDecompress, "read compressed body: %v", err)
	}
	if frames {
		body = &frameReader{from: body}
	}
	return body, nil
}

// chooseEncoding picks what a server would: in this order of liking.
func chooseEncoding(accept string) string {
	accepted := strings.Split(strings.ToLower(accept), ",")
	for _, name := range []string{"br", "gzip", "deflate", "zstd", "lz4"} {
		for _, a := range accepted {
			token, quality, _ := strings.Cut(strings.TrimSpace(a), ";")
			if token == name && strings.ReplaceAll(quality, " ", "") != "q=0" {
				return name
			}
		}
	}
	return ""
}

// flushWriter is a packer that can give out what it holds.
type flushWriter interface {
	io.WriteCloser
	Flush() error
}

// newEncoder packs for a Content-Encoding; speed matters more than size on one
// machine.
func newEncoder(w io.Writer, encoding string) (flushWriter, error) {
	switch encoding {
	case "br":
		return brotli.NewWriterLevel(w, 1), nil
	case "gzip":
		return gzip.NewWriterLevel(w, gzip.BestSpeed)
	case "deflate":
		return zlib.NewWriterLevel(w, zlib.BestSpeed)
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	case "lz4":
		return lz4.NewWriter(w), nil
	default:
		return nil, fmt.Errorf("make encoder: no encoding %q", encoding)
	}
}
