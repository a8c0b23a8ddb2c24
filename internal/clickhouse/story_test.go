package clickhouse

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/corroborate"
)

func TestTopicsAreSynced(t *testing.T) {
	t.Parallel()
	c := migrated(t)
	const sql = "SELECT topic, name, kind, member, role FROM v_topics ORDER BY topic, role, kind, position"
	sync := func(topics ...config.Topic) {
		t.Helper()
		if err := c.SyncWatch(t.Context(), config.Watch{Topics: topics}); err != nil {
			t.Fatal(err)
		}
	}
	refugees := config.Topic{
		ID: "refugees", Name: "Refugees", Origin: "tiktok", Destinations: []string{"rednote", "lemon8"},
		Tags: []string{"tiktokrefugee"}, Articles: []string{"en.wikipedia/TikTok"},
	}
	sync(refugees, config.Topic{ID: "bluesky", Name: "Bluesky", Domains: []string{"bsky.app"}, Keywords: []string{"bluesky"}})
	wantLines(t, c, sql,
		"bluesky | Bluesky | domain | bsky.app | attention",
		"bluesky | Bluesky | keyword | bluesky | attention",
		"refugees | Refugees | article | en.wikipedia/TikTok | attention",
		"refugees | Refugees | tag | tiktokrefugee | attention",
		"refugees | Refugees | entity | rednote | destination",
		"refugees | Refugees | entity | lemon8 | destination",
		"refugees | Refugees | entity | tiktok | origin")
	sync(refugees, config.Topic{ID: "bluesky", Name: "Bluesky", Domains: []string{"bsky.app"}, Keywords: []string{"bluesky"}})
	wantLines(t, c, "SELECT count() FROM topics", "9") // nothing was written again

	refugees.Name, refugees.Origin, refugees.Destinations = "TikTok refugees", "", []string{"tiktok"}
	sync(refugees)
	wantLines(t, c, sql,
		"refugees | TikTok refugees | article | en.wikipedia/TikTok | attention",
		"refugees | TikTok refugees | tag | tiktokrefugee | attention",
		"refugees | TikTok refugees | entity | tiktok | destination")
}

// grown is an episode as the table has it; what is empty is left out.
type grown struct {
	id, topic, entity, source, target, subject, metric, basis string
	kind, onset, closed, at                                   string
	value, baseline, peak                                     float64
	more                                                      string // further columns = values
}

// episode writes states: an open one, and a closed one where it is closed.
func episode(t *testing.T, c *Client, g grown) {
	t.Helper()
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	names := "id, kind, rule, source, target, subject, metric, basis, topic, entity, onset, value, baseline, peak, severity"
	values := fmt.Sprintf("'%s', '%s', 'rises', '%s', '%s', '%s', '%s', '%s', '%s', '%s', '%s', %v, %v, %v, 0.5",
		g.id, or(g.kind, "surge"), or(g.source, "appstore"), or(g.target, chartUS), g.subject, or(g.metric, "rank"), or(g.basis, "measured"),
		or(g.topic, "refugees"), g.entity, g.onset, g.value, g.baseline, g.peak)
	at := or(g.at, or(g.closed, g.onset))
	run(t, c, "INSERT INTO episodes ("+names+", state, sequence, at) VALUES ("+values+", 'open', 1, '"+at+"')")
	if g.closed == "" {
		return
	}
	for pair := range strings.SplitSeq(g.more, "; ") {
		if name, value, found := strings.Cut(pair, " = "); found {
			names, values = names+", "+name, values+", "+value
		}
	}
	run(t, c, "INSERT INTO episodes ("+names+", state, sequence, at, closed) VALUES ("+values+", 'closed', 2, '"+at+"', '"+g.closed+"')")
}

// story is a watchlist with a topic of each kind.
func story(t *testing.T) *Client {
	t.Helper()
	c := migrated(t)
	if err := c.SyncWatch(t.Context(), config.Watch{
		Entities: []config.Entity{
			{ID: "rednote", Name: "RedNote", Apps: map[string]string{"apple": "741292507"}},
			{ID: "lemon8", Name: "Lemon8", Apps: map[string]string{"apple": "1498607143"}},
			{ID: "tiktok", Name: "TikTok", Apps: map[string]string{"apple": "835599320", "google": "com.tt"}},
		},
		Topics: []config.Topic{
			{ID: "refugees", Name: "TikTok refugees", Origin: "tiktok", Destinations: []string{"rednote", "lemon8"}, Tags: []string{"tiktokrefugee"}},
			{ID: "deepseek", Name: "DeepSeek", Keywords: []string{"deepseek"}},
		},
	}); err != nil {
		t.Fatal(err)
	}
	return c
}

