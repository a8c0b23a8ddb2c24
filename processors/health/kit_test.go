package health

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/store"
)

// start is a midnight.
var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

const every = 30 * time.Minute

// kit is a database with a store, and evaluators that come and go.
type kit struct {
	t       *testing.T
	db      *clickhouse.Client
	store   *store.Processor
	offset  map[string]int64
	cfg     config.Health
	retired func(source, target string) bool

	published []*event.Episode // all of them, in order
	waiting   []*event.Episode // published and not stored
}

func newKit(t *testing.T) *kit {
	t.Helper()
	db, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(testkit.ClickHouse(t))}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // the engine ends with the test
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	reject := func(_ context.Context, r *event.Rejected) error { return fmt.Errorf("rejected: %s", r.GetReason()) }
	return &kit{
		t: t, db: db, store: store.New(db, reject, nil, slog.New(slog.DiscardHandler)),
		offset: map[string]int64{}, cfg: cfg.Process.Health,
	}
}

// put stores messages as the store does.
func (k *kit) put(topic string, all ...event.Validator) {
	k.t.Helper()
	if len(all) == 0 {
		return
	}
	h, err := k.store.Assign(k.t.Context(), topic, 0, kafka.Committed{Offset: k.offset[topic]})
	if err != nil {
		k.t.Fatal(err)
	}
	var batch []kafka.Message
	for _, m := range all {
		b, err := event.Marshal(m)
		if err != nil {
			k.t.Fatal(err)
		}
		batch = append(batch, kafka.Message{Topic: topic, Offset: k.offset[topic], Value: b, Type: event.TypeName(m)})
		k.offset[topic]++
	}
	if _, err := h.Handle(k.t.Context(), batch); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kit) looks(all ...*event.Snapshot) {
	k.t.Helper()
	var out []event.Validator
	for _, s := range all {
		out = append(out, s)
	}
	k.put(event.TopicSnapshots, out...)
}

// Publish keeps what an evaluator says, until settle stores it.
func (k *kit) Publish(_ context.Context, topic, key string, m event.Validator) error {
	e := m.(*event.Episode)
	if _, err := event.Marshal(e); err != nil {
		return err
	}
	if topic != event.TopicEpisodes || key != e.GetTarget().Key() {
		return fmt.Errorf("published %v to %s with key %s", e, topic, key)
	}
	k.published = append(k.published, e)
	k.waiting = append(k.waiting, e)
	return nil
}

func (k *kit) settle() {
	k.t.Helper()
	var out []event.Validator
	for _, e := range k.waiting {
		out = append(out, e)
	}
	k.waiting = nil
	k.put(event.TopicEpisodes, out...)
}

// evaluator is one that has just been started.
func (k *kit) evaluator() *Processor {
	return New(Deps{DB: k.db, Publisher: k, Retired: k.retired}, k.cfg, prometheus.NewRegistry())
}

func (k *kit) evaluate(p *Processor, now time.Time) {
	k.t.Helper()
	if err := p.Evaluate(k.t.Context(), now); err != nil {
		k.t.Fatal(err)
	}
}

// restart evaluates as a process that has just been started, and a second one
// beside it that knows nothing of the first.
func (k *kit) restart(now time.Time) {
	k.t.Helper()
	n := len(k.published)
	k.evaluate(k.evaluator(), now)
	if len(k.published) > n { // a second one has the same to say
		k.evaluate(k.evaluator(), now)
	}
	k.settle()
}

// said is what the table has of all episodes, one line per state.
func (k *kit) said() string {
	k.t.Helper()
	rows, err := clickhouse.Select[struct {
		Line string `ch:"line"`
	}](k.t.Context(), k.db, `
SELECT concat(rule, ' ', source, ' ', target, ' ', state, ' ', formatDateTime(onset, '%m-%d %H:%i'), ' ', formatDateTime(assumeNotNull(at), '%m-%d %H:%i'), ' ',
    toString(round(value, 2)), '/', toString(round(baseline, 2)), ' ', unit) AS line
FROM episodes FINAL ORDER BY _offset`)
	if err != nil {
		k.t.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, r.Line)
	}
	return strings.Join(out, "\n")
}

func (k *kit) want(lines ...string) {
	k.t.Helper()
	if got, want := k.said(), strings.Join(lines, "\n"); got != want {
		k.t.Errorf("episodes are\n%s\nwant\n%s", got, want)
	}
	for _, e := range k.published {
		if e.GetExplanation() == "" || (e.GetAdvice() == "") != (e.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED) || e.GetKind() != event.EpisodeHealth {
			k.t.Errorf("episode does not explain itself: %v", e)
		}
	}
}

// chart is a good look at a chart; apps change their places with turn.
func chart(slot time.Time, depth, turn int) *event.Snapshot {
	s := &event.Snapshot{
		Source: "appstore", Target: event.ChartTarget("apple", "us", "top-free/overall"),
		SlotMs: slot.UnixMilli(), SeenAtMs: slot.UnixMilli() + 1500, Outcome: event.Outcome_OUTCOME_OK,
		Depth: uint32(depth), Basis: event.Basis_BASIS_MEASURED, EveryS: uint32(every / time.Second),
	}
	for i := range depth {
		s.Readings = append(s.Readings, &event.Reading{Subject: fmt.Sprint("a", (i+turn)%depth), Metric: event.MetricRank, Value: float64(i + 1)})
	}
	return s
}

func failed(s *event.Snapshot) *event.Snapshot {
	s.Outcome, s.Readings, s.Reason, s.Depth = event.Outcome_OUTCOME_FAILED, nil, "HTTP 503", 0
	return s
}

func refused(s *event.Snapshot) *event.Snapshot {
	s = failed(s)
	s.Outcome, s.Reason = event.Outcome_OUTCOME_REFUSED, "no list"
	return s
}

// in puts a look elsewhere.
func in(country string, s *event.Snapshot) *event.Snapshot {
	s.Target.Country = country
	return s
}

// good are looks at ticks from first to before last.
func good(first, last int) []*event.Snapshot {
	var out []*event.Snapshot
	for i := first; i < last; i++ {
		out = append(out, chart(at(i), 20, i))
	}
	return out
}

// at is the i-th tick.
func at(i int) time.Time { return start.Add(time.Duration(i) * every) }

// soon is a moment at which the look of a tick has been stored.
func soon(i int) time.Time { return at(i).Add(5 * time.Minute) }
