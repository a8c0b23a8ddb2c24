package sqlrule

import (
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
)

const query = "\nSELECT subject, value FROM told"

// TestOpensAndClosesOnce: so many evaluations in a row, each way, and between
// the two thresholds nothing changes.
func TestOpensAndClosesOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t, "-- over: 100\n-- clear: 80\n-- looks: 2\n-- unit: posts\n-- topic: refugees\n-- description: Somebody wanted to know."+query)
	k.tell("a 101, b 5")
	k.tell("a 100, b 5") // exactly the threshold is not over it
	k.tell("a 110, b 5")
	k.want()
	k.tell("a 120, b 5")
	if e := k.published[0]; e.GetKind() != event.EpisodeSurge || e.GetSource() != "sql" || e.GetTarget().Key() != "list/sql//my-rule" || e.GetMetric() != "my-rule" ||
		e.GetTopic() != "refugees" || e.GetUnit() != "posts" || e.GetBaseline() != 100 || e.GetHigh() != 100 || e.GetPrevious() != 110 || e.GetMultiple() != 1.2 ||
		e.GetBasis() != event.Basis_BASIS_MEASURED || e.GetEveryS() != 300 || len(e.GetHistory()) != 4 || e.GetChange() != "opened" {
		t.Errorf("episode is %v", e)
	}
	const says = "my-rule: the value of a is 120 posts, over 100 in 2 evaluations in a row (one every 5m); 80 or less in as many closes the episode. Somebody wanted to know."
	if got := k.published[0].GetExplanation(); got != says {
		t.Errorf("it says %q, want %q", got, says)
	}
	k.want("my-rule a open since 00:15 at 00:20 value 120 peak 120 severity 0.5")
	k.tell("a 150, b 5")
	k.tell("a 81, b 5")
	k.tell("a 80, b 5")
	k.tell("a 90, b 5")
	k.tell("a 70, b 5")
	k.want()
	k.tell("a 60, b 5")
	k.want("my-rule a closed since 00:15 at 00:50 value 60 peak 150 severity 0.5")
	k.tell("a 101, b 101")
	k.tell("a 101, b 101")
	k.want("my-rule a open since 00:55 at 01:00 value 101 peak 101 severity 0.5", "my-rule b open since 00:55 at 01:00 value 101 peak 101 severity 0.5")
}

