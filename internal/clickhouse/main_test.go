package clickhouse

import (
	"context"
	"log/slog"
	"os"
	"testing"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/internal/testkit"
)

func TestMain(m *testing.M) {
	engine.MainHook()
	os.Exit(m.Run())
}

// open gives a client on a database of its own, without tables.
func open(t testing.TB, change ...func(*config.ClickHouse)) *Client {
	t.Helper()
	cfg := config.ClickHouse{DSN: config.Secret(testkit.ClickHouse(t))}
	for _, c := range change {
		c(&cfg)
	}
	c, err := Open(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// migrated gives a client on a database with all tables.
func migrated(t testing.TB) *Client {
	t.Helper()
	c := open(t)
	if err := c.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// named gives a query an id, as inserts have one.
func (c *Client) named(ctx context.Context, id string) context.Context {
	return ch.Context(ctx, ch.WithQueryID(id), ch.WithSettings(ch.Settings{"log_comment": id}))
}
