package judge_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/collectors/replay"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

// recording is all looks of a real recording.
func recording(t testing.TB, file string) (all []*event.Snapshot) {
	t.Helper()
	r, err := replay.Open(testkit.Shared(t, "data", file))
	if err != nil {
		t.Fatal(err)
	}
	for m, err := range r.Messages() {
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := m.Msg.(*event.Snapshot); ok {
			all = append(all, s)
		}
	}
	return all
}

const (
	japanese = "appstore_jp_finance_topfree_daily_2024-12_2025-11.csv.gz"
	weibo    = "weibo_hot_hourly_2025-01-10_2025-01-31.csv.gz"
)

// Nobody is watched in the Japanese chart of finance: what is told of strangers
// has to be little, and to the point.
func TestJapaneseFinance(t *testing.T) {
	t.Parallel()
	looks := recording(t, japanese)
	c := newCourt(t, nil)
	c.looks(looks...)
	opened := 0
	for _, e := range c.states {
		if e.GetChange() != "opened" {
			continue
		}
		opened++
		t.Log(brief(e))
		if e.GetValue() > 10 || e.GetMultiple() < 3 {
			t.Errorf("told without need: %s", brief(e))
		}
	}
	weeks := float64(looks[len(looks)-1].GetSlotMs()-looks[0].GetSlotMs()) / 1000 / 3600 / 24 / 7
	t.Logf("%d episodes in %.1f weeks: %.2f a week", opened, weeks, float64(opened)/weeks)
	if perWeek := float64(opened) / weeks; perWeek > 0.5 || perWeek < 0.1 {
		t.Errorf("%.2f episodes a week, want 0.1 to 0.5", perWeek)
	}
}

// The topics about TikTok and RedNote of the hot list, as somebody marked them
// by hand, are told at the first looks that have them, by the watchlist as it is
// built in. Its Chinese keywords were chosen knowing the case.
func TestWeibo(t *testing.T) {
	t.Parallel()
	const (
		wantFound  = 0.95 // share of the marked topics
		wantOthers = 0.5  // not marked, a week
	)
	looks, marked := recording(t, weibo), markedTopics(t)
	c := newCourt(t, nil)
	seen, told, others := map[string]int{}, map[string]int{}, 0
	for i, s := range looks {
		for _, r := range s.GetReadings() {
			if _, there := seen[r.GetSubject()]; !there {
				seen[r.GetSubject()] = i
			}
		}
		states, _ := c.look(s)
		for _, e := range states {
			if _, there := told[e.GetSubject()]; there || e.GetChange() != "opened" {
				continue
			}
			told[e.GetSubject()] = i
			if !marked[e.GetSubject()] && e.GetTopic() != "deepseek" {
				others++
				t.Log("not marked by hand: ", brief(e))
			}
		}
	}
	topics, delay := 0, [3]int{}
	for subject, at := range seen {
		slot := looks[at].GetSlotMs()
		if !marked[subject] || slot < moment("2025-01-13T00:00:00Z") || slot >= moment("2025-01-21T00:00:00Z") {
			continue
		}
		topics++
		switch when, found := told[subject]; {
		case found && when <= at+2:
			delay[when-at]++
		case found || strings.Contains(subject, "TikTok") || strings.Contains(subject, "小红书"):
			t.Errorf("%s: on the list at %s, told: %v", subject, clock(slot), found)
		default:
			t.Logf("bears no name: %s", subject)
		}
	}
	found := float64(delay[0]+delay[1]+delay[2]) / float64(topics)
	weeks := float64(looks[len(looks)-1].GetSlotMs()-looks[0].GetSlotMs()) / 1000 / 3600 / 24 / 7
	t.Logf("%.0f %% of %d topics of 13-20 January told after 0, 1, 2 looks: %v; %d others in %.1f weeks: %.2f a week",
		100*found, topics, delay, others, weeks, float64(others)/weeks)
	if topics < 90 || found < wantFound || float64(others)/weeks > wantOthers {
		t.Errorf("want %v of the topics, and %v others a week", wantFound, wantOthers)
	}
}

// markedTopics are the topics that somebody found to be about the case.
func markedTopics(t *testing.T) map[string]bool {
	t.Helper()
	f, err := os.Open(testkit.Shared(t, "data", "weibo_rednote_topics_hourly.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	marked := map[string]bool{}
	for _, row := range rows[1:] {
		marked[row[3]] = true
	}
	return marked
}
