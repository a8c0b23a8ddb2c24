package message

import (
	"fmt"
	"strings"

	"github.com/tidemark/tidemark/internal/event"
)

// Headline is an episode's state in words: who did what, and where.
func (s Style) Headline(e *event.Episode) string {
	if e.GetKind() == event.EpisodeHealth {
		return s.health(e) + provenance(e.GetBasis())
	}
	says := s.did(e)
	if e.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED {
		says = s.ended(e)
	}
	return capital(says) + provenance(e.GetBasis())
}

// maxAbout bounds how many episodes About names.
const maxAbout = 3

// About says in short what a message is about: for lists of messages.
func (s Style) About(m *Message) string {
	if d := m.Digest; d != nil {
		return fmt.Sprintf("%s digest: %d opened, %d closed, %d open, %d sources down", d.Every, len(d.Opened), len(d.Closed), len(d.Open), len(d.SourcesDown))
	}
	var parts []string
	for _, it := range m.Items[:min(len(m.Items), maxAbout)] {
		parts = append(parts, s.Headline(it.Episode))
	}
	if n := len(m.Items) - maxAbout; n > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(parts, "; ")
}

// did is a headline of an episode that goes on.
func (s Style) did(e *event.Episode) string {
	who, in := s.who(e), where(e.GetTarget())
	switch {
	case e.GetMetric() == event.MetricListed && e.GetValue() < 0.5:
		return who + " is gone from the " + in
	case e.GetMetric() == event.MetricListed:
		return who + " is back in the " + in
	case isRank(e):
		return who + " " + s.moved(e) + ", " + in
	}
	return who + " " + counted(e, in)
}

// moved is what a rank did.
func (s Style) moved(e *event.Episode) string {
	now := Amount(e, e.GetValue())
	change := e.GetChange()
	if e.GetDepth() > 0 && e.GetValue() > float64(e.GetDepth()) {
		return "left " + part(e, "") + " (" + now + ")"
	}
	if out, found := strings.CutPrefix(change, "left-"); found {
		return "left " + part(e, out) + ": now " + now
	}
	switch {
	case change == "halved":
		return "has lost half of its rise: now " + now
	case e.GetValue() == 1 && (e.Previous == nil || e.GetPrevious() > 1):
		return "took #1"
	case e.GetValue() == 1:
		return "stays #1"
	case change == "entered" || strings.HasPrefix(change, "top-"):
		return "entered " + part(e, change) + " at " + now
	case change == "resurged":
		return "rises again, to " + now
	case e.Previous == nil && e.GetDepth() > 0:
		return "entered " + part(e, "") + " at " + now
	case better(e):
		return "jumped to " + now
	}
	return "fell to " + now
}

// part names the part of a chart or list of a milestone: top-10 is the top 10,
// first is #1.
func part(e *event.Episode, milestone string) string {
	switch {
	case milestone == "first":
		return "#1"
	case strings.HasPrefix(milestone, "top-"):
		return "the " + strings.Replace(clean(milestone), "-", " ", 1)
	}
	if e.GetTarget().GetKind() == event.KindList {
		return "the list"
	}
	return "the chart"
}

// counted is what a count did.
func counted(e *event.Episode, in string) string {
	verb := "surges"
	switch {
	case e.GetChange() == "halved":
		verb = "has lost half of its surge"
	case e.GetChange() == "resurged":
		verb = "surges again"
	case falls(e):
		verb = "falls"
	}
	text := verb + " on " + in + ": " + Amount(e, e.GetValue())
	if far := against(e); far != "" {
		text += ", " + far
	}
	return text
}

// ended is a headline of an episode that is over.
func (s Style) ended(e *event.Episode) string {
	who, in := s.who(e), where(e.GetTarget())
	if e.GetMetric() == event.MetricListed {
		if e.GetValue() >= 0.5 {
			return who + " is back in the " + in
		}
		return who + " is no longer watched for in the " + in
	}
	what := "surge"
	if fell(e) {
		what = "fall"
	}
	text := who + ": the " + what + " is over, " + in
	if peak := e.GetPeak(); peak != 0 {
		turn := "peaked at "
		if what == "fall" {
			turn = "bottomed at "
		}
		text += "; " + turn + Amount(e, peak)
	}
	if a := anatomy(e); a.Settled != nil {
		text += ", settled at " + Amount(e, a.GetSettled())
	}
	return text
}

// health is a headline about our own looking.
func (s Style) health(e *event.Episode) string {
	what := "source " + clean(e.GetSource())
	if t := e.GetTarget(); t.GetKind() != event.KindSource && t.GetName() != "" {
		what += " (" + where(t) + ")"
	}
	if e.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED {
		return capital(what) + " is well again; it was: " + trouble(e.GetRule())
	}
	return capital(what) + ": " + trouble(e.GetRule())
}

// trouble is a rule of processors/health in words; one that is not known here
// speaks for itself.
func trouble(rule string) string {
	known := map[string]string{
		"source-stale": "nobody has looked for a while", "looks-failing": "looks keep failing",
		"depth-fell": "the list has become shorter", "fewer-readings": "looks bring fewer readings",
		"all-equal": "look after look is the same", "values-frozen": "the chart stands still",
		"name-changed": "an app's id bears another name", "coverage-low": "too many looks are missing",
	}
	if says, found := known[rule]; found {
		return says
	}
	return clean(strings.ReplaceAll(rule, "-", " "))
}

// capital begins a sentence with a capital letter where it begins with a word
// of ours: names are written as they are.
func capital(s string) string {
	for _, begin := range []string{"the ", "source "} {
		if strings.HasPrefix(s, begin) {
			return strings.ToUpper(s[:1]) + s[1:]
		}
	}
	return s
}

// mark shows the level at a glance.
func mark(level string, closed bool) string {
	switch {
	case closed:
		return "🟢"
	case level == LevelCritical:
		return "🔴"
	case level == LevelWarning:
		return "🟠"
	}
	return "🔵"
}
