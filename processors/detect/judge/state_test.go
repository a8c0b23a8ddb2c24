package judge_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/detect/judge"
)

// reload saves and loads a target.
func (c *court) reload(key string) {
	c.t.Helper()
	tg := c.targets[key]
	if tg == nil {
		return
	}
	b, err := tg.AppendBinary([]byte("before"))
	if err != nil {
		c.t.Fatal(err)
	}
	b = bytes.TrimPrefix(b, []byte("before"))
	if tg.Size() != len(b) {
		c.t.Fatalf("size is %d, the state has %d bytes", tg.Size(), len(b))
	}
	next, err := c.judge.LoadTarget(b)
	if err != nil {
		c.t.Fatal(err)
	}
	again, err := next.AppendBinary(nil)
	if err != nil || !bytes.Equal(b, again) {
		c.t.Fatalf("saved again the state is another (%v)", err)
	}
	c.targets[key] = next
}

func same(t *testing.T, got, want []*event.Episode) {
	t.Helper()
	if len(want) == 0 {
		t.Fatal("nothing was told")
	}
	for i := range min(len(got), len(want)) {
		if !proto.Equal(got[i], want[i]) {
			t.Fatalf("state %d is\n%v, want\n%v", i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d states, want %d", len(got), len(want))
	}
}

// Saving and loading at any moment changes nothing.
func TestRestartsChangeNothing(t *testing.T) {
	t.Parallel()
	own := rules(
		config.DetectRule{Name: "ten", Kind: "threshold", Metric: "rank", Subject: rednote, Under: "10.5", Looks: 2},
		config.DetectRule{Name: "many", Kind: "threshold", Metric: "views_total", Over: "1000000"},
		config.DetectRule{Name: "all-of-the-tag", Kind: "surge", Target: "tag/*", Sensitivity: "high"},
	)
	want, got := newCourt(t, own), newCourt(t, own)
	random := rand.New(rand.NewPCG(1, 2))
	for _, s := range january(t) {
		want.look(s)
		if random.IntN(20) == 0 {
			got.reload(keyOf(s))
		}
		got.look(s)
	}
	same(t, got.states, want.states)
	for _, name := range []string{"ten", "many", "all-of-the-tag"} {
		if !slices.ContainsFunc(want.states, func(e *event.Episode) bool { return e.GetRule() == name }) {
			t.Errorf("rule %s told nothing", name)
		}
	}
}

// What comes twice, late or again by a newer parser changes nothing, and is
// said not to be fresh.
func TestRepeatsChangeNothing(t *testing.T) {
	t.Parallel()
	want, got := newCourt(t, nil), newCourt(t, nil)
	random := rand.New(rand.NewPCG(3, 4))
	past := map[string][]*event.Snapshot{}
	for _, s := range january(t) {
		want.look(s)
		if _, fresh := got.look(s); !fresh {
			t.Fatalf("%v is not fresh", s)
		}
		past[keyOf(s)] = append(past[keyOf(s)], s)
		if random.IntN(10) > 0 {
			continue
		}
		before := past[keyOf(s)]
		again := proto.CloneOf(before[random.IntN(len(before))])
		again.Reparsed, again.ParserVersion = true, 7
		if states, fresh := got.look(again); fresh || len(states) > 0 {
			t.Fatalf("an old look is fresh: %v %v", fresh, states)
		}
	}
	same(t, got.states, want.states)
}

// A failed look is none: the series go on as if nobody had looked.
func TestFailedLooksAreNone(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	for i := range 24 * 20 {
		s := charted(i, 200, 5, rednote)
		if i%3 == 2 || (i > 240 && i < 260) {
			s.Outcome, s.Readings, s.Depth, s.Reason = event.Outcome_OUTCOME_FAILED, nil, 0, "timeout"
		}
		if _, fresh := c.look(s); !fresh {
			t.Fatalf("look %d is not fresh", i)
		}
	}
	if len(c.states) > 0 {
		t.Errorf("told: %s", brief(c.states[0]))
	}
}

func TestStateOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	c.look(charted(0, 200, 5, rednote))
	b, err := c.targets["made chart/apple/us/top-free/overall measured"].AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{nil, {99}, b[:len(b)-1], append(slices.Clone(b), 0)} {
		if _, err := c.judge.LoadTarget(bad); err == nil {
			t.Errorf("state of %d bytes is taken", len(bad))
		}
	}
}

func FuzzLoadTarget(f *testing.F) {
	c := newCourt(f, nil)
	for i := range 40 {
		c.look(charted(i, 20, 1+i%19, rednote))
		c.look(hourly(i, event.TagTarget("mastodon.social", "tiktok"), reading("tiktok", "views_total", float64(i*i*i*1000))))
		c.look(hourly(i, event.ListingTarget("apple", "us"), reading(rednote, "listed", float64((i/30)^1))))
	}
	if len(c.states) == 0 {
		f.Fatal("no state has an episode")
	}
	for _, tg := range c.targets {
		b, err := tg.AppendBinary(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tg, err := c.judge.LoadTarget(b)
		if err != nil {
			return
		}
		again, err := tg.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.judge.LoadTarget(again); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			tg.Look(charted(i+24*365*4, 100, 7, rednote))
			tg.Look(hourly(i+24*365*4, event.TagTarget("a", "b"), reading("b", "views_total", float64(i))))
		}
	})
}

// FuzzLook judges looks made of bytes: places, gaps, empty looks, odd depths.
func FuzzLook(f *testing.F) {
	f.Add([]byte{1, 2, 3, 0, 200, 17, 255, 1, 1, 1, 90, 3, 3})
	f.Add(bytes.Repeat([]byte{7, 200, 1}, 300))
	all := newCourt(f, nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		c := &court{t: t, judge: all.judge, targets: map[string]*judge.Target{}}
		at := 0
		for i := 0; i+2 < len(b) && i < 3000; i += 3 {
			at += 1 + int(b[i]%5)*int(b[i]%7)
			rank := int(b[i+1])
			chart := hourly(at, event.ChartTarget("apple", "us", "top-free/overall"))
			chart.Depth, chart.Outcome = uint32(b[i+2]), event.Outcome_OUTCOME_OK
			if rank > 0 {
				chart.Readings = append(chart.Readings, reading(rednote, "rank", float64(rank)), reading("stranger", "rank", float64(255-rank+1)))
			}
			c.look(chart)
			c.look(hourly(at, event.TagTarget("mastodon.social", "tiktok"),
				reading("tiktok", "uses_today", float64(rank)*float64(b[i+2])), reading("tiktok", "share", 1-float64(rank))))
			c.look(hourly(at, event.ListingTarget("apple", "us"), reading(rednote, "listed", float64(rank&1))))
			c.look(hourly(at, event.ListTarget("weibo", "", "hot"), reading("小红书", "rank", float64(rank+1)), reading("小红书", "reads", float64(rank)*1e6)))
		}
		for key := range c.targets {
			c.reload(key)
		}
	})
}
