package cli

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// diary notes the order in which parts end.
type diary struct {
	mu   sync.Mutex
	ends []string
}

func (d *diary) part(name string, takes time.Duration) part {
	return part{name: name, run: func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(takes)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.ends = append(d.ends, name)
		return ctx.Err()
	}}
}

func TestStagesEndInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var d diary
		time.AfterFunc(time.Hour, cancel)
		err := runStages(ctx, slog.New(slog.DiscardHandler),
			stage{d.part("collectors", 2*time.Second)},
			stage{d.part("store", time.Second), d.part("rollups", 0)},
			stage{d.part("broker", 0)},
		)
		if err != nil {
			t.Errorf("a clean end is no error: %v", err)
		}
		if diff := cmp.Diff([]string{"collectors", "rollups", "store", "broker"}, d.ends); diff != "" {
			t.Errorf("order of ends (-want +got):\n%s", diff)
		}
	})
}

func TestAPartThatFailsEndsAllAndIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var d diary
		err := runStages(t.Context(), slog.New(slog.DiscardHandler),
			stage{d.part("collectors", 0), {name: "case", run: func(context.Context) error { return nil }}},
			stage{{name: "store", run: func(context.Context) error { time.Sleep(time.Minute); return errors.New("no table") }}},
			stage{d.part("broker", 0)},
		)
		if err == nil || err.Error() != "run store: no table" {
			t.Errorf("got %v", err)
		}
		if len(d.ends) != 2 {
			t.Errorf("not everything ended: %v", d.ends)
		}
	})
}

func TestAPartThatHangsIsNamedInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var d diary
		release := make(chan struct{})
		begin := time.Now()
		err := runStages(ctx, slog.New(slog.DiscardHandler),
			stage{{name: "store", run: func(context.Context) error { <-release; return nil }}},
			stage{d.part("broker", 0)},
		)
		if err == nil || !strings.Contains(err.Error(), "end store: still busy") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("ended after %s", took)
		}
		if len(d.ends) != 1 {
			t.Errorf("the broker was not ended")
		}
		close(release)
	})
}

func TestStagesEndWhenAllIsDone(t *testing.T) {
	t.Parallel()
	done := part{name: "a", run: func(context.Context) error { return nil }}
	if err := runStages(t.Context(), slog.New(slog.DiscardHandler), stage{done}, stage{done}); err != nil {
		t.Error(err)
	}
}
