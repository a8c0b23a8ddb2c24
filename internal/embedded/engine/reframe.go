package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// From these revisions of the client on, a block begins with a block info and a
// column has a byte for custom serialization.
const (
	revisionBlockInfo = 51903
	revisionCustom    = 54454
)

// reframer turns Native blocks of revision 0, which is all that the library
// writes, into those of a client's revision. It decodes no value: it walks the
// types to find where a column ends.
type reframer struct {
	revision int
	out      []byte
	// types remembers parsed types: a result has the same in every block.
	types map[string]nativeType
}

func newReframer(revision int) *reframer {
	return &reframer{revision: revision, types: map[string]nativeType{}}
}

// blockInfo says: no overflow rows, no bucket.
func blockInfo() []byte { return []byte{1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0} }

// reframe returns the blocks of part, which holds whole ones. The result is
// valid until the next call.
func (f *reframer) reframe(part []byte) ([]byte, error) {
	f.out = f.out[:0]
	w := &walker{data: part}
	for w.pos < len(part) {
		if err := f.block(w); err != nil {
			return nil, fmt.Errorf("read native block: %w", err)
		}
	}
	return f.out, nil
}

func (f *reframer) block(w *walker) error {
	if f.revision >= revisionBlockInfo {
		f.out = append(f.out, blockInfo()...)
	}
	from := w.pos
	columns, err := w.uvarint()
	if err != nil {
		return err
	}
	rows, err := w.count()
	if err != nil {
		return err
	}
	f.out = append(f.out, w.data[from:w.pos]...)
	for range columns {
		if err := f.column(w, rows); err != nil {
			return err
		}
	}
	return nil
}

func (f *reframer) column(w *walker, rows int) error {
	from := w.pos
	name, err := w.str()
	if err != nil {
		return err
	}
	typeName, err := w.str()
	if err != nil {
		return err
	}
	f.out = append(f.out, w.data[from:w.pos]...)
	if f.revision >= revisionCustom {
		f.out = append(f.out, 0)
	}
	t, ok := f.types[string(typeName)]
	if !ok {
		if t, err = parseType(string(typeName)); err != nil {
			return err
		}
		f.types[string(typeName)] = t
	}
	if rows == 0 {
		return nil
	}
	from = w.pos
	state, err := w.prefix(t, 0)
	if err != nil {
		return fmt.Errorf("column %s %s: %w", name, typeName, err)
	}
	if err := w.values(state, rows); err != nil {
		return fmt.Errorf("column %s %s: %w", name, typeName, err)
	}
	f.out = append(f.out, w.data[from:w.pos]...)
	return nil
}

// header writes a block without rows, for a result that has none.
func (f *reframer) header(names, types []string) []byte {
	f.out = f.out[:0]
	if f.revision >= revisionBlockInfo {
		f.out = append(f.out, blockInfo()...)
	}
	f.out = binary.AppendUvarint(f.out, uint64(len(names)))
	f.out = binary.AppendUvarint(f.out, 0)
	for i, name := range names {
		for _, text := range []string{name, types[i]} {
			f.out = binary.AppendUvarint(f.out, uint64(len(text)))
			f.out = append(f.out, text...)
		}
		if f.revision >= revisionCustom {
			f.out = append(f.out, 0)
		}
	}
	return f.out
}

// What the walker finds wrong.
var (
	errCutOff  = errors.New("cut off")
	errTooDeep = errors.New("type is too deep")
)

// walker reads a block without decoding its values.
type walker struct {
	data []byte
	pos  int
}

func (w *walker) skip(n int) error {
	if n < 0 || n > len(w.data)-w.pos {
		return errCutOff
	}
	w.pos += n
	return nil
}

// skipMany skips count values of width bytes.
func (w *walker) skipMany(count, width int) error {
	if count < 0 || width > 0 && count > (len(w.data)-w.pos)/width {
		return errCutOff
	}
	return w.skip(count * width)
}

func (w *walker) uvarint() (uint64, error) {
	v, n := binary.Uvarint(w.data[w.pos:])
	if n <= 0 {
		return 0, errCutOff
	}
	w.pos += n
	return v, nil
}

// count reads a number of rows or bytes.
func (w *walker) count() (int, error) {
	v, err := w.uvarint()
	if err != nil {
		return 0, err
	}
	return sane(v)
}

// long reads a number of values that has 8 bytes.
func (w *walker) long() (int, error) {
	v, err := w.uint64()
	if err != nil {
		return 0, err
	}
	return sane(v)
}

// sane refuses numbers that can only be noise.
func sane(v uint64) (int, error) {
	if v > 1<<40 {
		return 0, fmt.Errorf("a count of %d", v)
	}
	return int(v), nil
}

func (w *walker) str() ([]byte, error) {
	n, err := w.count()
	if err != nil {
		return nil, err
	}
	from := w.pos
	if err := w.skip(n); err != nil {
		return nil, err
	}
	return w.data[from:w.pos], nil
}

func (w *walker) uint64() (uint64, error) {
	from := w.pos
	if err := w.skip(8); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(w.data[from:]), nil
}

// strings skips n strings.
func (w *walker) strings(n int) error {
	for range n {
		if _, err := w.str(); err != nil {
			return err
		}
	}
	return nil
}
