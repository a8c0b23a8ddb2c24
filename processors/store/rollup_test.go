package store

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
)

// bucketRow is a row of a rollup, without its version.
type bucketRow struct {
	Bucket time.Time `ch:"bucket"`
	First  float64   `ch:"first"`
	Last   float64   `ch:"last"`
	Min    float64   `ch:"min"`
	Max    float64   `ch:"max"`
	Avg    float64   `ch:"avg"`
	Count  uint32    `ch:"count"`
}

func (k *kit) buckets(t testing.TB, table string) []bucketRow {
	t.Helper()
	rows, err := clickhouse.Select[bucketRow](t.Context(), k.ch,
		"SELECT bucket, first, last, min, max, avg, count FROM "+table+" FINAL ORDER BY metric, target, subject, source, basis, bucket")
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// rollUp is a run of a process that has just begun, without the tables that are
// made of the rollups.
func (k *kit) rollUp(t testing.TB) {
	t.Helper()
	if err := k.rollUpBuckets(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (k *kit) rollUpBuckets(ctx context.Context) error {
	for _, r := range rollups() {
		if _, err := k.runRollup(ctx, r, progress{}); err != nil {
			return err
		}
	}
	return nil
}

// count5 is a look at a tag: one number.
func tagLook(at time.Time, value float64) *event.Snapshot {
	return &event.Snapshot{
		Source: "mastodon", Target: event.TagTarget("mastodon.social", "rednote"), SlotMs: at.UnixMilli(), SeenAtMs: at.UnixMilli() + 900,
		Outcome: event.Outcome_OUTCOME_OK, Basis: event.Basis_BASIS_MEASURED, EveryS: 600,
		Readings: []*event.Reading{{Subject: "rednote", Metric: "uses_today", Value: value}},
	}
}

func TestRollupsAreRight(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := k.assign(t, -1)
	handle(t, h, batch(t, 0,
		tagLook(day.Add(10*time.Minute), 5), tagLook(day.Add(20*time.Minute), 2), tagLook(day.Add(30*time.Minute), 11),
		tagLook(day.Add(60*time.Minute), 7), tagLook(day.Add(24*time.Hour), 1)))
	k.rollUp(t)
	hourly := []bucketRow{
		{day, 5, 11, 2, 11, 6, 3}, {day.Add(time.Hour), 7, 7, 7, 7, 7, 1}, {day.Add(24 * time.Hour), 1, 1, 1, 1, 1, 1},
	}
	daily := []bucketRow{{day, 5, 7, 2, 11, 6.25, 4}, {day.Add(24 * time.Hour), 1, 1, 1, 1, 1, 1}}
	check := func(what string) {
		t.Helper()
		if diff := cmp.Diff(hourly, k.buckets(t, "readings_hourly")); diff != "" {
			t.Errorf("%s: hourly (-want +got):\n%s", what, diff)
		}
		if diff := cmp.Diff(daily, k.buckets(t, "readings_daily")); diff != "" {
			t.Errorf("%s: daily (-want +got):\n%s", what, diff)
		}
	}
	check("first run")
	k.rollUp(t)
	check("second run")

	// A look of the past comes late: its buckets are computed anew.
	handle(t, h, batch(t, 5, tagLook(day.Add(40*time.Minute), 20)))
	k.rollUp(t)
	hourly[0] = bucketRow{day, 5, 20, 2, 20, 9.5, 4}
	daily[0] = bucketRow{day, 5, 7, 2, 20, 9, 5}
	check("late look")

	// A corrected value of a moment replaces the earlier one.
	corrected := tagLook(day.Add(60*time.Minute), 8)
	corrected.SeenAtMs += 60_000
	handle(t, h, batch(t, 6, corrected))
	k.rollUp(t)
	hourly[1] = bucketRow{day.Add(time.Hour), 8, 8, 8, 8, 8, 1}
	daily[0] = bucketRow{day, 5, 8, 2, 20, 9.2, 5}
	check("corrected value")
}

// TestRedeliveryDoesNotChangeRollups: neither the same rows again, physically,
// nor a second runner, nor both at once.
func TestRedeliveryDoesNotChangeRollups(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	all := batch(t, 0, looks(40)...)
	handle(t, k.assign(t, -1), all)
	k.rollUp(t)
	hourly, daily := k.buckets(t, "readings_hourly"), k.buckets(t, "readings_daily")
	if len(hourly) == 0 || len(daily) == 0 {
		t.Fatal("no buckets")
	}
	same := func(what string) {
		t.Helper()
		if diff := cmp.Diff(hourly, k.buckets(t, "readings_hourly")); diff != "" {
			t.Errorf("%s: hourly (-want +got):\n%s", what, diff)
		}
		if diff := cmp.Diff(daily, k.buckets(t, "readings_daily")); diff != "" {
			t.Errorf("%s: daily (-want +got):\n%s", what, diff)
		}
	}
	// Everything once more, by a store which does not know better.
	careless := newKitOn(t, k.dsn)
	h := careless.assign(t, 1000)
	handle(t, h, all)
	k.rollUp(t)
	same("redelivery")
	g, ctx := errgroup.WithContext(t.Context())
	for _, p := range []*kit{k, careless} {
		g.Go(func() error {
			for range 5 {
				if err := p.rollUpBuckets(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	same("two at once")
}

// TestKilledBeforeTheProgressWasWritten: the buckets are there, the progress
// is not; and the other way round cannot be.
func TestKilledBeforeTheProgressWasWritten(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	handle(t, k.assign(t, -1), batch(t, 0, looks(10)...))
	k.rollUp(t)
	want := k.buckets(t, "readings_hourly")
	for _, sql := range []string{"TRUNCATE TABLE rollup_runs", "ALTER TABLE readings_hourly DROP PARTITION 202502"} {
		if err := k.ch.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	k.rollUp(t)
	if diff := cmp.Diff(want, k.buckets(t, "readings_hourly")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSlowInsertIsRolledUp: a row whose insert began before a run and ended
// after it has an _inserted_at of the past.
func TestSlowInsertIsRolledUp(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := k.assign(t, -1)
	handle(t, h, batch(t, 0, tagLook(day, 1)))
	k.rollUp(t)
	if err := k.ch.Exec(t.Context(), `INSERT INTO readings (source, target, subject, metric, basis, at, slot, seen_at, value, _inserted_at)
		SELECT 'mastodon', 'tag/x//slow', 'slow', 'uses_today', 'measured', '2025-01-14 00:00:00', '2025-01-14 00:00:00', '2025-01-14 00:00:00', 3, now64(3) - ?`,
		int(clickhouse.InsertTimeout.Seconds())); err != nil {
		t.Fatal(err)
	}
	k.rollUp(t)
	if got := len(k.buckets(t, "readings_hourly")); got != 2 {
		t.Errorf("%d buckets, want 2", got)
	}
}

// TestProgressMovesOn: what settled long ago is not read again.
func TestProgressMovesOn(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	handle(t, k.assign(t, -1), batch(t, 0, tagLook(day, 1)))
	k.rollUp(t)
	upto := one[time.Time](t, k, "SELECT max(upto) FROM rollup_runs WHERE rollup = 'readings_daily'")
	if age := time.Since(upto); age < settle || age > settle+time.Hour {
		t.Errorf("progress is %v old, want a little more than %v", age, settle)
	}
	if err := k.ch.Exec(t.Context(), "INSERT INTO readings (subject, metric, at, slot, _inserted_at) SELECT 'old', 'x', '2025-01-14 00:00:00', '2025-01-14 00:00:00', now64(3) - 3600"); err != nil {
		t.Fatal(err)
	}
	k.rollUp(t)
	if got := len(k.buckets(t, "readings_hourly")); got != 1 {
		t.Errorf("%d buckets, want 1", got)
	}
}

// TestRetentionDoesNotSpoilRollups: when a part of a bucket's readings is gone
// and a late one comes, the whole bucket of before holds.
func TestRetentionDoesNotSpoilRollups(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := k.assign(t, -1)
	handle(t, h, batch(t, 0, tagLook(day, 1), tagLook(day.Add(10*time.Minute), 2), tagLook(day.Add(20*time.Minute), 3)))
	k.rollUp(t)
	want := k.buckets(t, "readings_hourly")
	if err := k.ch.Exec(t.Context(), "TRUNCATE TABLE readings"); err != nil {
		t.Fatal(err)
	}
	handle(t, h, batch(t, 3, tagLook(day.Add(30*time.Minute), 100)))
	k.rollUp(t)
	if diff := cmp.Diff(want, k.buckets(t, "readings_hourly")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRunRollupsRunsAndEnds(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	handle(t, k.assign(t, -1), batch(t, 0, tagLook(day, 1)))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.RunRollups(ctx, 10*time.Millisecond) }()
	for len(k.buckets(t, "readings_daily")) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestNothingNewWritesNothing: an idle system must not write every half minute
// for ever.
func TestNothingNewWritesNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	handle(t, k.assign(t, -1), batch(t, 0, tagLook(day, 1)))
	r := rollups()[0]
	if err := k.ch.Exec(t.Context(), "SYSTEM STOP MERGES "+r.table); err != nil {
		t.Fatal(err)
	}
	run := func(before progress, want uint64) progress {
		t.Helper()
		now, err := k.runRollup(t.Context(), r, before)
		if err != nil {
			t.Fatal(err)
		}
		if got := k.count(t, r.table); got != want {
			t.Errorf("%d rows, want %d", got, want)
		}
		return now
	}
	first := run(progress{}, 1)
	run(first, 1)
	run(progress{}, 2)
}
