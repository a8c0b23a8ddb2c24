package detect

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"

	"github.com/tidemark/tidemark/internal/event"
)

// toyVersion of toy memories. A memory of another one is refused.
const toyVersion = 1

// toyJudge is a judge whose every state tells the whole history of its series:
// what it explains is a sum over all values in their order, so that a look that
// is judged twice, or not at all, makes another message. It takes every look for
// news, so that nothing but offsets keeps it from judging one twice.
type toyJudge struct {
	topic   string // what the watchlist says of every series
	version int    // 0: toyVersion
}

type toyTarget struct {
	judge   toyJudge
	Version int                   `json:"v"`
	Source  string                `json:"s"`
	Target  string                `json:"t"`
	Basis   event.Basis           `json:"b"`
	SlotMS  int64                 `json:"at"`
	Series  map[string]*toySeries `json:"series"`
	target  *event.Target
	Parts   [4]string `json:"parts"`
}

type toySeries struct {
	Sum      uint64  `json:"sum"`
	Mean     float64 `json:"mean"`
	Onset    int64   `json:"onset"` // of the open episode; 0: none
	Sequence uint32  `json:"n"`
	Number   int     `json:"number"` // of episodes
}

func (j toyJudge) NewTarget(source string, target *event.Target, basis event.Basis) Target {
	return &toyTarget{
		judge: j, Version: max(j.version, toyVersion), Source: source, Target: target.Key(), Basis: basis, target: target,
		Parts: [4]string{target.GetKind(), target.GetPlace(), target.GetCountry(), target.GetName()}, Series: map[string]*toySeries{},
	}
}

func (j toyJudge) LoadTarget(b []byte) (Target, error) {
	t := &toyTarget{judge: j}
	if err := json.Unmarshal(b, t); err != nil {
		return nil, err
	}
	if t.Version != max(j.version, toyVersion) {
		return nil, errors.New("toy memory of another version")
	}
	t.target = &event.Target{Kind: t.Parts[0], Place: t.Parts[1], Country: t.Parts[2], Name: t.Parts[3]}
	return t, nil
}

func (t *toyTarget) AppendBinary(b []byte) ([]byte, error) {
	text, err := json.Marshal(t)
	return append(b, text...), err
}

func (t *toyTarget) Look(s *event.Snapshot) (states []*event.Episode, fresh bool) {
	t.SlotMS = s.GetSlotMs()
	for _, r := range s.GetReadings() {
		if e := t.series(r.GetSubject()).add(r.GetValue(), t.SlotMS); e != nil {
			states = append(states, t.dress(e, r))
		}
	}
	return states, true
}

func (t *toyTarget) series(subject string) *toySeries {
	s := t.Series[subject]
	if s == nil {
		s = &toySeries{}
		t.Series[subject] = s
	}
	return s
}

// add opens at twice the mean, goes on while it stays, and closes below.
func (s *toySeries) add(v float64, at int64) *event.Episode {
	h := fnv.New64a()
	fmt.Fprint(h, s.Sum, v, at)
	s.Sum = h.Sum64()
	high := s.Mean > 0 && v > 2*s.Mean
	e := &event.Episode{Value: v, Baseline: s.Mean, Explanation: strconv.FormatUint(s.Sum, 16)}
	s.Mean += (v - s.Mean) / 8
	switch {
	case high && s.Onset == 0:
		s.Number++
		s.Onset, s.Sequence, e.State = at, 0, event.EpisodeState_EPISODE_STATE_OPEN
	case high:
		e.State = event.EpisodeState_EPISODE_STATE_UPDATED
	case s.Onset != 0:
		e.State, e.ClosedMs = event.EpisodeState_EPISODE_STATE_CLOSED, at
	default:
		return nil
	}
	s.Sequence++
	e.OnsetMs, e.Sequence = s.Onset, s.Sequence
	if e.ClosedMs != 0 {
		s.Onset = 0
	}
	return e
}

func (t *toyTarget) dress(e *event.Episode, r *event.Reading) *event.Episode {
	e.Id = fmt.Sprintf("%s %s %s %s %d", t.Source, t.Target, t.Basis.Word(), r.GetSubject(), t.series(r.GetSubject()).Number)
	e.Rule, e.Source, e.Target, e.Basis, e.AtMs = "toy", t.Source, t.target, t.Basis, t.SlotMS
	e.Subject, e.Metric, e.Topic = r.GetSubject(), r.GetMetric(), t.judge.topic
	return e
}
