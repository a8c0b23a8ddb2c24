package backtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

// Near is how far from an event a finding may be to be about it.
const Near = 72 * time.Hour

// Finding is an episode that would have been told.
type Finding struct {
	ID      string `json:"id"`
	Rule    string `json:"rule"`
	Source  string `json:"source"`
	Target  string `json:"target"`
	Subject string `json:"subject"`
	Metric  string `json:"metric"`
	Topic   string `json:"topic,omitempty"`
	Entity  string `json:"entity,omitempty"`
	// Onset is since when; Opened and Closed are the moments of the data at which
	// it would have been told.
	Onset    time.Time  `json:"onset"`
	Opened   time.Time  `json:"opened"`
	Closed   *time.Time `json:"closed,omitempty"` // nil: not within the span
	Peak     float64    `json:"peak"`
	Baseline float64    `json:"baseline"`
	Unit     string     `json:"unit,omitempty"`
	Severity float64    `json:"severity"` // the highest
	Says     string     `json:"says"`     // its first state's explanation
	// States are the opening, each rise of severity, and the end, within the
	// span; Quiet its other states there, which nobody is told of.
	States int `json:"states"`
	Quiet  int `json:"quiet"`
	// Before says that it was open already when the span began.
	Before bool `json:"before,omitempty"`
}

// take lays a state over what is known; told: it is within the span.
func (f *Finding) take(e *event.Episode, told bool) {
	at := time.UnixMilli(e.GetAtMs()).UTC()
	if e.GetState() == event.EpisodeState_EPISODE_STATE_OPEN || f.Rule == "" {
		f.Rule, f.Source, f.Target, f.Subject, f.Metric = e.GetRule(), e.GetSource(), e.GetTarget().Key(), e.GetSubject(), e.GetMetric()
		f.Topic, f.Entity, f.Unit, f.Says = e.GetTopic(), e.GetEntity(), e.GetUnit(), e.GetExplanation()
		f.Onset, f.Opened, f.Before = time.UnixMilli(e.GetOnsetMs()).UTC(), at, !told
		f.Baseline = e.GetBaseline()
	}
	louder := e.GetSeverity() > f.Severity
	f.Peak, f.Severity = e.GetPeak(), max(f.Severity, e.GetSeverity())
	if !told {
		return
	}
	switch e.GetState() {
	case event.EpisodeState_EPISODE_STATE_CLOSED:
		f.Closed = &at
	case event.EpisodeState_EPISODE_STATE_UPDATED:
		if !louder {
			f.Quiet++
			return
		}
	}
	f.States++
}

// About is what the finding is about, for a person.
func (f *Finding) About() string { return cmp.Or(f.Entity, f.Subject) }

// Outcome is what one way to judge would have told.
type Outcome struct {
	Rules    string    `json:"rules"`
	Findings []Finding `json:"findings"`
	Opened   int       `json:"opened"`
	Closed   int       `json:"closed"`
	States   int       `json:"states"`
	// Messages are what the receiver would have been sent of them.
	Messages []Message `json:"messages"`
	PerWeek  float64   `json:"per_week"` // messages
	Weeks    []Week    `json:"weeks"`
}

// Week is a week of the span, beginning at Begin; the last may be shorter.
type Week struct {
	Begin    time.Time `json:"begin"`
	Messages int       `json:"messages"`
}

// Lead is how an event was told.
type Lead struct {
	What    string     `json:"what"`
	Subject string     `json:"subject"`
	From    time.Time  `json:"from"` // bounds of when it happened
	To      time.Time  `json:"to"`
	First   *time.Time `json:"first,omitempty"` // the first finding near it; nil: none
	Finding string     `json:"finding,omitempty"`
	About   string     `json:"about,omitempty"`
	// LeadHours is how long before the event the finding came: negative after
	// it, 0 within its bounds.
	LeadHours float64 `json:"lead_hours"`
}

// Report is a back-test.
type Report struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Basis   string    `json:"basis"`
	WarmUp  string    `json:"warm_up"`
	Targets int       `json:"targets"`
	Looks   int       `json:"looks"`
	// Receiver is the name of who would have been told.
	Receiver string    `json:"receiver"`
	A        Outcome   `json:"a"`
	B        *Outcome  `json:"b,omitempty"`
	Both     []Pair    `json:"both,omitempty"`
	OnlyA    []Finding `json:"only_a,omitempty"`
	OnlyB    []Finding `json:"only_b,omitempty"`
	Leads    []Lead    `json:"leads"`
	LeadsB   []Lead    `json:"leads_b,omitempty"`
}

// Pair is a finding of both ways to judge: of one series, at overlapping times.
type Pair struct {
	A Finding `json:"a"`
	B Finding `json:"b"`
}

