package detect

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// disturbances is what befell a log that was read by many lives.
type disturbances struct{ kills, unpublished, halves, uncommitted, resumed, retried int }

// throughKills reads a log by lives that end anywhere: before anything is
// published, when half of it is, between publishing and storing, in the middle
// of a checkpoint, and when all is stored and not yet committed.
func (k *kit) throughKills(r *rand.Rand, log []kafka.Message, out *reader, kills int) (d disturbances) {
	k.t.Helper()
	at := never()
	for {
		p := k.processor(out)
		m := &moody{keeper: p.keep, fails: func() (bool, bool) { return r.IntN(6) == 0, r.IntN(6) == 0 }}
		p.keep = m
		p.cfg.Looks = 1 + r.IntN(k.most)
		h := assign(k.t, p, at)
		if len(h.targets) > 0 {
			d.resumed++
		}
		batches := cut(r, log[max(at.Offset, 0):], 1+r.IntN(k.most))
		ends := len(batches)
		if d.kills < kills {
			ends = r.IntN(min(len(batches), 12))
		}
		for i := 0; ; i++ {
			if i == len(batches) {
				return d
			}
			if i == ends {
				d.kills++
				d.end(r, out, h, batches[i])
				break
			}
			h.retry = time.Time{} // a store that is well again is asked at once
			if d.refused(r, out, h, batches[i]) {
				h.retry = time.Time{}
			}
			at = handle(k.t, h, batches[i])
		}
	}
}

// refused lets the broker refuse a batch now and then, which is then given again.
func (d *disturbances) refused(r *rand.Rand, out *reader, h *partition, batch []kafka.Message) bool {
	if r.IntN(4) > 0 {
		return false
	}
	out.fails = func() bool { return true }
	defer func() { out.fails = nil }()
	_, err := h.Handle(context.Background(), batch)
	if err != nil {
		d.retried++
	}
	return err != nil
}

// end is how far the last batch gets; it is not committed.
func (d *disturbances) end(r *rand.Rand, out *reader, h *partition, batch []kafka.Message) {
	switch r.IntN(3) {
	case 0:
		d.unpublished++ // nothing of it was even read
		return
	case 1:
		d.halves++
		out.fails = func() bool { return true }
		defer func() { out.fails = nil }()
	default:
		d.uncommitted++
	}
	h.retry = time.Time{}
	_, _ = h.Handle(context.Background(), batch)
}

// TestKillsChangeNothing: whatever is killed when, and however the log is cut
// into batches, the states are those of a run that nobody disturbed: the same
// ids, the same sequences, the same bytes, each after the one before it.
func TestKillsChangeNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			k, r := newKit(t), chance(seed)
			log := messages(t, looks(r, 1200))
			want, got := k.undisturbed(log), newReader()
			d := k.throughKills(r, log, got, 20)
			compare(t, want, got)
			t.Logf("%d states, %+v, %d came again", len(want.states), d, got.again)
			if d.kills != 20 || d.resumed < 15 || d.halves == 0 || d.uncommitted == 0 || d.retried == 0 || got.again == 0 {
				t.Errorf("%+v, %d states came again: the test proves little", d, got.again)
			}
		})
	}
}

// TestAStoreThatIsAwayHoldsUpNoEpisode: while ClickHouse does not answer, every episode is
// found and published; only the commit waits.
func TestAStoreThatIsAwayHoldsUpNoEpisode(t *testing.T) {
	t.Parallel()
	k := newKitWithoutStore(t)
	log := messages(t, looks(chance(1), 300))
	want, got := k.undisturbed(log), newReader()
	p := k.processor(got)
	away := true
	p.keep = &moody{keeper: p.keep, fails: func() (bool, bool) { return away, false }}
	h := assign(t, p, never())
	var at kafka.Committed
	for _, batch := range cut(chance(2), log, 30) {
		at = handle(t, h, batch)
	}
	compare(t, want, got)
	if at.Offset != 0 {
		t.Errorf("%d is committed, and nothing is stored", at.Offset)
	}
	if n := testutil.ToFloat64(p.m.checkpoints.WithLabelValues("failed")); n != 1 {
		t.Errorf("the store was asked %v times, want once: it is left alone for a while", n)
	}
	away, h.retry = false, time.Time{}
	for range len(log) { // ticks, as they come to an idle partition
		at = handle(t, h, tickAt(t, h.next))
		h.retry = time.Time{}
	}
	if at.Offset < int64(len(log)) {
		t.Errorf("%d is committed of %d after the store came back", at.Offset, len(log))
	}
}

func tickAt(t testing.TB, offset int64) []kafka.Message {
	t.Helper()
	m := messages(t, []event.Validator{&event.Tick{AtMs: noon.UnixMilli()}})
	m[0].Offset = offset
	return m
}

