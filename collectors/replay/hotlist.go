package replay

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

func parseHotList(l *lines, yield func(Message) bool) error {
	c := &rows{columns: 10, parse: parseHotListRow, via: "hot-list csv", every: time.Hour}
	return c.run(l, yield)
}

// hotListColumns are the columns that are counts, by their metric. An empty
// field is no reading: nobody counted, which is not 0.
func hotListColumns() [4]struct {
	column       int
	name, metric string
} {
	return [...]struct {
		column       int
		name, metric string
	}{
		{5, "hot", "hot"},
		{6, "read_count", "reads"},
		{7, "discuss_count", "discussions"},
		{8, "origin_count", "posts"},
	}
}

func parseHotListRow(f []string) (row, error) {
	at, err := parseTime(f[0])
	if err != nil {
		return row{}, err
	}
	rank, err := parseRank(f[2])
	if err != nil {
		return row{}, err
	}
	if f[9] != "" && f[9] != "0" && f[9] != "1" {
		return row{}, fmt.Errorf("check is_ad: is %q, want 0 or 1", shorten(f[9]))
	}
	r := row{
		at: at, subject: f[3], rank: rank,
		target:   &event.Target{Kind: event.KindList, Place: strings.ToLower(f[1]), Name: "hot"},
		readings: []*event.Reading{{Subject: f[3], Metric: event.MetricRank, Value: float64(rank), AtMs: at.UnixMilli()}},
	}
	for _, c := range hotListColumns() {
		if f[c.column] == "" {
			continue
		}
		v, err := strconv.ParseFloat(f[c.column], 64)
		if err != nil || v < 0 || math.IsInf(v, 0) || math.IsNaN(v) {
			return row{}, fmt.Errorf("check %s: is %q, want a count or nothing", c.name, shorten(f[c.column]))
		}
		r.readings = append(r.readings, &event.Reading{Subject: f[3], Metric: c.metric, Value: v, AtMs: at.UnixMilli()})
	}
	return r, nil
}
