package clickhouse

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// lookTables hold what arrives all the time. Rollups and facts are not among
// them: they are kept for ever.
func lookTables() []string { return []string{"readings", "looks"} }

// applyOptions makes the tables forget, or keep, and flush, or not, as the
// configuration says.
func (c *Client) applyOptions(ctx context.Context, l layout) error {
	for _, table := range lookTables() {
		name := l.Local(table)
		engine, err := SelectOne[string](ctx, c,
			"SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = ?", name)
		if err != nil {
			return fmt.Errorf("read engine of table %s: %w", name, err)
		}
		for _, change := range []string{c.retentionChange(engine), c.fsyncChange(engine)} {
			if change == "" {
				continue
			}
			c.log.InfoContext(ctx, "changing table", "table", name, "change", change)
			if err := c.Exec(ctx, "ALTER TABLE "+name+" "+l.OnCluster()+" "+change); err != nil {
				return fmt.Errorf("change table %s: %w", name, err)
			}
		}
	}
	return nil
}

// retentionChange is the ALTER that makes the retention what it should be;
// empty if it is. A row's age counts from its insert, not from what it is
// about: a past that was replayed or imported today is not old today.
func (c *Client) retentionChange(engine string) string {
	want := int64(c.retention / time.Second)
	switch {
	case retentionOf(engine) == want:
		return ""
	case want == 0:
		return "REMOVE TTL"
	default:
		return "MODIFY TTL toDateTime(_inserted_at) + toIntervalSecond(" + strconv.FormatInt(want, 10) + ")"
	}
}

// retentionOf reads the TTL, in seconds, out of a table's engine clause; 0:
// none.
func retentionOf(engine string) int64 {
	found := regexp.MustCompile(` TTL toDateTime\(_inserted_at\) \+ toIntervalSecond\((\d+)\)`).FindStringSubmatch(engine)
	if found == nil {
		return 0
	}
	seconds, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return 0
	}
	return seconds
}

// fsyncChange is the ALTER that makes inserts flush to the disk or not; empty
// if it is so already.
func (c *Client) fsyncChange(engine string) string {
	switch is := strings.Contains(engine, "fsync_after_insert = 1"); {
	case c.fsync && !is:
		return "MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1"
	case !c.fsync && is:
		return "RESET SETTING fsync_after_insert, fsync_part_directory"
	default:
		return ""
	}
}

// Delete removes the rows of a table for which a condition is true, and
// returns when they are gone from every query.
func (c *Client) Delete(ctx context.Context, table, where string, args ...any) error {
	l := layout{cluster: c.cluster}
	if err := c.Exec(ctx, "DELETE FROM "+l.Local(table)+" "+l.OnCluster()+" WHERE "+where, args...); err != nil {
		return fmt.Errorf("delete from %s: %w", table, err)
	}
	return nil
}
