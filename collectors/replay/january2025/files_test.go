package january2025

import (
	"encoding/csv"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/testkit"
)

// TestFactsAreCarriedWhole compares the first 62 facts with the collection that
// they come from, where it is at hand.
func TestFactsAreCarriedWhole(t *testing.T) {
	t.Parallel()
	f, err := os.Open(testkit.Shared(t, "data", "facts_rednote_2025.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	ours := records(t, "facts.csv")
	for i, row := range rows[1:] {
		theirs := func(name string) string { return row[column[name]] }
		mine := ours[i]
		for our, want := range map[string]string{
			"reported": theirs("when_reported"), "from": theirs("ts_lo_utc"), "to": theirs("ts_hi_utc"), "confidence": theirs("confidence"),
			"subjects": strings.ReplaceAll(strings.ToLower(theirs("subject")), ",", "|"),
		} {
			if mine[our] != want {
				t.Errorf("%s: %s is %q, the collection has %q", mine["ref"], our, mine[our], want)
			}
		}
		figure := mine["value"]
		if figure == "" {
			figure = strings.TrimPrefix(mine["value_text"], "<=") // "top 10" is there as 10
		}
		if figure != theirs("value") {
			t.Errorf("%s: figure is %q, the collection has %q", mine["ref"], figure, theirs("value"))
		}
		if (mine["unit"] == "event") != (theirs("unit") == "event") || mine["publisher"] == "" || mine["seen_in"] == "" {
			t.Errorf("%s: unit is %q, the collection has %q; said by %q, seen in %q", mine["ref"], mine["unit"], theirs("unit"), mine["publisher"], mine["seen_in"])
		}
	}
	if len(rows) != 1+62 {
		t.Errorf("the collection has %d rows", len(rows)-1)
	}
}

// TestAppsAreWatched holds that the case calls every app as the configuration
// does, so that its rows find their names.
func TestAppsAreWatched(t *testing.T) {
	t.Parallel()
	def, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[string]map[string]string{}, map[string]map[string]string{}
	for _, e := range def.Watch.Entities {
		want[e.ID] = map[string]string{}
		for _, store := range stores() {
			if want[e.ID][store] = e.Apps[store]; e.Apps[store] == "" {
				want[e.ID][store] = e.ID
			}
		}
	}
	for _, a := range loaded(t).apps {
		got[a.id] = a.ids
	}
	for id := range want {
		if got[id] == nil {
			delete(want, id) // watched, but no part of the case
		}
	}
	if d := cmp.Diff(want, got); d != "" || len(got) != 17 {
		t.Errorf("%d apps differ from the configuration (-want +got):\n%s", len(got), d)
	}
	for _, d := range loaded(t).facts {
		if s := d.fact.GetSubject(); got[s] == nil && s != "#tiktokrefugee" {
			t.Errorf("%s is about %q, which is no app of the case", d.ref, s)
		}
	}
}

// TestReasonsHold holds that every anchor which names a fact is that fact.
func TestReasonsHold(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	reason := regexp.MustCompile(`^(f\d\d|assumed: \S.+)$`)
	named := regexp.MustCompile(`f\d\d`)
	used := map[string]bool{}
	for series, curve := range c.curves {
		for _, a := range curve.anchors {
			if !reason.MatchString(a.why) {
				t.Errorf("%s at %s: why is %q", series, a.at, a.why)
			}
			for _, ref := range named.FindAllString(a.why, -1) {
				used[ref] = true
				i := slices.IndexFunc(c.facts, func(d dated) bool { return d.ref == ref })
				if i < 0 {
					t.Errorf("%s at %s: %s is no fact", series, a.at, ref)
				}
			}
			if strings.HasPrefix(a.why, "f") && !c.within(a) {
				t.Errorf("%s at %s: %s was at another time", series, a.at, a.why)
			}
		}
	}
	if len(used) < 30 {
		t.Errorf("anchors stand for %d facts only: %v", len(used), slices.Sorted(maps.Keys(used)))
	}
}

// within is true if the anchor lies within the bounds of its fact, or a second
// beyond: ">25 to the end of the day" ends where the next day begins.
func (c *Case) within(a anchor) bool {
	return slices.ContainsFunc(c.facts, func(d dated) bool {
		ms := a.at.UnixMilli()
		return d.ref == a.why && ms >= d.fact.GetFromMs() && (d.fact.GetToMs() == 0 || ms <= d.fact.GetToMs()+1000)
	})
}

func TestStory(t *testing.T) {
	t.Parallel()
	all := series(loaded(t))
	apple := all["chart/apple/us/top-free/overall"]
	first := func(app string) (from, to time.Time, hours int) {
		for _, l := range apple {
			if l.values[app+" rank"] == 1 {
				if to = l.at; from.IsZero() {
					from = l.at
				}
				hours++
			}
		}
		return from, to, hours
	}
	for _, c := range []struct{ app, from, to string }{
		{"1498607143", "2025-01-13T00", "2025-01-13T07"}, // Lemon8, briefly
		{"741292507", "2025-01-13T08", "2025-01-23T23"},  // RedNote, for ten days
		{"6737597349", "2025-01-26T09", "2025-02-06T18"}, // DeepSeek
		{"835599320", "2025-02-14T05", "2025-02-20T04"},  // TikTok, back
	} {
		from, to, hours := first(c.app)
		const layout = "2006-01-02T15"
		if got := [2]string{from.Format(layout), to.Format(layout)}; got != [2]string{c.from, c.to} || hours != int(to.Sub(from).Hours())+1 {
			t.Errorf("%s was first from %s to %s for %d hours, want %s to %s without a break", c.app, got[0], got[1], hours, c.from, c.to)
		}
	}
}

func TestLoadNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, old, new, want string }{
		"missing file":   {"apps.csv", "", "", "read case: open apps.csv"},
		"other header":   {"anchors.csv", "series,at", "series,when", "read anchors.csv: header is"},
		"bad time":       {"anchors.csv", "2024-12-16T00:00:00Z,4,", "16 December,4,", `read anchors.csv:2: at is "16 December"`},
		"bad value":      {"anchors.csv", "2024-12-16T00:00:00Z,4,", "2024-12-16T00:00:00Z,four,", `read anchors.csv:2: value is "four"`},
		"place 0":        {"anchors.csv", "2024-12-16T00:00:00Z,4,", "2024-12-16T00:00:00Z,0,", `read anchors.csv:2: value is "0" for apple/tiktok`},
		"no reason":      {"anchors.csv", `"assumed: among the first ten, as in every month before"`, "", "read anchors.csv:2: why is missing"},
		"out of order":   {"anchors.csv", "2025-01-10T00:00:00Z,5", "2024-12-16T00:00:00Z,5", "read anchors.csv:3: at is 2024-12-16T00:00:00Z, want a time after"},
		"unknown series": {"anchors.csv", "google/flip", "google/flop", "read anchors.csv: google/flop is no series of the case"},
		"missing series": {"apps.csv", "flip,Flip", "flap,Flap", "read anchors.csv: apple/flap is missing"},
		"too few fields": {"facts.csv", "f01,", "", "read facts.csv: record on line 2: wrong number of fields"},
		"bad figure":     {"facts.csv", ",300000,", ",many,", `read facts.csv:5: value is "many", want a number`},
		"neither":        {"apps.csv", ",no,yes,", ",no,perhaps,", `read apps.csv:2: google_social is "perhaps"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := fstest.MapFS{}
			for _, file := range []string{"apps.csv", "anchors.csv", "facts.csv"} {
				b, err := files.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				text := string(b)
				if file == c.file {
					if c.old == "" {
						continue
					}
					if text = strings.Replace(text, c.old, c.new, 1); text == string(b) {
						t.Fatalf("%q is not in %s", c.old, file)
					}
				}
				changed[file] = &fstest.MapFile{Data: []byte(text)}
			}
			if _, err := load(changed); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
}
