package judge

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/detect/episode"
	"github.com/tidemark/tidemark/processors/detect/ranks"
)

// explain says what was seen, what was expected and how that was computed, and
// which rule told it.
func (t *Target) explain(v *voice, e *event.Episode) string {
	parts := []string{t.seen(v, e), t.expected(v)}
	if more := t.soFar(v, e); more != "" {
		parts = append(parts, more)
	}
	rule := "Rule " + v.track.Rule
	if v.because != "" && e.GetChange() == episode.Opened {
		rule += ": " + v.because
	}
	return strings.Join(append(parts, rule+"."), " ")
}

// seen is what the look saw.
func (t *Target) seen(v *voice, e *event.Episode) string {
	in := t.place()
	switch {
	case v.metric == event.MetricListed && v.track.Scale == episode.Presence && v.track.How != "limit of the rule":
		if e.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED && v.value >= 1 {
			return fmt.Sprintf("%s is listed again in %s.", v.who.name, in)
		}
		return fmt.Sprintf("%s is no longer listed in %s.", v.who.name, in)
	case v.rank != nil && v.rank.rank == 0:
		return fmt.Sprintf("%s is not among the %d of %s; %s.", v.who.name, t.chart.depth, in, v.before)
	case v.rank != nil:
		text := fmt.Sprintf("%s is #%s of %d in %s; %s", v.who.name, placeText(v.value), t.chart.depth, in, v.before)
		if v.newBest != "" {
			text += ", and this is " + v.newBest
		}
		return text + "."
	}
	text := fmt.Sprintf("%s: %s", t.title(v, in), t.amount(v, v.value))
	if v.previous != nil {
		text += ", before that " + number(*v.previous)
	}
	return text + "."
}

// title is who it is about and where: #tiktokrefugee on mastodon.social.
func (t *Target) title(v *voice, in string) string {
	place := t.target.GetPlace()
	switch t.target.GetKind() {
	case event.KindTag:
		return "#" + t.target.GetName() + " on " + place
	case event.KindArticle:
		return t.target.GetName() + " on " + place
	case event.KindKeyword:
		return t.target.GetName() + " in " + place
	}
	return v.who.name + " in " + in
}

func (t *Target) amount(v *voice, x float64) string {
	return number(x) + " " + t.unit(v)
}

// unit is what the values of an episode count, and in how long: of a count that
// only grows "views" would be all of them, and the values are "views per hour".
func (t *Target) unit(v *voice) string {
	m := meterOf(t.target.GetKind(), v.metric)
	if v.track.Scale == episode.Presence && m.how == counter { // a limit is for the count itself
		return v.unit
	}
	if p := m.period(time.Duration(v.track.EveryMS) * time.Millisecond); p != "" {
		return v.unit + " " + p
	}
	return v.unit
}

// expected is the baseline, and how it was computed.
func (t *Target) expected(v *voice) string {
	tr := v.track
	switch {
	case tr.How == "limit of the rule":
		side := "over"
		if tr.Falls {
			side = "under"
		}
		return fmt.Sprintf("Told is what is %s %s.", side, number(tr.Baseline))
	case tr.Scale == episode.Presence:
		return "It was listed until " + instant(tr.OnsetMS).Format(minute) + "."
	case v.rank != nil:
		return fmt.Sprintf("Its %s before was %s (%s of the looks were there).", tr.How, t.rankText(tr.Baseline), percent(tr.Coverage))
	}
	text := fmt.Sprintf("Expected were %s, %s to %s being ordinary: %s (%s of the looks were there).",
		number(tr.Baseline), number(tr.Low), number(tr.High), tr.How, percent(tr.Coverage))
	if tr.Baseline < tr.Least { // a multiple of next to nothing
		return text + fmt.Sprintf(" It is %s times %s, below which no baseline is counted.", number(tr.Multiple(v.value)), number(tr.Least))
	}
	return text + fmt.Sprintf(" That is %s times as much.", number(tr.Multiple(v.value)))
}

const minute = "2 January 2006 15:04 UTC"

