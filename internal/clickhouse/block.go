package clickhouse

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Types of the columns that blocks are made of, as ClickHouse names them.
const (
	TypeWords   = "LowCardinality(String)"
	TypeString  = "String"
	TypeTime    = "DateTime64(3, 'UTC')"
	TypeFloat64 = "Float64"
	TypeUInt16  = "UInt16"
	TypeUInt32  = "UInt32"
	TypeUInt64  = "UInt64"

	TypeStrings         = "Array(String)"
	TypeNullableTime    = "Nullable(DateTime64(3, 'UTC'))"
	TypeNullableFloat64 = "Nullable(Float64)"
)

// Column holds the values of one column of a block. The kinds are Words,
// Values and Nullables.
type Column interface {
	Rows() int
	Reset()
	fill(c driver.BatchColumn, raw column.Interface) error
}

// Values is a plain column. Unix milliseconds (int64) make a DateTime64.
type Values[T string | float64 | uint16 | uint32 | uint64 | int64 | []string] struct {
	vals []T
}

// Add appends one value.
func (v *Values[T]) Add(value T) { v.vals = append(v.vals, value) }

// AddN appends one value n times.
func (v *Values[T]) AddN(value T, n int) {
	v.vals = slices.Grow(v.vals, n)
	for range n {
		v.vals = append(v.vals, value)
	}
}

// At returns the i-th value.
func (v *Values[T]) At(i int) T { return v.vals[i] }

// Truncate takes back what was added after the first n values.
func (v *Values[T]) Truncate(n int) { v.vals = v.vals[:n] }

// Rows is how many values there are.
func (v *Values[T]) Rows() int { return len(v.vals) }

// Reset forgets the values and keeps the memory.
func (v *Values[T]) Reset() { clear(v.vals); v.vals = v.vals[:0] }

func (v *Values[T]) fill(c driver.BatchColumn, _ column.Interface) error { return c.Append(v.vals) }

// Nullables is a column of values that may be missing.
type Nullables[T float64 | int64] struct {
	vals []*T
}

// Add appends a value; nil is NULL.
func (n *Nullables[T]) Add(value *T) { n.vals = append(n.vals, value) }

// Rows is how many values there are.
func (n *Nullables[T]) Rows() int { return len(n.vals) }

// Reset forgets the values and keeps the memory.
func (n *Nullables[T]) Reset() { clear(n.vals); n.vals = n.vals[:0] }

func (n *Nullables[T]) fill(c driver.BatchColumn, _ column.Interface) error { return c.Append(n.vals) }

// maxWords bounds how many different words a Words remembers between blocks.
const maxWords = 1 << 16

// Words is a LowCardinality(String) column. It makes the dictionary itself:
// the driver boxes and hashes every single value for it, which takes more time
// than all other columns together.
type Words struct {
	index map[string]uint32
	words []string // words[0] is "", as ClickHouse wants it
	keys  []uint32
}

// Add appends one word.
func (w *Words) Add(word string) { w.keys = append(w.keys, w.key(word)) }

// AddKnown appends a word if it was added before; false: it was not, and
// nothing is appended. It allocates nothing.
func (w *Words) AddKnown(word []byte) bool {
	if n := len(w.keys); n > 0 && w.words[w.keys[n-1]] == string(word) {
		w.keys = append(w.keys, w.keys[n-1]) // most often the one before
		return true
	}
	key, found := w.index[string(word)]
	if found {
		w.keys = append(w.keys, key)
	}
	return found
}

// At returns the i-th word.
func (w *Words) At(i int) string { return w.words[w.keys[i]] }

// Truncate takes back what was added after the first n words.
func (w *Words) Truncate(n int) { w.keys = w.keys[:n] }

// AddN appends one word n times.
func (w *Words) AddN(word string, n int) {
	if n == 0 {
		return
	}
	key := w.key(word)
	w.keys = slices.Grow(w.keys, n)
	for range n {
		w.keys = append(w.keys, key)
	}
}

func (w *Words) key(word string) uint32 {
	if key, found := w.index[word]; found {
		return key
	}
	if w.index == nil {
		w.index, w.words = map[string]uint32{"": 0}, []string{""}
		if word == "" {
			return 0
		}
	}
	key := uint32(len(w.words))
	w.index[word], w.words = key, append(w.words, word)
	return key
}

// Rows is how many words there are.
func (w *Words) Rows() int { return len(w.keys) }

// Reset forgets the words and keeps the memory.
func (w *Words) Reset() {
	w.keys = w.keys[:0]
	if len(w.words) > maxWords {
		w.index = nil
		return
	}
	clear(w.index)
	if w.index != nil {
		w.index[""], w.words = 0, append(w.words[:0], "")
	}
}

func (w *Words) fill(c driver.BatchColumn, raw column.Interface) error {
	low, ok := raw.(*column.LowCardinality)
	if !ok || string(low.Type()) != TypeWords {
		words := make([]string, len(w.keys))
		for i := range w.keys {
			words[i] = w.At(i)
		}
		return c.Append(words)
	}
	encoded := w.encode()
	if err := low.Decode(proto.NewReader(bytes.NewReader(encoded)), len(w.keys)); err != nil {
		return fmt.Errorf("encode words: %w", err)
	}
	return nil
}

// Flags of ClickHouse's serialization of LowCardinality columns.
const (
	wordsKeys8            = 0
	wordsKeys16           = 1
	wordsKeys32           = 2
	wordsAdditionalKeys   = 1 << 9
	wordsUpdateDictionary = 1 << 10
)

// encode writes the column as it travels in a block: width of the keys, the
// dictionary, the keys.
func (w *Words) encode() []byte {
	var b proto.Buffer
	b.Buf = make([]byte, 0, 64+16*len(w.words)+4*len(w.keys))
	width := uint64(wordsKeys32)
	switch {
	case len(w.words) <= 1<<8:
		width = wordsKeys8
	case len(w.words) <= 1<<16:
		width = wordsKeys16
	}
	b.PutUInt64(width | wordsAdditionalKeys | wordsUpdateDictionary)
	b.PutInt64(int64(len(w.words)))
	for _, word := range w.words {
		b.PutString(word)
	}
	b.PutInt64(int64(len(w.keys)))
	for _, k := range w.keys {
		switch width {
		case wordsKeys8:
			b.Buf = append(b.Buf, byte(k))
		case wordsKeys16:
			b.Buf = binary.LittleEndian.AppendUint16(b.Buf, uint16(k))
		default:
			b.Buf = binary.LittleEndian.AppendUint32(b.Buf, k)
		}
	}
	return b.Buf
}