const corroborated = `SELECT id, others, arrayStringConcat(arrayMap(e -> concat(e.family, ' ', e.episode, ' ', toString(e.lead_s)), moved), ', ') AS m,
	first, first_lead_s, score FROM corroboration_now ORDER BY id`

// TestCorroboration: independent sources of one topic and one basis, in 48
// hours either way, each once.
func TestCorroboration(t *testing.T) {
	t.Parallel()
	c := story(t)
	episode(t, c, grown{id: "a1", entity: "rednote", subject: "741292507", onset: "2025-01-13 00:00:00"})
	// All of Apple is one source, and so is a source with its search.
	episode(t, c, grown{id: "a2", source: "appstore_lookup", target: "listing/apple/us/apps", metric: "rating_count", onset: "2025-01-13 06:00:00"})
	episode(t, c, grown{id: "m1", source: "mastodon", target: "tag/mastodon.social//tiktokrefugee", metric: "uses_today", onset: "2025-01-12 12:00:00"})
	episode(t, c, grown{id: "m2", source: "mastodon_trends", target: "list/mastodon.social//tags", metric: "uses_today", onset: "2025-01-12 18:00:00"})
	episode(t, c, grown{id: "w1", source: "wikipedia", target: "article/en.wikipedia//TikTok", metric: "views_day", onset: "2025-01-15 00:00:00", closed: "2025-01-16 00:00:00"})
	episode(t, c, grown{id: "w2", source: "wikipedia", target: "article/en.wikipedia//TikTok", metric: "views_day", onset: "2025-01-15 00:00:01"})
	// Another basis, another topic, none, and a trouble of our own are no witnesses.
	episode(t, c, grown{id: "x1", source: "hackernews", target: "keyword/hn//tiktok", basis: "backfill", onset: "2025-01-13 00:00:00"})
	episode(t, c, grown{id: "x2", source: "hackernews", target: "keyword/hn//deepseek", topic: "deepseek", onset: "2025-01-13 00:00:00"})
	episode(t, c, grown{id: "x3", source: "gdelt", target: "keyword/gdelt//tiktok", kind: "health", onset: "2025-01-13 00:00:00"})
	wantLines(t, c, corroborated,
		"a1 | 2 | mastodon m1 43200, wikipedia w1 -172800 | mastodon | 43200 | 0.75",
		"a2 | 2 | mastodon m1 64800, wikipedia w1 -151200 | mastodon | 64800 | 0.75",
		"m1 | 1 | appstore a1 -43200 | mastodon | 0 | 0.5",
		"m2 | 1 | appstore a1 -21600 | mastodon | 0 | 0.5",
		"w1 | 1 | appstore a1 172800 | appstore | 172800 | 0.5",
		"w2 | 1 | appstore a2 151201 | appstore | 151201 | 0.5",
		"x1 | 0 |  | hackernews | 0 | 0",
		"x2 | 0 |  | hackernews | 0 | 0")
	wantLines(t, c, "SELECT explanation FROM corroboration_now WHERE id IN ('m1', 'a1', 'x1') ORDER BY id",
		"2 other independent sources of the topic moved within 48 hours: mastodon ( 12 h before), wikipedia ( 48 h after); score 1 - 0.5^2 = 0.75.",
		"1 other independent source of the topic moved within 48 hours: appstore (RedNote 12 h after); score 1 - 0.5^1 = 0.5.",
		"No other independent source of the topic moved within 48 hours.")
}

// TestSourceFamiliesAreOneMap: the view and corroborate.FamilyOf, which the
// notifier uses, say the same.
func TestSourceFamiliesAreOneMap(t *testing.T) {
	t.Parallel()
	c := story(t)
	var want []string
	for i, p := range []struct{ source, target string }{
		{"appstore", chartUS},
		{"appstore_lookup", "listing/apple/us/apps"},
		{"appstore_search", "listing/apple/us/search"},
		{"googleplay", "chart/google/us/top-free/overall"},
		{"googleplay_details", "listing/google/us/apps"},
		{"mastodon", "tag/mastodon.social//x"},
		{"mastodon_trends", "list/mastodon.social//tags"},
		{"bluesky_tags", "tag/bluesky//x"},
		{"bluesky_trends", "list/bluesky//trends"},
		{"gdelt_doc", "keyword/gdelt//x"},
		{"googlenews", "keyword/google-news//x"},
		{"googletrends", "list/google-trends/us/trending"},
		{"replay", chartUS},
		{"replay", "tag/xiaohongshu//x"},
		{"import", "list/weibo//hot"},
		{"sql", "list/sql//my"},
		{"weibo", "list/weibo//hot"},
	} {
		id := fmt.Sprintf("%02d", i)
		episode(t, c, grown{id: id, source: p.source, target: p.target, onset: "2025-01-13 00:00:00"})
		want = append(want, id+" | "+corroborate.FamilyOf(p.source, strings.Split(p.target, "/")[1]))
	}
	wantLines(t, c, "SELECT id, family FROM corroboration_now ORDER BY id", want...)
	wantLines(t, c, "SELECT DISTINCT others FROM corroboration_now ORDER BY others", "7", "8")
	score, err := SelectOne[float64](t.Context(), c, "SELECT min(score) FROM corroboration_now")
	if want := corroborate.Score(8); err != nil || score != want {
		t.Errorf("the score of 7 others is %v (%v), want %v", score, err, want)
	}
}

