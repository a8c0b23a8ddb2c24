package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
)

// dayLook is a look at a tag: numbers of days, each about its day, and one
// about the slot.
func dayLook(slot time.Time, today float64, days map[int]float64) *event.Snapshot {
	s := tagLook(slot, today)
	s.ParserVersion = 1
	for n, v := range days {
		s.Readings = append(s.Readings, &event.Reading{
			Subject: "rednote", Metric: "uses_day", Value: v, AtMs: day.AddDate(0, 0, n).UnixMilli(),
		})
	}
	return s
}

// again2 is the look as version 2 of the parser reads it.
func again2(s *event.Snapshot) *event.Snapshot {
	s.ParserVersion, s.Reparsed = 2, true
	return s
}

func refused(s *event.Snapshot, reason string) *event.Snapshot {
	s.Outcome, s.Readings, s.Reason, s.Depth = event.Outcome_OUTCOME_REFUSED, nil, reason, 0
	return s
}

// misread is what version 1 made of four looks: it took each day for the one
// before, refused the second look, and understood in the fourth what is no look.
func misread() []event.Validator {
	second := refused(dayLook(day.Add(34*time.Hour), 0, nil), "no list")
	return []event.Validator{
		dayLook(day.Add(10*time.Hour), 5, map[int]float64{-1: 50, -2: 40}),
		second,
		dayLook(day.Add(35*time.Hour), 7, map[int]float64{0: 70, -1: 55}),
		dayLook(day.Add(36*time.Hour), 99, map[int]float64{0: 99}),
	}
}

// reread2 is what version 2 makes of them, newest first, as reparse sends it.
func reread2() []event.Validator {
	first := dayLook(day.Add(10*time.Hour), 5, map[int]float64{0: 50, -1: 40})
	return []event.Validator{
		again2(refused(dayLook(day.Add(36*time.Hour), 0, nil), "an error page")),
		again2(dayLook(day.Add(35*time.Hour), 7, map[int]float64{1: 70})), // day 0 is not among it any more
		again2(dayLook(day.Add(34*time.Hour), 6, map[int]float64{1: 60})),
		again2(first),
	}
}

// history is all that SQL tells of the looks.
func (k *kit) history(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, sql := range []string{
		"SELECT concat('look ', toString(slot), ' ', outcome, ' ', toString(parser_version), ' ', reason) FROM v_looks ORDER BY slot",
		"SELECT concat(metric, ' ', toString(at), ' ', toString(value), ' ', toString(parser_version)) FROM v_readings ORDER BY metric, at",
		"SELECT concat('hour ', metric, ' ', toString(bucket), ' ', toString(avg), ' ', toString(count)) FROM v_hourly ORDER BY metric, bucket",
		"SELECT concat('day ', metric, ' ', toString(bucket), ' ', toString(avg), ' ', toString(count)) FROM v_daily ORDER BY metric, bucket",
		"SELECT concat('raw ', toString(count())) FROM readings WHERE parser_version = 1",
		"SELECT concat('fresh ', state, ' ', why) FROM v_freshness",
	} {
		rows, err := k.ch.Query(t.Context(), sql)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			out = append(out, line)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	return out
}

func repaired() []string {
	return []string{
		"look 2025-01-14 10:00:00.000 ok 2 ", "look 2025-01-15 10:00:00.000 ok 2 ",
		"look 2025-01-15 11:00:00.000 ok 2 ", "look 2025-01-15 12:00:00.000 refused 2 an error page",
		"uses_day 2025-01-13 00:00:00.000 40 2", "uses_day 2025-01-14 00:00:00.000 50 2", "uses_day 2025-01-15 00:00:00.000 70 2",
		"uses_today 2025-01-14 10:00:00.000 5 2", "uses_today 2025-01-15 10:00:00.000 6 2", "uses_today 2025-01-15 11:00:00.000 7 2",
		"hour uses_day 2025-01-13 00:00:00 40 1", "hour uses_day 2025-01-14 00:00:00 50 1", "hour uses_day 2025-01-15 00:00:00 70 1",
		"hour uses_today 2025-01-14 10:00:00 5 1", "hour uses_today 2025-01-15 10:00:00 6 1", "hour uses_today 2025-01-15 11:00:00 7 1",
		"day uses_day 2025-01-13 00:00:00 40 1", "day uses_day 2025-01-14 00:00:00 50 1", "day uses_day 2025-01-15 00:00:00 70 1",
		"day uses_today 2025-01-14 00:00:00 5 1", "day uses_today 2025-01-15 00:00:00 6.5 2",
		"raw 0",
		"fresh stale no look since 2025-01-15 12:00 UTC",
	}
}

// TestNewerParseTakesTheWholeLook: what version 2 does not say is gone, also
// out of the rollups, a refused look may become ok and the other way, and a
// number that a later look had hidden comes to light.
func TestNewerParseTakesTheWholeLook(t *testing.T) {
	t.Parallel()
	same := func(t *testing.T, k *kit, what string) {
		t.Helper()
		k.rollUp(t)
		if diff := cmp.Diff(repaired(), k.history(t)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	t.Run("later", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		h := k.assign(t, -1)
		handle(t, h, batch(t, 0, misread()...))
		k.rollUp(t)
		if err := k.ch.Exec(t.Context(), "OPTIMIZE TABLE readings FINAL"); err != nil {
			t.Fatal(err)
		}
		for i, one := range reread2() { // a merge after each: nothing may be lost in it
			handle(t, h, batch(t, int64(4+i), one))
			if err := k.ch.Exec(t.Context(), "OPTIMIZE TABLE readings FINAL"); err != nil {
				t.Fatal(err)
			}
		}
		same(t, k, "one by one")
		handle(t, h, batch(t, 8, reread2()...))
		same(t, k, "again")
		handle(t, h, batch(t, 12, misread()...))
		same(t, k, "old looks replayed")
		h = k.assign(t, -1)
		handle(t, h, batch(t, 0, append(append(misread(), reread2()...), reread2()...)...))
		same(t, k, "offsets reset")
		handle(t, k.assign(t, 16), batch(t, 16, misread()...))
		same(t, k, "old looks replayed to another process")
	})
	t.Run("in one batch", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		handle(t, k.assign(t, -1), batch(t, 0, append(misread(), reread2()...)...))
		same(t, k, "in one batch")
	})
	t.Run("before the old", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		handle(t, k.assign(t, -1), batch(t, 0, append(reread2(), misread()...)...))
		same(t, k, "the wrong way round")
	})
}

