// Package dashboards holds the generated dashboards, for whom draws them
// without Grafana and for the checks. The code that they are made from is in
// dashboards/grafana.
package dashboards

import (
	"embed"
	"io/fs"
)

//go:generate go run ./generate

//go:embed *.json
var files embed.FS

// Files are the dashboards, UID.json each, as Grafana reads them.
func Files() fs.FS { return files }

// List are the names of the files, in order.
func List() ([]string, error) { return fs.Glob(files, "*.json") }
