//go:build linux && amd64

package engine

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library is libchdb, loaded. Pointers that it returns are memory of C: the
// garbage collector leaves them alone.
type library struct {
	connect     func(argc int32, argv **byte) *unsafe.Pointer
	closeConn   func(conn *unsafe.Pointer)
	query       queryFunc
	stream      queryFunc
	fetch       func(conn, stream unsafe.Pointer) unsafe.Pointer
	cancel      func(conn, stream unsafe.Pointer)
	destroy     func(result unsafe.Pointer)
	buffer      func(result unsafe.Pointer) *byte
	length      func(result unsafe.Pointer) uintptr
	failure     func(result unsafe.Pointer) string
	elapsed     func(result unsafe.Pointer) float64
	rowsRead    func(result unsafe.Pointer) uint64
	bytesRead   func(result unsafe.Pointer) uint64
	storageRows func(result unsafe.Pointer) uint64
	storageSize func(result unsafe.Pointer) uint64
	rowsWritten func(result unsafe.Pointer) uint64
	sizeWritten func(result unsafe.Pointer) uint64
}

// queryFunc is chdb_query_with_params_n and its streaming sister. Without
// parameters they are plain queries.
type queryFunc func(conn unsafe.Pointer, query *byte, queryLen uintptr, format *byte, formatLen uintptr,
	names **byte, nameLens *uintptr, values **byte, valueLens *uintptr, count uintptr) unsafe.Pointer

// loadLibrary binds the functions of the library at path.
func loadLibrary(path string) (*library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load engine library: %w; run `make engine` again (Linux x86-64 with glibc only)", err)
	}
	lib := &library{}
	for name, fn := range map[string]any{
		"chdb_connect":                    &lib.connect,
		"chdb_close_conn":                 &lib.closeConn,
		"chdb_query_with_params_n":        &lib.query,
		"chdb_stream_query_with_params_n": &lib.stream,
		"chdb_stream_fetch_result":        &lib.fetch,
		"chdb_stream_cancel_query":        &lib.cancel,
		"chdb_destroy_query_result":       &lib.destroy,
		"chdb_result_buffer":              &lib.buffer,
		"chdb_result_length":              &lib.length,
		"chdb_result_error":               &lib.failure,
		"chdb_result_elapsed":             &lib.elapsed,
		"chdb_result_rows_read":           &lib.rowsRead,
		"chdb_result_bytes_read":          &lib.bytesRead,
		"chdb_result_storage_rows_read":   &lib.storageRows,
		"chdb_result_storage_bytes_read":  &lib.storageSize,
		"chdb_result_rows_written":        &lib.rowsWritten,
		"chdb_result_bytes_written":       &lib.sizeWritten,
	} {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("load engine library %s: %w; it is not the version that this program needs, run `make engine`", path, err)
		}
		purego.RegisterFunc(fn, symbol)
	}
	return lib, nil
}

// connection is one session of the engine: one statement at a time. Many
// connections run in parallel.
type connection struct {
	lib *library
	ptr *unsafe.Pointer
}

// open connects. The first connection boots the engine with args; later ones
// must name the same path. The reason of a failure is on stderr only.
func (l *library) open(args []string) (*connection, error) {
	argv := make([]*byte, len(args)+1)
	for i, arg := range args {
		text := append([]byte(arg), 0)
		argv[i] = &text[0]
	}
	ptr := l.connect(int32(len(args)), &argv[0])
	runtime.KeepAlive(argv)
	if ptr == nil || *ptr == nil {
		return nil, errors.New("connect to engine: refused")
	}
	return &connection{lib: l, ptr: ptr}, nil
}

func (c *connection) close() {
	c.lib.closeConn(c.ptr)
	c.ptr = nil
}

// query runs a statement to its end.
func (c *connection) query(sql, format string, params []param) *result {
	return c.call(c.lib.query, sql, format, params)
}

// stream starts a statement whose result is then fetched in parts.
func (c *connection) stream(sql, format string, params []param) *result {
	return c.call(c.lib.stream, sql, format, params)
}

// fetch returns the stream's next part; an empty one is the end.
func (c *connection) fetch(stream *result) *result {
	return &result{lib: c.lib, ptr: c.lib.fetch(*c.ptr, stream.ptr)}
}

// cancel ends a stream between two fetches.
func (c *connection) cancel(stream *result) {
	c.lib.cancel(*c.ptr, stream.ptr)
}

func (c *connection) call(fn queryFunc, sql, format string, params []param) *result {
	names, nameLens := make([]*byte, len(params)+1), make([]uintptr, len(params)+1)
	values, valueLens := make([]*byte, len(params)+1), make([]uintptr, len(params)+1)
	for i, p := range params {
		names[i], nameLens[i] = bytesOf(p.name)
		values[i], valueLens[i] = bytesOf(p.value)
	}
	text, textLen := bytesOf(sql)
	form, formLen := bytesOf(format)
	ptr := fn(*c.ptr, text, textLen, form, formLen, &names[0], &nameLens[0], &values[0], &valueLens[0], uintptr(len(params)))
	runtime.KeepAlive(names)
	runtime.KeepAlive(values)
	return &result{lib: c.lib, ptr: ptr}
}

// bytesOf gives a C function its pointer and length; one zero byte follows, for
// those places that look for an end in spite of the length.
func bytesOf(s string) (first *byte, length uintptr) {
	b := append([]byte(s), 0)
	return &b[0], uintptr(len(s))
}

// result is what a statement or a fetch gave. Its bytes live until release.
type result struct {
	lib *library
	ptr unsafe.Pointer
}

func (r *result) release() {
	if r.ptr != nil {
		r.lib.destroy(r.ptr)
		r.ptr = nil
	}
}

// err returns the engine's error text, or "".
func (r *result) err() string {
	if r.ptr == nil {
		return "Code: 1002. DB::Exception: the engine gave no result. (UNKNOWN_EXCEPTION)"
	}
	return r.lib.failure(r.ptr)
}

// bytes are the library's own memory: copy what must outlive release.
func (r *result) bytes() []byte {
	if r.ptr == nil {
		return nil
	}
	n := r.lib.length(r.ptr)
	first := r.lib.buffer(r.ptr)
	if n == 0 || first == nil {
		return nil
	}
	return unsafe.Slice(first, n)
}

func (r *result) totals() totals {
	if r.ptr == nil {
		return totals{}
	}
	return totals{
		readRows:     r.lib.storageRows(r.ptr),
		readBytes:    r.lib.storageSize(r.ptr),
		writtenRows:  r.lib.rowsWritten(r.ptr),
		writtenBytes: r.lib.sizeWritten(r.ptr),
		resultRows:   r.lib.rowsRead(r.ptr),
		resultBytes:  r.lib.bytesRead(r.ptr),
	}
}
