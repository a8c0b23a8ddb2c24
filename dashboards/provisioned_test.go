package dashboards

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/common/model"

	"github.com/tidemark/tidemark/dashboards/grafana"
	"github.com/tidemark/tidemark/internal/testkit"
)

const (
	provisioning = "../deploy/grafana/provisioning/"
	// expressions is the datasource that is Grafana itself.
	expressions = "__expr__"
	secretFile  = "$__file{/run/secrets/"
)

// datasources is the file of datasources, with the keys that Grafana and the
// plugins read. They pass over others in silence.
type datasources struct {
	APIVersion  int `yaml:"apiVersion"`
	Datasources []struct {
		Name      string `yaml:"name"`
		UID       string `yaml:"uid"`
		Type      string `yaml:"type"`
		URL       string `yaml:"url"`
		IsDefault bool   `yaml:"isDefault"`
		Editable  bool   `yaml:"editable"`
		JSON      struct {
			Host            string `yaml:"host"`
			Port            int    `yaml:"port"`
			Protocol        string `yaml:"protocol"`
			DefaultDatabase string `yaml:"defaultDatabase"`
			Username        string `yaml:"username"`
			QueryTimeout    string `yaml:"queryTimeout"`
			Implementation  string `yaml:"implementation"`
		} `yaml:"jsonData"`
		Secure struct {
			Password string `yaml:"password"`
		} `yaml:"secureJsonData"`
	} `yaml:"datasources"`
}

// providers is the file that says where dashboards lie.
type providers struct {
	APIVersion int `yaml:"apiVersion"`
	Providers  []struct {
		Name            string `yaml:"name"`
		OrgID           int    `yaml:"orgId"`
		Folder          string `yaml:"folder"`
		FolderUID       string `yaml:"folderUid"`
		Type            string `yaml:"type"`
		DisableDeletion bool   `yaml:"disableDeletion"`
		AllowUIUpdates  bool   `yaml:"allowUiUpdates"`
		Interval        int    `yaml:"updateIntervalSeconds"`
		Options         struct {
			Path string `yaml:"path"`
		} `yaml:"options"`
	} `yaml:"providers"`
}

// complaints are what is wrong with a file.
type complaints []string

func (c *complaints) unless(ok bool, format string, args ...any) {
	if !ok {
		*c = append(*c, fmt.Sprintf(format, args...))
	}
}

// world is what provisioning files refer to.
type world struct {
	sources map[string]string       // types of datasources by uid
	panels  map[string]map[int]bool // ids of panels by dashboard
	hosts   map[string]bool         // services of docker-compose.yml
}

// grafanaUID is what Grafana takes for a uid.
var grafanaUID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

