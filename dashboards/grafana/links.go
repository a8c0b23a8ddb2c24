package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// link is a link of a dashboard, a panel or a value, and its own builder.
type link dashboard.DashboardLink

// Build makes a link its own builder.
func (l link) Build() (dashboard.DashboardLink, error) { return dashboard.DashboardLink(l), nil }

// toDashboard links to another dashboard and keeps time and selection.
func toDashboard(title, uid string) link {
	url := "/d/" + uid
	return link{
		Title: title, Type: dashboard.DashboardLinkTypeLink, Icon: "dashboard", Url: &url,
		Tags: []string{}, KeepTime: true, IncludeVars: true,
	}
}

// dataLink is a link of the values of a panel or a column: to a dashboard, with
// the time that is looked at and the variables given as
// "var-app=${__data.fields.id}".
type dataLink struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// toRanks leads to the ranks of one app, with what is chosen besides: charts are
// "${chart:queryparam}", or the chart of the line. A variable of several values
// would without queryparam be one value in braces.
func toRanks(title, charts string) dashboard.DynamicConfigValue {
	return linkTo(title, "tidemark-ranks", "var-app=${__data.fields.id}&"+charts+"&${topic:queryparam}&${storefront:queryparam}&${basis:queryparam}&${lang:queryparam}")
}

func linkTo(title, uid, variables string) dashboard.DynamicConfigValue {
	return property("links", []dataLink{{Title: title, URL: "/d/" + uid + "?${__url_time_range}&" + variables}})
}
