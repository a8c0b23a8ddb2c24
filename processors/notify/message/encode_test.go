package message_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify/message"
)

func TestEncodedIsTheSame(t *testing.T) {
	t.Parallel()
	previous, at := 11.0, time.Date(2025, 1, 13, 18, 0, 0, 1000, time.UTC)
	ep := &event.Episode{
		Id: "a", Severity: 0.1 + 0.2, Multiple: 164, Previous: &previous, State: event.EpisodeState_EPISODE_STATE_UPDATED,
		History: []*event.Moment{{AtMs: 1}, {AtMs: 2, Value: &previous}},
	}
	for name, m := range map[string]*message.Message{
		"items": {
			ID: "x", Receiver: "phone", Kind: message.KindWorse, At: at, Topic: "t", TopicName: "T", Level: message.LevelCritical,
			Delayed: true, Note: "held", Items: []message.Item{
				{Episode: ep, Opened: &event.Episode{Id: "a"}, Score: 2.0 / 3, Corroboration: []message.Signal{{
					Source: "s", Target: "t", Subject: "u", What: "rank", At: at, Multiple: 1.5, First: true,
				}}},
				{Episode: ep},
			},
		},
		"digest": {ID: "y", Kind: message.KindDigest, At: at, Digest: &message.Digest{
			Every: "daily", From: at, To: at.Add(time.Hour), Failed: 2, Opened: []*event.Episode{ep}, Muted: []*event.Episode{ep, ep},
		}},
	} {
		b, err := message.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := message.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s (-written +read):\n%s", name, diff)
		}
	}
}
