package replay

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/tidemark/tidemark/internal/event"
)

func parseChart(l *lines, yield func(Message) bool) error {
	c := &rows{columns: 8, parse: parseChartRow, via: "chart csv", every: 24 * time.Hour}
	return c.run(l, yield)
}

func parseChartRow(f []string) (row, error) {
	at, err := parseTime(f[0])
	if err != nil {
		return row{}, err
	}
	rank, err := parseRank(f[5])
	if err != nil {
		return row{}, err
	}
	for i, name := range []string{3: "chart", 4: "category"} {
		if name != "" && slug(f[i]) == "" {
			return row{}, fmt.Errorf("check %s: is %q, want a name", name, shorten(f[i]))
		}
	}
	t := event.ChartTarget(strings.ToLower(f[1]), strings.ToLower(f[2]), slug(f[3])+"/"+slug(f[4]))
	return row{at: at, target: t, subject: f[6], rank: rank, readings: []*event.Reading{
		{Subject: f[6], Metric: event.MetricRank, Value: float64(rank), AtMs: at.UnixMilli()},
	}}, nil
}

// slug writes a name as targets do: "Health & Fitness" is health-fitness.
func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	return strings.Join(words, "-")
}
