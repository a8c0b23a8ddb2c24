package corroborate_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/corroborate"
)

func TestFormula(t *testing.T) {
	t.Parallel()
	for families, want := range map[int]float64{0: 0, 1: 0, 2: 0.5, 3: 0.75, 4: 0.875} {
		if got := corroborate.Score(families); got != want {
			t.Errorf("score of %d families is %v, want %v", families, got, want)
		}
	}
	for a, b := range map[string]string{
		"appstore": "appstore_lookup", "mastodon": "mastodon_trends", "bluesky": "bluesky_trends",
		"gdelt": "gdelt_doc", "googleplay": "googleplay_details",
	} {
		if corroborate.Family(a) != corroborate.Family(b) {
			t.Errorf("%s and %s are independent, want one family", a, b)
		}
	}
	if corroborate.Family("wikipedia") == corroborate.Family("hackernews") {
		t.Error("wikipedia and hackernews are one family")
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	const hour = int64(time.Hour / time.Millisecond)
	at := 1000 * hour
	moves := []corroborate.Move{
		{ID: "own", Source: "appstore", Topic: "t", Onset: at},
		{ID: "same place", Source: "appstore_lookup", Topic: "t", Onset: at - hour},
		{ID: "other topic", Source: "wikipedia", Topic: "u", Onset: at - hour},
		{ID: "long over", Source: "wikipedia", Topic: "t", Onset: at - 60*hour, Closed: at - hour},
		{ID: "later", Source: "gdelt", Topic: "t", Onset: at + 1},
		{ID: "short", Source: "mastodon", Topic: "t", Onset: at - 47*hour, Closed: at - 40*hour},
		{ID: "still open", Source: "hackernews", Topic: "t", Onset: at - 300*hour},
	}
	others, score := corroborate.Of(moves, "own", "appstore", "t", at)
	var ids []string
	for _, o := range others {
		ids = append(ids, o.ID)
	}
	if diff := cmp.Diff([]string{"still open", "short"}, ids); diff != "" {
		t.Errorf("corroborating (-want +got):\n%s", diff)
	}
	if want := corroborate.Score(3); score != want {
		t.Errorf("score %v, want %v", score, want)
	}
	if others, score := corroborate.Of(moves, "own", "appstore", "", at); others != nil || score != 0 {
		t.Errorf("without a topic: %v, %v, want none", others, score)
	}
}
