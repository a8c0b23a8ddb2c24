package cli

import (
	"context"
	"net/http"

	"github.com/tidemark/tidemark/dashboards"
	"github.com/tidemark/tidemark/dashboards/metrics"
	"github.com/tidemark/tidemark/dashboards/viewer"
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/processors/store"
)

// pageOf makes the page and its API: what runs beside it says status.
func (s *system) pageOf(status func(context.Context) (viewer.Status, error)) (http.Handler, error) {
	var err error
	if s.reader, err = clickhouse.OpenReader(s.cfg.ClickHouse, s.log); err != nil {
		return nil, err
	}
	return viewer.New(viewer.Deps{
		DB: s.ch, Reader: s.reader, Dashboards: dashboards.Files(), Metrics: s.own, Hosts: s.cfg.HTTP.Hosts,
		Status: status, Expected: s.expected, Log: s.log,
	}), nil
}

// metricsParts answer PromQL for the page: a Prometheus does, or this process
// remembers its own metrics.
func (s *system) metricsParts(instance string) (stage, error) {
	cfg := s.cfg.HTTP
	if cfg.PrometheusURL != "" {
		remote, err := metrics.NewRemote(cfg.PrometheusURL.Reveal())
		s.own = remote
		return nil, err
	}
	if cfg.MetricsKeep == 0 {
		return nil, nil
	}
	own := metrics.NewOwn(metrics.Config{Keep: cfg.MetricsKeep.D(), MaxSeries: cfg.MaxSeries, Instance: instance}, s.gather, s.reg, s.log)
	s.own = own
	return stage{{name: "own metrics", run: own.Run}}, nil
}

// serverStatus is what the page of `tidemark process` says of what runs: the
// servers are others' business.
func (s *system) serverStatus(ctx context.Context) (viewer.Status, error) {
	st := viewer.Status{
		Broker: s.cfg.Kafka.Brokers[0], BrokerAbout: "Kafka", ClickHouseHTTP: s.ch.Addr(), EngineAbout: "ClickHouse",
		Version: s.build.Version, StartedAt: s.startedAt,
	}
	lags, err := s.kafka.Lag(ctx, s.storeGroup(), store.Topics())
	for _, l := range lags {
		st.Lag = append(st.Lag, viewer.Lag(l))
	}
	return st, err
}
