package notify_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// BenchmarkPublishToSend measures how long it takes from the publishing of an
// episode to the call of Sender.Send, through a real broker and with the memory
// and the message stored before, while 1,000 other episodes are open.
func BenchmarkPublishToSend(b *testing.B) {
	const rounds = 300
	k := newKit(b, config.Receiver{Name: "phone"})
	sent := make(chan string, 2000)
	k.start(map[string]message.Sender{"phone": sender(sent)})
	var open []event.Validator
	for i := range 1000 {
		open = append(open, opened(fmt.Sprint("open", i), begin))
	}
	k.publish(open...)
	for range open {
		<-sent
	}
	for b.Loop() {
		var took []time.Duration
		for i := range rounds {
			id := fmt.Sprintf("e%d-%d", b.N, i)
			start := time.Now()
			k.publish(opened(id, begin.Add(time.Duration(i)*time.Second)))
			if got := <-sent; got != id {
				b.Fatalf("sent %s, want %s", got, id)
			}
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[rounds/2].Milliseconds()), "p50-ms")
		b.ReportMetric(float64(took[rounds*99/100].Milliseconds()), "p99-ms")
	}
}

type sender chan string

func (s sender) Send(_ context.Context, m *message.Message) error {
	s <- m.Items[0].Episode.GetId()
	return nil
}
