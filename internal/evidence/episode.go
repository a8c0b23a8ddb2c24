package evidence

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// episode is what v_episodes says, as far as a pack needs it.
type episode struct {
	ID          string     `ch:"id"`
	Kind        string     `ch:"kind"`
	Rule        string     `ch:"rule"`
	Source      string     `ch:"source"`
	Target      string     `ch:"target"`
	Subject     string     `ch:"subject"`
	Metric      string     `ch:"metric"`
	Basis       string     `ch:"basis"`
	State       string     `ch:"state"`
	Onset       time.Time  `ch:"onset"`
	At          *time.Time `ch:"at"`
	PeakAt      *time.Time `ch:"peak_at"`
	Closed      *time.Time `ch:"closed"`
	Value       float64    `ch:"value"`
	Baseline    float64    `ch:"baseline"`
	Peak        float64    `ch:"peak"`
	Unit        string     `ch:"unit"`
	Explanation string     `ch:"explanation"`
	Topic       string     `ch:"topic"`
	Entity      string     `ch:"entity"`
	EntityName  string     `ch:"entity_name"`
	EveryS      uint32     `ch:"every_s"`
	Depth       uint32     `ch:"depth"`
	GivenBack   *float64   `ch:"given_back"`
	HalfLifeS   *float64   `ch:"half_life_s"`
}

