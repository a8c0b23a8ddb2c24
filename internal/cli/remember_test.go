package cli

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/instance"
	"github.com/tidemark/tidemark/internal/obs"
)

// What a host has told one run of collect or up, the next one knows.
func TestSourcesKnowWhatAnEarlierRunWasTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, c := range map[string]config.Collect{
		"beside the raw answers": {Raw: config.Raw{Dir: filepath.Join(dir, "a", "raw")}},
		"in its directory":       {State: filepath.Join(dir, "b"), Raw: config.Raw{Dir: filepath.Join(dir, "c", "raw")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			life := func() *system {
				cfg := builtIn(t)
				cfg.Collect.Raw, cfg.Collect.State = c.Raw, c.State
				s := newSystem(cfg, obs.Build{}, slog.New(slog.DiscardHandler))
				s.remember()
				if _, err := s.sources(); err != nil {
					t.Fatal(err)
				}
				return s
			}
			life().asks.Memory().Remember("k", 7)
			var n int
			if !life().asks.Memory().Recall("k", &n) || n != 7 {
				t.Errorf("the second life recalls %d", n)
			}
		})
	}
}

func TestUpRemembersInItsDataDirectory(t *testing.T) {
	t.Parallel()
	dir, err := instance.Lock(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Release() //nolint:errcheck // the directory goes with the test
	if got, want := stateOfUp(builtIn(t), dir), dir.Path(); got != want {
		t.Errorf("up remembers in %q, want %q", got, want)
	}
}

func TestOnlyWhatForgetsIsWarnedOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scrapes bool
		state   string
		want    string
	}{{false, "", ""}, {true, "", "tiktok is on and neither collect.state nor"}, {true, t.TempDir(), ""}} {
		cfg := builtIn(t)
		cfg.Collect.Sources.TikTok.Enabled, cfg.Collect.State = c.scrapes, c.state
		s := newSystem(cfg, obs.Build{}, slog.New(slog.DiscardHandler))
		s.remember()
		entries, err := s.sources()
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(forgets(s, entries), "\n")
		if (c.want == "") != (got == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("scrapes %v, state %q: %q", c.scrapes, c.state, got)
		}
	}
}

// A file that cannot be had keeps nobody from collecting.
func TestCollectsWithoutItsMemory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := builtIn(t)
	cfg.Collect.State = file
	s := newSystem(cfg, obs.Build{}, slog.New(slog.DiscardHandler))
	s.remember()
	if _, err := s.sources(); err != nil || s.memory != nil {
		t.Errorf("got %v", err)
	}
}

func builtIn(t *testing.T) *config.Config {
	t.Helper()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestTrafficIsSaid(t *testing.T) {
	t.Parallel()
	cfg := builtIn(t)
	const want = "gdelt downloads about 550 MB a day; switch it off with collect.sources.gdelt.enabled: false"
	if got := traffic(cfg); len(got) != 1 || got[0] != want {
		t.Errorf("got %q", got)
	}
	cfg.Collect.Sources.GDELT.Enabled = false
	if got := traffic(cfg); len(got) != 0 {
		t.Errorf("switched off, and says %q", got)
	}
}
