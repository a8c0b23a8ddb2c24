package dashboards

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/processors/store"
)

const troubledChart = "chart/apple/us/top-free/overall"

// troubled is a database in which a source has looked at a chart every hour up to
// now, and not all went well: it failed three times, was refused once, and nobody
// looked for four hours; nor at a tag for sixteen. Something was imported and something is muted.
func troubled(t *testing.T, now time.Time) *clickhouse.Client {
	t.Helper()
	db := fresh(t)
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SyncWatch(t.Context(), cfg.Watch); err != nil {
		t.Fatal(err)
	}
	hour := func(i int) string { return now.Add(time.Duration(i) * time.Hour).Format(time.DateTime) }
	for i := -48; i <= 0; i++ {
		outcome, depth, reason := "ok", 100, ""
		switch {
		case i >= -12 && i < -8:
			continue
		case i >= -20 && i < -17:
			outcome, depth, reason = "failed", 0, "HTTP 503"
		case i == -5:
			outcome, depth, reason = "refused", 0, "it is no list"
		}
		run(t, db, fmt.Sprintf(`INSERT INTO looks (slot, source, target, basis, seen_at, outcome, depth, readings, reason, every_s, duration_ms, _topic, _partition, _offset)
VALUES ('%s', 'appstore', '`+troubledChart+`', 'measured', '%[1]s', '%s', %d, 1, '%s', 3600, 700, 't', 0, %d)`, hour(i), outcome, depth, reason, 100+i))
		if outcome == "ok" {
			run(t, db, fmt.Sprintf(`INSERT INTO readings (at, source, target, subject, metric, basis, value, slot, seen_at, parser_version, _topic, _partition, _offset)
VALUES ('%s', 'appstore', '`+troubledChart+`', '741292507', 'rank', 'measured', 7, '%[1]s', '%[1]s', 1, 't', 0, %d)`, hour(i), 100+i))
		}
	}
	for _, i := range []int{-20, -4} {
		run(t, db, fmt.Sprintf(`INSERT INTO looks (slot, source, target, basis, seen_at, outcome, readings, every_s, _topic, _partition, _offset)
VALUES ('%s', 'mastodon_tag', 'tag/mastodon.social//tiktokrefugee', 'measured', '%[1]s', 'ok', 1, 3600, 't', 0, %d)`, hour(i), 200+i))
	}
	run(t, db, fmt.Sprintf(`INSERT INTO episodes (id, kind, rule, source, target, subject, metric, basis, state, sequence, onset, at, value, baseline, peak, unit, severity, explanation, advice, _topic, _partition, _offset)
VALUES ('e1', 'health', 'looks-failing', 'appstore', '`+troubledChart+`', '`+troubledChart+`', 'looks', 'measured', 'open', 1, '%s', '%[1]s', 3, 0, 3, 'looks', 0.6, 'Three looks in a row failed.', 'Look at the log.', 't', 0, 1)`, hour(-20)))
	run(t, db, fmt.Sprintf(`INSERT INTO imports (id, name, imported_by, at, source_url, sha256, bytes, rows, mapping, note, via, _topic, _partition, _offset)
VALUES ('i1', 'figures.csv', 'somebody', '%s', 'https://example.org/figures.csv', '00', 10, 1, '', 'a test', 'file', 't', 0, 1)`, hour(-3)))
	run(t, db, fmt.Sprintf("INSERT INTO mutes (kind, name, since, until, version) VALUES ('entity', 'flip', '%s', '%s', 1)", hour(-6), hour(6)))
	if err := store.New(db, nil, nil, slog.New(slog.DiscardHandler)).Rollup(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func run(t *testing.T, db *clickhouse.Client, sql string) {
	t.Helper()
	if err := db.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
}
