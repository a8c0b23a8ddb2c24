package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
)

// askImports is how long a person waits for the answer about one import.
const askImports = 10 * time.Second

// importedAt is when an import was published whole, and the zero time where it
// was not, or is not stored yet.
func importedAt(ctx context.Context, ch *clickhouse.Client, id string) (at time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, askImports)
	defer cancel()
	rows, err := ch.Query(ctx, "SELECT toUnixTimestamp64Milli(at) FROM v_imports WHERE id = ? AND state = 'whole'", id)
	if err != nil {
		return at, fmt.Errorf("ask for import %s: %w", id, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return at, fmt.Errorf("ask for import %s: %w", id, err)
		}
		if ms, is := values[0].(int64); is {
			at = time.UnixMilli(ms)
		}
	}
	return at, rows.Err()
}

// importedAlready asks the ClickHouse that belongs to the broker, where one is
// known, and says so where none answers.
func (a *app) importedAlready(ctx context.Context, w *where, id string) time.Time {
	at, err := a.askImported(ctx, w, id)
	if err != nil {
		fmt.Fprintf(a.stderr, "whether it was imported already is not known: %v\n", err)
	}
	return at
}

func (a *app) askImported(ctx context.Context, w *where, id string) (time.Time, error) {
	cfg, err := a.config()
	if err != nil {
		return time.Time{}, err
	}
	brokers := len(w.brokers) > 0 || w.dataDir == "" && namesServers(func(c *config.Config) string { return fmt.Sprint(c.Kafka.Brokers) }, cfg)
	if brokers && !namesServers(func(c *config.Config) string { return c.ClickHouse.DSN.Reveal() }, cfg) {
		return time.Time{}, errors.New("the configuration names no ClickHouse")
	}
	if err := w.clickhouse(cfg); err != nil {
		return time.Time{}, err
	}
	log, err := a.askLogger()
	if err != nil {
		return time.Time{}, err
	}
	ch, err := clickhouse.Open(cfg.ClickHouse, log)
	if err != nil {
		return time.Time{}, err
	}
	at, err := importedAt(ctx, ch, id)
	return at, errors.Join(err, ch.Close())
}
