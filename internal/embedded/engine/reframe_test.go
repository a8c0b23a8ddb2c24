package engine

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/google/go-cmp/cmp"
)

// nativeBlock writes one column as the library does: revision 0.
func nativeBlock(typeName string, rows int, data []byte) []byte {
	b := []byte{1}
	b = binary.AppendUvarint(b, uint64(rows))
	for _, s := range []string{"c", typeName} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return append(b, data...)
}

func TestReframe(t *testing.T) {
	t.Parallel()
	two := append(nativeBlock("UInt16", 2, []byte{1, 2, 3, 4}), nativeBlock("UInt16", 1, []byte{5, 6})...)
	got, err := newReframer(54460).reframe(two)
	if err != nil {
		t.Fatal(err)
	}
	info := "\x01\x00\x02\xff\xff\xff\xff\x00"
	want := info + "\x01\x02\x01c\x06UInt16\x00\x01\x02\x03\x04" + info + "\x01\x01\x01c\x06UInt16\x00\x05\x06"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	for name, part := range map[string][]byte{
		"cut off":           two[:len(two)-1],
		"unknown type":      nativeBlock("Quaternion", 1, []byte{1}),
		"aggregate state":   nativeBlock("AggregateFunction(sum, UInt8)", 1, []byte{1}),
		"brackets":          nativeBlock("Array(UInt8", 1, []byte{1}),
		"deep":              nativeBlock(strings.Repeat("Array(", 200)+"UInt8"+strings.Repeat(")", 200), 1, make([]byte, 3000)),
		"huge array":        nativeBlock("Array(String)", 1, bytes.Repeat([]byte{0xff}, 8)),
		"huge string":       nativeBlock("String", 1, bytes.Repeat([]byte{0xff}, 9)),
		"many rows":         nativeBlock("String", 1<<39, []byte{0}),
		"shared dictionary": nativeBlock("LowCardinality(String)", 1, []byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0}),
		"variant":           nativeBlock("Variant(String, UInt8)", 1, []byte{0, 0, 0, 0, 0, 0, 0, 0, 7}),
	} {
		if out, err := newReframer(54460).reframe(part); err == nil {
			t.Errorf("%s: no error, %q", name, out)
		}
	}
}

func TestDecimalAndTupleTypes(t *testing.T) {
	t.Parallel()
	for typeName, width := range map[string]int{
		"Decimal(9, 2)": 4, "Decimal(18, 2)": 8, "Decimal(38, 2)": 16, "Decimal(76, 2)": 32, "FixedString(7)": 7, "DateTime64(3, 'UTC')": 8,
		"Enum8('a, (' = 1)": 1, "IntervalDay": 8, "Time64(3)": 8,
	} {
		parsed, err := parseType(typeName)
		if got, ok := parsed.fixedWidth(); err != nil || !ok || got != width {
			t.Errorf("%s: width %d %t, %v", typeName, got, ok, err)
		}
	}
	parsed, err := parseType("Tuple(a UInt8, `b, (` Array(Nullable(String)), UInt16, c Tuple(x Enum8('y)' = 1)))")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, arg := range parsed.args {
		names = append(names, arg.name)
	}
	if diff := cmp.Diff([]string{"UInt8", "Array", "UInt16", "Tuple"}, names); diff != "" {
		t.Error(diff)
	}
}

// FuzzReframe feeds the walker with anything. It must end, not panic, and keep
// every byte of the values: without its additions the answer is the input.
func FuzzReframe(f *testing.F) {
	for _, seed := range [][]byte{
		nativeBlock("UInt16", 2, []byte{1, 2, 3, 4}),
		nativeBlock("String", 1, []byte("\x02ab")),
		nativeBlock("Array(Nullable(String))", 1, []byte("\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00")),
		nativeBlock("LowCardinality(String)", 1, []byte("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01a\x01\x00\x00\x00\x00\x00\x00\x00\x00")),
		nativeBlock("Map(String, Tuple(UInt8, String))", 0, nil),
		nativeBlock("Variant(String, UInt8)", 1, []byte("\x00\x00\x00\x00\x00\x00\x00\x00\x01\x07")),
		nativeBlock("Dynamic", 1, []byte("\x01\x00\x00\x00\x00\x00\x00\x00\x20\x01\x05UInt8\x00\x00\x00\x00\x00\x00\x00\x00\x01\x07")),
		nativeBlock("JSON(a UInt8)", 1, []byte("\x00\x00\x00\x00\x00\x00\x00\x00\x20\x00\x07\x00\x00\x00\x00\x00\x00\x00\x00")),
		nativeBlock("Nested(a UInt8)", 1, nil),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, part []byte) {
		same := newReframer(1)
		if out, err := same.reframe(part); err == nil && !bytes.Equal(out, part) {
			t.Fatalf("%q became %q", part, out)
		}
		if out, err := newReframer(54460).reframe(part); err == nil && len(out) < len(part) {
			t.Fatalf("%q became %q", part, out)
		}
	})
}

