package testkit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// Compose is what the tests read of docker-compose.yml.
type Compose struct {
	Services map[string]ComposeService `yaml:"services"`
	Volumes  map[string]any            `yaml:"volumes"`
	Secrets  map[string]struct {
		File string `yaml:"file"`
	} `yaml:"secrets"`
}

// ComposeService is one service of it, with its merged blocks.
type ComposeService struct {
	Image       string            `yaml:"image"`
	User        string            `yaml:"user"`
	Entrypoint  []string          `yaml:"entrypoint"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Volumes     []string          `yaml:"volumes"`
	Tmpfs       []string          `yaml:"tmpfs"`
	Ports       []string          `yaml:"ports"`
	Secrets     []string          `yaml:"secrets"`
	ReadOnly    bool              `yaml:"read_only"`
	Privileged  bool              `yaml:"privileged"`
	CapAdd      []string          `yaml:"cap_add"`
	CapDrop     []string          `yaml:"cap_drop"`
	SecurityOpt []string          `yaml:"security_opt"`
	Network     string            `yaml:"network_mode"`
	Grace       string            `yaml:"stop_grace_period"`
	Health      struct {
		Test    []string `yaml:"test"`
		Disable bool     `yaml:"disable"`
	} `yaml:"healthcheck"`
	Logging struct {
		Options map[string]string `yaml:"options"`
	} `yaml:"logging"`
	Deploy struct {
		Replicas  int `yaml:"replicas"`
		Resources struct {
			Limits map[string]any `yaml:"limits"`
		} `yaml:"resources"`
	} `yaml:"deploy"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
}

// ReadCompose reads docker-compose.yml of the repository.
func ReadCompose(t testing.TB) Compose {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(t), "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file Compose
	// A key beside a merged block replaces that of the block.
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.AllowDuplicateMapKey()); err != nil {
		t.Fatal(err)
	}
	return file
}

// HostPath is what the service sees at a path of its container: the file of the
// repository that is mounted there, or below a folder that is. Empty: nothing is.
func (s ComposeService) HostPath(inside string) string {
	for _, volume := range s.Volumes {
		parts := strings.Split(volume, ":")
		if rest, below := strings.CutPrefix(inside, parts[1]); below && strings.HasPrefix(parts[0], "./") {
			return filepath.Join(parts[0], rest)
		}
	}
	return ""
}
