package e2e

import (
	"strings"
	"testing"
	"time"
)

// storyInEpisodes is what happened in January and February 2025, as it has to
// stand in the episodes.
func (p *place) storyInEpisodes(t *testing.T) {
	t.Helper()
	const us = "target = 'chart/apple/us/top-free/overall' AND rule = 'rank'"
	for what, query := range map[string]string{
		"RedNote rises to #1":                  "entity = 'rednote' AND " + us + " AND peak = 1 AND onset BETWEEN '2025-01-10' AND '2025-01-13'",
		"RedNote's decline after 20 January":   "entity = 'rednote' AND " + us + " AND half_life_s > 0 AND addSeconds(peak_at, half_life_s) BETWEEN '2025-01-17' AND '2025-01-31' AND closed > '2025-01-20' AND given_back > 0.5",
		"#TikTokRefugee surges":                "subject = 'tiktokrefugee' AND rule = 'surge' AND onset BETWEEN '2025-01-12' AND '2025-01-14'",
		"the tag's decline has a half-life":    "subject = 'tiktokrefugee' AND rule = 'surge' AND half_life_s > 0 AND closed > '2025-01-20'",
		"TikTok is delisted, and returns":      "entity = 'tiktok' AND rule = 'delisted' AND onset BETWEEN '2025-01-18' AND '2025-01-20' AND closed BETWEEN '2025-02-13' AND '2025-02-15'",
		"DeepSeek is at #1, as another topic":  "entity = 'deepseek' AND topic = 'deepseek' AND " + us + " AND peak = 1 AND peak_at BETWEEN '2025-01-25' AND '2025-01-29'",
		"every episode says what it is of":     "explanation != '' AND basis = 'modelled' AND at IS NOT NULL",
		"what is closed says when it was over": "state = 'closed' AND closed > onset",
		"RedNote belongs to the refugees":      "entity = 'rednote' AND topic = 'tiktok-refugees'",
	} {
		if got, err := p.sql("SELECT count() > 0 FROM v_episodes WHERE kind = 'surge' AND " + query); err != nil || got != "1" {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	if got, err := p.sql("SELECT count() FROM v_episodes WHERE kind = 'surge' AND onset < '2025-01-08'"); err != nil || got != "0" {
		t.Errorf("episodes in the quiet weeks before: %q, %v", got, err)
	}
	if got, err := p.sql("SELECT count() FROM v_episodes WHERE kind = 'surge' AND (topic = 'deepseek') != (entity = 'deepseek')"); err != nil || got != "0" {
		t.Errorf("episodes of DeepSeek that belong to another topic, or the other way round: %q, %v", got, err)
	}
}

// checkStory is the same story, as the receiver of the messages reads it.
func checkStory(t *testing.T, told map[string]telling) {
	t.Helper()
	all := inOrder(told)
	for what, is := range map[string]func(m telling) bool{
		"RedNote climbs": func(m telling) bool {
			return m.Kind == "opened" && m.about("rednote", "rank") && between(m, "2025-01-11", "2025-01-14")
		},
		"RedNote is critical": func(m telling) bool {
			return m.Level == "critical" && m.about("rednote", "rank") && between(m, "2025-01-12", "2025-01-15")
		},
		"the tag surges": func(m telling) bool {
			return m.Kind == "opened" && m.about("tiktokrefugee", "surge") && between(m, "2025-01-12", "2025-01-14")
		},
		"TikTok is gone": func(m telling) bool {
			return m.Kind == "opened" && m.Level == "critical" && m.about("tiktok", "delisted") && between(m, "2025-01-18", "2025-01-20")
		},
		"TikTok is back": func(m telling) bool {
			return m.Kind == "closed" && m.about("tiktok", "delisted") && between(m, "2025-02-13", "2025-02-15")
		},
		"the tag is over, with its half-life": func(m telling) bool {
			return m.Kind == "closed" && m.about("tiktokrefugee", "surge") && between(m, "2025-01-20", "2025-02-01") && strings.Contains(m.body, "alf-life")
		},
		"RedNote is over, with its half-life": func(m telling) bool {
			return m.Kind == "closed" && m.about("rednote", "rank") && m.At.After(day("2025-01-20")) && strings.Contains(m.body, "alf-life")
		},
		"DeepSeek jumps": func(m telling) bool {
			return m.Level == "critical" && m.Topic == "deepseek" && m.about("deepseek", "rank") && between(m, "2025-01-25", "2025-01-28")
		},
	} {
		found := false
		for _, m := range all {
			found = found || is(m)
		}
		if !found {
			t.Errorf("no message says that %s", what)
		}
	}
	for _, m := range all {
		t.Logf("%s %s %s: %s", m.At.Format("2006-01-02 15:04"), m.Kind, m.Level, m.Headline)
		if m.At.Before(day("2025-01-10")) {
			t.Errorf("a message of the quiet weeks before: %s", m.Headline)
		}
		if m.about("deepseek", "rank") && m.Topic != "deepseek" {
			t.Errorf("DeepSeek is told among others: %s", m.Headline)
		}
	}
}

// about says whether an episode of an entity or subject by a rule is in the
// message.
func (m telling) about(who, rule string) bool {
	for _, it := range m.Items {
		if e := it.Episode; (e.Entity == who || e.Subject == who) && e.Rule == rule {
			return true
		}
	}
	return false
}

func between(m telling, from, to string) bool { return !m.At.Before(day(from)) && m.At.Before(day(to)) }

func day(s string) time.Time {
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return at
}
