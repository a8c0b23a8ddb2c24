package surge

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"
)

var start = time.Date(2024, 12, 2, 0, 0, 0, 0, time.UTC) // a Monday

// detector is what both tiers are.
type detector interface {
	Add(o Observation) Finding
	saved
}

type saved interface {
	AppendBinary(b []byte) ([]byte, error)
	UnmarshalBinary(b []byte) error
	StateSize() int
}

// tiers are a fresh detector of each tier.
func tiers(every time.Duration, kind Kind) map[string]func() detector {
	return map[string]func() detector{
		"light": func() detector { return NewLight(every, kind) },
		"full":  func() detector { return NewFull(every, kind) },
	}
}

// both runs a test on both tiers.
func both(t *testing.T, every time.Duration, kind Kind, f func(t *testing.T, d detector)) {
	t.Helper()
	for name, fresh := range tiers(every, kind) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, fresh())
		})
	}
}

// week is an hourly series with nights, week ends and noise.
func week(r *rand.Rand, hour int, height float64) float64 {
	v := height * (1 + 0.6*math.Sin(float64(hour%24-9)/24*2*math.Pi))
	if (hour/24)%7 >= 5 {
		v *= 0.6
	}
	return math.Round(v * math.Exp(0.1*r.NormFloat64()))
}

func TestStateIsSmall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		d     detector
		inMem uintptr
		limit int
	}{
		"light": {NewLight(time.Hour, Gauge), unsafe.Sizeof(Light{}), lightLimit},
		"full":  {NewFull(time.Hour, Gauge), unsafe.Sizeof(Full{}), fullLimit},
	} {
		b, err := c.d.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes written, %d in memory", name, len(b), c.inMem)
		if len(b) > c.limit || int(c.inMem) > c.limit || c.d.StateSize() != len(b) {
			t.Errorf("%s: %d bytes written, %d in memory, StateSize says %d; at most %d", name, len(b), c.inMem, c.d.StateSize(), c.limit)
		}
	}
}

func TestSavedAndLoadedGoesOnExactly(t *testing.T) {
	t.Parallel()
	both(t, 0, Gauge, func(t *testing.T, d detector) {
		r := rand.New(rand.NewPCG(1, 2))
		for i := range 2000 {
			o := Observation{At: start.Add(time.Duration(i) * time.Hour), Value: week(r, i, 300)}
			if r.IntN(50) == 0 {
				o.Value *= 30
			}
			if i%97 == 0 {
				b, err := d.AppendBinary([]byte("x"))
				if err != nil {
					t.Fatal(err)
				}
				var other detector = new(Light)
				if _, full := d.(*Full); full {
					other = new(Full)
				}
				if err := other.UnmarshalBinary(b[1:]); err != nil {
					t.Fatal(err)
				}
				if f, g := d.Add(o), other.Add(o); f != g {
					t.Fatalf("point %d: %+v after loading, %+v without", i, g, f)
				}
				one, _ := d.AppendBinary(nil)
				two, _ := other.AppendBinary(nil)
				if !bytes.Equal(one, two) {
					t.Fatalf("point %d: states differ", i)
				}
				d = other
				continue
			}
			d.Add(o)
		}
	})
}

func TestABaselineThatExplodes(t *testing.T) {
	t.Parallel()
	both(t, time.Hour, Gauge, func(t *testing.T, d detector) {
		r := rand.New(rand.NewPCG(3, 4))
		hour := 0
		add := func(v float64) Finding {
			f := d.Add(Observation{At: start.Add(time.Duration(hour) * time.Hour), Value: v})
			hour++
			return f
		}
		for range 21 * 24 {
			add(week(r, hour, 0.39e6))
		}
		for _, height := range []float64{27e6, 60e6, 250e6} {
			f := add(height)
			if f.Calm || f.Surprise < 3 || f.Multiple < 20 {
				t.Errorf("rise to %g: surprise %.1f, multiple %.1f, calm %v, expected %g (%g to %g)", height, f.Surprise, f.Multiple, f.Calm, f.Baseline, f.Low, f.High)
			}
			for range 15 {
				add(height * math.Exp(0.1*r.NormFloat64()))
			}
		}
	})
}
