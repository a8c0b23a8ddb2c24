package message

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// group is several episodes of one topic that came together: a headline for
// the topic, a line for each.
func (s Style) group(m *Message) Text {
	name := clean(cmp.Or(m.TopicName, m.Topic, "several topics")) + s.all(m.Items)
	all := closedAll(m.Items)
	how := "at once"
	if all {
		how = "are over"
	}
	first := Leading(m)
	t := Text{Mark: mark(m.Level, all), Headline: fmt.Sprintf("%s, %d %s: %s", name, len(m.Items), how, s.Headline(first.Episode))}
	t.Lines = append(t.Lines, s.rows(m.Items)...)
	if !all {
		t.Lines = append(t.Lines, Line{Label: "How far", Text: s.who(first.Episode) + ": " + distance(m.Level, first.Episode), Spare: keepShort})
	}
	t.Lines = append(t.Lines, Line{Label: "First seen", Text: s.earliest(m), Spare: keepWhile})
	if how := clean(first.Episode.GetExplanation()); how != "" {
		t.Lines = append(t.Lines, Line{Label: "How computed", Text: how, Spare: keepShort})
	}
	if first.Episode.GetKind() != event.EpisodeHealth {
		t.Lines = append(t.Lines, Line{Label: "Coverage", Text: leastCoverage(m.Items), Spare: keepShort})
	}
	t.Lines = append(t.Lines, Line{Label: "Also moving", Text: s.signals(others(m, first)), Spare: keepShort})
	lines := s.next(&t, first.Episode)
	if m.Topic != "" {
		lines[len(lines)-1].Text = "tidemark alerts mute " + shell(clean(m.Topic)) + " --for " + muteFor
	}
	t.Lines = append(t.Lines, lines...)
	return t
}

