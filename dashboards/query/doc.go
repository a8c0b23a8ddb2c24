// Package query reads the dashboards' files and turns what a panel asks into
// the SQL that Grafana would send: the macros of its ClickHouse data source
// (4.14) and the formats of its variables. It asks nobody itself.
//
// It expands as Grafana does, with three exceptions, each where Grafana sends
// something broken:
//
//   - A value is never expanded again, and a quote or backslash in it is escaped
//     in every format, so that it stays a value. Grafana escapes the quote only.
//   - A value that stands unquoted must be one that the dashboard's author wrote,
//     or a plain word; anything else is an error.
//   - A macro that does not exist ($__timegroup) is an error here, and not one of
//     the engine.
package query
