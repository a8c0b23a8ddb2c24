package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

// watch writes a watchlist of one entity with an app of Apple's, and a topic.
func (k *kit) watch(t testing.TB, name, app string) {
	t.Helper()
	err := k.ch.SyncWatch(t.Context(), config.Watch{
		Entities: []config.Entity{{ID: "rednote", Name: name, Apps: map[string]string{"apple": app}}},
		Topics:   []config.Topic{{ID: "refugees", Name: "Refugees", Destinations: []string{"rednote"}, Tags: []string{"rednote"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sameAsComputed runs the rollups with what a process remembers, and compares
// what is kept with what would be computed of everything there is.
func (k *kit) sameAsComputed(t testing.TB, state *rollupState, what string) {
	t.Helper()
	k.Processor.rollUp(t.Context(), state)
	const all = "(since = '1970-01-02 00:00:00', until = '2100-01-01 00:00:00')"
	for _, pair := range []struct{ columns, kept, computed string }{
		{hourTables()[0].columns, "v_ranks_hourly", "ranks_hourly_between" + all},
		{hourTables()[1].columns, "v_counts_hourly", "counts_hourly_between" + all},
		{hourTables()[2].columns, "v_attention", "attention_between" + all},
		{"source, target, basis, from, to, cause, reason, looks_missed", "kept_gaps_between" + all + " WHERE open = 0", "gaps_between" + all + " WHERE open = 0"},
	} {
		rows := func(from string) []string {
			return k.texts(t, "SELECT toString(tuple("+pair.columns+")) AS row FROM "+from+" ORDER BY row")
		}
		if diff := cmp.Diff(rows(pair.computed), rows(pair.kept)); diff != "" {
			t.Errorf("%s: %s (-computed +kept):\n%s", what, pair.kept, diff)
		}
	}
}

func (k *kit) texts(t testing.TB, sql string) []string {
	t.Helper()
	rows, err := clickhouse.Select[struct {
		Row string `ch:"row"`
	}](t.Context(), k.ch, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Row
	}
	return out
}

func (k *kit) exec(t testing.TB, sql string) {
	t.Helper()
	if err := k.ch.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func backfilled(s *event.Snapshot) *event.Snapshot {
	s.Basis = event.Basis_BASIS_BACKFILL
	return s
}

// TestKeptHoursAreWhatWouldBeComputed: after whatever comes, in whatever order,
// the tables by hour say what a computation over everything says.
func TestKeptHoursAreWhatWouldBeComputed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.watch(t, "RedNote", "a2")
	h := k.assign(t, -1)
	state := newRollupState()
	handle(t, h, batch(t, 0,
		backfilled(chart(day, 3)), backfilled(failed(chart(day.Add(30*time.Minute), 3), "HTTP 503")), backfilled(chart(day.Add(5*time.Hour), 1)),
		backfilled(tagLook(day, 5)), backfilled(tagLook(day.Add(3*time.Hour), 20))))
	k.sameAsComputed(t, state, "first run")
	handle(t, h, batch(t, 5, backfilled(chart(day.Add(2*time.Hour), 2)), backfilled(tagLook(day.Add(2*time.Hour), 12))))
	k.sameAsComputed(t, state, "late looks in a gap")
	handle(t, h, batch(t, 7, backfilled(failed(chart(day.Add(3*time.Hour), 3), "HTTP 500"))))
	k.sameAsComputed(t, state, "a late look that failed")

	k.watch(t, "RedNote", "a1")
	k.sameAsComputed(t, state, "another app")
	if got := k.texts(t, "SELECT DISTINCT toString(app) AS row FROM v_ranks_hourly"); !cmp.Equal(got, []string{"a1"}) {
		t.Errorf("apps are %v, want the new one with its past", got)
	}
	k.watch(t, "Xiaohongshu", "a1")
	k.sameAsComputed(t, state, "another name")

	// Readings that a newer parser does not find.
	again := tagLook(day.Add(3*time.Hour), 0)
	again.Readings, again.Outcome, again.ParserVersion, again.Reparsed = nil, event.Outcome_OUTCOME_EMPTY, 2, true
	handle(t, h, batch(t, 8, backfilled(again)))
	k.sameAsComputed(t, state, "reparsed")

	// Gone from the store, as a look says that comes after all the others.
	gone := &event.Snapshot{
		Source: "appstore_lookup", Target: event.ListingTarget("apple", "us"), SlotMs: day.Add(time.Hour).UnixMilli(), SeenAtMs: day.Add(time.Hour).UnixMilli(),
		Outcome: event.Outcome_OUTCOME_OK, Basis: event.Basis_BASIS_BACKFILL, EveryS: 43200,
		Readings: []*event.Reading{{Subject: "a1", Metric: event.MetricListed, Value: 0}},
	}
	without := backfilled(chart(day.Add(7*time.Hour), 3))
	without.Readings = without.Readings[1:]
	handle(t, h, batch(t, 9, gone, without))
	k.sameAsComputed(t, state, "delisted")
	if got := one[uint64](t, k, "SELECT count() FROM v_ranks_hourly WHERE state = 'delisted'"); got == 0 {
		t.Error("no hour is delisted")
	}
}

// TestKilledWhileHoursAreFilled: a run that ended anywhere is made up for, and
// what it wrote stands in no one's way.
func TestKilledWhileHoursAreFilled(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.watch(t, "RedNote", "a2")
	h := k.assign(t, -1)
	handle(t, h, batch(t, 0, backfilled(chart(day, 3)), backfilled(tagLook(day, 5)), backfilled(chart(day.Add(3*time.Hour), 3))))
	k.sameAsComputed(t, newRollupState(), "first run")
	for _, sql := range []string{
		"TRUNCATE TABLE rollup_runs", // before its progress was written
		"TRUNCATE TABLE attention",   // before the last tables
		"INSERT INTO ranks_hourly SELECT * REPLACE('stale' AS app, version - 1 AS version) FROM ranks_hourly", // a slower one, of another watchlist
	} {
		k.exec(t, sql)
	}
	k.sameAsComputed(t, newRollupState(), "the next process")
	k.exec(t, "TRUNCATE TABLE rollup_runs")
	k.exec(t, "INSERT INTO ranks_hourly SELECT * REPLACE(version + 3600000 AS version, 'unranked' AS state) FROM ranks_hourly FINAL") // the clock was put back
	k.sameAsComputed(t, newRollupState(), "a clock that was put back")
}

// TestHoursThatPassWithoutALook: of a measured chart somebody should have
// looked, and nobody did.
func TestHoursThatPassWithoutALook(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.watch(t, "RedNote", "a2")
	now := time.Now().UTC().Truncate(time.Hour)
	handle(t, k.assign(t, -1), batch(t, 0, chart(now.Add(-6*time.Hour), 3)))
	k.sameAsComputed(t, newRollupState(), "first run")
	want := []string{"ranked 2 1", "not_fetched NULL 0", "not_fetched NULL 0", "not_fetched NULL 0", "not_fetched NULL 0", "not_fetched NULL 0"}
	got := k.texts(t, "SELECT concat(state, ' ', ifNull(toString(rank), 'NULL'), ' ', toString(looks)) AS row FROM v_ranks_hourly WHERE hour < toStartOfHour(now()) ORDER BY hour")
	if len(got) > len(want) {
		got = got[:len(want)] // the hour may have struck
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAnIdleSystemWritesNoHours: what was computed is not computed again for
// nothing.
func TestAnIdleSystemWritesNoHours(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.watch(t, "RedNote", "a2")
	handle(t, k.assign(t, -1), batch(t, 0, backfilled(chart(day, 3))))
	for _, table := range []string{"ranks_hourly", "looks_hourly"} {
		k.exec(t, "SYSTEM STOP MERGES "+table)
	}
	state := newRollupState()
	k.Processor.rollUp(t.Context(), state)
	before := k.count(t, "ranks_hourly")
	state.hours.news.Hour = time.Now().UTC().Truncate(time.Hour)
	k.Processor.rollUp(t.Context(), state)
	if after := k.count(t, "ranks_hourly"); before == 0 || after != before {
		t.Errorf("%d rows were %d", after, before)
	}
}

func TestSpansOfHours(t *testing.T) {
	t.Parallel()
	if got := spans(nil); got != nil {
		t.Errorf("no hours are %v", got)
	}
	month := 31 * 24 * hourS
	want := [][]int64{{0, hourS, month - hourS}, {month, month + hourS}, {3 * month}}
	if diff := cmp.Diff(want, spans([]int64{0, hourS, month - hourS, month, month + hourS, 3 * month})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWhenATableIsMadeAnew: soon after episodes, unhurriedly after the rest, and
// never so often that it takes the machine's time.
func TestWhenATableIsMadeAnew(t *testing.T) {
	t.Parallel()
	now := time.Now()
	some, more := progress{Rows: 1, Last: now}, progress{Rows: 2, Last: now}
	for name, c := range map[string]struct {
		s        wholeState
		episodes progress
		quiet    bool
		want     bool
	}{
		"no episodes yet":        {wholeState{}, progress{}, true, false},
		"first ones":             {wholeState{}, some, false, true},
		"nothing new":            {wholeState{episodes: some, ended: now.Add(-time.Hour)}, some, true, false},
		"new ones":               {wholeState{episodes: some, took: time.Second, ended: now.Add(-rest * time.Second)}, more, false, true},
		"new ones, but too soon": {wholeState{episodes: some, took: time.Second, ended: now.Add(-rest*time.Second + 1)}, more, true, false},
		"looks all the time":     {wholeState{episodes: some, due: true, ended: now.Add(-unhasty + 1)}, some, false, false},
		"looks for ten minutes":  {wholeState{episodes: some, due: true, ended: now.Add(-unhasty)}, some, false, true},
		"the last looks":         {wholeState{episodes: some, due: true, ended: now.Add(-time.Minute)}, some, true, true},
	} {
		if got := c.s.wanted(c.episodes, c.quiet, now); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
