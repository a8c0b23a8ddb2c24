// Package state writes and reads the state of what judges: one list of fields
// for both directions, exact numbers, and nothing that is read is trusted.
package state

import (
	"encoding/binary"
	"errors"
	"math"
)

// Pen goes over fields in one order, writing or reading them. After the first
// mistake it reads zeros only; Err says what it was.
type Pen struct {
	b     []byte
	reads bool
	err   error
}

// Writer appends to b.
func Writer(b []byte) *Pen { return &Pen{b: b} }

// Reader reads b.
func Reader(b []byte) *Pen { return &Pen{b: b, reads: true} }

// Reads reports the direction.
func (p *Pen) Reads() bool { return p.reads }

// Written is what a Writer has so far.
func (p *Pen) Written() []byte { return p.b }

// Fail notes a mistake in what was read.
func (p *Pen) Fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// Err is the first mistake.
func (p *Pen) Err() error { return p.err }

// End is Err, or that something follows.
func (p *Pen) End() error {
	if p.reads && p.err == nil && len(p.b) > 0 {
		return errors.New("something follows the end")
	}
	return p.err
}

func (p *Pen) uvarint(v uint64) uint64 {
	if !p.reads {
		p.b = binary.AppendUvarint(p.b, v)
		return v
	}
	if p.err != nil {
		return 0
	}
	v, n := binary.Uvarint(p.b)
	if n <= 0 {
		p.Fail(errShort)
		return 0
	}
	p.b = p.b[n:]
	return v
}

// Ints are signed numbers, small ones in few bytes.
func (p *Pen) Ints(vs ...*int64) {
	for _, v := range vs {
		u := p.uvarint(uint64(*v)<<1 ^ uint64(*v>>63)) //nolint:gosec // zigzag: the bits are what counts
		*v = int64(u>>1) ^ -int64(u&1)                 //nolint:gosec // the same, back
	}
}

// Uint32s are numbers from 0.
func (p *Pen) Uint32s(vs ...*uint32) {
	for _, v := range vs {
		u := p.uvarint(uint64(*v))
		if u > math.MaxUint32 {
			p.Fail(errValue)
			u = 0
		}
		*v = uint32(u)
	}
}

// Uint16s are numbers from 0.
func (p *Pen) Uint16s(vs ...*uint16) {
	for _, v := range vs {
		u := uint32(*v)
		p.Uint32s(&u)
		if u > math.MaxUint16 {
			p.Fail(errValue)
			u = 0
		}
		*v = uint16(u)
	}
}

// Floats are exact, and numbers.
func (p *Pen) Floats(vs ...*float64) {
	for _, v := range vs {
		if !p.reads {
			p.b = binary.LittleEndian.AppendUint64(p.b, math.Float64bits(*v))
			continue
		}
		*v = 0
		if b := p.take(8); b != nil {
			*v = p.finite(math.Float64frombits(binary.LittleEndian.Uint64(b)))
		}
	}
}

// Singles are floats of 4 bytes.
func (p *Pen) Singles(vs ...*float32) {
	for _, v := range vs {
		if !p.reads {
			p.b = binary.LittleEndian.AppendUint32(p.b, math.Float32bits(*v))
			continue
		}
		*v = 0
		if b := p.take(4); b != nil {
			*v = float32(p.finite(float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))))
		}
	}
}

func (p *Pen) finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		p.Fail(errValue)
		return 0
	}
	return v
}

// Flags are up to 32 truths.
func (p *Pen) Flags(vs ...*bool) {
	var bits uint32
	for i, v := range vs {
		if *v {
			bits |= 1 << i
		}
	}
	p.Uint32s(&bits)
	for i, v := range vs {
		*v = bits&(1<<i) != 0
	}
}

// Text is a string of at most so many bytes.
func (p *Pen) Text(v *string, most int) {
	b := []byte(*v)
	p.Bytes(&b, most)
	*v = string(b)
}

// Bytes are at most so many.
func (p *Pen) Bytes(v *[]byte, most int) {
	n := p.Len(len(*v), most)
	if !p.reads {
		p.b = append(p.b, *v...)
		return
	}
	*v = append([]byte(nil), p.take(n)...)
}

// Len is how many things follow, at most most. Each takes a byte at least, so
// that a short state cannot ask for a large memory.
func (p *Pen) Len(n, most int) int {
	u := p.uvarint(uint64(n))                                  //nolint:gosec // a length
	if p.reads && (u > uint64(most) || u > uint64(len(p.b))) { //nolint:gosec // most is a bound
		p.Fail(errValue)
		return 0
	}
	return int(u) //nolint:gosec // bounded above
}

func (p *Pen) take(n int) []byte {
	if p.err != nil {
		return nil
	}
	if len(p.b) < n {
		p.Fail(errShort)
		return nil
	}
	b := p.b[:n]
	p.b = p.b[n:]
	return b
}

var (
	errShort = errors.New("it ends early")
	errValue = errors.New("a number in it is none, or too large")
)
