// Package episode follows one thing that has a beginning and an end: how far
// it is above what was usual before it, when it turned, when half of it was
// gone, whether it came again, and when it is over. It knows neither rules nor
// detectors: it is told what was seen, and says what that changes.
package episode

import (
	"math"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// Scale says how far a value is from the baseline.
type Scale uint8

// Scales.
const (
	// Linear is the value itself: counts, shares.
	Linear Scale = iota
	// LogRank is the place in a list: ln((baseline + ½) / (place + ½)).
	LogRank
	// Presence is over as soon as the thing is calm.
	Presence
)

// Changes that a point makes, in the words of Episode.change. Milestones are
// first, top-3, top-10, top-50, top-100, and left-first, left-top-3, ….
const (
	Opened   = "opened"
	Severity = "severity"
	Peaked   = "peaked"
	Halved   = "halved"
	Resurged = "resurged"
	Closed   = "closed"
)

// Why an episode was closed.
const (
	NotOver = iota
	Back    // in the ordinary band again, for a sustained time
	Settled // at a new level that has become the usual one
	Lost    // nobody can look at it any more
	Aged    // so old that it is the usual now
	Revoked // its rule is gone or was switched off
)

const (
	turnedBelow = 0.8 // share of the peak's excess
	again       = 1.5 // times the lowest since the peak
	sameMeans   = 0.1
	settledAt   = 0.5 // share of the peak's excess from which on it has declined
	settledIn   = 5   // windows of alike means, after the decline
	plateauIn   = 14  // the same, at the height of the peak
	longest     = 90 * 24 * time.Hour
	dayMS       = int64(24 * time.Hour / time.Millisecond)
	hourMS      = int64(time.Hour / time.Millisecond)
)

// Start is what is known when an episode opens.
type Start struct {
	Rule    string
	Scale   Scale
	Falls   bool // it is about a decline below the baseline
	OnsetMS int64
	// Baseline, Low, High, Coverage are frozen: what was usual before the onset.
	Baseline, Low, High, Coverage float64
	// Young says that the baseline is a guess from a few values, or a 0 that was
	// looked for and not found.
	Young bool
	// Least is what the baseline counts as at least where a multiple is told.
	Least float64
	// How says how the baseline was computed.
	How string
	// EveryMS is the distance of looks; 0: not known.
	EveryMS int64
}

// Point is one look at it.
type Point struct {
	AtMS     int64
	Value    float64 // of a list that it was not on: depth + 1
	Depth    uint32
	Found    bool    // the detector finds it worth telling by itself
	Calm     bool    // Presence: it is over
	Severity float64 // 0..1, of this point
}

// Track is one open episode.
type Track struct {
	Start
	OpenedMS int64
	Sequence uint32
	// Severity is the highest so far.
	Severity float64
	Peak     float64
	PeakMS   int64
	Over     int // why it is closed; NotOver while it is open
	BackMS   int64
	Resurges uint32

	at        int64 // last point
	value     float64
	depth     uint32
	peakE     float64
	fellMS    int64   // the last look at the height of the peak: the way down begins here
	localE    float64 // highest since the last resurge
	troughE   float64 // lowest since the turn
	declining bool
	below     int64 // since when it is below the turn; 0: it is not
	belowN    uint32
	half      int64 // since when half is gone
	halfN     uint32
	halved    bool
	inside    int64 // since when it is in the band
	insideN   uint32
	insideSum float64
	borders   uint32 // those told as entered, then those told as left
	away      [borders]uint8
	first     int64 // ms at rank 1, and at 10 or better
	top10     int64
	area      float64
	settled   settling
	fit       fit
}

// New opens an episode with its first point.
func New(s Start, p Point) *Track {
	t := &Track{Start: s, OpenedMS: p.AtMS, Sequence: 1, Severity: p.Severity}
	e := t.excess(p.Value)
	t.Peak, t.PeakMS, t.peakE, t.localE = p.Value, p.AtMS, e, e
	t.at, t.value, t.depth, t.fellMS = p.AtMS, p.Value, p.Depth, p.AtMS
	if s.Scale == LogRank {
		t.arm(p.Value)
	}
	t.settled.add(p.AtMS, e, t.window())
	return t
}

// Declining reports whether the turn has been seen.
func (t *Track) Declining() bool { return t.declining }

// excess is how far a value is from the baseline, in the direction that the
// episode is about.
func (t *Track) excess(v float64) float64 {
	e := v - t.Baseline
	if t.Scale == LogRank {
		e = math.Log((t.Baseline + 0.5) / (v + 0.5))
	}
	if t.Falls {
		return -e
	}
	return e
}

// valueOf is the inverse of excess.
func (t *Track) valueOf(e float64) float64 {
	if t.Falls {
		e = -e
	}
	if t.Scale == LogRank {
		return (t.Baseline+0.5)*math.Exp(-e) - 0.5
	}
	return t.Baseline + e
}

// within reports whether a value is in the band that was ordinary, or on its
// other side.
func (t *Track) within(v float64) bool {
	if (t.Scale == LogRank) != t.Falls { // the smaller is the more
		return v >= t.Low
	}
	return v <= t.High
}

// sustained is how long something has to last: looks, and time.
func (t *Track) sustained(since, now int64, n, looks uint32, least int64) bool {
	return since > 0 && n >= looks && now-since >= least
}

func (t *Track) window() int64 { return max(dayMS, 3*t.EveryMS) }

// Add takes the next point, and says what it changes: nothing, or one word.
// Where several things change at once it is the first of: closed, a place
// reached, a surge that came again, a higher level of severity, half of it
// gone, the turn, a place left.
func (t *Track) Add(p Point) string {
	if p.AtMS <= t.at || t.Over != NotOver {
		return ""
	}
	t.stood(p.AtMS)
	e := t.excess(p.Value)
	level := event.SeverityLevel(t.Severity)
	t.Severity = max(t.Severity, p.Severity)
	t.at, t.value, t.depth = p.AtMS, p.Value, p.Depth

	reached, left := "", ""
	if t.Scale == LogRank {
		reached, left = t.cross(p.Value)
	}
	resurged := t.rise(p, e)
	turned, halved := t.decline(p, e)
	t.over(p, e)
	switch {
	case t.Over != NotOver:
		return t.say(Closed)
	case reached != "":
		return t.say(reached)
	case resurged:
		return t.say(Resurged)
	case event.SeverityLevel(t.Severity) != level:
		return t.say(Severity)
	case halved:
		return t.say(Halved)
	case turned:
		return t.say(Peaked)
	case left != "":
		return t.say(left)
	}
	return ""
}

func (t *Track) say(change string) string {
	t.Sequence++
	return change
}

// Close ends it for a reason that no point brings.
func (t *Track) Close(atMS int64, why int) {
	t.at, t.Over = max(atMS, t.at), why
	t.Sequence++
}

// stood counts the time since the last point for the place that was held then:
// at most two looks, as nobody knows of the rest.
func (t *Track) stood(now int64) {
	if t.Scale != LogRank {
		return
	}
	d := now - t.at
	if t.EveryMS > 0 {
		d = min(d, 2*t.EveryMS)
	} else {
		d = min(d, 6*hourMS)
	}
	if t.value == 1 {
		t.first += d
	}
	if t.value <= 10 {
		t.top10 += d
	}
	if t.value <= float64(t.depth) {
		t.area += math.Log((float64(t.depth)+1)/t.value) * float64(d) / float64(hourMS)
	}
}

// rise keeps the peak, and sees a surge that comes again.
func (t *Track) rise(p Point, e float64) (resurged bool) {
	higher := e > t.peakE
	if t.declining && (higher || (p.Found && e > again*t.troughE && e-t.troughE >= (t.peakE-t.troughE)/2)) {
		t.declining, resurged = false, true
		t.localE, t.below, t.belowN = e, 0, 0
		t.Resurges++
	}
	if higher {
		t.Peak, t.PeakMS, t.peakE = p.Value, p.AtMS, e
	}
	if e >= t.peakE {
		t.fellMS, t.fit = p.AtMS, fit{}
		t.halved, t.half, t.halfN = false, 0, 0
	} else {
		t.fit.add(float64(p.AtMS-t.fellMS)/1000, e, t.peakE)
	}
	t.localE = max(t.localE, e)
	return resurged
}

// decline sees the turn, and when half of it is gone.
func (t *Track) decline(p Point, e float64) (turned, halved bool) {
	if t.Scale == Presence {
		return false, false
	}
	looks, least := uint32(3), max(hourMS, 3*t.EveryMS)
	if t.Scale == Linear { // a night is no turn
		least = max(least, 6*hourMS)
	}
	if t.EveryMS >= 6*hourMS {
		looks, least = 2, 0
	}
	count(e < turnedBelow*t.localE, p.AtMS, &t.below, &t.belowN)
	if !t.declining && t.sustained(t.below, p.AtMS, t.belowN, looks, least) {
		t.declining, turned = true, true
		t.troughE = e
	}
	t.troughE = min(t.troughE, e)
	if t.halved {
		return turned, false
	}
	count(e <= t.peakE/2, p.AtMS, &t.half, &t.halfN)
	if t.Scale == Linear && t.EveryMS < 6*hourMS {
		least = 12 * hourMS
	}
	if t.sustained(t.half, p.AtMS, t.halfN, min(looks, 2), least) {
		t.halved, halved = true, true
		t.declining = true
	}
	return turned, halved
}

// count keeps since when something holds, and in how many looks.
func count(holds bool, at int64, since *int64, n *uint32) {
	switch {
	case !holds:
		*since, *n = 0, 0
	case *since == 0:
		*since, *n = at, 1
	default:
		*n++
	}
}

// over sees the end.
func (t *Track) over(p Point, e float64) {
	if t.Scale == Presence {
		if p.Calm {
			t.Over, t.BackMS = Back, p.AtMS
		}
		return
	}
	in := t.within(p.Value)
	count(in, p.AtMS, &t.inside, &t.insideN)
	if in {
		t.insideSum += e
	} else {
		t.insideSum = 0
	}
	alike := t.settled.add(p.AtMS, e, t.window())
	switch {
	case t.sustained(t.inside, p.AtMS, t.insideN, 3, max(dayMS, 2*t.EveryMS)):
		t.Over, t.BackMS = Back, t.inside
	case alike >= settledIn && t.settled.mean < settledAt*t.peakE, alike >= plateauIn:
		t.Over = Settled
	case p.AtMS-t.OpenedMS > longest.Milliseconds():
		t.Over = Aged
	}
}
