package sqlrule

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// pictured is how far back an episode's picture goes, moments how many points
// it has at most.
const (
	pictured = 48 * time.Hour
	moments  = 288
)

// memory is what is remembered of a subject between two evaluations.
type memory struct {
	crossed, cleared int       // evaluations in a row
	since            time.Time // of the first that crossed
	at               time.Time // of the last row that said something new
	seen             time.Time // the last evaluation with a row
	value            float64
	any              bool // value is one
	peak             float64
	peakAt           time.Time
	history          []*event.Moment
}

// judge lays the rows of an evaluation over what is known.
func (p *Processor) judge(ctx context.Context, r *running, rows map[string]row, known ledger, slot time.Time) error {
	subjects := slices.Collect(maps.Keys(rows))
	for subject := range r.subjects {
		if _, there := rows[subject]; !there {
			subjects = append(subjects, subject)
		}
	}
	for subject := range known.of(r.Name) {
		_, there := rows[subject]
		if r.subjects[subject] == nil && !there {
			subjects = append(subjects, subject)
		}
	}
	slices.Sort(subjects)
	for _, subject := range subjects {
		m := r.remember(subject, known, slot)
		one, there := rows[subject]
		var err error
		if there {
			m.seen = slot
			err = p.judgeRow(ctx, r, m, subject, one, known)
		} else {
			err = p.judgeMissing(ctx, r, m, subject, known, slot)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *running) remember(subject string, known ledger, slot time.Time) *memory {
	m := r.subjects[subject]
	if m == nil {
		m = &memory{seen: slot}
		if e := known.open(r.Name, subject); e != nil {
			m.at, m.peak, m.peakAt, m.value, m.any = e.at, e.peak, e.peakAt, e.value, true
		}
		r.subjects[subject] = m
	}
	return m
}

func (p *Processor) judgeRow(ctx context.Context, r *running, m *memory, subject string, one row, known ledger) error {
	at := m.seen
	if one.At != nil {
		if at = one.At.UTC(); !at.After(m.at) {
			return nil // what it says is not new
		}
	}
	m.at = at
	s := state{rule: &r.Rule, subject: subject, at: at, value: *one.Value, memory: m}
	if m.any {
		previous := m.value
		s.previous = &previous
	}
	m.note(r, s)
	defer func() { m.value, m.any = s.value, true }()

	e := known.open(r.Name, subject)
	if r.crosses(s.value) {
		if m.crossed == 0 {
			m.since = at
		}
		m.crossed++
	} else {
		m.crossed = 0
	}
	if e == nil {
		if m.crossed >= r.Looks {
			return p.open(ctx, s, known)
		}
		return nil
	}
	if r.worse(s.value, m.peak) {
		m.peak, m.peakAt = s.value, at
	}
	if !r.clears(s.value) {
		m.cleared = 0
		if severity := r.severityOf(m.peak); severity > e.severity {
			return p.publish(ctx, s.worse(e, severity), known)
		}
		return nil
	}
	if m.cleared++; m.cleared < r.Looks {
		return nil
	}
	m.cleared = 0
	return p.publish(ctx, s.closed(e, fmt.Sprintf("%s: the value of %s is %s again; %s or %s in %s closes the episode.",
		r.Name, subject, s.quantity(s.value), words(r.Clear), r.wellSide(), r.evaluations())), known)
}

// note keeps a point for the picture.
func (m *memory) note(r *running, s state) {
	value := s.value
	point := &event.Moment{AtMs: s.at.UnixMilli(), Value: &value}
	bound := r.Threshold
	if r.Under {
		point.Low = &bound
	} else {
		point.High = &bound
	}
	m.history = append(m.history, point)
	oldest := s.at.Add(-pictured).UnixMilli()
	m.history = slices.DeleteFunc(m.history, func(o *event.Moment) bool { return o.GetAtMs() < oldest })
	m.history = m.history[max(0, len(m.history)-moments):]
}

// judgeMissing is for a subject without a row. Nothing is known of it, unless
// the rule says that this is well.
func (p *Processor) judgeMissing(ctx context.Context, r *running, m *memory, subject string, known ledger, slot time.Time) error {
	e := known.open(r.Name, subject)
	if r.MissingClears {
		m.crossed = 0
	}
	if e == nil {
		if slot.Sub(m.seen) > pictured {
			delete(r.subjects, subject)
		}
		return nil
	}
	s := state{rule: &r.Rule, subject: subject, at: slot, value: e.value, memory: m}
	switch {
	case r.MissingClears:
		if m.cleared++; m.cleared >= r.Looks {
			m.cleared = 0
			return p.publish(ctx, s.closed(e, fmt.Sprintf("%s: %s is not among the rows any more, in %s.", r.Name, subject, r.evaluations())), known)
		}
	case slot.Sub(m.seen) > abandoned:
		return p.publish(ctx, s.closed(e, fmt.Sprintf("%s: there has been no row about %s for %d days.", r.Name, subject, int(abandoned.Hours()/24))), known)
	}
	return nil
}

// open is for what has crossed for long enough. The onset is the first that did.
func (p *Processor) open(ctx context.Context, s state, known ledger) error {
	m, r := s.memory, s.rule
	id := event.ID(event.EpisodeSurge, r.Name, Source, target(r.Name).Key(), s.subject, r.Name, strconv.FormatInt(m.since.UnixMilli(), 10))
	if known[id] != nil {
		return nil // it ended; the same onset does not begin twice
	}
	m.peak, m.peakAt, m.cleared = s.value, s.at, 0
	for _, o := range m.history {
		if o.GetAtMs() >= m.since.UnixMilli() && r.worse(o.GetValue(), m.peak) {
			m.peak, m.peakAt = o.GetValue(), time.UnixMilli(o.GetAtMs()).UTC()
		}
	}
	e := &episode{
		id: id, kind: event.EpisodeSurge, rule: r.Name, subject: s.subject, state: "open", sequence: 1, onset: m.since,
		at: s.at, value: s.value, baseline: r.Threshold, peak: m.peak, peakAt: m.peakAt, severity: r.severityOf(m.peak),
	}
	e.message = s.message(e, "opened", fmt.Sprintf("%s: the value of %s is %s, %s %s in %s (one every %s); %s or %s in as many closes the episode.",
		r.Name, s.subject, s.quantity(s.value), r.side(), words(r.Threshold), r.evaluations(), interval(r.Every), words(r.Clear), r.wellSide()))
	return p.publish(ctx, e, known)
}

// endGone closes what is about rules that are not configured any more.
func (p *Processor) endGone(ctx context.Context, known ledger, now time.Time) error {
	there := map[string]*running{}
	for _, r := range p.rules {
		there[r.Name] = r
	}
	all := slices.SortedFunc(maps.Values(known), func(a, b *episode) int { return cmp.Compare(a.id, b.id) })
	for _, e := range all {
		name := e.rule
		if e.kind == event.EpisodeHealth {
			name = e.subject
		}
		if e.isOpen() && there[name] == nil {
			s := state{rule: &Rule{Name: name, Basis: event.Basis_BASIS_MEASURED, Topic: e.topic, Entity: e.entity, Unit: e.unit}, subject: e.subject, at: now.Truncate(time.Minute), value: e.value, memory: &memory{}}
			if err := p.publish(ctx, s.closed(e, name+": the rule is not configured any more."), known); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Rule) evaluations() string {
	if r.Looks == 1 {
		return "one evaluation"
	}
	return fmt.Sprintf("%d evaluations in a row", r.Looks)
}

func (r *Rule) wellSide() string {
	if r.Under {
		return "more"
	}
	return "less"
}

// interval is 10s, 10m, 1h30m: without parts that are nothing.
func interval(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
