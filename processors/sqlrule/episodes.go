package sqlrule

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
)

// episode is the latest known state of an episode.
type episode struct {
	id, kind, rule, subject, state string
	sequence                       uint32
	onset, at, peakAt, closed      time.Time
	value, baseline, peak          float64
	severity                       float64
	topic, entity, unit            string

	message *event.Episode // what is to be published; nil: it was read
}

func (e *episode) isOpen() bool { return e.state != "closed" }

// newer says that a state came after another; nothing comes after the end.
func (e *episode) newer(other *episode) bool {
	if e.isOpen() != other.isOpen() {
		return !e.isOpen()
	}
	return e.sequence > other.sequence
}

// ledger is what is known of episodes, by id.
type ledger map[string]*episode

// open is the open episode of a rule about a subject; nil: there is none. Of
// several (there were two evaluators) it is the oldest.
func (l ledger) open(rule, subject string) *episode {
	var found *episode
	for _, e := range l {
		if e.kind == event.EpisodeSurge && e.rule == rule && e.subject == subject && e.isOpen() &&
			(found == nil || e.onset.Before(found.onset) || e.onset.Equal(found.onset) && e.id < found.id) {
			found = e
		}
	}
	return found
}

// of are the open episodes of a rule, by subject.
func (l ledger) of(rule string) iter.Seq2[string, *episode] {
	return func(yield func(string, *episode) bool) {
		for _, e := range l {
			if e.kind == event.EpisodeSurge && e.rule == rule && e.isOpen() && !yield(e.subject, e) {
				return
			}
		}
	}
}

// failing is the open episode about the rule itself.
func (l ledger) failing(rule string) *episode {
	for _, e := range l {
		if e.kind == event.EpisodeHealth && e.subject == rule && e.isOpen() {
			return e
		}
	}
	return nil
}

type episodeRow struct {
	ID       string     `ch:"id"`
	Kind     string     `ch:"kind"`
	Rule     string     `ch:"rule"`
	Subject  string     `ch:"subject"`
	State    string     `ch:"state"`
	Sequence uint32     `ch:"sequence"`
	Onset    time.Time  `ch:"onset"`
	At       *time.Time `ch:"at"`
	PeakAt   *time.Time `ch:"peak_at"`
	Closed   *time.Time `ch:"closed"`
	Value    float64    `ch:"value"`
	Baseline float64    `ch:"baseline"`
	Peak     float64    `ch:"peak"`
	Severity float64    `ch:"severity"`
	Topic    string     `ch:"topic"`
	Entity   string     `ch:"entity"`
	Unit     string     `ch:"unit"`
}

// readEpisodes reads what is open and what ended lately, and lays over it what
// is not stored yet.
func (p *Processor) readEpisodes(ctx context.Context, now time.Time) (ledger, error) {
	rows, err := clickhouse.Select[episodeRow](ctx, p.deps.DB, `
SELECT id, kind, rule, subject, state, sequence, onset, at, peak_at, closed, value, baseline, peak, severity, topic, entity, unit
FROM v_episodes
WHERE source = 'sql' AND (state != 'closed' OR closed > fromUnixTimestamp64Milli(toInt64(?), 'UTC'))`, now.Add(-abandoned).UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("read episodes: %w", err)
	}
	all := make(ledger, len(rows))
	for i := range rows {
		r := &rows[i]
		all[r.ID] = &episode{
			id: r.ID, kind: r.Kind, rule: r.Rule, subject: r.Subject, state: r.State, sequence: r.Sequence, onset: r.Onset.UTC(),
			at: when(r.At), peakAt: when(r.PeakAt), closed: when(r.Closed),
			value: r.Value, baseline: r.Baseline, peak: r.Peak, severity: r.Severity, topic: r.Topic, entity: r.Entity, unit: r.Unit,
		}
	}
	for id, sent := range p.sent {
		if stored, found := all[id]; !found || sent.newer(stored) {
			all[id] = sent
			continue
		}
		delete(p.sent, id)
	}
	return all, nil
}

func when(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// publish sends a state and notes it.
func (p *Processor) publish(ctx context.Context, e *episode, known ledger) error {
	m := e.message
	if err := p.deps.Publisher.Publish(ctx, event.TopicEpisodes, m.GetTarget().Key(), m); err != nil {
		return fmt.Errorf("publish episode of rule %s: %w", e.rule, err)
	}
	p.sent[e.id], known[e.id] = e, e
	p.m.published(e.rule, e.state)
	p.deps.Log.InfoContext(ctx, "episode of a rule over SQL", "state", e.state, "rule", e.rule, "subject", e.subject, "says", m.GetExplanation())
	return nil
}
