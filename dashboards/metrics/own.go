package metrics

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// Config bounds what is kept.
type Config struct {
	// Keep is how long samples are kept, MaxSeries how many series.
	Keep      time.Duration
	MaxSeries int
	// Instance is what the label instance says: where this process listens.
	Instance string
}

// Own keeps samples of this process's own metrics.
type Own struct {
	gatherer prometheus.Gatherer
	instance string
	store    *store
	engine   *promql.Engine
	parse    parser.Parser
	log      *slog.Logger
	last     int64 // when samples were last taken

	series  prometheus.Gauge
	refused prometheus.Counter
}

// NewOwn makes an empty memory; Run fills it.
func NewOwn(cfg Config, gatherer prometheus.Gatherer, reg prometheus.Registerer, log *slog.Logger) *Own {
	o := &Own{
		gatherer: gatherer, instance: cfg.Instance, store: newStore(cfg.Keep, cfg.MaxSeries), log: log.With("component", "metrics"),
		parse: parser.NewParser(parser.Options{}),
		series: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tidemark_own_metrics_series",
			Help: "Series of this process's own metrics that are kept in memory for the page.",
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tidemark_own_metrics_refused_samples_total",
			Help: "Samples of own metrics that were not kept, because http.max_series are kept already.",
		}),
	}
	reg.MustRegister(o.series, o.refused)
	o.engine = promql.NewEngine(promql.EngineOpts{
		Logger: slog.New(slog.DiscardHandler), MaxSamples: 5_000_000, Timeout: queryTimeout, LookbackDelta: 5 * time.Minute,
		EnableAtModifier: true, EnableNegativeOffset: true, Parser: o.parse,
		NoStepSubqueryIntervalFn: func(int64) int64 { return scrapeEvery.Milliseconds() },
	})
	return o
}

// Run takes samples until ctx ends.
func (o *Own) Run(ctx context.Context) error {
	tick := time.NewTicker(scrapeEvery)
	defer tick.Stop()
	for {
		o.sample(time.Now())
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (o *Own) sample(now time.Time) {
	families, err := o.gatherer.Gather()
	if err != nil { // what could be gathered is there all the same
		o.log.Warn("gather own metrics", "err", err)
	}
	refused := 0
	at := now.UnixMilli()
	o.store.begin()
	for _, family := range families {
		for name, value := range samples(family) {
			l := o.labels(name)
			if name.counts && o.last != 0 {
				o.store.begins(l, o.last)
			}
			if !o.store.add(l, at, value) {
				refused++
			}
		}
	}
	o.store.add(o.labels(sampleName{metric: "up"}), at, 1)
	o.store.end(at)
	o.last = at
	o.series.Set(float64(o.store.count()))
	o.refused.Add(float64(refused))
}

func (o *Own) labels(s sampleName) labels.Labels {
	b := labels.NewBuilder(labels.FromStrings("__name__", s.metric, "job", "tidemark", "instance", o.instance))
	for _, l := range s.labels {
		b.Set(l.GetName(), l.GetValue())
	}
	if s.extra != "" {
		b.Set(s.extra, s.value)
	}
	return b.Labels()
}

// Scrape is how often samples are taken.
func (o *Own) Scrape() time.Duration { return scrapeEvery }

// Query evaluates over what is kept.
func (o *Own) Query(ctx context.Context, q Question) ([]Series, error) {
	var query promql.Query
	var err error
	if q.Instant {
		query, err = o.engine.NewInstantQuery(ctx, o.store, nil, q.Expr, q.To)
	} else {
		query, err = o.engine.NewRangeQuery(ctx, o.store, nil, q.Expr, q.From, q.To, max(q.Step, time.Second))
	}
	if err != nil {
		return nil, fmt.Errorf("read PromQL: %w", err)
	}
	defer query.Close()
	result := query.Exec(ctx)
	if result.Err != nil {
		return nil, fmt.Errorf("evaluate PromQL: %w", result.Err)
	}
	switch v := result.Value.(type) {
	case promql.Matrix:
		return matrix(v)
	case promql.Vector:
		var m promql.Matrix
		for _, s := range v {
			m = append(m, promql.Series{Metric: s.Metric, Floats: []promql.FPoint{{T: s.T, F: s.F}}})
		}
		return matrix(m)
	case promql.Scalar:
		return []Series{{Labels: map[string]string{}, At: []int64{v.T}, Values: []float64{v.V}}}, nil
	default:
		return nil, fmt.Errorf("evaluate PromQL: the answer is a %s, and no series", v.Type())
	}
}

func matrix(m promql.Matrix) ([]Series, error) {
	if len(m) > mostSeries {
		return nil, fmt.Errorf("evaluate PromQL: the answer has %d series, at most %d can be drawn", len(m), mostSeries)
	}
	out := make([]Series, 0, len(m))
	slices.SortFunc(m, func(a, b promql.Series) int { return labels.Compare(a.Metric, b.Metric) })
	for _, s := range m {
		one := Series{Labels: s.Metric.Map()}
		for _, p := range s.Floats {
			one.At, one.Values = append(one.At, p.T), append(one.Values, p.F)
		}
		out = append(out, one)
	}
	return out, nil
}

// Values are those of a label.
func (o *Own) Values(ctx context.Context, label, selector string, from, to time.Time) ([]string, error) {
	var matchers []*labels.Matcher
	if selector != "" {
		var err error
		if matchers, err = o.parse.ParseMetricSelector(selector); err != nil {
			return nil, fmt.Errorf("read PromQL: %w", err)
		}
	}
	found := map[string]bool{}
	for _, s := range o.store.matching(from.UnixMilli(), to.UnixMilli(), matchers) {
		if v := s.labels.Get(label); v != "" {
			found[v] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), ctx.Err()
}
