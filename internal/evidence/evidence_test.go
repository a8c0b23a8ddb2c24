package evidence_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/evidence"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/store" //nolint:depguard // runs the rollups, as the program does
)

func TestMain(m *testing.M) {
	engine.MainHook()
	os.Exit(m.Run())
}

// rank and count are the ids of the two episodes of the place.
const (
	rank  = "a1b2c3"
	count = "d4e5f6"
)

// newPlace has ten days of a chart with a gap of five hours and a look that
// failed, ten days of a count, an episode of each, an event and two figures.
// What differs between two places with the same content (offsets, times of
// inserts) does.
func newPlace(t *testing.T, offset int) *evidence.Maker {
	t.Helper()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	ch, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(testkit.ClickHouse(t))}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ch.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := errors.Join(ch.Migrate(t.Context()), ch.SyncWatch(t.Context(), cfg.Watch)); err != nil {
		t.Fatal(err)
	}
	const from = "toDateTime64('2025-01-08 00:00:00', 3, 'UTC')"
	const chart, tag = "chart/apple/us/top-free/overall", "tag/mastodon.social//tiktokrefugee"
	for _, sql := range []string{
		`INSERT INTO looks (slot, source, target, basis, seen_at, outcome, depth, readings, reason, every_s, parser_version, _topic, _partition, _offset)
			SELECT ` + from + ` + toIntervalHour(number) AS slot, 'appstore', '` + chart + `', 'measured', slot + 30, if(number = 50, 'failed', 'ok'), if(number = 50, 0, 100),
			if(number < 100, 0, 1), if(number = 50, 'HTTP 503', ''), 3600, 1, 't', 0, number + %d FROM numbers(240) WHERE number NOT BETWEEN 130 AND 134`,
		`INSERT INTO readings (at, source, target, subject, metric, basis, value, slot, seen_at, parser_version, _topic, _partition, _offset)
			SELECT ` + from + ` + toIntervalHour(number) AS at, 'appstore', '` + chart + `', '741292507', 'rank', 'measured', greatest(1, 160 - number), at, at + 30, 1, 't', 0, number + %d
			FROM numbers(240) WHERE number >= 100 AND number NOT BETWEEN 130 AND 134`,
		`INSERT INTO looks (slot, source, target, basis, seen_at, outcome, readings, every_s, parser_version, _topic, _partition, _offset)
			SELECT ` + from + ` + toIntervalHour(number) AS slot, 'mastodon', '` + tag + `', 'modelled', slot, 'ok', 1, 3600, 1, 't', 1, number + %d FROM numbers(240)`,
		`INSERT INTO readings (at, source, target, subject, metric, basis, value, slot, seen_at, parser_version, _topic, _partition, _offset)
			SELECT ` + from + ` + toIntervalHour(number) AS at, 'mastodon', '` + tag + `', 'tiktokrefugee', 'posts_total', 'modelled', number * number, at, at, 1, 't', 1, number + %d FROM numbers(240)`,
		episodeSQL(rank, "appstore", chart, "741292507", "rank", "measured", "rank", "rednote", "'2025-01-15 00:00:00'", 101, 1),
		episodeSQL(count, "mastodon", tag, "tiktokrefugee", "posts_total", "modelled", "posts per hour", "", "NULL", 3, 477),
		`INSERT INTO facts (id, kind, topic, subject, metric, at_from, at_to, publisher, confidence, _topic, _partition, _offset)
			VALUES ('e', 'event', 'january-2025', 'tiktok', 'a ban', '2025-01-14 00:00:00', '2025-01-14 12:00:00', 'A court', 'high', 'f', 0, 1 + %d)`,
		`INSERT INTO facts (id, kind, topic, subject, metric, value, unit, at_from, at_to, publisher, confidence, _topic, _partition, _offset)
			VALUES ('f', 'figure', 'january-2025', 'rednote', 'new users', 700000, 'users', '2025-01-13 00:00:00', '2025-01-14 12:00:00', 'A paper', 'medium', 'f', 0, 2 + %d),
			('g', 'figure', 'january-2025', 'other', 'later', 1, 'users', '2026-01-13 00:00:00', '2026-01-14 12:00:00', 'A paper', 'medium', 'f', 0, 3 + %d)`,
	} {
		if err := ch.Exec(t.Context(), strings.ReplaceAll(sql, "%d", fmt.Sprint(offset))); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
	// Migrations are of the rollups.
	if err := store.New(ch, nil, nil, slog.New(slog.DiscardHandler)).Rollup(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &evidence.Maker{DB: ch, Version: "v1"}
}

func episodeSQL(id, source, target, subject, metric, basis, unit, entity, closed string, baseline, peak int) string {
	state := "closed"
	if closed == "NULL" {
		state = "updated"
	}
	return fmt.Sprintf(`INSERT INTO episodes (id, kind, rule, source, target, subject, metric, basis, state, sequence, onset, at, peak_at, closed,
		value, baseline, peak, unit, severity, explanation, topic, entity, every_s, depth, _topic, _partition, _offset)
		VALUES ('%s', 'surge', 'test', '%s', '%s', '%s', '%s', '%s', '%s', 2, '2025-01-12 04:00:00', '2025-01-15 00:00:00', '2025-01-14 15:00:00', %s,
		%d, %d, %d, '%s', 0.9, 'It rose.', 'tiktok-refugees', '%s', 3600, 100, 'e', 0, 1 + %%d)`,
		id, source, target, subject, metric, basis, state, closed, peak, baseline, peak, unit, entity)
}

func mustMake(t *testing.T, m *evidence.Maker, id string) evidence.Pack {
	t.Helper()
	p, err := m.Episode(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// made are two databases with the same content, and packs of the first.
type made struct {
	one, other  *evidence.Maker
	rank, count evidence.Pack
}

// TestPacks share databases and packs: to make one takes seconds.
func TestPacks(t *testing.T) {
	t.Parallel()
	m := made{one: newPlace(t, 0), other: newPlace(t, 1000)}
	m.rank, m.count = mustMake(t, m.one, rank), mustMake(t, m.one, count)
	for name, check := range map[string]func(*testing.T, made){
		"the same byte for byte": sameByteForByte, "a pack is whole": aPackIsWhole, "the dictionary knows the columns": dictionaryKnowsTheColumns,
		"statements stand alone": statementsStandAlone, "saved": saved, "a migration has its episodes": migrationHasItsEpisodes,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, m)
		})
	}
}

