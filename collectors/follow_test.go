package collectors_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

// What is taken on is looked at at once, what is let go of no more, and a
// source that nobody changed keeps to its ticks.
func TestFollowingAWatchlist(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		looking := func(names ...string) source {
			return source{targets: tags(names...), fetch: func(context.Context, *event.Target, time.Time) (*event.Snapshot, error) {
				return one(1), nil
			}}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 65*time.Minute)
		defer cancel()
		pub := &topics{}
		changes := make(chan []collectors.Entry)
		first := []collectors.Entry{entry("still", "@every 10m", looking("x")), entry("changing", "@every 10m", looking("a", "b"))}
		r := collectors.NewRunner(first, pub, config.Collect{}, nil, nil)
		done := make(chan error)
		go func() { done <- r.Follow(ctx, changes) }()
		time.Sleep(33 * time.Minute)
		changes <- []collectors.Entry{
			entry("still", "@every 10m", looking("x")), entry("changing", "@every 10m", looking("b", "c")),
			entry("broken", "never", looking("y")), // a mistake: all stays as it was
		}
		changes <- []collectors.Entry{entry("still", "@every 10m", looking("x")), entry("changing", "@every 10m", looking("b", "c"))}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		byTarget := map[string][]*event.Snapshot{}
		for _, s := range pub.looks() {
			name := s.GetTarget().GetName()
			byTarget[name] = append(byTarget[name], s)
		}
		for name, want := range map[string]int{"x": 7, "a": 4, "b": 7, "c": 4} {
			if got := len(byTarget[name]); got != want {
				t.Errorf("%s has %d looks, want %d: %v", name, got, want, slots(byTarget[name]))
			}
		}
	})
}

// An app that is added is asked for, though the targets are the same as before.
func TestAnAppThatIsAddedIsAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, w := builtin(t, "appstore_lookup", "appstore_search", "googleplay_details")
		w.Storefronts = []string{"us"}
		w.Entities = []config.Entity{{ID: "a", Name: "Ay", Apps: map[string]string{"apple": "11", "google": "com.ay"}}, {ID: "n", Name: "Nameless"}}
		places := &world{answer: func(r *http.Request, _ time.Time) testkit.FakeAnswer {
			if r.URL.Path == "/search" {
				return testkit.FakeOK(`{"resultCount":0,"results":[]}`)
			}
			return testkit.FakeStatus(404)
		}}
		client, err := fetch.New(fetch.Config{Collect: c, Transport: places}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		entries := func() []collectors.Entry {
			all, err := collectors.New(c, w, client)
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		asked := func() []string {
			places.mu.Lock()
			defer places.mu.Unlock()
			var all []string
			for _, r := range places.requests {
				if q := r.URL.Query(); !strings.Contains(r.URL.Path, "robots") {
					all = append(all, q.Get("id")+q.Get("term"))
				}
			}
			places.requests = nil
			slices.Sort(all)
			return slices.Compact(all)
		}
		ctx, cancel := context.WithCancel(t.Context())
		changes, done := make(chan []collectors.Entry), make(chan error)
		r := collectors.NewRunner(entries(), &topics{}, c, nil, nil)
		go func() { done <- r.Follow(ctx, changes) }()
		time.Sleep(10 * time.Minute)
		if diff := cmp.Diff([]string{"11", "Nameless", "com.ay"}, asked()); diff != "" {
			t.Error(diff)
		}
		w.Entities = append(w.Entities, config.Entity{ID: "b", Name: "Bee", Apps: map[string]string{"apple": "12", "google": "com.bee"}}, config.Entity{ID: "m", Name: "Another"})
		changes <- entries()
		time.Sleep(10 * time.Minute)
		if diff := cmp.Diff([]string{"11,12", "Another", "Nameless", "com.ay", "com.bee"}, asked()); diff != "" {
			t.Error(diff)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A place that is left alone because it keeps failing stays so, whatever is
// taken on beside it.
func TestABreakerOutlivesAChangeOfTheWatchlist(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(func(target string, _ time.Duration) error {
			if target == "down" {
				return errors.New("HTTP 500")
			}
			return nil
		})
		looking := func(names ...string) []collectors.Entry {
			return []collectors.Entry{entry("x", "@every 10m", source{targets: tags(names...), fetch: p.fetch})}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 59*time.Minute)
		defer cancel()
		changes, done := make(chan []collectors.Entry), make(chan error)
		cfg := config.Collect{Breaker: config.Breaker{After: 3, Longest: config.Duration(2 * time.Hour)}}
		r := collectors.NewRunner(looking("down", "well"), &topics{}, cfg, nil, nil)
		go func() { done <- r.Follow(ctx, changes) }()
		time.Sleep(22 * time.Minute)
		for _, names := range [][]string{{"down", "well", "new"}, {"well"}, {"well", "down"}} { // also where it was away
			changes <- looking(names...)
			time.Sleep(time.Minute)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		for name, want := range map[string]int{"down": 4, "well": 6, "new": 1} {
			if got := p.times(name); len(got) != want {
				t.Errorf("%s was asked at %v, want %d times", name, got, want)
			}
		}
	})
}
