package sqlrule

import (
	"testing"
)

// TestTheExampleIsGood: the rule that the page shows is tried, and finds.
func TestTheExampleIsGood(t *testing.T) {
	t.Parallel()
	k := newKit(t, "-- over: 1"+query)
	cfg := k.cfg
	cfg.Paths = []string{"../../deploy/examples/rules"}
	rules, err := Load(cfg)
	if err != nil {
		t.Fatal(err)
	}
	k.exec(`INSERT INTO readings (source, target, basis, at, slot, seen_at, subject, metric, value)
		SELECT 'mastodon', concat('tag/', server, '//x'), 'measured', now64(3) - 60 AS s, s, s, 'X', 'uses_today', 3000
		FROM (SELECT arrayJoin(['a.example', 'b.example']) AS server)`)
	for i := range rules {
		q, err := ask(t.Context(), k.db, cfg, &rules[i])
		if err != nil {
			t.Fatal(err)
		}
		rows, err := q.run(t.Context(), k.db, cfg, &rules[i])
		if err != nil || len(rows) != 1 || !rules[i].crosses(*rows["x"].Value) {
			t.Errorf("rows of %s are %v (%v)", rules[i].Name, rows, err)
		}
	}
}