// Two runs on one database, and two databases with the same content.
func sameByteForByte(t *testing.T, m made) {
	t.Helper()
	for _, c := range []struct {
		name         string
		first, again evidence.Pack
	}{
		{"run again", m.rank, mustMake(t, m.one, rank)},
		{"another database", m.rank, mustMake(t, m.other, rank)},
	} {
		if diff := cmp.Diff(texts(c.first), texts(c.again)); diff != "" {
			t.Errorf("%s (-first +again):\n%s", c.name, diff)
		}
		a, err := c.first.Zip()
		b, err2 := c.again.Zip()
		if err := errors.Join(err, err2); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: zip files differ: %v", c.name, err)
		}
	}
}

func texts(p evidence.Pack) map[string]string {
	out := map[string]string{}
	for name, content := range p {
		out[name] = string(content)
	}
	return out
}

func aPackIsWhole(t *testing.T, m made) {
	t.Helper()
	p := m.rank
	for _, name := range []string{
		"README.md", "CITATION.cff", "manifest.json", "SHA256SUMS", "charts/whole.png", "charts/rise.png",
		"data/episode.csv", "data/states.csv", "data/series.csv", "data/series.parquet", "data/looks.csv", "data/looks.parquet", "data/gaps.csv", "data/coverage.csv",
		"data/corroboration.csv", "data/events.csv", "data/reported.csv", "data/others.csv", "data/dictionary.csv", "sql/series.sql", "sql/gaps.sql",
	} {
		if len(p[name]) == 0 {
			t.Errorf("%s is missing", name)
		}
	}
	readme := string(p["README.md"])
	for _, want := range []string{
		"RedNote, rank, chart/apple/us/top-free/overall (measured)", "**Measured**", "peak #1, 14 January 2025 15:00 UTC", "over 15 January 2025",
		"211 looks at the target, 1 of them failed", "gaps, ", "nobody else confirms it", "1 figures by 1 publishers",
	} {
		if !strings.Contains(readme, want) {
			t.Errorf("README.md has no %q:\n%s", want, readme)
		}
	}
	modelled := string(m.count["README.md"])
	for _, want := range []string{"**Modelled: nobody measured this series.**", "**not over** in the data", "what was new in an hour"} {
		if !strings.Contains(modelled, want) {
			t.Errorf("README.md of what is modelled has no %q", want)
		}
	}
	if lines := strings.Count(string(p["data/series.csv"]), "\n"); lines != 211+1 || !strings.Contains(string(p["data/series.csv"]), "not_fetched") {
		t.Errorf("series has %d lines, or no look that failed", lines)
	}
	if !strings.Contains(string(p["data/gaps.csv"]), "no look") || strings.Contains(string(p["data/reported.csv"]), "later") {
		t.Errorf("gaps or figures are wrong:\n%s\n%s", p["data/gaps.csv"], p["data/reported.csv"])
	}
	if file, err := parquet.OpenFile(bytes.NewReader(p["data/series.parquet"]), int64(len(p["data/series.parquet"]))); err != nil || file.NumRows() != int64(strings.Count(string(p["data/series.csv"]), "\n")-1) {
		t.Errorf("series.parquet: %v", err)
	}
	if img, err := png.Decode(bytes.NewReader(p["charts/whole.png"])); err != nil || img.Bounds().Dx() < 600 {
		t.Errorf("picture: %v", err)
	}
}

