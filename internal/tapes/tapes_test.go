package tapes

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

func noon() time.Time { return time.Date(2025, 1, 14, 12, 0, 0, 0, time.UTC) }

func tape(source string, slot time.Time, body string) Tape {
	return Tape{
		Look: &event.Snapshot{
			Source: source, Target: event.TagTarget("a.example", "x"), SlotMs: slot.UnixMilli(), SeenAtMs: slot.UnixMilli() + 700,
			Basis: event.Basis_BASIS_MEASURED, ParserVersion: 1, Outcome: event.Outcome_OUTCOME_OK,
			Readings: []*event.Reading{{Subject: "x", Metric: "uses_today", Value: 1}},
		},
		Exchanges: []fetch.Exchange{{Method: "GET", URL: "https://a.example/x", Status: 200, Type: "text/plain", Body: []byte(body)}},
	}
}

// keep lets a Keeper take tapes and end.
func keep(t *testing.T, k *Keeper, tapes ...Tape) {
	t.Helper()
	for _, one := range tapes {
		k.Keep(one, true)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := k.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

func keeper(dir string) *Keeper {
	return NewKeeper(Config{Dir: dir, Keep: 200 * 365 * 24 * time.Hour, MaxBytes: 1 << 30}, nil, nil)
}

func everything(source string) Select {
	return Select{Source: source, From: time.UnixMilli(0), To: noon().AddDate(100, 0, 0)}
}

func find(t *testing.T, dir string, want Select) ([]Ref, int) {
	t.Helper()
	refs, torn, err := Find(dir, want)
	if err != nil {
		t.Fatal(err)
	}
	return refs, torn
}

func TestTapesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "with [odd] name")
	var all []Tape
	for i := range 30 {
		all = append(all, tape("mastodon", noon().Add(time.Duration(i)*time.Hour), strings.Repeat("body ", i+1)))
	}
	keep(t, keeper(dir), append(all, tape("other", noon(), "x"))...)
	refs, torn := find(t, dir, everything("mastodon"))
	if len(refs) != 30 || torn != 0 {
		t.Fatalf("%d tapes, %d torn", len(refs), torn)
	}
	for i, ref := range refs {
		want := all[len(all)-1-i] // the last seen first
		got, err := ref.Read()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || ref.Head != want.head() {
			t.Errorf("tape %d (%+v): %s", i, ref.Head, diff)
		}
	}
	some, _ := find(t, dir, Select{Source: "mastodon", From: noon().Add(time.Hour), To: noon().Add(3 * time.Hour), Target: "tag/a.example//x"})
	none, _ := find(t, dir, Select{Source: "mastodon", From: noon(), To: noon().Add(3 * time.Hour), Target: "tag/a.example//y"})
	if len(some) != 2 || len(none) != 0 {
		t.Errorf("%d and %d tapes, want 2 and none", len(some), len(none))
	}
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if want := map[bool]os.FileMode{true: 0o700, false: 0o600}[info.IsDir()]; path != dir && info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", path, info.Mode().Perm(), want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestATornTailCostsOneTape: a kill may cut the last frame anywhere, and the
// next process goes on behind it; a bad byte costs its own frame.
func TestATornTailCostsOneTape(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keep(t, keeper(dir), tape("a", noon(), "one"), tape("a", noon().Add(time.Minute), "two"))
	path := filepath.Join(dir, "a", "2025-01-14.0.tape")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	second := bytes.LastIndex(whole, []byte(mark))
	for cutAt := second + 1; cutAt < len(whole); cutAt += 7 {
		if err := os.WriteFile(path, whole[:cutAt], 0o600); err != nil {
			t.Fatal(err)
		}
		keep(t, keeper(dir), tape("a", noon().Add(2*time.Minute), "three"))
		refs, torn := find(t, dir, everything("a"))
		if len(refs) != 2 || torn != 1 {
			t.Fatalf("cut at %d of %d: %d tapes, %d torn; want 2 and 1", cutAt, len(whole), len(refs), torn)
		}
		for i, want := range []string{"three", "one"} {
			if got, err := refs[i].Read(); err != nil || string(got.Exchanges[0].Body) != want {
				t.Errorf("got %v, %v; want %s", got, err, want)
			}
		}
	}
	for i := range second {
		bad := bytes.Clone(whole)
		bad[i] ^= 0x55
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if refs, torn := find(t, dir, everything("a")); len(refs) != 1 || torn != 1 {
			t.Fatalf("byte %d is bad: %d tapes, %d torn; want 1 and 1", i, len(refs), torn)
		}
	}
}

func TestOldTapesGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		k := NewKeeper(Config{Dir: dir, Keep: 3 * 24 * time.Hour, MaxBytes: 1 << 30}, nil, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 10*24*time.Hour-time.Minute)
		defer cancel()
		go func() {
			for ctx.Err() == nil {
				k.Keep(tape("a", time.Now(), "x"), true)
				time.Sleep(time.Hour)
			}
		}()
		if err := k.Run(ctx); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // the bubble begins at midnight; ten days have passed
		refs, _ := find(t, dir, everything("a"))
		oldest := time.Since(time.UnixMilli(refs[len(refs)-1].SeenAtMs))
		if len(refs) < 3*24 || oldest > 4*24*time.Hour+2*time.Hour {
			t.Errorf("%d tapes, the oldest of %v; want all of three days and at most the rest of a fourth", len(refs), oldest)
		}
		if testutil.ToFloat64(k.m.removed.WithLabelValues("age")) == 0 {
			t.Error("no removal was counted")
		}
	})
}

