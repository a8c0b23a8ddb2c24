package channel_test

import (
	"math"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// sampleFor is a message with all that a message can have: an app that took #1.
func sampleFor(receiver string, now time.Time) *message.Message {
	now = now.UTC().Truncate(time.Minute)
	onset := now.Add(-4 * time.Hour)
	e := &event.Episode{
		Id: event.ID("sample", receiver), Rule: "rank-rise", Source: "appstore", Target: event.ChartTarget("apple", "us", "top-free/overall"),
		Subject: "741292507", Metric: event.MetricRank, State: event.EpisodeState_EPISODE_STATE_OPEN, Sequence: 1,
		OnsetMs: onset.UnixMilli(), PeakAtMs: now.UnixMilli(), AtMs: now.UnixMilli(),
		Value: 1, Baseline: 164, Peak: 1, Severity: 0.97, Multiple: 164, Previous: new(float64(11)),
		Low: new(float64(118)), High: new(float64(199)), Coverage: new(0.98),
		Explanation: "median of the last 7 days", Basis: event.Basis_BASIS_MEASURED, Kind: event.EpisodeSurge,
		Topic: "tiktok-refugees", Entity: "rednote", Change: "first", EveryS: 1800, Depth: 200,
	}
	for at := now.Add(-48 * time.Hour); !at.After(now); at = at.Add(30 * time.Minute) {
		hours := at.Sub(onset).Hours()
		rank := 160 + 20*math.Sin(float64(at.Unix())/9000)
		if hours >= 0 {
			rank = max(1, math.Round(160*math.Exp(-1.3*hours)))
		}
		e.History = append(e.History, &event.Moment{AtMs: at.UnixMilli(), Value: new(math.Round(rank)), Low: e.Low, High: e.High})
	}
	return &message.Message{
		ID: event.ID("sample", receiver, now.Format(time.RFC3339)), Receiver: receiver, Kind: message.KindTest, At: now,
		Topic: "tiktok-refugees", TopicName: "TikTok refugees", Level: message.LevelCritical,
		Items: []message.Item{{
			Episode: e, Score: 2.0 / 3,
			Corroboration: []message.Signal{
				{Source: "tiktok", Target: event.TagTarget("tiktok", "tiktokrefugee").Key(), Subject: "tiktokrefugee", What: "views", At: onset.Add(-3 * time.Hour), Multiple: 69, First: true},
				{Source: "wikipedia", Target: "article/en.wikipedia//Xiaohongshu", Subject: "Xiaohongshu", What: "views_day", At: onset.Add(2 * time.Hour), Multiple: 31},
			},
		}},
	}
}
