package grafana

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

// provisioning is where the files lie that Grafana reads at its start.
const provisioning = "deploy/grafana/provisioning/"

// DashboardsIn is the folder inside Grafana's container that has a folder for
// each of ours, with the dashboards as files: docker-compose.yml mounts them.
const DashboardsIn = "/etc/grafana/dashboards"

// Provisioned datasources, by uid; deploy/grafana/provisioning/datasources has
// them.
const (
	sourceClickHouse = "tidemark-clickhouse"
	sourcePrometheus = "tidemark-prometheus"
)

// providers is the file that says where dashboards lie. Its shape is Grafana's.
type providers struct {
	APIVersion int        `yaml:"apiVersion"`
	Providers  []provider `yaml:"providers"`
}

type provider struct {
	Name            string            `yaml:"name"`
	OrgID           int               `yaml:"orgId"`
	Folder          string            `yaml:"folder"`
	FolderUID       string            `yaml:"folderUid"`
	Type            string            `yaml:"type"`
	DisableDeletion bool              `yaml:"disableDeletion"`
	AllowUIUpdates  bool              `yaml:"allowUiUpdates"`
	Interval        int               `yaml:"updateIntervalSeconds"`
	Options         map[string]string `yaml:"options"`
}

// providersFile makes one provider per folder, so that folders have fixed uids.
func providersFile() ([]byte, error) {
	file := providers{APIVersion: 1}
	for _, folder := range []string{FolderTrends, FolderOperations} {
		file.Providers = append(file.Providers, provider{
			Name: "tidemark-" + strings.ToLower(folder), OrgID: 1,
			Folder: folder, FolderUID: "tidemark-" + strings.ToLower(folder),
			Type: "file", DisableDeletion: true, AllowUIUpdates: false, Interval: 60,
			Options: map[string]string{"path": DashboardsIn + "/" + folder},
		})
	}
	return written(file)
}

// written is a provisioning file with a word for whom reads it.
func written(file any) ([]byte, error) {
	out, err := yaml.MarshalWithOptions(file, yaml.IndentSequence(true), yaml.UseLiteralStyleIfMultiline(true))
	if err != nil {
		return nil, fmt.Errorf("write provisioning file: %w", err)
	}
	return append([]byte("# Generated from dashboards/grafana; do not edit: make generate.\n"), out...), nil
}