// TestARestartForgetsNothingThatWasSaid: what is open is read back.
func TestARestartForgetsNothingThatWasSaid(t *testing.T) {
	t.Parallel()
	k := newKit(t, "-- over: 100"+query)
	for _, rows := range []string{"a 120", "a 150", "a 95", "a 220", "a 130", "a 90", "a 90"} {
		k.restart()
		k.tell(rows)
	}
	k.want(
		"my-rule a open since 00:05 at 00:05 value 120 peak 120 severity 0.5",
		"my-rule a updated since 00:05 at 00:20 value 220 peak 220 severity 0.65",
		"my-rule a closed since 00:05 at 00:30 value 90 peak 220 severity 0.65")
	// What the broker did not take is said again.
	k.refuse = true
	k.exec("TRUNCATE TABLE told")
	k.exec("INSERT INTO told VALUES ('a', 101, '2026-03-02 00:00:00')")
	k.turn++
	now := start.Add(time.Duration(k.turn) * every)
	if err := k.p.Evaluate(t.Context(), now); err == nil {
		t.Error("a broker that is away is no error")
	}
	k.refuse = false
	if err := k.p.Evaluate(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	k.want("my-rule a open since 00:40 at 00:40 value 101 peak 101 severity 0.5")
}

func TestUnder(t *testing.T) {
	t.Parallel()
	k := newKit(t, "-- under: 8\n-- clear: 10\n-- severity: 0.2"+query)
	for _, rows := range []string{"a 9", "a 7", "a 1", "a 9", "a 0.5", "a 10"} {
		k.tell(rows)
	}
	k.want(
		"my-rule a open since 00:10 at 00:10 value 7 peak 7 severity 0.2",
		"my-rule a updated since 00:10 at 00:15 value 1 peak 1 severity 0.65",
		"my-rule a updated since 00:10 at 00:25 value 0.5 peak 0.5 severity 0.8",
		"my-rule a closed since 00:10 at 00:30 value 10 peak 0.5 severity 0.8")
}

// TestMissingIsNotWell: a subject without a row, or with NULL, says nothing,
// unless the rule says that it does.
func TestMissingIsNotWell(t *testing.T) {
	t.Parallel()
	k := newKit(t, "-- over: 1"+query)
	k.tell("a 5")
	k.tell("")
	k.tell("a NULL")
	k.restart()
	k.tell("b 1")
	k.want("my-rule a open since 00:05 at 00:05 value 5 peak 5 severity 0.8")
	k.turn += int(abandoned/every) + 1
	k.tell("b 1")
	k.want("my-rule a closed since 00:05 at 00:30 value 5 peak 5 severity 0.8")

	k = newKit(t, "-- over: 1\n-- looks: 2\n-- missing: clear"+query)
	for _, rows := range []string{"a 5", "", "a 5", "a 5", "", "a 5", "", ""} {
		k.tell(rows)
	}
	k.want(
		"my-rule a open since 00:15 at 00:20 value 5 peak 5 severity 0.8",
		"my-rule a closed since 00:15 at 00:40 value 5 peak 5 severity 0.8")
}

// TestAMomentSaysItselfOnce: where rows say when, an evaluation without news
// counts for nothing, and onset and end are those moments.
func TestAMomentSaysItselfOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t, "-- over: 1\n-- looks: 2\nSELECT subject, value, at FROM told")
	k.tell("a 5 @2026-03-01 10:00:00")
	k.tell("a 5 @2026-03-01 10:00:00")
	k.tell("a 6 @2026-03-01 09:00:00")
	k.want()
	k.tell("a 4 @2026-03-01 11:00:00")
	k.want("my-rule a open since 10:00 at 11:00 value 4 peak 5 severity 0.8")
	k.restart()
	k.tell("a 0 @2026-03-01 11:00:00")
	k.tell("a 0 @2026-03-01 12:00:00")
	k.tell("a 0 @2026-03-01 12:00:00")
	k.tell("a 0 @2026-03-01 13:00:00")
	k.want("my-rule a closed since 10:00 at 13:00 value 0 peak 5 severity 0.8")
}

// TestABadQueryIsTold, and disturbs no other rule.
func TestABadQueryIsTold(t *testing.T) {
	t.Parallel()
	k := newKit(t, "-- over: 1\nSELECT subject, value FROM later")
	k.rules = append(k.rules, k.rule("well", "-- over: 1"+query))
	k.restart()
	k.tell("a 5")
	k.restart()
	k.tell("a 5")
	if e := k.published[0]; e.GetKind() != event.EpisodeHealth || e.GetTarget().Key() != "source/sql//my-rule" || e.GetAdvice() == "" ||
		!strings.Contains(e.GetExplanation(), "my-rule.sql") || !strings.Contains(e.GetExplanation(), "later") {
		t.Errorf("episode is %v", e)
	}
	k.want("sql-rule-failing my-rule open since 00:05 at 00:05 value 1 peak 1 severity 0.5", "well a open since 00:05 at 00:05 value 5 peak 5 severity 0.8")
	k.exec("CREATE VIEW later AS SELECT subject, value FROM told")
	k.tell("a 5")
	k.want("sql-rule-failing my-rule closed since 00:05 at 00:15 value 0 peak 1 severity 0.5", "my-rule a open since 00:15 at 00:15 value 5 peak 5 severity 0.8")
	// It may break while it runs. What is open stays open.
	k.exec("DROP TABLE later")
	k.tell("a 0")
	k.want("sql-rule-failing my-rule open since 00:20 at 00:20 value 1 peak 1 severity 0.5", "well a closed since 00:05 at 00:20 value 0 peak 5 severity 0.8")
}

