package episode

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/processors/detect/state"
)

const hour = int64(time.Hour / time.Millisecond)

var begin = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).UnixMilli()

func counts(baseline float64) Start {
	return Start{
		Rule: "surge", Scale: Linear, OnsetMS: begin - hour, Baseline: baseline, Low: baseline / 2, High: baseline * 1.5,
		Coverage: 1, How: "made", EveryMS: hour, Least: 1,
	}
}

// run feeds hourly values and returns what changed, by hour.
func run(t *testing.T, tr *Track, values func(i int) (v float64, found bool), hours int) map[string]int {
	t.Helper()
	changes := map[string]int{}
	for i := 1; i <= hours && tr.Over == NotOver; i++ {
		v, found := values(i)
		if c := tr.Add(Point{AtMS: begin + int64(i)*hour, Value: v, Depth: 200, Found: found}); c != "" {
			changes[c] = i
		}
	}
	return changes
}

// After the peak it falls by half each day: the half-life is a day, as
// measured and as fitted.
func TestHalfLife(t *testing.T) {
	t.Parallel()
	const peak, base = 10_000.0, 100.0
	for _, noise := range []float64{0, 0.1} {
		random := rand.New(rand.NewPCG(1, 2))
		tr := New(counts(base), Point{AtMS: begin, Value: 2000})
		changes := run(t, tr, func(i int) (float64, bool) {
			if i <= 10 {
				return 2000 + 800*float64(i), false
			}
			e := (peak - base) * math.Exp2(-float64(i-10)/24)
			return base + e*(1+noise*(random.Float64()*2-1)), false
		}, 24*14)
		a := tr.Anatomy()
		day := 24 * 3600.0
		if math.Abs(a.GetHalfLifeS()-day) > 3*3600*(1+10*noise) || math.Abs(a.GetFittedHalfLifeS()-day) > 0.05*day {
			t.Errorf("noise %v: half-life is %v h, fitted %v h", noise, a.GetHalfLifeS()/3600, a.GetFittedHalfLifeS()/3600)
		}
		if low, high := a.GetFittedHalfLifeLowS(), a.GetFittedHalfLifeHighS(); low > day*1.01 || high < day*0.99 || low > high {
			t.Errorf("noise %v: the interval is %v to %v h", noise, low/3600, high/3600)
		}
		if a.GetTimeToPeakS() < 11*3600 || a.GetTimeToPeakS() > 13*3600 || math.Abs(a.GetPeakMultiple()-100) > 100*noise+1 {
			t.Errorf("anatomy is %v", a)
		}
		if tr.Over != Back || a.GetGivenBack() < 0.98 || a.BackAtMs == nil || a.GetBackAtMs() > begin+int64(changes[Closed]-23)*hour {
			t.Errorf("over is %d, anatomy %v", tr.Over, a)
		}
		if changes[Peaked] <= 10 || changes[Halved] <= changes[Peaked] || changes[Closed] <= changes[Halved] {
			t.Errorf("changes are %v", changes)
		}
	}
}

// The interval holds the true half-life in about 80 of 100 cases.
func TestTheIntervalIsOfEightyPercent(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	held := 0
	const cases = 1000
	for range cases {
		var f fit
		for i := 1; i <= 12; i++ {
			at := float64(i) * 3600
			f.add(at, 1000*math.Exp2(-at/86400)*math.Exp(0.05*random.NormFloat64()), 1000)
		}
		tr := Track{fit: f, declining: true}
		a := tr.Anatomy()
		if a.GetFittedHalfLifeLowS() <= 86400 && (a.FittedHalfLifeHighS == nil || a.GetFittedHalfLifeHighS() >= 86400) {
			held++
		}
	}
	if held < cases*75/100 || held > cases*85/100 {
		t.Errorf("%d of %d intervals hold the true half-life", held, cases)
	}
}

// A decline to a new level is no return: it says where it settled, and how much
// was given back.
func TestSettling(t *testing.T) {
	t.Parallel()
	tr := New(counts(100), Point{AtMS: begin, Value: 5000})
	changes := run(t, tr, func(i int) (float64, bool) {
		day := 1 + 0.4*math.Sin(2*math.Pi*float64(i)/24) // the days' own ups and downs
		return (100 + 4900*math.Exp2(-float64(i)/12) + 900) * day, false
	}, 24*30)
	a := tr.Anatomy()
	if tr.Over != Settled || changes[Closed] > 24*12 || math.Abs(a.GetSettled()-1000) > 60 || math.Abs(a.GetGivenBack()-0.86) > 0.03 || a.BackAtMs != nil {
		t.Errorf("over is %d after %v, anatomy %v", tr.Over, changes, a)
	}
}

func TestAPlateauIsNotTheEnd(t *testing.T) {
	t.Parallel()
	tr := New(counts(100), Point{AtMS: begin, Value: 5000})
	changes := run(t, tr, func(int) (float64, bool) { return 5000, false }, 24*10)
	if len(changes) > 0 {
		t.Errorf("changes are %v", changes)
	}
}

