package cli

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/event"
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

// stuck is a broker that is away for a while.
type stuck time.Duration

func (s stuck) Publish(context.Context, string, string, event.Validator) error {
	time.Sleep(time.Duration(s))
	return nil
}

// A person whose broker went away is told why nothing moves, once a message.
func TestWaitingForTheBrokerIsSaid(t *testing.T) {
	t.Parallel()
	for away, want := range map[time.Duration]int{5 * time.Second: 0, time.Hour: 1} {
		synctest.Test(t, func(t *testing.T) {
			var said []string
			p := waitingPublisher{stuck(away), func(line string) { said = append(said, line) }}
			if err := p.Publish(t.Context(), event.TopicSnapshots, "k", &event.Snapshot{}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour) // it is said once, and not late
			synctest.Wait()
			if len(said) != want {
				t.Errorf("away for %v: said %q", away, said)
			}
		})
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
	if n == 0 {
		t.Errorf("%d sources have a past", n)
	}
}
