package surge

import (
	"testing"
	"time"
)

func TestTellerTellsOnce(t *testing.T) {
	t.Parallel()
	var teller Teller
	tell := func(hour int, surprise float64) float64 {
		return teller.Tell(start.Add(time.Duration(hour)*time.Hour), surprise, time.Hour)
	}
	if got := tell(0, 4); got != 4 {
		t.Errorf("the first: %g of 4", got)
	}
	for h := 1; h < 20; h++ {
		if got := tell(h, 4); got != 0 {
			t.Errorf("hour %d of the same: %g", h, got)
		}
	}
	if got := tell(20, 8); got != 8 {
		t.Errorf("twice as large: %g of 8", got)
	}
	// What comes every ten days is told less each time, and what is far larger
	// is told as ever.
	last := 8.0
	for k := 1; k <= 5; k++ {
		got := tell(20+k*240, 8)
		if got <= 0 || got >= last {
			t.Errorf("repeat %d: %g after %g", k, got, last)
		}
		last = got
	}
	if got := tell(20+6*240, 80); got < 70 {
		t.Errorf("ten times as large: %g of 80", got)
	}
}

func TestTellerIsQuietOnNothing(t *testing.T) {
	t.Parallel()
	var teller Teller
	for h := range 100 {
		if got := teller.Tell(start.Add(time.Duration(h)*time.Hour), 0, 0); got != 0 {
			t.Fatalf("hour %d: %g", h, got)
		}
	}
}
