package gdelt

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/testkit"
)

func stamp() time.Time { return time.Date(2025, 1, 13, 10, 15, 0, 0, time.UTC) }

func day() (from, to time.Time) {
	from = time.Date(2025, 1, 13, 0, 0, 0, 0, time.UTC)
	return from, from.Add(docSpan)
}

func TestParse(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata", func(name string, input []byte) string {
		if strings.HasPrefix(name, "update-") {
			u, err := parseUpdate(input)
			if err != nil {
				return "refused: " + err.Error()
			}
			return fmt.Sprintf("%s, %d bytes, md5 %s", u.stamp.Format(time.RFC3339), u.size, u.md5)
		}
		points, err := parseTimeline(input, stamp().Truncate(docSpan), stamp().Truncate(docSpan).Add(docSpan))
		if err != nil {
			return "refused: " + err.Error()
		}
		lines := []string{fmt.Sprintf("%d points", len(points))}
		for _, p := range points {
			lines = append(lines, fmt.Sprintf("%s %v of %v", p.at.Format(time.RFC3339), p.value, p.norm))
		}
		return strings.Join(lines, "\n")
	})
}

func watched(t testing.TB, words ...string) *matcher {
	t.Helper()
	m, err := newMatcher(words)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What counts as an article about a word, and what does not.
func TestMatching(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://news.example/2025/tiktok-ban":      "tiktok",
		"https://news.example/TikTok_refugees.html": "tiktok",
		"TikTok's last day":                         "tiktok",
		"tiktoks and antitiktok":                    "",
		"red-note":                                  "red note",
		"Red  Note tops":                            "red note",
		"rednote":                                   "",
		"red notes":                                 "",
		"Ⅹ RED\u00a0NOTE":                           "red note",
		"https://n.example/?q=%E5%B0%8F%E7%BA%A2%E4%B9%A6": "小红书",
		"美国用户涌入小红书平台":                                      "小红书",
		"TAX_FNCACT_TIKTOK":                                "tiktok",
		"ЁЛКА на улице":                                    "ёлка",
		"%zz tiktok":                                       "tiktok",
		"":                                                 "",
	} {
		record := make([]string, columns)
		for col, value := range map[int]string{
			colAddress: text, colThemes: "ECON;" + text + ";", colOrgs: text, colExtras: "<PAGE_LINKS>x</PAGE_LINKS><PAGE_TITLE>" + text + "</PAGE_TITLE>",
		} {
			record[col] = value
			var got []string
			watched(t, "tiktok", "red note", "小红书", "Ёлка").in(nil, article(nil, record), func(name string) { got = append(got, strings.ToLower(name)) })
			if strings.Contains(text, "%") && col != colAddress {
				record[col] = ""
				continue // only addresses are escaped so
			}
			if strings.Join(got, ",") != want {
				t.Errorf("column %d, %q: found %q, want %q", col, text, got, want)
			}
			record[col] = ""
		}
	}
}

// Persons, quotations and all names are not looked at, and no word reaches over
// two organisations.
func TestNotMatched(t *testing.T) {
	t.Parallel()
	record := make([]string, columns)
	for i := range record {
		if i != colAddress && i != colThemes && i != colOrgs && i != colExtras {
			record[i] = "tiktok"
		}
	}
	record[colExtras] = "<PAGE_PRECISEPUBTIMESTAMP>tiktok</PAGE_PRECISEPUBTIMESTAMP><PAGE_TITLE>&#82;ed</PAGE_TITLE>"
	record[colAddress] = "note"
	record[colOrgs] = "red;note"
	watched(t, "tiktok", "red note").in(nil, article(nil, record), func(name string) { t.Errorf("found %s", name) })
	record[colExtras] = "<PAGE_TITLE>&#x5C0F;&#32418;&#x4E66; &amp; TikTok"
	var got []string
	watched(t, "tiktok", "小红书").in(nil, article(nil, record), func(name string) { got = append(got, name) })
	if strings.Join(got, " ") != "tiktok 小红书" {
		t.Errorf("in the title: %q", got)
	}
}

func TestKeywordsThatCannotBeFound(t *testing.T) {
	t.Parallel()
	if _, err := newMatcher([]string{"tiktok", "#!"}); err == nil || !strings.Contains(err.Error(), `watch.keywords[1]: is "#!"`) {
		t.Errorf("got %v", err)
	}
}

func record(address string) string {
	r := make([]string, columns)
	r[colDate], r[colAddress] = "20250113101500", address
	return strings.Join(r, "\t") + "\n"
}

