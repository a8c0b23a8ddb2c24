package store

import (
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// TestImportsAreStoredAndNamed: every imported row says which import brought it,
// and a second import of the same thing changes nothing that can be seen.
func TestImportsAreStoredAndNamed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	if err := k.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := k.assign(t, -1)
	said := func(at time.Time, by string) *event.Import {
		return &event.Import{
			Id: "i1", Name: "views.csv", ImportedBy: by, AtMs: at.UnixMilli(), SourceUrl: "https://example.org/a",
			Sha256: "ab", Bytes: 120, Rows: 3, Mapping: "version: 1\n", Note: "by hand", Via: "file",
		}
	}
	handle(t, h, batch(t, 0, chart(day, 1), imported(chart(day.Add(time.Hour), 2), "i1"), said(day, "ann")))
	handle(t, h, batch(t, 3, imported(chart(day.Add(time.Hour), 2), "i1"), said(day.Add(24*time.Hour), "bob")))
	for sql, want := range map[string]string{
		"SELECT toString(groupArray((i, n))) FROM (SELECT toString(import_id) AS i, count() AS n FROM v_readings GROUP BY i ORDER BY i)":                   "[('',1),('i1',2)]",
		"SELECT toString(groupArray((i, n))) FROM (SELECT toString(import_id) AS i, count() AS n FROM v_looks GROUP BY i ORDER BY i)":                      "[('',1),('i1',1)]",
		"SELECT toString(groupArray((id, name, imported_by, toString(at), source_url, sha256, bytes, rows, mapping, note, toString(via)))) FROM v_imports": "[('i1','views.csv','ann','2025-01-14 00:00:00.000','https://example.org/a','ab',120,3,'version: 1\\n','by hand','file')]",
	} {
		if got := one[string](t, k, sql); got != want {
			t.Errorf("%s\n got %s\nwant %s", sql, got, want)
		}
	}
}

// TestAWholeImportHoldsOverOneThatWasBegun, whichever was first.
func TestAWholeImportHoldsOverOneThatWasBegun(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	if err := k.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := k.assign(t, -1)
	said := func(hours int, rows uint64) *event.Import {
		return &event.Import{
			Id: "i1", Name: "f", ImportedBy: "a", AtMs: day.Add(time.Duration(hours) * time.Hour).UnixMilli(),
			Sha256: "ab", Rows: rows, Mapping: "version: 1\n", Via: "file",
		}
	}
	const sql = "SELECT concat(toString(toHour(at)), ' ', state, ' ', ifNull(toString(rows), 'NULL')) FROM v_imports"
	// Cut short: how many rows there are is not known, and not 0.
	handle(t, h, batch(t, 0, said(0, 0)))
	if got := one[string](t, k, sql); got != "0 begun NULL" {
		t.Errorf("the record of one that was begun is %s", got)
	}
	// Whole at the second try, and the whole again.
	handle(t, h, batch(t, 1, said(1, 0), said(1, 3), said(2, 0), said(2, 3)))
	if got := one[string](t, k, sql); got != "1 whole 3" {
		t.Errorf("the record is of %s, want 1 whole 3", got)
	}
}
