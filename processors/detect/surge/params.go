package surge

// params are all numbers that somebody chose. They mean the same for every
// series, and none was chosen for one: docs/detection.md has what each channel
// adds, and what happens to whole groups of labelled series that were left out.
// "Looks" are observations at the usual distance of the series.
type params struct {
	// Warm is how many looks go by before any is judged: a bit more than a day
	// of hours. A first surge in the second day must not be missed.
	Warm float64
	// Long is the window of the level and of what is usual: a day of five-minute
	// counts, twelve days of hours.
	Long float64
	// Short is the window of a rise that is slow: no single look of it stands
	// out, an hour of five minutes does.
	Short float64
	// Slow is the window of a rise that is slower still: a quarter of Long.
	Slow float64
	// Spread is the window of how much the series jumps about.
	Spread float64
	// Clip is how many usual deviations one look may pull a level: three, as
	// with any robust mean, so that an explosion moves its own baseline slowly.
	Clip float64
	// SlotMemory is how many visits a time of the day or week remembers, and
	// SlotClip how many usual deviations one of them may pull it.
	SlotMemory, SlotClip float64
	// SeasonEdge is how much better than the level a season must have predicted
	// to be believed: it has more freedom.
	SeasonEdge float64
	// Quantile, Step, Early shape the running quantile of a tail, Excess and
	// ClipExcess the mean of what goes beyond it, Init its first guess from the
	// mean: see tail.go.
	Quantile, Step, Early, Excess, ClipExcess, Init float64
	// Alike is how far from all known patterns, in usual distances, one has to
	// be to be remembered as new; Blend how far a known one moves.
	Alike, Blend float64
	// Margin is the share of the range of all values so far by which one has to
	// leave it to be new: noise alone makes records that are smaller.
	Margin float64
	// Pace is the power by which looks that are rarer than every five minutes
	// weigh more, up to PaceMost: a tail is per look, a receiver counts messages
	// per week.
	Pace, PaceMost float64
	// Half is the surprise that is half of the way to a score of 1.
	Half float64
	// Stir is the surprise, in nats, from which a series is worth the full tier:
	// low, as the cost of looking closer is some kilobytes.
	Stir float64
	// MinCoverage is the share of looks of the long window below which nothing
	// is judged.
	MinCoverage float64
	// Again, Hush, Forget, Similar: see teller.go.
	Again, Hush, Forget, Similar float64
}

// The channels of surprise.
const (
	channelShort   = iota // the short mean against the level
	channelSlow           // a slower mean against the level
	channelSeason         // the value against its season
	channelSpread         // how much it jumps about against how much it usually does
	channelPattern        // how unlike any earlier pattern the last looks are
	channels
)

func standard() params {
	return params{
		Warm: 30, Long: 288, Short: 12, Slow: 72, Spread: 24, Clip: 3,
		SlotMemory: 8, SlotClip: 6, SeasonEdge: 0.9,
		Quantile: 0.99, Step: 0.05, Early: 10, Excess: 0.1, ClipExcess: 5, Init: 3,
		Alike: 1.5, Blend: 0.1, Margin: 0.1,
		Pace: 0.5, PaceMost: 3,
		Half: 0.5, Stir: 0.5, MinCoverage: 0.2,
		Again: 1.3, Hush: 100, Forget: 6000, Similar: 2,
	}
}
