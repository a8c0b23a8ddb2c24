package clickhouse

import (
	"testing"

	"github.com/tidemark/tidemark/internal/config"
)

// TestAFoundAppIsNamed: an app that was found by its name is known to every
// view, and a configured id wins.
func TestAFoundAppIsNamed(t *testing.T) {
	t.Parallel()
	c := watched(t)
	find := func(source, country, slot, entity string, id float64) {
		t.Helper()
		run(t, c, `INSERT INTO readings (source, target, basis, at, slot, seen_at, subject, metric, value)
			VALUES (?, ?, 'measured', ?, ?, ?, ?, 'app_id', ?)`, source, "listing/apple/"+country+"/search", slot, slot, slot, entity, id)
	}
	const day = "2025-01-14 00:00:00"
	look(t, c, chartUS, "measured", day, "ok", "", 100)
	reading(t, c, chartUS, "measured", day, "1392512148", "rank", 3)
	const ranked = "SELECT entity, state, rank FROM v_ranks WHERE entity = 'clapper'"
	wantLines(t, c, "SELECT count() FROM ("+ranked+")", "0")

	find("appstore_search", "us", "2025-01-13 00:00:00", "clapper", 5) // another one, earlier
	find("appstore_search", "us", day, "clapper", 1392512148)
	find("appstore_search", "us", day, "tiktok", 99) // is configured
	find("appstore_search", "us", day, "nobody", 98) // is not watched
	find("somebody_else", "us", day, "clapper", 97)  // does not search
	wantLines(t, c, "SELECT entity, place, app, found FROM entity_apps ORDER BY found, entity, place",
		"rednote | apple | 741292507 | 0", "rednote | google | com.xingin.xhs | 0", "tiktok | apple | 835599320 | 0", "clapper | apple | 1392512148 | 1")
	wantLines(t, c, "SELECT apps['apple'] FROM entities ORDER BY id", "1392512148", "741292507", "835599320")
	wantLines(t, c, "SELECT entity FROM v_named_readings WHERE metric = 'rank'", "clapper")
	wantLines(t, c, ranked, "clapper | ranked | 3")

	find("appstore_search", "gb", day, "clapper", 7) // the storefronts disagree
	wantLines(t, c, "SELECT count() FROM entity_apps WHERE found", "0")
	err := c.SyncWatch(t.Context(), config.Watch{Entities: []config.Entity{{ID: "clapper", Name: "Clapper", Apps: map[string]string{"apple": "8"}}}})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, c, "SELECT app, found FROM entity_apps", "8 | 0")
}
