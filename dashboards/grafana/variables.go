package grafana

import (
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// variable is a variable of a dashboard. The SDK's builders cannot say
// everything (skipUrlSync), so it is the SDK's model and its own builder.
type variable dashboard.VariableModel

// Build makes a variable its own builder.
func (v variable) Build() (dashboard.VariableModel, error) { return dashboard.VariableModel(v), nil }

// Variable is what a dashboard lets its reader choose.
type Variable = cog.Builder[dashboard.VariableModel]

// all is the value of "All".
const all = "$__all"

// sourceVariable lets one file fit every installation: the datasource of a
// dashboard's panels.
func sourceVariable(name, label, plugin string) Variable {
	return variable{
		Type: dashboard.VariableTypeDatasource, Name: name, Label: &label,
		Query: words(plugin), Hide: new(dashboard.VariableHideDontHide),
		Current: option("", nil), Refresh: new(dashboard.VariableRefreshOnDashboardLoad),
	}
}

// choice describes a query variable. Its SQL gives one column, or the value and
// the text to show. Of a variable of several values the default may be none,
// which is All.
type choice struct {
	name, label, description, sql string
	single                        bool
	value, text                   string // the default; empty: All, or the first
}

func (c choice) Build() (dashboard.VariableModel, error) {
	multi := !c.single
	current := option(c.text, []string{c.value})
	switch {
	case c.value == "" && multi:
		current = option("All", []string{all})
	case c.value == "":
		current = nil
	case c.single:
		current = single(c.value, c.text)
	}
	v := variable{
		Type: dashboard.VariableTypeQuery, Name: c.name, Label: &c.label, Description: &c.description,
		Hide: new(dashboard.VariableHideDontHide), Query: words(c.sql), Definition: &c.sql,
		Datasource: new(clickhouseRef()), Current: current,
		Multi: &multi, IncludeAll: &multi, AllowCustomValue: new(false),
		// On time range change: what there is to choose from depends on it.
		Refresh: new(dashboard.VariableRefreshOnTimeRangeChanged), Sort: new(dashboard.VariableSortDisabled),
	}
	return dashboard.VariableModel(v), nil
}

// Topic is the topic of the watchlist: what belongs together.
func Topic() Variable {
	return choice{
		name: "topic", label: "Topic",
		description: "What belongs together in the watchlist: who loses, who gains, and what is said about it.",
		sql:         "SELECT topic AS value, any(name) AS text FROM v_topics GROUP BY topic ORDER BY any(position), topic",
		value:       "tiktok-refugees", text: "TikTok refugees",
	}
}

// Application is the watched app: an entity of the chosen topics, or of all of
// the watchlist where all topics are chosen.
func Application() Variable {
	return choice{
		name: "app", label: "App",
		description: "The watched apps of the topic; of all topics: every watched app.",
		sql: `SELECT id AS value, if('${lang}' = 'zh' AND zh != '', zh, name) AS text FROM entity_names
WHERE $__conditionalAll(id IN (SELECT member FROM v_topics WHERE kind = 'entity' AND topic IN (${topic:singlequote})), $topic)
ORDER BY position, id`,
	}
}

// Storefront is the country of a store.
func Storefront() Variable {
	return choice{
		name: "storefront", label: "Storefront",
		description: "The country whose store it is.",
		sql: `SELECT DISTINCT splitByChar('/', toString(target))[3] AS value, upper(value) AS text FROM look_days
WHERE startsWith(target, 'chart/') AND day BETWEEN toDate($__fromTime) AND toDate($__toTime) ORDER BY value`,
	}
}

// ChartOf is the chart, as its target (chart/store/country/name), which is what
// the tables are ordered by. Several at once only where the dashboard can tell
// their lines apart.
func ChartOf(several bool) Variable {
	return choice{
		name: "chart", label: "Chart",
		description: "Which chart of which store.",
		sql: `SELECT DISTINCT target AS value, ` + chartName("target") + ` AS text FROM look_days
WHERE startsWith(target, 'chart/') AND splitByChar('/', toString(target))[3] IN (${storefront:singlequote})
    AND day BETWEEN toDate($__fromTime) AND toDate($__toTime)
ORDER BY value`,
		single: !several,
		value:  "chart/apple/us/top-free/overall", text: "App Store US, top free (overall)",
	}
}

// Platform is where a tag was counted.
func Platform() Variable {
	return choice{
		name: "platform", label: "Platform",
		description: "Where the tag was counted: xiaohongshu, mastodon, bluesky, ...",
		sql: `SELECT DISTINCT splitByChar('/', toString(target))[2] AS value FROM look_days
WHERE startsWith(target, 'tag/') AND day BETWEEN toDate($__fromTime) AND toDate($__toTime) ORDER BY value`,
	}
}

// Tag is the tag, without its sign.
func Tag() Variable {
	return choice{
		name: "tag", label: "Tag",
		description: "The tags that were counted there.",
		sql: `SELECT DISTINCT splitByChar('/', toString(target))[4] AS value, concat('#', value) AS text FROM look_days
WHERE startsWith(target, 'tag/') AND splitByChar('/', toString(target))[2] IN (${platform:singlequote})
    AND day BETWEEN toDate($__fromTime) AND toDate($__toTime)
ORDER BY value`,
	}
}

// AttentionBy is what the attention to an app is taken from: a family of sources
// and what it counts. Two of them are never added up, nor drawn as one.
func AttentionBy() Variable {
	return choice{
		name: "attention", label: "Attention by",
		description: "What the share of attention is taken from: places on a store's charts (rank area), page views, mentions, ...",
		sql: `SELECT DISTINCT concat(family, ' ', metric) AS value, concat(` + familyName + `, ', ', replaceAll(toString(metric), '_', ' ')) AS text FROM v_attention_share
WHERE topic IN (${topic:singlequote}) AND day BETWEEN toDate($__fromTime) AND toDate($__toTime) ORDER BY value`,
		single: true,
		value:  "appstore rank_area", text: "App Store, rank area",
	}
}

// familyNames are the second and third argument of transform: what people call
// a family of sources.
const familyNames = `['appstore', 'googleplay', 'xiaohongshu'], ['App Store', 'Google Play', 'RedNote']`

// familyName says it of the column family.
const familyName = `transform(toString(family), ` + familyNames + `, toString(family))`

// Basis is how a number came to be. Lines of different bases are never one.
func Basis() Variable {
	return custom("basis", "Basis", "How a number came to be: looked at by us, back-filled, brought by others, or modelled. Never one line.",
		true, "measured", "backfill", "imported", "modelled")
}

// Scale is how lines of different sizes are made comparable.
func Scale() Variable {
	return custom("scale", "Scale", "raw: as counted; indexed: the first value of each line above 0 is 100; z: standard deviations from the line's own mean. A published figure has the scale of the curve of the same thing.",
		false, "raw", "indexed", "z")
}

// Language is the language of the apps' names.
func Language() Variable {
	return custom("lang", "Names", "Names of the apps in English (en) or, where they have one, in Chinese (zh).",
		false, "en", "zh")
}

// Answer is a sentence computed by SQL, for the title row. Nobody chooses it, so
// it is hidden and does not stand in the URL.
func Answer(sql string) Variable { return told("answer", sql) }

// bases are from the one that we know best on.
const bases = `['measured', 'backfill', 'imported', 'modelled']`

// KnownRanks and KnownTags stand behind the title of what is about ranks or tags
// and shows a number without a line: of what is not measured, how it came to be.
// Such numbers are of the basis that we know best.
func KnownRanks() Variable {
	return told("known_ranks", knownBy+`v_ranks_hourly WHERE state != 'not_fetched' AND target IN (${chart:singlequote}) AND entity IN (${app:singlequote}) AND basis IN (${basis:singlequote}) AND $__timeFilter(hour))`)
}

// KnownTags is that of the tags that condition, on v_tags_hourly, chooses.
func KnownTags(condition string) Variable {
	return told("known_tags", knownBy+`v_tags_hourly WHERE `+condition+` AND basis IN (${basis:singlequote}) AND $__timeFilter(hour))`)
}

const knownBy = `SELECT if(best IN ('', 'measured'), '', concat(' (', best, ')')) AS known
FROM (SELECT argMin(toString(basis), indexOf(` + bases + `, toString(basis))) AS best FROM `

func told(name, sql string) Variable {
	return variable{
		Type: dashboard.VariableTypeQuery, Name: name, Hide: new(dashboard.VariableHideHideVariable),
		SkipUrlSync: new(true), Query: words(sql), Definition: &sql, Datasource: new(clickhouseRef()),
		Multi: new(false), IncludeAll: new(false), AllowCustomValue: new(false),
		Refresh: new(dashboard.VariableRefreshOnTimeRangeChanged), Sort: new(dashboard.VariableSortDisabled),
	}
}

// custom has fixed options; the first is the default, or All of several.
func custom(name, label, description string, several bool, values ...string) Variable {
	v := variable{
		Type: dashboard.VariableTypeCustom, Name: name, Label: &label, Description: &description,
		Hide: new(dashboard.VariableHideDontHide), Query: words(strings.Join(values, ",")),
		Current: single(values[0], values[0]), Multi: &several, IncludeAll: &several, AllowCustomValue: new(false),
	}
	if several {
		v.Current = option("All", []string{all})
		v.Options = append(v.Options, *single(all, "All"))
		v.Options[0].Selected = new(true)
	}
	for i, value := range values {
		o := single(value, value)
		o.Selected = new(i == 0 && !several)
		v.Options = append(v.Options, *o)
	}
	return v
}

func option(shown string, values []string) *dashboard.VariableOption {
	o := &dashboard.VariableOption{Selected: new(true)}
	if values == nil {
		o.Text.String, o.Value.String = &shown, new("")
		return o
	}
	o.Text.ArrayOfString, o.Value.ArrayOfString = []string{shown}, values
	return o
}

func single(value, shown string) *dashboard.VariableOption {
	o := &dashboard.VariableOption{Selected: new(true)}
	o.Text.String, o.Value.String = &shown, &value
	return o
}

func words(s string) *dashboard.StringOrMap { return &dashboard.StringOrMap{String: &s} }
