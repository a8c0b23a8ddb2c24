package surge

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The first byte of a state: which tier, and by which version of this file.
// A change of what is kept is a new version.
const (
	tierLight byte = 0x14
	tierFull  byte = 0x23
)

// pen goes over the fields of a state in one order, writing or reading them.
type pen struct {
	b     []byte
	reads bool
	err   error
}

func (p *pen) u64(v uint64) uint64 {
	if !p.reads {
		p.b = binary.LittleEndian.AppendUint64(p.b, v)
		return v
	}
	if len(p.b) < 8 {
		p.err = errShort
		return 0
	}
	v, p.b = binary.LittleEndian.Uint64(p.b), p.b[8:]
	return v
}

func (p *pen) u32(v uint32) uint32 {
	if !p.reads {
		p.b = binary.LittleEndian.AppendUint32(p.b, v)
		return v
	}
	if len(p.b) < 4 {
		p.err = errShort
		return 0
	}
	v, p.b = binary.LittleEndian.Uint32(p.b), p.b[4:]
	return v
}

func (p *pen) u16(v uint16) uint16 {
	if !p.reads {
		p.b = binary.LittleEndian.AppendUint16(p.b, v)
		return v
	}
	if len(p.b) < 2 {
		p.err = errShort
		return 0
	}
	v, p.b = binary.LittleEndian.Uint16(p.b), p.b[2:]
	return v
}

func (p *pen) float(vs ...*float64) {
	for _, v := range vs {
		*v = math.Float64frombits(p.u64(math.Float64bits(*v)))
		if p.reads && !finite(*v) {
			p.err = errValue
		}
	}
}

func (p *pen) small(v *float32) {
	*v = math.Float32frombits(p.u32(math.Float32bits(*v)))
	if p.reads && !finite(float64(*v)) {
		p.err = errValue
	}
}

func (p *pen) flags(vs ...*bool) {
	var bits uint32
	for i, v := range vs {
		if *v {
			bits |= 1 << i
		}
	}
	bits = p.u32(bits)
	for i, v := range vs {
		*v = bits&(1<<i) != 0
	}
}

var (
	errShort = errors.New("it ends early")
	errValue = errors.New("a number in it is none")
)

// fields names all that is kept, once, for both directions.
func (p *pen) fields(c *core, m memory) {
	c.kind = Kind(p.u32(uint32(c.kind)))
	p.flags(&c.fixed, &c.whole)
	c.looks, c.n, c.held = p.u32(c.looks), p.u32(c.n), p.u32(c.held)
	c.at = int64(p.u64(uint64(c.at)))
	p.float(&c.every, &c.last, &c.short, &c.span.low, &c.span.high, &c.seen, &c.wanted)
	p.float(&c.count.last, &c.count.changed, &c.count.rate)
	c.count.zeros = [4]uint8(binary.LittleEndian.AppendUint32(nil, p.u32(binary.LittleEndian.Uint32(c.count.zeros[:]))))
	for _, l := range []*level{&c.long, &c.spread, &c.usual, &c.matched} {
		p.float(&l.m, &l.s)
	}
	for i := range c.bias {
		p.float(&c.bias[i], &c.miss[i])
	}
	if m.slow {
		p.float(&c.slow)
	}
	for i := range c.tails {
		if i == channelSlow && !m.slow {
			continue
		}
		p.float(&c.tails[i].q, &c.tails[i].m, &c.tails[i].n)
	}
	for _, s := range []season{m.day, m.week} {
		for i := range s.m {
			p.small(&s.m[i])
		}
		for i := range s.seen {
			s.seen[i] = p.u16(s.seen[i])
		}
	}
	for i := range m.recent {
		p.small(&m.recent[i])
	}
	for i := range m.patterns {
		p.small(&m.patterns[i])
	}
	for i := range m.used {
		m.used[i] = p.u32(m.used[i])
	}
}

func write(b []byte, tier byte, c *core, m memory) ([]byte, error) {
	p := pen{b: append(b, tier)}
	p.fields(c, m)
	return p.b, nil
}

func read(b []byte, tier byte, c *core, m memory) error {
	if len(b) == 0 || b[0] != tier {
		return errors.New("read detector's state: it is of another tier or version; begin anew from history")
	}
	p := pen{b: b[1:], reads: true}
	p.fields(c, m)
	switch {
	case p.err != nil:
	case len(p.b) > 0:
		p.err = errors.New("something follows it")
	case c.kind > Counter || int(c.held) > len(m.recent):
		p.err = errValue
	}
	if p.err != nil {
		return fmt.Errorf("read detector's state: %w", p.err)
	}
	return nil
}

func size(c *core, m memory) int {
	b, _ := write(nil, 0, c, m) // writing to memory cannot fail
	return len(b)
}
