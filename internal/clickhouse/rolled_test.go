package clickhouse

import "testing"

// rollUp fills the tables that processors/store keeps, as its first run does.
func rollUp(t testing.TB, c *Client) {
	t.Helper()
	const span = "(since = '1970-01-02 00:00:00', until = '2100-01-01 00:00:00')"
	run(t, c, `INSERT INTO readings_hourly (bucket, source, target, subject, metric, basis, first, last, min, max, avg, count, version)
		SELECT toStartOfHour(at), source, target, subject, metric, basis, argMin(value, at), argMax(value, at), min(value), max(value), avg(value), count(), 1
		FROM v_readings GROUP BY toStartOfHour(at), source, target, subject, metric, basis`)
	run(t, c, `INSERT INTO looks_hourly (hour, source, target, basis, ticks, good, depth, first_slot, last_slot, every_s, version)
		SELECT toStartOfHour(l.slot), source, target, basis, uniqExact(l.slot), uniqExactIf(l.slot, outcome IN ('ok', 'empty')),
			argMaxIf(l.depth, (l.slot, l.seen_at), outcome IN ('ok', 'empty')), min(l.slot), max(l.slot), argMax(l.every_s, (l.slot, l.seen_at)), 1
		FROM v_looks AS l GROUP BY toStartOfHour(l.slot), source, target, basis`)
	for _, f := range []struct{ table, columns, from string }{
		{"ranks_hourly", "hour, target, place, country, chart, basis, source, entity, entity_name, app, state, rank, best, worst, depth, looks", "ranks_hourly_between" + span},
		{"counts_hourly", "hour, kind, platform, country, target, subject, source, metric, basis, unit, level, growth, over_h", "counts_hourly_between" + span},
		{"attention", "hour, topic, basis, role, entity, entity_name, family, subject, target, metric, source, value, over_h", "attention_between" + span},
		{"corroboration", "*", "corroboration_now"},
		{"migrations", "*", "migrations_now"},
		{"lead_lag", "*", "lead_lag_now"},
	} {
		columns := f.columns
		if columns == "*" {
			columns = "* EXCEPT (gone, version)"
		}
		run(t, c, "INSERT INTO "+f.table+" ("+columns+") SELECT * FROM "+f.from)
	}
}
