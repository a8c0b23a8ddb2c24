package googleplay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
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
	detailsParserVersion = 2
	// maxKept is what is kept of a page that was refused. The head of a page
	// says what it is; further down are reviews, which are people's.
	maxKept = 4 << 10
	// few apps may all be gone at once; more do not vanish together.
	few = 2
)

// Details looks at the pages of the watched apps. One target is all apps of a
// storefront, as with the App Store: whether an app is listed is then found at
// the same target for both stores and in the recordings. A page that cannot be
// had costs its own readings only.
type Details struct {
	fetch   *fetch.Client
	cfg     config.GooglePlay
	targets []*event.Target
	apps    storewatch.Apps
}

// NewDetails makes the source of the watched apps in the watched storefronts.
func NewDetails(f *fetch.Client, cfg config.GooglePlay, w config.Watch) (*Details, error) {
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	apps, err := storewatch.WatchedApps(w, store, "a package name", isPackage)
	if err != nil {
		return nil, err
	}
	d := &Details{fetch: f, cfg: cfg, apps: apps}
	if len(apps.IDs) == 0 {
		return d, nil
	}
	d.targets, err = storewatch.EachStorefront(w, func(country string) *event.Target { return event.ListingTarget(store, country) })
	return d, err
}

// AboutDetails describes the second source.
func AboutDetails() about.Source {
	return about.Source{
		Targets: "listing/google/<country>/apps", Readings: "`listed`, `installs_total`, `ratings_total`, `rating_average`, `reviews_total`",
		Signal: "how many people ever installed an app, and whether it can be had at all", Unit: "1 or 0; installs since the app began, exact and of all countries; ratings and reviews since then; stars in this storefront",
		Fresh: "installs move about once a day", Terms: terms(),
		Faults:  "One page of over 1 MB per app and storefront, so 1 to 4 times a day; installs and the number of ratings are the same in every storefront. The numbers stand at positions that shift about once a year; a page of another shape is refused, and the other apps' pages stand. A page of 404 is `listed` 0 only if the same look had another app's page, or, where one or two apps are watched, if it is known for the store's own; otherwise nothing is written and the look's reason says so. If three or more answer 404 and none has a page, the look is refused. A number that is not on the page is left out, and the look's reason says so. An id whose name does not fit is remarked there too. With more than some six watched apps a look's pages are more than is kept for `tidemark reparse`.",
		Scrapes: true,
	}
}

// Targets are the watched apps, one target per storefront.
func (d *Details) Targets() []*event.Target { return d.targets }

// Asks are the apps, and the names that are theirs.
func (d *Details) Asks() string { return d.apps.String() }

// Fetch reads the page of each watched app. Where the host wants no more, the
// rest is not tried.
func (d *Details) Fetch(ctx context.Context, target *event.Target, _ time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: detailsParserVersion, Via: "page"}
	var wrong []error
	var gone []goneApp
	pages := 0
	for _, id := range d.apps.IDs {
		a, err := d.look(ctx, target.GetCountry(), id)
		if page := errorPage(err); page != nil {
			gone = append(gone, goneApp{id, page})
			continue
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", id, err))
			if hopeless(ctx, err) {
				break
			}
			continue
		}
		pages++
		snap.Readings = append(snap.Readings, a.readings(id)...)
		wrong = append(wrong, d.remarks(id, a)...)
	}
	zeros, remarks := d.delisted(gone, pages)
	snap.Readings = append(snap.Readings, zeros...)
	return snap, errors.Join(append(wrong, remarks...)...)
}

// goneApp is one for which a page came that says 404.
type goneApp struct {
	id   string
	page []byte
}

