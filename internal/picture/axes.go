package picture

import (
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"

	"github.com/tidemark/tidemark/internal/event"
)

// letters is a font that the program brings along, so that a picture is the
// same on every machine.
func letters(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
}

// axes gives the plot its scales, ticks and titles.
func (c *curve) axes(p *plot.Plot, e *event.Episode, w Words) {
	p.Title.Text = drawn(title(w.Title))
	p.Title.TextStyle.Font = letters(11)
	p.Title.TextStyle.Color = ink
	p.Title.Padding = vg.Points(5)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = faint, faint
		axis.Label.TextStyle.Font, axis.Tick.Label.Font = letters(9), letters(8.5)
		axis.Label.TextStyle.Color, axis.Tick.Label.Color = quiet, quiet
		axis.Tick.Length = vg.Points(3)
		axis.Padding = 0
	}
	p.X.Min, p.X.Max = c.from, c.to+(c.to-c.from)*0.02
	p.X.Tick.Marker = plot.ConstantTicks(timeTicks(c.from, p.X.Max, w.Zone))
	p.X.Label.Text = drawn("time of the data, " + time.Unix(int64(c.to), 0).In(w.Zone).Format("MST") + "   ·   " + says(e.GetBasis()))
	p.Y.Min, p.Y.Max = c.min, c.max
	p.Y.Label.Text = drawn(w.Unit)
	if c.rank {
		p.Y.Scale = plot.InvertedScale{Normalizer: plot.LogScale{}}
		p.Y.Min = 0.85
		p.Y.Label.Text = "rank, 1 is the best"
		p.Y.Tick.Marker = plot.ConstantTicks(rankTicks(c.max))
		return
	}
	p.Y.Tick.Marker = plot.ConstantTicks(countTicks(c.min, c.max, func(v float64) string {
		// The unit is at the axis already.
		return drawn(strings.TrimSuffix(w.Amount(e, v), " "+w.Unit))
	}))
}

// title keeps what fits above the plot.
func title(s string) string {
	const most = 72
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return strings.TrimSpace(string(runes[:most-1])) + "…"
}

// says where the numbers come from.
func says(b event.Basis) string {
	switch b {
	case event.Basis_BASIS_MODELLED:
		return "dashed: modelled through reported points, measured by nobody"
	case event.Basis_BASIS_IMPORTED:
		return "imported: recorded by somebody else"
	case event.Basis_BASIS_BACKFILL:
		return "back-filled: looked at later"
	case event.Basis_BASIS_REPORTED:
		return "reported, not measured"
	}
	return "as measured; grey: ordinary"
}

// timeTicks are at most nine, at full hours of the zone, with the day where it
// begins.
func timeTicks(from, to float64, zone *time.Location) []plot.Tick {
	step := time.Hour
	for _, step = range []time.Duration{time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour} {
		if (to-from)/step.Seconds() <= 9 {
			break
		}
	}
	first := time.Unix(int64(from), 0).In(zone)
	at := time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, zone)
	var ticks []plot.Tick
	for labelled := false; float64(at.Unix()) <= to; at = next(at, step) {
		x := float64(at.Unix())
		if x < from {
			continue
		}
		text := at.Format("15:04")
		if !labelled || at.Hour() == 0 {
			text += "\n" + at.Format("Mon 2 Jan")
			labelled = true
		}
		ticks = append(ticks, plot.Tick{Value: x, Label: text})
	}
	return ticks
}

// next is one step later by the zone's clock, also where a day has 23 hours.
func next(at time.Time, step time.Duration) time.Time {
	hours := int(step.Hours())
	later := time.Date(at.Year(), at.Month(), at.Day(), at.Hour()+hours, 0, 0, 0, at.Location())
	if !later.After(at) {
		return at.Add(step)
	}
	return later
}

func rankTicks(worst float64) []plot.Tick {
	var ticks []plot.Tick
	for _, n := range []struct {
		at   float64
		text string
	}{{1, "#1"}, {2, "#2"}, {3, "#3"}, {5, "#5"}, {10, "#10"}, {20, "#20"}, {50, "#50"}, {100, "#100"}, {200, "#200"}, {500, "#500"}, {1000, "#1000"}} {
		if n.at <= worst {
			ticks = append(ticks, plot.Tick{Value: n.at, Label: n.text})
		}
	}
	return ticks
}

// countTicks are about five, at round values.
func countTicks(low, high float64, write func(float64) string) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/4)))
	for _, times := range []float64{5, 2} {
		if (high-low)/(step*times) >= 3 {
			step *= times
			break
		}
	}
	var ticks []plot.Tick
	for i := math.Ceil(low / step); i*step <= high && len(ticks) < 12; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: write(i * step)})
	}
	return ticks
}

// drawn is a text in the letters that there are: what the font lacks is left
// out with an ellipsis, because a row of boxes says less.
func drawn(s string) string {
	f := letters(10)
	face := font.DefaultCache.Lookup(f, f.Size)
	var buffer sfnt.Buffer
	var b strings.Builder
	missing := false
	for _, r := range s {
		if glyph, err := face.Face.GlyphIndex(&buffer, r); r != '\n' && (err != nil || glyph == 0) {
			if !missing {
				b.WriteRune('…')
			}
			missing = true
			continue
		}
		missing = false
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return math.Inf(1)
	}
	slices.Sort(all)
	return all[len(all)/2]
}
