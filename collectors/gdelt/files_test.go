package gdelt

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

const (
	updatePath = "/gdeltv2/lastupdate.txt"
	newest     = "/gdeltv2/20250113101500.gkg.csv.zip"
	before     = "/gdeltv2/20250113100000.gkg.csv.zip"
	mirror     = "/mirror"
)

// newSource is the source at a place in memory that answers well.
func newSource(t *testing.T, words ...string) (*Source, *testkit.FakeSource) {
	t.Helper()
	place := testkit.NewFakeSourceInMemory()
	client, err := fetch.New(fetch.Config{
		Collect: config.Collect{
			Contact: "https://example.org", Timeout: config.Duration(30 * time.Second), MaxBody: 1 << 20,
			Hosts: map[string]config.Host{"*": {PerMinute: 600, Concurrent: 2}},
		},
		Transport: place,
	}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(client, config.GDELT{FilesURL: "https://files.example", MirrorURL: "https://mirror.example/mirror", MaxZip: 1 << 20, MaxCSV: 1 << 20}, config.Watch{Keywords: words})
	if err != nil {
		t.Fatal(err)
	}
	zip := newestZip(t)
	for _, at := range []string{"", mirror} {
		place.Reply(at+updatePath, testkit.FakeOK(announce(zip)))
		place.Reply(at+newest, testkit.FakeOK(string(zip)))
		place.Reply(at+before, testkit.FakeOK(string(zipped(t, []string{"20250113100000.gkg.csv"}, record("tiktok")))))
	}
	return s, place
}

func newestZip(t *testing.T) []byte {
	t.Helper()
	return zipped(t, []string{"20250113101500.gkg.csv"}, record("tiktok")+record("rednote and tiktok")+record("x"))
}

func announce(zip []byte) string {
	sum := md5.Sum(zip)
	return fmt.Sprintf("%d %s http://files.example%s\n", len(zip), hex.EncodeToString(sum[:]), newest)
}

func look(t *testing.T, s *Source, slot time.Time) (string, error) {
	t.Helper()
	var parts []string
	var firstErr error
	for _, target := range s.Targets() {
		snap, err := s.Fetch(t.Context(), target, slot)
		if firstErr == nil {
			firstErr = err
		}
		for _, r := range snap.GetReadings() {
			if r.GetMetric() == "articles_15m" || target == s.Targets()[0] {
				parts = append(parts, fmt.Sprintf("%s %s %s=%v", snap.GetVia(), time.UnixMilli(r.GetAtMs()).UTC().Format("15:04"), r.GetSubject()+" "+r.GetMetric(), r.GetValue()))
			}
		}
	}
	return strings.Join(parts, ", "), firstErr
}

// The looks of a tick are one download of each file, and the next tick loads
// none that is known.
func TestOneDownloadServesAllKeywords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, place := newSource(t, "tiktok", "rednote", "bluesky")
		const want = "files 10:00 tiktok articles_15m=1, files 10:00 tiktok norm_15m=1, files 10:15 tiktok articles_15m=2, files 10:15 tiktok norm_15m=3, " +
			"files 10:00 rednote articles_15m=0, files 10:15 rednote articles_15m=1, files 10:00 bluesky articles_15m=0, files 10:15 bluesky articles_15m=0"
		for tick := range 2 {
			got, err := look(t, s, stamp().Add(time.Duration(tick)*step))
			if got != want || err != nil {
				t.Errorf("got %s, %v", got, err)
			}
		}
		for path, n := range map[string]int{updatePath: 2, newest: 1, before: 1} {
			if got := len(place.Requests(path)); got != n {
				t.Errorf("%s was asked for %d times, want %d", path, got, n)
			}
		}
	})
}

