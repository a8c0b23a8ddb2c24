package cli

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// What counts begins anew when the watchlist has changed, and ends when it is
// told to or fails.
func TestCountingBeginsAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		again, runs := make(chan struct{}, 1), 0
		done := make(chan error, 1)
		go func() {
			done <- runAnew(ctx, again, func(ctx context.Context) error {
				runs++
				<-ctx.Done()
				return nil
			})
		}()
		for want := 1; want <= 3; want++ {
			synctest.Wait()
			if runs != want {
				t.Errorf("it runs for time %d, want %d", runs, want)
			}
			again <- struct{}{}
		}
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		broken := errors.New("no topic")
		if err := runAnew(t.Context(), again, func(context.Context) error { return broken }); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	})
}