// all are the names of those who are told of, where they are several: the
// headline's sentence is about one of them.
func (s Style) all(items []Item) string {
	const most = 4
	var names []string
	for i := range items {
		if name := s.who(items[i].Episode); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	switch n := len(names); {
	case n < 2:
		return ""
	case n > most:
		names = append(names[:most], fmt.Sprintf("%d more", n-most))
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// others is an item without the signals that are items of the message too.
func others(m *Message, it *Item) *Item {
	out := *it
	out.Corroboration = slices.DeleteFunc(slices.Clone(it.Corroboration), func(c Signal) bool {
		return slices.ContainsFunc(m.Items, func(i Item) bool { return i.Episode.GetTarget().Key() == c.Target })
	})
	return &out
}

// Leading is the item that weighs most, of equal ones the earliest, of these the
// app that the crowd leaves; nil where there is none.
func Leading(m *Message) *Item {
	if len(m.Items) == 0 {
		return nil
	}
	best := 0
	for i := range m.Items {
		a, b := m.Items[i].Episode, m.Items[best].Episode
		if cmp.Or(
			-cmp.Compare(a.GetSeverity(), b.GetSeverity()), cmp.Compare(a.GetOnsetMs(), b.GetOnsetMs()),
			-cmp.Compare(m.origin(a), m.origin(b))) < 0 {
			best = i
		}
	}
	return &m.Items[best]
}

// origin is 1 for what is about the app that the crowd leaves, else 0.
func (m *Message) origin(e *event.Episode) int {
	if m.Origin != "" && e.GetEntity() == m.Origin {
		return 1
	}
	return 0
}

func closedAll(items []Item) bool {
	return !slices.ContainsFunc(items, func(it Item) bool {
		return it.Episode.GetState() != event.EpisodeState_EPISODE_STATE_CLOSED
	})
}

// rows are one line per episode. The first stay longest.
func (s Style) rows(items []Item) []Line {
	lines := make([]Line, 0, len(items))
	for i := range items {
		spare := keepLong
		if i >= 3 {
			spare = keepShort - 1
		}
		lines = append(lines, Line{Text: s.row(&items[i]), Spare: spare})
	}
	return lines
}

// row is an episode in one line.
func (s Style) row(it *Item) string {
	e := it.Episode
	text := "• " + s.Headline(e)
	if e.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED {
		return text + s.went(e)
	}
	var more []string
	if isAmount(e) && e.Previous != nil && e.GetPrevious() != e.GetValue() {
		more = append(more, "was "+Amount(e, e.GetPrevious()))
	}
	if e.GetBaseline() != 0 {
		more = append(more, strings.ToLower(usually(e))+" "+Amount(e, e.GetBaseline()))
	}
	if isRank(e) && e.GetMultiple() > 0 {
		more = append(more, Times(e.GetMultiple()))
	}
	if len(more) > 0 {
		text += " — " + strings.Join(more, ", ")
	}
	return text
}

// went is how an episode went that is over, for its line.
func (s Style) went(e *event.Episode) string {
	var text string
	if a := anatomy(e); a.GivenBack != nil {
		text += ", " + Percent(a.GetGivenBack()) + " given back"
	}
	if from, to := e.GetOnsetMs(), e.GetClosedMs(); from > 0 && to > from {
		text += ", lasted " + Span(time.Duration(to-from)*time.Millisecond)
	}
	if isAmount(e) && e.GetPeakAtMs() > 0 {
		text += ", " + strings.ToLower(s.extreme(e)) + " on " + Moment(at(e.GetPeakAtMs()), s.Zone)
	}
	return text
}

// isAmount says whether the values are more or less of something: not whether
// an app is there, nor how our own looking fares.
func isAmount(e *event.Episode) bool {
	return e.GetMetric() != event.MetricListed && e.GetKind() != event.EpisodeHealth
}

// leastCoverage is that of the episode of which least was seen.
func leastCoverage(items []Item) string {
	least, known := 1.0, false
	for i := range items {
		if e := items[i].Episode; e.Coverage != nil {
			least, known = min(least, e.GetCoverage()), true
		}
	}
	switch {
	case !known:
		return "not known"
	case least == 1:
		return "100 % of the looks that the baselines rest on were there"
	}
	return "of each baseline at least " + Percent(least) + " of the looks were there"
}

// earliest is when the first of them began, and how long ago that is.
func (s Style) earliest(m *Message) string {
	var first int64
	for i := range m.Items {
		if o := m.Items[i].Episode.GetOnsetMs(); o > 0 && (first == 0 || o < first) {
			first = o
		}
	}
	if first == 0 {
		return ""
	}
	text := Moment(at(first), s.Zone)
	if age := m.At.Sub(at(first)); age >= time.Minute {
		text += ", " + Span(age) + " ago"
	}
	return text
}

// catchUp is what was held back, as it stands at the end.
func (s Style) catchUp(m *Message) Text {
	closed := 0
	for i := range m.Items {
		if m.Items[i].Episode.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED {
			closed++
		}
	}
	t := Text{Mark: mark(m.Level, closed == len(m.Items)), Headline: "During your quiet hours: " + count(len(m.Items), "episode") + ", " + goingOn(len(m.Items)-closed)}
	for _, part := range []struct {
		title  string
		closed bool
	}{{"Still going on", false}, {"Over already", true}} {
		var of []Item
		for _, it := range m.Items {
			if (it.Episode.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED) == part.closed {
				of = append(of, it)
			}
		}
		t.Lines = append(t.Lines, s.part(part.title, of)...)
	}
	if first := Leading(m); first != nil {
		s.link(&t, first.Episode)
	}
	return t
}

func goingOn(n int) string {
	if n == 0 {
		return "all over"
	}
	return fmt.Sprintf("%d still going on", n)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// part is a titled list; nothing where there is nothing to list.
func (s Style) part(title string, items []Item) []Line {
	if len(items) == 0 {
		return nil
	}
	return append([]Line{{Label: fmt.Sprintf("%s (%d)", title, len(items)), Head: true, Spare: keepLong}}, s.rows(items)...)
}

func (s Style) episodes(title string, of []*event.Episode) []Line {
	items := make([]Item, 0, len(of))
	for _, e := range of {
		items = append(items, Item{Episode: e})
	}
	return s.part(title, items)
}

// digest is what happened in a span of time.
func (s Style) digest(m *Message) Text {
	d := m.Digest
	if d == nil {
		d = &Digest{}
	}
	name := "Digest"
	if every := clean(d.Every); every != "" {
		name = strings.ToUpper(every[:1]) + every[1:] + " digest"
	}
	t := Text{Mark: "🗞", Headline: fmt.Sprintf("%s: %d opened, %d going on, %d over", name, len(d.Opened), len(d.Open), len(d.Closed))}
	if n := len(d.SourcesDown); n > 0 {
		t.Headline += ", " + count(n, "source") + " in trouble"
	}
	if !d.From.IsZero() {
		t.Lines = append(t.Lines, Line{Text: Moment(d.From, s.Zone) + " to " + Moment(d.To, s.Zone)})
	}
	t.Lines = append(t.Lines, s.episodes("Opened", d.Opened)...)
	t.Lines = append(t.Lines, s.episodes("Going on", d.Open)...)
	t.Lines = append(t.Lines, s.episodes("Over", d.Closed)...)
	t.Lines = append(t.Lines, s.episodes("Sources in trouble", d.SourcesDown)...)
	t.Lines = append(t.Lines, s.episodes("Kept back by your budget", d.Overflow)...)
	t.Lines = append(t.Lines, s.episodes("Muted", d.Muted)...)
	if d.Failed > 0 {
		t.Lines = append(t.Lines, Line{Label: "Not delivered", Text: count(d.Failed, "message") + "; the delivery log says why", Spare: keepLong})
	}
	if len(d.Opened)+len(d.Open)+len(d.Closed)+len(d.SourcesDown) == 0 {
		t.Lines = append(t.Lines, Line{Text: "Nothing out of the ordinary."})
	}
	if s.Dashboard != "" {
		e := &event.Episode{OnsetMs: d.From.Add(before).UnixMilli(), AtMs: d.To.UnixMilli(), Target: &event.Target{Kind: event.KindSource}}
		t.Links = append(t.Links, Link{Name: LinkDashboard, URL: s.dashboard(e)})
	}
	return t
}

// link is only the dashboard.
func (s Style) link(t *Text, e *event.Episode) {
	if u := s.dashboard(e); u != "" {
		t.Links = append(t.Links, Link{Name: LinkDashboard, URL: u})
	}
}
