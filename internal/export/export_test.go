package export_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/export"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestMain(m *testing.M) {
	engine.MainHook()
	os.Exit(m.Run())
}

// place is a database with ten days of five rows, each of them twice, and one
// row without a time.
type place struct {
	*clickhouse.Client
}

func newPlace(t *testing.T) place {
	t.Helper()
	ch, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(testkit.ClickHouse(t))}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ch.Close(); err != nil {
			t.Error(err)
		}
	})
	p := place{ch}
	p.exec(t, `CREATE TABLE marks (name LowCardinality(String) COMMENT 'Who', at Nullable(DateTime64(3, 'UTC')) COMMENT 'When',
		value Nullable(Float64), words String, more Map(String, UInt8))
		ENGINE = ReplacingMergeTree ORDER BY (name, assumeNotNull(at)) COMMENT 'Marks of a test'`)
	for range 2 {
		p.exec(t, `INSERT INTO marks SELECT concat('n', toString(number % 5)), toDateTime64('2025-01-10 00:30:00', 3, 'UTC') + toIntervalHour(number * 5 - number % 5 * 4),
			if(number % 7 = 0, NULL, number / 3), 'a "quoted",\nword', map('x', number % 3) FROM numbers(50)`)
		p.exec(t, "INSERT INTO marks VALUES ('never', NULL, 1, '', map())")
	}
	return p
}

func (p place) exec(t *testing.T, sql string) {
	t.Helper()
	if err := p.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func (p place) config(t *testing.T) export.Config {
	t.Helper()
	return export.Config{
		Client: p.Client, What: "marks", Dir: t.TempDir(), Format: export.Parquet, By: export.ByDay, Version: "v1",
		Now: time.Date(2025, 1, 19, 12, 0, 0, 0, time.UTC),
	}
}

func mustRun(t *testing.T, cfg export.Config) *export.Result {
	t.Helper()
	r, err := export.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		got[rel] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// checkSums is sha256sum -c.
func checkSums(t *testing.T, folder string) (files int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		want, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		f, err := os.Open(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			t.Fatal(err)
		}
		f.Close()
		if got := hex.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("%s has the sum %s, want %s", name, got, want)
		}
		files++
	}
	return files
}

func manifest(t *testing.T, folder string) (m export.Manifest) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFilesByDay(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	for _, format := range []export.Format{export.Parquet, export.CSV, export.NDJSON} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			cfg := p.config(t)
			cfg.Format = format
			r := mustRun(t, cfg)
			if r.Rows != 51 || r.Written != 11 || r.Kept != 0 {
				t.Errorf("result: %+v", r)
			}
			if diff := cmp.Diff([]string{"2025-01-19"}, r.Partial); diff != "" {
				t.Errorf("partial (-want +got):\n%s", diff)
			}
			if n := checkSums(t, r.Folder); n != 13 {
				t.Errorf("%d sums", n)
			}
			m := manifest(t, r.Folder)
			if m.Rows != 51 || m.From != "2025-01-10 00:30:00.000" || m.Time != "at" || len(m.Parts) != 11 || m.Parts[0].Key != "2025-01-10" || m.Parts[10].Key != "" {
				t.Errorf("manifest: %+v", m)
			}
			again := cfg
			again.Dir = t.TempDir()
			mustRun(t, again)
			if diff := cmp.Diff(tree(t, cfg.Dir), tree(t, again.Dir)); diff != "" {
				t.Errorf("a second export has other bytes (-first +second):\n%s", diff)
			}
			if r := mustRun(t, cfg); r.Kept != 11 || r.Written != 0 {
				t.Errorf("run again: %+v", r)
			}
		})
	}
}

func TestSchemaTellsTheComments(t *testing.T) {
	t.Parallel()
	r := mustRun(t, newPlace(t).config(t))
	var s export.Schema
	text, err := os.ReadFile(filepath.Join(r.Folder, "schema.json"))
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	if s.Comment != "Marks of a test" || len(s.Columns) != 5 || s.Columns[0] != (export.Column{Name: "name", Type: "LowCardinality(String)", Comment: "Who"}) {
		t.Errorf("schema: %+v", s)
	}
}

