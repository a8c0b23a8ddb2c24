package grafana

const pipelineQuestion = "Is everything fetched, stored, judged and delivered?"

// Pipeline is the health of the processes, from their own metrics.
func Pipeline() *Board {
	return NewBoard("tidemark-pipeline", "Pipeline health", pipelineQuestion, FolderOperations).
		Opens("now-1h", "now").
		Variables(PrometheusSource(), Answer(pipelineAnswer)).
		Annotations(Events(), NobodyLooked("basis = 'measured'")).
		Panels(
			Question(1, pipelineQuestion,
				"The numbers in the first row are 0 when all is well, and red when somebody should look. Each rule in deploy/prometheus/tidemark.rules.yml has a section in docs/operating.md that says what to do. Data quality and gaps tells what it means for the numbers."),
		).
		Panels(pipelineNumbers()...).
		Row("Fetch").Panels(pipelineFetch()...).
		Row("Kafka and ClickHouse").Panels(pipelineStore()...).
		Row("Judge and tell").Panels(pipelineJudge()...)
}

// pipelineAnswer is what ClickHouse can say of it; Prometheus makes no sentences.
const pipelineAnswer = `SELECT concat(
    (SELECT if(count() = 0, 'No look has been stored in this time range. ', concat(toString(count()), ' looks have been stored in this time range, the last one of ', formatDateTime(max(slot), '%e %b %H:%i', 'UTC'), ' UTC. '))
        FROM looks WHERE $__timeFilter(slot)),
    if(count() = 0, 'No trouble of our own sources is open.', concat(toString(count()), ' troubles of our own sources are open: ', arrayStringConcat(groupUniqArray(10)(concat(toString(source), ' ', toString(rule))), ', '), '.'))) AS answer
FROM v_episodes WHERE kind = 'health' AND state != 'closed'`

func pipelineNumbers() []panel {
	number := func(id uint32, title, description, unit string, bad float64, expr string) panel {
		return promNumber(About{ID: id, Title: title, Description: description, Unit: unit, W: 4, H: 4}, bad, Prom{expr, title})
	}
	return []panel{
		number(2, "Troubles of sources", "Open episodes about our own sources: stale, failing, changed, odd. The view v_episodes says which and why.", "short", 1,
			"sum(max by (rule) (tidemark_health_open))"),
		number(3, "Looks that wait", "Looks in the memory of collectors that Kafka has not taken: a collector that ends now loses them.", "short", 1,
			"sum(tidemark_collect_unpublished_looks)"),
		number(4, "Messages behind", "Messages in Kafka that no processor has handled yet, of all groups and topics.", "short", 50000,
			"sum(max by (group, topic, partition) (tidemark_kafka_lag_messages))"),
		number(5, "Partitions that stand still", "Partitions whose last insert into ClickHouse failed: nothing of them moves on.", "short", 1,
			"sum(max by (topic, partition) (tidemark_store_blocked))"),
		number(6, "Slowest loop", "How long ago the slowest loop of any process turned last. A loop that hangs does no work and says nothing.", "s", 600,
			"time() - min(tidemark_obs_loop_last_turn_timestamp_seconds)"),
		number(7, "Messages to deliver", "Alerts that wait to be delivered, without those that quiet hours hold back.", "short", 10,
			"sum(max by (receiver) (tidemark_notify_pending))"),
	}
}

func pipelineFetch() []panel {
	return []panel{
		lines(bars(promLines(About{
			ID: 10, Title: "Looks by outcome", Unit: "short", W: 12, H: 8,
			None:        "No collector has looked in this time, or this process has none.",
			Description: "Looks of all collectors by what came of them, a minute.",
		}, Prom{"sum by (outcome) (rate(tidemark_collect_polls_total[$__rate_interval])) * 60", "{{outcome}}"})),
			[2]string{"ok", "#7fa7d8"}, [2]string{"empty", "#c9d6e8"}, [2]string{"failed", colourWarning}, [2]string{"refused", colourBad}),
		promLines(About{
			ID: 11, Title: "How long a look takes", Unit: "s", W: 12, H: 8,
			None:        "No collector has looked in this time, or this process has none.",
			Description: "The time that nineteen of twenty looks of a source stay below, with all their waiting for their turn.",
		}, Prom{"histogram_quantile(0.95, sum by (source, le) (rate(tidemark_collect_poll_duration_seconds_bucket[$__rate_interval])))", "{{source}}"}),
		promLines(About{
			ID: 12, Title: "Since the last good look", Unit: "s", W: 12, H: 8,
			None:        "No source has answered properly since its collector began, or no collector runs: see Looks by outcome.",
			Description: "How long ago the target of each source that has waited longest last answered properly. What rises without end is going stale.",
		}, Prom{"time() - min by (source) (max by (source, target) (tidemark_collect_last_success_timestamp_seconds))", "{{source}}"}),
		promLines(About{
			ID: 13, Title: "Breakers", Unit: "short", W: 12, H: 8,
			None:        "No collector has looked in this time, or this process has none.",
			Description: "Targets that are looked at less often because their looks keep failing; the first good look ends it.",
		}, Prom{"sum by (source) (tidemark_collect_breaker_open_targets)", "{{source}}"}),
		promLines(About{
			ID: 14, Title: "Answers that are no answers", Unit: "short", W: 12, H: 8,
			None:        "Every answer was a good one, or nobody asked.",
			Description: "HTTP answers of public places other than 2xx and 3xx, by host and status, and how often a host shut its door, a minute. Many 4xx mean that we are not wanted or ask wrongly.",
		}, Prom{`sum by (host, status) (rate(tidemark_collect_fetch_answers_total{status!~"[23].."}[$__rate_interval])) * 60 > 0`, "{{host}} {{status}}"},
			Prom{"sum by (host) (rate(tidemark_collect_fetch_blocks_total[$__rate_interval])) * 60 > 0", "{{host}} shut its door"}),
		promLines(About{
			ID: 15, Title: "Streams behind the clock", Unit: "s", W: 12, H: 8,
			None:        "No stream was read in this time.",
			Description: "How far the last event of each stream is behind the clock.",
		}, Prom{"max by (source) (tidemark_stream_lag_seconds)", "{{source}}"}),
	}
}

