package store

import (
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
)

// Short names of the columns' kinds.
type (
	words   = clickhouse.Words
	texts   = clickhouse.Values[string]
	times   = clickhouse.Values[int64]
	floats  = clickhouse.Values[float64]
	uint16s = clickhouse.Values[uint16]
	uint32s = clickhouse.Values[uint32]
	uint64s = clickhouse.Values[uint64]
)

// field is a column of a table and where its values are collected.
type field struct {
	name, kind string
	col        clickhouse.Column
}

// origin is where a row comes from; every table has it.
type origin struct {
	topic     words
	partition uint16s
	offset    uint64s
}

func (o *origin) fields() []field {
	return []field{
		{"_topic", clickhouse.TypeWords, &o.topic},
		{"_partition", clickhouse.TypeUInt16, &o.partition},
		{"_offset", clickhouse.TypeUInt64, &o.offset},
	}
}

func (o *origin) add(m at, n int) {
	o.topic.AddN(m.topic, n)
	o.partition.AddN(m.partition, n)
	o.offset.AddN(m.offset, n)
}

// at is where a message is.
type at struct {
	topic     string
	partition uint16
	offset    uint64
}

// table collects the rows of one batch for one table, column by column.
type table struct {
	name string
	// identity is the SQL expression that tells messages apart which had the
	// same offset; what the table's rows add to stored must agree with it.
	identity string
	fields   []field
	readings *readingColumns
	looks    *lookColumns
	facts    *factColumns
	imports  *importColumns
	episodes *episodeColumns
	reparses *reparseColumns
	stored   stored
	// skipped counts the rows of the batch that the table had already.
	skipped int
	offsets *uint64s
}

func (t *table) defs() []clickhouse.ColumnDef {
	defs := make([]clickhouse.ColumnDef, len(t.fields))
	for i, f := range t.fields {
		defs[i] = clickhouse.ColumnDef{Name: f.name, Type: f.kind}
	}
	return defs
}

func (t *table) columns() []clickhouse.Column {
	columns := make([]clickhouse.Column, len(t.fields))
	for i, f := range t.fields {
		columns[i] = f.col
	}
	return columns
}

func (t *table) rows() int { return t.fields[0].col.Rows() }

func (t *table) reset() {
	for _, f := range t.fields {
		f.col.Reset()
	}
	t.skipped = 0
}

// has says whether the table holds the message already, and counts its rows.
func (t *table) has(m at, identity uint64, rows int) bool {
	if t.stored.has(m.offset, identity) {
		t.skipped += rows
		return true
	}
	return false
}

// span is the first and the last offset of the rows.
func (t *table) span() (first, last uint64) { return t.offsets.At(0), t.offsets.At(t.rows() - 1) }

const lookIdentity = "xxHash64(concat(source, '\\x1f', target, '\\x1f', basis, '\\x1f', toString(toUnixTimestamp64Milli(slot)), '\\x1f', toString(toUnixTimestamp64Milli(seen_at)), '\\x1f', toString(parser_version)))"

type readingColumns struct {
	at, slot, seenAt                       times
	source, target, subject, metric, basis words
	importID                               words
	value                                  floats
	parser                                 uint32s
	origin
}

func readingsTable() *table {
	c := &readingColumns{}
	return &table{
		name: "readings", identity: lookIdentity, readings: c, offsets: &c.offset,
		fields: append([]field{
			{"at", clickhouse.TypeTime, &c.at},
			{"source", clickhouse.TypeWords, &c.source},
			{"target", clickhouse.TypeWords, &c.target},
			{"subject", clickhouse.TypeWords, &c.subject},
			{"metric", clickhouse.TypeWords, &c.metric},
			{"basis", clickhouse.TypeWords, &c.basis},
			{"value", clickhouse.TypeFloat64, &c.value},
			{"slot", clickhouse.TypeTime, &c.slot},
			{"seen_at", clickhouse.TypeTime, &c.seenAt},
			{"parser_version", clickhouse.TypeUInt32, &c.parser},
			{"import_id", clickhouse.TypeWords, &c.importID},
		}, c.origin.fields()...),
	}
}

type lookColumns struct {
	slot, seenAt                        times
	source, target, basis, outcome, via words
	importID                            words
	reason                              texts
	depth, readings, everyS             uint32s
	parser, status, duration            uint32s
	body                                uint64s
	origin
}

