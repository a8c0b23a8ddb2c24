package clickhouse_test

import (
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
)

// TestNobodyAnswersIsSaidPlainly: with the address and what to do, and without
// the driver's own business.
func TestNobodyAnswersIsSaidPlainly(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, dsn := range []string{"http://" + address + "/tidemark", "clickhouse://" + address + "/tidemark"} {
		ch, err := clickhouse.Open(config.ClickHouse{DSN: config.Secret(dsn)}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		rows, asked := ch.Query(t.Context(), "SELECT 1")
		if rows != nil {
			t.Errorf("%s: there is an answer", dsn)
		}
		for _, err := range []error{asked, ch.Exec(t.Context(), "SELECT 1")} {
			if _, ok := errors.AsType[*clickhouse.Unreachable](err); !ok {
				t.Errorf("%s: %v is not told as unreachable", dsn, err)
			} else if text := err.Error(); !strings.Contains(text, address) || !strings.Contains(text, "connection refused") || strings.Contains(text, "hello") {
				t.Errorf("%s: %s", dsn, text)
			}
		}
		if err := ch.Close(); err != nil {
			t.Error(err)
		}
	}
}
