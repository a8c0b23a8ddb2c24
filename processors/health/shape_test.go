package health

import (
	"fmt"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

func TestDepthFellOpensAndClosesOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.looks(good(0, 10)...)
	depth := func(i int) int {
		switch {
		case i == 11 || i == 19: // an accident; and no recovery yet
			return map[int]int{11: 10, 19: 20}[i]
		case i >= 13 && i < 22:
			return 10
		case i == 22 || i == 24: // above what opens, below what closes
			return 15
		}
		return 20
	}
	k.ticks(10, 29, func(i int) *event.Snapshot { return chart(at(i), depth(i), i) })
	k.want(
		"depth-fell "+us+"open 03-02 06:30 03-02 07:00 10/20 places",
		"depth-fell "+us+"closed 03-02 06:30 03-02 13:00 10/20 places")
}

func TestWhatStaysShortBecomesTheUsual(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.cfg.AcceptAfter /= 14 // half a day
	k.looks(good(0, 10)...)
	for i := 10; i < 12; i++ {
		k.looks(chart(at(i), 10, i))
	}
	k.restart(soon(11))
	for i := 12; i < 40; i++ {
		k.looks(chart(at(i), 10, i))
	}
	k.restart(soon(39))
	k.looks(chart(at(40), 10, 40))
	k.restart(soon(40))
	k.want(
		"depth-fell "+us+"open 03-02 05:00 03-02 05:30 10/20 places",
		"depth-fell "+us+"closed 03-02 05:00 03-02 17:00 10/20 places")
}

// tag is a look at a tag: uses of the moment, and uses of a day.
func tag(i int, metrics ...string) *event.Snapshot {
	s := &event.Snapshot{
		Source: "mastodon", Target: event.TagTarget("example.org", "tiktok"), SlotMs: at(i).UnixMilli(), SeenAtMs: at(i).UnixMilli() + 900,
		Outcome: event.Outcome_OUTCOME_OK, Basis: event.Basis_BASIS_MEASURED, EveryS: uint32(every / time.Second),
	}
	for _, m := range metrics {
		r := &event.Reading{Subject: "tiktok", Metric: m, Value: float64(100 + i)}
		if m == "uses_day" {
			for day := range 4 {
				s.Readings = append(s.Readings, &event.Reading{Subject: "tiktok", Metric: m, Value: float64(100 * day), AtMs: start.AddDate(0, 0, day-3).UnixMilli()})
			}
			continue
		}
		s.Readings = append(s.Readings, r)
	}
	return s
}

func TestAFieldThatIsGoneOpensAndClosesOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for i := range 10 {
		k.looks(tag(i, "uses_today", "accounts_today", "uses_day"))
	}
	k.ticks(10, 20, func(i int) *event.Snapshot {
		switch {
		case i == 11: // once is an accident
			return tag(i, "uses_today")
		case i >= 13 && i < 18:
			return tag(i, "uses_today")
		}
		return tag(i, "uses_today", "accounts_today", "uses_day")
	})
	const name = "mastodon tag/example.org//tiktok "
	k.want(
		"fewer-readings "+name+"open 03-02 06:30 03-02 07:30 0/3 looks",
		"fewer-readings "+name+"open 03-02 06:30 03-02 07:30 0/3 looks",
		"fewer-readings "+name+"closed 03-02 06:30 03-02 09:00 0/3 looks",
		"fewer-readings "+name+"closed 03-02 06:30 03-02 09:00 0/3 looks")
	metrics := map[string]int{}
	for _, e := range k.published {
		metrics[e.GetMetric()]++
	}
	if len(metrics) != 2 || metrics["uses_day"] == 0 || metrics["accounts_today"] == 0 {
		t.Errorf("episodes are about %v", metrics)
	}
}

func TestAllEqualOpensAndClosesOnce(t *testing.T) {
	t.Parallel()
	ratings := func(i, value int) *event.Snapshot {
		s := well20(i)
		for n, r := range s.GetReadings() {
			r.Subject, r.Metric, r.Value = fmt.Sprint("a", n), "rating_count", float64(1000*n+i)
			if value != 0 {
				r.Value = float64(value)
			}
		}
		return s
	}
	t.Run("one value", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		for i := range 10 {
			k.looks(ratings(i, 0))
		}
		k.ticks(10, 20, func(i int) *event.Snapshot {
			if i == 10 || i >= 12 && i < 16 {
				return ratings(i, 7)
			}
			return ratings(i, 0)
		})
		k.want(
			"all-equal "+us+"open 03-02 06:00 03-02 06:30 1/20 values",
			"all-equal "+us+"closed 03-02 06:00 03-02 08:30 1/20 values")
	})
	t.Run("identical looks", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		for i := range 16 { // it changes every second look
			k.looks(ratings(i, 0))
			k.looks(func() *event.Snapshot { s := ratings(i, 0); s.SlotMs += 900_000; return s }())
		}
		k.restart(soon(16))
		k.ticks(16, 34, func(i int) *event.Snapshot {
			if i < 30 {
				return func() *event.Snapshot {
					s := ratings(16, 0)
					s.SlotMs, s.SeenAtMs = at(i).UnixMilli(), at(i).UnixMilli()+1000
					return s
				}()
			}
			return ratings(i, 0)
		})
		k.want(
			"all-equal "+us+"open 03-02 08:00 03-02 13:30 12/2 looks",
			"all-equal "+us+"closed 03-02 08:00 03-02 15:30 12/2 looks")
	})
}

func TestAFrozenChartOpensAndClosesOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.cfg.FrozenAfter /= 12 // six hours
	k.ticks(0, 20, func(i int) *event.Snapshot { return chart(at(i), 20, 3) })
	k.ticks(20, 22, well20)
	k.want(
		"values-frozen "+us+"open 03-02 00:00 03-02 06:00 21600/0 s",
		"values-frozen "+us+"closed 03-02 00:00 03-02 10:00 21600/0 s")
}

func TestAnotherNameOpensAndClosesOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	lookup := func(i int) *event.Snapshot {
		s := well20(i)
		s.Source, s.Target, s.Depth, s.Readings = "appstore_lookup", event.ListingTarget("apple", "us"), 0, nil
		for _, app := range []string{"1", "2"} {
			matches := 1.0
			if app == "2" && i >= 12 && i < 15 {
				matches = 0
			}
			s.Readings = append(s.Readings, &event.Reading{Subject: app, Metric: metricNameMatches, Value: matches})
		}
		return s
	}
	k.ticks(8, 18, lookup)
	const name = "appstore_lookup listing/apple/us/apps "
	k.want(
		"name-changed "+name+"open 03-02 06:00 03-02 06:00 0/1 matches",
		"name-changed "+name+"closed 03-02 06:00 03-02 07:30 0/1 matches")
	if got := k.published[0].GetSubject(); got != "2" {
		t.Errorf("episode is about %s", got)
	}
}
