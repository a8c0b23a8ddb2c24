package appstore

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
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
	searchParserVersion = 1
	// searchLimit is how many apps one request may bring. An app of exactly the
	// name is among the first; the rest shows whether it is the only one.
	searchLimit = 50
)

// Search finds the apps of watched entities whose id nobody has configured, by
// their exact name. It looks at the start and then seldom: ids do not change.
type Search struct {
	fetch   *fetch.Client
	cfg     config.AppStoreSearch
	targets []*event.Target
	wanted  []config.Entity
}

// NewSearch makes the source of the watched entities without an id of Apple's.
func NewSearch(f *fetch.Client, cfg config.AppStoreSearch, w config.Watch) (*Search, error) {
	cfg.ITunesURL = strings.TrimRight(cfg.ITunesURL, "/")
	s := &Search{fetch: f, cfg: cfg}
	for _, e := range w.Entities {
		if e.Apps[store] == "" {
			s.wanted = append(s.wanted, e)
		}
	}
	if len(s.wanted) == 0 {
		return s, nil
	}
	var err error
	s.targets, err = storewatch.EachStorefront(w, func(country string) *event.Target {
		return &event.Target{Kind: event.KindListing, Place: store, Country: country, Name: "search"}
	})
	return s, err
}

// AboutSearch describes the third source.
func AboutSearch() about.Source {
	return about.Source{
		Targets: "listing/apple/<country>/search", Readings: "`app_id` of an entity; `listed` 1, `rating_count`, `rating_average` of the app that was found",
		Signal: "which app a watched name is, where no id is configured", Unit: "Apple's number of the app; else as of `appstore_lookup`",
		Fresh: "up to 22 hours", Terms: "Public Search API of Apple, no key; about 20 requests a minute.",
		Faults: "One request per entity without an id. Only an exact name counts (case and taglines aside), and only if one app alone has it; everything else is said in the look's reason, and nothing is guessed. Two apps of one name cannot be told apart: configure the id. Not being found is never `listed` 0. SQL takes the id on through `entity_apps`; the lookup asks for configured ids only.",
	}
}

// Targets are the storefronts, if any entity lacks its id.
func (s *Search) Targets() []*event.Target { return s.targets }

// Asks are the entities that are searched for.
func (s *Search) Asks() string {
	var all []string
	for _, e := range s.wanted {
		all = append(all, e.ID, e.Name)
	}
	return fmt.Sprintf("%q", all)
}

// Fetch asks for each name. Names that are not found, or not for certain, are
// remarked.
func (s *Search) Fetch(ctx context.Context, target *event.Target, _ time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: searchParserVersion, Via: "search"}
	var remarks []string
	var errs []error
	for _, e := range s.wanted {
		query := url.Values{"term": {e.Name}, "entity": {"software"}, "country": {target.GetCountry()}, "limit": {strconv.Itoa(searchLimit)}}
		resp, err := s.fetch.Get(ctx, s.cfg.ITunesURL+"/search?"+query.Encode())
		if err != nil {
			return snap, errors.Join(append(errs, err)...)
		}
		apps, err := parseSearch(resp.Body, target.GetCountry())
		if err != nil {
			errs = append(errs, fetch.Refuse(resp.Body, err))
			continue
		}
		found, err := choose(apps, e.Name)
		if err != nil {
			remarks = append(remarks, fmt.Sprintf("%s: %v", e.ID, err))
			continue
		}
		snap.Readings = append(snap.Readings, resolved(e.ID, found)...)
	}
	if len(remarks) == 0 {
		return snap, errors.Join(errs...)
	}
	snap.Reason = strings.Join(remarks, "; ")
	if len(snap.Readings) > 0 || len(errs) > 0 {
		errs = append(errs, errors.New(snap.Reason)) // a remark beside readings
	}
	return snap, errors.Join(errs...)
}

// choose returns the one app that has the name, and otherwise says why none.
func choose(apps []app, name string) (app, error) {
	var same []app
	for _, a := range apps {
		if appname.Bare(a.Name) == appname.Bare(name) {
			same = append(same, a)
		}
	}
	switch len(same) {
	case 0:
		return app{}, fmt.Errorf("no app of %d is named exactly %q; configure apps.%s", len(apps), name, store)
	case 1:
		return same[0], nil
	default:
		ids := make([]string, len(same))
		for i, a := range same {
			ids[i] = a.ID
		}
		slices.Sort(ids)
		return app{}, fmt.Errorf("%d apps are named %q (%s); configure apps.%s", len(same), name, strings.Join(ids[:min(len(ids), 5)], ", "), store)
	}
}

// resolved are the readings about an app that was found.
func resolved(entity string, a app) []*event.Reading {
	var id float64
	for _, digit := range a.ID { // an id has at most 15 digits here: see parseSearch
		id = 10*id + float64(digit-'0')
	}
	return append([]*event.Reading{{Subject: entity, Metric: "app_id", Value: id}}, listing([]string{a.ID}, []app{a})...)
}

// parseSearch reads the apps that the store found, best first.
func parseSearch(body []byte, country string) ([]app, error) {
	apps, err := parseApps(body, country, nil)
	if err != nil {
		return nil, err
	}
	for i, a := range apps {
		if len(a.ID) > 15 || a.ID[0] == '0' {
			return nil, fmt.Errorf("results[%d] has id %q, want a number that fits", i, a.ID)
		}
	}
	return apps, nil
}
