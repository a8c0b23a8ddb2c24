package collectors_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestFirehoseLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := livePlan(40, 8*time.Minute)
		one, two, old := jetstream(p, 1000), jetstream(p, 900_000), jetstream(p, 1)
		s := newSky(t, map[string]*testkit.FakeJetstream{"a.example": one, "b.example": two, "v1.example": old})
		faulty := testkit.JetstreamFaults{CutAfter: 900, Duplicate: 7, Reorder: 20, Garbage: 50}
		one.Set(faulty)
		two.Set(faulty)
		old.Set(testkit.JetstreamFaults{Only: "v1", CutAfter: 700, Duplicate: 5})
		s.run(90 * time.Second)
		// The first server is gone: the next one has other numbers.
		one.Set(testkit.JetstreamFaults{Down: true})
		s.run(time.Minute)
		// All of v2 is gone.
		two.Set(testkit.JetstreamFaults{Status: 502})
		s.run(time.Minute)
		one.Set(faulty)
		// The process is killed after mentions were sent, before the cursor was.
		s.sink.save = func() error { return errors.New("killed") }
		s.run(time.Minute)
		s.sink.save = nil
		s.run(5 * time.Minute)
		total := s.exact(p)
		if want := len(truth(p)); total < want+want/20 {
			t.Errorf("%d mentions of %d: nothing came twice, so nothing was tried", total, want)
		}
		if len(old.Asked()) == 0 || len(two.Asked()) == 0 {
			t.Errorf("not every server was asked: %d, %d", len(two.Asked()), len(old.Asked()))
		}
		if s.value("tidemark_stream_dropped_total") == 0 {
			t.Error("no garbage was counted")
		}
		nothingPersonal(t, s, p)
	})
}

// nothingPersonal holds that no id of a person, no key of a post and no text is
// in anything that was published.
func nothingPersonal(t *testing.T, s *sky, p testkit.FirehosePlan) {
	t.Helper()
	var all strings.Builder
	for _, m := range s.sink.mentions {
		fmt.Fprintln(&all, m)
	}
	for _, l := range s.looks.looks() {
		fmt.Fprintln(&all, l)
	}
	text := all.String() + strings.Join(s.sink.cursors, "\n")
	for _, word := range []string{"did:", "private words", "nofacet", "private.example"} {
		if strings.Contains(text, word) {
			t.Errorf("%q was published", word)
		}
	}
	n := 0
	for m := range p.Mentions() {
		if n++; n%50 == 0 && (strings.Contains(text, m.DID[8:]) || strings.Contains(text, m.RKey)) {
			t.Errorf("%+v is to be seen", m)
		}
	}
}

// On its own server a sequence number is asked for, and on any other the time.
func TestFirehoseCursors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := livePlan(20, 3*time.Minute)
		one, two, old := jetstream(p, 1000), jetstream(p, 900_000), jetstream(p, 1)
		s := newSky(t, map[string]*testkit.FakeJetstream{"a.example": one, "b.example": two, "v1.example": old})
		s.run(20 * time.Second)
		s.run(10 * time.Second)
		one.Set(testkit.JetstreamFaults{Down: true})
		s.run(10 * time.Second)
		two.Set(testkit.JetstreamFaults{Only: "v1"})
		s.run(20 * time.Second)
		stopped := p.Start.Add(20 * time.Second)
		if got := cursorsOf(t, one); got[0] != 0 || got[1] < 1000+20*10 || got[1] > 1000+20*12+5 {
			t.Errorf("the first server was asked for %v", got)
		}
		for name, got := range map[string][]int64{"v2": cursorsOf(t, two), "v1": cursorsOf(t, old)} {
			first := time.UnixMicro(got[0])
			if first.Before(stopped) || first.After(stopped.Add(30*time.Second)) {
				t.Errorf("another server (%s) was asked for %v", name, first)
			}
		}
		if !strings.Contains(one.Asked()[1], "zstdDictionary=20000001") || strings.Contains(old.Asked()[0], "compress") {
			t.Errorf("asked %q, %q", one.Asked()[1], old.Asked()[0])
		}
	})
}

// cursorsOf are the cursors that a server was asked for; 0 is none.
func cursorsOf(t *testing.T, f *testkit.FakeJetstream) (all []int64) {
	t.Helper()
	for _, asked := range f.Asked() {
		u, err := url.Parse(asked)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(u.Path, "getZstdDictionary") {
			continue
		}
		n, _ := strconv.ParseInt(u.Query().Get("cursor"), 10, 64)
		all = append(all, n)
	}
	if len(all) == 0 {
		return []int64{-1, -1}
	}
	return all
}

func TestDictionaryIsAskedForAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := livePlan(20, time.Minute)
		one := jetstream(p, 1000)
		s := newSky(t, map[string]*testkit.FakeJetstream{"a.example": one})
		one.Set(testkit.JetstreamFaults{CutAfter: 300})
		time.AfterFunc(10*time.Second, one.RetireDictionary)
		s.run(90 * time.Second)
		s.exact(p)
		if all := strings.Join(one.Asked(), " "); !strings.Contains(all, "zstdDictionary=20000002") {
			t.Errorf("asked %s", all)
		}
	})
}

// A server that no longer has what came after the cursor makes a hole, which is
// said, by each of the three ways in which it happens.
func TestHolesAreSaid(t *testing.T) {
	t.Parallel()
	for name, host := range map[string]string{"v2 by number": "a.example", "v2 by time": "b.example", "v1": "v1.example"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := livePlan(20, 20*time.Minute)
				before := jetstream(p, 1000)
				p.Floor = 20 * 60 * 6
				after := jetstream(p, 1000)
				cfg := map[string]*testkit.FakeJetstream{"a.example": before}
				s := newSky(t, cfg)
				s.run(time.Minute)
				time.Sleep(10 * time.Minute)
				kept := s.sink
				s = newSky(t, map[string]*testkit.FakeJetstream{host: after})
				s.sink = kept
				s.run(2 * time.Minute)
				var reasons []string
				hole := 0.0
				for _, l := range s.looks.looks() {
					reasons = append(reasons, l.GetReason())
					hole += reading(l, "hole_s")
				}
				if hole < 290 || hole > 305 || !strings.Contains(strings.Join(reasons, "\n"), "hole: the place no longer had what came from 2025-01-13 10:2") {
					t.Errorf("a hole of %v seconds, %q; asked %q", hole, reasons, after.Asked())
				}
			})
		})
	}
}

func reading(s *event.Snapshot, metric string) float64 {
	for _, r := range s.GetReadings() {
		if r.GetMetric() == metric {
			return r.GetValue()
		}
	}
	return 0
}

// While the broker takes nothing, nothing is read: what waits is bounded, and
// the server is not called silent for it.
func TestSlowBrokerSlowsTheStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := testkit.FirehosePlan{Events: 60_000, PerSecond: 1000}
		time.Sleep(time.Until(time.Date(2026, 9, 2, 0, 0, 0, 0, time.UTC)))
		one := jetstream(p, 1000)
		s := newSky(t, map[string]*testkit.FakeJetstream{"a.example": one})
		s.sink.cursor = `{"us":1788264000000000}` // the plan's start
		open := make(chan struct{})
		s.sink.take = func(ctx context.Context) error {
			select {
			case <-open:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		var sent int64
		time.AfterFunc(10*time.Minute, func() {
			sent = one.Sent()
			close(open)
		})
		s.run(10*time.Minute + 20*time.Second)
		if sent == 0 || sent > 15_000 {
			t.Errorf("%d events were read while the broker took nothing", sent)
		}
		if n := len(cursorsOf(t, one)); n != 1 {
			t.Errorf("connected %d times", n)
		}
		if l := s.looks.looks()[5]; l.GetOutcome() != event.Outcome_OUTCOME_FAILED || !strings.Contains(l.GetReason(), "the broker has taken nothing for") {
			t.Errorf("the look says %v %q", l.GetOutcome(), l.GetReason())
		}
		if s.exact(p) != len(truth(p)) {
			t.Error("something came twice")
		}
	})
}

// A broker that refuses is asked again, and the cursor never goes before it.
func TestCursorFollowsTheBroker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := livePlan(20, time.Minute)
		s := newSky(t, map[string]*testkit.FakeJetstream{"a.example": jetstream(p, 1000)})
		s.run(10 * time.Second)
		kept := s.sink.cursor
		s.sink.take = func(context.Context) error { return errors.New("broker is away") }
		s.run(20 * time.Second)
		if s.sink.cursor != kept {
			t.Errorf("cursor went from %s to %s while the broker took nothing", kept, s.sink.cursor)
		}
		if s.value("tidemark_stream_publish_retries_total") < 3 {
			t.Error("the broker was not asked again")
		}
		s.sink.take = nil
		s.run(time.Minute)
		s.exact(p)
	})
}
