package january2025

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// point is one modelled value at its slot.
type point struct {
	at    time.Time
	value float64
}

// lookAt is one look and what it says of every subject.
type lookAt struct {
	at     time.Time
	depth  uint32
	values map[string]float64 // by subject and metric
}

func loaded(t *testing.T) *Case {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// series are all looks by target.
func series(c *Case) map[string][]lookAt {
	out := map[string][]lookAt{}
	for at, m := range c.Messages() {
		s, ok := m.(*event.Snapshot)
		if !ok {
			continue
		}
		l := lookAt{at: at, depth: s.GetDepth(), values: map[string]float64{}}
		for _, r := range s.GetReadings() {
			l.values[r.GetSubject()+" "+r.GetMetric()] = r.GetValue()
		}
		out[s.GetTarget().Key()] = append(out[s.GetTarget().Key()], l)
	}
	return out
}

func TestMessages(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	var (
		n      int
		last   time.Time
		perKey = map[string]int{}
		ids    = map[string]bool{}
	)
	for at, m := range c.Messages() {
		n++
		if at.Before(last) {
			t.Fatalf("message %d at %s comes after %s", n, at, last)
		}
		last = at
		if err := m.Validate(); err != nil {
			t.Fatalf("message %d: %v", n, err)
		}
		switch v := m.(type) {
		case *event.Snapshot:
			perKey[v.GetTarget().Key()]++
			if v.GetBasis() != event.Basis_BASIS_MODELLED || v.GetVia() != "model january-2025" || v.GetEveryS() != 3600 {
				t.Fatalf("message %d is not marked as modelled: %v", n, v)
			}
		case *event.Fact:
			perKey["facts"]++
			if ids[v.GetId()] {
				t.Errorf("fact id %s is there twice: %v", v.GetId(), v)
			}
			ids[v.GetId()] = true
		default:
			t.Fatalf("message %d is a %T", n, m)
		}
	}
	if n != c.Len() {
		t.Errorf("there are %d messages, Len says %d", n, c.Len())
	}
	const hours = 74 * 24
	want := map[string]int{
		"chart/apple/us/top-free/overall": hours, "chart/apple/us/top-free/social-networking": hours,
		"chart/google/us/top-free/overall": hours, "chart/google/us/top-free/social": hours,
		"listing/apple/us/apps": hours, "listing/google/us/apps": hours,
		"tag/xiaohongshu//tiktokrefugee": hours, "facts": len(c.facts),
	}
	if !maps.Equal(perKey, want) {
		t.Errorf("messages are %v, want %v", perKey, want)
	}
}

func TestMessagesAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	next := func(c *Case) [][]byte {
		var out [][]byte
		for _, m := range c.Messages() {
			b, err := event.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, b)
		}
		return out
	}
	if !slices.EqualFunc(next(loaded(t)), next(loaded(t)), slices.Equal) {
		t.Error("two generations differ")
	}
}

func TestRanksAreUnique(t *testing.T) {
	t.Parallel()
	for target, looks := range series(loaded(t)) {
		if !strings.HasPrefix(target, "chart/") {
			continue
		}
		for _, l := range looks {
			seen := map[float64]string{}
			for subject, rank := range l.values {
				if other := seen[rank]; other != "" {
					t.Fatalf("%s at %s: %s and %s are both at %v", target, l.at, subject, other, rank)
				}
				if seen[rank] = subject; rank < 1 || rank > float64(l.depth) {
					t.Fatalf("%s at %s: %s is at %v of %d", target, l.at, subject, rank, l.depth)
				}
			}
		}
	}
}

// TestReportedPoints is what makes the curves more than a drawing: whatever was
// published about a series that is modelled is true of the model.
func TestReportedPoints(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	all := series(c)
	checked := 0
	for _, d := range c.facts {
		looks := all[d.fact.GetScope()]
		if d.fact.GetKind() != event.FactKind_FACT_KIND_FIGURE || looks == nil {
			continue
		}
		checked++
		subject := strings.TrimPrefix(d.fact.GetSubject(), "#")
		for _, a := range c.apps {
			if a.id == subject {
				subject = a.ids[strings.Split(d.fact.GetScope(), "/")[1]]
			}
		}
		var near []point // the series within the fact's bounds
		for _, l := range looks {
			ms := l.at.UnixMilli()
			if ms < d.fact.GetFromMs() || d.fact.GetToMs() != 0 && ms > d.fact.GetToMs() {
				continue
			}
			v, there := l.values[subject+" "+d.fact.GetMetric()]
			if !there {
				v = math.Inf(1)
			}
			near = append(near, point{l.at, v})
		}
		if len(near) == 0 {
			t.Errorf("%s: no look within its bounds", d.ref)
		}
		if !holds(d.fact, near) {
			t.Errorf("%s: %s %s is %v%s, the model says %v", d.ref, subject, d.fact.GetMetric(), d.fact.GetValue(), d.fact.GetValueText(), near)
		}
	}
	if checked < 40 {
		t.Errorf("%d facts were compared with a series, want at least 40", checked)
	}
}

