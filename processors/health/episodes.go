package health

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
)

// episode is the latest known state of an episode.
type episode struct {
	key
	id              string
	state           string
	sequence        uint32
	onset           time.Time
	closed          time.Time // zero: it lasts
	value, baseline float64
	peak            float64
	peakAt          time.Time
	severity        float64
	unit            string
}

func (e *episode) isOpen() bool { return e.state != "closed" }

// newer says that a state came after another; nothing comes after the end.
func (e *episode) newer(other *episode) bool {
	if e.isOpen() != other.isOpen() {
		return !e.isOpen()
	}
	return e.sequence > other.sequence
}

// ledger is what is known of episodes: what is stored, and what is on its way.
type ledger struct {
	byID  map[string]*episode
	byKey map[key][]*episode // open ones, the oldest first
}

func newLedger(all map[string]*episode) *ledger {
	l := &ledger{byID: all, byKey: map[key][]*episode{}}
	for _, e := range l.all() {
		if e.isOpen() {
			l.byKey[e.key] = append(l.byKey[e.key], e)
		}
	}
	return l
}

// all is every episode, the oldest first.
func (l *ledger) all() []*episode {
	out := make([]*episode, 0, len(l.byID))
	for _, e := range l.byID {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b *episode) int {
		return cmp.Or(a.onset.Compare(b.onset), strings.Compare(a.id, b.id))
	})
	return out
}

// open is the open episode of one of the keys; nil: there is none.
func (l *ledger) open(keys ...key) *episode {
	for _, k := range keys {
		if all := l.byKey[k]; len(all) > 0 {
			return all[0]
		}
	}
	return nil
}

// ended is when the last episode of any of the keys ended; zero: there was
// none. What is bad since before has been told, and its end too.
func (l *ledger) ended(keys ...key) time.Time {
	var at time.Time
	for _, e := range l.byID {
		if slices.Contains(keys, e.key) && e.closed.After(at) {
			at = e.closed
		}
	}
	return at
}

type episodeRow struct {
	ID       string     `ch:"id"`
	Rule     string     `ch:"rule"`
	Source   string     `ch:"source"`
	Target   string     `ch:"target"`
	Subject  string     `ch:"subject"`
	Metric   string     `ch:"metric"`
	State    string     `ch:"state"`
	Sequence uint32     `ch:"sequence"`
	Onset    time.Time  `ch:"onset"`
	Closed   *time.Time `ch:"closed"`
	Value    float64    `ch:"value"`
	Baseline float64    `ch:"baseline"`
	Peak     float64    `ch:"peak"`
	PeakAt   *time.Time `ch:"peak_at"`
	Severity float64    `ch:"severity"`
	Unit     string     `ch:"unit"`
}

func (r *episodeRow) episode() *episode {
	e := &episode{
		key: key{r.Rule, r.Source, r.Target, r.Subject, r.Metric},
		id:  r.ID, state: r.State, sequence: r.Sequence, onset: r.Onset.UTC(), value: r.Value, baseline: r.Baseline,
		peak: r.Peak, severity: r.Severity, unit: r.Unit,
	}
	if r.PeakAt != nil {
		e.peakAt = r.PeakAt.UTC()
	}
	if r.Closed != nil {
		e.closed = r.Closed.UTC()
	}
	return e
}

// readEpisodes reads of its own rules (others publish health episodes too) what
// is open, and what began so recently that the same
// onset could be found again; and lays over it what is not stored yet.
func (p *Processor) readEpisodes(ctx context.Context, now time.Time) (*ledger, error) {
	rows, err := clickhouse.Select[episodeRow](ctx, p.deps.DB, `
SELECT id, rule, source, target, subject, metric, state, sequence, onset, closed, value, baseline, peak, peak_at, severity, unit
FROM v_episodes
WHERE kind = 'health' AND rule IN ? AND (state != 'closed' OR closed > fromUnixTimestamp64Milli(toInt64(?), 'UTC'))`,
		Rules(), now.Add(-2*p.cfg.Lookback.D()).UnixMilli())
	if err != nil {
		return nil, err
	}
	all := make(map[string]*episode, len(rows))
	for i := range rows {
		all[rows[i].ID] = rows[i].episode()
	}
	for id, sent := range p.sent {
		stored, found := all[id]
		if !found || sent.newer(stored) {
			all[id] = sent
			continue
		}
		delete(p.sent, id)
	}
	return newLedger(all), nil
}

