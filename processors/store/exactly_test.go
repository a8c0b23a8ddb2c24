package store

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// looks are n charts of three apps each, half an hour apart, the fourth failed,
// over the end of a month.
func looks(n int) []event.Validator {
	start := time.Date(2025, 1, 31, 22, 0, 0, 0, time.UTC)
	out := make([]event.Validator, n)
	for i := range out {
		s := chart(start.Add(time.Duration(i)*30*time.Minute), 3)
		if i%4 == 3 {
			s = failed(s, "HTTP 503")
		}
		out[i] = s
	}
	return out
}

// physically asserts how many rows there are, before any merge or FINAL: what
// was stored twice cannot hide.
func physically(t *testing.T, k *kit, readings, looks uint64) {
	t.Helper()
	if r, l := k.count(t, "readings"), k.count(t, "looks"); r != readings || l != looks {
		t.Errorf("%d readings and %d looks, want %d and %d", r, l, readings, looks)
	}
}

func noMerges(t *testing.T, k *kit) {
	t.Helper()
	for _, table := range []string{"readings", "looks", "facts", "imports", "episodes"} {
		if err := k.ch.Exec(t.Context(), "SYSTEM STOP MERGES "+table); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRedeliveryStoresNothingTwice(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	noMerges(t, k)
	all := batch(t, 0, looks(12)...)
	handle(t, k.assign(t, -1), all[:8])
	physically(t, k, 18, 8)

	// The commit was lost: the same offsets come again, in other batches.
	h := k.assign(t, -1)
	handle(t, h, all[:3])
	handle(t, h, all[3:10])
	handle(t, h, all[10:])
	physically(t, k, 27, 12)

	// Offsets were reset to 0 after everything was committed.
	h = k.assign(t, 0)
	if c := handle(t, h, all); c.Offset != 12 {
		t.Errorf("commit is %v", c)
	}
	physically(t, k, 27, 12)
	if got := testutil.ToFloat64(k.m.skipped.WithLabelValues("readings")); got != 18+27 {
		t.Errorf("metric says %v skipped rows", got)
	}
	if got := testutil.ToFloat64(k.m.rows.WithLabelValues("readings")); got != 27 {
		t.Errorf("metric says %v inserted rows", got)
	}
}

// TestCrashBetweenTables: the readings of a batch are there, its looks are
// not, and the process is gone.
func TestCrashBetweenTables(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	noMerges(t, k)
	p, dsn := newProxy(t, k.dsn)
	dying := newKitOn(t, dsn)
	p.set(func(table string, _ int) fault {
		if table == "looks" {
			return refuse
		}
		return pass
	})
	all := batch(t, 0, looks(8)...)
	if _, err := dying.assign(t, -1).Handle(t.Context(), all); err == nil {
		t.Fatal("no error")
	}
	physically(t, k, 18, 0)
	handle(t, k.assign(t, -1), all)
	physically(t, k, 18, 8)
}

// TestLostReply: the insert landed, and the answer did not come back.
func TestLostReply(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault{"reply cut": cutReply, "body cut": cutBody, "refused": refuse} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			noMerges(t, k)
			p, dsn := newProxy(t, k.dsn)
			store := newKitOn(t, dsn)
			h := store.assign(t, -1)
			all := batch(t, 0, looks(16)...)
			for _, table := range []string{"readings", "looks"} {
				p.set(func(of string, n int) fault {
					if of == table && n <= 2 {
						return f
					}
					return pass
				})
				part := all[:8]
				if table == "looks" {
					part = all[8:]
				}
				failures := 0
				for ; ; failures++ {
					if _, err := h.Handle(t.Context(), part); err == nil {
						break
					}
				}
				// A retry after a lost reply finds everything there, and sends nothing.
				if want := map[fault]int{cutReply: 1, cutBody: 2, refuse: 2}[f]; failures != want {
					t.Errorf("%d failures of %s, want %d", failures, table, want)
				}
			}
			physically(t, k, 36, 16)
			if got := testutil.ToFloat64(store.m.blocked.WithLabelValues(event.TopicSnapshots, "0")); got != 0 {
				t.Errorf("blocked is %v at the end", got)
			}
		})
	}
}