func TestASecondSurge(t *testing.T) {
	t.Parallel()
	tr := New(counts(100), Point{AtMS: begin, Value: 1000})
	changes := run(t, tr, func(i int) (float64, bool) {
		switch {
		case i < 10:
			return 5000, false
		case i < 60:
			return 1000, false
		case i < 80:
			return 4000, i == 60
		}
		return 100, false
	}, 200)
	if changes[Resurged] != 60 || tr.Anatomy().GetResurges() != 1 || tr.Over != Back {
		t.Errorf("changes are %v, anatomy %v", changes, tr.Anatomy())
	}
}

// A night is no turn, and a dip of one look below the band no return.
func TestOneLookIsNoTurn(t *testing.T) {
	t.Parallel()
	tr := New(counts(100), Point{AtMS: begin, Value: 1000})
	changes := run(t, tr, func(i int) (float64, bool) {
		if i%24 < 5 {
			return 300, false
		}
		if i == 50 {
			return 100, false
		}
		return 1000, false
	}, 24*6)
	if len(changes) > 0 {
		t.Errorf("changes are %v", changes)
	}
}

func TestRanks(t *testing.T) {
	t.Parallel()
	s := Start{Rule: "rank", Scale: LogRank, OnsetMS: begin, Baseline: 201, Low: 201, High: 201, EveryMS: hour, Coverage: 1}
	tr := New(s, Point{AtMS: begin, Value: 150, Depth: 200})
	changes := run(t, tr, func(i int) (float64, bool) {
		switch {
		case i <= 2:
			return 40, false
		case i <= 2+48:
			return 1, false
		case i <= 2+48+24:
			return 5, false
		case i <= 2+48+24+72:
			return 60, false
		}
		return 201, false
	}, 500)
	a := tr.Anatomy()
	if a.GetAtFirstS() != 48*3600 || a.GetInTop_10S() != 72*3600 || tr.Peak != 1 || tr.Over != Back {
		t.Errorf("anatomy is %v", a)
	}
	area := math.Log(201/150.)*1 + math.Log(201/40.)*2 + math.Log(201)*48 + math.Log(201/5.)*24 + math.Log(201/60.)*72
	if math.Abs(a.GetRankArea()-area) > 1e-6 {
		t.Errorf("area is %v, want %v", a.GetRankArea(), area)
	}
	// The way down begins at the last look at #1, not at the first.
	if a.GetHalfLifeS() != 25*3600 {
		t.Errorf("half-life is %v h", a.GetHalfLifeS()/3600)
	}
	for _, c := range []string{"top-50", "first", "left-top-10", Halved, Closed} {
		if changes[c] == 0 {
			t.Errorf("%s was not told: %v", c, changes)
		}
	}
}

// What was given back of a rise in rank is of logarithms: from 99 to 1 and back
// to 11 is about half, and no eighth of the places. Below where it had come from
// is more than all.
func TestARankGivesBackOnTheLogScale(t *testing.T) {
	t.Parallel()
	for settles, want := range map[float64]float64{11: math.Log(11.5/1.5) / math.Log(99.5/1.5), 199: math.Log(199.5/1.5) / math.Log(99.5/1.5)} {
		tr := New(Start{Rule: "rank", Scale: LogRank, OnsetMS: begin, Baseline: 99, Low: 99, High: 99, EveryMS: hour, Coverage: 1}, Point{AtMS: begin, Value: 20, Depth: 200})
		run(t, tr, func(i int) (float64, bool) {
			if i <= 24 {
				return 1, false
			}
			return settles, false
		}, 24*30)
		if got := tr.Anatomy().GetGivenBack(); tr.Over == NotOver || math.Abs(got-want) > 0.02 {
			t.Errorf("settled at %v: %v was given back, want %v", settles, got, want)
		}
	}
}

func TestStateIsExact(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	a := New(Start{Rule: "rank", Scale: LogRank, OnsetMS: begin, Baseline: 120, Low: 80, High: 160, EveryMS: hour}, Point{AtMS: begin, Value: 30, Depth: 200})
	b := a
	for i := range 400 {
		p := Point{AtMS: begin + int64(i+1)*hour, Value: float64(1 + random.IntN(100)), Depth: 200, Found: i%7 == 0}
		x, y := a.Add(p), b.Add(p)
		if x != y || !proto.Equal(a.Anatomy(), b.Anatomy()) {
			t.Fatalf("look %d: %q and %q, %v and %v", i, x, y, a.Anatomy(), b.Anatomy())
		}
		if a.Over != NotOver {
			break
		}
		w := state.Writer(nil)
		b.Fields(w)
		next := &Track{}
		r := state.Reader(bytes.Clone(w.Written()))
		if next.Fields(r); r.End() != nil {
			t.Fatal(r.End())
		}
		b = next
	}
}

func TestMilestones(t *testing.T) {
	t.Parallel()
	if got := strings.Join([]string{Milestone(1), Milestone(3), Milestone(100)}, " "); got != "first top-3 top-100" {
		t.Error(got)
	}
}
