package health

import (
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

const us = "appstore chart/apple/us/top-free/overall "

// ticks stores looks one tick after the other and restarts at each.
func (k *kit) ticks(first, last int, look func(i int) *event.Snapshot) {
	k.t.Helper()
	for i := first; i < last; i++ {
		if s := look(i); s != nil {
			k.looks(s)
		}
		k.restart(soon(i))
	}
}

func well20(i int) *event.Snapshot { return chart(at(i), 20, i) }

func TestStaleOpensAndClosesOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.looks(good(0, 10)...)
	k.ticks(10, 16, func(int) *event.Snapshot { return nil })
	k.want("source-stale " + us + "open 03-02 04:30 03-02 05:45 4500/1800 s")
	k.ticks(16, 24, func(int) *event.Snapshot { return nil })
	k.ticks(24, 28, well20)
	k.want(
		"source-stale "+us+"open 03-02 04:30 03-02 05:45 4500/1800 s",
		"source-stale "+us+"updated 03-02 04:30 03-02 10:30 21600/1800 s",
		"source-stale "+us+"closed 03-02 04:30 03-02 12:00 21600/1800 s")
}

func TestFailingOpensAndClosesOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.looks(good(0, 10)...)
	k.ticks(10, 24, func(i int) *event.Snapshot {
		switch {
		case i == 12: // two failed looks are no trouble yet
			return well20(i)
		case i == 18: // one good look is no recovery yet
			return well20(i)
		case i%2 == 0:
			return failed(well20(i))
		}
		return refused(well20(i))
	})
	k.ticks(24, 28, well20)
	k.want(
		"looks-failing "+us+"open 03-02 06:30 03-02 07:30 3/0 looks",
		"looks-failing "+us+"closed 03-02 06:30 03-02 12:30 3/0 looks")
	if says := k.published[0].GetExplanation(); says != "3 looks in a row saw nothing since 2026-03-02 06:30 UTC, none are expected to (3 open an episode, 2 good ones close it). The last one said: refused: no list" {
		t.Errorf("it says: %s", says)
	}
}

// TestAWholeSourceHasOneEpisode: forty targets of a dead host are one trouble.
func TestAWholeSourceHasOneEpisode(t *testing.T) {
	t.Parallel()
	countries := []string{"us", "gb", "de"}
	const all = "looks-failing appstore source/appstore//all "
	k := newKit(t)
	for i := range 10 {
		for _, c := range countries {
			k.looks(in(c, well20(i)))
		}
	}
	// Each target is stored and judged by itself; they fail at 10 and recover
	// from 16 on, but for de.
	for i := 10; i < 26; i++ {
		for n, c := range countries {
			s := well20(i)
			if i < 16 || c == "de" {
				s = failed(s)
			}
			k.looks(in(c, s))
			k.restart(soon(i).Add(time.Duration(n) * time.Minute))
		}
	}
	k.want(
		all+"open 03-02 05:00 03-02 06:00 3/0 targets",
		all+"closed 03-02 05:00 03-02 08:30 3/0 targets",
		"looks-failing appstore chart/apple/de/top-free/overall open 03-02 05:00 03-02 06:00 3/0 looks",
		"looks-failing appstore chart/apple/de/top-free/overall updated 03-02 05:00 03-02 10:30 12/0 looks")

	// All of the rest die as well: that is a trouble of the source again.
	k = newKit(t)
	for i := range 10 {
		for _, c := range countries {
			k.looks(in(c, well20(i)))
		}
	}
	for i := 10; i < 16; i++ {
		k.restart(soon(i))
	}
	for _, c := range countries {
		k.looks(in(c, well20(16)))
		k.restart(soon(16))
	}
	k.want(
		"source-stale appstore source/appstore//all open 03-02 04:30 03-02 05:45 3/0 targets",
		"source-stale appstore source/appstore//all closed 03-02 04:30 03-02 08:00 3/0 targets")
}

func TestLowCoverageOpensAndClosesOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for i := range 48 * 4 {
		s := well20(i)
		day := i / 48
		// On the second day two of three looks see something, on the third five
		// of six, on the fourth all.
		if day == 1 && i%3 == 0 || day == 2 && i%6 == 0 {
			s = failed(s)
		}
		k.looks(s)
		if i%8 == 0 {
			k.restart(soon(i))
		}
	}
	k.restart(soon(48*4 - 1))
	k.looks(well20(48 * 4))
	k.restart(soon(48 * 4))
	k.want(
		"coverage-low "+us+"open 03-03 00:00 03-04 00:00 0.67/0.8 ratio",
		"coverage-low "+us+"closed 03-03 00:00 03-06 00:00 0.67/0.8 ratio")
}

