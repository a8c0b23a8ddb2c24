package replay

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tidemark/tidemark/collectors/lines"
	"github.com/tidemark/tidemark/internal/event"
)

// fuzzRecording holds what every recording is held to, whatever it is made of:
// no panic; what comes out is valid; an error names a line.
func fuzzRecording(f *testing.F, seeds, header string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", seeds, "input.*"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in %s, %v", seeds, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		// One record each: small seeds are what the fuzzer is quick with.
		for line := range bytes.Lines(bytes.TrimPrefix(b, []byte(header))) {
			f.Add(line)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		text := append([]byte(header), body...)
		parse, err := recognise(lines.New(bytes.NewReader(text), "fuzz"))
		if err == nil {
			err = parse(bytes.NewReader(text), "fuzz", func(m Message) bool {
				if err := m.Msg.Validate(); err != nil {
					t.Fatalf("a message is not valid: %v", err)
				}
				if m.Key == "" || m.Key != keyOf(m.Msg) {
					t.Fatalf("the key is %q", m.Key)
				}
				if header != "" {
					checkList(t, m.Msg)
				}
				return true
			})
		}
		var bad *lines.Error
		if err != nil && (!errors.As(err, &bad) || bad.Line < 1 || bad.File != "fuzz") {
			t.Fatalf("the error names no line: %v", err)
		}
	})
}

// checkList holds that a list has every place and every subject once at most.
func checkList(t *testing.T, m event.Validator) {
	t.Helper()
	s, ok := m.(*event.Snapshot)
	if !ok {
		t.Fatalf("a list brought a %T", m)
	}
	subjects, ranks := map[string]bool{}, map[float64]bool{}
	for _, r := range s.GetReadings() {
		if r.GetMetric() != event.MetricRank {
			continue
		}
		if subjects[r.GetSubject()] || ranks[r.GetValue()] || r.GetValue() > float64(s.GetDepth()) {
			t.Fatalf("%q at %v of %d is there twice or too deep", r.GetSubject(), r.GetValue(), s.GetDepth())
		}
		subjects[r.GetSubject()], ranks[r.GetValue()] = true, true
	}
}

func FuzzChart(f *testing.F)   { fuzzRecording(f, "chart", chartHeader+"\n") }
func FuzzHotList(f *testing.F) { fuzzRecording(f, "hot-list", hotListHeader+"\n") }
func FuzzNDJSON(f *testing.F)  { fuzzRecording(f, "tail", "") }
