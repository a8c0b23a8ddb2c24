// Package grafana has the dashboards as Go code: what they ask, which SQL
// answers it, and how it is drawn. The generator in dashboards/generate writes
// them as JSON; nobody edits the JSON.
//
// The frame (this file's neighbours clickhouse, colours, variables, annotations,
// panels, links and board) holds what is the same on every dashboard. Each
// dashboard has a file of its own, and all.go lists them.
package grafana
