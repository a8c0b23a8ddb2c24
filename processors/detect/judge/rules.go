package judge

import (
	"errors"
	"fmt"
	"math"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/processors/detect/ranks"
)

// rule is a rule as it is used.
type rule struct {
	name, kind                             string
	on, watched                            bool
	source, target, subject, metric, topic string
	preset                                 preset
	min                                    float64
	top                                    float64
	over, under                            float64
	isOver                                 bool
	looks                                  uint32
}

// preset is a sensitivity: the numbers of docs/alert-rules.md.
type preset struct {
	// A surge is told from this score and this multiple of the baseline on;
	// stranger: of what nobody watches.
	score, multiple                 float64
	strangerScore, strangerMultiple float64
	// youngMultiple is for series too young to have a baseline: value over the
	// geometric mean of what was seen; youngLeast the least value.
	youngMultiple, youngLeast float64
	// Ranks of what is watched, and of others, which have to reach a place too.
	rank, stranger ranks.Bar
	strangerTop    float64
	// firstFrom: reaching #1 is told of whoever is usually at this place or
	// below, without any other condition; strangers.
	firstFrom, strangerFirstFrom float64
	// entries: entering a list at all is told of what is watched.
	entries bool
}

func presetOf(sensitivity string) (preset, error) {
	switch sensitivity {
	case "low":
		return preset{
			score: 0.6, multiple: 4, strangerScore: 0.75, strangerMultiple: 10, youngMultiple: 20, youngLeast: 500,
			rank: ranks.Bar{Rise: math.Log(4), Nats: 4}, stranger: ranks.Bar{Rise: math.Log(10), Nats: 10}, strangerTop: 3,
			firstFrom: 5, strangerFirstFrom: 50,
		}, nil
	case "medium":
		return preset{
			score: 0.5, multiple: 2, strangerScore: 0.65, strangerMultiple: 5, youngMultiple: 8, youngLeast: 100,
			rank: ranks.Bar{Rise: math.Ln2, Nats: 2}, stranger: ranks.Bar{Rise: math.Log(5), Nats: 6}, strangerTop: 10,
			firstFrom: 3, strangerFirstFrom: 20, entries: true,
		}, nil
	case "high":
		return preset{
			score: 0.4, multiple: 1.5, strangerScore: 0.5, strangerMultiple: 3, youngMultiple: 5, youngLeast: 20,
			rank: ranks.Bar{Rise: math.Log(1.5), Nats: 1}, stranger: ranks.Bar{Rise: math.Log(3), Nats: 4}, strangerTop: 25,
			firstFrom: 2, strangerFirstFrom: 10, entries: true,
		}, nil
	}
	return preset{}, fmt.Errorf("sensitivity is %q, want low, medium or high", sensitivity)
}

func compile(c *config.DetectRule, sensitivity string) (*rule, error) {
	r := &rule{
		name: c.Name, kind: c.Kind, on: c.Enabled == config.On, watched: c.Watched,
		source: c.Source, target: c.Target, subject: c.Subject, metric: c.Metric, topic: c.Topic,
		min: c.Min, top: float64(c.Top), looks: uint32(max(1, c.Looks)), //nolint:gosec // validated
	}
	if c.Sensitivity != "" {
		sensitivity = c.Sensitivity
	}
	var err error
	if r.preset, err = presetOf(sensitivity); err != nil {
		return nil, err
	}
	r.over, r.isOver = c.Over.Value()
	under, isUnder := c.Under.Value()
	if r.under = under; r.kind == config.RuleThreshold && r.isOver == isUnder {
		return nil, errors.New("wants either over or under")
	}
	return r, nil
}

// match is what patterns are compared with.
type match struct{ source, target, subject, metric, topic string }

func (r *rule) matches(m match) bool {
	return glob(r.source, m.source) && glob(r.target, m.target) && glob(r.subject, m.subject) &&
		glob(r.metric, m.metric) && glob(r.topic, m.topic)
}

// glob matches * with any run of signs, slashes too, and ? with one. The empty
// pattern matches everything.
func glob(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	p, t := []rune(pattern), []rune(text)
	i, j, star, from := 0, 0, -1, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, from = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// beyond reports whether a value is on the far side of a threshold.
func (r *rule) beyond(v float64) bool {
	if r.isOver {
		return v > r.over
	}
	return v < r.under
}

func (r *rule) limit() float64 {
	if r.isOver {
		return r.over
	}
	return r.under
}
