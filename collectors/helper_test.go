package collectors_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

// source is a Source made of a function.
type source struct {
	targets []*event.Target
	fetch   func(ctx context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error)
}

func (s source) Targets() []*event.Target { return s.targets }

func (s source) Fetch(ctx context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error) {
	return s.fetch(ctx, target, slot)
}

func tags(names ...string) []*event.Target {
	var all []*event.Target
	for _, name := range names {
		all = append(all, event.TagTarget("example.org", name))
	}
	return all
}

func one(value float64) *event.Snapshot {
	return &event.Snapshot{
		Readings: []*event.Reading{{Subject: "a", Metric: "uses_today", Value: value}}, ParserVersion: 7,
	}
}

// topics is a Publisher that keeps what it gets, as a broker would: only valid
// messages. fail may refuse a message.
type topics struct {
	mu   sync.Mutex
	all  []event.Validator
	keys []string
	fail func(topic string, m event.Validator) error
}

func (p *topics) Publish(ctx context.Context, topic, key string, m event.Validator) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := event.Marshal(m); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		if err := p.fail(topic, m); err != nil {
			return err
		}
	}
	p.all = append(p.all, m)
	p.keys = append(p.keys, key)
	return nil
}

func (p *topics) looks() []*event.Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*event.Snapshot
	for _, m := range p.all {
		if s, ok := m.(*event.Snapshot); ok {
			all = append(all, s)
		}
	}
	return all
}

func (p *topics) rejected() []*event.Rejected {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*event.Rejected
	for _, m := range p.all {
		if r, ok := m.(*event.Rejected); ok {
			all = append(all, r)
		}
	}
	return all
}

// run lets a runner run for a while of simulated time.
func run(t *testing.T, d time.Duration, pub collectors.Publisher, reg prometheus.Registerer, jitter float64, entries ...collectors.Entry) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	r := collectors.NewRunner(entries, pub, config.Collect{Jitter: jitter}, reg, nil)
	if err := r.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

func entry(name, every string, s collectors.Source) collectors.Entry {
	return collectors.Entry{Name: name, Every: every, Source: s, Enabled: true}
}

func slots(looks []*event.Snapshot) []string {
	var all []string
	for _, s := range looks {
		all = append(all, time.UnixMilli(s.GetSlotMs()).UTC().Format("02 15:04:05"))
	}
	return all
}