// TestInsertOfTheDeadIsAwaited: the client is gone, its insert still runs, and
// will land after the next owner of the partition has begun.
func TestInsertOfTheDeadIsAwaited(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	noMerges(t, k)
	if err := k.ch.Exec(t.Context(), "ALTER TABLE readings ADD COLUMN slow UInt8 DEFAULT sleepEachRow(0.1)"); err != nil {
		t.Fatal(err)
	}
	p, dsn := newProxy(t, k.dsn)
	p.set(func(_ string, n int) fault { return map[bool]fault{true: leave, false: pass}[n == 1] })
	all := batch(t, 0, looks(8)...)
	if _, err := newKitOn(t, dsn).assign(t, -1).Handle(t.Context(), all); err == nil {
		t.Fatal("no error")
	}
	handle(t, k.assign(t, -1), all)
	physically(t, k, 18, 8)
	if got := testutil.ToFloat64(k.m.skipped.WithLabelValues("readings")); got != 18 {
		t.Errorf("%v rows skipped, want 18: the insert was not awaited", got)
	}
}

// TestHalfOfAnInsert: a batch over two months is two parts, and the server
// died between them.
func TestHalfOfAnInsert(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	noMerges(t, k)
	all := batch(t, 0, looks(8)...)
	handle(t, k.assign(t, -1), all)
	for _, sql := range []string{"ALTER TABLE readings DROP PARTITION 202501", "ALTER TABLE looks DROP PARTITION 202502"} {
		if err := k.ch.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	physically(t, k, 9, 4)
	handle(t, k.assign(t, -1), all)
	physically(t, k, 18, 8)
}

// TestTopicMadeAnew: offsets begin at 0 again with other messages. Skipping by
// offset alone would lose them.
func TestTopicMadeAnew(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	noMerges(t, k)
	first := looks(8)
	handle(t, k.assign(t, -1), batch(t, 0, first...))
	second := make([]event.Validator, 6)
	for i := range second {
		second[i] = chart(day.Add(time.Duration(i)*time.Hour), 2)
	}
	second[5] = first[5] // one is the same by chance
	handle(t, k.assign(t, -1), batch(t, 0, second...))
	physically(t, k, 18+5*2, 8+5)
	if got := testutil.ToFloat64(k.m.conflicts.WithLabelValues("looks")); got != 5 {
		t.Errorf("metric says %v conflicts, want 5", got)
	}
}

func TestWindowsOfALongReset(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	noMerges(t, k)
	var all []kafka.Message
	for i := range 40 {
		all = append(all, batch(t, int64(i)*windowSize/8, chart(day.Add(time.Duration(i)*time.Hour), 1))...)
	}
	h := k.assign(t, -1)
	handle(t, h, all[:20])
	handle(t, h, all[20:])
	h = k.assign(t, -1)
	for i := 0; i < 40; i += 5 {
		handle(t, h, all[i:i+5])
	}
	physically(t, k, 40, 40)
}

// TestTwoStoresAtOnce own the same partition, which nobody should do. Rows may
// be there twice, and no question sees it.
func TestTwoStoresAtOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	other := newKitOn(t, k.dsn)
	a, b := k.assign(t, -1), other.assign(t, -1)
	all := batch(t, 0, looks(8)...)
	handle(t, a, all)
	handle(t, b, all)
	if r, l := k.count(t, "v_readings"), k.count(t, "v_looks"); r != 18 || l != 8 {
		t.Errorf("%d readings and %d looks in the views, want 18 and 8", r, l)
	}
}

