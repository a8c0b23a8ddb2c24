package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/tidemark/tidemark/internal/corroborate"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify/message"
)

const (
	// manyItems is from how many on the items of a catch-up have no history;
	// maxItems is how many it has at most.
	manyItems = 20
	maxItems  = 100
	// maxSignals bounds what corroborates one item.
	maxSignals = 20
)

// tell makes the message of a group.
func (e *Engine) tell(tl *timeline, r *receiver, g *group) {
	m := &message.Message{Receiver: r.cfg.Name, Kind: g.Kind}
	for _, it := range g.Items {
		m.Items = append(m.Items, e.item(tl, it.Opened, it.Last))
		m.Level = higher(m.Level, it.Level)
	}
	e.send(tl, m)
}

// catchUp tells in one message what was held back.
func (e *Engine) catchUp(tl *timeline, r *receiver, s *state) {
	m := &message.Message{Receiver: r.cfg.Name, Kind: message.KindCatchUp, Delayed: true, Note: e.whyHeld(tl, r, s)}
	all := s.Held
	s.Held, s.HeldSince = nil, 0
	// What has to be left out is what matters least: what is over and was never
	// told, then what is of a low level, then what is old.
	slices.SortStableFunc(all, func(a, b held) int {
		return cmp.Or(cmp.Compare(rest(a), rest(b)),
			-cmp.Compare(message.Rank(a.Level), message.Rank(b.Level)),
			-cmp.Compare(a.Last.GetOnsetMs(), b.Last.GetOnsetMs()), cmp.Compare(a.Last.GetId(), b.Last.GetId()))
	})
	if n := len(all) - maxItems; n > 0 {
		m.Note += fmt.Sprintf("; %d more are not listed", n)
		all = all[:maxItems]
	}
	for _, h := range all {
		m.Items = append(m.Items, e.item(tl, h.Opened, h.Last))
		m.Level = higher(m.Level, h.Level)
	}
	e.send(tl, m)
}

func higher(a, b string) string {
	if message.Rank(b) > message.Rank(a) {
		return b
	}
	return a
}

// rest is 1 for what nobody has to know any more.
func rest(h held) int {
	if h.Fresh && h.Last.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED {
		return 1
	}
	return 0
}

// whyHeld is for a person to read.
func (e *Engine) whyHeld(tl *timeline, r *receiver, s *state) string {
	since := moment(s.HeldSince)
	if from, _, quiet := r.quiet.around(since); quiet && (tl.IsPast || s.HeldSince >= e.horizon) {
		return "held back by quiet hours since " + from.In(r.quiet.loc).Format("Mon 15:04 MST")
	}
	return "from before " + moment(e.horizon).In(r.quiet.loc).Format("2006-01-02 15:04 MST") +
		": nothing was told then, because alerts had not run yet or were down"
}

// send fills in what all messages have.
func (e *Engine) send(tl *timeline, m *message.Message) {
	slices.SortFunc(m.Items, func(a, b message.Item) int {
		return cmp.Or(-cmp.Compare(message.Rank(levelOf(a.Episode)), message.Rank(levelOf(b.Episode))),
			cmp.Compare(a.Episode.GetOnsetMs(), b.Episode.GetOnsetMs()), cmp.Compare(a.Episode.GetId(), b.Episode.GetId()))
	})
	m.At = moment(tl.Clock)
	parts := []string{"message", m.Receiver, string(m.Kind)}
	m.Topic = m.Items[0].Episode.GetTopic()
	for _, it := range m.Items {
		if it.Episode.GetTopic() != m.Topic {
			m.Topic = ""
		}
		parts = append(parts, it.Episode.GetId(), strconv.FormatUint(uint64(it.Episode.GetSequence()), 10), it.Episode.GetState().Word())
	}
	topic := e.cfg.Topics[m.Topic]
	m.TopicName, m.Origin = topic.Name, topic.Origin
	m.ID = event.ID(parts...)
	e.out = append(e.out, m)
}

// item is one episode as it is told now.
func (e *Engine) item(tl *timeline, opened, last episode) message.Item {
	it := message.Item{Episode: last.Episode}
	if opened.Episode != nil && (opened.GetSequence() != last.GetSequence() || opened.GetState() != last.GetState()) {
		it.Opened = opened.Episode
	}
	if last.GetTopic() == "" || kindOf(last.Episode) != event.EpisodeSurge {
		return it
	}
	var moves []corroborate.Move
	for id, tr := range tl.Tracks {
		o := tr.Last
		if o.GetTopic() == last.GetTopic() && o.GetBasis() == last.GetBasis() && kindOf(o.Episode) == event.EpisodeSurge {
			moves = append(moves, corroborate.Move{
				ID: id, Source: familyOf(o.Episode), Topic: o.GetTopic(), Onset: o.GetOnsetMs(), Closed: endOf(o.Episode),
			})
		}
	}
	others, score := corroborate.Of(moves, last.GetId(), familyOf(last.Episode), last.GetTopic(), tl.Clock)
	it.Score = score
	for i, o := range others[:min(len(others), maxSignals)] {
		it.Corroboration = append(it.Corroboration, signal(tl.Tracks[o.ID].Last.Episode, i == 0 && o.Onset < last.GetOnsetMs()))
	}
	return it
}

func familyOf(ep *event.Episode) string {
	return corroborate.FamilyOf(ep.GetSource(), ep.GetTarget().GetPlace())
}

// endOf is when an episode ended, by the state that says so; 0: it lasts.
func endOf(ep *event.Episode) int64 {
	if ep.GetState() != event.EpisodeState_EPISODE_STATE_CLOSED {
		return 0
	}
	return cmp.Or(ep.GetClosedMs(), atOf(ep))
}

func signal(ep *event.Episode, first bool) message.Signal {
	multiple := ep.GetMultiple()
	if math.IsNaN(multiple) || math.IsInf(multiple, 0) {
		multiple = 0
	}
	return message.Signal{
		Source: ep.GetSource(), Target: ep.GetTarget().Key(), Subject: cmp.Or(ep.GetEntity(), ep.GetSubject()),
		What: ep.GetMetric(), At: moment(ep.GetOnsetMs()), Multiple: multiple, First: first,
	}
}
