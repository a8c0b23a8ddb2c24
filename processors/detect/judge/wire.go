package judge

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/detect/episode"
	"github.com/tidemark/tidemark/processors/detect/state"
	"github.com/tidemark/tidemark/processors/detect/surge"
)

// version of the state. A change of what is kept is a new one; a state of
// another is refused, and its target begins anew.
const version = 2

// Bounds of what is read: nothing larger was ever written.
const (
	mostName    = 1024
	mostSeries  = 1 << 20
	mostBlob    = 64 << 10
	mostTracked = 1 << 10
)

// Size is how many bytes AppendBinary writes.
func (t *Target) Size() int {
	b, _ := t.AppendBinary(nil) // writing to memory cannot fail
	return len(b)
}

// AppendBinary writes the state: versioned, and exact. Rules and names are not
// in it: those are the judge's that reads it.
func (t *Target) AppendBinary(b []byte) ([]byte, error) {
	p := state.Writer(b)
	v := uint32(version)
	p.Uint32s(&v)
	p.Text(&t.source, mostName)
	p.Text(&t.key, 4*mostName)
	basis := uint32(t.basis) //nolint:gosec // an enumeration from 0
	p.Uint32s(&basis)
	if err := t.fields(p); err != nil {
		return b, fmt.Errorf("write state of %s: %w", t.key, err)
	}
	return p.Written(), nil
}

// LoadTarget reads a state that AppendBinary wrote. It then goes on exactly as
// the one that was written, by the rules of this judge.
func (j *Judge) LoadTarget(b []byte) (*Target, error) {
	p := state.Reader(b)
	var v, basis uint32
	var source, key string
	if p.Uint32s(&v); v != version {
		return nil, errors.New("read state of a target: it is of another version; begin anew from history")
	}
	p.Text(&source, mostName)
	p.Text(&key, 4*mostName)
	p.Uint32s(&basis)
	target, err := event.ParseTargetKey(key)
	if err != nil {
		return nil, fmt.Errorf("read state of a target: %w", err)
	}
	t := j.NewTarget(source, target, event.Basis(basis)) //nolint:gosec // a number that is compared only
	if err := t.fields(p); err != nil {
		return nil, fmt.Errorf("read state of %s: %w", key, err)
	}
	if err := p.End(); err != nil {
		return nil, fmt.Errorf("read state of %s: %w", key, err)
	}
	return t, nil
}

func (t *Target) fields(p *state.Pen) error {
	p.Ints(&t.slot)
	p.Floats(&t.looked)
	p.Uint32s(&t.evicted, &t.refused, &t.zeros)
	each(p, &t.cadence, mostCadences, func(v *uint32) { p.Uint32s(v) })
	charted := t.chart != nil
	if p.Flags(&charted); charted {
		if t.chart == nil {
			t.chart = newChart()
		}
		t.chart.fields(p, t)
	}
	metrics := t.metrics()
	each(p, &metrics, mostSeries, func(name *string) { p.Text(name, mostName) })
	each(p, &t.series, mostSeries, func(se **series) {
		if *se == nil {
			*se = &series{}
		}
		i := uint32(max(0, slices.Index(metrics, (*se).metric))) //nolint:gosec // an index
		if p.Uint32s(&i); int(i) >= len(metrics) {
			p.Fail(errors.New("a series has no metric"))
			return
		}
		(*se).metric = metrics[i]
		(*se).fields(p, t)
	})
	if p.Reads() && p.Err() == nil {
		for _, se := range t.series {
			t.index[seriesKey{se.subject.id, se.metric}] = se
		}
		if len(t.index) != len(t.series) {
			p.Fail(errors.New("a series is there twice"))
		}
	}
	return p.Err()
}

// metrics are the names of those that there are, once each: a target has
// thousands of series and some few metrics.
func (t *Target) metrics() (all []string) {
	for _, se := range t.series {
		if !slices.Contains(all, se.metric) {
			all = append(all, se.metric)
		}
	}
	return all
}

// since is an instant that is mostly not long before another.
func since(p *state.Pen, at *int64, slot int64) {
	d := slot - *at
	p.Ints(&d)
	*at = slot - d
}

// each goes over a list.
func each[T any](p *state.Pen, list *[]T, most int, do func(*T)) {
	n := p.Len(len(*list), most)
	if p.Reads() {
		*list = nil
	}
	for i := range n {
		if p.Err() != nil {
			return
		}
		if p.Reads() {
			var zero T
			*list = append(*list, zero)
		}
		do(&(*list)[i])
	}
}

