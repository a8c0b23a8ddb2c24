package notify

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/processors/notify/engine"
	"github.com/tidemark/tidemark/processors/notify/message"
)

const (
	// mutesEvery is how soon a mute is in force.
	mutesEvery = 5 * time.Second
	// saveEvery bounds how much is read again after a restart where nothing was
	// told; saveIdle is for clocks alone.
	saveEvery = 5 * time.Second
	saveIdle  = time.Minute
)

// partition is the one worker of the log.
type partition struct {
	p        *Processor
	e        *engine.Engine
	couriers *couriers

	next    int64 // first offset that the engine does not know
	stored  int64 // the same of the memory that is stored
	version uint64
	made    []parcel // what is not stored yet
	changed bool
	saved   time.Time
	muted   time.Time
}

// Start begins where the memory ends; without one at the start of the log.
func (h *partition) Start() int64 { return h.stored }

// Handle decides, stores what was decided, and hands it over for delivery. A
// batch that comes again, because storing failed, is not decided again.
func (h *partition) Handle(ctx context.Context, batch []kafka.Message) (kafka.Commit, error) {
	if time.Since(h.muted) >= mutesEvery {
		if err := h.mutes(ctx); err != nil {
			h.p.log.Warn("read mutes, those that were read before stay in force", "err", err)
			h.muted = time.Now()
		}
		h.e.SetTopics(h.p.topicsNow())
	}
	for _, receiver := range h.couriers.failures() {
		h.e.Failed(receiver)
	}
	for i := range batch {
		if m := &batch[i]; m.Offset >= h.next {
			if err := h.take(m); err != nil {
				return kafka.Commit{}, err
			}
			h.next = m.Offset + 1
		}
	}
	h.changed = h.e.Changed() || h.changed
	h.p.m.waiting.Set(float64(h.e.Waiting()))
	since := time.Since(h.saved)
	if len(h.made) > 0 || h.changed && since >= saveEvery || since >= saveIdle {
		if err := h.save(ctx); err != nil {
			return kafka.Commit{}, err
		}
	}
	return kafka.Commit{Offset: h.stored, Next: h.next}, nil
}

// take applies one message of the log.
func (h *partition) take(m *kafka.Message) error {
	v, err := event.Unmarshal(m.Type, m.Value)
	if err != nil {
		// The store, which reads the same log, keeps it with the reason.
		h.p.m.refused.Inc()
		h.p.log.Warn("message of the episodes is not understood", "offset", m.Offset, "err", err)
		return nil
	}
	rec := engine.Record{At: m.Time}
	switch v := v.(type) {
	case *event.Episode:
		rec.Episode = v
	case *event.Tick:
		rec.Tick = v
	default:
		return nil
	}
	for _, msg := range h.e.Apply(rec) {
		text, err := message.Encode(msg)
		if err != nil {
			return err
		}
		h.p.m.messages.WithLabelValues(string(msg.Kind), msg.Level).Inc()
		h.made = append(h.made, parcel{m: msg, text: string(text), since: time.Now(), taken: m.Time})
	}
	return nil
}

// save stores the messages, then the memory that knows of them, and only then
// lets them go.
func (h *partition) save(ctx context.Context) error {
	state, err := h.e.Marshal()
	if err != nil {
		return err
	}
	// At once, for somebody waits: what is kept though it was told before is
	// named by no memory, and means nothing.
	var untold []parcel
	g, both := errgroup.WithContext(ctx)
	g.Go(func() error { return h.p.keep(both, h.made) })
	g.Go(func() (err error) {
		untold, err = h.p.untold(both, h.made)
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	h.made = untold
	pending := h.couriers.pending()
	for i := range h.made {
		pending = append(pending, h.made[i].m.ID)
	}
	version := max(h.version+1, uint64(time.Now().UnixMilli()))
	memory := memoryRow{Version: version, NextOffset: uint64(h.next), State: string(state), Pending: pending}
	if err := h.p.remember(ctx, memory); err != nil {
		return err
	}
	h.version, h.stored, h.saved, h.changed = version, h.next, time.Now(), false
	h.p.m.stateBytes.Set(float64(len(state)))
	h.couriers.take(h.made)
	h.made = nil
	return nil
}

// mutes reads what is muted now.
func (h *partition) mutes(ctx context.Context) error {
	mutes, err := ReadMutes(ctx, h.p.db)
	if err != nil {
		return err
	}
	all := make([]engine.Mute, len(mutes))
	for i, m := range mutes {
		all[i] = engine.Mute{Kind: m.Kind, Name: m.Name, Until: m.Until}
	}
	h.e.SetMutes(all)
	h.muted = time.Now()
	return nil
}

// Mute is what nobody is told of until a time.
type Mute struct {
	// Kind is entity, tag, rule, topic or source; empty: whichever has the name.
	Kind  string    `ch:"kind"`
	Name  string    `ch:"name"`
	Since time.Time `ch:"since"`
	Until time.Time `ch:"until"`
}

// MuteKinds are the kinds of mutes.
func MuteKinds() []string { return []string{"entity", "tag", "rule", "topic", "source"} }

// ReadMutes are the mutes that are in force.
func ReadMutes(ctx context.Context, db *clickhouse.Client) ([]Mute, error) {
	mutes, err := clickhouse.Select[Mute](ctx, db,
		"SELECT kind, name, since, until FROM mutes FINAL WHERE until > now64(3) AND until > since ORDER BY until, kind, name")
	if err != nil {
		return nil, fmt.Errorf("read mutes: %w", err)
	}
	return mutes, nil
}

// MuteHits says whether any stored episode bears the name, as mutes compare it.
func MuteHits(ctx context.Context, db *clickhouse.Client, name string) (bool, error) {
	rows, err := clickhouse.Select[struct {
		N uint64 `ch:"n"`
	}](ctx, db, "SELECT count() AS n FROM v_episodes WHERE has(arrayMap(x -> lowerUTF8(x), [entity, rule, topic, source, subject, "+
		"if(startsWith(target, 'tag/'), splitByChar('/', target)[-1], '')]), lowerUTF8(?))", name)
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", name, err)
	}
	return rows[0].N > 0, nil
}

// WriteMute mutes, or unmutes where Until is not after Since.
func WriteMute(ctx context.Context, db *clickhouse.Client, m Mute) error {
	var kind clickhouse.Words
	var name clickhouse.Values[string]
	var since, until clickhouse.Values[int64]
	var version clickhouse.Values[uint64]
	kind.Add(m.Kind)
	name.Add(m.Name)
	since.Add(m.Since.UnixMilli())
	until.Add(m.Until.UnixMilli())
	version.Add(uint64(time.Now().UnixNano()))
	return db.Insert(ctx, clickhouse.Block{
		Table: "mutes", ID: insertID("mutes"),
		Defs: []clickhouse.ColumnDef{
			{Name: "kind", Type: clickhouse.TypeWords},
			{Name: "name", Type: clickhouse.TypeString},
			{Name: "since", Type: clickhouse.TypeTime},
			{Name: "until", Type: clickhouse.TypeTime},
			{Name: "version", Type: clickhouse.TypeUInt64},
		},
		Columns: []clickhouse.Column{&kind, &name, &since, &until, &version},
	})
}
