package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Stored is a message that is in a table.
type Stored struct {
	Offset   uint64 `ch:"_offset"`
	Identity uint64 `ch:"identity"`
}

// Place is a partition of a topic, as the rows of a table name it.
type Place struct {
	Table     string
	Topic     string
	Partition int
}

// StoredOffsets returns the messages of a partition with from <= offset <= to
// which are in the table. identity is an SQL expression (UInt64) by which two
// messages can be told apart that had the same offset because the topic was
// made anew.
func (c *Client) StoredOffsets(ctx context.Context, p Place, from, to uint64, identity string) ([]Stored, error) {
	stored, err := Select[Stored](ctx, c, "SELECT DISTINCT _offset, "+identity+" AS identity FROM "+p.Table+
		" WHERE _topic = ? AND _partition = ? AND _offset >= ? AND _offset <= ?", p.Topic, p.Partition, from, to)
	if err != nil {
		return nil, fmt.Errorf("read offsets of %s/%d back from %s: %w", p.Topic, p.Partition, p.Table, err)
	}
	return stored, nil
}

// LastStored returns the highest stored offset of a partition that is not
// below from; false if there is none.
func (c *Client) LastStored(ctx context.Context, p Place, from uint64) (uint64, bool, error) {
	rows, err := Select[struct {
		Count uint64 `ch:"n"`
		Last  uint64 `ch:"last"`
	}](ctx, c, "SELECT count() AS n, max(_offset) AS last FROM "+p.Table+
		" WHERE _topic = ? AND _partition = ? AND _offset >= ?", p.Topic, p.Partition, from)
	if err != nil {
		return 0, false, fmt.Errorf("read last offset of %s/%d back from %s: %w", p.Topic, p.Partition, p.Table, err)
	}
	if len(rows) == 0 || rows[0].Count == 0 {
		return 0, false, nil
	}
	return rows[0].Last, true, nil
}

const (
	awaitPoll = 100 * time.Millisecond
	// defaultKillAfter is how long an insert of somebody who is gone may go on.
	defaultKillAfter = 10 * time.Second
)

// AwaitQueries returns when no query whose id begins with prefix runs any
// more. An insert whose client was killed may still be on its way into the
// table; reading back before it is there would store its rows twice. After a
// while such a query is killed.
func (c *Client) AwaitQueries(ctx context.Context, prefix string) error {
	pattern := likePrefix(prefix)
	began, killed := time.Now(), false
	for {
		n, err := SelectOne[uint64](ctx, c, "SELECT count() FROM "+c.processes()+
			" WHERE query_id LIKE ? OR Settings['log_comment'] LIKE ?", pattern, pattern)
		if err != nil {
			return fmt.Errorf("read running queries: %w", err)
		}
		if n == 0 {
			return nil
		}
		if !killed && time.Since(began) > c.killAfter {
			killed = true
			c.log.WarnContext(ctx, "killing inserts that somebody left behind", "prefix", prefix, "queries", n)
			if err := c.Exec(ctx, "KILL QUERY "+layout{c.cluster}.OnCluster()+
				" WHERE query_id LIKE ? OR Settings['log_comment'] LIKE ? ASYNC", pattern, pattern); err != nil {
				return fmt.Errorf("kill queries %s…: %w", prefix, err)
			}
		}
		if err := sleep(ctx, awaitPoll); err != nil {
			return fmt.Errorf("wait for queries %s…: %w", prefix, err)
		}
	}
}

func (c *Client) processes() string {
	if c.cluster == "" {
		return "system.processes"
	}
	return "clusterAllReplicas('" + c.cluster + "', system.processes)"
}

// likePrefix is the LIKE pattern of everything that begins with prefix.
func likePrefix(prefix string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(prefix) + "%"
}
