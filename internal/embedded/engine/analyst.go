package engine

import (
	"strconv"
	"strings"
)

// What an analyst's statement may use at most.
const (
	analystSeconds = 60
	analystRows    = 10_000_000
	analystThreads = 4
)

// confine makes the request one of a reader. Their settings are clamped or
// dropped, not refused: clients send some of their own accord, and a server's
// readonly=1 breaks them.
func (q *request) confine(maxMemory int64) {
	asked := q.settings
	q.settings = map[string]string{
		"readonly":           "1",
		"max_execution_time": clamp(asked["max_execution_time"], 30, analystSeconds),
		"max_result_rows":    clamp(asked["max_result_rows"], analystRows, analystRows),
		"max_memory_usage":   clamp(asked["max_memory_usage"], maxMemory/2, maxMemory/2),
		"max_threads":        clamp(asked["max_threads"], analystThreads, analystThreads),
	}
	for name, value := range asked {
		if harmless(name) {
			q.settings[name] = value
		}
	}
	// A reader has no temporary tables, and a session that is readonly once
	// could take no further settings.
	q.sessionID = ""
}

// clamp reads a limit; none or a larger one becomes most.
func clamp(asked string, usual, most int64) string {
	v, err := strconv.ParseFloat(asked, 64)
	switch {
	case err != nil || v <= 0:
		return strconv.FormatInt(usual, 10)
	case v > float64(most):
		return strconv.FormatInt(most, 10)
	default:
		return asked
	}
}

// harmless are the settings that change only how a result looks.
func harmless(name string) bool {
	switch name {
	case "enable_http_compression", "network_compression_method", "network_zstd_compression_level",
		"join_use_nulls", "extremes", "session_timezone", "date_time_output_format", "result_overflow_mode",
		"cast_keep_nullable", "prefer_column_name_to_alias", "final", "asterisk_include_alias_columns":
		return true
	default:
		return strings.HasPrefix(name, "output_format_") || strings.HasPrefix(name, "format_csv_") || strings.HasPrefix(name, "format_tsv_")
	}
}

// allowed tells whether the user may send such a statement at all: the engine
// itself lets more pass than a server.
func allowed(req *request, st statement) error {
	if !req.readOnly && req.user != analyst {
		return nil
	}
	if st.insert != nil || !streams(st.verb) {
		if req.user == analyst {
			return exceptionf(codeReadonly, "Cannot execute query in readonly mode")
		}
		return exceptionf(codeReadonly, "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries")
	}
	if req.user == analyst {
		return noSecrets(req, st.text)
	}
	return nil
}

// noSecrets refuses every use of some names. The function `file` needs no grant
// and reads any file that the process can; it can be called in several ways
// (file('x'), APPLY(file)), so the name itself is what is refused. The library
// asks for no grant on the list of running statements, which are other people's.
func noSecrets(req *request, text string) error {
	for _, p := range req.params {
		if secret(p.value) {
			return exceptionf(codeAccessDenied, "analyst: Not enough privileges. The name %s cannot be used", p.value)
		}
	}
	lex := &lexer{text: text}
	for {
		t := lex.next()
		if t.kind == kindEnd || t.kind == kindOpen {
			return nil
		}
		if name := lex.name(t); secret(name) {
			return exceptionf(codeAccessDenied, "analyst: Not enough privileges. The name %s cannot be used", name)
		}
	}
}

func secret(name string) bool {
	switch strings.ToLower(name) {
	case "file", "processes", "processlist", "user_processes", "hascolumnintable":
		return true
	default:
		return false
	}
}
