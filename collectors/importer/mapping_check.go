package importer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

// checker collects what is wrong with a mapping.
type checker struct{ problems []config.Problem }

func (k *checker) add(path, format string, args ...any) {
	k.problems = append(k.problems, config.Problem{Path: path, Text: fmt.Sprintf(format, args...)})
}

func (k *checker) oneOf(path, got string, want ...string) {
	if !slices.Contains(want, got) {
		k.add(path, "is %q, want one of %s", got, strings.Join(want, ", "))
	}
}

func (m *Mapping) problems() []config.Problem {
	k := &checker{}
	if m.Version != MappingVersion {
		k.add("version", "is %d, want %d", m.Version, MappingVersion)
	}
	if ok, _ := regexp.MatchString(`^[a-z0-9][a-z0-9_-]{0,63}$`, m.Name); !ok {
		k.add("name", "is %q, want small letters, digits and dashes", m.Name)
	}
	k.oneOf("delimiter", m.Delimiter, "", "comma", "semicolon", "tab")
	k.oneOf("numbers", m.Numbers, append([]string{""}, numberStyles()...)...)
	k.text("source", m.Source, true)
	k.text("subject", m.Subject, true)
	k.time(&m.Time)
	k.target(&m.Target)
	k.values(m.Values)
	k.look(&m.Look)
	k.columns(m)
	return k.problems
}

// text checks a text with columns in it. Counts are kept of things, never of
// people.
func (k *checker) text(path, text string, must bool) {
	t, err := parseTemplate(text)
	if err != nil {
		k.add(path, "%q %v", text, err)
		return
	}
	if must && text == "" {
		k.add(path, "is missing")
	}
	for _, column := range t.columns() {
		if namesPerson(column) {
			k.add(path, "takes the column %s, which names people: Tidemark keeps numbers about things, never people", column)
		}
	}
}

// namesPerson knows the usual names of columns with people in them.
func namesPerson(column string) bool {
	column = strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(column))
	return slices.Contains([]string{
		"author", "authorid", "authorname", "user", "userid", "username", "nickname", "screenname", "handle",
		"account", "accountid", "email", "mail", "person", "firstname", "lastname", "uid",
		"creator", "creatorid", "creatorname", "influencer", "influencerid", "blogger", "bloggerid", "channel", "channelid", "channelname",
		"作者", "昵称", "博主", "用户",
	}, column)
}

func (k *checker) time(t *Time) {
	k.text("time.text", t.Text, true)
	k.oneOf("time.ranges", t.Ranges, refuse, start, end)
	if len(t.Formats) == 0 {
		k.add("time.formats", "is empty, want rfc3339, unix, unix_ms or a pattern such as YYYY-MM-DD hh:mm:ss")
	}
	needsZone := false
	for i, f := range t.Formats {
		if _, err := layoutOf(f); err != nil {
			k.add(fmt.Sprintf("time.formats[%d]", i), "%q %v", f, err)
		}
		needsZone = needsZone || !hasZone(f)
	}
	if _, err := time.LoadLocation(t.Zone); err != nil || t.Zone == "Local" {
		k.add("time.zone", "is %q, want an IANA name such as Asia/Shanghai or UTC", t.Zone)
	}
	if needsZone && t.Zone == "" {
		k.add("time.zone", "is missing: whose clock do the times show? Asia/Shanghai, America/New_York, UTC, …")
	}
}

func (k *checker) target(t *Target) {
	parts := []struct{ path, text string }{
		{"target.kind", t.Kind}, {"target.place", t.Place}, {"target.country", t.Country}, {"target.name", t.Name},
	}
	if t.Key != "" {
		k.text("target.key", t.Key, true)
		for _, p := range parts {
			if p.text != "" {
				k.add(p.path, "and target.key exclude each other")
			}
		}
		return
	}
	for _, p := range parts {
		k.text(p.path, p.text, p.path != "target.country")
	}
	if kind, err := parseTemplate(t.Kind); err == nil {
		if word, is := kind.fixed(); is && word != "" {
			k.oneOf("target.kind", word, event.KindChart, event.KindListing, event.KindTag, event.KindArticle, event.KindKeyword, event.KindList)
		}
	}
}

func (k *checker) values(values []Value) {
	if len(values) == 0 {
		k.add("values", "is empty, want at least one column with numbers")
	}
	seen := map[string]bool{}
	for i, v := range values {
		at := fmt.Sprintf("values[%d]", i)
		k.text(at+".metric", v.Metric, true)
		if v.Column == "" {
			k.add(at+".column", "is missing")
		}
		if seen[v.Metric] {
			k.add(at+".metric", "is %q, which another column is already", v.Metric)
		}
		seen[v.Metric] = true
		k.oneOf(at+".unit", v.Unit, units()...)
		k.oneOf(at+".empty", v.Empty, skip, refuse)
		k.oneOf(at+".ranges", v.Ranges, refuse, bounds)
		k.oneOf(at+".plus", v.Plus, value, low, refuse)
		if (v.Metric == event.MetricRank) != (v.Unit == unitRank) {
			k.add(at+".unit", "and metric: a rank is a rank, and nothing else is")
		}
	}
}

func (k *checker) look(l *Look) {
	k.oneOf("look.list", l.List, whole, part)
	for path, d := range map[string]config.Duration{"look.every": l.Every, "look.slot": l.Slot} {
		if d < 0 || d%config.Duration(time.Second) != 0 || d > config.Duration(366*24*time.Hour) {
			k.add(path, "is %s, want whole seconds, at most a year", d)
		}
	}
}

// columns holds that what is used is among what is named.
func (k *checker) columns(m *Mapping) {
	if len(m.Columns) > 0 {
		for _, used := range m.used() {
			if !slices.Contains(m.Columns, used) {
				k.add("columns", "has no %s, which the mapping reads", used)
			}
		}
	}
	if m.Look.List == whole && !slices.ContainsFunc(m.Values, func(v Value) bool { return v.Unit == unitRank }) {
		k.add("look.list", "is whole, but no value is a rank")
	}
}

// used are the columns that the mapping reads, each once, in the order of the
// mapping.
func (m *Mapping) used() []string {
	var names []string
	texts := []string{m.Time.Text, m.Source, m.Target.Key, m.Target.Kind, m.Target.Place, m.Target.Country, m.Target.Name, m.Subject}
	for _, v := range m.Values {
		texts = append(texts, v.Metric, "{"+v.Column+"}")
	}
	for _, text := range texts {
		if t, err := parseTemplate(text); err == nil {
			names = append(names, t.columns()...)
		}
	}
	for _, columns := range []map[string][]string{m.Allow, m.Skip} {
		var more []string
		for c := range columns {
			more = append(more, c)
		}
		slices.Sort(more)
		names = append(names, more...)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(names, func(n string) bool {
		again := seen[n]
		seen[n] = true
		return again
	})
}
