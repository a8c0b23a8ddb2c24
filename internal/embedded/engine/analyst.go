package engine

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Limits are what the statements of an analyst may use at most.
type Limits struct {
	// Time that one may run. 0: 60 s. Half of it is what one gets that asks for none.
	Time time.Duration
	// Rows of a result. 0: 10 million.
	Rows int64
	// Memory of one, in bytes. 0: a quarter of the engine's.
	Memory int64
	// Queries that run at once; others wait. 0: half of the engine's.
	Queries int
}

const (
	defaultAnalystTime = time.Minute
	defaultAnalystRows = 10_000_000
	// analystResultBytes bounds a result beside its rows.
	analystResultBytes = 1 << 30
	analystThreads     = 4
	// analystWaiting is how many statements of analysts may be on their way at
	// once, from the first byte of the body on.
	analystWaiting = 64
	// analystText bounds a statement: the engine's own max_query_size.
	analystText = 256 << 10
	// analystUpload is how long the statement itself may take to come.
	analystUpload = 30 * time.Second
	// killGrace is what a statement that is over its time has to end by itself.
	killGrace = 5 * time.Second
)

func (l Limits) withDefaults(memory int64, queries int) Limits {
	if l.Time <= 0 {
		l.Time = defaultAnalystTime
	}
	if l.Rows <= 0 {
		l.Rows = defaultAnalystRows
	}
	if l.Memory <= 0 {
		l.Memory = memory / 4
	}
	if l.Queries <= 0 {
		l.Queries = max(1, queries/2)
	}
	return l
}

// confine makes the request one of a reader. Their settings are clamped or
// dropped, not refused: clients send some of their own accord, and a server's
// readonly=1 breaks them.
func (q *request) confine(limits Limits) error {
	asked := q.settings
	seconds := max(1, int64(limits.Time/time.Second))
	q.settings = map[string]string{
		"readonly":           "1",
		"max_execution_time": clamp(asked["max_execution_time"], max(1, seconds/2), seconds),
		"max_result_rows":    clamp(asked["max_result_rows"], limits.Rows, limits.Rows),
		"max_result_bytes":   clamp(asked["max_result_bytes"], analystResultBytes, analystResultBytes),
		"max_memory_usage":   clamp(asked["max_memory_usage"], limits.Memory, limits.Memory),
		"max_threads":        clamp(asked["max_threads"], analystThreads, analystThreads),
		"max_query_size":     strconv.Itoa(analystText),
		// On disk no more than in memory, and not another gigabyte per level.
		"max_temporary_data_on_disk_size_for_query": strconv.FormatInt(limits.Memory, 10),
		"function_sleep_max_microseconds_per_block": "3000000",
		"allow_ddl": "0",
	}
	for name, value := range asked {
		if harmless(name) {
			q.settings[name] = value
		}
	}
	// A reader has no temporary tables, and a session that is readonly once
	// could take no further settings.
	q.sessionID = ""
	// Drivers call the database `default` when they are told none.
	switch q.database {
	case database:
	case "default":
		q.database = database
	default:
		return exceptionf(codeAccessDenied, "analyst: Not enough privileges. The database %s cannot be used", q.database)
	}
	return nil
}

// most is how long a confined request may run.
func (q *request) most() time.Duration {
	seconds, err := strconv.Atoi(q.settings["max_execution_time"])
	if err != nil { // clamp wrote it
		seconds = int(defaultAnalystTime / time.Second)
	}
	return time.Duration(seconds)*time.Second + killGrace
}

// clamp reads a limit; none or a larger one becomes most. What it returns is a
// whole number: a fraction below 1 would mean no limit.
func clamp(asked string, usual, most int64) string {
	v, err := strconv.ParseFloat(asked, 64)
	if err != nil || !(v > 0) { // NaN is not above 0 either
		return strconv.FormatInt(usual, 10)
	}
	return strconv.FormatInt(int64(min(max(v, 1), float64(most))), 10)
}

// harmless are the settings that change only how a result looks, or that make
// the limits narrower.
func harmless(name string) bool {
	switch name {
	case "enable_http_compression", "network_compression_method", "network_zstd_compression_level", "http_zlib_compression_level",
		"join_use_nulls", "extremes", "session_timezone", "date_time_output_format", "date_time_input_format", "result_overflow_mode",
		"cast_keep_nullable", "prefer_column_name_to_alias", "final", "asterisk_include_alias_columns", "max_block_size", "max_rows_to_read",
		"describe_compact_output", "describe_include_subcolumns", "cancel_http_readonly_queries_on_client_close",
		"output_format_native_use_flattened_dynamic_and_json_serialization":
		return true
	case "output_format_schema": // names a file
		return false
	default:
		return strings.HasPrefix(name, "output_format_") || strings.HasPrefix(name, "format_csv_") || strings.HasPrefix(name, "format_tsv_")
	}
}

// bounded ends what an analyst runs when its time is over: some functions do not
// look at the clock, and are killed then.
func (q *request) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if q.user != analyst {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, q.most())
}

// runID is the id by which the statement is known inside. Whoever picks an id
// cannot take, or kill, one of another user.
func (q *request) runID() string {
	if q.user == analyst {
		return analyst + ":" + q.queryID
	}
	return q.queryID
}

// admit lets an analyst's request in while there are not too many, and bounds
// the time that its statement takes to come. done gives the place back.
func (s *server) admit(w http.ResponseWriter, req *request) (done func(), err error) {
	if req.user != analyst {
		return func() {}, nil
	}
	select {
	case s.waiting <- struct{}{}:
	default:
		return nil, exceptionf(codeTooManyQueries, "Too many simultaneous queries of analyst. Maximum: %d", analystWaiting)
	}
	until := func(deadline time.Time) {
		if err := http.NewResponseController(w).SetReadDeadline(deadline); err != nil {
			s.log.Debug("slow bodies are not bounded", "err", err)
		}
	}
	until(time.Now().Add(analystUpload))
	req.arrived = func() { until(time.Time{}) } // or the end of it would look like the client's leaving
	return func() { <-s.waiting }, nil
}
