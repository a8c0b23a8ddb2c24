package judge

import (
	"math"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/detect/episode"
	"github.com/tidemark/tidemark/processors/detect/surge"
)

// series is one number about one subject, over time.
type series struct {
	subject

	metric string
	kind   string // of the rule that may tell of it: surge, delisted or none
	meter  meter
	listed bool // on a platform's list all is young, and rises while it is there

	seen  int64 // slot of the last look that had it, ms
	at    int64 // last judged instant, ms
	calm  int64 // last instant inside the ordinary band, ms
	stir  int64 // last instant that stirred, ms
	value float64
	had   bool // value is of an earlier point

	// Either light or full judges; where nobody watches, light goes on beside
	// full, so that it is there when the series is calm again.
	light *surge.Light
	full  *surge.Full
	told  told
	young young
	past  []moment // 48 hours, of the full tier

	track *episode.Track
	usual *surge.Usual // while track is open: what was ordinary before it
	over  []*threshold
}

// moment is one point of the picture.
type moment struct {
	at               int64
	value, low, high float32
}

// told is what was told last, so that a thing is told once.
type told struct {
	surprise float64
	at       int64
}

const (
	pastSpan  = 48 * time.Hour
	pastMost  = 96
	calmAfter = 7 * 24 * time.Hour // then the full memory is given back
	// toldFades: after so many seconds a third of the discount is left.
	toldFades = 12 * 3600.0
	toldAgain = 1.3
)

func (t *Target) newSeries(l *look, name, metric string) *series {
	se := &series{metric: metric}
	se.classify(t)
	se.adopt(t.judge.about(t, name, metric, se.kind))
	if se.kind == config.RuleSurge {
		every := se.meter.every
		if every == 0 {
			every = l.every
		}
		if se.kept {
			se.full = surge.NewFull(every, se.meter.kind())
		} else {
			se.light = surge.NewLight(every, se.meter.kind())
		}
		if !se.listed {
			se.young.zeros = t.zeros
		}
	}
	return se
}

// classify says what its numbers are.
func (se *series) classify(t *Target) {
	kind := t.target.GetKind()
	se.meter, se.listed = meterOf(kind, se.metric), kind == event.KindList
	switch {
	case se.metric == event.MetricListed && kind == event.KindListing:
		se.kind = config.RuleDelisted
	case se.meter.how != silent:
		se.kind = config.RuleSurge
	}
}

// adopt takes on what the rules and the watchlist say of it now.
func (se *series) adopt(s subject) {
	se.subject = s
	var over []*threshold
	for _, r := range s.thresholds {
		th := &threshold{rule: r}
		for _, old := range se.over {
			if old.rule == nil && old.name == r.name {
				th = old
				th.rule = r
			}
		}
		th.name = r.name
		over = append(over, th)
	}
	for _, old := range se.over { // its rule is gone: it ends at the next look
		if old.rule == nil && old.track != nil {
			over = append(over, old)
		}
	}
	se.over = over
}

func (se *series) open() bool {
	if se.track != nil {
		return true
	}
	for _, th := range se.over {
		if th.track != nil {
			return true
		}
	}
	return false
}

func (se *series) tracks() (all []*episode.Track) {
	if se.track != nil {
		all = append(all, se.track)
	}
	for _, th := range se.over {
		if th.track != nil {
			all = append(all, th.track)
		}
	}
	return all
}

// drop forgets the episodes after they are closed.
func (se *series) drop() {
	se.track = nil
	for _, th := range se.over {
		th.track, th.run = nil, 0
	}
}

// judgeValue takes one point. at is the instant or the start of the period that
// it is about; what is not after the last is not new.
func (t *Target) judgeValue(l *look, se *series, at int64, v float64) {
	if at <= se.at {
		return
	}
	if se.kind == config.RuleDelisted {
		t.judgeListed(l, se, at, v)
	}
	t.judgeThresholds(l, se, at, v)
	if se.light != nil || se.full != nil {
		t.judgeSurge(l, se, at, v)
	}
	se.value, se.had, se.at = v, true, at
}

func (t *Target) judgeSurge(l *look, se *series, at int64, v float64) {
	o := surge.Observation{At: instant(at), Value: v}
	var f surge.Finding
	usual := se.usually()
	if se.light != nil {
		f = se.light.Add(o)
	}
	if se.full != nil {
		f = se.full.Add(o)
	}
	if f.At.IsZero() {
		return
	}
	first := se.at == 0 && se.meter.how == counter
	was := se.young.add(&f, se, v)
	if (first && se.young.zeros < enoughZero) || f.Reset { // no rate yet
		se.calm = max(se.calm, at)
		return
	}
	t.tier(se, at, &f)
	found := t.worth(se, at, &f, was)
	se.remember(at, &f)
	p := episode.Point{AtMS: at, Value: f.Value, Found: found, Severity: severityOfCount(se, &f)}
	switch {
	case se.track != nil:
		if change := se.track.Add(p); change != "" {
			t.say(l, se.voiceOf(se.track, &f), change)
		}
		if se.track.Over != episode.NotOver {
			se.settle(at)
			se.track, se.calm = nil, at
		}
	case found:
		se.track = episode.New(se.start(at, l, &f), p)
		kept := usual // not usual itself, which would be on the heap for every look
		se.usual = &kept
		t.say(l, se.voiceOf(se.track, &f), episode.Opened)
	case f.Calm || f.Learning || !se.beyond(&f):
		se.calm = at
	}
	t.revoke(l, se)
}

