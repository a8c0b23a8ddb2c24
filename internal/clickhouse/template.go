package clickhouse

import (
	"bytes"
	"fmt"
	"strings"
	"text/template"
)

// layout is what the migrations ask about the place that they are made for:
// one node, or a cluster of shards and replicas.
type layout struct {
	cluster string
}

// Cluster is the name of the cluster; empty on one node.
func (l layout) Cluster() string { return l.cluster }

// Local is the name of the table which holds rows. On a cluster the plain
// name belongs to the Distributed table over it.
func (l layout) Local(table string) string {
	if l.cluster == "" {
		return table
	}
	return table + "_local"
}

// OnCluster makes a statement run on every node.
func (l layout) OnCluster() string {
	if l.cluster == "" {
		return ""
	}
	return "ON CLUSTER '" + l.cluster + "'"
}

// Replacing is the engine which keeps, of rows with one key, the one with the
// highest version. On a cluster each shard has its own rows.
func (l layout) Replacing(version string) string {
	if l.cluster == "" {
		return "ReplacingMergeTree(" + version + ")"
	}
	return "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', " + version + ")"
}

// Everywhere is Replacing for small tables of which every node of a cluster
// has all rows, whatever its shard.
func (l layout) Everywhere(version string) string {
	if l.cluster == "" {
		return l.Replacing(version)
	}
	return "ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}', " + version + ")"
}

// Distributed is the statement that makes the table over all shards. The key
// decides the shard, so all rows that may replace each other must have the
// same. It is empty on one node.
func (l layout) Distributed(table, key string) string {
	if l.cluster == "" {
		return ""
	}
	return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s %s AS %s\nENGINE = Distributed('%s', currentDatabase(), '%s', %s)",
		table, l.OnCluster(), l.Local(table), l.cluster, l.Local(table), key)
}

// render fills a migration in. Empty means: nothing to do in this layout.
func (l layout) render(name, text string) (string, error) {
	t, err := template.New(name).Option("missingkey=error").Parse(text)
	if err != nil {
		return "", fmt.Errorf("read migration %s: %w", name, err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, l); err != nil {
		return "", fmt.Errorf("fill in migration %s: %w", name, err)
	}
	return strings.TrimSuffix(strings.TrimSpace(out.String()), ";"), nil
}