func TestTroublesOfTheFiles(t *testing.T) {
	t.Parallel()
	const both = "files 10:00 tiktok articles_15m=1, files 10:00 tiktok norm_15m=1, files 10:15 tiktok articles_15m=2, files 10:15 tiktok norm_15m=3"
	whole := strings.ReplaceAll(both, "files ", "mirror ")
	zip := string(newestZip(t))
	wrongSum := fmt.Sprintf("%d %032x http://files.example%s\n", len(zip), 7, newest)
	for name, c := range map[string]struct {
		path   string
		answer testkit.FakeAnswer
		mirror bool // has the same trouble
		want   string
		reason string
	}{
		"no update":              {updatePath, testkit.FakeStatus(503), false, whole, "files: get https://files.example/gdeltv2/lastupdate.txt: files.example answered 503"},
		"no file":                {newest, testkit.FakeStatus(404), false, whole, "answered 404"},
		"no file anywhere":       {newest, testkit.FakeStatus(404), true, "", "mirror: get https://mirror.example/mirror" + newest},
		"md5 wrong":              {updatePath, testkit.FakeOK(wrongSum), true, "", "md5 of the file is "},
		"size wrong":             {newest, testkit.FakeOK(zip + "x"), true, "", "bytes, announced were "},
		"zip truncated":          {newest, testkit.FakeOK(zip[:len(zip)-5]), true, "", "bytes, announced were "},
		"connection truncated":   {newest, testkit.FakeAnswer{Body: zip, Truncated: true}, false, whole, "read answer: unexpected EOF"},
		"too large":              {newest, testkit.FakeAnswer{Body: zip, Fill: 2 << 20}, true, "", "answer is larger than 1048576 bytes"},
		"told to rest":           {newest, testkit.FakeBusy("86400"), false, "", "answered 429"},
		"the one before missing": {before, testkit.FakeStatus(404), false, "files 10:15 tiktok articles_15m=2, files 10:15 tiktok norm_15m=3", "file before: get https://files.example" + before},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, place := newSource(t, "tiktok")
				place.Reply(c.path, c.answer)
				if c.mirror {
					place.Reply(mirror+c.path, c.answer)
				}
				ctx := t.Context()
				snap, err := s.Fetch(ctx, s.Targets()[0], stamp())
				var parts []string
				for _, r := range snap.GetReadings() {
					parts = append(parts, fmt.Sprintf("%s %s %s=%v", snap.GetVia(), time.UnixMilli(r.GetAtMs()).UTC().Format("15:04"), r.GetSubject()+" "+r.GetMetric(), r.GetValue()))
				}
				if got := strings.Join(parts, ", "); got != c.want || err == nil || !strings.Contains(err.Error(), c.reason) {
					t.Errorf("got %s, %v", got, err)
				}
				// Of a rest nobody goes round by another door.
				if n := len(place.Requests(mirror + updatePath)); name == "told to rest" && n > 0 {
					t.Errorf("the mirror was asked %d times", n)
				}
				refusal, refused := errors.AsType[*fetch.Refusal](err)
				if refused && c.path == newest && name != "too large" && (len(refusal.Body) > 0 || !strings.Contains(err.Error(), " bytes, md5 ")) {
					t.Errorf("kept %d bytes of a file of names: %v", len(refusal.Body), err)
				}
			})
		})
	}
}

// What went wrong for one keyword is not tried again for the others, and the
// next tick tries again.
func TestADeadPlaceIsAskedOncePerTick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, place := newSource(t, "tiktok", "rednote", "bluesky")
		place.Reply(updatePath, testkit.FakeStatus(503))
		place.Reply(mirror+updatePath, testkit.FakeStatus(503))
		for tick := range 2 {
			if _, err := look(t, s, stamp().Add(time.Duration(tick)*step)); err == nil {
				t.Error("no error")
			}
			if n := len(place.Requests(updatePath)); n != 3*(tick+1) {
				t.Errorf("asked %d times after tick %d", n, tick)
			}
		}
	})
}

// Where nothing was counted at all there is no share, and no 0 in its place.
func TestShareOfNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		place := testkit.NewFakeSourceInMemory()
		client, err := fetch.New(fetch.Config{Collect: config.Collect{Contact: "https://example.org", Timeout: config.Duration(time.Second), MaxBody: 1 << 20}, Transport: place}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		d, err := NewDoc(client, config.GDELTDoc{BaseURL: "https://doc.example/"}, config.Watch{Keywords: []string{"tiktok ban"}})
		if err != nil {
			t.Fatal(err)
		}
		place.Reply("/api/v2/doc/doc", testkit.FakeOK(`{"timeline":[{"series":"Article Count","data":[{"date":"20250113T090000Z","value":0,"norm":0},{"date":"20250113T091500Z","value":0,"norm":4}]}]}`),
			testkit.FakeOK(`{"timeline":[]}`))
		snap, err := d.Fetch(t.Context(), d.Targets()[0], stamp())
		if err != nil || len(snap.GetReadings()) != 3 || snap.GetReadings()[1].GetMetric() != "share" || snap.GetReadings()[1].GetValue() != 0 {
			t.Errorf("got %v, %v", snap, err)
		}
		if q := place.Requests("/api/v2/doc/doc")[0].Query; q.Get("query") != `"tiktok ban"` || q.Get("startdatetime") != "20250112101500" || q.Get("enddatetime") != "20250113101500" || q.Get("mode") != "timelinevolraw" {
			t.Errorf("asked %v", q)
		}
		snap, err = d.Fetch(t.Context(), d.Targets()[0], stamp())
		if err != nil || len(snap.GetReadings()) != 0 || snap.GetReason() == "" || snap.GetOutcome() != event.Outcome_OUTCOME_UNSPECIFIED {
			t.Errorf("an empty timeline: %v, %v", snap, err)
		}
	})
}

// A look is not read again from a tape without its files, nor is any other look
// of the same tick: what was counted stays.
func TestNothingIsReadFromATapeWithoutFiles(t *testing.T) {
	t.Parallel()
	s, _ := newSource(t, "tiktok", "rednote")
	for _, target := range s.Targets() {
		for _, exchanges := range [][]fetch.Exchange{nil, {{Method: "GET", URL: "https://files.example" + updatePath, Status: 200, Body: []byte(announce(newestZip(t)))}}} {
			tape := fetch.NewTape(exchanges)
			snap, err := s.Fetch(fetch.WithTape(t.Context(), tape), target, stamp())
			if !errors.Is(err, fetch.ErrNotOnTape) || len(tape.Missing()) == 0 || len(snap.GetReadings()) > 0 {
				t.Errorf("%s: %v, missing %v", target.GetName(), err, tape.Missing())
			}
		}
	}
}
