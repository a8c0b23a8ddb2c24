package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// part is something that runs until its context ends. If it ends by itself with
// an error, everything ends; without one, it was done.
type part struct {
	name string
	run  func(ctx context.Context) error
}

// stage is what ends together.
type stage []part

const (
	// stageGrace is what the parts of one stage get to end, stagesGrace what
	// all of them get: a little less than the 10 seconds that are promised.
	stageGrace  = 7 * time.Second
	stagesGrace = 9 * time.Second
)

// runStages starts everything at once and ends it one stage after the other,
// in the order given: those who write first, those who are written to last. It
// returns the first error, with the name of the part that ended.
func runStages(ctx context.Context, log *slog.Logger, stages ...stage) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	running := make([]*runningStage, len(stages))
	for i, s := range stages {
		running[i] = startStage(ctx, s, end)
	}
	<-allDone(ctx, running)
	var errs []error
	deadline := time.Now().Add(stagesGrace)
	for _, r := range running {
		r.stop()
		grace := min(stageGrace, time.Until(deadline))
		if late := r.wait(grace); late != "" {
			log.Error("part does not end", "parts", late, "grace", grace.String())
			errs = append(errs, fmt.Errorf("end %s: still busy after %s", late, grace.Round(time.Second)))
		}
	}
	for _, r := range running {
		errs = append(errs, r.errs()...)
	}
	return errors.Join(errs...)
}

// allDone is closed when ctx ends, or when no part runs any more.
func allDone(ctx context.Context, running []*runningStage) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, r := range running {
			select {
			case <-ctx.Done():
				return
			case <-r.done:
			}
		}
	}()
	return done
}

type runningStage struct {
	stop func()
	done chan struct{}

	mu     sync.Mutex
	names  map[string]bool // those that still run
	failed []error
}

// startStage gives the parts a context of their own, which does not end with
// ctx: the order of ending is runStages' business.
func startStage(ctx context.Context, s stage, end context.CancelCauseFunc) *runningStage {
	own, stop := context.WithCancel(context.WithoutCancel(ctx))
	r := &runningStage{stop: stop, done: make(chan struct{}), names: map[string]bool{}}
	var group sync.WaitGroup
	for _, p := range s {
		r.names[p.name] = true
		group.Go(func() {
			err := p.run(own)
			if err != nil && own.Err() != nil && errors.Is(err, own.Err()) {
				err = nil // it ended because it was told to
			}
			if err = r.ended(p.name, err); err != nil {
				end(err)
			}
		})
	}
	go func() {
		group.Wait()
		close(r.done)
	}()
	return r
}

func (r *runningStage) ended(name string, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.names, name)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("run %s: %w", name, err)
	r.failed = append(r.failed, err)
	return err
}

// wait returns the names of those that did not end in time.
func (r *runningStage) wait(grace time.Duration) string {
	select {
	case <-r.done:
		return ""
	case <-time.After(grace):
		r.mu.Lock()
		defer r.mu.Unlock()
		return strings.Join(sortedKeys(r.names), ", ")
	}
}

func (r *runningStage) errs() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}
