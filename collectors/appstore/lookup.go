package appstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/collectors/about"
	"github.com/tidemark/tidemark/collectors/appname"
	"github.com/tidemark/tidemark/collectors/storewatch"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

const (
	lookupParserVersion = 3
	// lookupBatch is how many apps one request asks for; 22 are known to work.
	lookupBatch = 20
	// minAsked is from how many watched apps on at least half must be in the
	// answer; of fewer, all may have gone.
	minAsked = 3
)

// Lookup looks at the pages of the watched apps: is there one, and how often
// and how well was the app rated. The store answers from a cache of about a
// day, kept by the exact question: so the question is always the same.
type Lookup struct {
	fetch   *fetch.Client
	cfg     config.AppStoreLookup
	targets []*event.Target
	apps    storewatch.Apps
}

// NewLookup makes the source of the watched apps in the watched storefronts.
func NewLookup(f *fetch.Client, cfg config.AppStoreLookup, w config.Watch) (*Lookup, error) {
	cfg.ITunesURL = strings.TrimRight(cfg.ITunesURL, "/")
	apps, err := storewatch.WatchedApps(w, store, "a number", isNumber)
	if err != nil {
		return nil, err
	}
	l := &Lookup{fetch: f, cfg: cfg, apps: apps}
	if len(apps.IDs) == 0 {
		return l, nil
	}
	l.targets, err = storewatch.EachStorefront(w, func(country string) *event.Target { return event.ListingTarget(store, country) })
	return l, err
}

// AboutLookup describes the second source.
func AboutLookup() about.Source {
	return about.Source{
		Targets: "listing/apple/<country>/apps", Readings: "`listed`, `rating_count`, `rating_average`, `name_matches`",
		Signal: "whether an app can be had at all, and how many people rated it", Unit: "1 or 0; ratings since the app began, in this storefront; stars",
		Fresh: "up to 22 hours", Terms: "Public Lookup API of Apple, no key; about 20 requests a minute. Promotional content (artwork) is not touched.",
		Faults: "One request per 20 watched apps. The answer comes from a cache of about 22 hours: expect steps. An app that is not in the answer is `listed` 0; where three or more are asked for and fewer than half are in it, the answer is refused. In January 2025 some ten apps of one owner vanished together: watch at least as many others. An id whose name does not fit (whole words; a name of three letters or fewer must be the whole title, its tagline aside) is `name_matches` 0 and remarked in the look's reason.",
	}
}

// Targets are the watched apps, one target per storefront.
func (l *Lookup) Targets() []*event.Target { return l.targets }

// Asks are the apps, and the names that are theirs.
func (l *Lookup) Asks() string { return l.apps.String() }

// Fetch asks for all watched apps of a storefront.
func (l *Lookup) Fetch(ctx context.Context, target *event.Target, _ time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: lookupParserVersion, Via: "lookup"}
	var wrong []error
	listed := 0
	var last []byte
	for batch := range slices.Chunk(l.apps.IDs, lookupBatch) {
		resp, err := l.fetch.Get(ctx, fmt.Sprintf("%s/lookup?id=%s&country=%s",
			l.cfg.ITunesURL, strings.Join(batch, ","), target.GetCountry()))
		if err != nil {
			return snap, err
		}
		apps, err := parseLookup(resp.Body, target.GetCountry(), batch)
		if err != nil {
			return snap, fetch.Refuse(resp.Body, err)
		}
		listed += len(apps)
		last = resp.Body
		snap.Readings = append(snap.Readings, listing(batch, apps)...)
		matches, remarks := l.checkNames(apps)
		snap.Readings = append(snap.Readings, matches...)
		wrong = append(wrong, remarks...)
	}
	// Apps may vanish together (some ten of one owner in January 2025), but where
	// most are missing the store hiccuped, and "delisted" would be a lie.
	if len(l.apps.IDs) >= minAsked && 2*listed < len(l.apps.IDs) {
		snap.Readings = nil
		return snap, fetch.Refuse(last, fmt.Errorf("only %d of %d apps came back, want at least half", listed, len(l.apps.IDs)))
	}
	return snap, errors.Join(wrong...)
}

// listing makes the readings of one batch. Apps that are missing in the answer
// have no page in the storefront.
func listing(asked []string, apps []app) []*event.Reading {
	readings := make([]*event.Reading, 0, 3*len(asked))
	for _, id := range asked {
		i := slices.IndexFunc(apps, func(a app) bool { return a.ID == id })
		if i < 0 {
			readings = append(readings, &event.Reading{Subject: id, Metric: event.MetricListed, Value: 0})
			continue
		}
		readings = append(readings, &event.Reading{Subject: id, Metric: event.MetricListed, Value: 1})
		if n := apps[i].RatingCount; n != nil {
			readings = append(readings, &event.Reading{Subject: id, Metric: "rating_count", Value: *n})
			// Without ratings the average is given as 0, which nobody gave.
			if avg := apps[i].Rating; avg != nil && *n > 0 {
				readings = append(readings, &event.Reading{Subject: id, Metric: "rating_average", Value: *avg})
			}
		}
	}
	return readings
}

// checkNames finds ids that were configured for another app. The readings are
// true all the same, so it is a remark, no failure; and a reading of each, 1
// or 0, so that somebody can be told.
func (l *Lookup) checkNames(apps []app) (matches []*event.Reading, wrong []error) {
	for _, a := range apps {
		names := l.apps.Names[a.ID]
		if len(names) == 0 || a.Name == "" {
			continue // nothing to compare: that is no mismatch
		}
		match := 1.0
		if !slices.ContainsFunc(names, func(name string) bool { return appname.Fits(a.Name, name) }) {
			match = 0
			wrong = append(wrong, fmt.Errorf("app %s is named %q in the store, configured is %q", a.ID, a.Name, names[0]))
		}
		matches = append(matches, &event.Reading{Subject: a.ID, Metric: "name_matches", Value: match})
	}
	return matches, wrong
}