// TestKilledWhileRemoving: whatever step fails, doing it again makes it whole.
func TestKilledWhileRemoving(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"reparses", "readings", "looks"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			handle(t, k.assign(t, -1), batch(t, 0, misread()...))
			k.rollUp(t)
			p, dsn := newProxy(t, k.dsn)
			dying := newKitOn(t, dsn)
			p.set(func(of string, _ int) fault {
				if of == table {
					return refuse
				}
				return pass
			})
			all := batch(t, 4, reread2()...)
			if _, err := dying.assign(t, 4).Handle(t.Context(), all); err == nil {
				t.Fatal("no error")
			}
			k.rollUp(t)
			handle(t, k.assign(t, 4), all)
			k.rollUp(t)
			if diff := cmp.Diff(repaired(), k.history(t)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestARepairHoldsAgainstASlowRun: a rollup that read before the repair and
// writes after it changes nothing.
func TestARepairHoldsAgainstASlowRun(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := k.assign(t, -1)
	handle(t, h, batch(t, 0, misread()...))
	k.rollUp(t)
	if err := k.ch.Exec(t.Context(), "CREATE TABLE slow AS readings_daily"); err != nil {
		t.Fatal(err)
	}
	if err := k.ch.Exec(t.Context(), "INSERT INTO slow SELECT * FROM readings_daily"); err != nil {
		t.Fatal(err)
	}
	handle(t, h, batch(t, 4, reread2()...))
	k.rollUp(t)
	if err := k.ch.Exec(t.Context(), "INSERT INTO readings_daily SELECT * FROM slow"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(repaired(), k.history(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestManyRereadsFitIntoStatements: more looks than one statement may name.
func TestManyRereadsFitIntoStatements(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := k.assign(t, -1)
	const n = rereadsPerStatement + 5
	var old, fresh []event.Validator
	for i := range n {
		s := tagLook(day.Add(time.Duration(i)*time.Minute), 1)
		s.Target = event.TagTarget("mastodon.social", fmt.Sprintf("it's \\ %d", i%3))
		s.ParserVersion = 1
		old = append(old, s)
	}
	for i := range n {
		s := tagLook(day.Add(time.Duration(i)*time.Minute), 2)
		s.Target = event.TagTarget("mastodon.social", fmt.Sprintf("it's \\ %d", i%3))
		fresh = append(fresh, again2(s))
	}
	handle(t, h, batch(t, 0, old...))
	handle(t, h, batch(t, n, fresh...))
	physically(t, k, n, n)
	got, err := clickhouse.SelectOne[float64](t.Context(), k.ch, "SELECT sum(value) FROM v_readings")
	if err != nil || got != 2*n {
		t.Errorf("sum is %v, %v; want %d", got, err, 2*n)
	}
}
