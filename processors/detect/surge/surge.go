// Package surge judges one series of numbers as it comes, one pass, in bounded
// memory: how far each value lies from what this series does at this time of
// day and week, how that distance compares with the distances it is used to,
// and whether that is worth telling. It reads no clock and does no I/O: what
// it says follows from the observations and nothing else.
//
// There are two tiers. Light is small and fast enough for every series there
// is; Full remembers finer seasons and more patterns, for what is watched or
// has stirred. Both are the same arithmetic over memories of different sizes.
// docs/detection.md has the formulas and the figures.
package surge

import (
	"math"
	"time"
)

// Observation is one point of a series.
type Observation struct {
	At    time.Time
	Value float64
}

// Finding is what the detector makes of one observation.
type Finding struct {
	At              time.Time
	Value, Previous float64 // of a Counter: rates per period of the series
	// Baseline is what was expected, Low to High the band that is ordinary, in
	// the unit of Value.
	Baseline, Low, High float64
	// Multiple is Value / Baseline. Of counts, each is at least 1: from 0 to 20
	// is 20 times. Of others a baseline next to 0 is a thousandth of the band.
	Multiple float64
	// Surprise is how far out in the tails, all channels together: nats beyond
	// the last hundredth of what each of them is used to. 0 is ordinary.
	Surprise float64
	Score    float64 // Surprise mapped to 0..1
	Learning bool    // too little history to judge; Surprise is then 0
	Coverage float64 // share of the expected looks of the baseline's window that were there
	How      string  // how the baseline was computed, for a person
	Calm     bool    // inside the ordinary band
	Reset    bool    // a cumulative counter began anew here
	Stirred  bool    // worth the full tier
}

// Kind is what the numbers of a series are.
type Kind uint8

const (
	// Gauge is a level, or a count per period.
	Gauge Kind = iota
	// Counter is a cumulative count: turned into a rate, resets recognised.
	Counter
)

const (
	lightDay, lightWeek   = 24, 42 // slots of an hour, and of 4 hours
	lightPatterns         = 12
	lightReach            = 4
	fullDay, fullWeek     = 288, 672 // slots of 5 minutes, and of a quarter of an hour
	fullPatterns          = 128
	fullReach             = 8
	lightLimit, fullLimit = 1024, 16 * 1024 // bytes of state
)

// Light is the cheap tier: at most 1 KB of state and 1 µs a point. It is not
// safe for use by several goroutines at once.
type Light struct {
	core     core
	day      [lightDay]float32
	week     [lightWeek]float32
	daySeen  [lightDay]uint16
	weekSeen [lightWeek]uint16
	recent   [lightReach]float32
	patterns [lightPatterns * lightReach]float32
	used     [lightPatterns]uint32
}

// NewLight makes a detector of a series that is looked at every so often; 0:
// it learns the distance.
func NewLight(every time.Duration, kind Kind) *Light {
	d := &Light{}
	d.core.begin(every, kind)
	return d
}

// Add judges one observation and learns it. What cannot be one (not after the
// last, not a number) changes nothing and yields the zero Finding.
func (d *Light) Add(o Observation) Finding {
	p := standard()
	return d.add(o, &p)
}

func (d *Light) add(o Observation, p *params) Finding {
	return d.core.add(o, d.memory(), p)
}

func (d *Light) memory() memory {
	return memory{day: season{d.day[:], d.daySeen[:], secondsDay}, week: season{d.week[:], d.weekSeen[:], secondsWeek}, recent: d.recent[:], patterns: d.patterns[:], used: d.used[:]}
}

// AppendBinary writes the state: versioned, and exact.
func (d *Light) AppendBinary(b []byte) ([]byte, error) {
	return write(b, tierLight, &d.core, d.memory())
}

// UnmarshalBinary takes a state that AppendBinary wrote. What is refused
// leaves the detector as it was.
func (d *Light) UnmarshalBinary(b []byte) error {
	var next Light
	if err := read(b, tierLight, &next.core, next.memory()); err != nil {
		return err
	}
	*d = next
	return nil
}