func looksTable() *table {
	c := &lookColumns{}
	return &table{
		name: "looks", identity: lookIdentity, looks: c, offsets: &c.offset,
		fields: append([]field{
			{"slot", clickhouse.TypeTime, &c.slot},
			{"source", clickhouse.TypeWords, &c.source},
			{"target", clickhouse.TypeWords, &c.target},
			{"basis", clickhouse.TypeWords, &c.basis},
			{"seen_at", clickhouse.TypeTime, &c.seenAt},
			{"outcome", clickhouse.TypeWords, &c.outcome},
			{"depth", clickhouse.TypeUInt32, &c.depth},
			{"readings", clickhouse.TypeUInt32, &c.readings},
			{"reason", clickhouse.TypeString, &c.reason},
			{"via", clickhouse.TypeWords, &c.via},
			{"every_s", clickhouse.TypeUInt32, &c.everyS},
			{"parser_version", clickhouse.TypeUInt32, &c.parser},
			{"import_id", clickhouse.TypeWords, &c.importID},
			{"http_status", clickhouse.TypeUInt32, &c.status},
			{"duration_ms", clickhouse.TypeUInt32, &c.duration},
			{"body_bytes", clickhouse.TypeUInt64, &c.body},
		}, c.origin.fields()...),
	}
}

type factColumns struct {
	id, metric, valueText, unit, scope     texts
	timeBasis, reported, publisher, seenIn texts
	note                                   texts
	kind, topic, subject, confidence       words
	value                                  clickhouse.Nullables[float64]
	from, to                               clickhouse.Nullables[int64]
	origin
}

func factsTable() *table {
	c := &factColumns{}
	return &table{
		name: "facts", identity: "xxHash64(id)", facts: c, offsets: &c.offset,
		fields: append([]field{
			{"id", clickhouse.TypeString, &c.id},
			{"kind", clickhouse.TypeWords, &c.kind},
			{"topic", clickhouse.TypeWords, &c.topic},
			{"subject", clickhouse.TypeWords, &c.subject},
			{"metric", clickhouse.TypeString, &c.metric},
			{"value", clickhouse.TypeNullableFloat64, &c.value},
			{"value_text", clickhouse.TypeString, &c.valueText},
			{"unit", clickhouse.TypeString, &c.unit},
			{"scope", clickhouse.TypeString, &c.scope},
			{"at_from", clickhouse.TypeNullableTime, &c.from},
			{"at_to", clickhouse.TypeNullableTime, &c.to},
			{"time_basis", clickhouse.TypeString, &c.timeBasis},
			{"reported", clickhouse.TypeString, &c.reported},
			{"publisher", clickhouse.TypeString, &c.publisher},
			{"seen_in", clickhouse.TypeString, &c.seenIn},
			{"confidence", clickhouse.TypeWords, &c.confidence},
			{"note", clickhouse.TypeString, &c.note},
		}, c.origin.fields()...),
	}
}

type importColumns struct {
	id, name, by, sourceURL, sum, mapping, note texts
	at                                          times
	bytes, rows, first                          uint64s
	via                                         words
	origin
}

func importsTable() *table {
	c := &importColumns{}
	return &table{
		name: "imports", identity: "xxHash64(id)", imports: c, offsets: &c.offset,
		fields: append([]field{
			{"id", clickhouse.TypeString, &c.id},
			{"name", clickhouse.TypeString, &c.name},
			{"imported_by", clickhouse.TypeString, &c.by},
			{"at", clickhouse.TypeTime, &c.at},
			{"source_url", clickhouse.TypeString, &c.sourceURL},
			{"sha256", clickhouse.TypeString, &c.sum},
			{"bytes", clickhouse.TypeUInt64, &c.bytes},
			{"rows", clickhouse.TypeUInt64, &c.rows},
			{"mapping", clickhouse.TypeString, &c.mapping},
			{"note", clickhouse.TypeString, &c.note},
			{"via", clickhouse.TypeWords, &c.via},
			{"_first", clickhouse.TypeUInt64, &c.first},
		}, c.origin.fields()...),
	}
}

// reparsesAt is where the table of looks that were read again is among those of
// the snapshots; it is filled first.
const reparsesAt = 4

// tablesOf are the tables that a partition of the topic fills, in the order of
// their inserts.
func tablesOf(topic string) []*table {
	if topic == event.TopicEpisodes {
		return []*table{episodesTable()}
	}
	return []*table{readingsTable(), looksTable(), factsTable(), importsTable(), reparsesTable()}
}
