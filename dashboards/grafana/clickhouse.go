package grafana

import (
	"errors"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
)

const (
	// ClickHousePlugin is the id of the datasource plugin, and PluginVersion the
	// newest one that works from Grafana 9.5 on; later ones need 11.6.
	ClickHousePlugin = "grafana-clickhouse-datasource"
	// PluginVersion is the version of the plugin that the queries are written for.
	PluginVersion = "4.14.0"
)

// Formats of a query's answer, as the plugin numbers them.
const (
	formatTimeSeries = 0
	formatTable      = 1
)

// Query is a query of the ClickHouse datasource, which the SDK does not know.
// It has the shape that the plugin's own SQL editor writes.
type Query struct {
	RefID         string               `json:"refId"`
	Datasource    common.DataSourceRef `json:"datasource"`
	EditorType    string               `json:"editorType"`
	QueryType     string               `json:"queryType"`
	Format        int                  `json:"format"`
	PluginVersion string               `json:"pluginVersion"`
	Meta          QueryMeta            `json:"meta"`
	RawSQL        string               `json:"rawSql"`
}

// QueryMeta tells the plugin in which zone times without one are.
type QueryMeta struct {
	Timezone string `json:"timezone"`
}

// Series is a query of lines. Its columns are time, series (the name of the
// line, a string) and Value, ordered by time. The value's name is with a capital
// because Grafana then shows the line's name alone; and there is one query to a
// panel, because with two it puts the query's letter before each name.
func Series(sql string) Query { return newQuery("timeseries", formatTimeSeries, sql) }

// Rows is a query whose rows and columns are taken as they come.
func Rows(sql string) Query { return newQuery("table", formatTable, sql) }

func newQuery(kind string, format int, sql string) Query {
	return Query{
		RefID:         "A",
		Datasource:    clickhouseRef(),
		EditorType:    "sql",
		QueryType:     kind,
		Format:        format,
		PluginVersion: PluginVersion,
		Meta:          QueryMeta{Timezone: "UTC"},
		RawSQL:        sql,
	}
}

// clickhouseRef names the datasource by the dashboard's variable, so that one
// file fits every installation.
func clickhouseRef() common.DataSourceRef {
	return sourceRef(ClickHousePlugin, "${datasource}")
}

func sourceRef(plugin, uid string) common.DataSourceRef {
	return common.DataSourceRef{Type: &plugin, Uid: &uid}
}

// ImplementsDataqueryVariant makes a Query one of the SDK's.
func (Query) ImplementsDataqueryVariant() {}

// DataqueryType is the plugin that understands the query.
func (Query) DataqueryType() string { return ClickHousePlugin }

// Equals says whether the other query asks the same in the same way.
func (q Query) Equals(other variants.Dataquery) bool {
	o, ok := other.(Query)
	return ok && q.RefID == o.RefID && q.Format == o.Format && q.RawSQL == o.RawSQL &&
		q.Datasource.Equals(o.Datasource)
}

// Validate says what is missing.
func (q Query) Validate() error {
	if q.RawSQL == "" {
		// Of this type, because the SDK relies on it.
		return cog.MakeBuildErrors("rawSql", errors.New("there is none"))
	}
	return nil
}

// Build makes a Query its own builder, as the SDK wants one wherever a query goes.
func (q Query) Build() (variants.Dataquery, error) { return q, q.Validate() }