// delisted are the readings of the apps that are gone. A page of 404 says so
// only where the same look had an app's page too, or where so few are watched
// that all may be gone, and the page is known for the store's own. Otherwise
// nobody knows, and that is what is said.
func (d *Details) delisted(gone []goneApp, pages int) (zeros []*event.Reading, wrong []error) {
	if pages == 0 && len(gone) > few {
		return nil, []error{fetch.Refuse(gone[0].page, fmt.Errorf("not one of %d apps has a page", len(gone)))}
	}
	for _, m := range gone {
		if pages > 0 || len(d.apps.IDs) <= few && isStores(m.page) {
			zeros = append(zeros, listed(m.id, 0))
			continue
		}
		wrong = append(wrong, fmt.Errorf("%s: answered 404 Not Found, and nothing shows that it is the store that says so", m.id))
	}
	return zeros, wrong
}

func (d *Details) look(ctx context.Context, country, id string) (app, error) {
	query := url.Values{"id": {id}, "hl": {language}, "gl": {country}}
	resp, err := d.fetch.Do(ctx, fetch.Request{
		URL: d.cfg.BaseURL + "/store/apps/details?" + query.Encode(),
		Header: http.Header{
			"User-Agent":      {d.cfg.UserAgent},
			"Accept-Language": {language},
			"Accept":          {"text/html,*/*;q=0.5"},
		},
		Page:    true,
		IsBlock: func(r *fetch.Response) string { return blockSign(r, "AF_initDataCallback") },
	})
	if err != nil {
		return app{}, err
	}
	a, err := parseDetails(resp.Body, id)
	if err != nil {
		return app{}, fetch.Refuse(resp.Body[:min(len(resp.Body), maxKept)], err)
	}
	return a, nil
}

// errorPage is the page that came with 404; nil where none did: then somebody
// else than the store answered, and it says nothing of the app.
func errorPage(err error) []byte {
	e, ok := errors.AsType[*fetch.StatusError](err)
	if !ok || e.Status != http.StatusNotFound || !bytes.Contains(bytes.ToLower(e.Body), []byte("<html")) {
		return nil
	}
	return e.Body
}

// isStores knows the page with which the store itself says that there is no
// such app.
func isStores(page []byte) bool {
	page = bytes.ToLower(page)
	return bytes.Contains(page, []byte("the requested url was not found on this server")) &&
		(bytes.Contains(page, []byte("play.google.com")) || bytes.Contains(page, []byte("google play")))
}

// hopeless is what holds for the next page of the host as well.
func hopeless(ctx context.Context, err error) bool {
	_, robots := errors.AsType[*fetch.RobotsError](err)
	return robots || !fetch.AnotherWay(ctx, err)
}

// readings are what the page says; what it does not say is left out.
func (a app) readings(id string) []*event.Reading {
	readings := []*event.Reading{listed(id, 1)}
	for _, v := range []struct {
		metric string
		value  *float64
	}{
		{"installs_total", a.installs},
		{"ratings_total", a.ratings},
		{"rating_average", a.average},
		{"reviews_total", a.reviews},
	} {
		if v.value != nil {
			readings = append(readings, &event.Reading{Subject: id, Metric: v.metric, Value: *v.value})
		}
	}
	return readings
}

func listed(id string, value float64) *event.Reading {
	return &event.Reading{Subject: id, Metric: event.MetricListed, Value: value}
}

// remarks are what is odd about a page whose readings are true all the same:
// no number of installs or of ratings (an app that is only announced has none),
// or another app's name.
func (d *Details) remarks(id string, a app) []error {
	var wrong []error
	if a.installs == nil {
		wrong = append(wrong, fmt.Errorf("%s: the page has no number of installs", id))
	}
	if a.ratings == nil {
		wrong = append(wrong, fmt.Errorf("%s: the page has no number of ratings", id))
	}
	names := d.apps.Names[id]
	if !slices.ContainsFunc(names, func(name string) bool { return appname.Fits(a.title, name) }) && len(names) > 0 {
		wrong = append(wrong, fmt.Errorf("app %s is named %q in the store, configured is %q", id, a.title, names[0]))
	}
	return wrong
}
