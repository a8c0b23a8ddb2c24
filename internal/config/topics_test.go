package config_test

import (
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

func TestBelongings(t *testing.T) {
	t.Parallel()
	c, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	b := config.NewBelongings(&c.Watch)
	chart := &event.Target{Kind: event.KindChart, Place: "apple", Country: "us", Name: "top-free/overall"}
	for _, tc := range []struct {
		target              *event.Target
		subject             string
		topic, entity, role string
	}{
		{chart, "741292507", "tiktok-refugees", "rednote", config.RoleDestination},
		{chart, "835599320", "tiktok-refugees", "tiktok", config.RoleOrigin},
		{chart, "6737597349", "deepseek", "deepseek", config.RoleDestination},
		{chart, "clapper", "tiktok-refugees", "clapper", config.RoleDestination},
		{chart, "389801252", "", "instagram", ""},
		{chart, "1", "", "", ""},
		{&event.Target{Kind: event.KindTag, Place: "mastodon.social", Name: "TikTokRefugee"}, "tiktokrefugee", "tiktok-refugees", "", config.RoleAttention},
		{&event.Target{Kind: event.KindArticle, Place: "en.wikipedia", Name: "Xiaohongshu"}, "Xiaohongshu", "tiktok-refugees", "", config.RoleAttention},
		{&event.Target{Kind: event.KindKeyword, Place: "hackernews", Name: "rednote"}, "rednote", "tiktok-refugees", "", config.RoleAttention},
		{&event.Target{Kind: event.KindList, Place: "tranco", Name: "top"}, "bsky.app", "bluesky", "", config.RoleAttention},
		{&event.Target{Kind: event.KindList, Place: "bluesky", Name: "top-tags"}, "tiktokban", "tiktok-refugees", "", config.RoleAttention},
	} {
		got := b.Of(tc.target, tc.subject)
		if got.Topic != tc.topic || got.Entity != tc.entity || got.Role != tc.role {
			t.Errorf("Of(%s, %s) = %+v, want topic %q, entity %q, role %q", tc.target.Key(), tc.subject, got, tc.topic, tc.entity, tc.role)
		}
	}
}

func TestTopics(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ yaml, want string }{
		{"watch: {topics: [{id: a, name: A, origin: nobody}]}", `watch.topics[0].origin: is "nobody", which is no id in watch.entities`},
		{"watch: {topics: [{id: a, name: A}]}", "watch.topics[0]: has no members"},
		{"watch: {topics: [{id: a, name: A, tags: [x]}, {id: b, name: B, tags: [X]}]}", `watch.topics[1].tags[0]: is "tag x", which watch.topics[0].tags[0] is already`},
		{"watch: {topics: [{id: a, name: A, origin: tiktok, destinations: [tiktok]}]}", "watch.topics[0].destinations[0]"},
	} {
		_, err := config.Parse("my.yaml", []byte(tc.yaml), nil)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", tc.yaml, err, tc.want)
		}
	}
	// Whoever names entities of his own need not name topics.
	c, err := config.Parse("my.yaml", []byte("watch: {entities: [{id: rednote, name: RedNote}]}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	first := c.Watch.Topics[0]
	if first.Origin != "" || len(first.Destinations) != 1 || first.Destinations[0] != "rednote" {
		t.Errorf("topic = %+v, want rednote alone", first)
	}
}
