package clickhouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/tidemark/tidemark/internal/config"
)

// readerConns is how many questions of readers run at once.
const readerConns = 6

// Reader asks as a login that may only read. It is safe for concurrent use.
type Reader struct {
	client *Client

	mu     sync.Mutex
	asked  bool
	writer bool // the login may write: each question has to give that up
}

// OpenReader reads clickhouse.reader_dsn; without one it is the login of
// clickhouse.dsn, whose questions are then sent with readonly=1. It does not
// connect.
func OpenReader(cfg config.ClickHouse, log *slog.Logger) (*Reader, error) {
	if cfg.ReaderDSN != "" {
		cfg.DSN, cfg.PasswordFile = cfg.ReaderDSN, cfg.ReaderPasswordFile
	}
	options, err := parseOptions(cfg)
	if err != nil {
		return nil, err
	}
	options.MaxOpenConns = readerConns
	options.TransportFunc = func(t *http.Transport) (http.RoundTripper, error) { return summaries{t}, nil }
	conn, err := ch.Open(options)
	if err != nil {
		return nil, fmt.Errorf("open clickhouse: %w", err)
	}
	return &Reader{client: &Client{
		conn: conn, options: options, database: options.Auth.Database, log: log.With("component", "clickhouse"),
	}}, nil
}

// Database is the name of the database that the reader looks into.
func (r *Reader) Database() string { return r.client.Database() }

// Addr says where the reader connects to, without user and password.
func (r *Reader) Addr() string { return r.client.Addr() }

// Close ends all connections.
func (r *Reader) Close() error { return r.client.Close() }

// Query asks within a time. read counts the rows that the server has read, as
// far as it says so; it may be nil. The rows must be read within the time, which
// ends with done.
func (r *Reader) Query(ctx context.Context, sql string, timeout time.Duration, read *atomic.Uint64) (rows *Rows, done func(), err error) {
	writer, err := r.mayWrite(ctx)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	var options []ch.QueryOption
	if writer {
		options = append(options, ch.WithSettings(ch.Settings{"readonly": 1}))
	}
	if read != nil {
		options = append(options, ch.WithProgress(func(p *ch.Progress) { read.Add(p.Rows) }))
		ctx = context.WithValue(ctx, readKey{}, read)
	}
	if rows, err = r.client.Query(ch.Context(ctx, options...), sql); err != nil {
		cancel()
		return nil, nil, err
	}
	return rows, func() { cancel(); _ = rows.Close() }, nil
}

// mayWrite asks once whether the login could write.
func (r *Reader) mayWrite(ctx context.Context) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked {
		return r.writer, nil
	}
	level, err := SelectOne[uint64](ctx, r.client, "SELECT toUInt64(getSetting('readonly'))")
	if err != nil {
		return false, err
	}
	r.asked, r.writer = true, level == 0
	return r.writer, nil
}

type readKey struct{}

// summaries notes what the server says in the head of an answer about the rows
// that it has read: over HTTP the driver does not.
type summaries struct{ next http.RoundTripper }

func (s summaries) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if read, ok := req.Context().Value(readKey{}).(*atomic.Uint64); ok {
		var summary struct {
			ReadRows string `json:"read_rows"`
		}
		if json.Unmarshal([]byte(resp.Header.Get("X-ClickHouse-Summary")), &summary) == nil {
			if n, err := strconv.ParseUint(summary.ReadRows, 10, 64); err == nil {
				read.Store(n)
			}
		}
	}
	return resp, nil
}

// Complaint is what the server itself says about a question: its code and its
// words. ok is false where the error is none of the server's.
func Complaint(err error) (code int32, words string, ok bool) {
	e, ok := errors.AsType[*ch.Exception](err)
	if !ok {
		return 0, "", false
	}
	return e.Code, e.Message, true
}
