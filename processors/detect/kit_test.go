package detect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
)

// noon is when the tests begin, in the log as in events.
var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

var errAway = errors.New("it is away")

// state of an episode, by which a reader knows whether it has it.
type state struct {
	id       string
	sequence uint32
	state    event.EpisodeState
}

// reader is somebody who reads the episodes and puts aside what it has.
type reader struct {
	mu       sync.Mutex
	states   map[state][]byte
	order    []string       // of everything, ticks too
	last     map[string]int // sequence by id
	again    int
	wrong    []string
	ticks    []*event.Tick
	rejected []*event.Rejected
	fails    func() bool
}

func newReader() *reader { return &reader{states: map[state][]byte{}, last: map[string]int{}} }

func (r *reader) Partitions(context.Context, string) (int, error) { return 4, nil }

func (r *reader) PublishAll(_ context.Context, topic string, msgs []kafka.Outgoing) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	fails := r.fails != nil && r.fails()
	for i, m := range msgs {
		if fails && i == len(msgs)/2 {
			return errAway // some of it has arrived
		}
		b, err := event.Marshal(m.Msg)
		if err != nil {
			return err
		}
		r.take(topic, m.Msg, b)
	}
	if fails {
		return errAway
	}
	return nil
}

// take notes a message; what must not be is noted in wrong.
func (r *reader) take(topic string, msg event.Validator, b []byte) {
	switch msg := msg.(type) {
	case *event.Tick:
		r.ticks = append(r.ticks, msg)
		r.order = append(r.order, fmt.Sprintf("tick %d", msg.GetAtMs()))
	case *event.Rejected:
		r.rejected = append(r.rejected, msg)
	case *event.Episode:
		s := state{msg.GetId(), msg.GetSequence(), msg.GetState()}
		r.order = append(r.order, fmt.Sprintf("%s %d", s.id, s.sequence))
		if topic != event.TopicEpisodes {
			r.wrong = append(r.wrong, "an episode on "+topic)
		}
		before, known := r.states[s]
		switch {
		case known:
			r.again++
			if !bytes.Equal(before, b) {
				r.wrong = append(r.wrong, fmt.Sprintf("%v came with other content", s))
			}
			return
		case int(s.sequence) != r.last[s.id]+1:
			r.wrong = append(r.wrong, fmt.Sprintf("%v came after sequence %d", s, r.last[s.id]))
		}
		r.last[s.id] = int(s.sequence)
		r.states[s] = b
	}
}

// compare says what two readers have not in common.
func compare(t testing.TB, want, got *reader) {
	t.Helper()
	got.mu.Lock()
	defer got.mu.Unlock()
	for i, w := range got.wrong {
		if i < 5 {
			t.Error(w)
		}
	}
	missing, other := 0, 0
	for s, b := range want.states {
		switch have, ok := got.states[s]; {
		case !ok:
			missing++
		case !bytes.Equal(b, have):
			other++
		}
	}
	if len(want.states) == 0 || missing > 0 || other > 0 || len(got.states) != len(want.states) {
		t.Errorf("%d states were found, want %d: %d are missing, %d are others", len(got.states), len(want.states), missing, other)
	}
}

// kit is a database, from which any number of lives take up memories.
type kit struct {
	t     testing.TB
	ch    *clickhouse.Client
	judge Judge
	cfg   config.Checkpoint
	log   *slog.Logger
	chunk int
	most  int // messages of a batch
}

func newKit(t testing.TB) *kit {
	t.Helper()
	k := &kit{t: t, judge: toyJudge{}, cfg: config.Checkpoint{Every: config.Duration(time.Hour), Looks: 40}, log: slog.New(slog.DiscardHandler), chunk: 600, most: 60}
	k.ch = open(t, testkit.ClickHouse(t))
	if err := k.ch.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return k
}

// newKitWithoutStore is for what does not depend on memories that are stored.
func newKitWithoutStore(t testing.TB) *kit {
	t.Helper()
	return &kit{t: t, judge: toyJudge{}, cfg: config.Checkpoint{Every: config.Duration(time.Hour), Looks: 40}, log: slog.New(slog.DiscardHandler), chunk: 600}
}

func open(t testing.TB, dsn string) *clickhouse.Client {
	t.Helper()
	ch, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(dsn)}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ch.Close() })
	return ch
}

// processor is one that publishes to a broker and stores small pieces.
func (k *kit) processor(b Broker) *Processor {
	p := New(Deps{Broker: b, DB: k.ch, Judge: k.judge, Log: k.log}, k.cfg, prometheus.NewRegistry())
	p.chunk, p.budget = k.chunk, 0
	if k.ch == nil {
		p.keep = forgetful{}
	}
	return p
}

// life is a worker of partition 0 from its start to its end.
func (k *kit) life(b Broker, at kafka.Committed) *partition {
	k.t.Helper()
	return assign(k.t, k.processor(b), at)
}

