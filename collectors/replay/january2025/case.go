package january2025

import (
	"embed"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

//go:embed *.csv
var files embed.FS

// Name is the name of the case: of its recording and of the topic of its facts.
const Name = "january-2025"

const (
	source = "replay"
	via    = "model " + Name
	every  = time.Hour
	// version of the model. Raise it when the same moment gets other values.
	version = 1
)

// start is the first look: four quiet weeks come before the surge.
func start() time.Time { return time.Date(2024, 12, 16, 0, 0, 0, 0, time.UTC) }

// end is after the last look: TikTok has been back for two weeks.
func end() time.Time { return time.Date(2025, 2, 28, 0, 0, 0, 0, time.UTC) }

// How deep the modelled charts are. 133 is the deepest place that was reported.
const (
	overallDepth = 200
	socialDepth  = 100
)

// A place in the chart of the social apps is this share of the place in the
// overall chart, as in each store about that share of the first apps is social.
const (
	appleSocialShare  = 0.15
	googleSocialShare = 0.2
)

// app is one app of the case.
type app struct {
	id     string
	ids    map[string]string // by store
	social map[string]bool   // by store: is it in the chart of social apps
}

// Case is the case, read and checked.
type Case struct {
	apps   []*app
	curves map[string]*curve
	facts  []dated
}

// Load reads the files that are built in.
func Load() (*Case, error) { return load(files) }

func load(from fs.FS) (*Case, error) {
	apps, err := readApps(from)
	if err != nil {
		return nil, err
	}
	curves, err := readCurves(from)
	if err != nil {
		return nil, err
	}
	facts, err := readFacts(from)
	if err != nil {
		return nil, err
	}
	c := &Case{apps: apps, curves: curves, facts: facts}
	return c, c.check()
}

// check holds that the series in anchors.csv are those that the looks ask for:
// a misspelled one would be a curve that nobody sees.
func (c *Case) check() error {
	known := c.wanted()
	for _, name := range known {
		if c.curves[name] == nil {
			return fmt.Errorf("read anchors.csv: %s is missing", name)
		}
	}
	for _, a := range c.apps {
		known = append(known, switchPrefix+a.id)
	}
	for _, name := range slices.Sorted(maps.Keys(c.curves)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("read anchors.csv: %s is no series of the case", name)
		}
	}
	return nil
}

// wanted are the curves that the looks cannot do without.
func (c *Case) wanted() []string {
	var names []string
	for _, a := range c.apps {
		for _, store := range stores() {
			names = append(names, store+"/"+a.id)
		}
	}
	for _, metric := range tagMetrics() {
		names = append(names, "tag/"+metric)
	}
	return names
}

func tagMetrics() []string { return []string{"views_total", "posts_total", "discussions_total"} }

func stores() []string { return []string{"apple", "google"} }

func readApps(from fs.FS) ([]*app, error) {
	t, err := openTable(from, "apps.csv", "id", "name", "apple", "google", "apple_social", "google_social", "why")
	if err != nil {
		return nil, err
	}
	var apps []*app
	for t.next() {
		a := &app{id: t.text("id"), ids: map[string]string{}, social: map[string]bool{}}
		for _, store := range stores() {
			a.social[store] = t.yes(store + "_social")
			// An app whose id in a store is not known goes by its own name.
			if a.ids[store] = t.text(store); a.ids[store] == "" {
				a.ids[store] = a.id
			}
		}
		apps = append(apps, a)
	}
	return apps, t.bad
}

// Messages is the whole case in order of time, each message with its moment:
// the same messages each time.
func (c *Case) Messages() iter.Seq2[time.Time, event.Validator] {
	return func(yield func(time.Time, event.Validator) bool) {
		facts := c.facts
		for slot := start(); slot.Before(end()); slot = slot.Add(every) {
			for len(facts) > 0 && !facts[0].at.After(slot) {
				if !yield(facts[0].at, facts[0].fact) {
					return
				}
				facts = facts[1:]
			}
			for _, s := range c.looks(slot) {
				if !yield(slot, s) {
					return
				}
			}
		}
		for _, f := range facts {
			if !yield(f.at, f.fact) {
				return
			}
		}
	}
}

// Len is how many messages there are.
func (c *Case) Len() int {
	return int(end().Sub(start())/every)*len(c.looks(start())) + len(c.facts)
}

// looks are all that is seen in one hour.
func (c *Case) looks(slot time.Time) []*event.Snapshot {
	var out []*event.Snapshot
	for _, store := range stores() {
		out = append(out,
			c.chart(slot, store, "top-free/overall", overallDepth, 1),
			c.chart(slot, store, socialChart(store), socialDepth, socialShare(store)),
			c.listing(slot, store))
	}
	return append(out, c.tag(slot))
}

func socialChart(store string) string {
	if store == "apple" {
		return "top-free/social-networking"
	}
	return "top-free/social"
}

func socialShare(store string) float64 {
	if store == "apple" {
		return appleSocialShare
	}
	return googleSocialShare
}

// chart is a look at a chart: the apps of the case that are among its places.
// A share below 1 makes it the chart of the social apps.
func (c *Case) chart(slot time.Time, store, name string, depth int, share float64) *event.Snapshot {
	var places []place
	for _, a := range c.apps {
		want, there := c.curves[store+"/"+a.id].value(slot)
		if !there || !c.listed(slot, a) || share < 1 && !a.social[store] {
			continue
		}
		places = append(places, place{app: a, want: 1 + (want-1)*share})
	}
	rankAll(places)
	s := look(slot, event.ChartTarget(store, "us", name))
	s.Depth = uint32(depth) //nolint:gosec // a constant of this file
	for _, p := range places {
		if p.rank > depth {
			break
		}
		s.Readings = append(s.Readings, &event.Reading{
			Subject: p.app.ids[store], Metric: event.MetricRank, Value: float64(p.rank),
		})
	}
	return judged(s)
}

func (c *Case) listed(slot time.Time, a *app) bool {
	sw := c.curves[switchPrefix+a.id]
	if sw == nil {
		return true
	}
	v, there := sw.value(slot)
	return there && v == 1
}

func (c *Case) listing(slot time.Time, store string) *event.Snapshot {
	s := look(slot, event.ListingTarget(store, "us"))
	for _, a := range c.apps {
		r := &event.Reading{Subject: a.ids[store], Metric: event.MetricListed}
		if c.listed(slot, a) {
			r.Value = 1
		}
		s.Readings = append(s.Readings, r)
	}
	return judged(s)
}

func (c *Case) tag(slot time.Time) *event.Snapshot {
	const tag = "tiktokrefugee"
	s := look(slot, event.TagTarget("xiaohongshu", tag))
	for _, metric := range tagMetrics() {
		if v, there := c.curves["tag/"+metric].value(slot); there {
			s.Readings = append(s.Readings, &event.Reading{Subject: tag, Metric: metric, Value: math.Round(v)})
		}
	}
	return judged(s)
}

func look(slot time.Time, t *event.Target) *event.Snapshot {
	return &event.Snapshot{
		Source: source, Target: t, SlotMs: slot.UnixMilli(), SeenAtMs: slot.UnixMilli(),
		Basis: event.Basis_BASIS_MODELLED, Via: via, EveryS: uint32(every / time.Second), ParserVersion: version,
	}
}

func judged(s *event.Snapshot) *event.Snapshot {
	s.Outcome = event.Outcome_OUTCOME_OK
	if len(s.GetReadings()) == 0 {
		s.Outcome = event.Outcome_OUTCOME_EMPTY
	}
	return s
}
