// Package metrics answers PromQL where there is no Prometheus: it keeps samples
// of this process's own metrics in memory, within bounds, and evaluates over
// them. Where a Prometheus is configured, that is asked instead.
//
// What is kept begins anew with the process, and is only this process's: a
// Prometheus sees all of them and remembers longer.
package metrics

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Series are the values of one expression for one set of labels. At are Unix
// milliseconds.
type Series struct {
	Labels map[string]string
	At     []int64
	Values []float64
}

// Question is an expression over a time. Of an instant only To counts.
type Question struct {
	Expr     string
	From, To time.Time
	Step     time.Duration
	Instant  bool
}

// Source answers questions.
type Source interface {
	// Query evaluates an expression; the series come in the order of their labels.
	Query(ctx context.Context, q Question) ([]Series, error)
	// Values are those of a label among the series that match a selector (empty:
	// all), in order.
	Values(ctx context.Context, label, selector string, from, to time.Time) ([]string, error)
	// Scrape is how often samples are taken.
	Scrape() time.Duration
}

const (
	// queryTimeout is how long a question may take.
	queryTimeout = 20 * time.Second
	// scrapeEvery is how often this process is sampled, and what a Prometheus is
	// taken to do.
	scrapeEvery = 15 * time.Second
	// mostSeries is how many series an answer may have.
	mostSeries = 2000
)

// Options reads what a variable asks of Prometheus: label_values(label) or
// label_values(selector, label).
func Options(ctx context.Context, s Source, query string, from, to time.Time) ([]string, error) {
	m := regexp.MustCompile(`(?s)^\s*label_values\(\s*(?:(.+?)\s*,\s*)?([A-Za-z_]\w*)\s*\)\s*$`).FindStringSubmatch(query)
	if m == nil {
		return nil, fmt.Errorf("read %q: want label_values(label) or label_values(selector, label)", query)
	}
	return s.Values(ctx, m[2], m[1], from, to)
}

// Legend names a series: {{label}} in the format stands for its value. Without a
// format it is written as Prometheus does.
func Legend(format string, labels map[string]string) string {
	if format == "" || format == "__auto" {
		return written(labels)
	}
	return regexp.MustCompile(`\{\{\s*([\w.:-]+)\s*\}\}`).ReplaceAllStringFunc(format, func(m string) string {
		return labels[strings.TrimSpace(strings.Trim(m, "{}"))]
	})
}

func written(labels map[string]string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if name != "__name__" {
			pairs = append(pairs, fmt.Sprintf("%s=%q", name, labels[name]))
		}
	}
	name := labels["__name__"]
	if len(pairs) == 0 && name != "" {
		return name
	}
	return name + "{" + strings.Join(pairs, ", ") + "}"
}
