package cli

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/obs"
)

// A list that one source refuses is taken on by nobody.
func TestAWatchlistIsTakenOnByAllOrNobody(t *testing.T) {
	t.Parallel()
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Collect.Contact = "ops@example.org"
	cfg.Watch.Tags = []string{"zero"}
	youtube := &cfg.Collect.Sources.YouTube
	youtube.Enabled, youtube.Key, youtube.Every, youtube.SearchesPerDay = true, "k-3cret", "@every 2h", 30
	cfg.Watch.File = filepath.Join(t.TempDir(), watchFileName)
	write := func(text string) {
		if err := os.WriteFile(cfg.Watch.File, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w, cfg, err := newWatching(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := newSystem(cfg, obs.Build{}, slog.New(slog.DiscardHandler))
	s.watching = w
	told := 0
	s.rewatch = append(s.rewatch, func(_ context.Context, cfg *config.Config, entries []collectors.Entry) {
		told++
		if len(entries) == 0 || len(cfg.Watch.Tags) != 2 {
			t.Errorf("told of %d sources and %v", len(entries), cfg.Watch.Tags)
		}
	})
	write("tags: [one, two]\n") // more than the quota of searches
	s.rereadWatch(t.Context())
	if told != 0 {
		t.Error("a list that a source refuses was taken on")
	}
	write("tags: [one]\n")
	s.rereadWatch(t.Context())
	if told != 1 {
		t.Errorf("a good list was told %d times, want once", told)
	}
}
