package message

import (
	"strings"

	"github.com/tidemark/tidemark/internal/event"
)

// who is what the episode is about, as people call it.
func (s Style) who(e *event.Episode) string {
	t := e.GetTarget()
	if id := e.GetEntity(); id != "" {
		name, text := s.entity(id), clean(e.GetSubject())
		if t.GetKind() == event.KindList && text != "" && text != id && !strings.EqualFold(text, name) {
			name += " “" + text + "”" // a list may bear the name in ten topics at once
		}
		return name
	}
	switch t.GetKind() {
	case event.KindTag:
		return "#" + clean(t.GetName())
	case event.KindArticle, event.KindKeyword:
		return "“" + clean(strings.ReplaceAll(t.GetName(), "_", " ")) + "”"
	case event.KindSource:
		return "the source " + clean(e.GetSource())
	}
	if subject := clean(e.GetSubject()); subject != "" {
		return subject
	}
	return clean(t.GetName())
}

// entity is the name of an entity of the watchlist, or its id.
func (s Style) entity(id string) string {
	if name := clean(s.Entities[id]); name != "" {
		return name
	}
	return clean(id)
}

// where is the place that was looked at: US App Store, top free (overall).
func where(t *event.Target) string {
	in := place(t.GetPlace())
	if c := t.GetCountry(); c != "" {
		in = strings.ToUpper(clean(c)) + " " + in
	}
	switch t.GetKind() {
	case event.KindChart:
		chart, category, found := strings.Cut(clean(t.GetName()), "/")
		chart = strings.ReplaceAll(chart, "-", " ")
		if found {
			chart += " (" + strings.ReplaceAll(category, "-", " ") + ")"
		}
		return in + ", " + chart
	case event.KindList:
		return in + ", " + clean(t.GetName())
	}
	return in
}

// place is what people call a store or a platform.
func place(id string) string {
	known := map[string]string{
		"apple": "App Store", "google": "Google Play", "tiktok": "TikTok", "weibo": "Weibo", "bluesky": "Bluesky",
		"hackernews": "Hacker News", "hacker-news": "Hacker News", "youtube": "YouTube", "gdelt": "the news (GDELT)",
		"google-trends": "Google Trends", "google-news": "Google News", "x": "X", "reddit": "Reddit", "tranco": "Tranco",
	}
	if name, found := known[id]; found {
		return name
	}
	if language, found := strings.CutSuffix(id, ".wikipedia"); found {
		return "Wikipedia (" + clean(language) + ")"
	}
	return clean(id)
}

// provenance says in the headline what is not a number looked at when it
// happened.
func provenance(b event.Basis) string {
	switch b {
	case event.Basis_BASIS_MODELLED:
		return " (replay, modelled)"
	case event.Basis_BASIS_IMPORTED:
		return " (replay, imported)"
	case event.Basis_BASIS_BACKFILL:
		return " (back-filled, seen later)"
	case event.Basis_BASIS_REPORTED:
		return " (reported, not measured)"
	}
	return ""
}

// meaning is what a kind of finding means, in one line, and the page and
// section of the docs that say more.
func meaning(e *event.Episode) (says, page string) {
	if e.GetKind() == event.EpisodeHealth {
		return clean(e.GetAdvice()), "operating.md#a-source-has-a-health-episode"
	}
	switch {
	case e.GetMetric() == event.MetricListed && e.GetValue() < 0.5:
		return "We looked for the app's page in the store and there was none: it cannot be downloaded there. Ranks end here; they do not fall.", "alerts.md#gone-from-a-store"
	case e.GetMetric() == event.MetricListed:
		return "The app's page is in the store again.", "alerts.md#gone-from-a-store"
	case isRank(e) && e.GetTarget().GetKind() == event.KindList:
		return "It stands on a list of what is much talked about or searched for there, made by a recipe that the place does not publish. A place on it says nothing of how many.", "alerts.md#a-place-on-a-list"
	case e.GetMetric() == event.MetricRank && better(e):
		return "More people install it than usual, compared with the apps around it. A rank says nothing of how many.", "alerts.md#a-rank-rises"
	case e.GetMetric() == event.MetricRank:
		return "Fewer people install it than usual, compared with the apps around it, others overtook it, or the store has taken it out.", "alerts.md#a-rank-falls"
	case falls(e):
		return "Less is counted than at this time of day and week before.", "alerts.md#a-count-falls"
	}
	return "More is counted than at this time of day and week before. A count is of posts or views, not of people.", "alerts.md#a-count-surges"
}

// better says whether a rank is better than before, or than usual where there
// was no look before.
func better(e *event.Episode) bool {
	if e.GetBaseline() > 0 {
		return e.GetValue() <= e.GetBaseline()
	}
	return e.Previous == nil || e.GetValue() <= e.GetPrevious()
}

// falls says whether a count lies below what is usual.
func falls(e *event.Episode) bool {
	return e.GetValue() < e.GetBaseline()
}

// fell says whether an episode was about a decline: its peak lies on the worse
// side of what was usual.
func fell(e *event.Episode) bool {
	return e.GetPeak() != 0 && e.GetPeak() != e.GetBaseline() && (e.GetPeak() > e.GetBaseline()) == isRank(e)
}

// isRank says whether the numbers are places, of which 1 is the best.
func isRank(e *event.Episode) bool { return e.GetMetric() == event.MetricRank }
