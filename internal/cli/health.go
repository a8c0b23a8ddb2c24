package cli

import (
	"context"
	"sync/atomic"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/processors/health"
)

// healthParts is the processor that watches the sources of entries; none:
// nothing is to be collected here, and silence is no trouble. It goes over to
// another watchlist as the collectors do.
func (s *system) healthParts(entries []collectors.Entry, collects bool) stage {
	cfg := s.cfg.Process.Health
	if !cfg.Enabled {
		return nil
	}
	var now atomic.Pointer[func(source, target string) bool]
	take := func(entries []collectors.Entry) {
		is := retired(entries, collects)
		now.Store(&is)
	}
	take(entries)
	s.rewatch = append(s.rewatch, func(_ context.Context, _ *config.Config, entries []collectors.Entry) { take(entries) })
	loop := s.health.Loop("health", storeHangs+2*cfg.Every.D())
	p := health.New(health.Deps{
		DB: s.ch, Publisher: s.kafka, Turn: loop.Turn, Log: s.log,
		Retired: func(source, target string) bool { return (*now.Load())(source, target) },
	}, cfg, s.reg)
	return stage{s.after("health", p.Run)}
}

// retired tells of the polled sources which looks nobody wants any more. What
// other sources bring is judged by itself: it is not in the list.
func retired(entries []collectors.Entry, collects bool) func(source, target string) bool {
	known, wanted := map[string]bool{}, map[[2]string]bool{}
	for _, e := range entries {
		known[e.Name] = true
		if !e.Enabled || !collects {
			continue
		}
		for _, t := range e.Source.Targets() {
			wanted[[2]string{e.Name, t.Key()}] = true
		}
	}
	return func(source, target string) bool { return known[source] && !wanted[[2]string{source, target}] }
}
