// Package storewatch reads from the watchlist what there is to look at in one
// app store: its charts, the watched apps and their pages.
package storewatch

import (
	"fmt"
	"slices"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

// Charts are the watched charts of a store by their names, as know makes them
// of the configuration, and the targets: each in every watched storefront.
func Charts[C any](w config.Watch, store string, know func(config.Chart) (C, error)) (map[string]C, []*event.Target, error) {
	charts := make(map[string]C)
	var targets []*event.Target
	for i, watched := range w.Charts {
		if watched.Store != store {
			continue
		}
		chart, err := know(watched)
		if err != nil {
			return nil, nil, fmt.Errorf("watch.charts[%d]: %w", i, err)
		}
		charts[watched.Name] = chart
		for _, country := range w.Storefronts {
			t := event.ChartTarget(store, country, watched.Name)
			if err := t.Validate(); err != nil {
				return nil, nil, fmt.Errorf("watch.charts[%d] in %q: %w", i, country, err)
			}
			targets = append(targets, t)
		}
	}
	return charts, targets, nil
}

// Apps are the watched apps of one store.
type Apps struct {
	// IDs are the store's own ids of them, sorted, each once.
	IDs []string
	// Names are by id what the app may be called: names and aliases of its
	// entities.
	Names map[string][]string
}

// WatchedApps are the apps of the entities that have an id of the store. An id
// that isID does not take is an error, which says that a kind is wanted.
func WatchedApps(w config.Watch, store, kind string, isID func(string) bool) (Apps, error) {
	a := Apps{Names: make(map[string][]string)}
	for _, e := range w.Entities {
		id := e.Apps[store]
		if id == "" {
			continue
		}
		if !isID(id) {
			return Apps{}, fmt.Errorf("watch.entities: %s: apps.%s is %q, want %s", e.ID, store, id, kind)
		}
		if a.Names[id] == nil {
			a.IDs = append(a.IDs, id)
		}
		a.Names[id] = append(append(a.Names[id], e.Name), e.Aliases...)
	}
	slices.Sort(a.IDs)
	return a, nil
}

// String says all of it: who has other apps asks something else.
func (a Apps) String() string { return fmt.Sprintf("%q %q", a.IDs, a.Names) }

// EachStorefront is one target per watched storefront.
func EachStorefront(w config.Watch, target func(country string) *event.Target) ([]*event.Target, error) {
	var targets []*event.Target
	for _, country := range w.Storefronts {
		t := target(country)
		if err := t.Validate(); err != nil {
			return nil, fmt.Errorf("watch.storefronts: %w", err)
		}
		targets = append(targets, t)
	}
	return targets, nil
}
