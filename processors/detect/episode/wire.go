package episode

import (
	"errors"

	"github.com/tidemark/tidemark/processors/detect/state"
)

// Fields goes over all that is kept.
func (t *Track) Fields(p *state.Pen) {
	p.Text(&t.Rule, 512)
	p.Text(&t.How, 2048)
	scale, over, alike := uint32(t.Scale), int64(t.Over), t.settled.alike
	p.Uint32s(&scale, &t.Sequence, &t.Resurges, &t.depth, &t.belowN, &t.halfN, &t.insideN, &t.borders)
	p.Flags(&t.Falls, &t.Young, &t.declining, &t.halved)
	p.Ints(&t.OnsetMS, &t.EveryMS, &t.OpenedMS, &t.PeakMS, &t.BackMS, &t.fellMS, &over, &alike,
		&t.at, &t.below, &t.half, &t.inside, &t.first, &t.top10, &t.settled.begin)
	p.Floats(&t.Baseline, &t.Low, &t.High, &t.Coverage, &t.Least, &t.Severity, &t.Peak,
		&t.value, &t.peakE, &t.localE, &t.troughE, &t.insideSum, &t.area)
	s, f := &t.settled, &t.fit
	p.Floats(&s.n, &s.sum, &s.low, &s.high, &s.mean, &f.n, &f.t, &f.y, &f.tt, &f.ty, &f.yy)
	for i := range t.away {
		n := uint32(t.away[i])
		p.Uint32s(&n)
		t.away[i] = uint8(n) //nolint:gosec // at most awayLooks
	}
	if !p.Reads() {
		return
	}
	if scale > uint32(Presence) || over != NotOver || t.Sequence == 0 || t.OnsetMS <= 0 || t.EveryMS < 0 {
		p.Fail(errors.New("it has an episode that cannot be"))
	}
	t.Scale, t.settled.alike = Scale(scale), alike //nolint:gosec // bounded above
}
