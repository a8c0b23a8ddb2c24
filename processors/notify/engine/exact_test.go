package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify/engine"
)

const everything = `
notify:
  group_wait: 90s
  receivers:
    - name: phone
      urls: ["ntfy://ntfy.sh/t"]
      basis: [measured, imported]
      zone: America/New_York
      quiet: {hours: [{from: "22:00", to: "07:00"}], pass_critical: true}
      digest: {every: daily, at: "08:00"}
      budget: {per_day: 6, exempt_critical: true}
    - name: desk
      urls: ["ntfy://ntfy.sh/t"]
      basis: [measured, imported]
      levels: [info, warning, critical]
      zone: Asia/Shanghai
      quiet: {hours: [{days: [sat, sun], from: "00:00", to: "00:00"}]}
      digest: {every: weekly, day: mon, at: "09:00"}
    - name: ops
      urls: ["ntfy://ntfy.sh/t"]
      basis: [measured, imported]
      kinds: [health]
`

const partitions = 3

// lives makes the states of n episodes over three weeks, each with an end at
// most, by partition in the order of their times.
func lives(r *rand.Rand, n int, basis event.Basis) [partitions][]*event.Episode {
	var by [partitions][]*event.Episode
	begin := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC) // the clocks change on the 9th in New York
	topics := []string{"", "tiktok-refugees", "deepseek"}
	sources := []string{"appstore", "wikipedia", "mastodon", "hackernews"}
	for i := range n {
		p := r.IntN(partitions)
		at := begin.Add(time.Duration(r.IntN(21*24*60)) * time.Minute)
		ep := &event.Episode{
			Id: fmt.Sprintf("e%d", i), Rule: "rule", Source: sources[r.IntN(len(sources))], Subject: "s", Metric: "rank",
			Target: event.TagTarget("place", fmt.Sprint("tag", r.IntN(3))), Topic: topics[r.IntN(len(topics))],
			Kind: []string{"surge", "surge", "health"}[r.IntN(3)], Basis: basis, OnsetMs: at.UnixMilli(),
		}
		for k := range 1 + r.IntN(5) {
			s := bareCopy(ep)
			s.Sequence, s.AtMs, s.Severity = uint32(k+1), at.UnixMilli(), r.Float64()
			s.State = event.EpisodeState_EPISODE_STATE_UPDATED
			if k == 0 {
				s.State = event.EpisodeState_EPISODE_STATE_OPEN
			}
			by[p] = append(by[p], s)
			at = at.Add(time.Duration(r.IntN(600)) * time.Minute)
		}
		if r.IntN(4) > 0 {
			s := bareCopy(ep)
			s.Sequence, s.AtMs, s.ClosedMs = 9, at.UnixMilli(), at.UnixMilli()
			s.State = event.EpisodeState_EPISODE_STATE_CLOSED
			by[p] = append(by[p], s)
		}
	}
	for p := range by {
		slices.SortStableFunc(by[p], func(a, b *event.Episode) int { return int(a.GetAtMs() - b.GetAtMs()) })
	}
	return by
}

func bareCopy(e *event.Episode) *event.Episode {
	return &event.Episode{
		Id: e.GetId(), Rule: e.GetRule(), Source: e.GetSource(), Subject: e.GetSubject(), Metric: e.GetMetric(),
		Target: e.GetTarget(), Topic: e.GetTopic(), Kind: e.GetKind(), Basis: e.GetBasis(), OnsetMs: e.GetOnsetMs(),
	}
}

// run applies the records; with trouble, spans of them come again, as after the
// restart of who publishes them, and the engine is saved and loaded at random
// moments.
func run(t *testing.T, cfg engine.Config, records []engine.Record, trouble *rand.Rand) []string {
	t.Helper()
	e := newEngine(t, cfg)
	var got []string
	for i, rec := range records {
		apply := []engine.Record{rec}
		if trouble != nil && trouble.IntN(4) == 0 {
			apply = append(apply, records[max(0, i-trouble.IntN(8)):i+1]...)
		}
		for _, a := range apply {
			for _, m := range e.Apply(a) {
				got = append(got, m.ID+" "+show(m))
			}
		}
		if trouble != nil && trouble.IntN(25) == 0 {
			e = reload(t, e, cfg)
		}
	}
	return got
}

func TestRestartsAndDuplicatesChangeNothing(t *testing.T) {
	t.Parallel()
	cfg := engineConfig(t, everything)
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 1))
		by := lives(r, 60, event.Basis_BASIS_MEASURED)
		records := interleave(r, by, 0)
		want := run(t, cfg, records, nil)
		if len(want) < 20 {
			t.Fatalf("seed %d: only %d messages", seed, len(want))
		}
		if diff := cmp.Diff(want, run(t, cfg, records, r)); diff != "" {
			t.Fatalf("seed %d (-undisturbed +disturbed):\n%s", seed, diff)
		}
		unique(t, want)
	}
}

// However many workers send a past, and in whatever steps they come on, the
// messages are the same, in the same order.
func TestAPastIsTheSameInAnyInterleaving(t *testing.T) {
	t.Parallel()
	cfg := engineConfig(t, everything)
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 2))
		by := lives(r, 60, event.Basis_BASIS_IMPORTED)
		want := run(t, cfg, interleave(r, by, time.Minute), nil)
		if len(want) < 20 {
			t.Fatalf("seed %d: only %d messages", seed, len(want))
		}
		for _, step := range []time.Duration{time.Minute, time.Hour, 50 * time.Hour, 1000 * time.Hour} {
			if diff := cmp.Diff(want, run(t, cfg, interleave(r, by, step), r)); diff != "" {
				t.Fatalf("seed %d, steps of %s (-want +got):\n%s", seed, step, diff)
			}
		}
		unique(t, want)
	}
}

