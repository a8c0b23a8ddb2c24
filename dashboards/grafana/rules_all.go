package grafana

// The rules that Grafana evaluates by itself: the way without code, beside our
// own detection, which knows more (episodes, baselines, catch-up). They look at
// the present, so a replayed case does not set them off.

// rise finds apps that came into the top 10 of a chart within a day and had been
// at least twice as far down, as measured. A chart on which nobody was seen a day
// ago says nothing: perhaps nobody looked. number is the column to ask for.
func rise(number string) string {
	return `WITH (SELECT (groupArray(key), groupArray(entity_name)) FROM entity_keys) AS keys
SELECT transform(concat(splitByChar('/', toString(target))[2], '/', toString(subject)), keys.1, keys.2, toString(subject)) AS app,
    ` + chartName("target") + ` AS chart, ` + number + ` AS value
FROM (
    SELECT target, subject, argMax(last, bucket) AS now_rank, max(bucket) AS seen,
        countIf(bucket < now() - INTERVAL 20 HOUR) AS hours_before,
        if(hours_before = 0, 201, argMinIf(first, bucket, bucket < now() - INTERVAL 20 HOUR)) AS rank_before,
        sum(hours_before) OVER (PARTITION BY target) > 0 AS looked_before
    FROM v_hourly
    WHERE metric = 'rank' AND basis = 'measured' AND startsWith(target, 'chart/') AND bucket BETWEEN now() - INTERVAL 26 HOUR AND now()
        AND subject IN (SELECT splitByChar('/', key)[-1] FROM entity_keys)
    GROUP BY target, subject
)
WHERE looked_before AND now_rank <= 10 AND rank_before > 10 AND rank_before >= 2 * now_rank AND seen >= now() - INTERVAL 3 HOUR
ORDER BY app, chart`
}

func trendAlerts() []alert {
	return []alert{{
		uid: "tidemark-rise", title: "Rise into the top 10",
		summary:     "{{ $labels.app }} is #{{ $values.B.Value }} of {{ $labels.chart }}; a day ago it was #{{ $values.C.Value }}",
		description: "An app of the watchlist came into the first ten places of a chart within a day, from at least twice as far down (201: it was not on the chart). As RedNote did on 12 January 2025. Ranks as measured, of the last 3 hours against 20 to 26 hours ago.",
		severity:    "warning", runbook: "dashboards.md#rise-into-the-top-10",
		dashboard: "tidemark-ranks", panel: "Place on the chart",
		queries: []ruleQuery{
			askClickHouse("A", rise("round(log(rank_before / now_rank), 3)"), 26*3600),
			askClickHouse("B", rise("now_rank"), 26*3600),
			askClickHouse("C", rise("rank_before"), 26*3600),
		},
		above: 0, pending: "0s", keep: "1h", noData: "OK",
	}}
}

// staleTargets counts, by source, the targets that nobody sees any more. A source
// without any look in a week is no longer used. Where no source looks at all
// there is no row, and the rule fires for that.
const staleTargets = `SELECT source, toFloat64(countIf(state IN ('stale', 'broken'))) AS value
FROM v_freshness
WHERE every_s > 0 AND last_look > now() - INTERVAL 7 DAY
GROUP BY source
ORDER BY source`

// rejectedMessages are those of 15 minutes, by reason. A counter that first appears
// above 0 has risen, although increase() sees no rise: that is the first message
// of each reason.
const rejectedMessages = `sum by (reason) (
  (tidemark_store_rejected_messages_total unless tidemark_store_rejected_messages_total offset 15m) > 0
  or
  increase(tidemark_store_rejected_messages_total[15m])
)`

// lag counts a partition once: after a rebalance two processes may both tell of it.
const lag = "sum by (group, topic) (max by (group, topic, partition) (tidemark_kafka_lag_messages))"

func operationAlerts() []alert {
	return []alert{
		{
			uid: "tidemark-stale", title: "Source is stale or broken",
			summary:     "{{ $values.A.Value }} targets of {{ $labels.source }} are seen no more",
			description: "Nobody has looked at them for three intervals, or looks and cannot see. Without any data at all, nobody looks at anything.",
			severity:    "warning", runbook: "operating.md#a-source-is-stale-or-broken",
			dashboard: "tidemark-quality", panel: "How each target is now",
			queries: []ruleQuery{askClickHouse("A", staleTargets, 7*24*3600)},
			above:   0, pending: "10m", noData: "Alerting",
		},
		{
			uid: "tidemark-rejected", title: "Messages are rejected",
			summary:     "{{ $values.A.Value }} messages were rejected in 15 minutes: {{ $labels.reason }}",
			description: "They could not be understood. Each is a look that is missing until it is replayed; they are kept in tidemark.rejected.v1.",
			severity:    "warning", runbook: "operating.md#messages-are-rejected",
			dashboard: "tidemark-pipeline", panel: "Inserts that failed",
			queries: []ruleQuery{askPrometheus(rejectedMessages)},
			above:   0, pending: "0s", noData: "OK",
		},
		{
			uid: "tidemark-lag", title: "Consumers lag behind",
			summary:     "{{ $labels.group }} is {{ $values.A.Value }} messages behind on {{ $labels.topic }}",
			description: "What is collected is stored late. It is kept in Kafka for 7 days.",
			severity:    "warning", runbook: "operating.md#lag-grows",
			dashboard: "tidemark-pipeline", panel: "Messages behind, by group",
			queries: []ruleQuery{askPrometheus(lag)},
			above:   50000, pending: "15m", noData: "OK",
		},
	}
}
