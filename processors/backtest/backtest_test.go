package backtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

// TestTheStoryOfJanuary: what the judge says of the case becomes one migration
// from TikTok to RedNote and back, and DeepSeek is another.
func TestTheStoryOfJanuary(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	if err := k.db.SyncWatch(t.Context(), k.cfg.Watch); err != nil {
		t.Fatal(err)
	}
	var all []event.Validator
	for _, e := range k.states(k.january()) {
		all = append(all, e)
	}
	k.put(event.TopicEpisodes, all)
	if err := k.store.Rollup(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := clickhouse.Select[struct {
		Topic   string     `ch:"topic"`
		Leading string     `ch:"leading"`
		Best    float64    `ch:"best"`
		Gone    *time.Time `ch:"origin_delisted"`
		Back    *time.Time `ch:"origin_returned"`
		Stayed  *float64   `ch:"stayed"`
		Sources uint32     `ch:"sources"`
		Says    string     `ch:"explanation"`
	}](t.Context(), k.db, `
SELECT toString(topic) AS topic, leading, ifNull(destinations[1].best_rank, 0) AS best, origin_delisted, origin_returned, stayed, sources, explanation
FROM v_migrations WHERE basis = 'modelled' ORDER BY from`)
	if err != nil {
		t.Fatal(err)
	}
	var topics []string
	for _, r := range rows {
		topics = append(topics, r.Topic)
		t.Log(r.Says)
		switch r.Topic {
		case "tiktok-refugees":
			if r.Leading != "rednote" || r.Best != 1 || r.Gone == nil || r.Back == nil || r.Stayed == nil || r.Sources != 3 {
				t.Errorf("migration is %+v", r)
				continue
			}
			if gone, back := r.Gone.UTC().Format(time.DateTime), r.Back.UTC().Format(time.DateTime); gone != "2025-01-19 04:00:00" || back != "2025-02-14 00:00:00" || *r.Stayed < 0 || *r.Stayed > 1 {
				t.Errorf("TikTok was gone from %s to %s, and %v of RedNote's rise stayed", gone, back, *r.Stayed)
			}
		case "deepseek":
			if r.Leading != "deepseek" || r.Best != 1 || r.Gone != nil {
				t.Errorf("migration is %+v", r)
			}
		}
	}
	if diff := cmp.Diff([]string{"tiktok-refugees", "deepseek"}, topics); diff != "" {
		t.Errorf("migrations (-want +got):\n%s", diff)
	}
}

func told(o *Outcome) []string {
	var out []string
	for _, f := range o.Findings {
		if !f.Before {
			out = append(out, line(f.Rule, f.Target, f.Subject, f.Metric, f.Opened, "open"))
		}
		if f.Closed != nil {
			out = append(out, line(f.Rule, f.Target, f.Subject, f.Metric, *f.Closed, "closed"))
		}
	}
	slices.Sort(out)
	return out
}

// TestThePastIsJudgedAsItWasLive: what is read back from the database gives the
// very same episodes as the looks gave when they came; nothing is written.
func TestThePastIsJudgedAsItWasLive(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	looks := k.january()
	from, to := date(1, 14), date(2, 20)
	const rows = "SELECT toUInt64(sum(total_rows)) FROM system.tables WHERE database = currentDatabase()"
	before, err := clickhouse.SelectOne[uint64](t.Context(), k.db, rows)
	if err != nil {
		t.Fatal(err)
	}
	q := &Query{Receiver: DefaultReceiver(), GroupWait: k.cfg.Notify.GroupWait.D(), From: from, To: to, WarmUp: 60 * 24 * time.Hour, Basis: "modelled", A: k.rules("all", k.cfg.Process.Detect.Sensitivity)}
	var seen, total int
	q.Progress = func(done, all int) { seen, total = done, all }
	r := k.run(q)
	want := k.direct(looks, from, to)
	if diff := cmp.Diff(want, told(&r.A)); diff != "" || len(want) < 10 {
		t.Errorf("the past differs from what was live (-live +past), of %d states:\n%s", len(want), diff)
	}
	if seen != total || total != r.Looks || r.Targets != 7 {
		t.Errorf("progress ended at %d of %d; report has %d looks at %d targets", seen, total, r.Looks, r.Targets)
	}
	if after, err := clickhouse.SelectOne[uint64](t.Context(), k.db, rows); err != nil || after != before {
		t.Errorf("%d rows were written (%v)", after-before, err)
	}
	k.counts(r)
	k.leads(r)
	k.budgets(q, r)
	k.compares(q, r)
}

// budgets: the receiver's own budget holds for what is counted.
func (k *kit) budgets(q *Query, r *Report) {
	k.t.Helper()
	own := *q
	own.B, own.Receiver = nil, config.Receiver{Name: "frugal", Levels: []string{"info", "warning", "critical"}}
	own.Receiver.Budget.PerDay = 1
	frugal := k.run(&own)
	days := map[string]int{}
	for _, m := range frugal.A.Messages {
		days[m.At.Format(time.DateOnly)]++
	}
	for day, n := range days {
		if n > 1 {
			k.t.Errorf("%d messages on %s, with a budget of one a day", n, day)
		}
	}
	if len(days) == 0 || frugal.Receiver != "frugal" || frugal.A.States != r.A.States {
		k.t.Errorf("to %s: messages on %v, of %d states (%d)", frugal.Receiver, days, frugal.A.States, r.A.States)
	}
}

// counts: weeks, messages and pairs belong together.
func (k *kit) counts(r *Report) {
	k.t.Helper()
	states, opened, closed, weekly := 0, 0, 0, 0
	for _, f := range r.A.Findings {
		states += f.States
		if !f.Before {
			opened++
		}
		if f.Closed != nil {
			closed++
		}
	}
	for _, w := range r.A.Weeks {
		weekly += w.Messages
	}
	messages := len(r.A.Messages)
	if r.A.States != states || messages == 0 || messages >= states {
		k.t.Errorf("%d states (want %d) make %d messages", r.A.States, states, messages)
	}
	if r.A.Opened != opened || r.A.Closed != closed || weekly != messages || len(r.A.Weeks) != 6 {
		k.t.Errorf("%d opened, %d closed, %d messages, %d by week in %d weeks; want %d, %d, %d", r.A.Opened, r.A.Closed, messages, weekly, len(r.A.Weeks), opened, closed, messages)
	}
	if want := float64(messages) / (37.0 / 7); r.A.PerWeek != want {
		k.t.Errorf("%v messages a week, want %v", r.A.PerWeek, want)
	}
}

// leads: TikTok's delisting is an event, and a finding is near it.
func (k *kit) leads(r *Report) {
	k.t.Helper()
	found := 0
	for _, l := range r.Leads {
		if l.First == nil {
			continue
		}
		found++
		within := !l.First.Before(l.From) && !l.First.After(l.To)
		if within != (l.LeadHours == 0) || l.First.Before(l.From) != (l.LeadHours > 0) || l.First.Before(l.From.Add(-Near)) || l.First.After(l.To.Add(Near)) {
			k.t.Errorf("lead is %+v", l)
		}
	}
	if len(r.Leads) < 5 || found < 2 {
		k.t.Errorf("%d events, %d of them with a finding", len(r.Leads), found)
	}
}

// compares: a rule beside itself has no difference, and beside none all.
func (k *kit) compares(q *Query, first *Report) {
	k.t.Helper()
	same, low := q.A, k.rules("low", "low")
	q.B = &same
	if r := k.run(q); len(r.OnlyA)+len(r.OnlyB) != 0 || len(r.Both) != len(first.A.Findings) || len(r.A.Messages) != len(r.B.Messages) {
		k.t.Errorf("a rule beside itself: %d both, %d and %d alone", len(r.Both), len(r.OnlyA), len(r.OnlyB))
	}
	q.B, q.Topic, q.A = &low, "deepseek", k.rules("high", "high", config.RuleRank)
	r := k.run(q)
	if len(r.Both)+len(r.OnlyA) != len(r.A.Findings) || len(r.Both)+len(r.OnlyB) != len(r.B.Findings) || len(r.A.Findings) == 0 {
		k.t.Errorf("of %d and %d findings %d are both, %d and %d alone", len(r.A.Findings), len(r.B.Findings), len(r.Both), len(r.OnlyA), len(r.OnlyB))
	}
	if len(r.Leads) != 0 {
		k.t.Errorf("events of other topics: %+v", r.Leads)
	}
	for _, f := range r.A.Findings {
		if f.Topic != "deepseek" || f.Rule != config.RuleRank {
			k.t.Errorf("finding %+v is of another topic or rule", f)
		}
	}
	q.Basis = "measured"
	_, err := Run(k.t.Context(), k.db, &k.cfg.Watch, q)
	none, is := errors.AsType[*NoHistory](err)
	const text = "judge the past: there are no measured looks from 2025-01-14 to 2025-02-19; there are modelled from 2024-12-16 to 2025-02-27 (see --from, --to and --basis)"
	if !is || none.Error() != text {
		k.t.Errorf("without history: %v, want %s", err, text)
	}
	ctx, cancel := context.WithCancel(k.t.Context())
	q.Basis, q.Progress = "modelled", func(int, int) { cancel() }
	if _, err := Run(ctx, k.db, &k.cfg.Watch, q); !errors.Is(err, context.Canceled) {
		k.t.Errorf("interrupted: %v", err)
	}
}

// TestStoredLooksAreMadeAnew: each once, in the order of slots, with what the
// newest parser read, and failed ones without numbers.
func TestStoredLooksAreMadeAnew(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	slot := func(i int) int64 { return date(1, 10).Add(time.Duration(i) * time.Hour).UnixMilli() }
	look := func(i int, parser uint32, values ...float64) *event.Snapshot {
		s := &event.Snapshot{
			Source: "mastodon", Target: event.TagTarget("example.org", "x"), SlotMs: slot(i), SeenAtMs: slot(i) + 1500, Basis: event.Basis_BASIS_MEASURED,
			Outcome: event.Outcome_OUTCOME_OK, EveryS: 3600, ParserVersion: parser, Via: "v1", Reparsed: parser > 1,
		}
		for n, v := range values {
			s.Readings = append(s.Readings, &event.Reading{Subject: fmt.Sprint("x", n), Metric: "uses_today", Value: v})
		}
		return s
	}
	dated := look(3, 1, 7)
	dated.Readings[0].AtMs = slot(-24)
	failed := look(1, 1)
	failed.Outcome, failed.Reason = event.Outcome_OUTCOME_FAILED, "HTTP 503"
	empty := look(4, 1)
	empty.Outcome = event.Outcome_OUTCOME_EMPTY
	k.put(event.TopicSnapshots, []event.Validator{look(2, 1, 3, 4), look(0, 1, 1, 2), failed, look(2, 1, 3, 4), dated, empty, look(0, 2, 5), look(9, 1, 8)})

	q := &Query{Receiver: DefaultReceiver(), GroupWait: k.cfg.Notify.GroupWait.D(), From: date(1, 10), To: date(1, 10).Add(8 * time.Hour), Basis: "measured"}
	all, err := targets(t.Context(), k.db, q)
	if err != nil || len(all) != 1 || all[0].Looks != 5 {
		t.Fatalf("targets are %v (%v)", all, err)
	}
	var got []string
	err = stream(t.Context(), k.db, q, &all[0], event.TagTarget("example.org", "x"), func(s *event.Snapshot) {
		if err := s.Validate(); err != nil {
			t.Errorf("%v: %v", s, err)
		}
		var readings []string
		for _, r := range s.GetReadings() {
			readings = append(readings, fmt.Sprintf("%s %s %v %d", r.GetSubject(), r.GetMetric(), r.GetValue(), r.GetAtMs()))
		}
		got = append(got, fmt.Sprintf("%d %s %s v%d every %d via %s: %s", (s.GetSlotMs()-slot(0))/3_600_000, s.GetOutcome().Word(), s.GetReason(), s.GetParserVersion(), s.GetEveryS(), s.GetVia(),
			strings.Join(readings, ", ")))
	})
	want := []string{
		"0 ok  v2 every 3600 via v1: x0 uses_today 5 0",
		"1 failed HTTP 503 v1 every 3600 via v1: ",
		"2 ok  v1 every 3600 via v1: x0 uses_today 3 0, x1 uses_today 4 0",
		fmt.Sprintf("3 ok  v1 every 3600 via v1: x0 uses_today 7 %d", slot(-24)),
		"4 empty  v1 every 3600 via v1: ",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestNothingIsStoredYet(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, err := Run(t.Context(), k.db, &k.cfg.Watch, &Query{From: date(1, 1), To: date(1, 2), Basis: "measured", A: k.rules("all", "medium")})
	if err == nil || err.Error() != "judge the past: there are no measured looks from 2025-01-01 to 2025-01-01; nothing is stored yet" {
		t.Error(err)
	}
}
