package engine

import "strings"

// defaultFormat is what HTTP answers in when nobody asks for a format.
const defaultFormat = "TabSeparated"

// contentType is a format's, as a server gives it.
func contentType(format string) string {
	switch {
	case strings.HasPrefix(format, "TabSeparated"), strings.HasPrefix(format, "TSV"):
		return "text/tab-separated-values; charset=UTF-8"
	case strings.HasPrefix(format, "CSV"):
		if strings.Contains(format, "WithNames") {
			return "text/csv; charset=UTF-8; header=present"
		}
		return "text/csv; charset=UTF-8; header=absent"
	case format == "JSONEachRow", format == "JSONCompactEachRow", format == "JSONLines", format == "NDJSON",
		strings.HasPrefix(format, "JSONStringsEachRow"), strings.HasPrefix(format, "JSONCompact") && strings.Contains(format, "EachRow"):
		return "application/x-ndjson; charset=UTF-8"
	case strings.HasPrefix(format, "JSON"):
		return "application/json; charset=UTF-8"
	case format == "XML":
		return "application/xml; charset=UTF-8"
	case format == "Native", strings.HasPrefix(format, "RowBinary"), format == "Parquet", format == "ORC",
		strings.HasPrefix(format, "Arrow"), format == "Avro", format == "MsgPack", format == "Npy":
		return "application/octet-stream"
	default:
		return "text/plain; charset=UTF-8"
	}
}