func pipelineStore() []panel {
	return []panel{
		promLines(About{
			ID: 20, Title: "Messages published", Unit: "short", W: 12, H: 8,
			Description: "Messages that Kafka took, did not take, or that were never sent because they were not valid, a minute, by topic.",
		}, Prom{"sum by (topic, outcome) (rate(tidemark_kafka_published_messages_total[$__rate_interval])) * 60", "{{topic}} {{outcome}}"}),
		promLines(About{
			ID: 21, Title: "Messages behind, by group", Unit: "short", W: 12, H: 8,
			Description: "Messages between what a group has handled and the end of the topic. What grows for a quarter of an hour wants a second process, or is stuck.",
		}, Prom{"sum by (group, topic) (max by (group, topic, partition) (tidemark_kafka_lag_messages))", "{{group}} {{topic}}"}),
		promLines(About{
			ID: 22, Title: "Rows inserted", Unit: "short", W: 12, H: 8,
			Description: "Rows that ClickHouse acknowledged a minute, by table.",
		}, Prom{"sum by (table) (rate(tidemark_store_inserted_rows_total[$__rate_interval])) * 60", "{{table}}"}),
		promLines(About{
			ID: 23, Title: "Inserts that failed", Unit: "short", W: 12, H: 8,
			None:        "No insert failed, and every message was understood.",
			Description: "Failed inserts a minute by table and kind. Transient ones heal by themselves; a permanent one waits for a person. Messages that nobody understands, by reason, went to the topic of rejected messages.",
		}, Prom{"sum by (table, kind) (rate(tidemark_store_insert_errors_total[$__rate_interval])) * 60", "{{table}}, {{kind}}"},
			Prom{"sum by (reason) (rate(tidemark_store_rejected_messages_total[$__rate_interval])) * 60", "rejected: {{reason}}"}),
		promLines(About{
			ID: 24, Title: "How long an insert takes", Unit: "s", W: 12, H: 8,
			Description: "The time that nineteen of twenty inserts into a table stay below.",
		}, Prom{"histogram_quantile(0.95, sum by (table, le) (rate(tidemark_store_insert_duration_seconds_bucket[$__rate_interval])))", "{{table}}"}),
		promLines(About{
			ID: 25, Title: "Memory", Unit: "bytes", W: 12, H: 8,
			Description: "Resident memory of each process of Tidemark. That of an engine which tidemark up has started is not in it: it is a process of its own.",
		}, Prom{`process_resident_memory_bytes{job=~"tidemark.*"}`, "{{job}} {{instance}}"}),
	}
}

func pipelineJudge() []panel {
	return []panel{
		promLines(About{
			ID: 30, Title: "Looks judged", Unit: "short", W: 12, H: 8,
			Description: "Looks that came to the detectors: judged, old (nothing new in them) or known (read again after a restart), a minute.",
		}, Prom{"sum by (outcome) (rate(tidemark_detect_looks_total[$__rate_interval])) * 60", "{{outcome}}"}),
		bars(promLines(About{
			ID: 31, Title: "What the rules found", Unit: "short", W: 12, H: 8,
			None:        "No rule has found anything new in this time.",
			Description: "States of episodes a minute, by rule: of surges, of troubles of our own sources, and of rules over SQL.",
		}, Prom{"sum by (rule, state) (rate(tidemark_detect_episode_states_total[$__rate_interval])) * 60 > 0", "{{rule}} {{state}}"},
			Prom{"sum by (rule, state) (rate(tidemark_health_episodes_total[$__rate_interval])) * 60 > 0", "{{rule}} {{state}}"},
			Prom{"sum by (rule, state) (rate(tidemark_sqlrule_episodes_total[$__rate_interval])) * 60 > 0", "{{rule}} {{state}}"})),
		promLines(About{
			ID: 32, Title: "Since the last checkpoint", Unit: "s", W: 12, H: 8,
			Description: "What detect has learnt since then is learnt again after a restart. Without looks there is no checkpoint either.",
		}, Prom{"time() - max by (partition) (tidemark_detect_last_checkpoint_timestamp_seconds)", "partition {{partition}}"}),
		bars(promLines(About{
			ID: 33, Title: "Alerts delivered", Unit: "short", W: 12, H: 8,
			Description: "Messages that were brought to an end, and attempts that failed and are made again, a minute, by receiver.",
		}, Prom{"sum by (receiver, outcome) (rate(tidemark_notify_deliveries_total[$__rate_interval])) * 60", "{{receiver}} {{outcome}}"},
			Prom{"sum by (receiver) (rate(tidemark_notify_failed_attempts_total[$__rate_interval])) * 60", "{{receiver}} failed attempts"})),
		promLines(About{
			ID: 34, Title: "From Kafka to the receiver", Unit: "s", W: 12, H: 8,
			Description: "The time that nineteen of twenty messages took from when Kafka took what made them until the receiver had them.",
		}, Prom{"histogram_quantile(0.95, sum by (le) (rate(tidemark_notify_latency_seconds_bucket[$__rate_interval])))", "19 of 20"}),
		promLines(About{
			ID: 35, Title: "Troubles of sources, by rule", Unit: "short", W: 12, H: 8,
			Description: "Open episodes about our own sources.",
		}, Prom{"max by (rule) (tidemark_health_open)", "{{rule}}"}),
	}
}
