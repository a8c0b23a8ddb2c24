package kafka

import (
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/tidemark/tidemark/internal/event"
)

// Message is one record as it was read.
type Message struct {
	Topic      string
	Partition  int
	Offset     int64
	Key, Value []byte
	// Type is the header that names the protobuf message; empty where there is
	// none. event.Unmarshal takes it with Value.
	Type string
	Time time.Time
}

// types gives every message of a partition the same string for its type,
// instead of one that is allocated per message. It is for one goroutine.
type types map[string]string

func (t types) message(m *kafkago.Message) Message {
	return Message{
		Topic: m.Topic, Partition: m.Partition, Offset: m.Offset,
		Key: m.Key, Value: m.Value, Time: m.Time, Type: t.of(m.Headers),
	}
}

func (t types) of(headers []kafkago.Header) string {
	for i := range headers {
		if headers[i].Key != event.HeaderType {
			continue
		}
		if s, ok := t[string(headers[i].Value)]; ok {
			return s
		}
		s := string(headers[i].Value)
		if len(t) < 64 { // a hostile topic must not fill the memory
			t[s] = s
		}
		return s
	}
	return ""
}
