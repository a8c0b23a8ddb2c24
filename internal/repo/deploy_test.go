package repo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/tidemark/tidemark/internal/config"
)

// TestExampleConfigurationIsRead: strictly, as the program reads it.
func TestExampleConfigurationIsRead(t *testing.T) {
	t.Parallel()
	got, err := config.Load(filepath.Join(root, "deploy/config.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Process.Assignment != "group" {
		t.Errorf("the example for servers has assignment %q", got.Process.Assignment)
	}
}

type compose struct {
	Services map[string]struct {
		Image       string            `yaml:"image"`
		Environment map[string]string `yaml:"environment"`
		Volumes     []string          `yaml:"volumes"`
		Ports       []string          `yaml:"ports"`
	} `yaml:"services"`
	Volumes map[string]any `yaml:"volumes"`
}

// TestComposeFileFitsTheTree: what it mounts is there, what it sets is
// understood, and nothing is open to the network by default.
func TestComposeFileFitsTheTree(t *testing.T) {
	t.Parallel()
	var file compose
	// A key beside a merged block replaces that of the block.
	if err := yaml.UnmarshalWithOptions([]byte(read(t, "docker-compose.yml")), &file, yaml.AllowDuplicateMapKey()); err != nil {
		t.Fatal(err)
	}
	known := config.Variables()
	for name, service := range file.Services {
		if _, tag, found := strings.Cut(service.Image, ":"); !found || tag == "latest" {
			t.Errorf("service %s: image %q has no version", name, service.Image)
		}
		for variable := range service.Environment {
			if _, ok := known[variable]; strings.HasPrefix(variable, "TIDEMARK_") && !ok && variable != config.EnvConfig {
				t.Errorf("service %s sets %s, which is no setting", name, variable)
			}
		}
		for _, port := range service.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("service %s opens port %s to the network", name, port)
			}
		}
		for _, volume := range service.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			if !strings.HasPrefix(source, "./") {
				if _, ok := file.Volumes[source]; !ok {
					t.Errorf("service %s uses volume %s, which is not declared", name, source)
				}
				continue
			}
			if _, err := os.Stat(filepath.Join(root, source)); err != nil {
				t.Errorf("service %s mounts %s: %v", name, source, err)
			}
		}
	}
	for _, name := range []string{"kafka", "clickhouse", "migrate", "collect", "process", "grafana", "prometheus", "alertmanager"} {
		if _, ok := file.Services[name]; !ok {
			t.Errorf("there is no service %s", name)
		}
	}
}
