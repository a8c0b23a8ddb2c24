package collectors_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
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
		for name, want := range map[string]int{"x": 7, "a": 4, "b": 8, "c": 4} {
			if got := len(byTarget[name]); got != want {
				t.Errorf("%s has %d looks, want %d: %v", name, got, want, slots(byTarget[name]))
			}
		}
	})
}