func (m *Maker) read(ctx context.Context, id string) (*episode, error) {
	if !regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`).MatchString(id) {
		return nil, errors.New("an id has letters and digits only")
	}
	rows, err := clickhouse.SelectLimited[episode](ctx, m.DB, limits(), `SELECT id, kind, rule, source, target, subject, metric, basis, state, onset, at, peak_at, closed,
	value, baseline, peak, unit, explanation, topic, e.entity AS entity, if(n.name = '', e.entity, n.name) AS entity_name, every_s, depth, given_back, half_life_s
FROM v_episodes AS e LEFT JOIN (SELECT id AS entity, name FROM entities) AS n ON n.entity = e.entity
WHERE e.id = ?`, id)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("there is none; SELECT id, subject, onset FROM v_episodes lists them all")
	}
	return &rows[0], nil
}

// last is the last moment of the data that the episode knows of.
func (e *episode) last() time.Time {
	switch {
	case e.Closed != nil:
		return e.Closed.UTC()
	case e.At != nil:
		return e.At.UTC()
	default:
		return e.Onset.UTC()
	}
}

// from and to are the span of the evidence, in whole days.
func (e *episode) from() time.Time { return e.Onset.Add(-before).UTC().Truncate(24 * time.Hour) }

func (e *episode) to() time.Time {
	return e.last().Add(after + 24*time.Hour - 1).Truncate(24 * time.Hour)
}

// series is the condition of what was looked at.
func (e *episode) series() string {
	return "source = " + literal(e.Source) + " AND target = " + literal(e.Target) + " AND basis = " + literal(e.Basis)
}

// title names an episode in a few words.
func (e *episode) title() string {
	who := e.EntityName
	if who == "" {
		who = e.Subject
	}
	return fmt.Sprintf("%s, %s, %s (%s)", who, strings.ReplaceAll(e.Metric, "_", " "), e.Target, e.Basis)
}

func (e *episode) ranked() bool { return e.Metric == "rank" && strings.HasPrefix(e.Target, "chart/") }

// query is one file of data.
type query struct {
	name, about, sql string
	// tables are those whose columns it shows.
	tables  []string
	parquet bool
}

// queries are all that a pack asks. Columns are named one by one: what is about
// our own bookkeeping (offsets, times of inserts) differs between two databases
// with the same content.
func (c *chapter) queries() []query {
	e := c.e
	from, to := moment(e.from()), moment(e.to())
	within := "slot >= " + from + " AND slot < " + to
	reach := "(ifNull(at_to, at_from) >= " + from + " AND ifNull(at_from, at_to) < " + to + ")"
	if e.Entity != "" {
		reach += " OR subject = " + literal(e.Entity)
	}
	all := []query{
		{"episode", "The episode in its latest state.", "SELECT * FROM v_episodes WHERE id = " + literal(e.ID), []string{"v_episodes"}, true},
		{"states", "Every state that was published of it.", statesSQL + literal(e.ID) + "\nORDER BY sequence, state", []string{"episodes"}, false},
		c.seriesQuery(within),
		{"looks", "Every look at the target in the span, whatever came of it.", "SELECT source, target, basis, slot, seen_at, outcome, reason, depth, readings, every_s, via, parser_version, http_status\nFROM v_looks\nWHERE " +
			e.series() + " AND " + within + "\nORDER BY slot, seen_at", []string{"v_looks"}, true},
		{"gaps", "Where nobody looked, within the span. Nothing is filled in there.", "SELECT source, target, basis, greatest(from, " + from + ") AS gap_from, least(to, " + to + ") AS gap_to, cause,\n" +
			"\tround((toUnixTimestamp64Milli(gap_to) - toUnixTimestamp64Milli(gap_from)) / 1000) AS seconds, every_s\nFROM gaps_between(since = " + from + ", until = " + to + ")\nWHERE " + e.series() + "\nORDER BY gap_from", []string{"gaps"}, false},
		{"coverage", "How much of the schedule was looked at, by day.", "SELECT source, target, basis, day, expected, ok, ratio\nFROM v_coverage_between(since = toDate('" + e.from().Format(time.DateOnly) + "'), until = toDate('" +
			e.to().AddDate(0, 0, -1).Format(time.DateOnly) + "'))\nWHERE " + e.series() + "\nORDER BY day", []string{"v_coverage"}, false},
		{"corroboration", "Which independent sources moved in the same 48 hours, and which first.", "SELECT id, topic, basis, source, family, target, subject, metric, onset, others, first, first_lead_s, score, explanation,\n" +
			"\ttoString(moved) AS moved\nFROM v_corroboration\nWHERE id = " + literal(e.ID), []string{"v_corroboration"}, false},
		{"events", "What happened, as published.", "SELECT id, topic, subject, what, at_from, at_to, time_basis, scope, reported, publisher, seen_in, confidence, note\nFROM events\nWHERE " + reach +
			"\nORDER BY at_from, id", []string{"events"}, false},
		{
			"reported", "Published figures, each with who said it, when, and how sure it is. We measured none of them.",
			"SELECT id, topic, subject, metric, value, value_text, unit, scope, at_from, at_to, time_basis, reported, publisher, seen_in, confidence, note\nFROM reported\nWHERE " + reach +
				"\nORDER BY at_to, id",
			[]string{"reported"},
			false,
		},
	}
	if e.Topic != "" {
		all = append(all, query{"others", "Other episodes of the same topic and basis that overlap the span.", "SELECT id, source, target, subject, entity, metric, state, onset, peak_at, closed, peak, unit, baseline\nFROM v_episodes\nWHERE topic = " +
			literal(e.Topic) + " AND basis = " + literal(e.Basis) + " AND id != " + literal(e.ID) + " AND onset < " + to + " AND ifNull(closed, " + to + ") >= " + from + "\nORDER BY onset, id", []string{"v_episodes"}, false})
	}
	return append(all, dictionary(all))
}

const statesSQL = `SELECT id, sequence, state, change, at, value, previous, baseline, low, high, peak, peak_at, unit, multiple, severity, coverage, explanation
FROM episodes FINAL
WHERE id = `

// seriesQuery is the series itself: one row per look, with the state, so that
// missing is never taken for 0.
func (c *chapter) seriesQuery(within string) query {
	e := c.e
	if e.ranked() {
		return query{
			"series", "The series: one row per look. rank is NULL unless the state is ranked; effective_rank is for drawing only.",
			"SELECT source, target, basis, subject, entity_name, slot, seen_at, state, rank, depth, effective_rank, outcome, reason\nFROM v_ranks\nWHERE " + e.series() +
				" AND subject = " + literal(e.Subject) + " AND " + within + "\nORDER BY slot, seen_at",
			[]string{"v_ranks"},
			true,
		}
	}
	return query{
		"series", "The series: one row per moment that a reading is about.",
		"SELECT source, target, basis, subject, metric, at, slot, seen_at, value\nFROM v_readings\nWHERE " + e.series() + " AND subject = " + literal(e.Subject) +
			" AND metric = " + literal(readMetric(e.Metric)) + " AND at >= " + moment(e.from()) + " AND at < " + moment(e.to()) + "\nORDER BY at",
		[]string{"v_readings"},
		true,
	}
}

// readMetric is the metric of the readings; a detector may judge their growth.
func readMetric(metric string) string { return metric }

// dictionary is what the columns of the other files mean, as the schema says.
func dictionary(of []query) query {
	seen := map[string]bool{}
	var tables []string
	for _, q := range of {
		for _, t := range q.tables {
			if !seen[t] {
				seen[t] = true
				tables = append(tables, literal(t))
			}
		}
	}
	return query{name: "dictionary", about: "What the columns mean, as the schema says.", sql: "SELECT table, name, type, comment\nFROM system.columns\nWHERE database = currentDatabase() AND table IN (" +
		strings.Join(tables, ", ") + ") AND comment != '' AND NOT startsWith(name, '_')\nORDER BY table, position"}
}