func report(q *Query, courts []*court, events []happened, targets, looks int) (*Report, error) {
	r := &Report{From: q.From, To: q.To, Basis: q.Basis, WarmUp: config.Duration(q.WarmUp).String(), Targets: targets, Looks: looks, Receiver: q.Receiver.Name}
	var err error
	if r.A, err = outcome(q, courts[0]); err != nil {
		return nil, err
	}
	r.Leads = leads(events, r.A.Findings)
	if q.B != nil {
		b, err := outcome(q, courts[1])
		if err != nil {
			return nil, err
		}
		r.B = &b
		r.LeadsB = leads(events, b.Findings)
		r.Both, r.OnlyA, r.OnlyB = compare(r.A.Findings, b.Findings, q.To)
	}
	return r, nil
}

func outcome(q *Query, c *court) (Outcome, error) {
	o := Outcome{Rules: c.rules.Name, Findings: c.findings()}
	const week = 7 * 24 * time.Hour
	for begin := q.From; begin.Before(q.To); begin = begin.Add(week) {
		o.Weeks = append(o.Weeks, Week{Begin: begin})
	}
	for i := range o.Findings {
		f := &o.Findings[i]
		if !f.Before {
			o.Opened++
		}
		if f.Closed != nil {
			o.Closed++
		}
		o.States += f.States
	}
	var err error
	if o.Messages, err = c.messages(q); err != nil {
		return o, err
	}
	for _, m := range o.Messages {
		o.Weeks[int(m.At.Sub(q.From)/week)].Messages++
	}
	o.PerWeek = float64(len(o.Messages)) / (float64(q.To.Sub(q.From)) / float64(week))
	return o, nil
}

// compare pairs findings of one series whose times overlap, the earliest first.
func compare(a, b []Finding, to time.Time) (both []Pair, onlyA, onlyB []Finding) {
	used := make([]bool, len(b))
	for _, x := range a {
		i := slices.IndexFunc(b, func(y Finding) bool { return x.sameSeries(&y) && x.overlaps(&y, to) })
		for i >= 0 && used[i] {
			j := slices.IndexFunc(b[i+1:], func(y Finding) bool { return x.sameSeries(&y) && x.overlaps(&y, to) })
			if j < 0 {
				i = -1
				break
			}
			i += 1 + j
		}
		if i < 0 {
			onlyA = append(onlyA, x)
			continue
		}
		used[i] = true
		both = append(both, Pair{x, b[i]})
	}
	for i, y := range b {
		if !used[i] {
			onlyB = append(onlyB, y)
		}
	}
	return both, onlyA, onlyB
}

func (f *Finding) sameSeries(o *Finding) bool {
	return f.Source == o.Source && f.Target == o.Target && f.Subject == o.Subject && f.Metric == o.Metric
}

func (f *Finding) overlaps(o *Finding, to time.Time) bool {
	end := func(f *Finding) time.Time {
		if f.Closed == nil {
			return to
		}
		return *f.Closed
	}
	return !f.Onset.After(end(o)) && !o.Onset.After(end(f))
}

// happened is a dated event.
type happened struct {
	Subject string     `ch:"subject"`
	What    string     `ch:"what"`
	From    *time.Time `ch:"at_from"`
	To      *time.Time `ch:"at_to"`
}

// readEvents reads the events of the span whose bounds are known within a day:
// of others no lead time can be told.
func readEvents(ctx context.Context, db *clickhouse.Client, q *Query) ([]happened, error) {
	events, err := clickhouse.Select[happened](ctx, db, `
SELECT subject, what, at_from, at_to
FROM events
WHERE at_to >= fromUnixTimestamp64Milli(toInt64(?), 'UTC') AND at_from < fromUnixTimestamp64Milli(toInt64(?), 'UTC')
    AND dateDiff('second', assumeNotNull(at_from), assumeNotNull(at_to)) <= 86400
ORDER BY at_from, at_to, subject, what`, q.From.UnixMilli(), q.To.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return events, nil
}

// leads finds the first finding near each event that is about the same: the
// entity or the tag.
func leads(events []happened, findings []Finding) []Lead {
	out := []Lead{}
	for _, e := range events {
		l := Lead{What: e.What, Subject: e.Subject, From: e.From.UTC(), To: e.To.UTC()}
		for i := range findings {
			f := &findings[i]
			about := f.Entity == e.Subject || strings.EqualFold(f.Subject, strings.TrimPrefix(e.Subject, "#"))
			if !about || f.Before || f.Opened.Before(l.From.Add(-Near)) || f.Opened.After(l.To.Add(Near)) {
				continue
			}
			at := f.Opened
			l.First, l.Finding, l.About = &at, f.Rule, f.Target
			switch {
			case at.Before(l.From):
				l.LeadHours = l.From.Sub(at).Hours()
			case at.After(l.To):
				l.LeadHours = -at.Sub(l.To).Hours()
			}
			break // they are in the order of their first words
		}
		out = append(out, l)
	}
	return out
}
