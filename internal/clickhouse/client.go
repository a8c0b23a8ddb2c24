package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/tidemark/tidemark/internal/config"
)

const (
	pingTimeout  = 10 * time.Second
	waitFirst    = 200 * time.Millisecond
	waitLongest  = 5 * time.Second
	waitLogEvery = 15 * time.Second
)

// Client is a pool of connections to one database. It is safe for concurrent
// use.
type Client struct {
	conn      driver.Conn
	options   *ch.Options
	database  string
	cluster   string
	retention time.Duration
	fsync     bool
	killAfter time.Duration
	log       *slog.Logger

	mu       sync.Mutex
	settings ch.Settings // of inserts; nil until the server was asked which it knows
}

// Open reads the configuration. It does not connect: that is done by the first
// use, or by Wait.
func Open(cfg config.ClickHouse, log *slog.Logger) (*Client, error) {
	options, err := parseOptions(cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Retention < 0 {
		return nil, errors.New("read clickhouse.retention: is negative")
	}
	if err := checkCluster(cfg.Cluster); err != nil {
		return nil, err
	}
	conn, err := ch.Open(options)
	if err != nil {
		return nil, fmt.Errorf("open clickhouse: %w", err)
	}
	return &Client{
		conn:      conn,
		options:   options,
		database:  options.Auth.Database,
		cluster:   cfg.Cluster,
		retention: time.Duration(cfg.Retention),
		fsync:     cfg.Fsync,
		killAfter: defaultKillAfter,
		log:       log.With("component", "clickhouse"),
	}, nil
}

// Database is the name of the database that the client works in.
func (c *Client) Database() string { return c.database }

// Addr says where the client connects to, without user and password.
func (c *Client) Addr() string { return addrOf(c.options) }

// Close ends all connections.
func (c *Client) Close() error {
	if err := c.conn.Close(); err != nil {
		return fmt.Errorf("close clickhouse: %w", err)
	}
	return nil
}

// Wait returns when the server answers, and says in the log what it waits
// for. A server that refuses the user will not change its mind: that is an
// error at once. A database that does not exist yet is none; Migrate makes it.
func (c *Client) Wait(ctx context.Context) error {
	pause := waitFirst
	var logged time.Time
	for {
		err := c.ping(ctx)
		if err == nil || Code(err) == codeUnknownDatabase {
			return nil
		}
		if isAuthentication(err) {
			return fmt.Errorf("connect to clickhouse at %s: %w", c.Addr(), err)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("wait for clickhouse at %s: %w", c.Addr(), errors.Join(ctx.Err(), err))
		}
		if time.Since(logged) >= waitLogEvery {
			c.log.WarnContext(ctx, "waiting for clickhouse", "addr", c.Addr(), "err", err)
			logged = time.Now()
		}
		if err := sleep(ctx, pause); err != nil {
			return fmt.Errorf("wait for clickhouse at %s: %w", c.Addr(), err)
		}
		pause = min(2*pause, waitLongest)
	}
}

func (c *Client) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return c.conn.Ping(ctx)
}

// Exec runs a statement that returns nothing.
func (c *Client) Exec(ctx context.Context, sql string, args ...any) error {
	return c.plainly(c.conn.Exec(ctx, sql, args...))
}

// QueryFormat runs a query and returns the answer as the server writes it in
// one of its formats (JSONEachRow, CSV, Parquet, …). Over the native protocol
// there are no formats; the error says so.
func (c *Client) QueryFormat(ctx context.Context, format, sql string) (io.ReadCloser, error) {
	answer, err := c.conn.QueryFormat(ctx, format, sql)
	return answer, c.plainly(err)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
