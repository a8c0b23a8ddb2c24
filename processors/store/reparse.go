package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
)

// again knows which looks a newer parser has read again. Of one look the
// highest version holds, as a whole: its rows take the place of the rows of
// lower versions, which are removed and come in no more, in whatever order
// messages arrive. So a query needs to know nothing of it.
type again struct {
	versions map[uint64]uint32 // the highest version, by look
	batch    []reread          // of what was collected since the last flush
	keys     map[uint64]bool   // the same, by look
	mixed    bool              // looks that were not read again are among it
}

// reread is a look that was read again.
type reread struct {
	source, target, basis string
	slot, seenAt          int64
	version               uint32
}

// load reads which looks were read again so far.
func (a *again) load(ctx context.Context, ch *clickhouse.Client) error {
	rows, err := clickhouse.Select[struct {
		Look    uint64 `ch:"look"`
		Version uint32 `ch:"version"`
	}](ctx, ch, "SELECT "+lookHash+" AS look, max(parser_version) AS version FROM reparses GROUP BY look")
	if err != nil {
		return fmt.Errorf("read looks that were read again: %w", err)
	}
	a.versions = make(map[uint64]uint32, len(rows))
	for _, r := range rows {
		a.versions[r.Look] = r.Version
	}
	return nil
}

func (a *again) reset() { a.batch, a.keys, a.mixed = a.batch[:0], nil, false }

// outdated says whether a newer parser has read the look already.
func (a *again) outdated(h *partition, s *event.Snapshot, target string) bool {
	if len(a.versions) == 0 {
		return false
	}
	if a.versions[xxhash.Sum64(h.lookKey(s, target))] <= s.GetParserVersion() {
		return false
	}
	h.p.m.outdate()
	return true
}

// mustFlush says whether what was collected may hold rows which the look is to
// replace: these must be in the tables to be removed from them.
func (a *again) mustFlush(h *partition, s *event.Snapshot) bool {
	return s.GetReparsed() && (a.mixed || a.keys[xxhash.Sum64(h.lookKey(s, s.GetTarget().Key()))])
}

// addReparse notes that a look was read again.
func (h *partition) addReparse(m at, s *event.Snapshot, target string, identity uint64) {
	key := xxhash.Sum64(h.lookKey(s, target))
	a := &h.again
	if a.versions == nil {
		a.versions = map[uint64]uint32{}
	}
	if a.keys == nil {
		a.keys = map[uint64]bool{}
	}
	a.versions[key], a.keys[key] = s.GetParserVersion(), true
	a.batch = append(a.batch, reread{
		s.GetSource(), target, s.GetBasis().Word(), s.GetSlotMs(), s.GetSeenAtMs(), s.GetParserVersion(),
	})
	if t := h.tables[reparsesAt]; !t.has(m, identity, 1) {
		t.reparses.add(m, s, target)
	}
}

// rereadsPerStatement keeps a statement below ClickHouse's limit of 256 KiB.
const rereadsPerStatement = 2000

// removeOutdated removes what older parsers read in the looks of the batch. It
// may be done twice. The hours that lose readings are noted before, so that
// the rollups learn of it whatever happens in between.
func (h *partition) removeOutdated(ctx context.Context) error {
	slices.SortFunc(h.again.batch, func(a, b reread) int {
		return strings.Compare(a.target+"\x1f"+a.source+"\x1f"+a.basis, b.target+"\x1f"+b.source+"\x1f"+b.basis)
	})
	for chunk := range slices.Chunk(h.again.batch, rereadsPerStatement) {
		for _, table := range []string{"readings", "looks"} {
			if err := h.removeFrom(ctx, table, chunk); err != nil {
				return fmt.Errorf("remove what older parsers read from %s: %w", table, err)
			}
		}
	}
	return nil
}