// TestAnEpisodeThatIsNotStoredYetIsNotOpenedTwice: the store is behind.
func TestAnEpisodeThatIsNotStoredYetIsNotOpenedTwice(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.looks(good(0, 10)...)
	p := k.evaluator()
	for i := 10; i < 30; i++ {
		if i >= 26 {
			k.looks(well20(i))
		} else {
			k.looks(failed(well20(i)))
		}
		k.evaluate(p, soon(i))
		k.evaluate(p, soon(i).Add(30*time.Second))
	}
	if len(k.published) != 3 {
		t.Errorf("%d messages, want open, updated and closed: %v", len(k.published), k.published)
	}
	k.settle()
	k.restart(soon(29))
	k.want(
		"looks-failing "+us+"open 03-02 05:00 03-02 06:00 3/0 looks",
		"looks-failing "+us+"updated 03-02 05:00 03-02 10:30 12/0 looks",
		"looks-failing "+us+"closed 03-02 05:00 03-02 13:30 12/0 looks")
}

// TestAReplayMakesTheSameMessages: an evaluator that comes late, and one that
// begins with an empty table, find the same onsets.
func TestAReplayMakesTheSameMessages(t *testing.T) {
	t.Parallel()
	var first []string
	for range 2 {
		k := newKit(t)
		k.looks(good(0, 10)...)
		for i := 10; i < 14; i++ {
			k.looks(failed(well20(i)))
		}
		if first == nil {
			k.restart(soon(12))
		}
		k.restart(soon(13))
		var ids []string
		for _, e := range k.published {
			ids = append(ids, e.GetId())
		}
		if first == nil {
			first = ids
			continue
		}
		if len(ids) == 0 || ids[0] != first[0] {
			t.Errorf("ids are %v, before %v", ids, first)
		}
	}
}

// TestOnlyTheLivingAreJudged: the recorded case raises nothing, and neither
// does what somebody took out of the configuration.
func TestOnlyTheLivingAreJudged(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for i, basis := range []event.Basis{event.Basis_BASIS_MODELLED, event.Basis_BASIS_IMPORTED, event.Basis_BASIS_BACKFILL} {
		for n := range 12 {
			s := in([]string{"us", "gb", "de"}[i], well20(n))
			if n > 8 {
				s = failed(s)
			}
			s.Basis = basis
			k.looks(s)
		}
	}
	k.looks(in("fr", well20(0)), in("fr", well20(1)))
	k.retired = func(_, target string) bool { return target == "chart/apple/fr/top-free/overall" }
	k.restart(soon(40))
	k.want()

	// Taken out while it is broken: the episode ends.
	k.retired = nil
	k.restart(soon(41))
	k.retired = func(string, string) bool { return true }
	k.restart(soon(42))
	k.restart(soon(43))
	const fr = "source-stale appstore chart/apple/fr/top-free/overall "
	k.want(fr+"open 03-02 00:30 03-02 06:30 21600/1800 s", fr+"closed 03-02 00:30 03-02 21:05 21600/1800 s")
}

// TestGraceAfterTheStart: the first looks are on their way.
func TestGraceAfterTheStart(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.looks(good(0, 10)...)
	p := k.evaluator()
	p.quietUntil = soon(40)
	k.evaluate(p, soon(39))
	if len(k.published) != 0 {
		t.Errorf("published within the grace: %v", k.published)
	}
	k.evaluate(p, soon(41))
	if len(k.published) != 1 {
		t.Errorf("%d messages after the grace, want 1", len(k.published))
	}
}

// TestAStreamIsJudgedAsAWhole: a tag that nobody mentions has no look, and that
// is no trouble; a stream of which nothing comes at all is one.
func TestAStreamIsJudgedAsAWhole(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	counted := func(minute int, target *event.Target) *event.Snapshot {
		s := tag(0, "mentions_minute")
		slot := start.Add(time.Duration(minute) * time.Minute)
		s.Source, s.Target, s.Via, s.EveryS = "bluesky_tags", target, "count", 60
		s.SlotMs, s.SeenAtMs = slot.UnixMilli(), slot.UnixMilli()+180_000
		return s
	}
	all := &event.Target{Kind: event.KindList, Place: "bluesky", Name: "all-tags/p0"}
	k.looks(counted(0, event.TagTarget("bluesky", "quiet")))
	for minute := range 60 {
		k.looks(counted(minute, all))
	}
	k.restart(start.Add(64 * time.Minute))
	k.want()
	k.restart(start.Add(90 * time.Minute))
	k.looks(counted(95, all))
	k.restart(start.Add(100 * time.Minute))
	k.want(
		"source-stale bluesky_tags list/bluesky//all-tags/p0 open 03-02 00:59 03-02 01:24 1500/600 s",
		"source-stale bluesky_tags list/bluesky//all-tags/p0 closed 03-02 00:59 03-02 01:35 1500/600 s")
}
