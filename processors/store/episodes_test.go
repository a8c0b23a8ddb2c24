package store

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// states are the states of one episode, in their order.
func states(id string) []event.Validator {
	var out []event.Validator
	for i, state := range []event.EpisodeState{
		event.EpisodeState_EPISODE_STATE_OPEN, event.EpisodeState_EPISODE_STATE_UPDATED, event.EpisodeState_EPISODE_STATE_CLOSED,
	} {
		e := &event.Episode{
			Id: id, Kind: event.EpisodeHealth, Rule: "depth-fell", Source: "appstore",
			Target: event.ChartTarget("apple", "us", "top-free/overall"), Subject: "s", Metric: "depth",
			State: state, Sequence: uint32(i + 1), OnsetMs: day.UnixMilli(), AtMs: day.Add(time.Duration(i) * time.Hour).UnixMilli(),
			PeakAtMs: day.UnixMilli(), Value: 100, Baseline: 200, Peak: 90, Unit: "places", Severity: 0.5,
			Explanation: "because", Advice: "do", Basis: event.Basis_BASIS_MEASURED,
		}
		if state == event.EpisodeState_EPISODE_STATE_CLOSED {
			e.ClosedMs = e.GetAtMs()
		}
		out = append(out, e)
	}
	return out
}

func (k *kit) assignEpisodes(t *testing.T, committed int64) *partition {
	t.Helper()
	h, err := k.Assign(t.Context(), event.TopicEpisodes, 0, kafka.Committed{Offset: committed})
	if err != nil {
		t.Fatal(err)
	}
	return h.(*partition)
}

// TestEpisodesAreStoredOnce: a redelivery stores nothing, and a message that
// came twice under two offsets is one state.
func TestEpisodesAreStoredOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	noMerges(t, k)
	if err := k.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := batch(t, 0, append(states("a"), states("b")[:2]...)...)
	handle(t, k.assignEpisodes(t, -1), all[:4])
	h := k.assignEpisodes(t, -1) // the commit was lost
	handle(t, h, all)
	if n := k.count(t, "episodes"); n != 5 {
		t.Errorf("%d rows, want 5", n)
	}
	handle(t, h, batch(t, 5, states("b")[:2]...)) // a second evaluator
	const states = "SELECT toString(groupArray((id, state, sequence, closed IS NULL))) FROM (SELECT * FROM v_episodes ORDER BY id)"
	if got, want := one[string](t, k, states), "[('a','closed',3,0),('b','updated',2,1)]"; got != want {
		t.Errorf("states are %s, want %s", got, want)
	}
	const row = `SELECT toString(tuple(toString(kind), toString(rule), toString(source), toString(target), subject, toString(metric), toString(basis),
		toString(onset), toString(at), toString(peak_at), toString(closed), value, baseline, peak, toString(unit), severity, explanation, advice)) FROM v_episodes WHERE id = 'a'`
	want := "('health','depth-fell','appstore','chart/apple/us/top-free/overall','s','depth','measured'," +
		"'2025-01-14 00:00:00.000','2025-01-14 02:00:00.000','2025-01-14 00:00:00.000','2025-01-14 02:00:00.000',100,200,90,'places',0.5,'because','do')"
	if got := one[string](t, k, row); got != want {
		t.Errorf("row is %s, want %s", got, want)
	}
}

// TestWhatIsClosedStaysClosed, whatever state came with the same number.
func TestWhatIsClosedStaysClosed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	all := states("a")
	closed, worse := all[2].(*event.Episode), all[1].(*event.Episode)
	closed.Sequence, worse.Sequence = 2, 2
	handle(t, k.assignEpisodes(t, -1), batch(t, 0, all[0], closed, worse))
	if got := one[string](t, k, "SELECT toString(state) FROM v_episodes"); got != "closed" {
		t.Errorf("state is %s", got)
	}
}

// TestEveryTopicHasItsMessages: what is on the wrong topic is rejected and kept.
func TestEveryTopicHasItsMessages(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	handle(t, k.assign(t, -1), batch(t, 0, chart(day, 1), states("a")[0]))
	handle(t, k.assignEpisodes(t, -1), batch(t, 0, chart(day, 1), states("a")[0], &event.Tick{AtMs: day.UnixMilli()},
		&event.Fact{Id: "f", Kind: event.FactKind_FACT_KIND_EVENT, Topic: "t", Subject: "s", Metric: "m", Publisher: "p", Confidence: "c"}))
	var got []string
	for _, r := range k.rejected {
		got = append(got, r.GetType())
	}
	if want := []string{"tidemark.v1.Episode", "tidemark.v1.Snapshot", "tidemark.v1.Fact"}; !slices.Equal(got, want) {
		t.Errorf("rejected %v, want %v", got, want)
	}
	if looks, episodes := k.count(t, "looks"), k.count(t, "episodes"); looks != 1 || episodes != 1 {
		t.Errorf("%d looks and %d episodes, want 1 and 1", looks, episodes)
	}
}

// TestEveryFieldOfAnEpisodeIsAColumn: detection will ask for all of them.
func TestEveryFieldOfAnEpisodeIsAColumn(t *testing.T) {
	t.Parallel()
	renamed := map[string]string{"onset_ms": "onset", "at_ms": "at", "peak_at_ms": "peak_at", "closed_ms": "closed", "back_at_ms": "back_at"}
	// The picture of a message is in readings already.
	var names []string
	for _, m := range []proto.Message{&event.Episode{}, &event.Anatomy{}} {
		fields := m.ProtoReflect().Descriptor().Fields()
		for i := range fields.Len() {
			names = append(names, string(fields.Get(i).Name()))
		}
	}
	for _, name := range names {
		if name == "anatomy" || name == "history" {
			continue
		}
		if column, ok := renamed[name]; ok {
			name = column
		}
		if !slices.ContainsFunc(episodesTable().fields, func(f field) bool { return f.name == name }) {
			t.Errorf("field %s has no column", name)
		}
	}
}