// january writes what became of TikTok: on the chart, gone, and back.
func january(t *testing.T, c *Client) {
	t.Helper()
	const tt, listing = "835599320", "listing/apple/us/apps"
	for day := 5; day <= 28; day++ {
		slot := fmt.Sprintf("2025-01-%02d 12:00:00", day)
		look(t, c, chartUS, "measured", slot, "ok", "", 100)
		if day < 19 {
			reading(t, c, chartUS, "measured", slot, tt, "rank", float64(5+day%2))
		}
		listed := 1.0
		if day >= 19 {
			listed = 0
		}
		reading(t, c, listing, "measured", slot, tt, "listed", listed)
	}
	look(t, c, chartUS, "measured", "2025-01-17 18:00:00", "failed", "HTTP 503", 0) // nobody looked: no place
	reading(t, c, listing, "measured", "2025-02-14 00:00:00", tt, "listed", 1)
	reading(t, c, listing, "modelled", "2025-01-17 00:00:00", tt, "listed", 1)
	reading(t, c, listing, "modelled", "2025-01-18 00:00:00", tt, "listed", 0)
}

func TestMigration(t *testing.T) {
	t.Parallel()
	c := story(t)
	january(t, c)
	const red, lemon = "741292507", "1498607143"
	episode(t, c, grown{
		id: "tag", source: "mastodon", target: "tag/mastodon.social//tiktokrefugee", subject: "tiktokrefugee", metric: "uses_today",
		onset: "2025-01-12 12:00:00", closed: "2025-01-22 00:00:00", value: 90, baseline: 2, peak: 140, more: "peak_multiple = 70",
	})
	episode(t, c, grown{
		id: "red1", entity: "rednote", subject: red, onset: "2025-01-13 00:00:00", closed: "2025-01-24 00:00:00", value: 30, baseline: 101, peak: 1,
		more: "at_first_s = 270000; peak_multiple = 101; half_life_s = 345600; given_back = 0.75; settled = 30; resurges = 1",
	})
	// The same app on another chart, where it stood worse; and again, later.
	episode(t, c, grown{
		id: "red2", entity: "rednote", subject: red, target: "chart/apple/us/top-free/social", onset: "2025-01-13 01:00:00", closed: "2025-01-24 00:00:00",
		value: 9, baseline: 60, peak: 2, more: "peak_multiple = 30; given_back = 0.1",
	})
	episode(t, c, grown{
		id: "red3", entity: "rednote", subject: red, onset: "2025-01-29 00:00:00", closed: "2025-01-30 00:00:00", value: 30, baseline: 40, peak: 20,
		more: "peak_multiple = 2; given_back = 1",
	})
	episode(t, c, grown{
		id: "lemon", entity: "lemon8", subject: lemon, onset: "2025-01-13 12:00:00", closed: "2025-01-20 00:00:00", value: 20, baseline: 50, peak: 1,
		more: "at_first_s = 3600; peak_multiple = 50",
	})
	// What became of the origin is no destination's rise.
	episode(t, c, grown{id: "fell", entity: "tiktok", subject: "835599320", onset: "2025-01-19 12:00:00", closed: "2025-01-20 00:00:00", value: 101, baseline: 5, peak: 101})
	// 7 days and a second after the last end: another migration, which lasts.
	episode(t, c, grown{id: "late", entity: "lemon8", subject: lemon, onset: "2025-02-06 00:00:01", value: 20, baseline: 50, peak: 18})
	// Never mixed.
	episode(t, c, grown{id: "drawn", basis: "modelled", entity: "rednote", subject: red, onset: "2025-01-13 00:00:00", closed: "2025-01-14 00:00:00", baseline: 100, peak: 3})
	episode(t, c, grown{id: "deep", topic: "deepseek", source: "hackernews", target: "keyword/hn//deepseek", subject: "deepseek", metric: "stories", onset: "2025-01-20 00:00:00", closed: "2025-01-27 00:00:00"})
	episode(t, c, grown{id: "sick", kind: "health", onset: "2025-01-20 00:00:00"})

	rollUp(t, c)
	run(t, c, "CREATE TABLE told ENGINE = Memory AS SELECT * FROM v_migrations")
	wantLines(t, c, "SELECT id, name, from, to, state, episodes FROM told ORDER BY id",
		"deepseek/measured/2025-01-20T00:00:00Z | DeepSeek | 2025-01-20 00:00:00.000 | 2025-01-27 00:00:00.000 | over | 1",
		"refugees/measured/2025-01-12T12:00:00Z | TikTok refugees | 2025-01-12 12:00:00.000 | 2025-01-30 00:00:00.000 | over | 6",
		"refugees/measured/2025-02-06T00:00:01Z | TikTok refugees | 2025-02-06 00:00:01.000 | NULL | open | 1",
		"refugees/modelled/2025-01-13T00:00:00Z | TikTok refugees | 2025-01-13 00:00:00.000 | 2025-01-14 00:00:00.000 | over | 1")
	const first = " FROM told WHERE id = 'refugees/measured/2025-01-12T12:00:00Z'"
	wantLines(t, c, "SELECT origin, origin_name, origin_delisted, origin_returned, origin_chart, origin_rank_before, origin_rank_worst, origin_rank_last, origin_rank_loss"+first,
		"tiktok | TikTok | 2025-01-19 12:00:00.000 | 2025-02-14 00:00:00.000 | chart/apple/us/top-free/overall | 6 | 101 | 101 | 95")
	wantLines(t, c, "SELECT arrayJoin(destinations) AS d, leading, stayed, resurges"+first,
		"('rednote','RedNote','2025-01-13 00:00:00.000',101,1,75,345600,0.75,30,'chart/apple/us/top-free/overall','red1') | rednote | 0.25 | 2",
		"('lemon8','Lemon8','2025-01-13 12:00:00.000',50,1,1,NULL,NULL,NULL,'chart/apple/us/top-free/overall','lemon') | rednote | 0.25 | 2")
	wantLines(t, c, "SELECT attention, led_by, led_family, led_subject, sources, families, corroboration, severity"+first,
		"[('tag','tiktokrefugee','mastodon','mastodon','uses_today','2025-01-12 12:00:00.000',70,'tag')] | mastodon | mastodon | tiktokrefugee | 2 | ['mastodon','appstore'] | 0.5 | 0.5")
	wantLines(t, c, "SELECT explanation"+first,
		"TikTok refugees, measured: 6 episodes of 2 independent sources from 2025-01-12 12:00 to 2025-01-30 00:00 (UTC). First moved tiktokrefugee at mastodon."+
			" RedNote rose to rank 1, 75 h at #1, gave 75 % back. Lemon8 rose to rank 1, 1 h at #1. TikTok was gone from a store from 2025-01-19 12:00 to 2025-02-14 00:00.")
	// Of another basis other looks are told.
	wantLines(t, c, "SELECT origin_delisted, origin_returned, origin_chart, origin_rank_before, origin_rank_loss, stayed FROM told WHERE basis = 'modelled'",
		"2025-01-18 00:00:00.000 | NULL |  | NULL | NULL | NULL")
	wantLines(t, c, "SELECT origin, origin_delisted, destinations, leading, stayed, resurges FROM told WHERE topic = 'deepseek'", " | NULL | [] |  | NULL | 0")
}

