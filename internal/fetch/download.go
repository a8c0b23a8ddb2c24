package fetch

import (
	"context"
	"crypto/md5" //nolint:gosec // places publish MD5 sums; it guards against accidents, not against people
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sync/atomic"
	"time"
)

// maxRefusedFile is what is kept of a download that is refused: enough to see
// what it is.
const maxRefusedFile = 64 << 10

// File is an answer that came whole and was too large for memory. It lies in a
// temporary file without a name, which is gone when it is closed, and also when
// the process is killed.
type File struct {
	*os.File
	// Size in bytes.
	Size int64
	// MD5 of the bytes, hex.
	MD5    string
	Header http.Header
}

// Head is the beginning of the file, for a Refusal of it.
func (f *File) Head() []byte {
	b := make([]byte, maxRefusedFile)
	n, _ := f.ReadAt(b, 0) // a shorter file is whole in it
	return b[:n]
}

// Download is Get for a large answer: with the same manners, and the same
// errors, it goes to disk piece by piece. An answer of more than limit bytes is
// a *Refusal. It may take as long as ctx has time, but collect.timeout must
// never pass without a byte. A look with a download is kept on no tape. The
// caller closes the file.
func (c *Client) Download(ctx context.Context, rawURL string, limit int64) (*File, error) {
	u, err := url.Parse(rawURL)
	if err != nil || !isWeb(u) {
		return nil, errors.New("get: want a whole http or https URL")
	}
	disk, err := nameless()
	if err != nil {
		return nil, fmt.Errorf("get %s: make temporary file: %w", redact(u), err)
	}
	f := &File{File: disk}
	r := Request{URL: rawURL, to: &sink{file: f, limit: limit}}
	resp, err := c.Do(ctx, r)
	if err != nil {
		disk.Close()
		return nil, err
	}
	f.Header = resp.Header
	return f, nil
}

// nameless makes a temporary file that nothing has to clean up.
func nameless() (*os.File, error) {
	f, err := os.CreateTemp("", "tidemark-download-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// sink is where a large answer goes.
type sink struct {
	file  *File
	limit int64
}

// take writes a whole answer, from the beginning also where a try before broke
// off, and tells alive about every piece.
func (s *sink) take(body io.Reader, alive func()) (int64, error) {
	if err := s.file.Truncate(0); err != nil {
		return 0, fmt.Errorf("empty temporary file: %w", err)
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("empty temporary file: %w", err)
	}
	sum := md5.New() //nolint:gosec // see above
	n, err := io.Copy(io.MultiWriter(writer{s.file}, sum), &pulse{io.LimitReader(body, s.limit+1), alive})
	if disk, ok := errors.AsType[*diskError](err); ok {
		return n, disk
	}
	if err != nil {
		return n, &transientError{fmt.Errorf("read answer: %w", err)}
	}
	if n > s.limit {
		return n, &Refusal{Reason: fmt.Sprintf("answer is larger than %d bytes", s.limit), Body: s.file.Head()}
	}
	s.file.Size, s.file.MD5 = n, hex.EncodeToString(sum.Sum(nil))
	_, err = s.file.Seek(0, io.SeekStart)
	return n, err
}

// diskError is ours, not the place's: another try would not cure it.
type diskError struct{ err error }

func (e *diskError) Error() string { return "write temporary file: " + e.err.Error() }
func (e *diskError) Unwrap() error { return e.err }

// writer tells what goes wrong on disk from what goes wrong on the way.
type writer struct{ f *File }

// Write is File.Write.
func (w writer) Write(b []byte) (int, error) {
	n, err := w.f.File.Write(b)
	if err != nil {
		err = &diskError{err}
	}
	return n, err
}

// pulse tells that bytes come.
type pulse struct {
	io.Reader
	alive func()
}

// Read passes on, and tells.
func (p *pulse) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if n > 0 {
		p.alive()
	}
	return n, err
}

// patience ends a context when nothing was heard for a while.
type patience struct {
	timer *time.Timer
	d     time.Duration
	ended atomic.Bool
}

// withPatience is context.WithTimeout, but alive starts the time anew.
func withPatience(ctx context.Context, d time.Duration) (context.Context, *patience, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	p := &patience{d: d}
	p.timer = time.AfterFunc(d, func() {
		p.ended.Store(true)
		cancel()
	})
	return ctx, p, func() {
		p.timer.Stop()
		cancel()
	}
}

func (p *patience) alive() {
	if !p.ended.Load() {
		p.timer.Reset(p.d)
	}
}

// save reads a 200 into the sink of the request; every other answer is small,
// and read as any other.
func (c *Client) save(ctx, tryCtx context.Context, res *http.Response, to *sink, p *patience) (*Response, error) {
	u := res.Request.URL
	n, err := to.take(res.Body, p.alive)
	c.metrics.answer(u.Host, res.StatusCode, int(n))
	traceFrom(ctx).add(res.StatusCode, int(n))
	if err != nil {
		if retryable(err) {
			err = c.netError(ctx, tryCtx, err)
		}
		return nil, err
	}
	return &Response{Status: res.StatusCode, Header: res.Header, URL: u.String()}, nil
}
