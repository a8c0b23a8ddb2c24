package sqlrule

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
)

// state is a row that makes one.
type state struct {
	rule     *Rule
	subject  string
	at       time.Time
	value    float64
	previous *float64
	memory   *memory
}

// target of what a rule finds.
func target(rule string) *event.Target { return event.ListTarget(Source, "", rule) }

func (s *state) quantity(v float64) string {
	if s.rule.Unit == "" {
		return words(v)
	}
	return words(v) + " " + s.rule.Unit
}

func (s *state) worse(open *episode, severity float64) *episode {
	e := *open
	e.state, e.sequence, e.severity = "updated", e.sequence+1, severity
	e.at, e.value, e.peak, e.peakAt = s.at, s.value, s.memory.peak, s.memory.peakAt
	e.message = s.message(&e, "severity", fmt.Sprintf("%s: the value of %s is %s, and has been %s, %s %s since %s.",
		s.rule.Name, s.subject, s.quantity(s.value), s.quantity(e.peak), s.rule.side(), words(s.rule.Threshold), clock(e.onset)))
	return &e
}

func (s *state) closed(open *episode, says string) *episode {
	e := *open
	e.state, e.sequence, e.at, e.closed, e.value = "closed", e.sequence+1, s.at, s.at, s.value
	if s.at.Before(e.onset) {
		e.closed = e.onset
	}
	if !s.memory.peakAt.IsZero() {
		e.peak, e.peakAt = s.memory.peak, s.memory.peakAt
	}
	e.message = s.message(&e, "closed", says)
	e.message.ClosedMs = e.closed.UnixMilli()
	return &e
}

// message is the episode as it travels. A multiple is told where the threshold
// has a size.
func (s *state) message(e *episode, change, says string) *event.Episode {
	r := s.rule
	if r.Description != "" {
		says += " " + r.Description
	}
	m := &event.Episode{
		Id: e.id, Kind: e.kind, Rule: e.rule, Source: Source, Target: target(r.Name), Subject: e.subject, Metric: r.Name,
		State: states()[e.state], Sequence: e.sequence, OnsetMs: e.onset.UnixMilli(), AtMs: e.at.UnixMilli(),
		Value: e.value, Baseline: e.baseline, Peak: e.peak, Unit: r.Unit, Severity: e.severity, Explanation: says,
		Basis: r.Basis, Topic: r.Topic, Entity: r.Entity, Change: change, EveryS: uint32(r.Every / time.Second),
		Previous: s.previous, History: s.memory.history,
	}
	if !e.peakAt.IsZero() {
		m.PeakAtMs = e.peakAt.UnixMilli()
		long := e.peakAt.Sub(e.onset).Seconds()
		m.Anatomy = &event.Anatomy{TimeToPeakS: &long}
	}
	if e.baseline > 0 {
		m.Multiple = e.value / e.baseline
	}
	bound := r.Threshold
	if r.Under {
		m.Low = &bound
	} else {
		m.High = &bound
	}
	if e.kind == event.EpisodeHealth {
		m.Target = &event.Target{Kind: event.KindSource, Place: Source, Name: r.Name}
		m.Metric, m.Low, m.High, m.Multiple, m.Anatomy, m.History, m.Basis = "evaluations", nil, nil, 0, nil, nil, event.Basis_BASIS_MEASURED
		m.Topic, m.Entity, m.Unit = "", "", "evaluations"
	}
	return m
}

func states() map[string]event.EpisodeState {
	return map[string]event.EpisodeState{
		"open": event.EpisodeState_EPISODE_STATE_OPEN, "updated": event.EpisodeState_EPISODE_STATE_UPDATED,
		"closed": event.EpisodeState_EPISODE_STATE_CLOSED,
	}
}

// tellFailure opens an episode about a rule that cannot be evaluated, and
// closes it when it can.
func (p *Processor) tellFailure(ctx context.Context, r *running, known ledger, slot time.Time, failed error) error {
	e := known.failing(r.Name)
	s := state{rule: &r.Rule, subject: r.Name, at: slot, memory: &memory{}}
	if failed == nil {
		r.failures = 0
		if e == nil {
			return nil
		}
		return p.publish(ctx, s.closed(e, r.Name+": the query can be evaluated again."), known)
	}
	if r.failures++; r.failures == 1 {
		r.since = slot
	}
	p.deps.Log.ErrorContext(ctx, "rule over SQL failed; the others are judged, and it is tried again", "rule", r.Name, "err", failed)
	if e != nil || r.failures < failuresTell && !lasting(failed) {
		return nil
	}
	e = &episode{
		id:   event.ID(event.EpisodeHealth, RuleFailing, Source, r.Name, strconv.FormatInt(r.since.UnixMilli(), 10)),
		kind: event.EpisodeHealth, rule: RuleFailing, subject: r.Name, state: "open", sequence: 1,
		onset: r.since, at: slot, value: float64(r.failures), peak: float64(r.failures), severity: 0.5,
	}
	if known[e.id] != nil {
		return nil
	}
	e.message = s.message(e, "opened", r.Name+": "+strings.Join(strings.Fields(failed.Error()), " "))
	e.message.Advice = "The rule tells nothing until it is mended: `tidemark check` tries every query of process.sqlrule.paths. See docs/alert-rules.md, section Rules over SQL."
	return p.publish(ctx, e, known)
}

// lasting says that trying again will not help.
func lasting(err error) bool {
	return clickhouse.IsPermanent(err) || errors.As(err, new(*badShape))
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
