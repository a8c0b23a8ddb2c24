package collectors_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/collectors/stream"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

func slotTimes(looks []*event.Snapshot) (all []string) {
	for _, l := range looks {
		all = append(all, time.UnixMilli(l.GetSlotMs()).UTC().Format("15:04:05"))
	}
	return all
}

// Every minute has a look, whatever came of it.
func TestLooksAtAStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := livePlan(20, 20*time.Minute)
		one := jetstream(p, 1000)
		s := newSky(t, map[string]*testkit.FakeJetstream{"a.example": one})
		one.Set(testkit.JetstreamFaults{CutAfter: 20 * 150}) // in the third minute
		time.AfterFunc(2*time.Minute, func() { one.Set(testkit.JetstreamFaults{Silent: true}) })
		time.AfterFunc(5*time.Minute, func() { one.Set(testkit.JetstreamFaults{Down: true}) })
		time.AfterFunc(7*time.Minute+30*time.Second, func() { one.Set(testkit.JetstreamFaults{}) })
		s.run(10*time.Minute + time.Second)
		looks := s.looks.looks()
		want := []string{"10:21:00", "10:22:00", "10:23:00", "10:24:00", "10:25:00", "10:26:00", "10:27:00", "10:28:00", "10:29:00", "10:30:00"}
		if diff := cmp.Diff(want, slotTimes(looks)); diff != "" {
			t.Fatalf("looks: %s", diff)
		}
		for i, says := range []string{
			"ok ", "ok ", "ok connection ended 1 times", "failed nothing came", "failed nothing came",
			"failed the connection broke", "failed connect to a.example", "ok connection ended", "ok ", "ok ",
		} {
			outcome, reason, _ := strings.Cut(says, " ")
			l := looks[i]
			if l.GetOutcome().Word() != outcome || reason == "" && l.GetReason() != "" {
				t.Errorf("look %s: %s %q, want %s", want[i], l.GetOutcome().Word(), l.GetReason(), says)
			}
			if l.GetSource() != "bluesky" || l.GetTarget().Key() != "list/bluesky//firehose" || l.GetEveryS() != 60 {
				t.Errorf("look %s: %v", want[i], l)
			}
		}
		second := looks[1]
		if n := reading(second, "events_minute"); n < 1190 || n > 1210 || reading(second, "mentions_minute") < 500 || second.GetVia() != "v2 a.example" {
			t.Errorf("the second minute: %v", second)
		}
		if n := reading(looks[0], "events_minute"); n != 0 {
			t.Errorf("the first minute was not whole, and says %v events", n)
		}
	})
}

// streamOf makes a stream of a function.
type streamOf func(ctx context.Context, out stream.Out) error

func (f streamOf) Run(ctx context.Context, out stream.Out) error { return f(ctx, out) }

func streamEntry(name string, s collectors.Stream) collectors.StreamEntry {
	return collectors.StreamEntry{
		Name: name, Stream: s, Target: event.ListTarget("example.org", "", name), Reasons: []string{"cut"},
		Config: collect().Sources.Bluesky.Stream,
	}
}

// A stream that dies, in whichever way, is started again with growing pauses,
// and holds up no other and no polled source.
func TestADeadStreamHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		starts := map[string][]time.Time{}
		dying := func(name string, die func(ctx context.Context) error) collectors.StreamEntry {
			return streamEntry(name, streamOf(func(ctx context.Context, _ stream.Out) error {
				mu.Lock()
				starts[name] = append(starts[name], time.Now())
				mu.Unlock()
				return die(ctx)
			}))
		}
		pub, reg := &topics{}, prometheus.NewPedanticRegistry()
		polled := source{tags("a"), func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) { return one(1), nil }}
		r := collectors.NewRunner([]collectors.Entry{entry("polled", "@every 1m", polled)}, pub, config.Collect{}, reg, nil)
		r.AddStreams([]collectors.StreamEntry{
			dying("panics", func(context.Context) error { panic("boom") }),
			dying("ends", func(context.Context) error { return nil }),
			dying("hangs", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }),
			streamEntry("works", streamOf(func(ctx context.Context, out stream.Out) error {
				out.Say(stream.State{Via: "here"})
				for ctx.Err() == nil {
					time.Sleep(time.Second)
					_ = out.Publish(ctx, stream.Batch{Events: 1, Posts: 1, Bytes: 1, At: time.Now(), Cursor: "x"})
				}
				return ctx.Err()
			})),
		}, &sink{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour+time.Second)
		defer cancel()
		if err := r.Run(ctx); err != nil {
			t.Fatal(err)
		}
		outcomes := map[string]int{}
		for _, l := range pub.looks() {
			outcomes[l.GetSource()+" "+l.GetOutcome().Word()]++
		}
		want := map[string]int{"panics failed": 60, "ends failed": 60, "hangs failed": 60, "works ok": 60, "polled ok": 61}
		if diff := cmp.Diff(want, outcomes); diff != "" {
			t.Errorf("looks: %s", diff)
		}
		for _, name := range []string{"panics", "ends"} {
			times := starts[name]
			for i, at := range times[1:] {
				if pause := at.Sub(times[i]); pause < min(time.Second<<i, 30*time.Second)/2 || pause > min(time.Second<<min(i, 5), 30*time.Second) {
					t.Errorf("%s: pause %d is %s", name, i, pause)
				}
			}
			if n := len(times); n < 110 || n > 260 {
				t.Errorf("%s was started %d times in an hour", name, n)
			}
		}
		if len(starts["hangs"]) != 1 {
			t.Errorf("a stream that hangs was started %d times", len(starts["hangs"]))
		}
	})
}

// What a server does to a connection, and by which word it is counted.
func TestConnectionsEndByReason(t *testing.T) {
	t.Parallel()
	for reason, faults := range map[string]testkit.JetstreamFaults{
		"cut": {CutAfter: 200}, "too_slow": {TooSlow: 200}, "silent": {Silent: true}, "dial": {Down: true},
		"refused": {Status: 500}, "busy": {Status: 429}, "shape": {Garbage: 1}, "deaf": {Deaf: true},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := livePlan(50, 2*time.Minute)
				f := jetstream(p, 1000)
				s := newSky(t, map[string]*testkit.FakeJetstream{"a.example": f})
				f.Set(faults)
				s.run(40 * time.Second)
				if reason == "deaf" {
					reason = "silent"
				}
				if reason == "shape" { // every second message is an event
					if s.value("tidemark_stream_dropped_total") < 1000 {
						t.Error("garbage was not counted")
					}
					s.run(2 * time.Minute)
					s.exact(p)
					return
				}
				families, err := s.reg.Gather()
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range families {
					for _, m := range f.GetMetric() {
						if f.GetName() == "tidemark_stream_reconnects_total" && (m.GetCounter().GetValue() > 0) != (labelOf(m, "reason") == reason || labelOf(m, "reason")+reason == "pausedbusy") {
							t.Errorf("%s is counted %v times", labelOf(m, "reason"), m.GetCounter().GetValue())
						}
					}
				}
			})
		})
	}
}

func labelOf(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

// A server that asks for a pause gets it.
func TestBusyServerIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := jetstream(livePlan(20, time.Minute), 1000)
		s := newSky(t, map[string]*testkit.FakeJetstream{"v1.example": f})
		f.Set(testkit.JetstreamFaults{Status: 429})
		s.run(time.Hour)
		if n := len(f.Asked()); n < 30 || n > 61 {
			t.Errorf("asked %d times in an hour, and told to wait a minute each time", n)
		}
	})
}