// TestMigrationsEnd: an open episode lasts to now where it is measured, and as
// long as it is known of where it is not.
func TestMigrationsEnd(t *testing.T) {
	t.Parallel()
	c := story(t)
	now := time.Now().UTC().Truncate(time.Second)
	ago := func(days int) string { return now.AddDate(0, 0, -days).Format(time.DateTime) }
	for _, basis := range []string{"measured", "imported"} {
		episode(t, c, grown{id: basis + "1", basis: basis, subject: "x", onset: ago(40), at: ago(30)})
		episode(t, c, grown{id: basis + "2", basis: basis, subject: "y", onset: ago(2), closed: ago(1)})
		episode(t, c, grown{id: basis + "3", basis: basis, subject: "z", onset: ago(120), closed: ago(100)})
		episode(t, c, grown{id: basis + "4", basis: basis, subject: "z", onset: ago(110), closed: ago(105)})
		episode(t, c, grown{id: basis + "5", basis: basis, subject: "z", onset: ago(93), closed: ago(93)}) // 7 days after the longer one
	}
	rollUp(t, c)
	wantLines(t, c, "SELECT basis, episodes, state FROM v_migrations ORDER BY basis, from",
		"imported | 3 | over", "imported | 1 | open", "imported | 1 | over",
		"measured | 3 | over", "measured | 2 | open")
}
