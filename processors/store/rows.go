package store

import (
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/tidemark/tidemark/internal/event"
)

// addSnapshot gives a look to the tables that do not have it yet.
func (h *partition) addSnapshot(m at, s *event.Snapshot) {
	target := s.GetTarget().Key()
	if h.again.outdated(h, s, target) {
		return
	}
	identity := h.lookIdentity(s, target)
	if s.GetReparsed() {
		h.addReparse(m, s, target, identity)
	} else {
		h.again.mixed = true
	}
	readings, looks := h.tables[0], h.tables[1]
	if n := len(s.GetReadings()); n > 0 && !readings.has(m, identity, n) {
		readings.readings.add(m, s, target)
	}
	if !looks.has(m, identity, 1) {
		looks.looks.add(m, s, target, len(s.GetReadings()))
	}
}

func (h *partition) addFact(m at, f *event.Fact) {
	if facts := h.tables[2]; !facts.has(m, xxhash.Sum64String(f.GetId()), 1) {
		facts.facts.add(m, f)
	}
}

func (h *partition) addImport(m at, i *event.Import) {
	if imports := h.tables[3]; !imports.has(m, xxhash.Sum64String(i.GetId()), 1) {
		imports.imports.add(m, i)
	}
}

// lookIdentity is what the SQL expression of the same name says: the look, and
// which parser read it.
func (h *partition) lookIdentity(s *event.Snapshot, target string) uint64 {
	b := strconv.AppendUint(append(h.lookKey(s, target), '\x1f'), uint64(s.GetParserVersion()), 10)
	h.scratch = b
	return xxhash.Sum64(b)
}

// lookKey is what all readings of one look have in common.
func (h *partition) lookKey(s *event.Snapshot, target string) []byte {
	const sep = '\x1f'
	b := h.scratch[:0]
	b = append(b, s.GetSource()...)
	b = append(append(b, sep), target...)
	b = append(append(b, sep), s.GetBasis().Word()...)
	b = strconv.AppendInt(append(b, sep), s.GetSlotMs(), 10)
	b = strconv.AppendInt(append(b, sep), s.GetSeenAtMs(), 10)
	h.scratch = b
	return b
}

func (c *readingColumns) add(m at, s *event.Snapshot, target string) {
	for _, r := range s.GetReadings() {
		at := r.GetAtMs()
		if at == 0 {
			at = s.GetSlotMs()
		}
		c.at.Add(at)
		c.subject.Add(r.GetSubject())
		c.metric.Add(r.GetMetric())
		c.value.Add(r.GetValue())
	}
	c.addHead(m, s, target, len(s.GetReadings()))
}

// addHead adds what the n readings of a look have in common.
func (c *readingColumns) addHead(m at, s *event.Snapshot, target string, n int) {
	c.source.AddN(s.GetSource(), n)
	c.target.AddN(target, n)
	c.basis.AddN(s.GetBasis().Word(), n)
	c.slot.AddN(s.GetSlotMs(), n)
	c.seenAt.AddN(s.GetSeenAtMs(), n)
	c.parser.AddN(s.GetParserVersion(), n)
	c.importID.AddN(s.GetImportId(), n)
	c.origin.add(m, n)
}

func (c *lookColumns) add(m at, s *event.Snapshot, target string, readings int) {
	c.slot.Add(s.GetSlotMs())
	c.source.Add(s.GetSource())
	c.target.Add(target)
	c.basis.Add(s.GetBasis().Word())
	c.seenAt.Add(s.GetSeenAtMs())
	c.outcome.Add(s.GetOutcome().Word())
	c.depth.Add(s.GetDepth())
	c.readings.Add(uint32(readings))
	c.reason.Add(s.GetReason())
	c.via.Add(s.GetVia())
	c.everyS.Add(s.GetEveryS())
	c.parser.Add(s.GetParserVersion())
	c.importID.Add(s.GetImportId())
	c.status.Add(s.GetHttpStatus())
	c.duration.Add(s.GetDurationMs())
	c.body.Add(s.GetBodyBytes())
	c.origin.add(m, 1)
}

func (c *factColumns) add(m at, f *event.Fact) {
	c.id.Add(f.GetId())
	c.kind.Add(factKind(f.GetKind()))
	c.topic.Add(f.GetTopic())
	c.subject.Add(f.GetSubject())
	c.metric.Add(f.GetMetric())
	if f.GetHasValue() {
		c.value.Add(new(f.GetValue()))
	} else {
		c.value.Add(nil)
	}
	c.valueText.Add(f.GetValueText())
	c.unit.Add(f.GetUnit())
	c.scope.Add(f.GetScope())
	c.from.Add(known(f.GetFromMs()))
	c.to.Add(known(f.GetToMs()))
	c.timeBasis.Add(f.GetTimeBasis())
	c.reported.Add(f.GetReported())
	c.publisher.Add(f.GetPublisher())
	c.seenIn.Add(f.GetSeenIn())
	c.confidence.Add(f.GetConfidence())
	c.note.Add(f.GetNote())
	c.origin.add(m, 1)
}

func (c *importColumns) add(m at, i *event.Import) {
	c.id.Add(i.GetId())
	c.name.Add(i.GetName())
	c.by.Add(i.GetImportedBy())
	c.at.Add(i.GetAtMs())
	c.sourceURL.Add(i.GetSourceUrl())
	c.sum.Add(i.GetSha256())
	c.bytes.Add(i.GetBytes())
	c.rows.Add(i.GetRows())
	c.mapping.Add(i.GetMapping())
	c.note.Add(i.GetNote())
	c.via.Add(i.GetVia())
	c.first.Add(precedence(i))
	c.origin.add(m, 1)
}

// precedence of the records of one import: one that was published whole (it says
// how many rows it had) before one that was begun only, then the earlier.
func precedence(i *event.Import) uint64 {
	const end, whole = 4_102_444_800_000, 1 << 43 // 2100 in ms; more than that
	p := uint64(max(end-i.GetAtMs(), 0))
	if i.GetRows() > 0 {
		p += whole
	}
	return p
}

func factKind(k event.FactKind) string {
	if k == event.FactKind_FACT_KIND_EVENT {
		return "event"
	}
	return "figure"
}

func known(ms int64) *int64 {
	if ms == 0 {
		return nil
	}
	return &ms
}
