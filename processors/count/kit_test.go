package count

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// noon is when the tests begin, in the log as in events.
var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

const platform = "bluesky"

// sink takes what is published, and can refuse it. It keeps each window once,
// and notes where one came a second time with other content.
type sink struct {
	mu       sync.Mutex
	looks    map[string]*event.Snapshot
	bytes    map[string][]byte
	again    int
	differ   []string
	rejected []*event.Rejected
	fails    func() bool
}

func newSink() *sink { return &sink{looks: map[string]*event.Snapshot{}, bytes: map[string][]byte{}} }

func (s *sink) Partitions(context.Context, string) (int, error) { return 1, nil }

func (s *sink) PublishAll(_ context.Context, _ string, msgs []kafka.Outgoing) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil && s.fails() {
		return errors.New("broker is away")
	}
	for _, m := range msgs {
		b, err := event.Marshal(m.Msg)
		if err != nil {
			return err
		}
		switch msg := m.Msg.(type) {
		case *event.Snapshot:
			s.look(msg, b)
		case *event.Rejected:
			s.rejected = append(s.rejected, msg)
		}
	}
	return nil
}

func (s *sink) look(look *event.Snapshot, b []byte) {
	key := fmt.Sprint(look.GetSource(), look.GetTarget().Key(), look.GetSlotMs(), look.GetReadings()[0].GetMetric())
	if before, ok := s.bytes[key]; ok {
		s.again++
		if !bytes.Equal(before, b) {
			s.differ = append(s.differ, key)
		}
	}
	s.looks[key], s.bytes[key] = look, b
}

// value of a reading, and whether it was published.
func (s *sink) value(target, subject, metric string, at time.Time) (v float64, found bool) {
	for _, look := range s.looks {
		if look.GetTarget().Key() != target {
			continue
		}
		for _, r := range look.GetReadings() {
			if r.GetSubject() == subject && r.GetMetric() == metric && r.GetAtMs() == at.UnixMilli() {
				return r.GetValue(), true
			}
		}
	}
	return 0, false
}

// wants compares a reading; NaN of a test is no reading at all.
func (s *sink) wants(t *testing.T, target, subject, metric string, at time.Time, want float64) {
	t.Helper()
	if got, found := s.value(target, subject, metric, at); !found || got != want {
		t.Errorf("%s %s %s at %s: %v (published: %v), want %v", target, subject, metric, at.Format(time.TimeOnly), got, found, want)
	}
}

func (s *sink) wantsNone(t *testing.T, target, subject, metric string, at time.Time) {
	t.Helper()
	if got, found := s.value(target, subject, metric, at); found {
		t.Errorf("%s %s %s at %s is %v, want none", target, subject, metric, at.Format(time.TimeOnly), got)
	}
}

// settings are small and round.
func settings() config.Count {
	return config.Count{
		Enabled: true, OutOfOrderness: config.Duration(30 * time.Second), Grace: config.Duration(2 * time.Minute),
		IdleAfter: config.Duration(5 * time.Minute), MaxAhead: config.Duration(time.Minute),
		TopK: 5, TopCounters: 20, MaxIDs: 100_000,
	}
}

func watch(tags ...string) config.Watch { return config.Watch{Tags: tags} }

// life is a processor from its start to its end, for partition 0.
type life struct {
	*partition
	t    testing.TB
	sink *sink
}

func newLife(t testing.TB, s *sink, cfg config.Count, at kafka.Committed, tags ...string) *life {
	t.Helper()
	p := New(s, cfg, watch(tags...), prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	h, err := p.Assign(t.Context(), event.TopicMentions, 0, at)
	if err != nil {
		t.Fatal(err)
	}
	return &life{partition: h.(*partition), t: t, sink: s}
}

func never() kafka.Committed { return kafka.Committed{Offset: -1} }

func (l *life) handle(batch ...kafka.Message) kafka.Committed {
	l.t.Helper()
	c, err := l.Handle(l.t.Context(), batch)
	if err != nil {
		l.t.Fatal(err)
	}
	return kafka.Committed{Offset: c.Offset, Next: c.Next, Metadata: c.Metadata}
}

// tape writes a log, one message after the other.
type tape struct {
	t    testing.TB
	msgs []kafka.Message
	ids  int
}

func (l *tape) put(m event.Validator, recorded time.Time) {
	l.t.Helper()
	b, err := event.Marshal(m)
	if err != nil {
		l.t.Fatal(err)
	}
	l.msgs = append(l.msgs, kafka.Message{
		Topic: event.TopicMentions, Offset: int64(len(l.msgs)), Value: b, Type: event.TypeName(m), Time: recorded,
	})
}

// mention puts one that is recorded a second after it happened.
func (l *tape) mention(tag string, at time.Time) *event.Mention {
	l.t.Helper()
	return l.late(tag, at, at.Add(time.Second))
}

// late puts one that is recorded at some time.
func (l *tape) late(tag string, at, recorded time.Time) *event.Mention {
	l.t.Helper()
	l.ids++
	m := &event.Mention{Id: fmt.Sprint("id", l.ids), Platform: platform, Tag: tag, Language: "en", AtMs: at.UnixMilli()}
	l.put(m, recorded)
	return m
}

func (l *tape) tick(at time.Time) {
	l.t.Helper()
	l.put(&event.Tick{AtMs: at.UnixMilli()}, at)
}

// since are the messages from an offset on.
func (l *tape) since(offset int64) []kafka.Message { return l.msgs[max(offset, 0):] }

// cut makes batches of chance lengths.
func cut(r *rand.Rand, msgs []kafka.Message) [][]kafka.Message {
	var batches [][]kafka.Message
	for len(msgs) > 0 {
		n := 1 + r.IntN(min(len(msgs), 40))
		batches, msgs = append(batches, msgs[:n]), msgs[n:]
	}
	return batches
}

func chance(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) } //nolint:gosec // chance, not secrecy