func unique(t *testing.T, messages []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range messages {
		id, _, _ := strings.Cut(m, " ")
		if seen[id] {
			t.Errorf("id %s comes twice", id)
		}
		seen[id] = true
	}
}

// interleave mixes the partitions at random. Of a past (step > 0) each
// partition tells, on average every step, how far it is.
func interleave(r *rand.Rand, by [partitions][]*event.Episode, step time.Duration) []engine.Record {
	end := time.Date(2025, 4, 15, 0, 0, 0, 0, time.UTC).UnixMilli()
	var out []engine.Record
	tick := func(p int, past int64) {
		out = append(out, engine.Record{Tick: &event.Tick{AtMs: 1_763_000_000_000, PastMs: past, Partition: uint32(p), Partitions: partitions}})
	}
	if step == 0 {
		all := slices.Concat(by[0], by[1], by[2])
		slices.SortStableFunc(all, func(a, b *event.Episode) int { return int(a.GetAtMs() - b.GetAtMs()) })
		for _, ep := range all {
			out = append(out, engine.Record{Episode: ep}, engine.Record{Tick: &event.Tick{AtMs: ep.GetAtMs() + r.Int64N(300_000)}})
		}
		return append(out, engine.Record{Tick: &event.Tick{AtMs: end}})
	}
	var next [partitions]int
	var told [partitions]int64
	for next[0]+next[1]+next[2] < len(by[0])+len(by[1])+len(by[2]) {
		p := r.IntN(partitions)
		if next[p] == len(by[p]) {
			continue
		}
		ep := by[p][next[p]]
		if ep.GetAtMs()-told[p] > step.Milliseconds() {
			told[p] = ep.GetAtMs()
			tick(p, told[p])
		}
		out = append(out, engine.Record{Episode: ep})
		next[p]++
	}
	for _, p := range r.Perm(partitions) {
		tick(p, end)
	}
	return out
}

// A receiver is walked through four changes of the clocks, in steps of a few
// minutes and with restarts: it is never told in its quiet hours, by its own
// clock, and of each episode exactly once.
func TestQuietHoursFollowTheClocks(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"America/New_York", "Europe/Berlin"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, day := range []string{"2025-03-08", "2025-03-29", "2025-10-25", "2025-11-01"} {
			for _, hours := range [][2]string{{"22:00", "07:00"}, {"01:30", "02:30"}, {"02:30", "03:00"}} {
				t.Run(strings.Join([]string{zone, day, hours[0]}, " "), func(t *testing.T) {
					t.Parallel()
					from, err := time.ParseInLocation(time.DateOnly, day, loc)
					if err != nil {
						t.Fatal(err)
					}
					walk(t, from, hours)
				})
			}
		}
	}
}

func walk(t *testing.T, from time.Time, hours [2]string) {
	t.Helper()
	cfg := engineConfig(t, fmt.Sprintf(`
notify:
  group_wait: 0s
  receivers:
    - name: phone
      urls: ["ntfy://ntfy.sh/t"]
      zone: %s
      quiet: {hours: [{from: "%s", to: "%s"}]}
      digest: {every: daily, at: "02:30"}
`, from.Location(), hours[0], hours[1]))
	e := newEngine(t, cfg)
	told, catchUps, digests := map[string]int{}, map[string]int{}, map[string]int{}
	n := 0
	for at := from; at.Before(from.AddDate(0, 0, 3)); at = at.Add(7 * time.Minute) {
		n++
		ep := &event.Episode{
			Id: fmt.Sprint("e", n), Rule: "r", Source: "s", Target: event.TagTarget("p", "t"), Subject: "s", Metric: "m", Severity: 0.6,
			State: event.EpisodeState_EPISODE_STATE_OPEN, Sequence: 1, OnsetMs: at.UnixMilli(), AtMs: at.UnixMilli(), Basis: event.Basis_BASIS_MEASURED,
		}
		for _, rec := range []engine.Record{{Tick: &event.Tick{AtMs: at.UnixMilli()}}, {Episode: ep}} {
			for _, m := range e.Apply(rec) {
				local := m.At.In(from.Location())
				for _, it := range m.Items {
					told[it.Episode.GetId()]++
				}
				switch m.Kind {
				case "digest":
					digests[local.Format(time.DateOnly)]++
				case "catch-up":
					catchUps[local.Format(time.DateOnly)]++
				case "opened":
					if clock := local.Format("15:04"); quietAt(clock, hours) {
						t.Errorf("told at %s, which is quiet", local)
					}
				}
			}
		}
		if n%50 == 0 {
			e = reload(t, e, cfg)
		}
	}
	e.Apply(engine.Record{Tick: &event.Tick{AtMs: from.AddDate(0, 0, 4).UnixMilli()}})
	for i := 1; i <= n-100; i++ {
		if id := fmt.Sprint("e", i); told[id] != 1 {
			t.Errorf("%s was told %d times", id, told[id])
		}
	}
	for day, n := range catchUps {
		if n != 1 {
			t.Errorf("%d catch-ups on %s, want one", n, day)
		}
	}
	for d := range 3 {
		if day := from.AddDate(0, 0, d).Format(time.DateOnly); digests[day] != 1 {
			t.Errorf("%d digests on %s, want one", digests[day], day)
		}
	}
}

func quietAt(clock string, hours [2]string) bool {
	if hours[0] < hours[1] {
		return clock >= hours[0] && clock < hours[1]
	}
	return clock >= hours[0] || clock < hours[1]
}
