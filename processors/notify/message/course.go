package message

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// course is how an episode that is over went. What is not known is not said.
func (s Style) course(e *event.Episode) []Line {
	a := anatomy(e)
	lines := []Line{{Label: s.extreme(e), Text: s.peak(e), Spare: keepLong}, {Label: "Lasted", Text: s.lasted(e), Spare: keepLong}}
	if e.GetKind() != event.EpisodeHealth {
		lines = append(lines,
			Line{Label: "Half-life", Text: halfLife(a), Spare: keepWhile},
			Line{Label: "Settled", Text: settled(e), Spare: keepLong},
			Line{Label: "At the top", Text: atTop(a), Spare: keepShort})
		if n := a.GetResurges(); a.Resurges != nil && n > 0 {
			lines = append(lines, Line{Label: "Rose again", Text: times(int(n)), Spare: keepShort})
		}
	}
	return append(lines, Line{Label: usually(e), Text: usual(e), Spare: keepWhile})
}

// extreme names what a peak is.
func (s Style) extreme(e *event.Episode) string {
	switch {
	case e.GetKind() == event.EpisodeHealth:
		return "At worst"
	case fell(e):
		return "Low point"
	}
	return "Peak"
}

func times(n int) string {
	if n == 1 {
		return "once on the way down"
	}
	return fmt.Sprintf("%d times on the way down", n)
}

func (s Style) peak(e *event.Episode) string {
	if e.GetPeak() == 0 && e.GetPeakAtMs() == 0 {
		return ""
	}
	text := Amount(e, e.GetPeak())
	if e.GetPeakAtMs() > 0 {
		text += " on " + Moment(at(e.GetPeakAtMs()), s.Zone)
	}
	a := anatomy(e)
	if a.PeakMultiple != nil && a.GetPeakMultiple() > 0 && (e.GetBaseline() != 0 || isRank(e)) { // nothing is a multiple of none
		text += ", " + Times(a.GetPeakMultiple()) + " the usual"
	}
	if a.TimeToPeakS != nil {
		text += ", " + seconds(a.GetTimeToPeakS()) + " after it began"
	}
	return text
}

func (s Style) lasted(e *event.Episode) string {
	from, to := e.GetOnsetMs(), e.GetClosedMs()
	if from == 0 || to <= from {
		return ""
	}
	return Span(time.Duration(to-from)*time.Millisecond) + ", from " + Moment(at(from), s.Zone) + " to " + Moment(at(to), s.Zone)
}

func halfLife(a *event.Anatomy) string {
	var parts []string
	if a.HalfLifeS != nil {
		parts = append(parts, seconds(a.GetHalfLifeS())+" from the last look at the height of the peak until half of it was gone")
	}
	if a.FittedHalfLifeS != nil {
		fitted := "fitted " + seconds(a.GetFittedHalfLifeS())
		if a.FittedHalfLifeLowS != nil && a.FittedHalfLifeHighS != nil {
			fitted += ", " + seconds(a.GetFittedHalfLifeLowS()) + " to " + seconds(a.GetFittedHalfLifeHighS()) + " with 80 % confidence"
		}
		parts = append(parts, fitted)
	}
	return strings.Join(parts, "; ")
}

func settled(e *event.Episode) string {
	a := anatomy(e)
	var parts []string
	if a.Settled != nil {
		parts = append(parts, Amount(e, a.GetSettled()))
	}
	if a.GivenBack != nil {
		parts = append(parts, Percent(a.GetGivenBack())+" of the way up was given back")
	}
	return strings.Join(parts, "; ")
}

func atTop(a *event.Anatomy) string {
	var parts []string
	if a.AtFirstS != nil && a.GetAtFirstS() > 0 {
		parts = append(parts, seconds(a.GetAtFirstS())+" at #1")
	}
	if a.InTop_10S != nil && a.GetInTop_10S() > 0 {
		parts = append(parts, seconds(a.GetInTop_10S())+" in the top 10")
	}
	return strings.Join(parts, ", ")
}

