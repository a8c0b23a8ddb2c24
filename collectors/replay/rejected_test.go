package replay

import (
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/event"
)

// envelopeOf is r as `tidemark topic tail --json` prints it.
func envelopeOf(t *testing.T, r *event.Rejected) []byte {
	t.Helper()
	message, err := protojson.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(Envelope{Topic: event.TopicRejected, Type: event.TypeName(r), Message: message})
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestRejectedMessagesGetAnotherTry(t *testing.T) {
	t.Parallel()
	look := &event.Snapshot{
		Source: "appstore", Target: event.ChartTarget("apple", "us", "top-free/overall"),
		SlotMs: 1_736_755_200_000, SeenAtMs: 1_736_755_201_500, Outcome: event.Outcome_OUTCOME_EMPTY,
		Basis: event.Basis_BASIS_MEASURED,
	}
	original, err := event.Marshal(look)
	if err != nil {
		t.Fatal(err)
	}
	rejected := func(change func(*event.Rejected)) []byte {
		r := &event.Rejected{
			Stage: "store", Reason: "unknown type", Original: original, AtMs: look.GetSeenAtMs(),
			Topic: event.TopicSnapshots, Type: event.TypeName(look),
		}
		change(r)
		return envelopeOf(t, r)
	}
	m, err := parseEnvelope(rejected(func(*event.Rejected) {}))
	if err != nil || !proto.Equal(m.Msg, look) || m.Key != look.GetTarget().Key() {
		t.Errorf("parseEnvelope() = %v, %v, want the look", m, err)
	}
	m, err = parseEnvelope(rejected(func(r *event.Rejected) { r.Topic, r.Type = "", "" }))
	if err != nil || m.Msg != nil {
		t.Errorf("an answer of a place: %v, %v, want it passed over", m, err)
	}
	for words, change := range map[string]func(*event.Rejected){
		"it was cut":           func(r *event.Rejected) { r.Truncated = true },
		"still not understood": func(r *event.Rejected) { r.Original = []byte{0xff} },
		"unknown message type": func(r *event.Rejected) { r.Type = "tidemark.v9.Snapshot" },
		"type is":              func(r *event.Rejected) { r.Type, r.Original = "tidemark.v1.Tick", tick(t) },
	} {
		if _, err := parseEnvelope(rejected(change)); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("parseEnvelope() = %v, want %q", err, words)
		}
	}
}

func tick(t *testing.T) []byte {
	t.Helper()
	b, err := event.Marshal(&event.Tick{AtMs: 1_736_755_200_000})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
