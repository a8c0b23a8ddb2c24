package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/event"
)

func library(t testing.TB) *Library {
	t.Helper()
	l, err := NewLibrary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mapping(t testing.TB, name string) *Mapping {
	t.Helper()
	m, found := library(t).Named(name)
	if !found {
		t.Fatalf("there is no mapping %s", name)
	}
	return m
}

func write(t testing.TB, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func prepare(t testing.TB, path string, m *Mapping) (*Plan, error) {
	t.Helper()
	in, err := OpenInput(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return Prepare(t.Context(), in, m, Provenance{By: "ann", Via: "file", At: time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC)}, nil)
}

// sink keeps what is published, as text.
type sink struct {
	t    testing.TB
	msgs []event.Validator
	fail error
}

func (s *sink) PublishAll(_ context.Context, topic string, msgs []Outgoing) error {
	if s.fail != nil {
		return s.fail
	}
	if topic != event.TopicSnapshots {
		s.t.Errorf("sent to %s", topic)
	}
	for _, m := range msgs {
		if err := m.Msg.Validate(); err != nil {
			s.t.Error(err)
		}
		s.msgs = append(s.msgs, m.Msg)
	}
	return nil
}

// text is a line per look, and one per reading.
func (s *sink) text() string {
	var b strings.Builder
	if len(s.msgs) > 0 { // the record that says that all of it is there comes last
		if m, is := s.msgs[len(s.msgs)-1].(*event.Import); is {
			fmt.Fprintf(&b, "import %s: %d rows of %s\n", m.GetName(), m.GetRows(), m.GetVia())
		}
	}
	for _, m := range s.msgs {
		if m, is := m.(*event.Snapshot); is {
			fmt.Fprintf(&b, "%s %s %s slot %s depth %d every %d\n", at(m.GetSeenAtMs()), m.GetSource(), m.GetTarget().Key(), at(m.GetSlotMs()), m.GetDepth(), m.GetEveryS())
			for _, r := range m.GetReadings() {
				fmt.Fprintf(&b, "  %s %s %v\n", r.GetSubject(), r.GetMetric(), r.GetValue())
			}
		}
	}
	return b.String()
}

func at(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05Z") }

func published(t testing.TB, p *Plan) *sink {
	t.Helper()
	s := &sink{t: t}
	if err := p.Publish(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestGolden: each folder of testdata is a file, named after its mapping, and
// what comes of it.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*/input.*")
	if err != nil || len(cases) < 8 {
		t.Fatalf("testdata has %v, %v", cases, err)
	}
	for _, input := range cases {
		folder := filepath.Dir(input)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			m, err := LoadMapping(filepath.Join(folder, "mapping.yaml"))
			if errors.Is(err, os.ErrNotExist) {
				name, _, _ := strings.Cut(filepath.Base(folder), ".")
				m = mapping(t, name)
			} else if err != nil {
				t.Fatal(err)
			}
			p, err := prepare(t, input, m)
			if err != nil {
				t.Fatal(err)
			}
			got := p.Summary() + "\n" + published(t, p).text()
			file := filepath.Join(folder, "want.txt")
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
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestSameFileSameMessages: a second import of a file is the first one again, but
// for when it was.
func TestSameFileSameMessages(t *testing.T) {
	t.Parallel()
	file := "testdata/rednote-topics/input.csv"
	var first [][]byte
	for i := range 2 {
		p, err := prepare(t, file, mapping(t, "rednote-topics"))
		if err != nil {
			t.Fatal(err)
		}
		var got [][]byte
		for _, m := range published(t, p).msgs {
			b, err := event.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, b)
		}
		if i == 0 {
			first = got
			continue
		}
		if d := cmp.Diff(first, got); d != "" || len(got) < 3 {
			t.Errorf("%d messages differ: %s", len(got), d)
		}
	}
	// Another mapping, or one letter more, is another import.
	ids := map[string]bool{}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	other := *mapping(t, "rednote-topics")
	other.Source = "other"
	for _, c := range []struct {
		m    *Mapping
		text string
	}{{mapping(t, "rednote-topics"), string(b)}, {&other, string(b)}, {&other, string(b) + "\n"}} {
		p, err := prepare(t, write(t, "f.csv", c.text), c.m)
		if err != nil {
			t.Fatal(err)
		}
		ids[p.Import.GetId()] = true
	}
	if len(ids) != 3 {
		t.Errorf("ids are %v", ids)
	}
}

// TestNothingOfABadFileIsPublished: the line is named, with the column and what
// it says, and no message is made.
func TestNothingOfABadFileIsPublished(t *testing.T) {
	t.Parallel()
	const head = "time,topic,views,discussions\n2025-01-13 08:00,tiktokrefugee,1.2亿,3万\n"
	for name, c := range map[string]struct {
		text, column, value, want string
		line                      int
	}{
		"percentage":       {head + "2025-01-13 09:00,tiktokrefugee,12%,\n", "views", "12%", "a percentage is not meant here", 3},
		"a word":           {head + "2025-01-13 09:00,tiktokrefugee,many,\n", "views", "many", "want a number", 3},
		"two numbers":      {head + "2025-01-13 09:00,tiktokrefugee,\"1,234\",\n", "views", "1,234", "can be two numbers", 3},
		"two with a scale": {head + "2025-01-13 09:00,tiktokrefugee,1.234万,\n", "views", "1.234万", "can be two numbers", 3},
		"half a view":      {head + "2025-01-13 09:00,tiktokrefugee,1.5,\n", "views", "1.5", "want a whole number", 3},
		"below 0":          {head + "2025-01-13 09:00,tiktokrefugee,-5,\n", "views", "-5", "never below 0", 3},
		"serial date":      {head + "45670.5,tiktokrefugee,5,\n", "time", "45670.5", "want a time such as", 3},
		"no topic":         {head + "2025-01-13 09:00,,5,\n", "topic", "", "want a name", 3},
		"too few columns":  {head + "2025-01-13 09:00,a\n", "", "", "has 2 columns, want 4", 3},
		"twice":            {head + "2025-01-13 08:00,#TikTokRefugee,5,\n", "", "", `"tiktokrefugee" is there twice`, 3},
		"no column":        {"time,topic,seen\n", "", "", "views is missing among time, topic, seen", 1},
		"column twice":     {"time,topic,views,views,discussions\n", "", "", "views is there twice", 1},
		"UTF-16":           {"\xff\xfet\x00", "", "", "save it as UTF-8", 1},
		"spreadsheet":      {"PK\x03\x04....", "", "", "save it as CSV", 1},
		"empty":            {" \n", "", "", "file is empty", 1},
		"too many to keep": {head + "2025-01-13 09:00,a,9007199254740993,\n", "views", "9007199254740993", "not kept exactly", 3},
		"not yet":          {head + "2085-01-13 09:00,a,5,\n", "time", "2085-01-13 09:00", "more than a day ahead", 3},
		"a handle":         {head + "2025-01-13 09:00,@alice,5,\n", "topic", "@alice", "names a person", 3},
		"a did":            {head + "2025-01-13 09:00,did:plc:abc,5,\n", "topic", "did:plc:abc", "names a person", 3},
		"CR alone":         {"time,topic,views,discussions\r2025-01-13 09:00,a,5,\r", "", "", "CR alone", 1},
		"a JSON list":      {"[\n {\"time\": 1}]", "", "", "want one object per line", 1},
		"pretty JSON":      {"{\n \"time\": 1\n}\n", "", "", "want one object per line", 1},
		"key is missing":   {"{\"time\":\"2025-01-13 09:00\",\"topic\":\"a\",\"views\":1,\"discussions\":null}\n{\"time\":\"2025-01-13 10:00\",\"topic\":\"a\",\"discussions\":1}\n", "", "", "check views: is missing", 2},
		"not UTF-8":        {head + "2025-01-13 09:00,\xff,5,\n", "topic", "\xff", "want UTF-8", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := write(t, "bad.csv", c.text)
			plan, err := prepare(t, file, mapping(t, "rednote-topics"))
			bad, is := AsBadLine(err)
			if plan != nil || !is || bad.Line != c.line || bad.Column != c.column || bad.Value != c.value || bad.File != file {
				t.Fatalf("plan %v, error %v, %+v", plan, err, bad)
			}
			if !strings.Contains(err.Error(), fmt.Sprintf("%s:%d: ", file, c.line)) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
}

// TestAFileThatChangesIsNotPublished: what was found right is not what would be
// sent.
func TestAFileThatChangesIsNotPublished(t *testing.T) {
	t.Parallel()
	file := write(t, "f.csv", "time,topic,views,discussions\n2025-01-13 08:00,a,1,2\n")
	p, err := prepare(t, file, mapping(t, "rednote-topics"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("time,topic,views,discussions\n2025-01-13 08:00,a,1,23\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &sink{t: t}
	if err := p.Publish(t.Context(), s, nil); err == nil || !strings.Contains(err.Error(), "was changed while it was read") || len(s.msgs) > 0 {
		t.Errorf("%d messages, error %v", len(s.msgs), err)
	}
}

// TestPipesAreKeptFirst: what can be read once only is put into a file, and the
// file is gone at the end.
func TestPipesAreKeptFirst(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/rednote-topics/input.csv")
	if err != nil {
		t.Fatal(err)
	}
	in, err := Spool(t.Context(), bytes.NewReader(text), "-", 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Prepare(t.Context(), in, mapping(t, "rednote-topics"), Provenance{By: "a", Via: "webhook", At: time.Now()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	same, err := prepare(t, "testdata/rednote-topics/input.csv", mapping(t, "rednote-topics"))
	if err != nil {
		t.Fatal(err)
	}
	if p.Import.GetId() != same.Import.GetId() || len(published(t, p).msgs) != len(published(t, same).msgs) {
		t.Errorf("import %s of a pipe is not import %s of the file", p.Import.GetId(), same.Import.GetId())
	}
	// Also a process that is killed leaves nothing behind.
	if _, err := os.Stat(in.file.Name()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s has a name still", in.file.Name())
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Spool(t.Context(), bytes.NewReader(text), "-", 10); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error is %v", err)
	}
}

// TestFilesInAnyOrder: exports list one app after the other. Rows of a moment
// are one look all the same; a whole list must come in order.
func TestFilesInAnyOrder(t *testing.T) {
	t.Parallel()
	const text = "at,source,target,subject,metric,value\n" +
		"2025-01-14 00:00:00.000,x,tag/weibo//a,a,views,2\n" +
		"2025-01-13 00:00:00.000,x,tag/weibo//a,a,views,1\n" +
		"2025-01-14 00:00:00.000,x,tag/weibo//a,a,posts,3\n"
	p, err := prepare(t, write(t, "f.csv", text), mapping(t, "tidemark"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "import f.csv: 3 rows of file\n" +
		"2025-01-13T00:00:00Z x tag/weibo//a slot 2025-01-13T00:00:00Z depth 0 every 0\n  a views 1\n" +
		"2025-01-14T00:00:00Z x tag/weibo//a slot 2025-01-14T00:00:00Z depth 0 every 0\n  a views 2\n  a posts 3\n"
	if d := cmp.Diff(want, published(t, p).text()); d != "" {
		t.Error(d)
	}
}

func TestGuess(t *testing.T) {
	t.Parallel()
	l := library(t)
	for _, m := range l.All() {
		if got, err := l.Guess(m.Columns); err != nil || got != m {
			t.Errorf("%s is guessed as %v, %v", m.Name, got, err)
		}
	}
	more := append([]string{"remark"}, mapping(t, "rednote-topics").Columns...)
	if got, err := l.Guess(more); err != nil || got.Name != "rednote-topics" {
		t.Errorf("%v is %v, %v", more, got, err)
	}
	if got, err := l.Guess([]string{"a", "b"}); err == nil {
		t.Errorf("guessed %v", got.Name)
	}
}

// TestOnlyTheLastMessageSaysWhole: an import that was cut short never looks like
// one that is there.
func TestOnlyTheLastMessageSaysWhole(t *testing.T) {
	t.Parallel()
	p, err := prepare(t, "testdata/rednote-topics/input.csv", mapping(t, "rednote-topics"))
	if err != nil {
		t.Fatal(err)
	}
	msgs := published(t, p).msgs
	for i, m := range msgs {
		record, is := m.(*event.Import)
		ends := i == 0 || i == len(msgs)-1
		if is != ends || is && (record.GetRows() > 0) != (i > 0) {
			t.Errorf("message %d of %d is %v", i, len(msgs), m)
		}
	}
}

// TestWhatIsSaidIsNoPartOfTheID: a mapping that is only described better makes
// the same import.
func TestWhatIsSaidIsNoPartOfTheID(t *testing.T) {
	t.Parallel()
	m := *mapping(t, "rednote-topics")
	before := m.hash()
	m.About, m.Columns = "other words", nil
	if m.hash() != before {
		t.Error("about: and columns: change the id")
	}
	if m.Time.Future = true; m.hash() == before {
		t.Error("time.future does not change it")
	}
}

func TestSourceURLsAreOfTheWeb(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{"": true, "https://example.org/a": true, "javascript:alert(1)": false, "file:///etc/passwd": false, "https://": false} {
		if err := checkSourceURL(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestExcelSaysItsSeparator(t *testing.T) {
	t.Parallel()
	p, err := prepare(t, write(t, "f.csv", "sep=;\r\ntime;topic;views;discussions\r\n2025/1/13 9:00;a;１.５万亿;\r\n"), mapping(t, "rednote-topics"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "import f.csv: 1 rows of file\n2025-01-13T01:00:00Z rednote_topics tag/xiaohongshu//a slot 2025-01-13T01:00:00Z depth 0 every 0\n  a views 1.5e+12\n"
	if d := cmp.Diff(want, published(t, p).text()); d != "" {
		t.Error(d)
	}
}
