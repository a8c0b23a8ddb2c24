package judge

import (
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/detect/surge"
)

// meter is what the numbers of a metric are, and how they are judged.
type meter struct {
	how   judging
	unit  string
	every time.Duration // length of the periods; 0: the distance of the looks
	count bool          // whole things are counted, so that chance has a size
}

type judging uint8

const (
	silent  judging = iota // not judged: it says how we look, or what another says sooner
	gauge                  // a level, or a count of a period
	less                   // the smaller the more: a place among millions
	counter                // cumulative: judged by its rate
)

const (
	oneDay  = 24 * time.Hour
	quarter = 15 * time.Minute
)

// meterOf is the one table of metrics. What it does not name comes from a file
// of somebody: there the name's end tells.
func meterOf(kind, metric string) meter {
	if m, is := cumulative(metric); is {
		return m
	}
	switch metric {
	// Counts of a period.
	case "views_day":
		return meter{how: gauge, unit: "views", every: oneDay, count: true}
	case "mentions_minute":
		return meter{how: gauge, unit: "mentions", every: time.Minute, count: true}
	case "mentions_hour": // of a watched tag its minutes say it sooner
		if kind == event.KindTag {
			return meter{}
		}
		return meter{how: gauge, unit: "mentions", every: time.Hour, count: true}
	case "articles_hour":
		return meter{how: gauge, unit: "articles", every: time.Hour, count: true}
	case "articles_15m":
		return meter{how: gauge, unit: "articles", every: quarter, count: true}
	case "uploads_hour":
		return meter{how: gauge, unit: "uploads", every: time.Hour, count: true}
	// Levels.
	case "share":
		return meter{how: gauge, unit: "share", every: quarter}
	case "hot":
		return meter{how: gauge, unit: "hot"}
	case "domain_rank_day":
		return meter{how: less, unit: "rank", every: oneDay}
	// What the same look says sooner or better by another metric: uses_today,
	// mentions_minute. Accounts move with uses.
	case "uses_day", "accounts_day", "accounts_today", "mentions_hour_by_language", "rank_day":
		return meter{}
	// About the looking, not about the crowd; bounds in coarse steps; what
	// hardly moves; ids.
	case "norm", "norm_15m", "traffic_approx", "rating_average", "name_matches", "app_id",
		"overcount_hour", "late_hour", "duplicates_hour", "unchecked_hour", "unlisted_hour",
		"events_minute", "posts_minute", "bytes_minute", "dropped_minute", "connections_minute", "lag_s", "hole_s", "alive_minutes",
		event.MetricRank, event.MetricListed:
		return meter{}
	}
	return unnamed(metric)
}

// cumulative counts grow for ever: the rate of growth is what the crowd does.
func cumulative(metric string) (meter, bool) {
	unit := strings.TrimSuffix(metric, "_total")
	switch metric {
	case "views_total", "posts_total", "discussions_total", "videos_total", "installs_total", "reviews_total",
		"reads", "discussions", "posts":
	case "rating_count", "ratings_total":
		unit = "ratings"
	case "uses_today": // grows all day and begins anew at midnight
		unit = "uses"
	default:
		return meter{}, false
	}
	return meter{how: counter, unit: unit, count: true}, true
}

func unnamed(metric string) meter {
	for _, end := range []string{"_low", "_high", "_at_least", "_approx", "_id"} {
		if strings.HasSuffix(metric, end) {
			return meter{}
		}
	}
	if strings.Contains(metric, "rank") {
		return meter{how: less, unit: "rank"}
	}
	for end, m := range map[string]meter{
		"_total": {how: counter, count: true}, "_minute": {how: gauge, every: time.Minute, count: true},
		"_15m": {how: gauge, every: quarter, count: true}, "_hour": {how: gauge, every: time.Hour, count: true},
		"_day": {how: gauge, every: oneDay, count: true},
	} {
		if name, found := strings.CutSuffix(metric, end); found {
			m.unit = name
			return m
		}
	}
	return meter{how: gauge, unit: metric}
}

func (m meter) kind() surge.Kind {
	if m.how == counter {
		return surge.Counter
	}
	return surge.Gauge
}

// period is how long what a value counts is, in words; every is the distance of
// the looks.
func (m meter) period(every time.Duration) string {
	if m.every > 0 {
		every = m.every
	}
	if m.how != counter && (m.every == 0 || !m.count) {
		return ""
	}
	switch every {
	case 0:
		return "per look"
	case time.Minute:
		return "per minute"
	case time.Hour:
		return "per hour"
	case oneDay:
		return "per day"
	}
	return "per " + spanText(every)
}
