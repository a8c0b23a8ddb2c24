package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// wholeTable is a small table that is always made anew as a whole.
type wholeTable struct {
	table, view, columns string
	within               time.Duration // how old it may become while the tables by hour change all the time
	byTime               bool          // it changes by time going by, whatever comes
	noEpisodes           bool          // it is made of the tables by hour where there are no episodes too
}

// wholeTables are in the order in which they are made: those made of episodes are
// made of corroboration too.
func wholeTables() []wholeTable {
	return []wholeTable{
		{
			table: corroboration, view: "corroboration_now", within: briskly,
			columns: "id, topic, basis, source, family, target, subject, metric, onset, others, moved, first, first_lead_s, score, explanation",
		},
		{
			table: "migrations", view: "migrations_now", within: briskly,
			columns: "id, topic, name, basis, `from`, `to`, state, episodes, origin, origin_name, origin_delisted, origin_returned, origin_chart, " +
				"origin_rank_before, origin_rank_worst, origin_rank_last, origin_rank_loss, destinations, leading, stayed, resurges, attention, " +
				"led_by, led_family, led_subject, sources, families, corroboration, severity, explanation",
		},
		{
			table: "lead_lag", view: "lead_lag_now", within: unhasty, noEpisodes: true,
			columns: "topic, basis, leader, follower, lag_h, correlation, hours, onset_lead_h",
		},
		{
			table: "gap_open", view: "gaps_between(since = now() - INTERVAL 1 HOUR, until = now()) WHERE open = 1", within: time.Minute, byTime: true,
			columns: "source, target, basis, `from`, cause, reason, every_s",
		},
		{
			table: "freshness", view: "v_freshness", within: eachRun, byTime: true,
			columns: "source, target, state, since, why, last_look, last_ok, every_s, failures",
		},
		{ // by time too: figures come without anything that is looked at
			table: "reported_beside", view: "v_reported_vs_measured", within: unhasty, byTime: true, noEpisodes: true,
			columns: "id, topic, subject, metric, unit, scope, publisher, confidence, at_from, at_to, reported_value, reported_text, basis, " +
				"measured_value, measured_at, measured_low, measured_high, measured_target, difference, ratio, comparable",
		},
	}
}

// corroboration is what the others are made of, but those that change by time.
const corroboration = "corroboration"

const (
	rest    = 10               // how many times as long as it took a table is left alone
	briskly = 30 * time.Second // with as long again until the next run it is a minute
	unhasty = 10 * time.Minute
	eachRun = 0
	share   = 100 // how many times as long a table waits that is due again and again: a hundredth of the time goes into it
)

// pause is how long a table is left alone that took as long: what is to be up to
// date within a minute no longer than that, but always as long as it took, so
// that half of the time is left for all else.
func (t *wholeTable) pause(took time.Duration) time.Duration {
	return max(took, min(rest*took, t.within))
}

// wholeState is what a process remembers of its last run over one of them.
type wholeState struct {
	episodes progress // that it was made of
	due      bool     // the tables by hour have changed since
	took     time.Duration
	ended    time.Time
}

// wanted says whether the table is to be made anew: soon after episodes have
// changed. What else it is made of changes all the time: that is taken on when
// nothing more comes, when it costs next to nothing, or when the table is as old
// as it may become.
func (s *wholeState) wanted(t *wholeTable, episodes progress, quiet bool, now time.Time) bool {
	idle := now.Sub(s.ended)
	switch {
	case t.byTime: // whatever the episodes
		return idle >= max(t.within, rest*s.took) || s.due && idle >= rest*s.took && (quiet || idle >= share*s.took)
	case idle < t.pause(s.took), episodes.Rows == 0 && s.episodes.Rows == 0 && !s.due:
		return false
	case episodes.Rows != s.episodes.Rows || !episodes.Last.Equal(s.episodes.Last) || s.ended.IsZero():
		return true
	default:
		return s.due && (quiet || idle >= min(t.within, share*s.took))
	}
}

// runWhole makes anew what is to be made anew. changed: the tables by hour have
// changed just now.
func (p *Processor) runWhole(ctx context.Context, state *rollupState, changed bool) {
	rows, err := clickhouse.Select[progress](ctx, p.ch, "SELECT count() AS n, max(_inserted_at) AS last, now64(3, 'UTC') AS now FROM episodes")
	if err != nil || len(rows) != 1 {
		p.rolledUp(ctx, "episodes", time.Now(), fmt.Errorf("read new episodes: %w", err))
		return
	}
	episodes, remade := rows[0], false
	for _, t := range wholeTables() {
		s := state.whole[t.table]
		s.due = s.due || remade && !t.byTime || changed && (rows[0].Rows > 0 || t.noEpisodes)
		began := time.Now()
		if s.wanted(&t, episodes, !changed, began) {
			if p.rolledUp(ctx, t.table, began, p.fillWhole(ctx, t, &state.hours)) {
				s.due, s.episodes = false, episodes
				remade = remade || t.table == corroboration
			}
			s.took, s.ended = time.Since(began), time.Now()
		}
		state.whole[t.table] = s
		if t.table == corroboration {
			// The others know only the episodes that it knows: those that came while it
			// was left alone they are still to be made of.
			episodes = s.episodes
		}
	}
}

// fillWhole makes one of them anew.
func (p *Processor) fillWhole(ctx context.Context, t wholeTable, state *hoursState) error {
	if err := p.nextVersion(ctx, state); err != nil {
		return err
	}
	v := strconv.FormatUint(state.version, 10)
	if err := p.ch.ExecInsertSelect(ctx, "INSERT INTO "+t.table+" ("+t.columns+", gone, version) SELECT "+t.columns+", 0, "+v+" FROM "+t.view); err != nil {
		return fmt.Errorf("fill %s: %w", t.table, err)
	}
	return p.forget(ctx, t.table, t.columns, v, "1")
}
