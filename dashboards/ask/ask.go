// Package ask puts questions in SQL as a login that may only read, within
// limits, and returns the answers as frames: columns of numbers, texts and times
// that a browser can draw. Questions that are the same at the same time are
// asked once.
package ask

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// Limits bound each question.
type Limits struct {
	// Timeout is how long it may take.
	Timeout time.Duration
	// MaxRows and MaxBytes are where an answer is cut off; the frame says so.
	MaxRows, MaxBytes int
	// AtOnce is how many are asked at the same time; others wait.
	AtOnce int
	// Fresh is how long an answer is given again without asking.
	Fresh time.Duration
}

// Usual are limits for a person in front of a page, on a small machine.
func Usual() Limits {
	return Limits{Timeout: 30 * time.Second, MaxRows: 200_000, MaxBytes: 32 << 20, AtOnce: 3, Fresh: 5 * time.Second}
}

// Reader is whom to ask; *clickhouse.Reader is one.
type Reader interface {
	Query(ctx context.Context, sql string, timeout time.Duration, read *atomic.Uint64) (*clickhouse.Rows, func(), error)
	Database() string
}

// Asker asks. It is safe for concurrent use.
type Asker struct {
	reader Reader
	limits Limits
	slots  chan struct{}
	shared *shared
}

// New makes an Asker.
func New(reader Reader, limits Limits) *Asker {
	return &Asker{reader: reader, limits: limits, slots: make(chan struct{}, max(limits.AtOnce, 1)), shared: newShared(limits.Fresh)}
}

// Database is the name of the database that is asked.
func (a *Asker) Database() string { return a.reader.Database() }

// Ask returns the answer, of at most so many rows; 0: as many as the limits
// allow. Several who ask the same share one question, which is given up when the
// last of them leaves. The frame is shared too: nobody may change it.
func (a *Asker) Ask(ctx context.Context, sql string, maxRows int) (*Frame, error) {
	if maxRows <= 0 || maxRows > a.limits.MaxRows {
		maxRows = a.limits.MaxRows
	}
	sql, err := statement(sql)
	if err != nil {
		return nil, err
	}
	return a.shared.do(ctx, strconv.Itoa(maxRows)+" "+sql, func(ctx context.Context) (*Frame, error) {
		return a.once(ctx, sql, maxRows)
	})
}

func (a *Asker) once(ctx context.Context, sql string, maxRows int) (*Frame, error) {
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var read atomic.Uint64
	begin := time.Now()
	rows, done, err := a.reader.Query(ctx, sql, a.limits.Timeout, &read)
	if err != nil {
		return nil, a.explain(ctx, sql, err)
	}
	defer done()
	frame, err := readFrame(rows, maxRows, a.limits.MaxBytes)
	if err != nil {
		return nil, a.explain(ctx, sql, err)
	}
	frame.SQL, frame.MS, frame.RowsRead = sql, time.Since(begin).Milliseconds(), read.Load()
	return frame, nil
}

// statement is one question without its semicolon, of a kind that only reads:
// not every engine that is told readonly=1 holds back the others. The answer comes in a format
// of its own: a FORMAT in the question would make it unreadable.
func statement(sql string) (string, error) {
	sql = strings.TrimRight(strings.TrimSpace(sql), "; \t\r\n")
	if sql == "" {
		return "", &Error{Words: "there is no question"}
	}
	switch verb := firstWord(sql); strings.ToUpper(verb) {
	case "SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "VALUES", "(":
	default:
		return "", &Error{Words: fmt.Sprintf("only questions can be asked here: SELECT, WITH, SHOW, DESCRIBE, EXPLAIN, EXISTS; this begins with %.40q", verb)}
	}
	if m := regexp.MustCompile(`(?i)\bFORMAT\s+([A-Za-z]\w*)$`).FindStringSubmatch(sql); m != nil {
		return "", &Error{Words: "leave FORMAT " + m[1] + " out: the answer comes as a table, and can be saved as CSV"}
	}
	return sql, nil
}

// firstWord is the word, or the sign, with which a statement begins behind its
// comments.
func firstWord(sql string) string {
	sql = regexp.MustCompile(`^(?:\s+|--[^\n]*|#[ !][^\n]*|/\*(?s:.*?)\*/)+`).ReplaceAllString(sql, "")
	return regexp.MustCompile(`^(?:\w+|.?)`).FindString(sql)
}

// Error is a question that got no answer, for a reason which a person can
// understand.
type Error struct {
	// Words say what is wrong; those of the server where it was asked.
	Words string
	// Code is the server's own; 0: it was not the server.
	Code int32
	// Line and Column say where in the question, from 1; 0: unknown.
	Line, Column int
}

func (e *Error) Error() string { return e.Words }

// explain makes the server's complaint readable.
func (a *Asker) explain(ctx context.Context, sql string, err error) error {
	if code, words, ok := clickhouse.Complaint(err); ok {
		e := &Error{Words: clean(words), Code: code}
		e.Line, e.Column = position(sql, words)
		return e
	}
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return &Error{Words: fmt.Sprintf("the question took longer than %s: ask about less time, or for fewer rows", a.limits.Timeout)}
	}
	return err
}

// clean takes what concerns nobody out of the server's words.
func clean(words string) string {
	words = regexp.MustCompile(`^(Code: \d+\. )?DB::Exception: `).ReplaceAllString(strings.TrimSpace(words), "")
	words = regexp.MustCompile(`\s*\(version [^)]*\)+$`).ReplaceAllString(words, "")
	words = regexp.MustCompile(`\s*Stack trace:(?s).*$`).ReplaceAllString(words, "")
	return strings.TrimSpace(words)
}

// position finds where the server stumbled: it counts bytes from 1.
func position(sql, words string) (line, column int) {
	m := regexp.MustCompile(`failed at position (\d{1,9})`).FindStringSubmatch(words)
	if m == nil {
		return 0, 0
	}
	at, err := strconv.Atoi(m[1])
	if err != nil || at < 1 || at > len(sql)+1 {
		return 0, 0
	}
	before := sql[:at-1]
	return strings.Count(before, "\n") + 1, len([]rune(before[strings.LastIndex(before, "\n")+1:])) + 1
}
