package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestFreshnessIsKept: the rollups keep how each target is, forget what is gone,
// and when they stand still everything goes stale in its time.
func TestFreshnessIsKept(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := k.assign(t, -1)
	const rows = "SELECT concat(target, ' ', state, ' ', why, ' ', toString(failures)) AS row FROM "
	now := time.Now().UTC().Truncate(time.Second)
	minutely := chart(now.Add(-30*time.Second), 3)
	minutely.EveryS = 60
	handle(t, h, batch(t, 0, failed(tagLook(now, 5), "HTTP 503"), minutely))
	fill := func() {
		for _, table := range wholeTables() {
			if table.table != "freshness" {
				continue
			}
			if err := k.fillWhole(t.Context(), table, &hoursState{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill()
	want := k.texts(t, rows+"v_freshness ORDER BY row")
	if diff := cmp.Diff(want, k.texts(t, rows+"kept_freshness ORDER BY row")); diff != "" || len(want) != 2 {
		t.Errorf("kept otherwise than it is (-want +got):\n%s", diff)
	}

	// As if the last run had been four intervals ago.
	k.exec(t, "INSERT INTO freshness SELECT * REPLACE(last_look - INTERVAL 240 SECOND AS last_look, version + 1 AS version) FROM freshness WHERE every_s = 60")
	got := k.texts(t, "SELECT concat(state, ' ', leftUTF8(why, 13)) AS row FROM kept_freshness WHERE every_s = 60")
	if diff := cmp.Diff([]string{"stale no look since"}, got); diff != "" {
		t.Errorf("while the rollups stand still (-want +got):\n%s", diff)
	}

	k.exec(t, "TRUNCATE TABLE looks")
	fill()
	if got := k.texts(t, rows+"kept_freshness"); len(got) != 0 {
		t.Errorf("kept of what is gone: %q", got)
	}
}