// holds is true if the figure was met at some hour within the bounds; words
// about the whole span must be true at every hour.
func holds(f *event.Fact, near []point) bool {
	if f.GetHasValue() {
		return slices.ContainsFunc(near, func(p point) bool { return p.value == f.GetValue() })
	}
	every := func(ok func(v float64) bool) bool {
		return !slices.ContainsFunc(near, func(p point) bool { return !ok(p.value) })
	}
	limit := func(prefix string) float64 {
		v, err := strconv.ParseFloat(strings.TrimPrefix(f.GetValueText(), prefix), 64)
		if err != nil {
			return math.NaN()
		}
		return v
	}
	switch text := f.GetValueText(); {
	case text == "unranked":
		return every(func(v float64) bool { return math.IsInf(v, 1) })
	case strings.HasPrefix(text, "<="):
		return slices.ContainsFunc(near, func(p point) bool { return p.value <= limit("<=") })
	case strings.HasPrefix(text, ">"):
		return every(func(v float64) bool { return v > limit(">") })
	default:
		return false
	}
}

func TestQuietWeeksAreQuiet(t *testing.T) {
	t.Parallel()
	until := time.Date(2025, 1, 10, 0, 0, 0, 0, time.UTC)
	for target, looks := range series(loaded(t)) {
		if !strings.HasPrefix(target, "chart/") {
			continue
		}
		for i := 1; i < len(looks) && looks[i].at.Before(until); i++ {
			then, now := looks[i-1], looks[i]
			subjects := slices.Concat(slices.Collect(maps.Keys(then.values)), slices.Collect(maps.Keys(now.values)))
			for _, s := range subjects {
				a := cmp.Or(then.values[s], float64(then.depth+1))
				b := cmp.Or(now.values[s], float64(now.depth+1))
				if math.Abs(a-b) > 1 && math.Abs(math.Log(a/b)) > 0.05 {
					t.Errorf("%s at %s: %s goes from %v to %v", target, now.at, s, a, b)
				}
			}
		}
	}
}

func TestCountsNeverFall(t *testing.T) {
	t.Parallel()
	looks := series(loaded(t))["tag/xiaohongshu//tiktokrefugee"]
	last := map[string]float64{}
	for _, l := range looks {
		for key, v := range l.values {
			if v < last[key] {
				t.Errorf("%s falls from %v to %v at %s", key, last[key], v, l.at)
			}
			last[key] = v
		}
		if len(l.values) < len(last) {
			t.Errorf("at %s only %d counts are there", l.at, len(l.values))
		}
	}
}

// TestDelistedIsNotUnranked holds that an app which a store does not have is on
// none of its charts, and that the three ByteDance apps were gone for 25 days.
func TestDelistedIsNotUnranked(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	all := series(c)
	for _, store := range stores() {
		gone := map[string]int{}
		for i, l := range all["listing/"+store+"/us/apps"] {
			if len(l.values) != len(c.apps) {
				t.Fatalf("%s at %s: %d apps were looked up, want %d", store, l.at, len(l.values), len(c.apps))
			}
			for _, a := range c.apps {
				if l.values[a.ids[store]+" listed"] == 1 {
					continue
				}
				gone[a.id]++
				for _, chart := range []string{"top-free/overall", socialChart(store)} {
					if rank, there := all["chart/"+store+"/us/"+chart][i].values[a.ids[store]+" rank"]; there {
						t.Errorf("%s at %s: %s is not listed, but at %v of %s", store, l.at, a.id, rank, chart)
					}
				}
			}
		}
		// 19 January 04:00 to 14 February 00:00; and DeepSeek before it came out.
		want := map[string]int{"tiktok": 25*24 + 20, "capcut": 25*24 + 20, "lemon8": 25*24 + 20, "deepseek": 26 * 24}
		if !maps.Equal(gone, want) {
			t.Errorf("%s lacked apps for %v hours, want %v", store, gone, want)
		}
	}
}
