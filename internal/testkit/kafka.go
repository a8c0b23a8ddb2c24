package testkit

import (
	"context"
	"log/slog"
	"testing"

	"github.com/tidemark/tidemark/internal/embedded/broker"
	"github.com/tidemark/tidemark/internal/event"
)

// Broker starts an embedded broker with every topic of the project, four
// partitions each, and ends it with the test.
func Broker(t testing.TB) (addr string) {
	t.Helper()
	return BrokerOf(t, 4)
}

// BrokerOf is Broker with another number of partitions.
func BrokerOf(t testing.TB, partitions int) (addr string) {
	t.Helper()
	b, err := broker.Open(broker.Config{DataDir: t.TempDir(), Partitions: partitions, Topics: event.Topics()},
		slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return b.Addr()
}
