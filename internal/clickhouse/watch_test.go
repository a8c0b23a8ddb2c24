package clickhouse

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/config"
)

func TestSyncWatch(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	rednote := config.Entity{
		ID: "rednote", Name: "RedNote", Colour: "#e5243b",
		Aliases: []string{"Xiaohongshu", "小红书", "Little Red Book", "REDnote"},
		Apps:    map[string]string{"apple": "741292507", "google": "com.xingin.xhs"},
	}
	tiktok := config.Entity{ID: "tiktok", Name: "TikTok", Apps: map[string]string{"apple": "835599320"}}
	sync := func(entities ...config.Entity) {
		t.Helper()
		if err := c.SyncWatch(t.Context(), config.Watch{Entities: entities}); err != nil {
			t.Fatal(err)
		}
	}
	text := func(sql string) string {
		t.Helper()
		s, err := SelectOne[string](t.Context(), c, sql)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const entities = `SELECT arrayStringConcat(groupArray(concat(id, ' ', name, ' ', toString(aliases), ' ', toString(mapSort(apps)), ' ', colour)), '; ')
		FROM (SELECT * FROM entities ORDER BY position)`
	sync(rednote, tiktok)
	first := "rednote RedNote ['Xiaohongshu','小红书','Little Red Book','REDnote'] {'apple':'741292507','google':'com.xingin.xhs'} #e5243b; tiktok TikTok [] {'apple':'835599320'} "
	if diff := cmp.Diff(first, text(entities)); diff != "" {
		t.Error(diff)
	}
	rows := text("SELECT toString(count()) FROM watchlist")
	sync(rednote, tiktok)
	if again := text("SELECT toString(count()) FROM watchlist"); again != rows {
		t.Errorf("the same list again: %s rows, were %s", again, rows)
	}

	rednote.Name, rednote.Aliases, rednote.Colour = "Rednote", rednote.Aliases[1:2], "#ff0000"
	delete(rednote.Apps, "google")
	sync(rednote)
	if diff := cmp.Diff("rednote Rednote ['小红书'] {'apple':'741292507'} #ff0000", text(entities)); diff != "" {
		t.Error(diff)
	}
	if keys := text("SELECT toString(arraySort(groupArray(key))) FROM entity_keys"); strings.Contains(keys, "tiktok") || strings.Contains(keys, "xingin") {
		t.Errorf("keys of what was removed: %s", keys)
	}

	sync(tiktok, config.Entity{
		ID: "rednote", Name: "RedNote", Colour: "#e5243b",
		Aliases: []string{"Xiaohongshu", "小红书", "Little Red Book", "REDnote"},
		Apps:    map[string]string{"apple": "741292507", "google": "com.xingin.xhs"},
	})
	if got := text("SELECT toString(groupArray(id)) FROM (SELECT id FROM entities ORDER BY position)"); got != "['tiktok','rednote']" {
		t.Errorf("back again: %s", got)
	}
}