func ourWorld(t *testing.T) world {
	t.Helper()
	w := world{sources: map[string]string{}, panels: map[string]map[int]bool{}, hosts: map[string]bool{}}
	var file datasources
	if err := yaml.UnmarshalWithOptions(provisioned(t, "datasources/clickhouse.yaml"), &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Datasources {
		w.sources[d.UID] = d.Type
	}
	for _, b := range boards(t) {
		w.panels[b.UID] = map[int]bool{}
		for _, p := range b.all() {
			w.panels[b.UID][p.ID] = true
		}
	}
	for name := range testkit.ReadCompose(t).Services {
		w.hosts[name] = true
	}
	return w
}

func provisioned(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.FromSlash(provisioning + name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// rules says what is wrong with a file of rules: what Grafana would not start
// with, what it would pass over, and what could never fire.
func (w world) rules(body []byte) (c complaints) {
	file, err := testkit.ParseGrafanaRules(body)
	if err != nil {
		return complaints{err.Error()}
	}
	c.unless(file.APIVersion == 1, "apiVersion is %d", file.APIVersion)
	uids, titles := map[string]bool{}, map[string]bool{}
	for _, g := range file.Groups {
		every, err := model.ParseDuration(g.Interval)
		c.unless(err == nil, "group %s: interval: %v", g.Name, err)
		c.unless(every > 0 && time.Duration(every)%(10*time.Second) == 0, "group %s: the interval %q is no multiple of 10 s", g.Name, g.Interval)
		c.unless(g.Name != "" && g.Folder != "" && g.OrgID == 1, "group %q lacks a name, a folder or the organisation 1", g.Name)
		c.unless(len(g.Rules) > 0, "group %s has no rules", g.Name)
		for _, r := range g.Rules {
			c.unless(grafanaUID.MatchString(r.UID), "%q is no uid", r.UID)
			c.unless(!uids[r.UID] && !titles[g.Folder+"/"+r.Title], "%s: its uid or title is there twice", r.UID)
			uids[r.UID], titles[g.Folder+"/"+r.Title] = true, true
			for _, wrong := range w.rule(r) {
				c = append(c, r.UID+": "+wrong)
			}
		}
	}
	return c
}

func (w world) rule(r testkit.GrafanaRule) (c complaints) {
	c.unless(r.Title != "" && len(r.Title) <= 190, "the title %q", r.Title)
	_, err := model.ParseDuration(r.For)
	c.unless(err == nil, "for: %v", err)
	_, err = model.ParseDuration(cmp.Or(r.KeepFiringFor, "0s"))
	c.unless(err == nil, "keepFiringFor: %v", err)
	c.unless(slices.Contains([]string{"Alerting", "NoData", "OK", "KeepLast"}, r.NoDataState), "the noDataState %q", r.NoDataState)
	c.unless(slices.Contains([]string{"Error", "Alerting", "OK", "KeepLast"}, r.ExecErrState), "the execErrState %q", r.ExecErrState)
	c.unless(!r.IsPaused, "it is paused")
	c.unless(w.panels[r.DashboardUID][r.PanelID], "%s has no panel %d", r.DashboardUID, r.PanelID)
	c.unless(r.Annotations["__dashboardUid__"] == r.DashboardUID && r.Annotations["__panelId__"] == strconv.Itoa(r.PanelID), "its annotations name another panel")
	c.unless(slices.Contains([]string{"info", "warning", "critical"}, r.Labels["severity"]), "the severity %q", r.Labels["severity"])
	refs := map[string]bool{}
	for _, q := range r.Data {
		c.unless(q.RefID != "" && !refs[q.RefID], "the refId %q is there twice, or empty", q.RefID)
		refs[q.RefID] = true
	}
	c.unless(refs[r.Condition], "the condition %q is none of its questions", r.Condition)
	for _, q := range r.Data {
		for _, wrong := range w.query(q, refs) {
			c = append(c, q.RefID+": "+wrong)
		}
	}
	value := regexp.MustCompile(`\$values\.(\w+)`)
	for name, text := range r.Annotations {
		// Grafana puts variables of its environment there.
		c.unless(!strings.Contains(text, "${"), "the annotation %s has a variable", name)
		for _, m := range value.FindAllStringSubmatch(text, -1) {
			c.unless(refs[m[1]], "the annotation %s tells the value of %s, which is none of its questions", name, m[1])
		}
	}
	return c
}

func (w world) query(q testkit.GrafanaQuery, refs map[string]bool) (c complaints) {
	m := q.Model
	kind, known := w.sources[q.DatasourceUID]
	if q.DatasourceUID == expressions {
		kind, known = expressions, true
	}
	c.unless(known, "there is no datasource %q", q.DatasourceUID)
	c.unless(m.RefID == q.RefID && m.Datasource.UID == q.DatasourceUID && m.Datasource.Type == kind, "its model is of %s %+v", m.RefID, m.Datasource)
	c.unless(kind == expressions || q.Range.From > q.Range.To && q.Range.To >= 0, "it asks from %d to %d seconds ago", q.Range.From, q.Range.To)
	c.unless((m.SQL != "") == (kind == grafana.ClickHousePlugin), "a %s with the SQL %q", kind, m.SQL)
	c.unless((m.Expr != "") == (kind == "prometheus"), "a %s with the PromQL %q", kind, m.Expr)
	c.unless((m.Expression != "") == (kind == expressions), "a %s over %q", kind, m.Expression)
	switch kind {
	case grafana.ClickHousePlugin:
		c.unless(m.EditorType == "sql" && m.QueryType == "table" && m.Format == 1, "it is no table: %s %s %d", m.EditorType, m.QueryType, m.Format)
		c.unless(m.PluginVersion == grafana.PluginVersion, "it is of the plugin %s", m.PluginVersion)
	case "prometheus":
		c.unless(m.Instant && !m.Range, "it asks for a range")
	case expressions:
		c.unless(m.Type == "threshold" && len(m.Conditions) == 1, "a %s with %d conditions", m.Type, len(m.Conditions))
		c.unless(refs[m.Expression] && m.Expression != q.RefID, "it looks at %q, which is none of its questions", m.Expression)
		for _, condition := range m.Conditions {
			e := condition.Evaluator
			c.unless(e.Type == "gt" && len(e.Params) == 1, "the evaluator %+v", e)
		}
	}
	return c
}

// datasources says what is wrong with a file of datasources.
func (w world) datasources(body []byte) (c complaints) {
	var file datasources
	if err := yaml.UnmarshalWithOptions(body, &file, yaml.Strict()); err != nil {
		return complaints{err.Error()}
	}
	c.unless(file.APIVersion == 1, "apiVersion is %d", file.APIVersion)
	seen, defaults := map[string]bool{}, 0
	for _, d := range file.Datasources {
		c.unless(grafanaUID.MatchString(d.UID), "%q is no uid", d.UID)
		c.unless(!seen["uid "+d.UID] && !seen["name "+d.Name] && d.Name != "", "%s: its uid or name is there twice, or empty", d.UID)
		seen["uid "+d.UID], seen["name "+d.Name] = true, true
		c.unless(!d.Editable, "%s can be changed in Grafana", d.UID)
		if d.IsDefault {
			defaults++
		}
		switch d.Type {
		case grafana.ClickHousePlugin:
			_, err := strconv.Atoi(d.JSON.QueryTimeout)
			c.unless(err == nil, "%s: the timeout: %v", d.UID, err)
			c.unless(w.hosts[d.JSON.Host] && d.JSON.Protocol == "http" && d.JSON.Port == 8123, "%s: nobody is at %s %s %d", d.UID, d.JSON.Protocol, d.JSON.Host, d.JSON.Port)
			c.unless(d.JSON.Username != "" && d.JSON.DefaultDatabase != "" && strings.HasPrefix(d.Secure.Password, secretFile), "%s: no user, database or file of the password", d.UID)
		case "prometheus", "alertmanager":
			u, err := url.Parse(d.URL)
			c.unless(err == nil && u.Scheme == "http" && w.hosts[u.Hostname()], "%s: nobody is at %s", d.UID, d.URL)
			c.unless(d.Type != "alertmanager" || d.JSON.Implementation == "prometheus", "%s: the implementation %q", d.UID, d.JSON.Implementation)
		default:
			c.unless(false, "%s: the type %q", d.UID, d.Type)
		}
	}
	c.unless(defaults == 1, "%d are the default", defaults)
	return c
}

// providers says what is wrong with a file of providers.
func (w world) providers(body []byte) (c complaints) {
	var file providers
	if err := yaml.UnmarshalWithOptions(body, &file, yaml.Strict()); err != nil {
		return complaints{err.Error()}
	}
	c.unless(file.APIVersion == 1, "apiVersion is %d", file.APIVersion)
	seen := map[string]bool{}
	for _, p := range file.Providers {
		c.unless(grafanaUID.MatchString(p.FolderUID), "%q is no uid", p.FolderUID)
		c.unless(p.Type == "file" && p.OrgID == 1 && p.Interval >= 10, "%s: the type %q, the organisation %d, every %d s", p.Name, p.Type, p.OrgID, p.Interval)
		c.unless(p.DisableDeletion && !p.AllowUIUpdates, "%s: its dashboards can be changed", p.Name)
		c.unless(p.Folder != "" && p.Options.Path == grafana.DashboardsIn+"/"+p.Folder, "%s: it reads %q", p.Name, p.Options.Path)
		for _, one := range []string{"name " + p.Name, "folder " + p.Folder, "uid " + p.FolderUID} {
			c.unless(!seen[one], "%s: the %s is there twice", p.Name, one)
			seen[one] = true
		}
	}
	for _, b := range grafana.All() {
		c.unless(seen["folder "+b.Folder], "nobody reads the folder %s", b.Folder)
	}
	return c
}
