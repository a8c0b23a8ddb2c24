package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
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

// DataLink is a link of a value in a panel: to a dashboard with the time that is
// looked at, and with the variables given as "var-app=${__value.raw}". What is
// not given stays as it is.
func DataLink(title, uid, variables string) cog.Builder[dashboard.DashboardLink] {
	url := "/d/" + uid + "?${__url_time_range}&" + variables
	return link{Title: title, Type: dashboard.DashboardLinkTypeLink, Url: &url, Tags: []string{}}
}
