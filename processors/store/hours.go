package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// hoursRun is the name under which the tables by hour have their progress.
const hoursRun = "by_hour"

// byHour is a table that is made of others hour by hour. Its rows have the
// moment at which their run began for a version: of two runs the one that saw
// more holds, whichever ends first. A row that a later run does not find again
// is written once more as gone. So a run may be killed anywhere, and come twice.
type byHour struct {
	table   string
	from    string // what it is filled from, of the hours from {since} to before {until}
	columns string // of both, without gone and version
	of      []string
}

// What an hour is touched in.
const (
	ofRanks  = "ranks"
	ofCounts = "counts"
	ofLooks  = "looks"
)

// hourTables are in the order in which they are made: attention is made of the
// two others.
func hourTables() []byHour {
	const span = "(since = {since}, until = {until})"
	return []byHour{
		{
			"ranks_hourly", "ranks_hourly_between" + span,
			"hour, target, place, country, chart, basis, source, entity, entity_name, app, state, rank, best, worst, depth, looks",
			[]string{ofRanks},
		},
		{
			"counts_hourly", "counts_hourly_between" + span,
			"hour, kind, platform, country, target, subject, source, metric, basis, unit, level, growth, over_h",
			[]string{ofCounts},
		},
		{
			"attention", "attention_between" + span,
			"hour, topic, basis, role, entity, entity_name, family, subject, target, metric, source, value, over_h",
			[]string{ofRanks, ofCounts},
		},
		{ // of the hours in which gaps ended
			"gap_spans",
			"(SELECT toStartOfHour(toDateTime(g.to, 'UTC')) AS hour, source, target, basis, g.from AS from, g.to AS to, cause, reason, looks_missed, every_s" +
				" FROM gaps_between(since = {before}, until = {until}) AS g WHERE open = 0 AND g.to >= {since} AND g.to < {until})",
			"hour, source, target, basis, `from`, `to`, cause, reason, looks_missed, every_s",
			[]string{ofLooks},
		},
	}
}

// hoursState is what a process remembers of its last run over them.
type hoursState struct {
	news    news
	version uint64
}

// news is what there is that the tables by hour may lack.
type news struct {
	progress
	Watched uint64    // fingerprint of the watchlist, the topics and the views
	Known   uint64    // the one that the tables were made with
	Hour    time.Time // hours pass in which nobody looks
}

// all says whether everything is to be made anew.
func (n *news) all() bool { return n.Watched != n.Known || n.From.Unix() <= 0 }

// fingerprint changes with what is watched, and with how it is computed.
const fingerprint = `SELECT
    (SELECT sum(cityHash64(entity, place, app)) FROM entity_apps)
    + (SELECT sum(cityHash64(kind, entity, value, 1)) FROM watchlist FINAL WHERE removed = 0)
    + (SELECT sum(cityHash64(topic, kind, member, role, 2)) FROM topics FINAL WHERE removed = 0)
    + (SELECT sum(cityHash64(as_select, 3)) FROM system.tables WHERE database = currentDatabase() AND name IN ('ranks_hourly_between', 'counts_hourly_between', 'attention_between'))`

// readNews must come before the rollups: what is inserted after it is news for
// the next run, whether they have it already or not.
func (p *Processor) readNews(ctx context.Context) (news, error) {
	watched, err := clickhouse.SelectOne[uint64](ctx, p.ch, fingerprint)
	if err != nil {
		return news{}, fmt.Errorf("read what is watched: %w", err)
	}
	done, err := clickhouse.Select[struct {
		Upto    time.Time `ch:"upto"`
		Watched uint64    `ch:"watched"`
	}](ctx, p.ch, "SELECT upto, watched FROM rollup_runs FINAL WHERE rollup = ?", hoursRun)
	if err != nil {
		return news{}, fmt.Errorf("read progress of %s: %w", hoursRun, err)
	}
	n := news{Watched: watched, Known: watched}
	n.From = time.Unix(0, 0).UTC()
	if len(done) > 0 {
		n.Known, n.From = done[0].Watched, done[0].Upto
	}
	rows, err := clickhouse.Select[progress](ctx, p.ch, "SELECT count() AS n, max(_inserted_at) AS last, now64(3, 'UTC') AS now FROM ("+
		since("SELECT _inserted_at FROM readings WHERE _inserted_at >= {since} UNION ALL SELECT _inserted_at FROM repairs WHERE _inserted_at >= {since} "+
			"UNION ALL SELECT _inserted_at FROM looks WHERE _inserted_at >= {since}", n.From)+")")
	if err != nil || len(rows) != 1 {
		return news{}, fmt.Errorf("read what is new for %s: %w", hoursRun, err)
	}
	from := n.From
	n.progress = rows[0]
	n.From, n.Hour = from, rows[0].Now.Truncate(time.Hour)
	return n, nil
}