func (h *partition) removeFrom(ctx context.Context, table string, chunk []reread) error {
	where, version, args := olderThan(chunk)
	n, err := clickhouse.SelectOne[uint64](ctx, h.p.ch, "SELECT count() FROM "+table+" WHERE "+where, args...)
	if err != nil || n == 0 {
		return err
	}
	if table == "readings" {
		note := "INSERT INTO repairs (metric, target, subject, source, basis, at, parser_version) " +
			"SELECT DISTINCT metric, target, subject, source, basis, toStartOfHour(at), toUInt32(" + strconv.FormatUint(uint64(version), 10) + ") FROM readings WHERE " + where
		if err := h.p.ch.ExecInsertSelect(ctx, note, args...); err != nil {
			return err
		}
	}
	if err := h.p.ch.Delete(ctx, table, where, args...); err != nil {
		return err
	}
	h.p.m.remove(table, n)
	h.log.InfoContext(ctx, "rows of older parsers removed", "table", table, "rows", n, "looks", len(chunk))
	return nil
}

// olderThan is the condition for rows of older parsers, and the highest of the
// new versions.
func olderThan(chunk []reread) (where string, version uint32, args []any) {
	var b strings.Builder
	first, last := chunk[0].slot, chunk[0].slot
	for i, r := range chunk {
		first, last, version = min(first, r.slot), max(last, r.slot), max(version, r.version)
		if i == 0 || r.group() != chunk[i-1].group() {
			if i > 0 {
				b.WriteString(")) OR ")
			}
			b.WriteString("(source = ? AND target = ? AND basis = ? AND (toUnixTimestamp64Milli(slot), toUnixTimestamp64Milli(seen_at), parser_version >= ")
			b.WriteString(strconv.FormatUint(uint64(r.version), 10))
			b.WriteString(") IN (")
			args = append(args, r.source, r.target, r.basis)
			r.write(&b) // one alone would be no list
		}
		b.WriteString(", ")
		r.write(&b)
	}
	b.WriteString("))")
	// Months that have none of the looks are not read.
	bounds := fmt.Sprintf("slot >= fromUnixTimestamp64Milli(%d, 'UTC') AND slot <= fromUnixTimestamp64Milli(%d, 'UTC')", first, last)
	return bounds + " AND (" + b.String() + ")", version, args
}

// group is what one term of the condition is about.
func (r reread) group() [4]string {
	return [4]string{r.source, r.target, r.basis, strconv.FormatUint(uint64(r.version), 10)}
}

func (r reread) write(b *strings.Builder) {
	b.WriteByte('(')
	b.WriteString(strconv.FormatInt(r.slot, 10))
	b.WriteString(", ")
	b.WriteString(strconv.FormatInt(r.seenAt, 10))
	b.WriteString(", 0)")
}

const lookHash = "xxHash64(concat(source, '\\x1f', target, '\\x1f', basis, '\\x1f', toString(toUnixTimestamp64Milli(slot)), '\\x1f', toString(toUnixTimestamp64Milli(seen_at))))"

type reparseColumns struct {
	slot, seenAt          times
	source, target, basis words
	parser                uint32s
	origin
}

func reparsesTable() *table {
	c := &reparseColumns{}
	return &table{
		name: "reparses", identity: lookIdentity, reparses: c, offsets: &c.offset,
		fields: append([]field{
			{"source", clickhouse.TypeWords, &c.source},
			{"target", clickhouse.TypeWords, &c.target},
			{"basis", clickhouse.TypeWords, &c.basis},
			{"slot", clickhouse.TypeTime, &c.slot},
			{"seen_at", clickhouse.TypeTime, &c.seenAt},
			{"parser_version", clickhouse.TypeUInt32, &c.parser},
		}, c.origin.fields()...),
	}
}

func (c *reparseColumns) add(m at, s *event.Snapshot, target string) {
	c.source.Add(s.GetSource())
	c.target.Add(target)
	c.basis.Add(s.GetBasis().Word())
	c.slot.Add(s.GetSlotMs())
	c.seenAt.Add(s.GetSeenAtMs())
	c.parser.Add(s.GetParserVersion())
	c.origin.add(m, 1)
}
