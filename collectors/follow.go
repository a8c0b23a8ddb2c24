package collectors

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Asker is a Source whose question has more of the watchlist in it than its
// targets tell, such as the apps of a storefront.
type Asker interface {
	// Asks is the same text for as long as the same is asked.
	Asks() string
}

// Follow looks as Run does, and goes over to another list of entries whenever
// one comes. A source whose targets and schedule stay the same goes on
// undisturbed; every other one ends as at the end of Run, and begins again: it
// looks at once at what is new, and at what it knew on the next tick, with the
// breaker as it was. An entry that cannot be run is logged, and the one before it goes on.
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
	*room
	stop context.CancelFunc
	done chan struct{}
}

func (r *Runner) goOver(ctx context.Context, now map[string]*running, entries []Entry) error {
	rooms := make([]*room, 0, len(entries))
	before := map[string]*room{}
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
			before[name] = m.room
			delete(now, name)
		}
	}
	ending.Wait() // no two rooms of one source: their looks would be of the same ticks
	for _, m := range rooms {
		if was := before[m.entry.Name]; was != nil {
			m.inherit(was)
			open := m.breaker.open()
			r.metrics.breaker(m.entry.Name, open, open)
		}
		own, stop := context.WithCancel(ctx)
		one := &running{room: m, stop: stop, done: make(chan struct{})}
		now[m.entry.Name] = one
		go func() {
			defer close(one.done)
			m.run(own)
		}()
	}
	return nil
}

// inherit takes over where a room of the same source has ended: what its
// breaker knew, and when each target is looked at next.
func (m *room) inherit(was *room) {
	m.breaker.inherit(was.breaker)
	if m.entry.Every != was.entry.Every || m.entry.asks() != was.entry.asks() {
		return
	}
	next := make(map[string]tick, len(was.lookers))
	for _, l := range was.lookers {
		next[l.target.Key()] = l.resume()
	}
	for _, l := range m.lookers {
		l.next = next[l.target.Key()]
	}
}

// resume is the tick at which a looker that has ended goes on; none where its
// last look was interrupted, which is made up for at once.
func (l *looker) resume() tick {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.interrupted {
		return tick{}
	}
	return l.next
}

// begin is the first tick: the one that was left to it, or one at once.
func (l *looker) begin() tick {
	if l.next.slot.IsZero() {
		return l.schedule.first(time.Now())
	}
	return l.next
}

// sameAs says whether two entries ask the same at the same times.
func (e Entry) sameAs(other Entry) bool {
	return e.Every == other.Every && e.asks() == other.asks() && slices.Equal(e.keys(), other.keys())
}

func (e Entry) asks() string {
	if a, ok := e.Source.(Asker); ok {
		return a.Asks()
	}
	return ""
}

func (e Entry) keys() []string {
	var keys []string
	for _, t := range e.Source.Targets() {
		keys = append(keys, t.Key())
	}
	return keys
}
