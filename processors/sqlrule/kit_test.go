package sqlrule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/store"
)

// start is a midnight; one evaluation is every five minutes.
var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

const every = 5 * time.Minute

// kit is a database with a store, and processors that come and go.
type kit struct {
	t      *testing.T
	db     *clickhouse.Client
	store  *store.Processor
	cfg    config.SQLRule
	rules  []Rule
	p      *Processor
	offset int64
	turn   int
	refuse bool // the broker takes nothing

	published []*event.Episode
	waiting   []event.Validator
}

// newKit has one rule: front matter, and a query over the table told.
func newKit(t *testing.T, text string) *kit {
	t.Helper()
	db, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(testkit.ClickHouse(t))}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // the engine ends with the test
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	reject := func(_ context.Context, r *event.Rejected) error { return fmt.Errorf("rejected: %s", r.GetReason()) }
	k := &kit{t: t, db: db, store: store.New(db, reject, nil, slog.New(slog.DiscardHandler)), cfg: standard(t)}
	k.exec("CREATE TABLE told (subject String, value Nullable(Float64), at DateTime64(3, 'UTC')) ENGINE = Memory")
	k.rules = []Rule{k.rule("my-rule", text)}
	k.restart()
	return k
}

func standard(t *testing.T) config.SQLRule {
	t.Helper()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	return cfg.Process.SQLRule
}

func (k *kit) rule(name, text string) Rule {
	k.t.Helper()
	r, err := parse(name, name+".sql", text, k.cfg)
	if err != nil {
		k.t.Fatal(err)
	}
	return r
}

func (k *kit) exec(sql string) {
	k.t.Helper()
	if err := k.db.Exec(k.t.Context(), sql); err != nil {
		k.t.Fatalf("%s: %v", sql, err)
	}
}

func (k *kit) restart() { k.p = New(Deps{DB: k.db, Publisher: k}, k.cfg, k.rules, nil) }

// Publish keeps what is said until it is stored, at the end of the evaluation.
func (k *kit) Publish(_ context.Context, topic, key string, m event.Validator) error {
	if k.refuse {
		return errors.New("broker is away")
	}
	e := m.(*event.Episode)
	if _, err := event.Marshal(e); err != nil {
		return err
	}
	if topic != event.TopicEpisodes || key != e.GetTarget().Key() {
		return fmt.Errorf("published %v to %s with key %s", e, topic, key)
	}
	k.published, k.waiting = append(k.published, e), append(k.waiting, e)
	return nil
}

// tell replaces the rows of the query: "a 3, b 4, c NULL"; each evaluation is
// one step further.
func (k *kit) tell(rows string) {
	k.t.Helper()
	k.exec("TRUNCATE TABLE told")
	for row := range strings.SplitSeq(rows, ", ") {
		if subject, value, found := strings.Cut(row, " "); found {
			value, at, dated := strings.Cut(value, " @")
			if !dated {
				at = "2026-03-02 00:00:00"
			}
			k.exec(fmt.Sprintf("INSERT INTO told VALUES ('%s', %s, '%s')", subject, value, at))
		}
	}
	k.evaluate()
}

func (k *kit) evaluate() {
	k.t.Helper()
	k.turn++
	if err := k.p.Evaluate(k.t.Context(), start.Add(time.Duration(k.turn)*every+17*time.Second)); err != nil {
		k.t.Fatal(err)
	}
	k.settle()
}

func (k *kit) settle() {
	k.t.Helper()
	if len(k.waiting) == 0 {
		return
	}
	h, err := k.store.Assign(k.t.Context(), event.TopicEpisodes, 0, kafka.Committed{Offset: k.offset})
	if err != nil {
		k.t.Fatal(err)
	}
	var batch []kafka.Message
	for _, m := range k.waiting {
		b, err := event.Marshal(m)
		if err != nil {
			k.t.Fatal(err)
		}
		batch = append(batch, kafka.Message{Topic: event.TopicEpisodes, Offset: k.offset, Value: b, Type: event.TypeName(m)})
		k.offset++
	}
	k.waiting = nil
	if _, err := h.Handle(k.t.Context(), batch); err != nil {
		k.t.Fatal(err)
	}
}

// want compares what was said since the last time.
func (k *kit) want(lines ...string) {
	k.t.Helper()
	var got []string
	for _, e := range k.published {
		clock := func(ms int64) string { return time.UnixMilli(ms).UTC().Format("15:04") }
		got = append(got, fmt.Sprintf("%s %s %s since %s at %s value %v peak %v severity %v", e.GetRule(), e.GetSubject(), e.GetState().Word(),
			clock(e.GetOnsetMs()), clock(e.GetAtMs()), e.GetValue(), e.GetPeak(), e.GetSeverity()))
	}
	if diff := cmp.Diff(lines, got); diff != "" {
		k.t.Errorf("said (-want +got):\n%s", diff)
	}
	k.published = nil
}
