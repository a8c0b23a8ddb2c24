package config

import (
	"net/url"
	"slices"
	"time"
)

func (k *checker) http(c *HTTP) {
	for i, host := range c.Hosts {
		k.need(matches(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`, host), index("http.hosts", i), "is %q, want the name of a host, without scheme and port", host)
	}
	if c.PrometheusURL != "" {
		u, err := url.Parse(string(c.PrometheusURL))
		// It is never repeated: it may hold a password.
		k.need(err == nil && slices.Contains([]string{"http", "https"}, u.Scheme) && u.Host != "", "http.prometheus_url",
			"is no address such as http://127.0.0.1:9090")
	}
	if c.MetricsKeep != 0 {
		k.between("http.metrics_keep", c.MetricsKeep.D(), 10*time.Minute, 7*day)
	}
	k.need(c.MaxSeries >= 100 && c.MaxSeries <= 100_000, "http.max_series", "is %d, want 100 to 100000", c.MaxSeries)
}
