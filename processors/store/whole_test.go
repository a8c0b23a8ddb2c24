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
	k.makeAnew(t, "freshness")
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
	k.makeAnew(t, "freshness")
	if got := k.texts(t, rows+"kept_freshness"); len(got) != 0 {
		t.Errorf("kept of what is gone: %q", got)
	}
}

// TestReportedIsKept: the rollups keep each published figure beside ours, and
// forget what is published no more.
func TestReportedIsKept(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	const rows = "SELECT toString(tuple(*)) AS row FROM "
	for _, figure := range []string{"'near', 12", "'far', 900"} {
		k.exec(t, "INSERT INTO facts (id, value, kind, topic, subject, metric, scope, at_from, at_to) SELECT "+figure+
			", 'figure', 'x', '#rednote', 'uses_today', 'tag/mastodon.social//rednote', '2025-01-13 00:00:00', '2025-01-13 05:00:00'")
	}
	k.exec(t, `INSERT INTO counts_hourly (hour, kind, platform, target, subject, source, metric, basis, unit, level, version)
		SELECT toDateTime('2025-01-13 00:00:00', 'UTC') + 3600 * number, 'tag', 'mastodon.social', 'tag/mastodon.social//rednote', 'rednote', 'mastodon', 'uses_today', 'measured', 'uses', 10 + number, 1 FROM numbers(6)`)
	k.makeAnew(t, "reported_beside")
	want := k.texts(t, rows+"v_reported_vs_measured ORDER BY row")
	if diff := cmp.Diff(want, k.texts(t, rows+"kept_reported_vs_measured ORDER BY row")); diff != "" || len(want) != 2 {
		t.Errorf("kept otherwise than it is (-want +got):\n%s", diff)
	}
	got := k.texts(t, "SELECT concat(id, ' ', toString(assumeNotNull(measured_value)), ' ', comparable) AS row FROM kept_reported_vs_measured ORDER BY id")
	if diff := cmp.Diff([]string{"far 15 same", "near 12 same"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	k.exec(t, "TRUNCATE TABLE facts")
	k.makeAnew(t, "reported_beside")
	if got := k.texts(t, rows+"kept_reported_vs_measured"); len(got) != 0 {
		t.Errorf("kept of what is gone: %q", got)
	}
}

// makeAnew makes one of the kept tables anew.
func (k *kit) makeAnew(t *testing.T, name string) {
	t.Helper()
	for _, table := range wholeTables() {
		if table.table != name {
			continue
		}
		if err := k.fillWhole(t.Context(), table, &hoursState{}); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("there is no table %s", name)
}
