package store

import (
	"testing"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// TestFastTakesOrdinaryLooks: otherwise it is right and worth nothing.
func TestFastTakesOrdinaryLooks(t *testing.T) {
	t.Parallel()
	h, _ := loose()
	for i, e := range []event.Validator{chart(day, 100), failed(chart(day, 3), "HTTP 503"), tagLook(day, 3), imported(chart(day, 3), "0123456789abcdef")} {
		m := batch(t, int64(i), e)[0]
		if !h.fast.take(h, at{topic: m.Topic, offset: uint64(m.Offset)}, m.Value) {
			t.Errorf("%d was left to the slow way", i)
		}
	}
}

// BenchmarkTake is what decoding costs: per message of 200 readings.
func BenchmarkTake(b *testing.B) {
	h, _ := loose()
	m := batch(b, 0, benchLook(5))[0]
	for name, take := range map[string]func(m *kafka.Message) error{
		"fast": func(m *kafka.Message) error { return h.take(b.Context(), m) },
		"slow": func(m *kafka.Message) error {
			msg, err := event.Unmarshal(m.Type, m.Value)
			if s, ok := msg.(*event.Snapshot); ok && err == nil {
				h.addSnapshot(at{topic: h.topic}, s)
			}
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%500 == 0 {
					for _, t := range h.tables {
						t.reset()
					}
				}
				if err := take(&m); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchDepth, "ns/reading")
		})
	}
}
