package importer

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/tidemark/tidemark/collectors/lines"
	"github.com/tidemark/tidemark/internal/event"
)

// fuzzTable holds what every import is held to: no panic; every look is valid and
// has nothing twice; an error names a line.
func fuzzTable(f *testing.F, pattern string, open func(b []byte, m *Mapping, r *reader) (table, error)) {
	f.Helper()
	l, err := NewLibrary(nil)
	if err != nil {
		f.Fatal(err)
	}
	names := l.names()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds, %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for i := range names {
			f.Add(uint8(i), b)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		m := l.mappings[int(which)%len(l.mappings)]
		r, err := newReader(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, ordered := range []bool{true, false} {
			tab, err := open(b, m, r)
			if err == nil {
				err = r.looks(tab, newGrouper(m, "i", ordered), &Counts{}, func(s *event.Snapshot) error {
					checkLook(t, s)
					return nil
				})
			}
			var bad *lines.Error
			if err != nil && (!errors.As(err, &bad) || bad.Line < 1) {
				t.Fatalf("the error names no line: %v", err)
			}
		}
	})
}

func checkLook(t *testing.T, s *event.Snapshot) {
	t.Helper()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range s.GetReadings() {
		if key := r.GetSubject() + "\x1f" + r.GetMetric(); seen[key] {
			t.Fatalf("%q is there twice", key)
		} else {
			seen[key] = true
		}
	}
}

func FuzzCSV(f *testing.F) {
	fuzzTable(f, "*/input.csv", func(b []byte, m *Mapping, r *reader) (table, error) {
		return openCSV(bytes.NewReader(b), "fuzz", m.Delimiter, r.columns)
	})
}

func FuzzNDJSON(f *testing.F) {
	fuzzTable(f, "*/input.ndjson", func(b []byte, _ *Mapping, r *reader) (table, error) {
		return openNDJSON(bytes.NewReader(b), "fuzz", r.columns), nil
	})
}

// FuzzInput: whatever comes, it is told what it is, or why not.
func FuzzInput(f *testing.F) {
	f.Add([]byte("PAR1xxxxPAR1"))
	f.Add([]byte{0x1f, 0x8b, 8})
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0})
	f.Add([]byte("a,b\n1,2\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		in, err := Spool(t.Context(), bytes.NewReader(b), "fuzz", 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		in.maxUnpacked = 1 << 20
		_, _ = in.Columns(t.Context())
		if r, _, err := in.open(t.Context()); err == nil {
			_, _ = io.Copy(io.Discard, r)
			r.Close()
		}
	})
}
