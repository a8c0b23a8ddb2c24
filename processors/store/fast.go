package store

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/event"
)

// Numbers of the fields in event.proto that the fast way reads itself.
const (
	snapshotReadings protowire.Number = 7
	readingSubject   protowire.Number = 1
	readingMetric    protowire.Number = 2
	readingValue     protowire.Number = 3
	readingAt        protowire.Number = 4
)

// Moments that are valid beyond doubt: 2001 to 2099, in Unix milliseconds.
const (
	surelyAfter  = 978_307_200_000
	surelyBefore = 4_070_908_800_000
)

// fast takes a snapshot from the wire straight into the columns. Nearly every
// byte of a topic is readings, and making an object with two strings of each
// costs more than all the rest. It knows no rule of its own: what is not valid
// beyond doubt it leaves to the slow way, which asks package event.
type fast struct {
	head     event.Snapshot // all but the readings
	bytes    []byte         // of head
	readings [][]byte
	single   []*event.Reading // one, for asking event
}

// take returns false if it did nothing, and the slow way is to be gone.
func (f *fast) take(h *partition, m at, value []byte) bool {
	if !f.split(value) || f.head.GetReparsed() {
		return false
	}
	target := f.head.GetTarget().Key()
	if h.again.outdated(h, &f.head, target) {
		return true
	}
	h.again.mixed = true
	identity := h.lookIdentity(&f.head, target)
	readings, looks := h.tables[0], h.tables[1]
	n := len(f.readings)
	if n > 0 && !readings.has(m, identity, n) {
		if !f.fill(readings.readings) {
			return false
		}
		readings.readings.addHead(m, &f.head, target, n)
	}
	if !looks.has(m, identity, 1) {
		looks.looks.add(m, &f.head, target, n)
	}
	return true
}

// split finds the readings and decodes and checks everything else.
func (f *fast) split(value []byte) bool {
	f.bytes, f.readings = f.bytes[:0], f.readings[:0]
	for len(value) > 0 {
		number, kind, n := protowire.ConsumeTag(value)
		if n < 0 {
			return false
		}
		size := protowire.ConsumeFieldValue(number, kind, value[n:])
		if size < 0 {
			return false
		}
		if number == snapshotReadings {
			reading, k := protowire.ConsumeBytes(value[n:])
			if kind != protowire.BytesType || k < 0 {
				return false
			}
			f.readings = append(f.readings, reading)
		} else {
			f.bytes = append(f.bytes, value[:n+size]...)
		}
		value = value[n+size:]
	}
	if len(f.readings) > event.MaxReadings || proto.Unmarshal(f.bytes, &f.head) != nil {
		return false
	}
	if len(f.readings) == 0 {
		return f.head.Validate() == nil
	}
	// The rules of a look ask whether there are any readings.
	return f.ask(rawReading{subject: []byte("x"), metric: []byte("x")})
}

// fill adds the readings, or none of them.
func (f *fast) fill(c *readingColumns) bool {
	before := c.value.Rows()
	for _, b := range f.readings {
		r, ok := parseReading(b)
		if !ok || !f.add(c, r) {
			c.at.Truncate(before)
			c.subject.Truncate(before)
			c.metric.Truncate(before)
			c.value.Truncate(before)
			return false
		}
	}
	return true
}

func (f *fast) add(c *readingColumns, r rawReading) bool {
	sure := len(r.subject) > 0 && len(r.metric) > 0 && r.value >= 1 && r.value < 1<<50 && r.value == math.Trunc(r.value) &&
		(r.at == 0 || r.at > surelyAfter && r.at < surelyBefore)
	rows := c.value.Rows()
	if !sure || !c.subject.AddKnown(r.subject) || !c.metric.AddKnown(r.metric) {
		c.subject.Truncate(rows)
		if !f.ask(r) {
			return false
		}
		c.subject.Add(string(r.subject))
		c.metric.Add(string(r.metric))
	}
	if r.at == 0 {
		r.at = f.head.GetSlotMs()
	}
	c.at.Add(r.at)
	c.value.Add(r.value)
	return true
}

// ask lets package event judge one reading, as the only one of the look.
func (f *fast) ask(r rawReading) bool {
	if f.single == nil {
		f.single = []*event.Reading{{}}
	}
	one := f.single[0]
	one.Subject, one.Metric, one.Value, one.AtMs = string(r.subject), string(r.metric), r.value, r.at
	f.head.Readings = f.single
	err := f.head.Validate()
	f.head.Readings = nil
	return err == nil
}

// rawReading is a reading whose strings still lie in the message.
type rawReading struct {
	subject, metric []byte
	value           float64
	at              int64
}

func parseReading(b []byte) (r rawReading, ok bool) {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return r, false
		}
		b = b[n:]
		switch {
		case number == readingSubject && kind == protowire.BytesType:
			r.subject, n = protowire.ConsumeBytes(b)
		case number == readingMetric && kind == protowire.BytesType:
			r.metric, n = protowire.ConsumeBytes(b)
		case number == readingValue && kind == protowire.Fixed64Type:
			var bits uint64
			bits, n = protowire.ConsumeFixed64(b)
			r.value = math.Float64frombits(bits)
		case number == readingAt && kind == protowire.VarintType:
			var v uint64
			v, n = protowire.ConsumeVarint(b)
			r.at = int64(v)
		default:
			return r, false
		}
		if n < 0 {
			return r, false
		}
		b = b[n:]
	}
	return r, true
}
