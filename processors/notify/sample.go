package notify

import (
	"math"
	"strconv"
	"time"

	"github.com/tidemark/tidemark/internal/corroborate"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// Sample is a message with everything that a message can have, made up, for
// somebody who wants to see whether and how it arrives.
func Sample(receiver string, now time.Time) *message.Message {
	const sample = "sample"
	now = now.UTC().Truncate(time.Second)
	hour := time.Hour.Milliseconds()
	at := now.UnixMilli()
	previous, low, high, coverage, toPeak := 11.0, 120.0, 190.0, 0.98, 7200.0
	opened := &event.Episode{
		Id: event.ID(sample, receiver, strconv.FormatInt(at, 10)), Rule: "rank-surge", Source: "appstore", Target: event.ChartTarget("apple", "us", "top-free/overall"),
		Subject: "741292507", Metric: event.MetricRank, State: event.EpisodeState_EPISODE_STATE_OPEN, Sequence: 1,
		OnsetMs: at - 2*hour, PeakAtMs: at, AtMs: at, Value: 1, Baseline: 164, Peak: 1, Multiple: 164, Severity: 0.95,
		Previous: &previous, Low: &low, High: &high, Coverage: &coverage, EveryS: 3600, Depth: 200,
		Basis: event.Basis_BASIS_MODELLED, Kind: event.EpisodeSurge, Unit: "places", Entity: "rednote", Change: "first",
		Explanation: "This is a sample: nobody has measured it. The rank is compared with the median of seven days.",
		Advice:      "Nothing is to be done: you asked for a sample.",
		Anatomy:     &event.Anatomy{TimeToPeakS: &toPeak},
	}
	for i := range int64(48) {
		value := math.Max(1, math.Round(164+20*math.Sin(float64(i)/4)))
		if i > 43 {
			value = math.Pow(164, float64(47-i)/4)
		}
		rank := math.Round(value)
		opened.History = append(opened.History, &event.Moment{AtMs: at - (47-i)*hour, Value: &rank, Low: &low, High: &high})
	}
	return &message.Message{
		ID: event.ID("message", receiver, string(message.KindTest), strconv.FormatInt(at, 10)), Receiver: receiver,
		Kind: message.KindTest, At: now, Level: message.LevelCritical,
		Note: "a sample that somebody asked for with `tidemark alerts test`; its numbers are made up",
		Items: []message.Item{{
			Episode: opened, Score: corroborate.Score(2),
			Corroboration: []message.Signal{{
				Source: "mastodon", Target: event.TagTarget("mastodon.social", "tiktokrefugee").Key(), Subject: "tiktokrefugee",
				What: "uses_today", At: now.Add(-3 * time.Hour), Multiple: 69, First: true,
			}},
		}},
	}
}