// TestPermanentErrorStandsStill: nothing is dropped and nothing is silent
// while a person repairs the table.
func TestPermanentErrorStandsStill(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	var logged bytes.Buffer
	k.log = slog.New(slog.NewTextHandler(&logged, nil))
	h := k.assign(t, -1)
	all := batch(t, 0, looks(4)...)
	if err := k.ch.Exec(t.Context(), "ALTER TABLE looks RENAME COLUMN via TO gone"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := h.Handle(t.Context(), all); err == nil {
			t.Fatal("no error")
		}
	}
	if !strings.Contains(logged.String(), "level=ERROR") || !strings.Contains(logged.String(), "table=looks") || !strings.Contains(logged.String(), "via") {
		t.Errorf("log says %s", logged.String())
	}
	if got := testutil.ToFloat64(k.m.errors.WithLabelValues("looks", "permanent")); got != 3 {
		t.Errorf("metric says %v permanent errors, want 3", got)
	}
	if got := testutil.ToFloat64(k.m.blocked.WithLabelValues(event.TopicSnapshots, "0")); got != 1 {
		t.Errorf("blocked is %v", got)
	}
	if err := k.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "check table looks: column via is missing: run `tidemark migrate`") {
		t.Errorf("check says %v", err)
	}
	if err := k.ch.Exec(t.Context(), "ALTER TABLE looks RENAME COLUMN gone TO via"); err != nil {
		t.Fatal(err)
	}
	handle(t, h, all)
	physically(t, k, 9, 4)
}

func TestBadMessagesAreRejectedOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p, dsn := newProxy(t, k.dsn)
	store := newKitOn(t, dsn)
	p.set(func(table string, n int) fault {
		if table == "readings" && n == 1 {
			return refuse
		}
		return pass
	})
	big := bytes.Repeat([]byte{0xff}, maxOriginal+10)
	all := batch(t, 0, looks(7)...)
	all[1].Type = "tidemark.v9.Snapshot"
	all[2].Value = big
	all[3].Value = batch(t, 0, &event.Tick{AtMs: day.UnixMilli()})[0].Value
	all[5] = batch(t, 5, &event.Mention{Id: "m", Platform: "x", Tag: "y", AtMs: day.UnixMilli()})[0]
	all[6].Type = ""
	h := store.assign(t, -1)
	if _, err := h.Handle(t.Context(), all); err == nil {
		t.Fatal("no error from the first try")
	}
	handle(t, h, all)
	var got []string
	for _, r := range store.rejected {
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
		got = append(got, fmt.Sprintf("%d %v %s", r.GetOffset(), r.GetTruncated(), r.GetStage()))
		if r.GetType() != all[r.GetOffset()].Type {
			t.Errorf("offset %d: type %q, want %q: nobody could replay it", r.GetOffset(), r.GetType(), all[r.GetOffset()].Type)
		}
		if !r.GetTruncated() && !bytes.Equal(r.GetOriginal(), all[r.GetOffset()].Value) {
			t.Errorf("offset %d: the original bytes are not there", r.GetOffset())
		}
	}
	if want := "[1 false store 2 true store 3 false store 5 false store 6 false store]"; fmt.Sprint(got) != want {
		t.Errorf("rejected are %v, want %s", got, want)
	}
	for reason, want := range map[string]float64{"unknown_type": 2, "undecodable": 1, "invalid": 1, "unexpected_type": 1} {
		if got := testutil.ToFloat64(store.m.rejected.WithLabelValues(reason)); got != want {
			t.Errorf("metric says %v rejected as %s, want %v", got, reason, want)
		}
	}
	physically(t, k, 6, 2)
}

// TestNoCommitBeforeTheRejectionIsSafe: the offset must not move on before
// somebody has the bad message.
func TestNoCommitBeforeTheRejectionIsSafe(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	broken := true
	k.reject = func(context contextT, r *event.Rejected) error {
		if broken {
			return errDown
		}
		return k.keep(context, r)
	}
	all := batch(t, 0, looks(2)...)
	all[0].Type = "?"
	h := k.assign(t, -1)
	if _, err := h.Handle(t.Context(), all); err == nil {
		t.Fatal("no error")
	}
	broken = false
	handle(t, h, all)
	if len(k.rejected) != 1 {
		t.Errorf("%d rejected", len(k.rejected))
	}
}
