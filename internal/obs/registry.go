package obs

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// NewRegistry is the process's own registry, with what every Go program shows
// and which build this is.
func NewRegistry(b Build) *prometheus.Registry {
	reg := prometheus.NewRegistry()
	RegisterBuild(reg, b)
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return reg
}

// RegisterBuild shows which build this is.
func RegisterBuild(reg prometheus.Registerer, b Build) {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "tidemark_build_info",
		Help: "Always 1; its labels say which build of Tidemark runs.",
	}, []string{"version", "revision", "go"})
	info.WithLabelValues(b.Version, b.Revision, b.Go).Set(1)
	reg.MustRegister(info)
}
