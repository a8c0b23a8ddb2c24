package dashboards

import (
	"context"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	promql "github.com/tidemark/tidemark/dashboards/metrics"
	"github.com/tidemark/tidemark/internal/testkit"
)

// The rules that Grafana evaluates ask for metrics that exist, with the labels
// that they use and tell.
func TestGrafanaRulesAskForMetricsThatExist(t *testing.T) {
	t.Parallel()
	known, asked := metrics(t), 0
	for _, r := range testkit.ReadGrafanaRules(t) {
		for _, q := range r.Data {
			if q.Model.Expr == "" {
				continue
			}
			asked++
			for _, u := range unknown(q.Model.Expr, known) {
				t.Errorf("%s/%s: %s", r.UID, q.RefID, u)
			}
			for _, label := range told(r) {
				if !regexp.MustCompile(`by \([^)]*\b` + label + `\b`).MatchString(q.Model.Expr) {
					t.Errorf("%s/%s: it does not keep the label %s, which the rule tells", r.UID, q.RefID, label)
				}
			}
		}
	}
	if asked == 0 {
		t.Error("no rule asks Prometheus")
	}
}

// shown is a metric as processes show it from a moment on, in minutes.
type shown struct {
	from, to int
	name     string
	labels   map[string]string
	value    float64
}

// at are all that is shown at a moment. They have no type, so that a counter is
// not taken to be born at 0, which Prometheus does not do either.
func at(all []shown, since time.Duration) (out []*dto.MetricFamily) {
	for _, s := range all {
		if since < time.Duration(s.from)*time.Minute || since >= time.Duration(s.to)*time.Minute {
			continue
		}
		m := &dto.Metric{Untyped: &dto.Untyped{Value: new(s.value)}}
		for name, value := range s.labels {
			m.Label = append(m.Label, &dto.LabelPair{Name: new(name), Value: new(value)})
		}
		out = append(out, &dto.MetricFamily{Name: new(s.name), Type: dto.MetricType_UNTYPED.Enum(), Metric: []*dto.Metric{m}})
	}
	return out
}

// fires tells what a rule alerts about so many minutes after the start, and the
// numbers.
func fires(t *testing.T, uid string, all []shown, minute int) (out map[string]float64) {
	t.Helper()
	out = map[string]float64{}
	rules := testkit.ReadGrafanaRules(t)
	r := rules[slices.IndexFunc(rules, func(r testkit.GrafanaRule) bool { return r.UID == uid })]
	above := threshold(t, r)
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		gather := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return at(all, time.Since(start)), nil })
		own := promql.NewOwn(promql.Config{Keep: 24 * time.Hour, MaxSeries: 1000, Instance: "here"}, gather, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		go own.Run(ctx) //nolint:errcheck // it ends with ctx
		time.Sleep(time.Duration(minute)*time.Minute + time.Second)
		stop()
		synctest.Wait()
		series, err := own.Query(t.Context(), promql.Question{Expr: r.Data[0].Model.Expr, To: time.Now(), Instant: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range series {
			if v := s.Values[len(s.Values)-1]; v > above {
				out[strings.Join(slices.Sorted(maps.Values(s.Labels)), " ")] = v
			}
		}
	})
	return out
}

// The first message of a reason begins a counter at 1, which increase() does not
// see.
func TestTheFirstRejectedMessageIsTold(t *testing.T) {
	t.Parallel()
	rejected := func(from, to int, reason, instance string, value float64) shown {
		return shown{from, to, "tidemark_store_rejected_messages_total", map[string]string{"reason": reason, "instance": instance}, value}
	}
	all := []shown{
		rejected(20, 60, "undecodable", "a", 1), rejected(60, 99, "undecodable", "a", 3),
		rejected(22, 99, "future", "a", 2), rejected(22, 99, "future", "b", 1),
		rejected(0, 99, "calm", "a", 7),
	}
	for minute, want := range map[int]map[string]float64{
		19: {},
		21: {"undecodable": 1},
		23: {"undecodable": 1, "future": 3},
		45: {},
		80: {},
	} {
		if got := fires(t, "tidemark-rejected", all, minute); !maps.Equal(got, want) {
			t.Errorf("after %d minutes it tells %v, want %v", minute, got, want)
		}
	}
	if got := fires(t, "tidemark-rejected", all, 65); len(got) != 1 || got["undecodable"] < 1.5 {
		t.Errorf("after two more it tells %v, want about 2 undecodable", got)
	}
}

// After a rebalance two processes may tell of the same partition.
func TestALagIsCountedOnce(t *testing.T) {
	t.Parallel()
	lag := func(partition, instance string, value float64) shown {
		return shown{0, 99, "tidemark_kafka_lag_messages", map[string]string{"group": "g", "topic": "t", "partition": partition, "instance": instance}, value}
	}
	both := []shown{lag("0", "a", 30_000), lag("0", "b", 31_000)}
	if got := fires(t, "tidemark-lag", both, 5); len(got) > 0 {
		t.Errorf("31,000 messages that two processes tell of: %v", got)
	}
	want := map[string]float64{"g t": 61_000}
	if got := fires(t, "tidemark-lag", append(both, lag("1", "a", 30_000)), 5); !maps.Equal(got, want) {
		t.Errorf("61,000 messages in two partitions: %v, want %v", got, want)
	}
}
