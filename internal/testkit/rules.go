package testkit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
)

// PrometheusRule is one rule that pages whoever runs Tidemark: its name and its PromQL.
type PrometheusRule struct {
	Alert string `yaml:"alert"`
	Expr  string `yaml:"expr"`
}

// fewestRules is well below what the file holds: fewer were read wrongly.
const fewestRules = 10

// PrometheusRules reads the rules that are given to Prometheus.
func PrometheusRules(t testing.TB) (rules []PrometheusRule) {
	t.Helper()
	path := filepath.Join(Root(t), "deploy", "prometheus", "tidemark.rules.yml")
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []PrometheusRule `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(body, &file); err != nil {
		t.Fatalf("read %s: %v", path, err)
	}
	for _, group := range file.Groups {
		rules = append(rules, group.Rules...)
	}
	if len(rules) < fewestRules {
		t.Fatalf("read %s: there are %d rules", path, len(rules))
	}
	return rules
}
