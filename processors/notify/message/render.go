package message

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// How readily lines are left out where there is no room.
const (
	keepLong  = 1
	keepWhile = 4
	keepShort = 7
	keepLeast = 9
)

// Render is the message as text, the same for all channels.
func Render(m *Message, s Style) Text {
	var t Text
	switch {
	case m.Kind == KindDigest:
		t = s.digest(m)
	case m.Kind == KindCatchUp:
		t = s.catchUp(m)
	case len(m.Items) > 1:
		t = s.group(m)
	case len(m.Items) == 1:
		t = s.single(m, &m.Items[0])
	default:
		t = Text{Mark: mark(m.Level, false), Headline: clean(m.Note)}
		if m.Kind == KindTest {
			t.Headline = "Test: messages for " + clean(m.Receiver) + " arrive here"
			t.Lines = append(t.Lines, Line{Text: clean(m.Note)})
		}
		return withoutEmpty(t)
	}
	if m.Kind == KindTest {
		t.Headline = "Test: " + t.Headline
		t.Lines = append([]Line{{Text: "This is a sample. Nothing has happened."}}, t.Lines...)
	}
	note := Line{Label: "Note", Text: clean(m.Note), Spare: keepWhile}
	if m.Delayed {
		note.Label, note.Text = "Delayed", cmp.Or(note.Text, "this was held back")
	}
	t.Lines = append(t.Lines, note)
	return withoutEmpty(t)
}

func withoutEmpty(t Text) Text {
	kept := t.Lines[:0]
	for _, l := range t.Lines {
		if l.Text != "" || l.Head && l.Label != "" {
			kept = append(kept, l)
		}
	}
	t.Lines = kept
	if t.Headline == "" {
		t.Headline = "A message without content"
	}
	return t
}

// single is one episode with all that is known of it.
func (s Style) single(m *Message, it *Item) Text {
	e := it.Episode
	closed := e.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED
	t := Text{Mark: mark(m.Level, closed), Headline: s.Headline(e)}
	if m.Kind == KindWorse {
		t.Lines = append(t.Lines, Line{Label: "Worse", Text: s.since(it), Spare: keepWhile})
	}
	t.Lines = append(t.Lines, Line{Label: "What", Text: s.what(m, e), Spare: keepWhile})
	if closed {
		t.Lines = append(t.Lines, s.course(e)...)
	} else {
		t.Lines = append(t.Lines, s.state(m, e)...)
	}
	t.Lines = append(t.Lines, s.evidence(it)...)
	t.Lines = append(t.Lines, s.next(&t, e)...)
	return t
}

// since says what has changed since it began: the state that the receiver was
// told may be a later one, of which the message does not know.
func (s Style) since(it *Item) string {
	o := it.Opened
	if o == nil {
		return "more severe than when it was told"
	}
	return "it was " + Amount(o, o.GetValue()) + " (" + Times(o.GetMultiple()) + ") when it began, at " + Moment(at(o.GetAtMs()), s.Zone)
}

// what is the entity with its place, and how it is counted.
func (s Style) what(m *Message, e *event.Episode) string {
	if e.GetKind() == event.EpisodeHealth {
		return "our own looking, not the crowd: rule " + clean(e.GetRule()) + ", source " + clean(e.GetSource())
	}
	parts := []string{s.who(e)}
	if id := clean(e.GetSubject()); e.GetEntity() != "" && id != e.GetEntity() && !strings.Contains(parts[0], id) && e.GetTarget().GetKind() != event.KindTag {
		parts[0] += " (" + id + ")"
	}
	parts = append(parts, where(e.GetTarget()))
	if name := clean(m.TopicName); name != "" {
		parts = append(parts, "topic "+name)
	}
	return strings.Join(append(parts, "source "+clean(e.GetSource())), " · ")
}

// state is how an episode that goes on stands.
func (s Style) state(m *Message, e *event.Episode) []Line {
	now := Amount(e, e.GetValue())
	if isRank(e) && e.GetDepth() > 0 && e.GetValue() <= float64(e.GetDepth()) {
		now += fmt.Sprintf(" of %d", e.GetDepth())
	}
	lines := []Line{
		{Label: "Now", Text: now, Spare: keepLong},
		{Label: "Before", Text: previous(e), Spare: keepLong},
		{Label: usually(e), Text: usual(e), Spare: keepLong},
		{Label: "How far", Text: distance(m.Level, e), Spare: keepLong},
	}
	if e.GetOnsetMs() > 0 {
		text := Moment(at(e.GetOnsetMs()), s.Zone)
		if age := time.Duration(e.GetAtMs()-e.GetOnsetMs()) * time.Millisecond; age > 0 {
			text += ", " + Span(age) + " ago"
		}
		lines = append(lines, Line{Label: "First seen", Text: text, Spare: keepWhile})
	}
	return lines
}

// previous is the value of the look before.
func previous(e *event.Episode) string {
	if e.Previous != nil {
		return Amount(e, e.GetPrevious())
	}
	if e.GetKind() == event.EpisodeHealth {
		return ""
	}
	if isRank(e) && e.GetDepth() > 0 {
		return fmt.Sprintf("not in the top %d at the look before", e.GetDepth())
	}
	return "there is no look before"
}

// usually names the baseline.
func usually(e *event.Episode) string {
	if IsLimit(e) {
		return "Limit"
	}
	return "Usual"
}

// usual is the baseline and how it was computed.
func usual(e *event.Episode) string {
	var text string
	if e.GetBaseline() != 0 || e.Low != nil || e.High != nil {
		text = Amount(e, e.GetBaseline())
	}
	if e.Low != nil && e.High != nil && !IsLimit(e) {
		low, high := e.GetLow(), e.GetHigh()
		text += " (ordinary: " + Amount(e, low) + " to " + Amount(e, high) + ")"
	}
	if how := clean(e.GetExplanation()); how != "" {
		if text != "" {
			text += "; "
		}
		text += how
	}
	if text == "" {
		return "nothing is known of it yet"
	}
	return text
}

// distance is the multiple and the severity.
func distance(level string, e *event.Episode) string {
	var parts []string
	if far := against(e); far != "" {
		parts = append(parts, far)
	}
	severity := "severity " + Figure(e.GetSeverity())
	if level != "" {
		severity += " of 1, " + clean(level)
	}
	return strings.Join(append(parts, severity), " · ")
}
