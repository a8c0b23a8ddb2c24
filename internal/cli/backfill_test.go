package cli

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/obs"
)

// Where no broker answers, that is said before anything else, with what to do.
func TestBackfillNeedsABroker(t *testing.T) {
	t.Parallel()
	cfg := builtIn(t)
	cfg.Kafka.Brokers = []string{"127.0.0.1:1"}
	run := &backfillRun{cfg: cfg, log: slog.New(slog.DiscardHandler)}
	_, err := reachKafka(t.Context(), run, time.Millisecond)
	if err == nil || !strings.HasPrefix(err.Error(), "wait for kafka at 127.0.0.1:1: no answer within 1ms") ||
		!strings.HasSuffix(err.Error(), "start what should run there (`tidemark up`, or the brokers), or name another with --data-dir or --brokers") {
		t.Errorf("got %v", err)
	}
}

// The help says which sources have a past, and since when.
func TestBackfillHelpNamesEverySource(t *testing.T) {
	t.Parallel()
	entries, err := newSystem(builtIn(t), obs.Build{}, slog.New(slog.DiscardHandler)).polled(builtIn(t))
	if err != nil {
		t.Fatal(err)
	}
	help, n := (&app{}).backfillCommand().Long, 0
	for _, e := range entries {
		source, ok := e.Source.(past.Source)
		if !ok {
			continue
		}
		n++
		since := "since " + source.Reach(time.Now()).Format(time.DateOnly)
		if e.Name == "mastodon" || e.Name == "appstore" {
			since = "" // a number of days, and whatever was kept
		}
		_, line, found := strings.Cut(help, "\n  "+e.Name+" ")
		if line, _, _ = strings.Cut(line, "\n"); !found || !strings.Contains(line, since) {
			t.Errorf("%s: %q, want %q", e.Name, line, since)
		}
	}
	if n != 5 {
		t.Errorf("%d sources have a past", n)
	}
}