func (se *series) fields(p *state.Pen, t *Target) {
	p.Text(&se.subject.id, mostName)
	since(p, &se.seen, t.slot)
	since(p, &se.at, se.seen)
	since(p, &se.calm, se.at)
	p.Floats(&se.value)
	light, full, open := se.light != nil, se.full != nil, se.track != nil
	told, young, stirred := se.told != (told{}), se.young != (young{}), se.stir != 0
	p.Flags(&se.had, &light, &full, &open, &told, &young, &stirred)
	if told {
		p.Ints(&se.told.at)
		p.Floats(&se.told.surprise)
	}
	if young {
		p.Uint32s(&se.young.zeros, &se.young.n)
		p.Floats(&se.young.mean)
	}
	if stirred {
		p.Ints(&se.stir)
	}
	if light {
		if se.light == nil {
			se.light = &surge.Light{}
		}
		blob(p, se.light)
	}
	if full {
		if se.full == nil {
			se.full = &surge.Full{}
		}
		blob(p, se.full)
	}
	each(p, &se.past, 4*pastMost, func(m *moment) {
		p.Ints(&m.at)
		p.Singles(&m.value, &m.low, &m.high)
	})
	track(p, open, &se.track)
	usual(p, open, &se.usual)
	thresholds(p, &se.over)
	if !p.Reads() || p.Err() != nil {
		return
	}
	se.classify(t)
	se.adopt(t.judge.about(t, se.subject.id, se.metric, se.kind))
	if se.kept && se.full == nil && se.light != nil { // it is watched since
		se.full, se.light = surge.NewFullFromLight(se.light), nil
	}
	if se.open() && se.seen <= 0 {
		p.Fail(errors.New("it has an episode of what was never seen"))
	}
}

// usual is what was before an episode, kept as long as that is open.
func usual(p *state.Pen, open bool, u **surge.Usual) {
	if !open {
		return
	}
	if *u == nil {
		*u = &surge.Usual{}
	}
	(*u).Fields(p)
}

func track(p *state.Pen, open bool, tr **episode.Track) {
	if !open {
		return
	}
	if *tr == nil {
		*tr = &episode.Track{}
	}
	(*tr).Fields(p)
}

func thresholds(p *state.Pen, over *[]*threshold) {
	each(p, over, mostTracked, func(th **threshold) {
		if *th == nil {
			*th = &threshold{}
		}
		p.Text(&(*th).name, mostName)
		p.Uint32s(&(*th).run)
		p.Ints(&(*th).since)
		open := (*th).track != nil
		p.Flags(&open)
		track(p, open, &(*th).track)
	})
}

type binary interface {
	AppendBinary(b []byte) ([]byte, error)
	UnmarshalBinary(b []byte) error
}

func blob(p *state.Pen, v binary) {
	var b []byte
	if !p.Reads() {
		var err error
		if b, err = v.AppendBinary(nil); err != nil {
			p.Fail(err)
		}
	}
	p.Bytes(&b, mostBlob)
	if p.Reads() && p.Err() == nil {
		if err := v.UnmarshalBinary(b); err != nil {
			p.Fail(err)
		}
	}
}

func (c *chart) fields(p *state.Pen, t *Target) {
	p.Uint32s(&c.depth, &c.shallow)
	p.Floats(&c.covered, &c.wanted)
	for i := range c.bands {
		c.bands[i].Fields(p)
	}
	each(p, &c.looks, 2*keepMost, func(k *chartLook) {
		p.Ints(&k.at)
		p.Uint32s(&k.depth)
	})
	each(p, &c.places, mostSeries, func(pl **place) {
		if *pl == nil {
			*pl = &place{}
		}
		(*pl).fields(p, t)
	})
	if !p.Reads() || p.Err() != nil {
		return
	}
	for _, pl := range c.places {
		c.index[pl.id] = pl
	}
	if len(c.index) != len(c.places) {
		p.Fail(errors.New("an app is there twice"))
	}
}

func (pl *place) fields(p *state.Pen, t *Target) {
	p.Text(&pl.id, mostName)
	p.Uint32s(&pl.rank, &pl.best)
	p.Ints(&pl.seen, &pl.bestAt, &pl.calm)
	p.Floats(&pl.looked, &pl.since)
	p.Singles(&pl.x)
	pl.level.Fields(p)
	more := pl.more != nil
	if p.Flags(&more); !more {
		if p.Reads() && p.Err() == nil {
			if who := t.judge.about(t, pl.id, event.MetricRank, config.RuleRank); who.watched || len(who.thresholds) > 0 { // it is watched since
				pl.more = closer(who, t.slot+1)
				pl.more.stays = staysEnough
			}
		}
		return
	}
	if pl.more == nil {
		pl.more = &closely{}
	}
	m := pl.more
	open := m.track != nil
	p.Flags(&open)
	m.tails.Fields(p)
	p.Ints(&m.from, &m.idle, &m.since)
	p.Floats(&m.absent)
	stays, fallen := uint16(m.stays), uint16(m.fallen)
	p.Uint16s(&stays, &fallen)
	m.stays, m.fallen = uint8(stays), uint8(fallen) //nolint:gosec // written from bytes
	each(p, &m.ranks, 2*keepMost, func(r *rankAt) {
		p.Ints(&r.at)
		p.Uint32s(&r.rank)
	})
	track(p, open, &m.track)
	thresholds(p, &m.over)
	if p.Reads() && p.Err() == nil {
		m.adopt(t.judge.about(t, pl.id, event.MetricRank, config.RuleRank))
	}
}
