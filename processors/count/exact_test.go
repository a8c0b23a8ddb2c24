package count

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// plan is a log by chance: mentions out of order within bounds or far beyond
// them, sent twice or more, on two platforms, with ticks and idle spans among
// them.
func plan(t testing.TB, seed uint64, n int, cfg config.Count) *tape {
	t.Helper()
	r := chance(seed)
	tape := &tape{t: t}
	now := noon.Add(time.Duration(r.IntN(3600)) * time.Second)
	var sent []*event.Mention
	for i := range n {
		now = now.Add(time.Duration(r.IntN(6000)) * time.Millisecond)
		switch r.IntN(20) {
		case 0:
			tape.tick(now)
		case 1:
			if r.IntN(8) == 0 {
				idle(tape, r, &now)
			}
		case 2, 3:
			if len(sent) > 0 {
				tape.put(sent[len(sent)-1-r.IntN(min(len(sent), 30))], now)
			}
		default:
			delay := time.Duration(r.IntN(int(cfg.OutOfOrderness.D())))
			if r.IntN(30) == 0 {
				delay = time.Duration(r.IntN(int(2 * time.Hour)))
			}
			m := &event.Mention{
				Id: fmt.Sprint("id", i), Platform: []string{"bluesky", "mastodon"}[r.IntN(4)/3],
				Tag: []string{"tiktok", "rednote", "a", "b", "c", "d"}[r.IntN(6)], AtMs: now.Add(-delay).UnixMilli(),
			}
			sent = append(sent, m)
			tape.put(m, now)
		}
	}
	return tape
}

// idle is a span without a mention, with ticks or (all is down) without.
func idle(l *tape, r *rand.Rand, now *time.Time) {
	ticks := r.IntN(3) > 0
	for range r.IntN(200) {
		*now = now.Add(5 * time.Second)
		if ticks {
			l.tick(*now)
		}
	}
}

// counts are what a reader wants to know: of tag and minute, and of tag and hour.
type counts map[string]float64

// independent counts the log in another way: every mention against everything
// before it, without windows, state or batches. It knows the rules of the
// watermark as the page tells them.
func independent(t testing.TB, msgs []kafka.Message, cfg config.Count) (want counts, late map[string]int) {
	t.Helper()
	type state struct {
		water, lastTick, idle int64
		seen                  map[string]bool
		all                   []*event.Mention
	}
	platforms, late := map[string]*state{}, map[string]int{}
	grace, disorder, idleAfter := cfg.Grace.D().Milliseconds(), cfg.OutOfOrderness.D().Milliseconds(), cfg.IdleAfter.D().Milliseconds()
	for i := range msgs {
		msg, err := event.Unmarshal(msgs[i].Type, msgs[i].Value)
		if err != nil {
			t.Fatal(err)
		}
		switch m := msg.(type) {
		case *event.Tick:
			for _, p := range platforms {
				if p.lastTick > 0 {
					p.idle += min(m.GetAtMs()-p.lastTick, 15_000)
				}
				p.lastTick = m.GetAtMs()
				if p.idle >= idleAfter {
					p.water = max(p.water, m.GetAtMs()-idleAfter-disorder)
				}
			}
		case *event.Mention:
			p := platforms[m.GetPlatform()]
			if p == nil {
				p = &state{seen: map[string]bool{}}
				platforms[m.GetPlatform()] = p
			}
			p.idle = 0
			p.water = max(p.water, m.GetAtMs()-disorder)
			key := m.GetId() + " " + m.GetTag()
			switch {
			case (m.GetAtMs()/60_000+1)*60_000+grace <= p.water:
				late[m.GetPlatform()]++
			case !p.seen[key]:
				p.seen[key] = true
				p.all = append(p.all, m)
			}
		}
	}
	want = counts{}
	for name, p := range platforms {
		for _, m := range p.all {
			for metric, length := range map[string]int64{metricMinute: 60_000, metricHour: 3_600_000} {
				start := m.GetAtMs() / length * length
				if start+length+grace <= p.water {
					want[fmt.Sprint(name, " ", m.GetTag(), " ", metric, " ", start)]++
				}
			}
		}
	}
	return want, late
}

