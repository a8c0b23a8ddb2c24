// Package picture draws the last hours of an episode as a PNG: the curve with
// what would have been ordinary behind it, its beginning and its peak. Ranks
// have 1 on top, what was not looked at is a gap, and what nobody measured is
// dashed and says so.
package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"math"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/tidemark/tidemark/internal/event"
)

// Width and Height of a picture in pixels. It is made to be shown at half of
// them: 600 pixels wide, sharp on any screen.
const (
	Width  = 1200
	Height = 640
	dpi    = 192
)

// ErrNothing says that an episode has too little history for a picture.
var ErrNothing = errors.New("draw picture: the episode has fewer than two looks of history")

// Words are what stands on the picture beside the numbers.
type Words struct {
	// Title is the headline.
	Title string
	// Zone of the time axis; nil: UTC.
	Zone *time.Location
	// Amount writes a value of the episode.
	Amount func(*event.Episode, float64) string
	// Unit names the axis of values.
	Unit string
	// Baseline names it; empty: usual, or usually.
	Baseline string
}

// Draw makes the picture of an episode's history. The same episode and words
// give the same bytes.
func Draw(e *event.Episode, w Words) ([]byte, error) {
	c := read(e)
	if c.seen()+len(c.absent) < 2 {
		return nil, ErrNothing
	}
	if w.Zone == nil {
		w.Zone = time.UTC
	}
	p := plot.New()
	p.BackgroundColor = color.White
	c.axes(p, e, w)
	c.plotters(p, e, w)
	img := vgimg.NewWith(
		vgimg.UseWH(vg.Length(Width)*vg.Inch/dpi, vg.Length(Height)*vg.Inch/dpi),
		vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	canvas := draw.New(img)
	// A margin, so that nothing touches the edge.
	p.Draw(draw.Crop(canvas, vg.Points(4), -vg.Points(10), vg.Points(3), -vg.Points(4)))
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, fewer(img.Image())); err != nil {
		return nil, fmt.Errorf("draw picture: %w", err)
	}
	return b.Bytes(), nil
}

// curve is the history as it is drawn: x in Unix seconds.
type curve struct {
	rank     bool
	parts    [][]point // between gaps
	absent   []float64 // looked, and not there
	from, to float64
	min, max float64
}

type point struct {
	x, y      float64
	low, high float64 // NaN: not known
}

// span is as long as a history.
const span = 48 * 3600

func read(e *event.Episode) *curve {
	c := &curve{rank: e.GetMetric() == event.MetricRank, min: math.Inf(1), max: math.Inf(-1)}
	moments := e.GetHistory()
	if len(moments) == 0 {
		return c
	}
	gap := widest(e)
	var part []point
	last := math.Inf(-1)
	for _, m := range moments {
		x := float64(m.GetAtMs()) / 1000
		if x-last > gap && len(part) > 0 {
			c.parts, part = append(c.parts, part), nil
		}
		last = x
		if m.Value == nil || !finite(m.GetValue()) {
			c.absent = append(c.absent, x)
			if len(part) > 0 {
				c.parts, part = append(c.parts, part), nil
			}
			continue
		}
		p := point{x: x, y: m.GetValue(), low: math.NaN(), high: math.NaN()}
		switch {
		case m.Low != nil && m.High != nil:
			p.low, p.high = m.GetLow(), m.GetHigh()
		case e.Low != nil && e.High != nil:
			p.low, p.high = e.GetLow(), e.GetHigh()
		}
		part = append(part, p)
	}
	if len(part) > 0 {
		c.parts = append(c.parts, part)
	}
	c.to = float64(moments[len(moments)-1].GetAtMs()) / 1000
	c.from = min(c.to-span, float64(moments[0].GetAtMs())/1000)
	c.bounds(e)
	return c
}

// widest is the longest distance of two looks, in seconds, that is no gap.
func widest(e *event.Episode) float64 {
	if every := e.GetEveryS(); every > 0 {
		return 1.75 * float64(every)
	}
	// No schedule: three times the usual distance.
	var all []float64
	h := e.GetHistory()
	for i := 1; i < len(h); i++ {
		all = append(all, float64(h[i].GetAtMs()-h[i-1].GetAtMs())/1000)
	}
	return 3 * median(all)
}

func (c *curve) bounds(e *event.Episode) {
	take := func(v float64) {
		if finite(v) {
			c.min, c.max = min(c.min, v), max(c.max, v)
		}
	}
	for _, part := range c.parts {
		for _, p := range part {
			take(p.y)
			if !c.rank {
				take(p.low)
				take(p.high)
			}
		}
	}
	if c.rank {
		take(e.GetBaseline())
		c.min, c.max = 1, max(c.max*1.15, 10)
		if len(c.absent) > 0 {
			// A strip of its own below the last place, for where it was not.
			c.max = max(c.max, float64(e.GetDepth())) * 1.4
		}
		return
	}
	take(e.GetBaseline())
	room := (c.max - min(c.min, 0)) * 0.12
	if room == 0 {
		room = 1
	}
	if c.min > 0 {
		c.min = 0
	}
	c.max += room
}

// seen is how many looks have a value.
func (c *curve) seen() int {
	n := 0
	for _, part := range c.parts {
		n += len(part)
	}
	return n
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
