package ranks

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestLogRank(t *testing.T) {
	t.Parallel()
	if a, b := Rise(200, 100), Rise(10, 5); math.Abs(a-b) > 0.06 {
		t.Errorf("200 to 100 is %v, 10 to 5 is %v", a, b)
	}
	if Rise(10, 1) <= Rise(200, 100) {
		t.Error("10 to 1 is not more than 200 to 100")
	}
	if r := Place(Log(37)); math.Abs(r-37) > 1e-9 {
		t.Errorf("37 came back as %v", r)
	}
	if Rise(201, 5) <= Rise(201, 150) || Rise(101, 150) >= 0 {
		t.Error("entering is not judged by where")
	}
}

func TestBands(t *testing.T) {
	t.Parallel()
	last := -1
	for _, r := range []float64{1, 4, 11, 26, 51, 101, 201, 301} {
		b := Band(r, 300)
		if b != last+1 {
			t.Errorf("#%v is in band %d, want %d", r, b, last+1)
		}
		last = b
	}
}

// A tail knows what is ordinary: 1 % goes beyond its quantile, and a surprise of
// s nats comes with a chance of about e^-s of that.
func TestTailIsCalibrated(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	tail := Prior(0)
	for range 200_000 {
		tail.Learn(0.05*random.ExpFloat64(), 1)
	}
	beyond, far := 0, 0
	const n = 200_000
	for range n {
		s := tail.Surprise(0.05 * random.ExpFloat64())
		if s > 0 {
			beyond++
		}
		if s > 2 {
			far++
		}
	}
	if share := float64(beyond) / n; share < 0.003 || share > 0.03 {
		t.Errorf("%v go beyond the quantile", share)
	}
	if share := float64(far) / n; share > 0.01 {
		t.Errorf("%v are surprising by 2 nats", share)
	}
}

// One monstrous change says nothing about the next, and a long rise does not
// become ordinary by being long.
func TestTailIsNotBlindedByOneEvent(t *testing.T) {
	t.Parallel()
	for w := range Windows {
		tail := Prior(w)
		for range 24 * 30 {
			tail.Learn(0.1, Weight(w, 3600))
		}
		before := tail.Surprise(3)
		for range 24 {
			tail.Learn(3, Weight(w, 3600))
		}
		if after := tail.Surprise(3); after < before/8 || after < 2 {
			t.Errorf("window %d: the surprise fell from %v to %v", w, before, after)
		}
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	l := Fresh(5)
	l.Learn(1, Span(0).Seconds())
	r := l.Rises(1)
	if math.Abs(r[0]-4/math.E) > 1e-3 || r[0] >= r[1] || r[1] >= r[2] {
		t.Errorf("after a span the rises are %v", r)
	}
}