// published are the same counts as they were published; a 0 says what no count
// says too.
func (s *sink) published(tags ...string) counts {
	got := counts{}
	for _, look := range s.looks {
		for _, r := range look.GetReadings() {
			if look.GetTarget().GetKind() == event.KindTag && slices.Contains(tags, r.GetSubject()) && r.GetValue() > 0 &&
				(r.GetMetric() == metricMinute || r.GetMetric() == metricHour) {
				got[fmt.Sprint(look.GetTarget().GetPlace(), " ", r.GetSubject(), " ", r.GetMetric(), " ", r.GetAtMs())] = r.GetValue()
			}
		}
	}
	return got
}

func only(c counts, tags ...string) counts {
	out := counts{}
	for key, n := range c {
		var p, tag, rest string
		if _, err := fmt.Sscan(key, &p, &tag, &rest); err == nil && slices.Contains(tags, tag) {
			out[key] = n
		}
	}
	return out
}

// throughRestarts reads the log with lives that end anywhere: after a commit,
// or after publishing and before the commit, or while nothing is published yet.
func throughRestarts(t testing.TB, r *rand.Rand, tape *tape, cfg config.Count, s *sink) {
	t.Helper()
	at := never()
	for done := false; !done; {
		l := newLife(t, s, cfg, at, "tiktok", "rednote")
		batches := cut(r, tape.since(at.Offset))
		ends := r.IntN(len(batches) + len(batches)/4 + 2)
		done = true
		for i, batch := range batches {
			if i == ends {
				done = false
				break
			}
			broken := r.IntN(10) == 0
			s.fails = func() bool { return broken && r.IntN(2) == 0 }
			c, err := l.Handle(t.Context(), batch)
			for attempt := 0; err != nil && attempt < 3; attempt++ {
				c, err = l.Handle(t.Context(), batch)
			}
			s.fails = nil
			if err != nil || i == ends-1 && r.IntN(2) == 0 {
				done = false
				break // killed between publish and commit, or before
			}
			at = kafka.Committed{Offset: c.Offset, Next: c.Next, Metadata: c.Metadata}
		}
	}
}

// TestCountsAreExact: whatever the order, the batches and the restarts, the
// counts are those of an independent count, and a window that is published
// again is the same bytes.
func TestCountsAreExact(t *testing.T) {
	t.Parallel()
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			exact(t, seed, 2500)
		})
	}
}

func exact(t testing.TB, seed uint64, n int) {
	t.Helper()
	cfg := settings()
	cfg.TopCounters, cfg.TopK = 3, 3 // fewer than there are tags
	tape := plan(t, seed, n, cfg)
	once := newSink()
	newLife(t, once, cfg, never(), "tiktok", "rednote").handle(tape.msgs...)
	want, late := independent(t, tape.msgs, cfg)
	if diff := gocmp.Diff(only(want, "tiktok", "rednote"), once.published("tiktok", "rednote")); diff != "" {
		t.Errorf("seed %d: independent count (-), published (+):\n%s", seed, diff)
	}
	once.checkTotals(t, want, late)

	again := newSink()
	throughRestarts(t, chance(seed+1000), tape, cfg, again)
	if len(again.differ) > 0 {
		t.Errorf("seed %d: published again with other content: %v", seed, again.differ)
	}
	if diff := gocmp.Diff(once.bytes, again.bytes); diff != "" {
		t.Errorf("seed %d: undisturbed (-), with restarts (+):\n%s", seed, diff)
	}
}

// checkTotals compares what is said of all tags: their sums, and the bounds of
// the errors of the top ones.
func (s *sink) checkTotals(t testing.TB, want counts, late map[string]int) {
	t.Helper()
	totals := counts{}
	for key, n := range want {
		var p, tag, metric string
		var start int64
		if _, err := fmt.Sscan(key, &p, &tag, &metric, &start); err != nil {
			t.Fatal(err)
		}
		totals[fmt.Sprint(p, " ", metric, " ", start)] += n
	}
	got, lates := counts{}, map[string]int{}
	for _, look := range s.looks {
		place := look.GetTarget().GetPlace()
		switch look.GetTarget().GetName() {
		case "all-tags/p0":
			for _, r := range look.GetReadings() {
				switch r.GetMetric() {
				case metricMinute, metricHour:
					got[fmt.Sprint(place, " ", r.GetMetric(), " ", r.GetAtMs())] = r.GetValue()
				case metricLate:
					lates[place] += int(r.GetValue())
				}
			}
		case "top-tags/p0":
			checkTop(t, look, want)
		}
	}
	if diff := gocmp.Diff(totals, got); diff != "" {
		t.Errorf("totals, independent (-), published (+):\n%s", diff)
	}
	for p, n := range lates {
		if n > late[p] {
			t.Errorf("%s: %d late, published are %d", p, late[p], n)
		}
	}
}

