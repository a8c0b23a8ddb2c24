package surge

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// sound tells what is wrong with a finding: nothing in it may be no number.
func sound(f Finding) string {
	for name, v := range map[string]float64{
		"value": f.Value, "previous": f.Previous, "baseline": f.Baseline, "low": f.Low, "high": f.High,
		"multiple": f.Multiple, "surprise": f.Surprise, "score": f.Score, "coverage": f.Coverage,
	} {
		if !finite(v) {
			return name + " is no number"
		}
	}
	switch {
	case f.Surprise < 0, f.Score < 0, f.Score >= 1, f.Coverage < 0, f.Coverage > 1:
		return "out of range"
	case f.Low > f.High:
		return "the band is upside down"
	case f.Learning && f.Surprise != 0:
		return "it judges while it learns"
	}
	return ""
}

// FuzzAdd takes bytes for distances (ms) and values, and saves and loads both
// tiers at every third.
func FuzzAdd(f *testing.F) {
	f.Add([]byte{}, true)
	seed := []byte{}
	for i, v := range []float64{0, 1, -1, 1e30, -1e30, 1e-300, math.MaxFloat64, math.NaN(), math.Inf(-1), 5, 5, 5e9, 0} {
		seed = binary.LittleEndian.AppendUint32(seed, uint32(i*1000))
		seed = binary.LittleEndian.AppendUint64(seed, math.Float64bits(v))
	}
	f.Add(seed, false)
	long := []byte{}
	for i := range 120 {
		long = binary.LittleEndian.AppendUint32(long, 1+uint32(i%7)*math.MaxUint32/8)
		long = binary.LittleEndian.AppendUint64(long, math.Float64bits(math.Pow(-7, float64(i%31))))
	}
	f.Add(long, true)
	f.Fuzz(func(t *testing.T, b []byte, counter bool) {
		kind := Gauge
		if counter {
			kind = Counter
		}
		for _, fresh := range tiers(0, kind) {
			d, at := fresh(), start
			for i := 0; len(b)-12*i >= 12; i++ {
				at = at.Add(time.Duration(binary.LittleEndian.Uint32(b[12*i:])) * time.Millisecond)
				o := Observation{at, math.Float64frombits(binary.LittleEndian.Uint64(b[12*i+4:]))}
				if i%3 == 2 {
					d = again(t, d, o)
					continue
				}
				if s := sound(d.Add(o)); s != "" {
					t.Fatalf("observation %d, %v: %s", i, o, s)
				}
			}
		}
	})
}

// again adds to a detector and to what was saved and loaded of it.
func again(t *testing.T, d detector, o Observation) detector {
	t.Helper()
	b, err := d.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	var other detector = new(Light)
	if _, full := d.(*Full); full {
		other = new(Full)
	}
	if err := other.UnmarshalBinary(b); err != nil {
		t.Fatalf("load what was saved: %v", err)
	}
	f, g := d.Add(o), other.Add(o)
	if f != g {
		t.Fatalf("%v: %+v after loading, %+v without", o, g, f)
	}
	if s := sound(f); s != "" {
		t.Fatalf("%v: %s", o, s)
	}
	return other
}

// FuzzUnmarshal takes any bytes for a state: an error, or a detector that works.
func FuzzUnmarshal(f *testing.F) {
	for _, fresh := range tiers(time.Hour, Counter) {
		b, _ := fresh().AppendBinary(nil)
		f.Add(b)
		f.Add(b[:len(b)-1])
		f.Add(append(b, 0))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, d := range []detector{new(Light), new(Full)} {
			if d.UnmarshalBinary(b) != nil {
				if one, _ := d.AppendBinary(nil); len(one) != d.StateSize() {
					t.Fatal("a refused state has left something")
				}
				continue
			}
			d.Add(Observation{start, 3})
			two, _ := d.AppendBinary(nil)
			if len(two) != len(b) {
				t.Fatal("sizes differ")
			}
		}
	})
}

func TestAStateOfAnotherTierIsRefused(t *testing.T) {
	t.Parallel()
	light, _ := NewLight(0, Gauge).AppendBinary(nil)
	if err := new(Full).UnmarshalBinary(light); err == nil {
		t.Error("the full tier took a state of the light one")
	}
	if err := new(Light).UnmarshalBinary(light[:40]); err == nil {
		t.Error("half a state was taken")
	}
	if err := new(Light).UnmarshalBinary(nil); err == nil {
		t.Error("nothing was taken")
	}
}

func BenchmarkLight(b *testing.B) { bench(b, NewLight(5*time.Minute, Gauge)) }

func BenchmarkFull(b *testing.B) { bench(b, NewFull(5*time.Minute, Gauge)) }

func bench(b *testing.B, d detector) {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	values := make([]float64, 1<<14)
	for i := range values {
		values[i] = week(r, i/12, 300)
	}
	at, began := start, processor(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		at = at.Add(5 * time.Minute)
		d.Add(Observation{at, values[i%len(values)]})
	}
	// The time of the processor: who else is at work on the machine changes the
	// time on the clock.
	b.ReportMetric(float64((processor(b)-began).Nanoseconds())/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(d.StateSize()), "state-bytes")
}

// processor is what this process has used, all its threads together.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
