package viewer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/tidemark/tidemark/dashboards/ask"
	"github.com/tidemark/tidemark/dashboards/metrics"
	"github.com/tidemark/tidemark/dashboards/query"
)

// errMetrics is around what goes wrong with PromQL: it is none of the store's.
var errMetrics = errors.New("ask for metrics")

var errNoMetrics = fmt.Errorf("%w: this process keeps none; set http.metrics_keep or http.prometheus_url", errMetrics)

// metricFrames asks a Prometheus query: a frame for each series, with a time and
// a value.
func (s *server) metricFrames(ctx context.Context, t query.Target, r query.Range, vars query.Vars) ([]ask.Frame, error) {
	if s.deps.Metrics == nil {
		return nil, errNoMetrics
	}
	r = query.PromRange(r, t)
	expr, err := query.ExpandPromQL(t.Expr, r, s.deps.Metrics.Scrape(), vars)
	if err != nil {
		return nil, badRequest{err.Error()}
	}
	begin := time.Now()
	from := r.From.Truncate(r.Interval) // the same moments for all who look
	series, err := s.deps.Metrics.Query(ctx, metrics.Question{Expr: expr, From: from, To: r.To, Step: r.Interval, Instant: t.Instant})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errMetrics, err)
	}
	if t.Format == query.FormatTable {
		return []ask.Frame{metricTable(t, expr, series)}, nil
	}
	frames := make([]ask.Frame, 0, len(series))
	for _, one := range series {
		at, values := make([]any, len(one.At)), make([]any, len(one.At))
		for i := range one.At {
			at[i], values[i] = one.At[i], finite(one.Values[i])
		}
		name := metrics.Legend(t.Legend, one.Labels)
		frames = append(frames, ask.Frame{
			RefID: t.RefID, Format: t.Format, Name: name, SQL: expr, MS: time.Since(begin).Milliseconds(),
			Fields: []ask.Field{
				{Name: "time", Type: ask.TypeTime, Values: at},
				{Name: name, Type: ask.TypeNumber, Labels: one.Labels, Shown: name, Values: values},
			},
		})
	}
	return frames, nil
}

func finite(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

// metricTable makes one table of all series, as Grafana does: the time, a column
// for each label, and the value.
func metricTable(t query.Target, expr string, series []metrics.Series) ask.Frame {
	names := map[string]bool{}
	for _, one := range series {
		for name := range one.Labels {
			names[name] = true
		}
	}
	f := ask.Frame{RefID: t.RefID, Format: t.Format, SQL: expr, Fields: []ask.Field{{Name: "Time", Type: ask.TypeTime, Values: []any{}}}}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		f.Fields = append(f.Fields, ask.Field{Name: name, Type: ask.TypeString, Values: []any{}})
	}
	f.Fields = append(f.Fields, ask.Field{Name: "Value", Type: ask.TypeNumber, Values: []any{}})
	for _, one := range series {
		for i := range one.At {
			for column := range f.Fields {
				field := &f.Fields[column]
				var v any
				switch column {
				case 0:
					v = one.At[i]
				case len(f.Fields) - 1:
					v = finite(one.Values[i])
				default:
					if text, ok := one.Labels[field.Name]; ok {
						v = text
					}
				}
				field.Values = append(field.Values, v)
			}
		}
	}
	return f
}

// metricOptions are the options of a variable that asks Prometheus.
func (s *server) metricOptions(ctx context.Context, text string, from, to time.Time) ([]query.Option, error) {
	if s.deps.Metrics == nil {
		return nil, errNoMetrics
	}
	values, err := metrics.Options(ctx, s.deps.Metrics, text, from, to)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errMetrics, err)
	}
	out := make([]query.Option, 0, len(values))
	for _, v := range values {
		out = append(out, query.Option{Value: v, Text: v})
	}
	return out, nil
}