func TestLinesOfAFile(t *testing.T) {
	t.Parallel()
	many := strings.Repeat(record("https://a.example/x"), 199)
	for name, c := range map[string]struct{ csv, want string }{
		"good":               {record("tiktok") + record("x"), "2 articles, 1 tiktok, 0 skipped"},
		"no end of line":     {strings.TrimSuffix(record("tiktok"), "\n"), "1 articles, 1 tiktok, 0 skipped"},
		"crlf, blank line":   {strings.ReplaceAll(record("tiktok"), "\n", "\r\n") + "\n", "1 articles, 1 tiktok, 0 skipped"},
		"one bad of 200":     {many + "only\tthree\tcolumns\n", "199 articles, 0 tiktok, 1 skipped"},
		"too many bad":       {many[:len(many)/2/len(record("https://a.example/x"))*len(record("https://a.example/x"))] + "x\ny\n", "2 of 101 lines are no records of 27 columns"},
		"28 columns":         {strings.ReplaceAll(record("x"), "\n", "\t\n"), "1 of 1 lines are no records"},
		"no date":            {strings.Replace(record("x"), "20250113101500", "13 January 2025", 1), "1 of 1 lines are no records"},
		"empty":              {"", "the file is empty"},
		"a huge line":        {record("x") + strings.Repeat("y", maxLine+1), fmt.Sprintf("line 2: is longer than %d bytes", maxLine)},
		"not text":           {"\x00\xff\xfe\n", "1 of 1 lines are no records"},
		"broken characters":  {record("\xff tiktok \xfe"), "1 articles, 1 tiktok, 0 skipped"},
		"a word in 2 places": {record("tiktok tiktok"), "1 articles, 1 tiktok, 0 skipped"},
	} {
		got, err := parseCSV(strings.NewReader(c.csv), watched(t, "tiktok"))
		text := fmt.Sprintf("%d articles, %d tiktok, %d skipped", got.articles, got.byWord["tiktok"], got.skipped)
		if err != nil {
			text = err.Error()
		}
		if !strings.HasPrefix(text, c.want) {
			t.Errorf("%s: got %.200s, want %s", name, text, c.want)
		}
	}
}

func zipped(t testing.TB, names []string, csv string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(csv)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// lie makes the zip say that its file unpacks to n bytes, wherever it says so.
func lie(b []byte, size, n int) []byte {
	from, to := binary.LittleEndian.AppendUint32(nil, uint32(size)), binary.LittleEndian.AppendUint32(nil, uint32(n))
	return bytes.ReplaceAll(b, from, to)
}

func TestZips(t *testing.T) {
	t.Parallel()
	const name = "20250113101500.gkg.csv"
	good := zipped(t, []string{name}, record("tiktok"))
	bomb := strings.Repeat(record("x"), 50_000)
	broken := bytes.Clone(good)
	broken[len(name)+32]++ // a byte of the packed data
	for what, c := range map[string]struct {
		zip  []byte
		want string
	}{
		"good":             {good, ""},
		"truncated":        {good[:len(good)-10], "open zip: "},
		"broken inside":    {broken, "line "},
		"nothing":          {nil, "open zip: "},
		"a web page":       {[]byte("<html>"), "open zip: "},
		"two files":        {zipped(t, []string{name, "b"}, "x"), "zip has 2 files, want 1"},
		"no file":          {zipped(t, nil, ""), "zip has 0 files, want 1"},
		"another quarter":  {zipped(t, []string{"20250113100000.gkg.csv"}, "x"), `zip holds "20250113100000.gkg.csv", want 20250113101500.gkg.csv`},
		"a bomb":           {zipped(t, []string{name}, bomb), "zip unpacks to "},
		"a bomb that lies": {lie(zipped(t, []string{name}, bomb), len(bomb), 1000), ""},
	} {
		c2, err := parseZip(bytes.NewReader(c.zip), int64(len(c.zip)), stamp(), 1<<20, watched(t, "tiktok"))
		switch {
		case what == "a bomb that lies":
			if err == nil {
				t.Errorf("%s was taken: %d articles", what, c2.articles)
			}
		case c.want == "" && (err != nil || c2.byWord["tiktok"] != 1):
			t.Errorf("%s: %v", what, err)
		case c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %s", what, err, c.want)
		}
	}
}

func TestRecordedTimeline(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(testkit.Shared(t, "samples", "gdelt", "timelinevolraw.shape.json"))
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
	points, err := parseTimeline(body, from, from.AddDate(2, 0, 0))
	if err != nil || len(points) != 4 || points[1].value != 3 || points[1].norm != 100 {
		t.Errorf("got %v, %v", points, err)
	}
}

func FuzzParseTimeline(f *testing.F) {
	for _, input := range testkit.GoldenInputs(f, "testdata") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		from, to := day()
		points, err := parseTimeline(body, from, to)
		if err != nil {
			return
		}
		for _, p := range points {
			if p.value < 0 || p.value > p.norm || p.at.Before(from) || p.at.After(to) {
				t.Fatalf("%+v", p)
			}
		}
	})
}

func FuzzParseUpdate(f *testing.F) {
	for _, input := range testkit.GoldenInputs(f, "testdata") {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		u, err := parseUpdate(body)
		if err == nil && (u.size <= 0 || len(u.md5) != 32 || u.stamp.Minute()%15 != 0 || u.stamp.Year() < 2015) {
			t.Fatalf("%+v", u)
		}
	})
}

func FuzzParseZip(f *testing.F) {
	f.Add(zipped(f, []string{"20250113101500.gkg.csv"}, record("tiktok")))
	f.Add([]byte("PK"))
	m := watched(f, "tiktok", "小红书")
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := parseZip(bytes.NewReader(body), int64(len(body)), stamp(), 1<<20, m)
		if err == nil && (c.articles < 1 || c.byWord["tiktok"] > c.articles) {
			t.Fatalf("%+v", c)
		}
	})
}

func FuzzParseCSV(f *testing.F) {
	f.Add([]byte(record("tiktok")), "tiktok")
	f.Add([]byte("a\tb\n\r\n"), "red note")
	f.Fuzz(func(t *testing.T, body []byte, word string) {
		m, err := newMatcher([]string{word})
		if err != nil {
			return
		}
		c, err := parseCSV(bytes.NewReader(body), m)
		if err == nil && (c.articles < 1 || c.byWord[word] > c.articles || c.skipped > c.articles) {
			t.Fatalf("%+v", c)
		}
	})
}
