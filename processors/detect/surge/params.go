package surge

import "math"

// params are all numbers that somebody chose. They mean the same for every
// series, and none was chosen for one: docs/detection.md tells what each
// channel adds, with whole groups of labelled series left out.
type params struct {
	// Warm is how many points are looked at before any is judged.
	Warm float64
	// Long and Short are the windows of the two levels, in points.
	Long, Short float64
	// Clip is how far beyond the usual deviation a point may pull a level.
	Clip float64
	// Bend is where the scale of values turns from linear to logarithmic, as a
	// multiple of the typical value.
	Bend float64
	// Quantile, Step, Excess, ClipExcess shape the tails: see tail.go.
	Quantile, Step, Excess, ClipExcess float64
	// SlotClip, SlotMemory: see season.go.
	SlotMemory, SlotClip float64
	SeasonEdge           float64
	Disp                 float64
	Weights              [channels]float64
	Cap                  float64
	Half                 float64 // Score is Surprise / (Surprise + Half)
	Stir                 float64
	MinCoverage          float64
	TellFade, TellAgain  float64
}

// channels of surprise.
const (
	chLong = iota
	chShort
	chSeason
	chSpread
	chPattern
	chBare
	channels
)

func standard() params {
	return params{
		Warm: 30, Long: 288, Short: 12, Clip: 3, Bend: 1,
		Quantile: 0.99, Step: 0.05, Excess: 0.1, ClipExcess: 5,
		SlotMemory: 8, SlotClip: 4, SeasonEdge: 0.9, Disp: 48,
		Weights: [channels]float64{1, 1, 1, 1, 1, 1},
		Cap:     math.Inf(1), Half: 20, Stir: 3, MinCoverage: 0.2, TellFade: 144, TellAgain: 1.3,
	}
}