// same says whether a run would find what the last one did.
func (n *news) same(o *news) bool {
	return n.Rows == o.Rows && n.Last.Equal(o.Last) && n.Hour.Equal(o.Hour) && n.Watched == o.Watched && n.Known == n.Watched
}

// runHours brings the tables by hour up to date, and says whether there was
// anything to do.
func (p *Processor) runHours(ctx context.Context, n news, state *hoursState) (changed bool, err error) {
	if n.same(&state.news) {
		return false, nil
	}
	if err := p.nextVersion(ctx, state); err != nil {
		return false, err
	}
	touched, err := p.touched(ctx, &n, !n.Hour.Equal(state.news.Hour))
	if err != nil {
		return false, err
	}
	for _, t := range hourTables() {
		if err := p.fillHours(ctx, t, hoursOf(touched, t), state.version, n.all()); err != nil {
			return false, err
		}
	}
	upto := n.Now.Add(-settle)
	if upto.Before(n.From) {
		upto = n.From
	}
	if err := p.ch.ExecInsertSelect(ctx, "INSERT INTO rollup_runs (rollup, upto, watched) SELECT ?, toDateTime64(?, 3, 'UTC'), toUInt64(?)",
		hoursRun, sqlTime(upto), strconv.FormatUint(n.Watched, 10)); err != nil {
		return false, fmt.Errorf("write progress of %s: %w", hoursRun, err)
	}
	n.Known = n.Watched
	state.news = n
	return true, nil
}

// nextVersion is a moment after that of every run before, also where the clock
// was put back.
func (p *Processor) nextVersion(ctx context.Context, state *hoursState) error {
	after := []string{"toUInt64(toUnixTimestamp64Milli(now64(3)))"}
	if state.version == 0 {
		for _, t := range hourTables() {
			after = append(after, "(SELECT max(version) + 1 FROM "+t.table+")")
		}
		for _, t := range wholeTables() {
			after = append(after, "(SELECT max(version) + 1 FROM "+t.table+")")
		}
	}
	sql := "SELECT arrayMax([" + strings.Join(after, ", ") + "])"
	v, err := clickhouse.SelectOne[uint64](ctx, p.ch, sql)
	if err != nil {
		return fmt.Errorf("read the time: %w", err)
	}
	state.version = max(v, state.version+1)
	return nil
}

// fillHours computes hours of a table anew. Where all is made anew what it does
// not find is gone, at whatever hour.
func (p *Processor) fillHours(ctx context.Context, t byHour, hours []int64, version uint64, all bool) error {
	v := strconv.FormatUint(version, 10)
	for _, span := range spans(hours) {
		first, last := span[0], span[len(span)-1]
		where := ""
		if int64(len(span)-1) != (last-first)/hourS {
			where = " AND toUnixTimestamp(hour) IN (" + join(span) + ")"
		}
		from := strings.NewReplacer("{before}", quoted(first-1), "{since}", quoted(first), "{until}", quoted(last+hourS)).Replace(t.from)
		if err := p.ch.ExecInsertSelect(ctx, "INSERT INTO "+t.table+" ("+t.columns+", gone, version) SELECT "+t.columns+", 0, "+v+
			" FROM "+from+" WHERE 1"+where); err != nil {
			return fmt.Errorf("fill %s: %w", t.table, err)
		}
		if all {
			continue
		}
		if err := p.forget(ctx, t.table, t.columns, v, fmt.Sprintf("toUnixTimestamp(hour) >= %d AND toUnixTimestamp(hour) <= %d%s", first, last, where)); err != nil {
			return err
		}
	}
	if !all {
		return nil
	}
	return p.forget(ctx, t.table, t.columns, v, "1")
}

// forget writes once more, as gone, what a run did not find again.
func (p *Processor) forget(ctx context.Context, table, columns, version, where string) error {
	if err := p.ch.ExecInsertSelect(ctx, "INSERT INTO "+table+" ("+columns+", gone, version) SELECT "+columns+", 1, "+version+
		" FROM "+table+" FINAL WHERE gone = 0 AND version < "+version+" AND "+where); err != nil {
		return fmt.Errorf("forget what is gone from %s: %w", table, err)
	}
	return nil
}

func quoted(unix int64) string { return "'" + sqlTime(time.Unix(unix, 0)) + "'" }

const (
	hourS = int64(time.Hour / time.Second)
	spanS = 31 * 24 * hourS // so that a statement has a month's hours at most
)

// spans splits sorted hours into what one statement does.
func spans(hours []int64) [][]int64 {
	var out [][]int64
	for len(hours) > 0 {
		n, _ := slices.BinarySearch(hours, hours[0]+spanS)
		out = append(out, hours[:n])
		hours = hours[n:]
	}
	return out
}

func join(hours []int64) string {
	var b strings.Builder
	for i, h := range hours {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(h, 10))
	}
	return b.String()
}