// Wherever it is ended: nothing has its name that is not whole, and the next run
// makes the same as one that nobody disturbed.
func TestKilledAndRunAgain(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	whole := p.config(t)
	mustRun(t, whole)
	want := tree(t, whole.Dir)

	cfg := p.config(t)
	ctx, cancel := context.WithCancel(t.Context())
	cfg.Progress = func(done, _ int) {
		if done == 4 {
			cancel()
		}
	}
	if _, err := export.Run(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled: %v", err)
	}
	// As after a kill in the middle of a file, and of a rename.
	folder := filepath.Join(cfg.Dir, "marks")
	for name, text := range map[string]string{
		"date=2025-01-15/part.parquet.unfinished": "half", "manifest.json.unfinished": "half",
		"date=2025-01-11/part.parquet": "what a bad disk has made of it",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg.Progress = nil
	if r := mustRun(t, cfg); r.Kept != 3 || r.Written != 8 {
		t.Errorf("run again: %+v", r)
	}
	if diff := cmp.Diff(want, tree(t, cfg.Dir)); diff != "" {
		t.Errorf("(-undisturbed +killed):\n%s", diff)
	}
}

// What changes in the database is written anew, and what is gone there goes.
func TestFollowsTheDatabase(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	cfg := p.config(t)
	mustRun(t, cfg)
	p.exec(t, "INSERT INTO marks VALUES ('late', '2025-01-12 01:00:00', 9, '', map())")
	p.exec(t, "DELETE FROM marks WHERE toDate(at) = '2025-01-13'")
	cfg.Now = cfg.Now.AddDate(0, 0, 1)
	r := mustRun(t, cfg)
	if r.Written != 1 || r.Kept != 9 || r.Removed != 1 || len(r.Partial) != 0 {
		t.Errorf("result: %+v", r)
	}
	if _, err := os.Stat(filepath.Join(r.Folder, "date=2025-01-13")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a day that is gone is still there: %v", err)
	}
	checkSums(t, r.Folder)
	// A span leaves the other days as they are.
	cfg.From = time.Date(2025, 1, 14, 0, 0, 0, 0, time.UTC)
	cfg.To = cfg.From.AddDate(0, 0, 1)
	if r := mustRun(t, cfg); r.Kept != 2 || r.Removed != 0 || r.Rows != manifest(t, r.Folder).Rows || r.Rows < 40 {
		t.Errorf("two days: %+v", r)
	}
}

func TestQueriesMonthsAndOneFile(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	cfg := p.config(t)
	cfg.What, cfg.Name, cfg.By = "SELECT name, at, value AS v FROM marks FINAL WHERE at IS NOT NULL;", "mine", export.ByMonth
	r := mustRun(t, cfg)
	f, err := os.ReadFile(filepath.Join(r.Folder, "month=2025-01", "part.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(strings.NewReader(string(f)), int64(len(f)))
	if err != nil || file.NumRows() != 50 || len(file.Root().Columns()) != 3 {
		t.Errorf("parquet: %v, %v", file, err)
	}
	cfg.What, cfg.Name, cfg.By, cfg.Format = "SELECT 1 AS one", "one", export.ByNone, export.NDJSON
	r = mustRun(t, cfg)
	if text, err := os.ReadFile(filepath.Join(r.Folder, "part.ndjson")); err != nil || string(text) != "{\"one\":1}\n" {
		t.Errorf("one file: %q, %v", text, err)
	}
}

// A second span takes nothing away from the first.
func TestSecondSpanLosesNothing(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.exec(t, "INSERT INTO marks VALUES ('next', '2025-02-03 01:00:00', 9, '', map())")
	january := func(day int) time.Time { return time.Date(2025, 1, day, 0, 0, 0, 0, time.UTC) }
	cfg := p.config(t)
	cfg.By, cfg.From, cfg.To = export.ByMonth, january(15), january(20)
	r := mustRun(t, cfg)
	if r.Rows != 50 || r.Written != 1 {
		t.Errorf("first span: %+v", r)
	}
	want := tree(t, cfg.Dir)
	cfg.From, cfg.To = january(1), january(10)
	if r := mustRun(t, cfg); r.Rows != 50 || r.Kept != 1 || r.Written != 0 {
		t.Errorf("second span: %+v", r)
	}
	if diff := cmp.Diff(want, tree(t, cfg.Dir)); diff != "" {
		t.Errorf("(-first span +second):\n%s", diff)
	}
	cfg.From, cfg.To = january(34), time.Time{}
	if r := mustRun(t, cfg); r.Rows != 51 || r.Written != 1 || r.Removed != 0 {
		t.Errorf("the next month: %+v", r)
	}

	cfg.Name, cfg.By, cfg.From, cfg.To = "single", export.ByNone, january(15), january(20)
	r = mustRun(t, cfg)
	want = tree(t, r.Folder)
	if r := mustRun(t, cfg); r.Kept != 1 {
		t.Errorf("the same span again: %+v", r)
	}
	for _, to := range []time.Time{january(16), {}} {
		cfg.To = to
		if _, err := export.Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "one file of 2025-01-15 to 2025-01-20, not of") {
			t.Errorf("another span: %v", err)
		}
	}
	if diff := cmp.Diff(want, tree(t, r.Folder)); diff != "" {
		t.Errorf("a refusal changed something:\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.exec(t, "CREATE TABLE states (n UInt8, s AggregateFunction(sum, UInt64)) ENGINE = MergeTree ORDER BY n")
	p.exec(t, "CREATE TABLE timeless (n UInt8) ENGINE = MergeTree ORDER BY n")
	for want, change := range map[string]func(*export.Config){
		"there is none":              func(c *export.Config) { c.What = "nothing" },
		"give --name":                func(c *export.Config) { c.What = "SELECT 1" },
		"want letters":               func(c *export.Config) { c.Name = "../up" },
		"state of an aggregate":      func(c *export.Config) { c.What = "states" },
		"--by none":                  func(c *export.Config) { c.What = "timeless" },
		"no such column":             func(c *export.Config) { c.Time = "name" },
		"there is no Parquet":        func(c *export.Config) { c.Native = true },
		"Unknown expression":         func(c *export.Config) { c.What, c.Name = "SELECT nonsense", "x" },
		"holds another export":       func(c *export.Config) { c.Name = "other" },
		"another export writes into": func(c *export.Config) { c.Name = "locked" },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			cfg := p.config(t)
			change(&cfg)
			switch cfg.Name {
			case "other":
				first := cfg
				first.Format = export.CSV
				mustRun(t, first)
			case "locked":
				cfg.Progress = func(done, _ int) {
					second := cfg
					second.Progress = nil
					if _, err := export.Run(t.Context(), second); done == 1 && (err == nil || !strings.Contains(err.Error(), want)) {
						t.Errorf("second export: %v", err)
					}
				}
				mustRun(t, cfg)
				return
			}
			if _, err := export.Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// An error in the middle of the rows leaves no file.
func TestBrokenOffInTheMiddle(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	cfg := p.config(t)
	cfg.Name, cfg.By, cfg.Format = "broken", export.ByNone, export.CSV
	// It is counted without an error, as nobody reads the column then.
	cfg.What = "SELECT number, throwIf(number = 900000 AND now64(6) > toDateTime64('2000-01-01', 6), 'enough') AS bad FROM numbers(1000000)"
	if _, err := export.Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "enough") {
		t.Errorf("got %v", err)
	}
	if got := tree(t, filepath.Join(cfg.Dir, "broken")); len(got) > 1 {
		t.Errorf("left behind: %d files", len(got))
	}
}
