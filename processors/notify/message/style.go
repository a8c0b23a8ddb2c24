package message

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// Style is how a receiver's messages look, apart from what they say.
type Style struct {
	// Zone is the reader's; nil: UTC. UTC stands beside it always.
	Zone *time.Location
	// Dashboard is the address of the page; empty: no link. {from}, {to} (Unix
	// seconds), {from_ms}, {to_ms}, {target}, {entity} and {topic} are replaced
	// (for Grafana: .../d/UID?from={from_ms}&to={to_ms}). An address without any
	// is taken for Tidemark's own page.
	Dashboard string
	// SQL is the address of a place to ask ClickHouse; {sql} is replaced. Empty:
	// the command that asks is printed.
	SQL string
	// Docs is the address of the folder docs; empty: the page is named.
	Docs string
	// Entities are the names of the watchlist's entities by their ids.
	Entities map[string]string
}

const (
	// Before the onset a picture and a link show some of what was usual.
	before = 12 * time.Hour
	// history is as long as an episode's moments.
	history = 48 * time.Hour
	// muteFor is what a message proposes to mute for.
	muteFor = "24h"
)

// window is the time range that a link to an episode opens.
func window(e *event.Episode) (from, to time.Time) {
	to = at(e.GetAtMs())
	if e.GetAtMs() == 0 {
		to = at(max(e.GetOnsetMs(), e.GetClosedMs()))
	}
	from = to.Add(-history)
	if onset := at(e.GetOnsetMs()).Add(-before); e.GetOnsetMs() > 0 && onset.Before(from) {
		from = onset
	}
	return from, to.Add(time.Hour)
}

// dashboard is the address that shows the episode; empty: there is none.
func (s Style) dashboard(e *event.Episode) string {
	if s.Dashboard == "" {
		return ""
	}
	from, to := window(e)
	if strings.Contains(s.Dashboard, "{") {
		return strings.NewReplacer(
			"{from}", strconv.FormatInt(from.Unix(), 10), "{to}", strconv.FormatInt(to.Unix(), 10),
			"{from_ms}", strconv.FormatInt(from.UnixMilli(), 10), "{to_ms}", strconv.FormatInt(to.UnixMilli(), 10),
			"{target}", url.QueryEscape(e.GetTarget().Key()), "{entity}", url.QueryEscape(e.GetEntity()), "{topic}", url.QueryEscape(e.GetTopic()),
		).Replace(s.Dashboard)
	}
	// What dashboards/viewer/src/view.ts reads.
	q := url.Values{}
	if e.GetBasis() != event.Basis_BASIS_MODELLED {
		q.Set("show", "live")
	}
	series := "count"
	if e.GetTarget().GetKind() == event.KindChart {
		series = "chart"
	}
	if t := e.GetTarget(); t.GetKind() != event.KindSource && t.GetKind() != event.KindListing {
		q.Set(series, t.Key())
	}
	q.Set("range", fmt.Sprintf("%d-%d", from.Unix(), to.Unix()))
	base, _, _ := strings.Cut(s.Dashboard, "#")
	return strings.NewReplacer("<", "%3C", ">", "%3E", `"`, "%22", " ", "%20").Replace(base) + "#" + q.Encode()
}

// statement is the query that shows the readings behind an episode.
func statement(e *event.Episode) string {
	from, to := window(e)
	const clock = "2006-01-02 15:04:05"
	if e.GetKind() == event.EpisodeHealth {
		return "SELECT * FROM v_looks WHERE source = " + quote(e.GetSource()) +
			" AND slot BETWEEN '" + from.Format(clock) + "' AND '" + to.Format(clock) + "' ORDER BY slot"
	}
	return "SELECT at, value, basis, seen_at FROM v_readings WHERE target = " + quote(e.GetTarget().Key()) +
		" AND subject = " + quote(e.GetSubject()) + " AND metric = " + quote(e.GetMetric()) +
		" AND source = " + quote(e.GetSource()) +
		" AND at BETWEEN '" + from.Format(clock) + "' AND '" + to.Format(clock) + "' ORDER BY at"
}

func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(clean(s)) + "'"
}

// ask is the command that puts a query. Double quotes read best around a query
// that has single ones, where it has nothing that a shell takes for its own.
func ask(sql string) string {
	if strings.ContainsAny(sql, "\"$`\\!") {
		return "tidemark sql " + shell(sql)
	}
	return `tidemark sql "` + sql + `"`
}

// shell quotes an argument so that a shell takes it as it is.
func shell(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 && s[0] != '-' {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// mute is the command that silences what an episode is about, and no more than
// that.
func mute(e *event.Episode) string {
	what := e.GetEntity()
	switch {
	case e.GetKind() == event.EpisodeHealth:
		what = e.GetSource()
	case what != "":
	case e.GetTarget().GetKind() == event.KindTag:
		what = e.GetTarget().GetName()
	case e.GetSubject() != "":
		what = e.GetSubject()
	default:
		what = e.GetTopic()
	}
	return "tidemark alerts mute " + shell(clean(what)) + " --for " + muteFor
}

// docs is where a page of the docs is.
func (s Style) docs(page string) string {
	if s.Docs == "" {
		return ""
	}
	return strings.TrimRight(s.Docs, "/") + "/" + page
}
