package picture

import (
	"cmp"
	"image/color"
	"math"
	"slices"
	"strconv"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/tidemark/tidemark/internal/event"
)

// What is drawn in what colour, to be told apart in black and white too.
//
//nolint:gochecknoglobals // colours are constants that Go cannot write as such
var (
	ink   = color.RGBA{0x1a, 0x1a, 0x1a, 0xff}
	quiet = color.RGBA{0x5f, 0x63, 0x68, 0xff}
	faint = color.RGBA{0xc4, 0xc7, 0xcc, 0xff}
	band  = color.RGBA{0xe4, 0xe7, 0xec, 0xff}
	blue  = color.RGBA{0x0b, 0x57, 0xd0, 0xff}
	red   = color.RGBA{0xc5, 0x22, 0x1f, 0xff}
)

// plotters adds what is drawn, from the back to the front.
func (c *curve) plotters(p *plot.Plot, e *event.Episode, w Words) {
	for _, part := range c.parts {
		c.band(p, part)
	}
	if b := e.GetBaseline(); b > 0 && finite(b) {
		c.rule(p, plotter.XYs{{X: p.X.Min, Y: c.inside(b)}, {X: p.X.Max, Y: c.inside(b)}}, quiet)
		c.note(p, p.X.Min, c.crown(b), w.usual(e)+" "+w.Amount(e, b), quiet, above)
	}
	if x := float64(e.GetOnsetMs()) / 1000; x >= p.X.Min && x <= p.X.Max {
		top := c.height(0.72)
		c.rule(p, plotter.XYs{{X: x, Y: c.foot()}, {X: x, Y: top}}, red)
		s := left
		if x < (c.from+c.to)/2 {
			s = right
		}
		c.note(p, x, top, "began "+time.UnixMilli(e.GetOnsetMs()).In(w.Zone).Format(c.clock()), red, s)
	}
	for _, part := range c.parts {
		c.line(p, part, e.GetBasis() == event.Basis_BASIS_MODELLED)
	}
	c.missing(p, e)
	c.peak(p, e, w)
}

// usual names the baseline; one beyond the end of a chart is no place of it.
func (w Words) usual(e *event.Episode) string {
	word := "usual"
	if e.GetMetric() == event.MetricRank && e.GetDepth() > 0 && e.GetBaseline() > float64(e.GetDepth()) {
		word = "usually"
	}
	return cmp.Or(w.Baseline, word)
}

// inside keeps a value within the axis.
func (c *curve) inside(v float64) float64 { return min(max(v, c.min), c.max) }

// foot is the lower edge of the plot, whichever way the axis runs.
func (c *curve) foot() float64 {
	if c.rank {
		return c.max
	}
	return c.min
}

// height is a value at a share of the plot's height.
func (c *curve) height(share float64) float64 {
	if c.rank {
		return c.max * math.Pow(c.min/c.max, share)
	}
	return c.min + (c.max-c.min)*share
}

// crown is the upper edge of the band at the left, where a note is in nobody's
// way; the baseline itself where there is no band.
func (c *curve) crown(baseline float64) float64 {
	if len(c.parts) == 0 || c.parts[0][0].x > c.from+(c.to-c.from)/3 { // the curve is not where the note stands
		return c.inside(baseline)
	}
	first := c.parts[0][0]
	edge := max(first.high, first.y)
	if c.rank {
		edge = min(first.low, first.y)
	}
	if !finite(edge) {
		edge = baseline
	}
	return c.inside(edge)
}

// band is what would have been ordinary.
func (c *curve) band(p *plot.Plot, part []point) {
	var upper, lower plotter.XYs
	for _, pt := range part {
		if !finite(pt.low) || !finite(pt.high) {
			continue
		}
		upper = append(upper, plotter.XY{X: pt.x, Y: c.inside(pt.high)})
		lower = append(lower, plotter.XY{X: pt.x, Y: c.inside(pt.low)})
	}
	if len(upper) < 2 {
		return
	}
	for _, xy := range slices.Backward(lower) {
		upper = append(upper, xy)
	}
	if area, err := plotter.NewPolygon(upper); err == nil {
		area.Color, area.LineStyle.Width = band, 0
		p.Add(area)
	}
}

