package backtest

import (
	"cmp"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify/engine"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// DefaultReceiver is who is told where no other is named: warnings and what is
// critical, at once, without quiet hours and budget.
func DefaultReceiver() config.Receiver { return config.Receiver{Name: "default"} }

// Message is what the receiver would have been sent.
type Message struct {
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"`
	Level    string    `json:"level"`
	Topic    string    `json:"topic,omitempty"`
	About    string    `json:"about"`
	Episodes int       `json:"episodes"`
}

// remember keeps a state for the messages. It is told as if it were measured:
// who would be told of a past is not the question.
func (c *court) remember(e *event.Episode) {
	history := e.GetHistory()
	e.History = nil
	own := proto.CloneOf(e)
	e.History = history
	own.Basis = event.Basis_BASIS_MEASURED
	c.states = append(c.states, own)
}

// messages are what the engine of the alerts makes of the states, within the
// span: its clock is that of the data, and ticks once an hour.
func (c *court) messages(q *Query) ([]Message, error) {
	r := q.Receiver
	r.Basis = nil
	e, err := engine.New(engine.Config{GroupWait: q.GroupWait, Receivers: []config.Receiver{r}})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(c.states, func(a, b *event.Episode) int {
		return cmp.Or(cmp.Compare(a.GetAtMs(), b.GetAtMs()), cmp.Compare(a.GetId(), b.GetId()), cmp.Compare(a.GetSequence(), b.GetSequence()))
	})
	var out []Message
	take := func(record engine.Record) {
		for _, m := range e.Apply(record) {
			if !m.At.Before(q.From) && m.At.Before(q.To) {
				out = append(out, c.sent(m))
			}
		}
	}
	tick := func(ms int64) { take(engine.Record{Tick: &event.Tick{AtMs: ms}}) }
	hour := time.Hour.Milliseconds()
	clock := c.from
	if len(c.states) > 0 {
		clock = min(clock, c.states[0].GetAtMs())
	}
	for _, s := range c.states {
		for ; clock < s.GetAtMs(); clock += hour {
			tick(clock)
		}
		take(engine.Record{Episode: s})
	}
	for ; clock < c.to; clock += hour {
		tick(clock)
	}
	tick(c.to - 1)
	return out, nil
}

func (c *court) sent(m *message.Message) Message {
	return Message{At: m.At.UTC(), Kind: string(m.Kind), Level: m.Level, Topic: m.Topic, About: c.style.About(m), Episodes: len(m.Items)}
}
