package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	// headSize is how much of a body is read to find where an INSERT's data
	// begins.
	headSize = 256 << 10
	// maxStatement bounds a statement that is no INSERT; the engine's own limit
	// (max_query_size) is lower.
	maxStatement = 16 << 20
)

// readStatement reads a statement from the URL and the body. Where it is an
// INSERT with data, data is that data.
func readStatement(req *request, body io.Reader) (st statement, data io.Reader, err error) {
	text := req.query
	if text != "" {
		if st, err = parseStatement(text); err == nil && st.insert != nil {
			return st, io.MultiReader(strings.NewReader(text[st.insert.data:]), body), nil
		}
		text += "\n"
	}
	head, err := io.ReadAll(io.LimitReader(body, headSize))
	if err != nil {
		return st, nil, bodyError(err)
	}
	text += string(head)
	if st, err = parseStatement(text); err == nil && st.insert != nil {
		return st, io.MultiReader(strings.NewReader(text[st.insert.data:]), body), nil
	}
	if len(head) < headSize {
		return st, nil, err
	}
	if req.user == analyst {
		return st, nil, exceptionf(codeSyntaxError, "Max query size exceeded: a statement has %d bytes at most", headSize)
	}
	more, readErr := io.ReadAll(io.LimitReader(body, maxStatement+1))
	if readErr != nil {
		return st, nil, bodyError(readErr)
	}
	if len(more) > maxStatement {
		return st, nil, exceptionf(codeTooLarge, "a statement of more than %d bytes", maxStatement)
	}
	st, err = parseStatement(text + string(more))
	return st, nil, err
}

// bodyError keeps an exception and words everything else.
func bodyError(err error) error {
	if _, ok := errors.AsType[*exception](err); ok {
		return err
	}
	return exceptionf(codeCannotDecompress, "read request body: %v", err)
}

// run is one statement on its way through a session.
type run struct {
	session *session
	req     *request
	st      statement
	out     *output
}

// execute runs the statement and sends its result.
func (r *run) execute(ctx context.Context) error {
	format := r.st.format
	fallback(&format, r.req.format)
	fallback(&format, defaultFormat)
	r.out.setFormat(format)
	// The stream's parts are documents of their own: they can be joined in some
	// formats only. A row of totals ends a stream with an error.
	if !streams(r.st.verb) || r.st.totals || !joinable(format) {
		return r.whole(r.st.text, format)
	}
	stream := r.session.conn.stream(r.st.text, format, r.req.params)
	defer stream.release()
	if text := stream.err(); text != "" {
		if strings.Contains(text, "Streaming query is not supported") {
			return r.whole(r.st.text, format)
		}
		return engineError(text)
	}
	return r.fetch(ctx, stream, newJoiner(format))
}

// streams tells whether a statement's result comes in parts.
func streams(verb string) bool {
	switch verb {
	case "SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "VALUES":
		return true
	default:
		return false
	}
}

// whole runs a statement that gives its result at once, or none.
func (r *run) whole(sql, format string) error {
	result := r.session.conn.query(sql, format, r.req.params)
	defer result.release()
	if err := engineError(result.err()); err != nil {
		return err
	}
	if data := result.bytes(); len(data) > 0 {
		if err := r.out.part(data); err != nil {
			return err
		}
	}
	return r.finish(result.totals())
}

func (r *run) finish(t totals) error {
	if r.out.native != nil && r.out.parts == 0 && streams(r.st.verb) {
		if err := r.emptyHeader(); err != nil {
			return err
		}
	}
	return r.out.finish(t)
}

// fetch sends the parts of a stream until an empty one.
func (r *run) fetch(ctx context.Context, stream *result, join *joiner) error {
	var sum totals
	for {
		if ctx.Err() != nil {
			r.session.conn.cancel(stream)
			return exceptionf(codeCancelled, "Query was cancelled")
		}
		part := r.session.conn.fetch(stream)
		t, data := part.totals(), part.bytes()
		if r.out.parts > 0 && sum.resultRows == 0 && strings.Contains(part.err(), "No active streaming query") {
			// A head without rows (TSVWithNames) was all: the library has ended
			// the stream with it. Behind rows it would be an end too soon.
			part.release()
			return r.finish(sum)
		}
		err := engineError(part.err())
		if err == nil && len(data) > 0 {
			if err = r.out.part(join.next(data)); err != nil {
				r.session.conn.cancel(stream)
			}
		}
		last := len(data) == 0 && t.resultRows == 0
		part.release()
		sum.add(t)
		if err != nil {
			return err
		}
		if last {
			return r.finish(sum)
		}
	}
}

// emptyHeader sends the columns of a result without rows: the library sends
// nothing then, and clients of the Native format want a block.
func (r *run) emptyHeader() error {
	names, types, err := r.describe()
	if err != nil {
		return err
	}
	return r.out.raw(r.out.native.header(names, types))
}

func (r *run) describe() (names, types []string, err error) {
	sql := "DESCRIBE (" + r.st.bare + "\n)"
	if v := r.st.verb; v != "SELECT" && v != "WITH" && v != "FROM" {
		sql = r.st.bare
	}
	result := r.session.conn.query(sql, "JSONCompact", r.req.params)
	defer result.release()
	if err := engineError(result.err()); err != nil {
		return nil, nil, err
	}
	var answer struct {
		Meta []struct {
			Name string `json:"name"`
			Type string `json:"type"`
		} `json:"meta"`
		Data [][]any `json:"data"`
	}
	if err := json.Unmarshal(result.bytes(), &answer); err != nil {
		return nil, nil, fmt.Errorf("read columns of result: %w", err)
	}
	if sql == r.st.bare {
		for _, column := range answer.Meta {
			names, types = append(names, column.Name), append(types, column.Type)
		}
		return names, types, nil
	}
	for _, row := range answer.Data {
		names, types = append(names, fmt.Sprint(row[0])), append(types, fmt.Sprint(row[1]))
	}
	return names, types, nil
}

// dataFile puts an INSERT's data into a memory file: all of it, or nothing when
// the client breaks off.
func dataFile(data io.Reader, limit int64) (*os.File, error) {
	file, err := memoryFile("insert")
	if err != nil {
		return nil, err
	}
	n, err := io.Copy(file, io.LimitReader(data, limit+1))
	switch {
	case err != nil:
		err = bodyError(err)
	case n > limit:
		err = exceptionf(codeTooLarge, "an insert of more than %d bytes; send it in parts", limit)
	default:
		return file, nil
	}
	file.Close()
	return nil, err
}

// insert lets the engine read the data from a file.
func (r *run) insert(file *os.File) error {
	r.out.setFormat("")
	return r.whole(r.st.insert.fromFile(fmt.Sprintf("/proc/self/fd/%d", file.Fd())), "Null")
}