func (c *curve) line(p *plot.Plot, part []point, modelled bool) {
	xys := make(plotter.XYs, 0, len(part))
	for _, pt := range part {
		xys = append(xys, plotter.XY{X: pt.x, Y: c.inside(pt.y)})
	}
	if len(xys) == 1 {
		c.dot(p, xys[0], blue, 1.8)
		return
	}
	if l, err := plotter.NewLine(xys); err == nil {
		l.LineStyle.Color, l.LineStyle.Width = blue, vg.Points(1.6)
		if modelled {
			l.LineStyle.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
		}
		p.Add(l)
	}
}

// missing marks the looks at which it was not there, at the foot: they are no
// gap, and no value either.
func (c *curve) missing(p *plot.Plot, e *event.Episode) {
	if len(c.absent) == 0 {
		return
	}
	xys := make(plotter.XYs, 0, len(c.absent))
	for _, x := range c.absent {
		xys = append(xys, plotter.XY{X: x, Y: c.foot()})
	}
	s, err := plotter.NewScatter(xys)
	if err != nil {
		return
	}
	s.GlyphStyle = draw.GlyphStyle{Color: quiet, Radius: vg.Points(1.6), Shape: draw.CrossGlyph{}}
	p.Add(s)
	says, last := "× looked, not there", 0
	if c.rank && e.GetDepth() > 0 {
		says = "× looked, not in the top " + strconv.Itoa(int(e.GetDepth()))
	}
	for last+1 < len(c.absent) && c.absent[last+1]-c.absent[last] <= widest(e) {
		last++
	}
	switch x, middle := xys[last].X, (c.from+c.to)/2; {
	case x < middle:
		c.note(p, x, c.foot(), says, quiet, right)
	case xys[0].X < middle: // no room beside it
		c.note(p, xys[0].X, c.foot(), says, quiet, above)
	default:
		c.note(p, xys[0].X, c.foot(), says, quiet, left)
	}
}

// peak marks the peak where it is in the picture.
func (c *curve) peak(p *plot.Plot, e *event.Episode, w Words) {
	x := float64(e.GetPeakAtMs()) / 1000
	if e.GetPeakAtMs() == 0 || x < c.from || x > c.to || !finite(e.GetPeak()) {
		return
	}
	y := c.inside(e.GetPeak())
	c.dot(p, plotter.XY{X: x, Y: y}, red, 3)
	s := left
	if x < (c.from+c.to)/2 {
		s = right
	}
	if c.rank && c.long() {
		s.y -= vg.Points(12) // it may have stayed there for long: not onto the line
	}
	word := "peak "
	if b := e.GetBaseline(); c.rank && e.GetPeak() > b || !c.rank && e.GetPeak() < b {
		word = "low point "
	}
	c.note(p, x, y, word+w.Amount(e, e.GetPeak())+", "+time.UnixMilli(e.GetPeakAtMs()).In(w.Zone).Format(c.clock()), red, s)
}

// clock writes a moment: in more than a week a weekday says too little.
func (c *curve) clock() string {
	if c.long() {
		return "2 Jan 15:04"
	}
	return "Mon 15:04"
}

func (c *curve) long() bool { return c.to-c.from > 7*24*3600 }

func (c *curve) dot(p *plot.Plot, at plotter.XY, colour color.Color, size float64) {
	if s, err := plotter.NewScatter(plotter.XYs{at}); err == nil {
		s.GlyphStyle = draw.GlyphStyle{Color: colour, Radius: vg.Points(size), Shape: draw.CircleGlyph{}}
		p.Add(s)
	}
}

func (c *curve) rule(p *plot.Plot, xys plotter.XYs, colour color.Color) {
	if l, err := plotter.NewLine(xys); err == nil {
		l.LineStyle = draw.LineStyle{Color: colour, Width: vg.Points(0.8), Dashes: []vg.Length{vg.Points(2), vg.Points(2)}}
		p.Add(l)
	}
}

// side is where a note stands, seen from its point.
type side struct {
	x, y  vg.Length
	align text.XAlignment
}

//nolint:gochecknoglobals // constants that Go cannot write as such
var (
	above = side{vg.Points(3), vg.Points(3), text.XLeft}
	left  = side{-vg.Points(6), -vg.Points(3), text.XRight}
	right = side{vg.Points(6), -vg.Points(3), text.XLeft}
)

func (c *curve) note(p *plot.Plot, x, y float64, says string, colour color.Color, s side) {
	l, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: x, Y: y}}, Labels: []string{drawn(says)}})
	if err != nil {
		return
	}
	l.Offset = vg.Point{X: s.x, Y: s.y}
	l.TextStyle[0].Font, l.TextStyle[0].Color, l.TextStyle[0].XAlign = letters(9), colour, s.align
	p.Add(l)
}
