package collectors

import (
	"context"
	"slices"
	"sync"
)

// Follow looks as Run does, and goes over to another list of entries whenever
// one comes. A source whose targets and schedule stay the same goes on
// undisturbed; every other one ends as at the end of Run, and begins again. An
// entry that cannot be run is logged, and the one before it goes on.
func (r *Runner) Follow(ctx context.Context, changes <-chan []Entry) error {
	running := map[string]*running{}
	defer func() {
		for _, m := range running {
			<-m.done
		}
	}()
	if err := r.goOver(ctx, running, r.entries); err != nil {
		return err
	}
	var streaming sync.WaitGroup // they know no watchlist
	defer streaming.Wait()
	for _, c := range r.channels {
		streaming.Go(func() { c.run(ctx) })
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case entries := <-changes:
			if err := r.goOver(ctx, running, entries); err != nil {
				r.log.ErrorContext(ctx, "source cannot be changed", "err", err)
			}
		}
	}
}

// running is a source on its way.
type running struct {
	entry Entry
	stop  context.CancelFunc
	done  chan struct{}
}

func (r *Runner) goOver(ctx context.Context, now map[string]*running, entries []Entry) error {
	rooms := make([]*room, 0, len(entries))
	keep := map[string]bool{}
	for _, e := range entries {
		if !e.Enabled {
			continue
		}
		if m := now[e.Name]; m != nil && m.entry.sameAs(e) {
			keep[e.Name] = true
			continue
		}
		m, err := r.newRoom(e)
		if err != nil {
			return err
		}
		rooms = append(rooms, m)
	}
	var ending sync.WaitGroup
	for name, m := range now {
		if !keep[name] {
			m.stop()
			ending.Go(func() { <-m.done })
			delete(now, name)
		}
	}
	ending.Wait() // no two rooms of one source: their looks would be of the same ticks
	for _, m := range rooms {
		own, stop := context.WithCancel(ctx)
		one := &running{entry: m.entry, stop: stop, done: make(chan struct{})}
		now[m.entry.Name] = one
		go func() {
			defer close(one.done)
			m.run(own)
		}()
	}
	return nil
}

// sameAs says whether two entries look at the same targets at the same times.
func (e Entry) sameAs(other Entry) bool {
	return e.Every == other.Every && slices.Equal(e.keys(), other.keys())
}

func (e Entry) keys() []string {
	var keys []string
	for _, t := range e.Source.Targets() {
		keys = append(keys, t.Key())
	}
	return keys
}