// settled judges a log and stores everything, until all is committed.
func settled(t testing.TB, h *partition, log []kafka.Message) kafka.Committed {
	t.Helper()
	handle(t, h, log)
	for i := 0; !h.checkpointWhole(t.Context()); i++ {
		if h.retry = (time.Time{}); i > 100 {
			t.Fatal("the store takes nothing")
		}
	}
	c := h.commit()
	at := kafka.Committed{Offset: c.Offset, Next: c.Next, Metadata: c.Metadata}
	if at.Offset != log[len(log)-1].Offset+1 {
		t.Fatalf("%d is committed of %d", at.Offset, len(log))
	}
	return at
}

// TestALostCheckpointIsLoud: targets begin anew, and everybody can see it.
func TestALostCheckpointIsLoud(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	heard := &said{}
	k.log = slog.New(slog.NewTextHandler(heard, nil))
	log := messages(t, looks(chance(3), 300))
	at := settled(t, k.life(newReader(), never()), log[:200])
	if err := k.ch.Exec(t.Context(), "TRUNCATE TABLE detector_states"); err != nil {
		t.Fatal(err)
	}
	p := k.processor(newReader())
	h := assign(t, p, at)
	if !heard.has("memories are gone from ClickHouse") {
		t.Error("nothing is said")
	}
	if n := testutil.ToFloat64(p.m.lost); n < 9 {
		t.Errorf("%v memories are called lost", n)
	}
	handle(t, h, log[200:])
	if len(h.targets) == 0 || testutil.ToFloat64(p.m.looks.WithLabelValues("judged")) == 0 {
		t.Error("nothing is judged any more")
	}
	c := settled(t, h, tickAt(t, h.next))
	p = k.processor(newReader())
	if assign(t, p, c); testutil.ToFloat64(p.m.lost) != 0 {
		t.Error("what was learnt anew is called lost again")
	}
}

// TestAMemoryOfAnotherVersionBeginsAnew, and holds up nobody.
func TestAMemoryOfAnotherVersionBeginsAnew(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	heard := &said{}
	k.log = slog.New(slog.NewTextHandler(heard, nil))
	log := messages(t, looks(chance(4), 300))
	at := settled(t, k.life(newReader(), never()), log[:200])
	k.judge = toyJudge{version: 2}
	p := k.processor(newReader())
	h := assign(t, p, at)
	if n := testutil.ToFloat64(p.m.lost); n < 9 || !heard.has("toy memory of another version") {
		t.Errorf("%v memories are called lost", n)
	}
	if handle(t, h, log[200:]); testutil.ToFloat64(p.m.looks.WithLabelValues("judged")) == 0 {
		t.Error("nothing is judged any more")
	}
	all := make([]kafka.Message, 0, 2*len(log)) // every target has another look
	for i, m := range append(slices.Clone(log), messages(t, looks(chance(4), 600))...) {
		m.Offset = int64(i)
		all = append(all, m)
	}
	at = settled(t, h, all)
	p = k.processor(newReader())
	if h = assign(t, p, at); testutil.ToFloat64(p.m.lost) != 0 || len(h.targets) < 9 {
		t.Errorf("%v of %d memories are lost again", testutil.ToFloat64(p.m.lost), len(h.targets))
	}
}

// TestALogThatWasMadeAnewIsJudged: its offsets begin at 0 again, and must not be
// taken for those that are in the memories.
func TestALogThatWasMadeAnewIsJudged(t *testing.T) {
	t.Parallel()
	all := messages(t, looks(chance(5), 400))
	for name, at := range map[string]func(kafka.Committed) kafka.Committed{
		"by the commit":        func(c kafka.Committed) kafka.Committed { return kafka.Committed{Offset: -1, Reset: true} },
		"with its commits too": func(kafka.Committed) kafka.Committed { return never() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			want, got := k.undisturbed(all), newReader()
			c := settled(t, k.life(got, never()), all[:250])
			again := make([]kafka.Message, 0, len(all))
			for i, m := range all[250:] {
				m.Offset = int64(i)
				again = append(again, m)
			}
			h := k.life(got, at(c))
			settled(t, h, again[:50])
			h = k.life(got, kafka.Committed{Offset: -1}) // killed before it was ever committed
			handle(t, h, again)
			compare(t, want, got)
		})
	}
}

// TestTheSameLogWithoutItsCommits is read again, and nothing is judged twice.
func TestTheSameLogWithoutItsCommits(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	all := messages(t, looks(chance(6), 400))
	want, got := k.undisturbed(all), newReader()
	settled(t, k.life(got, never()), all[:250])
	p := k.processor(got)
	handle(t, assign(t, p, never()), all)
	compare(t, want, got)
	if n := testutil.ToFloat64(p.m.looks.WithLabelValues("known")); n < 200 {
		t.Errorf("%v looks were known", n)
	}
}

