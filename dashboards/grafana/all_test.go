package grafana

import "testing"

// Each dashboard is linked to from all others under the title that it has.
func TestDashboardsAreListedOnceForLinksToo(t *testing.T) {
	t.Parallel()
	listed := dashboards()
	all := All()
	if len(listed) != len(all) {
		t.Fatalf("%d dashboards are linked to, %d are made", len(listed), len(all))
	}
	for i, board := range all {
		if listed[i].uid != board.UID || listed[i].title != board.Title {
			t.Errorf("linked to as %v, made as %s %q", listed[i], board.UID, board.Title)
		}
	}
}