// start freezes what was usual.
func (se *series) start(at int64, l *look, f *surge.Finding) episode.Start {
	onset := se.calm
	if onset == 0 {
		onset = at
	}
	every := se.meter.every
	if every == 0 {
		every = l.every
	}
	return episode.Start{
		Rule: se.rule.name, Scale: episode.Linear, Falls: se.meter.how == less, OnsetMS: onset, EveryMS: every.Milliseconds(),
		Baseline: f.Baseline, Low: f.Low, High: f.High, Coverage: f.Coverage, How: f.How, Least: se.least(f), Young: f.Learning,
	}
}

// least is what the baseline counts as at least where a multiple is told.
func (se *series) least(f *surge.Finding) float64 {
	if se.meter.count {
		return 1
	}
	return (f.High - f.Low) / 2
}

// beyond reports whether the value is out of the band on the side that is told.
func (se *series) beyond(f *surge.Finding) bool {
	if se.meter.how == less {
		return f.Value < f.Low
	}
	return f.Value > f.High
}

// times is how many times the baseline the value is, in the direction that is
// told.
func (se *series) times(f *surge.Finding) float64 {
	if se.meter.how == less {
		if f.Value <= 0 {
			return 1
		}
		return f.Baseline / f.Value
	}
	return f.Value / max(f.Baseline, se.least(f), math.SmallestNonzeroFloat64)
}

// worth applies the rule: far out in the tails, and enough of it.
func (t *Target) worth(se *series, at int64, f *surge.Finding, was sofar) bool {
	if se.rule == nil || f.Value < se.rule.min {
		return false
	}
	p := &se.rule.preset
	if f.Learning {
		return se.young.worth(se, f, was, p)
	}
	score, multiple := p.score, p.multiple
	if !se.watched {
		score, multiple = p.strangerScore, p.strangerMultiple
	}
	if !se.beyond(f) || se.times(f) < multiple {
		return false
	}
	if se.track != nil { // a second surge has to be clearly larger than what was told, or be long after
		return se.told.tell(at, f.Surprise) > 0 && f.Score >= score
	}
	if f.Score < score {
		return false
	}
	se.told.tell(at, f.Surprise)
	return true
}

// tell is what is left of a surprise after the discount for what was told.
func (d *told) tell(at int64, surprise float64) float64 {
	left := d.surprise * math.Exp(-float64(at-d.at)/1000/toldFades)
	d.surprise, d.at = max(left, surprise), at
	return max(0, surprise-toldAgain*left)
}

// tier gives a full memory to what stirs, and takes it back after a long calm.
func (t *Target) tier(se *series, at int64, f *surge.Finding) {
	if se.kept {
		return
	}
	if f.Stirred {
		se.stir = at
	}
	switch {
	case se.full == nil && f.Stirred:
		if t.full() >= t.judge.maxFull {
			t.refused++
			return
		}
		se.full = surge.NewFullFromLight(se.light)
	case se.full != nil && se.light != nil && se.track == nil && at-se.stir > calmAfter.Milliseconds():
		se.full, se.past = nil, nil
	}
}

// full is how many have a full memory that nobody watches.
func (t *Target) full() int {
	n := 0
	for _, se := range t.series {
		if se.full != nil && se.light != nil {
			n++
		}
	}
	return n
}

// remember keeps the last 48 hours, thinned to 96 moments.
func (se *series) remember(at int64, f *surge.Finding) {
	if se.full == nil {
		return
	}
	m := moment{at: at, value: single(f.Value), low: single(f.Low), high: single(f.High)}
	if se.track != nil { // the band that the episode is told by, not one that the surge has widened
		m.low, m.high = single(se.track.Low), single(se.track.High)
	}
	apart := (pastSpan / pastMost).Milliseconds()
	// The one before the last is the last that stays for sure.
	if n := len(se.past); n > 1 && at-se.past[n-2].at < apart {
		se.past[n-1] = m
	} else {
		se.past = append(se.past, m)
	}
	from := 0
	for from < len(se.past) && (at-se.past[from].at > pastSpan.Milliseconds() || len(se.past)-from > pastMost) {
		from++
	}
	se.past = append(se.past[:0], se.past[from:]...)
}

func single(v float64) float32 {
	return float32(max(-math.MaxFloat32, min(math.MaxFloat32, v)))
}

// revoke ends the episode of a rule that was taken away.
func (t *Target) revoke(l *look, se *series) {
	if tr := se.track; tr != nil && (se.rule == nil || se.rule.name != tr.Rule) {
		tr.Close(l.slot, episode.Revoked)
		t.say(l, se.voice(tr), episode.Closed)
		se.track, se.usual = nil, nil
	}
}