// checkTop: a count is never too low, and too high by no more than it says.
func checkTop(t testing.TB, look *event.Snapshot, want counts) {
	t.Helper()
	over := map[string]float64{}
	for _, r := range look.GetReadings() {
		if r.GetMetric() == metricOvercount {
			over[r.GetSubject()] = r.GetValue()
		}
	}
	for _, r := range look.GetReadings() {
		truth := want[fmt.Sprint(look.GetTarget().GetPlace(), " ", r.GetSubject(), " ", metricHour, " ", r.GetAtMs())]
		if r.GetMetric() == metricHour && (r.GetValue() < truth || r.GetValue()-over[r.GetSubject()] > truth) {
			t.Errorf("%s has %v, published are %v with an error of %v", r.GetSubject(), truth, r.GetValue(), over[r.GetSubject()])
		}
	}
}

// FuzzExact makes logs of its own.
func FuzzExact(f *testing.F) {
	f.Add(uint64(1), uint16(500))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16) { exact(t, seed, int(n)%3000) })
}

// FuzzTopK: the promises of the counters, for any stream of tags.
func FuzzTopK(f *testing.F) {
	f.Add([]byte("abcabcddaaaeeefghijklmnopaab"), uint8(4))
	f.Add([]byte{0xff}, uint8(4))
	f.Fuzz(func(t *testing.T, tags []byte, limit uint8) {
		k := int(limit)%20 + 1
		top, truth := newTopK(k), map[string]uint64{}
		for _, c := range tags {
			truth[string([]byte{c})]++ // string(c) of a byte is a letter, which may be two
			top.add([]byte{c})
		}
		listed := map[string]bool{}
		for _, c := range top.top(k) {
			listed[c.tag] = true
			if c.count < truth[c.tag] || c.count-c.over > truth[c.tag] || c.over > uint64(len(tags)/k) {
				t.Fatalf("%q has %d, counter says %d with an error of %d", c.tag, truth[c.tag], c.count, c.over)
			}
		}
		for tag, n := range truth {
			if !listed[tag] && n > top.unlisted(k) {
				t.Fatalf("%q has %d and is not listed, at most %d should be", tag, n, top.unlisted(k))
			}
		}
		if !slices.IsSortedFunc(top.top(k), func(a, b *tally) int { return cmp.Compare(b.count, a.count) }) {
			t.Fatal("not in order")
		}
	})
}

// FuzzDecode: the fast way takes nothing that package event would refuse, and
// reads it the same way.
func FuzzDecode(f *testing.F) {
	for _, m := range []*event.Mention{
		{Id: "a", Platform: "bluesky", Tag: "小红书", Language: "zh", AtMs: noon.UnixMilli()},
		{Id: "a\tb", Platform: "b", Tag: "c", AtMs: 1},
	} {
		b, err := event.Marshal(m)
		if err == nil {
			f.Add(b)
		}
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var m mention
		if !m.decode(b) {
			return
		}
		msg, err := event.Unmarshal(typeMention, b)
		if err != nil {
			t.Fatalf("taken although: %v", err)
		}
		want := msg.(*event.Mention)
		if string(m.id) != want.GetId() || string(m.platform) != want.GetPlatform() || string(m.tag) != want.GetTag() ||
			string(m.language) != want.GetLanguage() || m.at != want.GetAtMs() {
			t.Fatalf("fast way reads %v, slow way %v", m, want)
		}
	})
}

// TestFastTakesOrdinaryMentions: otherwise it is right and worth nothing.
func TestFastTakesOrdinaryMentions(t *testing.T) {
	t.Parallel()
	tape := &tape{t: t}
	tape.mention("小红书", noon)
	var m mention
	if !m.decode(tape.msgs[0].Value) {
		t.Error("left to the slow way")
	}
}

// TestIDsRememberExactly: against a plain map, through growth.
func TestIDsRememberExactly(t *testing.T) {
	t.Parallel()
	r := chance(1)
	var s ids
	truth := map[uint64]bool{}
	for range 50_000 {
		h := r.Uint64N(30_000)
		fresh, full := s.add(h, 1<<30)
		if h == 0 {
			h = 1
		}
		if fresh == truth[h] || full {
			t.Fatalf("%d: fresh is %v", h, fresh)
		}
		truth[h] = true
	}
	if s.n != len(truth) {
		t.Errorf("%d are remembered, want %d", s.n, len(truth))
	}
}