func assign(t testing.TB, p *Processor, at kafka.Committed) *partition {
	t.Helper()
	h, err := p.Assign(t.Context(), event.TopicSnapshots, 0, at)
	if err != nil {
		t.Fatal(err)
	}
	return h.(*partition)
}

func never() kafka.Committed { return kafka.Committed{Offset: -1} }

func handle(t testing.TB, h *partition, batch []kafka.Message) kafka.Committed {
	t.Helper()
	c, err := h.Handle(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	return kafka.Committed{Offset: c.Offset, Next: c.Next, Metadata: c.Metadata}
}

// undisturbed is what a worker finds that nobody disturbs.
func (k *kit) undisturbed(log []kafka.Message) *reader {
	k.t.Helper()
	r := newReader()
	p := New(Deps{Broker: r, Judge: k.judge, Log: k.log}, k.cfg, nil)
	p.keep = forgetful{}
	handle(k.t, assign(k.t, p, never()), log)
	if len(r.wrong) > 0 {
		k.t.Fatal(r.wrong[0])
	}
	return r
}

// forgetful keeps nothing.
type forgetful struct{}

func (forgetful) check(context.Context) error                        { return nil }
func (forgetful) save(context.Context, place, []row) error           { return nil }
func (forgetful) load(context.Context, place, func(row) error) error { return nil }

// moody is a keeper that refuses now and then, before or after it has stored.
type moody struct {
	keeper
	fails func() (before, after bool)
	saves int
}

func (m *moody) save(ctx context.Context, at place, rows []row) error {
	m.saves++
	before, after := m.fails()
	if before {
		return errAway
	}
	if err := m.keeper.save(ctx, at, rows); err != nil {
		return err
	}
	if after {
		return errAway
	}
	return nil
}

// look is one at a tag, of some subjects.
func look(place string, slot time.Time, basis event.Basis, values map[string]float64) *event.Snapshot {
	s := &event.Snapshot{
		Source: "mastodon", Target: event.TagTarget(place, "rednote"), SlotMs: slot.UnixMilli(), SeenAtMs: slot.UnixMilli(),
		Outcome: event.Outcome_OUTCOME_OK, Basis: basis, EveryS: 60,
	}
	for _, subject := range []string{"a", "b", "c", "d"} {
		if v, ok := values[subject]; ok {
			s.Readings = append(s.Readings, &event.Reading{Subject: subject, Metric: "uses", Value: v})
		}
	}
	if len(s.GetReadings()) == 0 {
		s.Outcome = event.Outcome_OUTCOME_EMPTY
	}
	return s
}

// looks are n looks at some targets by chance: with surges, of two bases, some
// sent twice, with ticks, facts and rubbish among them.
func looks(r *rand.Rand, n int) []event.Validator {
	var out []event.Validator
	slots := map[string]time.Time{}
	for i := range n {
		place := fmt.Sprint("s", r.IntN(9), ".example")
		basis := event.Basis_BASIS_MEASURED
		if r.IntN(5) == 0 {
			basis = event.Basis_BASIS_MODELLED
		}
		name := place + basis.Word()
		slots[name] = slots[name].Add(time.Minute)
		values := map[string]float64{}
		for _, subject := range []string{"a", "b", "c", "d"} {
			switch r.IntN(12) {
			case 0: // not there
			case 1, 2:
				values[subject] = 200 + float64(r.IntN(400))
			default:
				values[subject] = 20 + float64(r.IntN(20))
			}
		}
		out = append(out, look(place, noon.Add(slots[name].Sub(time.Time{})), basis, values))
		switch r.IntN(15) {
		case 0:
			out = append(out, out[r.IntN(len(out))])
		case 1:
			out = append(out, &event.Tick{AtMs: noon.Add(time.Duration(i) * time.Second).UnixMilli()})
		case 2:
			out = append(out, &event.Fact{
				Id: fmt.Sprint(i), Kind: event.FactKind_FACT_KIND_EVENT, Topic: "t", Subject: "s", Metric: "m",
				Publisher: "p", Confidence: "high",
			})
		}
	}
	return out
}

// messages makes a log, each message recorded a second after the one before.
func messages(t testing.TB, events []event.Validator) []kafka.Message {
	t.Helper()
	out := make([]kafka.Message, len(events))
	for i, e := range events {
		b, err := event.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = kafka.Message{
			Topic: event.TopicSnapshots, Offset: int64(i), Value: b, Type: event.TypeName(e), Time: noon.Add(time.Duration(i) * time.Second),
		}
	}
	return out
}

// cut makes batches of chance lengths.
func cut(r *rand.Rand, msgs []kafka.Message, most int) [][]kafka.Message {
	var batches [][]kafka.Message
	for len(msgs) > 0 {
		n := 1 + r.IntN(min(len(msgs), most))
		batches, msgs = append(batches, msgs[:n]), msgs[n:]
	}
	return batches
}

func chance(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 9)) } //nolint:gosec // chance, not secrecy

// said is a log that a test can read.
type said struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *said) has(words string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.text.String(), words)
}