// reconcile publishes what the findings change, and notes it in the ledger.
func (p *Processor) reconcile(ctx context.Context, findings []finding, known *ledger) error {
	for i := range findings {
		f := &findings[i]
		open := known.byKey[f.key]
		switch {
		case f.verdict == bad && len(open) == 0:
			if !p.cut(f, known) {
				continue
			}
			id := f.id()
			if known.byID[id] != nil {
				continue // it ended; the same onset does not begin twice
			}
			e := &episode{
				key: f.key, id: id, state: "open", sequence: 1, onset: f.onset, value: f.value, baseline: f.baseline,
				peak: f.value, peakAt: f.at, severity: f.severity(), unit: f.unit,
			}
			if err := p.publish(ctx, known, e, f, event.EpisodeState_EPISODE_STATE_OPEN); err != nil {
				return err
			}
		case f.verdict == bad && f.severity() > open[0].severity:
			e := *open[0]
			e.state, e.sequence, e.severity = "updated", e.sequence+1, f.severity()
			e.value, e.peak, e.peakAt = f.value, f.value, f.at
			if err := p.publish(ctx, known, &e, f, event.EpisodeState_EPISODE_STATE_UPDATED); err != nil {
				return err
			}
		case f.verdict == well:
			for _, one := range open {
				e := *one
				e.state, e.sequence, e.closed = "closed", e.sequence+1, f.at
				if err := p.publish(ctx, known, &e, f, event.EpisodeState_EPISODE_STATE_CLOSED); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// cut lets a finding begin after the last episode of its key, where that ended
// for another reason than the cause: nobody wanted the looks for a while. It
// is false where nobody has looked since, or the cause has become the usual.
func (p *Processor) cut(f *finding, known *ledger) bool {
	var last *episode
	for _, e := range known.byID {
		if e.key == f.key && !e.isOpen() && (last == nil || e.closed.After(last.closed)) {
			last = e
		}
	}
	if last == nil || !last.closed.After(f.onset) {
		return true
	}
	if last.closed.Equal(last.onset.Add(p.cfg.AcceptAfter.D())) || !f.seen.After(last.closed) {
		return false
	}
	f.onset = last.closed
	if f.at.Before(f.onset) {
		f.at = f.seen
	}
	return true
}

func (p *Processor) publish(ctx context.Context, known *ledger, e *episode, f *finding, state event.EpisodeState) error {
	target, err := parseTarget(e.target)
	if err != nil {
		return err
	}
	m := &event.Episode{
		Id: e.id, Kind: event.EpisodeHealth, Rule: e.rule, Source: e.source, Target: target, Subject: e.subject, Metric: e.metric,
		State: state, Sequence: e.sequence, OnsetMs: e.onset.UnixMilli(), AtMs: f.at.UnixMilli(),
		Value: e.value, Baseline: e.baseline, Peak: e.peak, Unit: e.unit, Severity: e.severity,
		Explanation: f.says, Advice: f.advice(), Basis: event.Basis_BASIS_MEASURED,
	}
	if !e.peakAt.IsZero() {
		m.PeakAtMs = e.peakAt.UnixMilli()
	}
	level := p.deps.Log.WarnContext
	if state == event.EpisodeState_EPISODE_STATE_CLOSED {
		m.ClosedMs, m.Advice, level = f.at.UnixMilli(), "", p.deps.Log.InfoContext
	}
	if err := p.deps.Publisher.Publish(ctx, event.TopicEpisodes, e.target, m); err != nil {
		return fmt.Errorf("publish episode %s of %s: %w", e.rule, e.target, err)
	}
	p.sent[e.id] = e
	known.byID[e.id] = e
	*known = *newLedger(known.byID)
	p.m.published(e.rule, state.Word())
	level(ctx, "health episode", "state", state.Word(), "rule", e.rule, "source", e.source, "target", e.target, "says", f.says)
	return nil
}

// parseTarget also knows whole sources.
func parseTarget(text string) (*event.Target, error) {
	parts := strings.SplitN(text, "/", 4)
	if len(parts) == 4 && parts[0] == event.KindSource {
		return event.SourceTarget(parts[1]), nil
	}
	return event.ParseTargetKey(text)
}