func TestFrames(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("小红书 and a good deal more\n\n", 100_000))
	for method, theirs := range map[frameMethod]compress.Method{frameNone: compress.None, frameLZ4: compress.LZ4, frameZSTD: compress.ZSTD} {
		var packed bytes.Buffer
		w, err := newFrameWriter(&packed, method)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		// The driver's reader understands our frames, ours the driver's.
		if got, err := io.ReadAll(compress.NewReader(bytes.NewReader(packed.Bytes()))); !bytes.Equal(got, text) {
			t.Errorf("%x: the driver reads %d bytes: %v", method, len(got), err)
		}
		if got, err := io.ReadAll(&frameReader{from: bytes.NewReader(packed.Bytes())}); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%x: %d bytes: %v", method, len(got), err)
		}
		writer := compress.NewWriter(compress.LevelZero, theirs)
		if err := writer.Compress(text); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(&frameReader{from: bytes.NewReader(writer.Data)}); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%x: of the driver's frame %d bytes: %v", method, len(got), err)
		}
		for _, cut := range []int{1, 20, packed.Len() - 1} {
			if _, err := io.ReadAll(&frameReader{from: bytes.NewReader(packed.Bytes()[:cut])}); err == nil {
				t.Errorf("%x: cut at %d passes", method, cut)
			}
		}
		broken := bytes.Clone(packed.Bytes())
		broken[len(broken)/2] ^= 1
		if _, err := io.ReadAll(&frameReader{from: bytes.NewReader(broken)}); err == nil {
			t.Errorf("%x: a flipped bit passes", method)
		}
	}
}

// FuzzFrames feeds the unpacker with anything.
func FuzzFrames(f *testing.F) {
	for _, method := range []frameMethod{frameNone, frameLZ4, frameZSTD} {
		var packed bytes.Buffer
		w, err := newFrameWriter(&packed, method)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := w.Write([]byte("some text, some text, some text")); err != nil {
			f.Fatal(err)
		}
		f.Add(packed.Bytes())
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		_, err := io.ReadAll(io.LimitReader(&frameReader{from: bytes.NewReader(packed)}, 1<<20))
		if len(packed) > 0 && len(packed) < frameSum+frameHeader && err == nil {
			t.Fatalf("%q passes", packed)
		}
	})
}

func TestJoiner(t *testing.T) {
	t.Parallel()
	for format, parts := range map[string][]string{
		"CSV":                                 {"1\n", "2\n", "1\n2\n"},
		"CSVWithNames":                        {"\"a\n\"\"b\"\n1\n", "\"a\n\"\"b\"\n2\n", "\"a\n\"\"b\"\n1\n2\n"},
		"TSVWithNamesAndTypes":                {"a\nUInt8\n1\n", "a\nUInt8\n2\n", "a\nUInt8\n1\n2\n"},
		"RowBinaryWithNames":                  {"\x01\x01a\x07", "\x01\x01a\x08", "\x01\x01a\x07\x08"},
		"RowBinaryWithNamesAndTypes":          {"\x01\x01a\x05UInt8\x07", "\x01\x01a\x05UInt8\x08", "\x01\x01a\x05UInt8\x07\x08"},
		"JSONCompactEachRowWithNamesAndTypes": {"[\"a\"]\n[\"UInt8\"]\n[1]\n", "[\"a\"]\n[\"UInt8\"]\n[2]\n", "[\"a\"]\n[\"UInt8\"]\n[1]\n[2]\n"},
	} {
		if !joinable(format) {
			t.Errorf("%s is not joinable", format)
		}
		j := newJoiner(format)
		if got := string(j.next([]byte(parts[0]))) + string(j.next([]byte(parts[1]))); got != parts[2] {
			t.Errorf("%s: %q, want %q", format, got, parts[2])
		}
	}
	for _, format := range []string{"JSON", "JSONCompact", "Parquet", "Arrow", "ORC", "Pretty", "XML", "Values", "Template", "RowBinaryWithDefaults", ""} {
		if joinable(format) {
			t.Errorf("%s is joinable", format)
		}
	}
}
