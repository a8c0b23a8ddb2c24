package evaluate

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// Perturbations are the ways in which series are made worse, to see how much a
// score depends on luck.
func Perturbations() []string {
	return []string{"2 % of points dropped", "2 % noise", "clock shifted by 37 minutes", "2 % of points doubled"}
}

const (
	perturbed = 0.02
	shift     = 37 * time.Minute
)

// Perturb is a copy of a series, made worse in one of the ways, the same each
// time. The edges of windows are kept: they are what is scored against.
func Perturb(s *Series, way string) (*Series, error) {
	h := fnv.New64a()
	fmt.Fprint(h, s.Key, way)
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	out := &Series{Key: s.Key}
	edge := map[time.Time]bool{}
	by := time.Duration(0)
	if way == Perturbations()[2] {
		by = shift
	}
	for _, w := range s.Windows {
		edge[w.From], edge[w.To] = true, true
		out.Windows = append(out.Windows, Window{w.From.Add(by), w.To.Add(by)})
	}
	for i, at := range s.At {
		v, times := s.Value[i], 1
		switch way {
		case Perturbations()[0]:
			if r.Float64() < perturbed && !edge[at] {
				continue
			}
		case Perturbations()[1]:
			v *= 1 + perturbed*r.NormFloat64()
		case Perturbations()[2]:
		case Perturbations()[3]:
			if r.Float64() < perturbed && !edge[at] {
				times = 2
			}
		default:
			return nil, fmt.Errorf("perturb series: %q is no way to do so", way)
		}
		for range times {
			out.At, out.Value = append(out.At, at.Add(by)), append(out.Value, v)
		}
	}
	return out, nil
}