// TestAChangedWatchlist: episodes keep their ids and sequences, and what is
// found from then on says what the new list says, also after a kill.
func TestAChangedWatchlist(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	all := messages(t, looks(chance(7), 400))
	want, got := k.undisturbed(all), newReader()
	p := k.processor(got)
	h := assign(t, p, never())
	handle(t, h, all[:150])
	handle(t, h, all[150:200])
	p.Rejudge(toyJudge{topic: "refugees"})
	at := handle(t, h, all[200:250])
	if at.Offset < 200 {
		t.Errorf("%d is committed: whoever begins there judges old looks by the new list", at.Offset)
	}
	handle(t, h, all[250:300]) // killed before it is committed
	k.judge = toyJudge{topic: "refugees"}
	h = k.life(got, at)
	handle(t, h, all[at.Offset:])
	topics := map[string]int{}
	for s, b := range got.states {
		e := &event.Episode{}
		if msg, err := event.Unmarshal(event.TypeName(e), b); err == nil {
			topics[msg.(*event.Episode).GetTopic()]++
		}
		if _, ok := want.states[s]; !ok {
			t.Errorf("%v is found, and was not without the change", s)
		}
	}
	if len(got.states) != len(want.states) || topics[""] == 0 || topics["refugees"] == 0 || len(got.wrong) > 0 {
		t.Errorf("%d states of %d, by topic %v; %v", len(got.states), len(want.states), topics, got.wrong)
	}
}

// TestWhatIsNotJudged: facts and imports belong here; rubbish is passed by and
// counted, and holds up nothing; an episode that nobody would take is put aside.
func TestWhatIsNotJudged(t *testing.T) {
	t.Parallel()
	k := newKitWithoutStore(t)
	all := messages(t, looks(chance(8), 60))
	want, got := k.undisturbed(all), newReader()
	bad := messages(t, looks(chance(9), 4))
	bad[0].Type, bad[1].Value, bad[2].Type = "tidemark.v9.Snapshot", []byte{0xff}, ""
	bad[3] = messages(t, []event.Validator{&event.Mention{Id: "1", Platform: "p", Tag: "t", AtMs: noon.UnixMilli()}})[0]
	var log []kafka.Message
	for i, m := range all {
		if i%15 == 0 {
			log = append(log, bad[i/15%4])
		}
		log = append(log, m)
	}
	for i := range log {
		log[i].Offset = int64(i)
	}
	p := k.processor(got)
	handle(t, assign(t, p, never()), log)
	compare(t, want, got)
	for reason, n := range map[string]float64{"unknown_type": 2, "undecodable": 1, "unexpected_type": 1} {
		if got := testutil.ToFloat64(p.m.refused.WithLabelValues(reason)); got < n {
			t.Errorf("%v of %s are counted, want %v", got, reason, n)
		}
	}
	if len(got.rejected) > 0 {
		t.Errorf("%d are published as rejected: the store does that", len(got.rejected))
	}
}

// TestAnEpisodeThatNobodyTakesIsPutAside, and those after it are published.
func TestAnEpisodeThatNobodyTakesIsPutAside(t *testing.T) {
	t.Parallel()
	k := newKitWithoutStore(t)
	got := newReader()
	h := k.life(got, never())
	bad := &event.Episode{Id: "x", Rule: "toy"}
	h.keep(t.Context(), &kafka.Message{Topic: event.TopicSnapshots, Offset: 7}, bad)
	handle(t, h, messages(t, looks(chance(8), 60)))
	if len(got.rejected) != 1 || got.rejected[0].GetOffset() != 7 || got.rejected[0].GetStage() != Stage || len(got.states) == 0 {
		t.Errorf("%v are rejected, %d states published", got.rejected, len(got.states))
	}
	if err := got.rejected[0].Validate(); err != nil {
		t.Error(err)
	}
}

// TestProgressIsTold: a tick comes after the states of everything before it,
// names its partition and keeps its times; not more often than once a second,
// but whenever a past has moved.
func TestProgressIsTold(t *testing.T) {
	t.Parallel()
	k := newKitWithoutStore(t)
	got := newReader()
	p := k.processor(got)
	h := assign(t, p, never())
	events := looks(chance(10), 60)
	past := noon.Add(-240 * time.Hour).UnixMilli()
	events = append(events,
		&event.Tick{AtMs: noon.Add(time.Hour).UnixMilli(), PastMs: past},
		&event.Tick{AtMs: noon.Add(2 * time.Hour).UnixMilli(), PastMs: past},
		&event.Tick{AtMs: noon.Add(3 * time.Hour).UnixMilli(), PastMs: past + 1})
	handle(t, h, messages(t, events))
	var pasts []int64
	for _, tick := range got.ticks {
		if tick.GetPartition() != 0 || tick.GetPartitions() != 4 {
			t.Errorf("tick is of %d of %d", tick.GetPartition(), tick.GetPartitions())
		}
		if tick.GetPastMs() != 0 {
			pasts = append(pasts, tick.GetPastMs())
		}
	}
	if fmt.Sprint(pasts) != fmt.Sprint([]int64{past, past + 1}) || len(got.ticks) > 3 {
		t.Errorf("pasts are %v in %d ticks", pasts, len(got.ticks))
	}
	if last := got.order[len(got.order)-1]; !strings.HasPrefix(last, "tick ") || len(got.states) == 0 {
		t.Errorf("last is %s", last)
	}
}