// evidence is how much was seen, and who else saw it.
func (s Style) evidence(it *Item) []Line {
	e := it.Episode
	var lines []Line
	if e.Coverage != nil {
		lines = append(lines, Line{Label: "Coverage", Text: Percent(e.GetCoverage()) + " of the looks that the baseline rests on were there", Spare: keepWhile})
	} else {
		lines = append(lines, Line{Label: "Coverage", Text: "not known", Spare: keepLeast})
	}
	if e.GetKind() == event.EpisodeHealth {
		return lines[:0]
	}
	lines = append(lines, Line{Label: "Also moving", Text: s.signals(it), Spare: keepWhile})
	return lines
}

// signals are at most five other series that moved in the same window.
func (s Style) signals(it *Item) string {
	if len(it.Corroboration) == 0 {
		return "nothing else in this window"
	}
	const most = 5
	parts := make([]string, 0, most+1)
	for i, c := range it.Corroboration {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(it.Corroboration)-most))
			break
		}
		parts = append(parts, s.signal(c, it.Episode))
	}
	return strings.Join(parts, "; ") + "; agreement " + Percent(it.Score)
}

// signal is one of them: #tiktokrefugee on TikTok, views ×69 (first, 3 h
// earlier).
func (s Style) signal(c Signal, e *event.Episode) string {
	text := clean(c.Subject)
	if t, err := event.ParseTargetKey(c.Target); err == nil {
		other := &event.Episode{Target: t, Subject: c.Subject, Metric: c.What}
		if s.Entities[c.Subject] != "" && t.GetKind() != event.KindTag {
			other.Entity = c.Subject
		}
		text = s.who(other) + ", " + where(t)
		if what := Unit(other); what != "" {
			text += ", " + what
		}
	}
	if times := Times(c.Multiple); c.Multiple > 0 && times != Times(1) { // ×1 says nothing
		text += " " + times
	}
	lead := at(e.GetOnsetMs()).Sub(c.At)
	switch {
	case c.At.IsZero() || e.GetOnsetMs() == 0:
		if c.First {
			text += " (first)"
		}
	case c.First && lead >= time.Minute:
		text += " (first, " + Span(lead) + " earlier)"
	case lead >= time.Minute:
		text += " (" + Span(lead) + " earlier)"
	case lead <= -time.Minute:
		text += " (" + Span(lead) + " later)"
	}
	return text
}

// next is what a reader can do: links, silence, what it means.
func (s Style) next(t *Text, e *event.Episode) []Line {
	if u := s.dashboard(e); u != "" {
		t.Links = append(t.Links, Link{Name: LinkDashboard, URL: u})
	}
	says, page := meaning(e)
	lines := []Line{{Label: "What this means", Text: says, Spare: keepShort}}
	if u := s.docs(page); u != "" {
		t.Links = append(t.Links, Link{Name: LinkMeaning, URL: u})
	} else {
		lines = append(lines, Line{Label: "More", Text: "docs/" + page, Spare: keepLeast})
	}
	lines = append(lines, s.query(t, e)...)
	return append(lines, Line{Label: "Silence for 24 h", Text: mute(e), Code: true, Spare: keepWhile})
}

// query is the SQL behind the numbers: a link where there is a place to ask,
// else the command that asks.
func (s Style) query(t *Text, e *event.Episode) []Line {
	sql := statement(e)
	if strings.Contains(s.SQL, "{sql}") {
		t.Links = append(t.Links, Link{Name: "SQL", URL: strings.ReplaceAll(s.SQL, "{sql}", url.QueryEscape(sql))})
		return nil
	}
	return []Line{{Label: "SQL", Text: ask(sql), Code: true, Spare: keepLeast}}
}

// anatomy is what is known of an episode's course, maybe nothing.
func anatomy(e *event.Episode) *event.Anatomy {
	if a := e.GetAnatomy(); a != nil {
		return a
	}
	return &event.Anatomy{}
}
