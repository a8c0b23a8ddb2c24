package january2025

import (
	"cmp"
	"io/fs"
	"math"
	"slices"
	"strings"
	"time"
)

// anchor is a point that a curve passes through.
type anchor struct {
	at    time.Time
	value float64
	// why is the reported fact that the point stands for (f06), or "assumed: "
	// and the reason.
	why string
}

// curve is a line through anchors. Between two of them it runs evenly on a log
// scale, so it never leaves the span of the two: no wave is invented.
type curve struct {
	series  string
	anchors []anchor
	steps   bool // it keeps the value of the anchor before, as a switch does
}

// value of the curve at a moment. Before the first anchor there is none; after
// the last it stays.
func (c *curve) value(at time.Time) (v float64, there bool) {
	i, exact := slices.BinarySearchFunc(c.anchors, at, func(a anchor, t time.Time) int { return a.at.Compare(t) })
	switch {
	case exact:
		return c.anchors[i].value, true
	case i == 0:
		return 0, false
	case i == len(c.anchors) || c.steps:
		return c.anchors[i-1].value, true
	}
	a, b := c.anchors[i-1], c.anchors[i]
	if a.value == b.value {
		return a.value, true
	}
	share := float64(at.Sub(a.at)) / float64(b.at.Sub(a.at))
	from, to := math.Log(a.value), math.Log(b.value)
	return math.Exp(from + share*(to-from)), true
}

// switchPrefix begins the series that are switches: 1 on, 0 off.
const switchPrefix = "listed/"

func readCurves(files fs.FS) (map[string]*curve, error) {
	t, err := openTable(files, "anchors.csv", "series", "at", "value", "why")
	if err != nil {
		return nil, err
	}
	curves := map[string]*curve{}
	for t.next() {
		name := t.text("series")
		c := curves[name]
		if c == nil {
			c = &curve{series: name, steps: strings.HasPrefix(name, switchPrefix)}
			curves[name] = c
		}
		v, ok := t.number("value")
		a := anchor{at: t.moment("at"), value: v, why: t.text("why")}
		if n := len(c.anchors); n > 0 && !a.at.After(c.anchors[n-1].at) {
			t.wrong("at is %s, want a time after the anchor before", t.text("at"))
		}
		if !ok || !c.takes(a.value) {
			t.wrong("value is %q for %s", t.text("value"), name)
		}
		if a.why == "" {
			t.wrong("why is missing")
		}
		c.anchors = append(c.anchors, a)
	}
	return curves, t.bad
}

func (c *curve) takes(v float64) bool {
	if c.steps {
		return v == 0 || v == 1
	}
	return v >= 1
}

// place is where an app stands, or would stand if the chart were deep enough.
type place struct {
	app  *app
	want float64
	rank int
}

// rankAll gives every app the whole rank nearest to its curve. Of two that want
// the same, the one whose curve is further up has it and the other is the next;
// apps are in order of apps.csv where the curves agree.
func rankAll(places []place) {
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(a.want, b.want) })
	last := 0
	for i := range places {
		last = max(last+1, int(math.Round(places[i].want)))
		places[i].rank = last
	}
}
