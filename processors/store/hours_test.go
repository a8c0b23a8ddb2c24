package store

import (
	"fmt"
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
	for {
		hour := thisHour()
		k.Processor.rollUp(t.Context(), state)
		diff := k.unlikeComputed(t)
		if diff != "" && !hour.Equal(thisHour()) {
			continue // the hour has struck in between, and computing knows of one more
		}
		if diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
		return
	}
}

func thisHour() time.Time { return time.Now().UTC().Truncate(time.Hour) }

// unlikeComputed says what the tables keep otherwise than it is computed.
func (k *kit) unlikeComputed(t testing.TB) (diffs string) {
	t.Helper()
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
			diffs += fmt.Sprintf("%s (-computed +kept):\n%s\n", pair.kept, diff)
		}
	}
	return diffs
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
	now := thisHour()
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
	hour := thisHour()
	state.hours.news.Hour = hour
	k.Processor.rollUp(t.Context(), state)
	if after := k.count(t, "ranks_hourly"); before == 0 || after != before && hour.Equal(thisHour()) {
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

// TestEpisodesThatCameTooSoonAreNotForgotten: migrations are made of what
// corroboration knows, and of the rest as soon as that knows it.
func TestEpisodesThatCameTooSoonAreNotForgotten(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.watch(t, "RedNote", "a2")
	surge := func(id string) {
		k.exec(t, "INSERT INTO episodes (id, kind, rule, source, target, subject, metric, basis, topic, entity, onset, at, state, sequence, _offset) "+
			"SELECT '"+id+"', 'surge', 'rank', 'appstore', 'chart/apple/us/top-free/overall', 'a2', 'rank', 'imported', 'refugees', 'rednote', '2025-01-12 00:00:00', '2025-01-12 00:00:00', 'open', 1, cityHash64('"+id+"')")
	}
	state := newRollupState()
	run := func(want uint64, when string) {
		t.Helper()
		k.runWhole(t.Context(), state, false)
		if got := one[uint64](t, k, "SELECT toUInt64(sum(episodes)) FROM v_migrations"); got != want {
			t.Errorf("%s: %d episodes, want %d", when, got, want)
		}
	}
	rested := func(table string, took time.Duration) {
		s := state.whole[table]
		s.took, s.ended = took, time.Now().Add(-time.Hour)
		state.whole[table] = s
	}
	surge("first")
	run(1, "the first")
	surge("second")
	rested(corroboration, 2*time.Hour)
	rested("migrations", 0)
	run(1, "corroboration is left alone")
	rested(corroboration, 0)
	rested("migrations", 0)
	run(2, "corroboration knows both")
}

// TestWhenATableIsMadeAnew: soon after episodes, unhurriedly after the rest, and
// never so often that it takes the machine's time.
func TestWhenATableIsMadeAnew(t *testing.T) {
	t.Parallel()
	now := time.Now()
	some, more := progress{Rows: 1, Last: now}, progress{Rows: 2, Last: now}
	quick, slow, passing := wholeTable{within: briskly}, wholeTable{within: unhasty}, wholeTable{within: eachRun, byTime: true}
	seldom := wholeTable{within: unhasty, byTime: true}
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for name, c := range map[string]struct {
		t        wholeTable
		s        wholeState
		episodes progress
		quiet    bool
		want     bool
	}{
		"no episodes yet":             {quick, wholeState{}, progress{}, true, false},
		"first ones":                  {quick, wholeState{}, some, false, true},
		"nothing new":                 {quick, wholeState{episodes: some, ended: ago(time.Hour)}, some, true, false},
		"new ones":                    {quick, wholeState{episodes: some, took: time.Second, ended: ago(rest * time.Second)}, more, false, true},
		"new ones, but too soon":      {quick, wholeState{episodes: some, took: time.Second, ended: ago(rest*time.Second - 1)}, more, true, false},
		"new ones, slow machine":      {quick, wholeState{episodes: some, took: 20 * time.Second, ended: ago(briskly)}, more, false, true},
		"new ones, very slow machine": {quick, wholeState{episodes: some, took: time.Minute, ended: ago(time.Minute - 1)}, more, true, false},
		"new ones, heavy and unhasty": {slow, wholeState{episodes: some, took: 20 * time.Second, ended: ago(200*time.Second - 1)}, more, true, false},
		"looks all the time":          {quick, wholeState{episodes: some, due: true, took: time.Second, ended: ago(briskly - 1)}, some, false, false},
		"looks for half a minute":     {quick, wholeState{episodes: some, due: true, took: time.Second, ended: ago(briskly)}, some, false, true},
		"looks all the time, unhasty": {slow, wholeState{episodes: some, due: true, took: 10 * time.Second, ended: ago(unhasty - 1)}, some, false, false},
		"looks for ten minutes":       {slow, wholeState{episodes: some, due: true, took: 10 * time.Second, ended: ago(unhasty)}, some, false, true},
		"looks, but it costs nothing": {slow, wholeState{episodes: some, due: true, took: time.Second, ended: ago(share * time.Second)}, some, false, true},
		"looks, but too soon":         {slow, wholeState{episodes: some, due: true, took: time.Second, ended: ago(share*time.Second - 1)}, some, false, false},
		"the last looks":              {slow, wholeState{episodes: some, due: true, took: time.Second, ended: ago(rest * time.Second)}, some, true, true},
		"as time goes by":             {passing, wholeState{took: time.Second, ended: ago(rest * time.Second)}, progress{}, false, true},
		"as time goes by, too soon":   {passing, wholeState{took: time.Second, ended: ago(rest*time.Second - 1)}, progress{}, true, false},
		"seldom":                      {seldom, wholeState{took: time.Second, ended: ago(unhasty - 1)}, progress{}, true, false},
		"at last":                     {seldom, wholeState{took: time.Second, ended: ago(unhasty)}, progress{}, false, true},
		"seldom, the last looks":      {seldom, wholeState{due: true, took: time.Second, ended: ago(rest * time.Second)}, progress{}, true, true},
		"seldom, looks come":          {seldom, wholeState{due: true, took: time.Second, ended: ago(share*time.Second - 1)}, progress{}, false, false},
		"seldom, but it costs little": {seldom, wholeState{due: true, took: time.Second, ended: ago(share * time.Second)}, progress{}, false, true},
	} {
		if got := c.s.wanted(&c.t, c.episodes, c.quiet, now); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
