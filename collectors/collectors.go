// Package collectors carries public places to Kafka: each Source looks at one
// place, and the Runner makes one snapshot out of every look.
package collectors

import (
	"context"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/tidemark/tidemark/collectors/about"
	"github.com/tidemark/tidemark/collectors/appstore"
	"github.com/tidemark/tidemark/collectors/bluesky"
	"github.com/tidemark/tidemark/collectors/gdelt"
	"github.com/tidemark/tidemark/collectors/googlenews"
	"github.com/tidemark/tidemark/collectors/googleplay"
	"github.com/tidemark/tidemark/collectors/googletrends"
	"github.com/tidemark/tidemark/collectors/hackernews"
	"github.com/tidemark/tidemark/collectors/mastodon"
	"github.com/tidemark/tidemark/collectors/radar"
	"github.com/tidemark/tidemark/collectors/tiktok"
	"github.com/tidemark/tidemark/collectors/tranco"
	"github.com/tidemark/tidemark/collectors/wikipedia"
	"github.com/tidemark/tidemark/collectors/youtube"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

// Source looks at one public place. It knows no clock, no Kafka, no schedule
// and no metrics: all of that is the Runner's.
type Source interface {
	// Targets are what the source looks at, each on every tick.
	Targets() []*event.Target
	// Fetch looks once. slot is the tick that the look belongs to. It fills
	// Readings, Depth, Via and ParserVersion, and leaves the rest to the
	// Runner. A look that found nothing where something could have been has no
	// readings and no error. An answer of the wrong shape is a *Refusal; any
	// other error means that nobody could look. Readings and an error together
	// are a look that stands, with a remark: another way did not answer.
	Fetch(ctx context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error)
}

// Refusal is an answer that came and could not be understood.
type Refusal = fetch.Refusal

// Publisher sends messages to a topic and returns when the broker has them.
type Publisher interface {
	Publish(ctx context.Context, topic string, key string, m event.Validator) error
}

// Entry is one line of the list of sources.
type Entry struct {
	// Name as in the configuration, and in every row that the source brings.
	Name string
	// Every is a cron line in UTC ("7 * * * *") or "@every 30m".
	Every   string
	Source  Source
	Enabled bool
	// About is what the source says of itself.
	About about.Source
}

// New makes every polled source there is. This is the one list of them.
func New(cfg config.Collect, w config.Watch, f *fetch.Client) ([]Entry, error) {
	s := cfg.Sources
	list := []struct {
		name     string
		schedule config.Schedule
		about    about.Source
		build    func() (Source, error)
	}{
		{"appstore", s.AppStore.Schedule, appstore.About(), func() (Source, error) { return appstore.NewCharts(f, s.AppStore, w) }},
		{"appstore_lookup", s.AppStoreLookup.Schedule, appstore.AboutLookup(), func() (Source, error) { return appstore.NewLookup(f, s.AppStoreLookup, w) }},
		{"appstore_search", s.AppStoreSearch.Schedule, appstore.AboutSearch(), func() (Source, error) { return appstore.NewSearch(f, s.AppStoreSearch, w) }},
		{"mastodon", s.Mastodon.Schedule, mastodon.About(), func() (Source, error) { return mastodon.New(f, s.Mastodon, w) }},
		{"wikipedia", s.Wikipedia.Schedule, wikipedia.About(), func() (Source, error) { return wikipedia.New(f, s.Wikipedia, w) }},
		{"hackernews", s.HackerNews.Schedule, hackernews.About(), func() (Source, error) { return hackernews.New(f, s.HackerNews, w) }},
		{"youtube", s.YouTube.Schedule, youtube.About(), func() (Source, error) { return youtube.New(f, s.YouTube, w) }},
		{"radar", s.Radar.Schedule, radar.About(), func() (Source, error) { return radar.New(f, s.Radar) }},
		{"googletrends", s.GoogleTrends.Schedule, googletrends.About(), func() (Source, error) { return googletrends.New(f, s.GoogleTrends, w) }},
		{"googlenews", s.GoogleNews.Schedule, googlenews.About(), func() (Source, error) { return googlenews.New(f, s.GoogleNews, w) }},
		{"mastodon_trends", s.MastodonTrends.Schedule, mastodon.AboutTrends(), func() (Source, error) { return mastodon.NewTrends(f, s.MastodonTrends) }},
		{"bluesky_trends", s.BlueskyTrends.Schedule, bluesky.AboutTrends(), func() (Source, error) { return bluesky.NewTrends(f, s.BlueskyTrends), nil }},
		{"gdelt", s.GDELT.Schedule, gdelt.About(), func() (Source, error) { return gdelt.New(f, s.GDELT, w) }},
		{"gdelt_doc", s.GDELTDoc.Schedule, gdelt.AboutDoc(), func() (Source, error) { return gdelt.NewDoc(f, s.GDELTDoc, w) }},
		{"tranco", s.Tranco.Schedule, tranco.About(), func() (Source, error) { return tranco.New(f, s.Tranco, w) }},
		{"googleplay", s.GooglePlay.Schedule, googleplay.About(), func() (Source, error) { return googleplay.NewCharts(f, s.GooglePlay, w) }},
		{"googleplay_details", s.GooglePlayDetails.Schedule, googleplay.AboutDetails(), func() (Source, error) { return googleplay.NewDetails(f, s.GooglePlayDetails, w) }},
		{"tiktok", s.TikTok.Schedule, tiktok.About(), func() (Source, error) { return tiktok.New(f, s.TikTok, w) }},
	}
	entries := make([]Entry, 0, len(list))
	for _, item := range list {
		source, err := item.build()
		if err != nil {
			return nil, mistake(item.name, err)
		}
		e := Entry{Name: item.name, Every: item.schedule.Every, Source: source, Enabled: item.schedule.Enabled, About: item.about}
		if err := e.check(); err != nil {
			return nil, mistake(item.name, err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// mistake names the setting that keeps a source from being made: all that it is
// made of are settings.
func mistake(source string, err error) error {
	if config.IsInvalid(err) {
		return err
	}
	return config.Mistake("collect.sources."+source, "set up %s: %v", source, err)
}

// check finds what would make two looks one, or none.
func (e Entry) check() error {
	if _, err := cron.ParseStandard(e.Every); err != nil {
		return fmt.Errorf("set up %s: every is %q: %w", e.Name, e.Every, err)
	}
	seen := make(map[string]bool)
	for _, t := range e.Source.Targets() {
		if seen[t.Key()] {
			return fmt.Errorf("set up %s: %s is there twice", e.Name, t.Key())
		}
		seen[t.Key()] = true
	}
	return nil
}
