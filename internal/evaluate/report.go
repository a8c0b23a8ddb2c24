package evaluate

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// Score is a score or nothing: what has no window has none. In JSON that is
// null.
type Score float64

// MarshalJSON writes null for what is no number.
func (s Score) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(s)) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(s), 'g', -1, 64), nil
}

func (s Score) String() string {
	if math.IsNaN(float64(s)) {
		return "-"
	}
	return strconv.FormatFloat(float64(s), 'f', 2, 64)
}

// Hours is a duration or nothing, as Score.
type Hours = Score

// Line is what one group, or all, scored.
type Line struct {
	Group  string  `json:"group"` // empty: all
	Series int     `json:"series"`
	Scores []Score `json:"scores"` // by profile, at the threshold
	Best   []Score `json:"best"`   // by profile, at the best threshold of all series
	Events Events  `json:"events"` // at the threshold
}

// Report is an evaluation.
type Report struct {
	Name      string    `json:"name,omitempty"`
	Threshold float64   `json:"threshold"`
	Best      []float64 `json:"best_thresholds"` // by profile
	All       Line      `json:"all"`
	Groups    []Line    `json:"groups"`
}

// Summarise scores all series at a threshold, and at the best.
func Summarise(name string, all []*Scored, threshold float64) Report {
	r := Report{Name: name, Threshold: threshold}
	for _, p := range Profiles() {
		best, _ := Best(all, p)
		r.Best = append(r.Best, best)
	}
	by := map[string][]*Scored{}
	var groups []string
	for _, j := range all {
		g := j.Group()
		if by[g] == nil {
			groups = append(groups, g)
		}
		by[g] = append(by[g], j)
	}
	slices.Sort(groups)
	r.All = r.line("", all)
	for _, g := range groups {
		r.Groups = append(r.Groups, r.line(g, by[g]))
	}
	return r
}

func (r *Report) line(group string, all []*Scored) Line {
	l := Line{Group: group, Series: len(all), Events: Count(all, r.Threshold)}
	for i, p := range Profiles() {
		l.Scores = append(l.Scores, Score(NAB(all, r.Threshold, p)))
		l.Best = append(l.Best, Score(NAB(all, r.Best[i], p)))
	}
	return l
}

const row = "%-24s %6v %7v %8v %8v %8v %8v %5v %5v %6v %5v %5v %7v %7v %8v\n"

// WriteTable writes reports for a person.
func WriteTable(w io.Writer, reports ...Report) {
	for i, r := range reports {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if r.Name != "" {
			fmt.Fprintf(w, "%s\n", r.Name)
		}
		fmt.Fprintf(w, "threshold %.4g; best for the standard profile %.4g\n", r.Threshold, r.Best[0])
		fmt.Fprintf(w, row, "group", "series", "windows", "standard", "low FP", "low FN", "best std",
			"hit", "false", "prec.", "rec.", "F1", "delay50", "delay90", "false/wk")
		for _, l := range append(r.Groups, r.All) {
			name := l.Group
			if name == "" {
				name = "all"
			}
			e := l.Events
			fmt.Fprintf(w, row, name, l.Series, e.Windows, l.Scores[0], l.Scores[1], l.Scores[2], l.Best[0],
				e.Hit, e.FalseAlarms, Score(e.Precision), Score(e.Recall), Score(e.F1),
				e.MedianDelay, e.P90Delay, Score(e.PerWeek))
		}
	}
}
