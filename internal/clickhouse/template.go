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

// Family is SQL for whom a source has its numbers from: what Apple's charts,
// pages and search say is one family, and a recording or an import has as many
// families as places. It is what corroborate.FamilyOf says in Go.
func (l layout) Family(source, place string) string {
	return fmt.Sprintf("multiIf(%[1]s = 'sql', '', %[2]s = 'apple', 'appstore', %[2]s = 'google', 'googleplay', "+
		"%[1]s IN ('replay', 'import'), toString(%[2]s), %[1]s IN ('gdelt_doc', 'googlenews'), 'gdelt', "+
		"match(toString(%[1]s), '^(appstore|googleplay|mastodon|bluesky)_'), splitByChar('_', toString(%[1]s))[1], toString(%[1]s))", source, place)
}

// Key is SQL for a name as entity_keys has it behind its slash: in lower case,
// without spaces and signs.
func (l layout) Key(name string) string {
	return `lowerUTF8(replaceRegexpAll(toString(` + name + `), '[\\s#_.-]+', ''))`
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