// TestWhatMayPassIsToldTheThirdTime.
func TestWhatMayPassIsToldTheThirdTime(t *testing.T) {
	t.Parallel()
	k := newKit(t, "-- over: 1\nSELECT 'a' AS subject, throwIf(value > 7) + 2 AS value FROM told")
	for range 3 {
		k.tell("a 8")
	}
	k.want("sql-rule-failing my-rule open since 00:05 at 00:15 value 3 peak 3 severity 0.5")
	k.tell("a 1")
	k.want("sql-rule-failing my-rule closed since 00:05 at 00:20 value 0 peak 3 severity 0.5", "my-rule a open since 00:20 at 00:20 value 2 peak 2 severity 0.65")
}

func TestARuleThatIsGoneEnds(t *testing.T) {
	t.Parallel()
	k := newKit(t, "-- over: 1"+query)
	k.rules = append(k.rules, k.rule("bad", "-- over: 1\nSELECT 1 AS nothing"))
	k.restart()
	k.tell("a 5")
	k.rules = nil
	k.restart()
	k.evaluate()
	said := map[string]bool{}
	for _, e := range k.published {
		said[e.GetRule()+" "+e.GetSubject()+" "+e.GetState().Word()] = true
	}
	for _, want := range []string{"my-rule a open", "my-rule a closed", "sql-rule-failing bad open", "sql-rule-failing bad closed"} {
		if !said[want] || len(k.published) != 4 {
			t.Errorf("no %q in %v", want, said)
		}
	}
}

// TestQueriesOnlyRead, within their limits.
func TestQueriesOnlyRead(t *testing.T) {
	t.Parallel()
	k := newKit(t, "-- over: 1"+query)
	k.exec("INSERT INTO told SELECT toString(number), 0, '2026-03-02 00:00:00' FROM numbers(5)")
	k.cfg.MaxRows, k.cfg.Timeout = 4, k.cfg.Timeout/15
	for sql, want := range map[string]string{
		"INSERT INTO told SELECT 'x', 1, now()":                                                             "",
		"SELECT subject, value FROM told) SETTINGS readonly = 0 --":                                         "",
		"SELECT subject, value FROM told SETTINGS max_result_rows = 0":                                      "",
		"SELECT subject, value FROM told":                                                                   "396", // TOO_MANY_ROWS_OR_BYTES
		"SELECT 'a' AS subject, sum(sleepEachRow(1)) AS value FROM numbers(60) SETTINGS max_block_size = 1": "",
		"SELECT 'a' AS subject, count() AS value FROM numbers(1000000000000) WHERE cityHash64(number) = 1":  "",
		"SELECT 'a' AS subject, value FROM told LIMIT 2":                                                    "is there twice",
		"SELECT '' AS subject, 1 AS value":                                                                  "has 0 bytes",
		"SELECT value FROM told":                                                                            "it has no column subject",
		"SELECT subject FROM told":                                                                          "it has no column value",
		"SELECT subject, 'x' AS value FROM told":                                                            "the column value is String, want a number",
		"SELECT subject, value, 1 AS at FROM told":                                                          "the column at is UInt8, want a Date or a DateTime",
		"SELECT subject, valeu FROM told":                                                                   "valeu",
		"SELEC subject":                                                                                     "",
	} {
		r := Rule{Name: "x", Path: "x.sql", SQL: sql}
		q, err := ask(t.Context(), k.db, k.cfg, &r)
		if err == nil {
			_, err = q.run(t.Context(), k.db, k.cfg, &r)
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "x.sql") {
			t.Errorf("%s: error is %v, want one with %q", sql, err, want)
		}
	}
	if n, err := clickhouse.SelectOne[uint64](t.Context(), k.db, "SELECT count() FROM told"); n != 5 || err != nil {
		t.Errorf("told has %d rows (%v), had 5", n, err)
	}
	good := Rule{Name: "x", Path: "x.sql", SQL: "WITH 3 AS n SELECT toLowCardinality(subject) AS subject, toDecimal32(n, 2) AS value, toDate('2026-03-02') AS at, 'more' AS more FROM told LIMIT 1"}
	if err := Check(t.Context(), k.db, k.cfg, &good); err != nil {
		t.Error(err)
	}
}