// Every is the distance of looks: as given, or as learnt so far.
func (d *Light) Every() time.Duration { return time.Duration(d.core.every * float64(time.Second)) }

// StateSize is how many bytes AppendBinary writes.
func (d *Light) StateSize() int { return size(&d.core, d.memory()) }

// Full is the careful tier: at most 16 KB of state and 20 µs a point. It is
// not safe for use by several goroutines at once.
type Full struct {
	core     core
	day      [fullDay]float32
	week     [fullWeek]float32
	daySeen  [fullDay]uint16
	weekSeen [fullWeek]uint16
	recent   [fullReach]float32
	patterns [fullPatterns * fullReach]float32
	used     [fullPatterns]uint32
}

// NewFull makes a detector of a series that is looked at every so often; 0: it
// learns the distance.
func NewFull(every time.Duration, kind Kind) *Full {
	d := &Full{}
	d.core.begin(every, kind)
	return d
}

// NewFullFrom is NewFull that has already seen history, oldest first: of a
// series that was in the light tier until now.
func NewFullFrom(history []Observation, every time.Duration, kind Kind) *Full {
	d := NewFull(every, kind)
	for _, o := range history {
		d.Add(o)
	}
	return d
}

// NewFullFromLight goes on where a light detector is: its levels, tails and
// counts are taken over as they are, its slots of the day and week are spread
// over the finer ones. Patterns are learnt anew, and so is the slow mean, with
// the tail of the short one to begin with.
func NewFullFromLight(l *Light) *Full {
	d := &Full{core: l.core}
	spread(d.day[:], l.day[:])
	spread(d.week[:], l.week[:])
	spread(d.daySeen[:], l.daySeen[:])
	spread(d.weekSeen[:], l.weekSeen[:])
	copy(d.recent[fullReach-lightReach:], l.recent[:])
	d.core.held = 0
	d.core.slow, d.core.tails[channelSlow] = l.core.long.m, l.core.tails[channelShort]
	return d
}

func spread[T any](to, from []T) {
	for i := range to {
		to[i] = from[i*len(from)/len(to)]
	}
}

// Add judges one observation and learns it. What cannot be one (not after the
// last, not a number) changes nothing and yields the zero Finding.
func (d *Full) Add(o Observation) Finding {
	p := standard()
	return d.add(o, &p)
}

func (d *Full) add(o Observation, p *params) Finding {
	return d.core.add(o, d.memory(), p)
}

func (d *Full) memory() memory {
	return memory{day: season{d.day[:], d.daySeen[:], secondsDay}, week: season{d.week[:], d.weekSeen[:], secondsWeek}, recent: d.recent[:], slow: true, patterns: d.patterns[:], used: d.used[:]}
}

// AppendBinary writes the state: versioned, and exact.
func (d *Full) AppendBinary(b []byte) ([]byte, error) {
	return write(b, tierFull, &d.core, d.memory())
}

// UnmarshalBinary takes a state that AppendBinary wrote. What is refused
// leaves the detector as it was.
func (d *Full) UnmarshalBinary(b []byte) error {
	next := new(Full)
	if err := read(b, tierFull, &next.core, next.memory()); err != nil {
		return err
	}
	*d = *next
	return nil
}

// Every is the distance of looks: as given, or as learnt so far.
func (d *Full) Every() time.Duration { return time.Duration(d.core.every * float64(time.Second)) }

// StateSize is how many bytes AppendBinary writes.
func (d *Full) StateSize() int { return size(&d.core, d.memory()) }

// memory is what the two tiers have of different sizes.
type memory struct {
	day, week season
	recent    []float32 // the last values, as the pattern channel sees them
	patterns  []float32 // earlier patterns, len(recent) each
	slow      bool      // the slow window is kept, and has a voice
	used      []uint32  // when each pattern was last met, by the count of points
}

// weight is what a channel counts in the sum. Short and slow share one voice,
// as nothing says which of the windows is right. The light tier has the short
// one alone: there the slow one found nothing and raised more.
func (m *memory) weight(channel int) float64 {
	if m.slow && (channel == channelShort || channel == channelSlow) {
		return 0.5
	}
	return 1
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
