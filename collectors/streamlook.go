package collectors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/collectors/stream"
	"github.com/tidemark/tidemark/internal/event"
)

// mostMissedLooks bounds what is published of a time in which the machine slept.
const mostMissedLooks = 100

// look publishes a look at the stream for every minute: how much came in it,
// or why nothing did. A minute without a look is one in which nothing ran.
func (c *channel) look(ctx context.Context) {
	slot := time.Now().UTC().Truncate(StreamLookEvery).Add(StreamLookEvery)
	whole := false // the first minute began before us
	for sleepUntil(ctx, slot) {
		now := time.Now().UTC()
		for n := 0; now.Sub(slot) > StreamLookEvery; n++ {
			if n < mostMissedLooks {
				c.publish(ctx, c.failed(slot, "skipped: the collector was asleep or held up, or its clock jumped"))
			}
			slot, whole = slot.Add(StreamLookEvery), false
		}
		if slot.Sub(now) > StreamLookEvery { // the clock was set back
			slot, whole = now.Truncate(StreamLookEvery), false
		}
		c.publish(ctx, c.minute(slot, c.in.minute(), whole))
		slot, whole = slot.Add(StreamLookEvery), true
	}
}

func (c *channel) publish(ctx context.Context, s *event.Snapshot) {
	r := &result{snapshot: s}
	if err := checkMessage(s); err != nil {
		r.invalid(err)
	}
	c.polls.look(c.entry.Name, r)
	c.out.put(ctx, r)
}

func (c *channel) stamp(slot time.Time) *event.Snapshot {
	return &event.Snapshot{
		Source: c.entry.Name, Target: proto.CloneOf(c.entry.Target),
		SlotMs: slot.UnixMilli(), SeenAtMs: time.Now().UnixMilli(),
		Basis: event.Basis_BASIS_MEASURED, EveryS: uint32(StreamLookEvery / time.Second),
	}
}

func (c *channel) failed(slot time.Time, reason string) *event.Snapshot {
	s := c.stamp(slot)
	s.Outcome, s.Reason = event.Outcome_OUTCOME_FAILED, oneLine(reason)
	return s
}

// minute makes the look of one minute. It is good when something came, also
// where the connection broke in between: then it has a remark.
func (c *channel) minute(slot time.Time, m minute, whole bool) *event.Snapshot {
	remarks := []error{m.hole()}
	for _, remark := range m.remarks {
		remarks = append(remarks, errors.New(remark))
	}
	if m.notUnderstood > 0 {
		remarks = append(remarks, fmt.Errorf("%d messages were not understood and are dropped, the last one: %s", m.notUnderstood, m.whyNot))
	}
	if m.lastErr != nil {
		remarks = append(remarks, fmt.Errorf("connection ended %d times, the last time: %w", m.connectionsEnded, m.lastErr))
	}
	if m.waiting > StreamLookEvery/2 {
		remarks = append(remarks, fmt.Errorf("the broker has taken nothing for %s", m.waiting.Round(time.Second)))
	}
	reason := errors.Join(remarks...)
	if m.events == 0 {
		if reason == nil {
			reason = errors.New("not connected yet")
			if m.state.Via != "" {
				reason = fmt.Errorf("connected to %s, and nothing came", m.state.Via)
			}
		}
		return c.failed(slot, reason.Error())
	}
	s := c.stamp(slot)
	s.Outcome, s.Via, s.BodyBytes = event.Outcome_OUTCOME_OK, oneLine(m.state.Via), uint64(m.bytes) //nolint:gosec // not negative
	if reason != nil {
		s.Reason = oneLine(reason.Error())
	}
	s.Readings = c.readings(slot, m, whole)
	return s
}

func (c *channel) readings(slot time.Time, m minute, whole bool) []*event.Reading {
	subject := c.entry.Target.GetName()
	readings := []*event.Reading{{Subject: subject, Metric: "lag_s", Value: max(0, m.lag.Seconds())}}
	if gap := m.holeTo.Sub(m.holeFrom); gap > 0 {
		readings = append(readings, &event.Reading{Subject: subject, Metric: "hole_s", Value: gap.Seconds()})
	}
	if !whole { // a part of a minute is no minute
		return readings
	}
	for _, one := range []struct {
		metric string
		value  int64
	}{
		{"events_minute", int64(m.events)},
		{"posts_minute", int64(m.posts)},
		{"mentions_minute", int64(m.mentions)},
		{"bytes_minute", m.bytes},
		{"dropped_minute", int64(m.dropped)},
		{"connections_minute", int64(m.connections)},
	} {
		readings = append(readings, &event.Reading{
			Subject: subject, Metric: one.metric, Value: float64(one.value), AtMs: slot.Add(-StreamLookEvery).UnixMilli(),
		})
	}
	return readings
}

// minute is what came since the look before.
type minute struct {
	events, posts, mentions, dropped int
	bytes                            int64
	connections, connectionsEnded    int
	state                            stream.State // of the connection; no Via: there is none
	remarks                          []string
	holeFrom, holeTo                 time.Time
	lastErr                          error
	lag                              time.Duration
	// notUnderstood messages were dropped, the last one for whyNot.
	notUnderstood int
	whyNot        string
	// waiting is how long the broker has not taken what is offered to it.
	waiting time.Duration
}

// hole is what the place no longer had.
func (m minute) hole() error {
	if m.holeFrom.IsZero() {
		return nil
	}
	const layout = "2006-01-02 15:04:05"
	return fmt.Errorf("hole: the place no longer had what came from %s to %s UTC",
		m.holeFrom.UTC().Format(layout), m.holeTo.UTC().Format(layout))
}
