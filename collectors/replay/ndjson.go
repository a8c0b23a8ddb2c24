package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/tidemark/tidemark/collectors/lines"
	"github.com/tidemark/tidemark/internal/event"
)

// Envelope is one line of an NDJSON recording, as `tidemark topic tail --json`
// prints it. A replay needs Type and Message; the rest says where the message
// was, and is for people.
type Envelope struct {
	Topic     string          `json:"topic,omitempty"`
	Partition int             `json:"partition"`
	Offset    int64           `json:"offset"`
	Time      time.Time       `json:"time,omitzero"`
	Key       string          `json:"key,omitempty"`
	Type      string          `json:"type"`    // the message's header: tidemark.v1.Snapshot
	Message   json.RawMessage `json:"message"` // the message as protojson
}

func parseNDJSON(l *lines.Reader, yield func(Message) bool) error {
	for {
		line, err := l.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		m, err := parseEnvelope(line)
		if err != nil {
			return l.Wrong(err)
		}
		if m.Msg != nil && !yield(m) {
			return nil
		}
	}
}

// parseEnvelope reads one line. Ticks are on every topic and are no part of
// what was seen: for them the message is nil.
func parseEnvelope(line []byte) (Message, error) {
	var e Envelope
	if err := json.Unmarshal(line, &e); err != nil {
		return Message{}, fmt.Errorf("decode line: %w", err)
	}
	if len(e.Message) == 0 {
		return Message{}, errors.New("decode line: message is missing")
	}
	var m event.Validator
	switch e.Type {
	case event.TypeName(&event.Snapshot{}):
		m = &event.Snapshot{}
	case event.TypeName(&event.Fact{}):
		m = &event.Fact{}
	case event.TypeName(&event.Tick{}):
		return Message{}, nil
	case event.TypeName(&event.Rejected{}):
		return parseRejected(e.Message)
	case "":
		return Message{}, errors.New("decode line: type is missing")
	default:
		return Message{}, fmt.Errorf("decode line: type is %q, want tidemark.v1.Snapshot or tidemark.v1.Fact", e.Type)
	}
	if err := protojson.Unmarshal(e.Message, m); err != nil {
		return Message{}, fmt.Errorf("decode message: %w", err)
	}
	if err := m.Validate(); err != nil {
		return Message{}, err
	}
	return messageOf(m), nil
}

func messageOf(m event.Validator) Message {
	return Message{At: timeOf(m), Outgoing: Outgoing{Key: keyOf(m), Msg: m}}
}

// parseRejected takes a message that could not be understood for another try:
// that is how a fix repairs what was rejected before it. The answer of a place
// is no message; its look was published as refused, and it is passed over.
func parseRejected(line []byte) (Message, error) {
	var r event.Rejected
	if err := protojson.Unmarshal(line, &r); err != nil {
		return Message{}, fmt.Errorf("decode message: %w", err)
	}
	if r.GetTopic() == "" {
		return Message{}, nil
	}
	if r.GetTruncated() {
		return Message{}, errors.New("decode rejected message: it was cut")
	}
	m, err := event.Unmarshal(r.GetType(), r.GetOriginal())
	if err != nil {
		return Message{}, fmt.Errorf("decode rejected message: still not understood: %w", err)
	}
	switch m.(type) {
	case *event.Snapshot, *event.Fact:
		return messageOf(m), nil
	default:
		return Message{}, fmt.Errorf("decode rejected message: type is %q, want tidemark.v1.Snapshot or tidemark.v1.Fact", r.GetType())
	}
}

// timeOf is the event time of m; zero where it has none that is known.
func timeOf(m event.Validator) time.Time {
	var ms int64
	switch v := m.(type) {
	case *event.Snapshot:
		ms = v.GetSlotMs()
	case *event.Fact:
		if ms = v.GetFromMs(); ms == 0 {
			ms = v.GetToMs()
		}
	}
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