// soFar is what the way up and down was like, where that is what changed.
func (t *Target) soFar(v *voice, e *event.Episode) string {
	tr, a := v.track, e.GetAnatomy()
	if e.GetChange() == episode.Opened || tr.Scale == episode.Presence {
		return ""
	}
	peak := number(tr.Peak)
	if v.rank != nil {
		peak = t.rankText(tr.Peak)
	}
	var parts []string
	switch e.GetChange() {
	case episode.Peaked:
		parts = append(parts, "The turn: the peak was "+peak+" at "+instant(tr.PeakMS).Format(minute)+", and it has been going back since.")
	case episode.Halved:
		parts = append(parts, "Half of the excess over the baseline is gone since the peak of "+peak+".")
	case episode.Resurged:
		parts = append(parts, "It comes again after a decline from "+peak+".")
	case episode.Closed:
		parts = append(parts, t.ending(v, peak))
	}
	if a.HalfLifeS != nil && (e.GetChange() == episode.Halved || e.GetChange() == episode.Closed) {
		parts = append(parts, "Half-life "+lifeText(a)+".")
	}
	return strings.Join(parts, " ")
}

func (t *Target) ending(v *voice, peak string) string {
	tr := v.track
	at := ""
	if level, known := tr.Level(); known {
		at = number(level)
		if v.rank != nil {
			at = t.rankText(level)
		}
	}
	top := "the peak"
	if tr.Falls {
		top = "the lowest"
	}
	head := "Over: " + top + " was " + peak + " at " + instant(tr.PeakMS).Format(minute)
	switch tr.Over {
	case episode.Back:
		return head + "; back in the ordinary band since " + instant(tr.BackMS).Format(minute) + "."
	case episode.Settled:
		return head + "; it has not come back to the baseline but settled at a new level, " + at + "."
	case episode.Aged:
		return head + "; after 90 days " + at + " counts as the usual level."
	case episode.Lost:
		return head + "; there has been no reading of it for so long that nobody knows how it went on."
	}
	return head + "; the rule was changed or taken away, so nobody follows it."
}

func lifeText(a *event.Anatomy) string {
	text := spanText(seconds(a.GetHalfLifeS())) + " as measured"
	if a.FittedHalfLifeS == nil {
		return text
	}
	text += ", " + spanText(seconds(a.GetFittedHalfLifeS())) + " as fitted"
	if a.FittedHalfLifeLowS != nil && a.FittedHalfLifeHighS != nil {
		text += " (80 %: " + spanText(seconds(a.GetFittedHalfLifeLowS())) + " to " + spanText(seconds(a.GetFittedHalfLifeHighS())) + ")"
	}
	return text
}

// place is where it was seen, for a person.
func (t *Target) place() string {
	store := t.target.GetPlace()
	switch store {
	case "apple":
		store = "Apple"
	case "google":
		store = "Google Play"
	}
	if c := t.target.GetCountry(); c != "" {
		store += ", " + strings.ToUpper(c)
	}
	if t.target.GetKind() == event.KindListing {
		return "the store (" + store + ")"
	}
	return t.target.GetName() + " (" + store + ")"
}

func (t *Target) rankText(rank float64) string {
	if rank > float64(t.chart.depth) {
		return "outside of the list"
	}
	return "#" + placeText(rank)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func placeText(rank float64) string { return strconv.FormatFloat(math.Round(max(1, rank)), 'f', 0, 64) }

func percent(share float64) string {
	return strconv.FormatFloat(math.Round(100*share), 'f', 0, 64) + " %"
}

// number has three digits that count, and groups of three from ten thousand on.
func number(v float64) string {
	if a := math.Abs(v); a < 1000 || a >= 1e15 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	digits := strconv.FormatFloat(math.Abs(math.Round(v)), 'f', 0, 64)
	var b strings.Builder
	if v < 0 {
		b.WriteByte('-')
	}
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func spanWord(window int) string { return ranks.SpanText(window) }

// spanText is 45 min, 4 h or 3 days.
func spanText(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < 2*time.Hour:
		return strconv.Itoa(int(math.Round(d.Minutes()))) + " min"
	case d < 48*time.Hour:
		return strconv.FormatFloat(math.Round(d.Hours()), 'f', 0, 64) + " h"
	}
	return strconv.FormatFloat(math.Round(d.Hours()/2.4)/10, 'f', -1, 64) + " days"
}

// daysText is a span in whole days.
func daysText(ms int64) string {
	if n := int(math.Round(float64(ms) / float64(oneDay.Milliseconds()))); n != 1 {
		return strconv.Itoa(n) + " days"
	}
	return "a day"
}
