// Package about is what every source says of itself: for docs/sources.md, for
// `tidemark check`, and for whoever wonders what a number means.
package about

// Source describes one source. Every field is a line of text without "|".
type Source struct {
	// Targets are the targets' keys with <holes>: chart/apple/<country>/<chart>.
	Targets string
	// Readings names the metrics.
	Readings string
	// Signal is what the numbers tell of the crowd.
	Signal string
	// Unit is what one of the metric counts, and over which time.
	Unit string
	// Fresh is how old a value is when it is seen.
	Fresh string
	// Key says which key or token is needed and where it goes in the
	// configuration; empty: none.
	Key string
	// Terms is what the place's terms ask for, or forbid.
	Terms string
	// Faults are known limits and faults, and what is done about them.
	Faults string
	// Past is how far `tidemark backfill` can go back; empty: not at all.
	Past string
	// Scrapes marks a source that reads what was made for browsers. It is off
	// until somebody switches it on, and `tidemark check` then prints Terms.
	Scrapes bool
}