func TestTheOldestGoWhereThereIsTooMuch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const most = 3000
	k := NewKeeper(Config{Dir: dir, Keep: 100 * 365 * 24 * time.Hour, MaxBytes: most}, nil, nil)
	noise := rand.NewChaCha8([32]byte{})
	for i := range 10 {
		body := make([]byte, 700)
		_, _ = noise.Read(body)
		keep(t, k, tape([]string{"a", "b"}[i%2], noon().AddDate(0, 0, i), string(body)))
	}
	if err := os.WriteFile(filepath.Join(dir, "a", "notes.txt"), make([]byte, 2*most), 0o600); err != nil {
		t.Fatal(err)
	}
	k.clean(t.Context())
	files, err := list(dir)
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	for _, f := range files {
		total += f.size
	}
	if total > most || total < most/2 || len(files) == 0 || !files[0].day.After(noon().AddDate(0, 0, 5)) {
		t.Errorf("%d bytes in %v", total, files)
	}
	if _, err := os.Stat(filepath.Join(dir, "a", "notes.txt")); err != nil {
		t.Errorf("a file that is not ours is gone: %v", err)
	}
	if got := testutil.ToFloat64(k.m.bytes); got != float64(total) {
		t.Errorf("metric says %v bytes, there are %d", got, total)
	}
}

// TestADiskThatRefusesIsToldOnce: and the looks go on.
func TestADiskThatRefusesIsToldOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	k := NewKeeper(Config{Dir: dir, Keep: time.Hour, MaxBytes: 1 << 30}, nil, slog.New(slog.NewTextHandler(&log, nil)))
	keep(t, k, tape("a", noon(), "1"), tape("a", noon(), "2"), tape("a", noon(), "3"))
	if n := strings.Count(log.String(), "raw answers cannot be kept"); n != 1 {
		t.Errorf("told %d times:\n%s", n, &log)
	}
	if got := testutil.ToFloat64(k.m.looks.WithLabelValues("a", "failed")); got != 3 {
		t.Errorf("%v failures counted", got)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	keep(t, k, tape("a", time.Now(), "4"))
	if !strings.Contains(log.String(), "raw answers are kept again") {
		t.Errorf("recovery was not told:\n%s", &log)
	}
}

// TestNothingWaitsForTheDisk: nobody writes, and Keep returns all the same.
func TestNothingWaitsForTheDisk(t *testing.T) {
	t.Parallel()
	k := keeper(t.TempDir())
	body := strings.Repeat("x", 1<<20)
	for i := range 100 {
		k.Keep(tape("a", noon().Add(time.Duration(i)*time.Minute), body), true)
	}
	k.Keep(tape("a", noon(), ""), false)
	kept := 100 - testutil.ToFloat64(k.m.looks.WithLabelValues("a", "dropped"))
	if kept < 20 || kept > 32 {
		t.Errorf("%v tapes of 1 MiB wait, want what fits into 32 MiB", kept)
	}
	if testutil.ToFloat64(k.m.looks.WithLabelValues("a", "too_large")) != 1 {
		t.Error("a look that was too large was not counted")
	}
	var none *Keeper
	none.Keep(tape("a", noon(), ""), true)
	NewKeeper(Config{}, nil, nil).Keep(tape("a", noon(), ""), true)
}

func FuzzScan(f *testing.F) {
	dir := f.TempDir()
	k := keeper(dir)
	k.Keep(tape("a", noon(), "one"), true)
	k.Keep(tape("a", noon(), "two"), true)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := k.Run(ctx); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, "a", "2025-01-14.0.tape"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-5])
	f.Add([]byte(mark + mark))
	f.Fuzz(func(t *testing.T, b []byte) {
		seen := 0
		torn, err := scan(b, func(offset int, _ Head) error {
			seen++
			_, _ = decode(b[offset:]) // a checksum is no seal; it must not panic
			return nil
		})
		if err != nil || seen+torn > len(b) {
			t.Error(fmt.Sprint(err), seen, torn)
		}
	})
}
