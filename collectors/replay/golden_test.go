package replay

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/tidemark/tidemark/collectors/lines"
	"github.com/tidemark/tidemark/internal/event"
)

// The headers that CSV recordings are recognised by.
const (
	chartHeader   = "ts_utc,store,country,chart,category,rank,app_id,app_name"
	hotListHeader = "ts_utc,platform,rank,topic,category,hot,read_count,discuss_count,origin_count,is_ad"
)

// dump writes what a recording holds, one message per line.
func dump(t *testing.T, r *Recording) string {
	t.Helper()
	var out bytes.Buffer
	for m, err := range r.Messages() {
		if err != nil {
			t.Fatal(err)
		}
		text, err := protojson.Marshal(m.Msg)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString(m.At.Format(time.RFC3339) + " " + m.Key + " ")
		// protojson spaces its output at random, on purpose.
		if err := json.Compact(&out, text); err != nil {
			t.Fatal(err)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func open(t *testing.T, name string) *Recording {
	t.Helper()
	r, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*/input.*")
	if err != nil || len(cases) < 3 {
		t.Fatalf("testdata has %v, %v", cases, err)
	}
	for _, input := range cases {
		t.Run(filepath.Base(filepath.Dir(input)), func(t *testing.T) {
			t.Parallel()
			got := dump(t, open(t, input))
			file := filepath.Join(filepath.Dir(input), "want.txt")
			if os.Getenv("TIDEMARK_GOLDEN") == "write" {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("messages differ (-want +got):\n%s", d)
			}
			if d := cmp.Diff(got, dump(t, open(t, zipped(t, input)))); d != "" {
				t.Errorf("the same file, compressed, differs:\n%s", d)
			}
		})
	}
}

// zipped is the file, compressed and under a name that does not say so.
func zipped(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, "recording", out.String())
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestBadLines(t *testing.T) {
	t.Parallel()
	const (
		chart   = chartHeader + "\n2025-01-13T08:00:00Z,apple,us,top-free,Overall,1,741292507,RedNote\n"
		hot     = hotListHeader + "\n2025-01-13T09:27:13Z,weibo,1,a topic,,5,6,7,8,0\n"
		tail    = `{"type":"tidemark.v1.Tick","message":{"atMs":"1736755201500"}}` + "\n"
		atFirst = "2025-01-13T08:00:00Z,apple,us,top-free,Overall,"
	)
	for name, c := range map[string]struct {
		content string
		line    int
		want    string
	}{
		"empty file":          {"", 1, "recording is empty"},
		"no recording":        {"hello\n", 1, `line begins no recording: "hello"`},
		"other header":        {strings.Replace(chart, "rank", "place", 1), 1, "line begins no recording"},
		"too few columns":     {chart + "2025-01-13T08:00:00Z,apple\n", 3, "has 2 columns, want 8"},
		"stray quote":         {chart + `2025-01-13T08:00:00Z,apple,us,top-free,Overall,2,3,"x` + "\n", 3, "quote is not closed at the end of the file"},
		"quote open for long": {chart + atFirst + `2,3,"x` + strings.Repeat("\n", 30) + `"`, 3, "quote is not closed within 20 lines"},
		"quote in a field":    {chart + atFirst + `2,3,x"y"z` + "\n", 3, `decode line: bare " in non-quoted-field`},
		"after a long name":   {chart + atFirst + "2,3,\"x\ny\nz\"\n" + atFirst + "0,3,x\n", 6, `check rank: is "0"`},
		"broken off":          {chart + "2025-01-13T08:00", 3, "has 1 columns, want 8"},
		"bad time":            {chart + "13.1.2025,apple,us,top-free,Overall,2,3,x\n", 3, `check ts_utc: is "13.1.2025"`},
		"time in seconds":     {chart + "1736755200,apple,us,top-free,Overall,2,3,x\n", 3, `check ts_utc: is "1736755200"`},
		"time goes back":      {chart + "2025-01-13T07:59:59Z,apple,us,top-free,Overall,2,3,x\n", 3, "time goes back from 2025-01-13T08:00:00Z"},
		"rank 0":              {chart + atFirst + "0,3,x\n", 3, `check rank: is "0"`},
		"rank in words":       {chart + atFirst + "first,3,x\n", 3, `check rank: is "first"`},
		"rank twice":          {chart + atFirst + "1,3,x\n", 3, "check rank: 1 is there twice in chart/apple/us/top-free/overall at"},
		"app twice":           {chart + atFirst + "2,741292507,x\n", 3, `check subject: "741292507" is there twice`},
		"no app":              {chart + atFirst + "2,,x\n", 3, `check app_id: is "", want a name`},
		"no category":         {chart + "2025-01-13T08:00:00Z,apple,us,top-free,&,2,3,x\n", 3, `check category: is "&"`},
		"no country":          {chart + "2025-01-13T08:00:00Z,apple,USA,top-free,Overall,2,3,x\n", 3, `check target.country: is "usa"`},
		"no such day":         {chart + "2025-02-30T08:00:00Z,apple,us,top-free,Overall,2,3,x\n", 3, "check ts_utc"},
		"time out of range":   {chart + "2125-01-13T08:00:00Z,apple,us,top-free,Overall,2,3,x\n", 3, "check slot_ms"},
		"not UTF-8":           {chart + atFirst + "2,\xff,x\n", 3, "want UTF-8"},
		"a word as a count":   {hot + "2025-01-13T09:27:13Z,weibo,2,b,,many,6,7,8,0\n", 3, `check hot: is "many"`},
		"a count below 0":     {hot + "2025-01-13T09:27:13Z,weibo,2,b,,5,-6,7,8,0\n", 3, `check read_count: is "-6"`},
		"an endless count":    {hot + "2025-01-13T09:27:13Z,weibo,2,b,,5,6,7,Inf,0\n", 3, `check origin_count: is "Inf"`},
		"neither ad nor no":   {hot + "2025-01-13T09:27:13Z,weibo,2,b,,5,6,7,8,maybe\n", 3, `check is_ad: is "maybe"`},
		"no topic":            {hot + "2025-01-13T09:27:13Z,weibo,2,,,5,6,7,8,0\n", 3, `check topic: is "", want a name`},
		"no JSON":             {tail + "{\n", 2, "decode line: unexpected end of JSON input"},
		"no type":             {tail + `{"message":{}}`, 2, "type is missing"},
		"no message":          {tail + `{"type":"tidemark.v1.Snapshot"}`, 2, "message is missing"},
		"other type":          {tail + `{"type":"tidemark.v1.Mention","message":{}}`, 2, `type is "tidemark.v1.Mention", want`},
		"unknown field":       {tail + `{"type":"tidemark.v1.Snapshot","message":{"author":"x"}}`, 2, "author"},
		"not valid":           {tail + `{"type":"tidemark.v1.Snapshot","message":{"source":"x"}}`, 2, "check target"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := write(t, "bad.csv", c.content)
			_, err := Count(file)
			var bad *lines.Error
			if !errors.As(err, &bad) || bad.Line != c.line || bad.File != file || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want line %d and %q", err, c.line, c.want)
			}
		})
	}
}

func TestOpenTellsWhatIsThere(t *testing.T) {
	t.Parallel()
	if _, err := Open("january-2026"); err == nil || !strings.Contains(err.Error(), `"january-2026" is neither a file nor the built-in january-2025`) {
		t.Errorf("error is %v", err)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a directory was opened")
	}
	if _, err := Open(write(t, "cut.gz", "\x1f\x8b\x08")); err == nil || !strings.Contains(err.Error(), "unpack") {
		t.Errorf("error is %v", err)
	}
}

// TestCutOffArchive holds that an archive which breaks off is no short recording.
func TestCutOffArchive(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(zipped(t, "testdata/chart/input.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Count(write(t, "cut.gz", string(whole[:len(whole)-20]))); err == nil {
		t.Error("the archive was taken for whole")
	}
}

func TestLinesAreBounded(t *testing.T) {
	t.Parallel()
	_, err := Count(write(t, "one-line", "{"+strings.Repeat(" ", lines.MaxLine)))
	if err == nil || !strings.Contains(err.Error(), ":1: line has more than") {
		t.Errorf("error is %v", err)
	}
}

// TestTailOfTheCase holds that what a tail prints is a recording of the same
// messages.
func TestTailOfTheCase(t *testing.T) {
	t.Parallel()
	var printed bytes.Buffer
	enc := json.NewEncoder(&printed)
	var want [][]byte
	for m, err := range open(t, "january-2025").Messages() {
		if err != nil {
			t.Fatal(err)
		}
		text, err := protojson.Marshal(m.Msg)
		if err != nil {
			t.Fatal(err)
		}
		if err := enc.Encode(Envelope{Topic: event.TopicSnapshots, Key: m.Key, Type: event.TypeName(m.Msg), Message: text}); err != nil {
			t.Fatal(err)
		}
		want = append(want, bytesOf(t, m.Msg))
		if len(want) == 500 {
			break
		}
	}
	var got [][]byte
	for m, err := range open(t, write(t, "tail.ndjson", printed.String())).Messages() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, bytesOf(t, m.Msg))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error("the messages differ")
	}
}

func bytesOf(t *testing.T, m event.Validator) []byte {
	t.Helper()
	b, err := event.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
