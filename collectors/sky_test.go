package collectors_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/testkit"
)

// These run the firehose, from the configuration to the topic, against servers
// in memory and in simulated time.

// sink is what a broker is to a stream: it keeps mentions and one cursor.
type sink struct {
	mu       sync.Mutex
	mentions []*event.Mention
	cursor   string
	cursors  []string
	// take may refuse mentions, or wait; save may refuse to keep a cursor.
	take func(ctx context.Context) error
	save func() error
}

func (s *sink) PublishMentions(ctx context.Context, all []*event.Mention) error {
	if s.take != nil {
		if err := s.take(ctx); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range all {
		if _, err := event.Marshal(m); err != nil {
			return err
		}
	}
	s.mentions = append(s.mentions, all...)
	return nil
}

func (s *sink) SaveCursor(_ context.Context, _, cursor string) error {
	if s.save != nil {
		if err := s.save(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cursor, s.cursors = cursor, append(s.cursors, cursor)
	return nil
}

func (s *sink) LoadCursor(context.Context, string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cursor, nil
}

func (s *sink) ids() (ids map[string]string, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids = make(map[string]string)
	for _, m := range s.mentions {
		ids[m.GetId()] = fmt.Sprintf("%s %s %s", m.GetTag(), m.GetLanguage(), time.UnixMilli(m.GetAtMs()).UTC().Format(time.TimeOnly))
	}
	return ids, len(s.mentions)
}

// truth is what should be there, by the ids that the docs promise.
func truth(p testkit.FirehosePlan) map[string]string {
	ids := make(map[string]string)
	for m := range p.Mentions() {
		ids[event.ID("bluesky", m.DID, m.RKey, m.Tag)] = fmt.Sprintf("%s %s %s", m.Tag, m.Language, m.At.Format(time.TimeOnly))
	}
	return ids
}

// sky is a set of servers and what runs against them.
type sky struct {
	t     *testing.T
	v2    map[string]*testkit.FakeJetstream
	cfg   config.Collect
	rt    *fetch.Client
	sink  *sink
	looks *topics
	reg   *prometheus.Registry
}

// newSky makes servers with the names of hosts; those that begin with v1 are
// configured as such.
func newSky(t *testing.T, hosts map[string]*testkit.FakeJetstream) *sky {
	t.Helper()
	rt, end := testkit.JetstreamNet(hosts)
	t.Cleanup(end)
	s := &sky{t: t, v2: hosts, sink: &sink{}, looks: &topics{}, cfg: collect()}
	b := &s.cfg.Sources.Bluesky
	b.HostsV2, b.HostsV1 = nil, nil
	for name := range hosts {
		if strings.HasPrefix(name, "v1") {
			b.HostsV1 = append(b.HostsV1, "http://"+name)
		} else {
			b.HostsV2 = append(b.HostsV2, "http://"+name)
		}
	}
	slices.Sort(b.HostsV1)
	slices.Sort(b.HostsV2)
	client, err := fetch.New(fetch.Config{Collect: s.cfg, Transport: rt}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.rt = client
	return s
}

// run runs a process for a while.
func (s *sky) run(d time.Duration) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), d)
	defer cancel()
	entries, err := collectors.NewStreams(s.cfg, s.rt)
	if err != nil {
		s.t.Fatal(err)
	}
	s.reg = prometheus.NewPedanticRegistry()
	r := collectors.NewRunner(nil, s.looks, s.cfg, s.reg, nil)
	r.AddStreams(entries, s.sink)
	if err := r.Run(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// value is a metric of the process that ran last, over all its labels.
func (s *sky) value(name string) (total float64) {
	s.t.Helper()
	families, err := s.reg.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				total += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return total
}

// exact holds that the topic has what the plan says, once or more often.
func (s *sky) exact(p testkit.FirehosePlan) (total int) {
	s.t.Helper()
	got, total := s.sink.ids()
	if diff := cmp.Diff(truth(p), got); diff != "" {
		s.t.Errorf("mentions differ from the plan: %.2000s", diff)
	}
	return total
}

func livePlan(perSecond int, d time.Duration) testkit.FirehosePlan {
	time.Sleep(time.Until(now())) // microseconds before 2001 pass for sequence numbers
	return testkit.FirehosePlan{Start: time.Now().Add(3 * time.Second), PerSecond: perSecond, Events: perSecond * int(d/time.Second), Live: true, Disorder: time.Second}
}

func jetstream(p testkit.FirehosePlan, firstSeq int64) *testkit.FakeJetstream {
	p.FirstSeq = firstSeq
	return testkit.NewFakeJetstreamInMemory(p)
}