// Every column that a file shows is in the dictionary, unless it is named in
// the statement itself.
func dictionaryKnowsTheColumns(t *testing.T, m made) {
	t.Helper()
	p := m.rank
	dictionary := string(p["data/dictionary.csv"])
	for name, content := range p {
		if !strings.HasPrefix(name, "data/") || !strings.HasSuffix(name, ".csv") || name == "data/dictionary.csv" {
			continue
		}
		head, _, _ := strings.Cut(string(content), "\n")
		for column := range strings.SplitSeq(head, ",") {
			statement := string(p["sql/"+strings.TrimSuffix(strings.TrimPrefix(name, "data/"), ".csv")+".sql"])
			if !strings.Contains(dictionary, ","+column+",") && !strings.Contains(statement, "AS "+strings.Trim(column, `"`)) {
				t.Errorf("%s: the column %s is not explained", name, column)
			}
		}
	}
}

// The statements run as they stand, by themselves.
func statementsStandAlone(t *testing.T, m made) {
	t.Helper()
	for name, content := range m.rank {
		if strings.HasPrefix(name, "sql/") {
			if err := m.one.DB.Exec(t.Context(), string(content)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func saved(t *testing.T, m made) {
	t.Helper()
	p := m.rank
	for _, name := range []string{"pack", "pack.zip"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dest := filepath.Join(t.TempDir(), name)
			// As after a kill.
			if err := os.MkdirAll(filepath.Join(dest+".part", "data"), 0o755); err != nil {
				t.Fatal(err)
			}
			if written, err := p.Save(dest, false); err != nil || !written {
				t.Fatalf("save: %v, %v", written, err)
			}
			if written, err := p.Save(dest, false); err != nil || written {
				t.Errorf("save again: %v, %v", written, err)
			}
			files := checkSums(t, dest)
			if files != len(p)-1 {
				t.Errorf("%d sums of %d files", files, len(p))
			}
			other := evidence.Pack{"x": []byte("y")}
			if _, err := other.Save(dest, false); !errors.Is(err, evidence.ErrOther) {
				t.Errorf("overwritten: %v", err)
			}
			if written, err := other.Save(dest, true); err != nil || !written {
				t.Errorf("force: %v, %v", written, err)
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(dest), "*")); len(left) != 1 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// checkSums is sha256sum -c on what was saved.
func checkSums(t *testing.T, dest string) (n int) {
	t.Helper()
	fsys := os.DirFS(dest)
	if strings.HasSuffix(dest, ".zip") {
		z, err := zip.OpenReader(dest)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		for _, f := range z.File {
			if f.Modified.Year() != 1980 {
				t.Errorf("%s has the time %v", f.Name, f.Modified)
			}
		}
		fsys = z
	}
	sums, err := fs.ReadFile(fsys, "SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(sums)) {
		want, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		content, err := fs.ReadFile(fsys, name)
		if got := sha256.Sum256(content); err != nil || hex.EncodeToString(got[:]) != want {
			t.Errorf("%s: %v, or the wrong sum", name, err)
		}
		n++
	}
	return n
}

func migrationHasItsEpisodes(t *testing.T, m made) {
	t.Helper()
	if _, err := m.one.Episode(t.Context(), "none"); err == nil || !strings.Contains(err.Error(), "there is none") {
		t.Errorf("an episode that is none: %v", err)
	}
	if _, err := m.one.Episode(t.Context(), "x' OR 1"); err == nil || !strings.Contains(err.Error(), "letters and digits") {
		t.Errorf("an id that is none: %v", err)
	}
	told := 0
	p, err := m.one.Migration(t.Context(), "tiktok-refugees/measured/2025-01-12T04:00:00Z", func(int, int) { told++ })
	if err != nil {
		t.Fatal(err)
	}
	if len(p["episodes/2025-01-12-"+rank+"/data/series.csv"]) == 0 || len(p["data/migration.csv"]) == 0 || told != 1 || !strings.Contains(string(p["README.md"]), rank+"/README.md") {
		t.Errorf("pack of a migration: %d files, %d told\n%s", len(p), told, p["README.md"])
	}
	if _, err := m.one.Migration(t.Context(), "tiktok-refugees", func(int, int) {}); err == nil || !strings.Contains(err.Error(), "there are 2") {
		t.Errorf("a topic with two: %v", err)
	}
}
