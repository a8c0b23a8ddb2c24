package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/collectors/replay"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/obs"
)

func TestReachable(t *testing.T) {
	t.Parallel()
	for listens, want := range map[string]string{
		"127.0.0.1:80": "127.0.0.1:80", "0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80", "10.0.0.1:80": "10.0.0.1:80",
	} {
		if got := reachable(listens); got != want {
			t.Errorf("%s: got %s, want %s", listens, got, want)
		}
	}
}

func TestRecordingVersionIsOfTheMessages(t *testing.T) {
	t.Parallel()
	r, err := replay.Open(caseName)
	if err != nil {
		t.Fatal(err)
	}
	first, total, err := recordingVersion(r)
	if err != nil || total == 0 {
		t.Fatalf("got %d messages, %v", total, err)
	}
	if again, _, err := recordingVersion(r); err != nil || again != first {
		t.Errorf("got %s (%v), then %s", first, err, again)
	}
}

func TestAMessageThatCannotBeDecodedIsShown(t *testing.T) {
	t.Parallel()
	for _, m := range []kafka.Message{
		{Topic: "t", Partition: 1, Offset: 2, Type: "tidemark.v1.Snapshot", Value: []byte{0xff, 1}, Time: time.UnixMilli(1)},
		{Topic: "t", Type: "somebody.else", Value: []byte("x")},
		{Topic: "t"},
	} {
		var got struct {
			Problem string  `json:"problem"`
			Base64  []byte  `json:"base64"`
			Message *string `json:"message"`
		}
		line, err := (&tail{json: true}).line(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if got.Problem == "" || !bytes.Equal(got.Base64, m.Value) && len(m.Value) > 0 || got.Message != nil {
			t.Errorf("got %s", line)
		}
	}
}

func TestEnvelopeHoldsTheMessage(t *testing.T) {
	t.Parallel()
	want := &event.Snapshot{
		Source: "test", Target: event.TagTarget("mastodon.social", "小红书"), SlotMs: 1_736_812_800_000, SeenAtMs: 1_736_812_801_000,
		Outcome: event.Outcome_OUTCOME_OK, Basis: event.Basis_BASIS_MEASURED,
		Readings: []*event.Reading{{Subject: "a \"b\" <c>", Metric: "uses", Value: 0.1}},
	}
	value, err := event.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	e := envelopeOf(kafka.Message{Type: event.TypeName(want), Value: value, Key: []byte("k")})
	var got event.Snapshot
	if err := protojson.Unmarshal(e.Message, &got); err != nil || !proto.Equal(want, &got) {
		t.Errorf("got %s (%v)", e.Message, err)
	}
}

type countingHandler struct{ err error }

func (h countingHandler) Assign(context.Context, string, int, kafka.Committed) (kafka.PartitionHandler, error) {
	return h, h.err
}

func (h countingHandler) Handle(context.Context, []kafka.Message) (kafka.Commit, error) {
	return kafka.Commit{Offset: 5}, h.err
}

func (h countingHandler) Start() int64 { return 7 }

// What stands between consumer and handler only listens.
func TestTurningPassesEverythingOn(t *testing.T) {
	t.Parallel()
	health := obs.NewHealth(nil)
	h, err := turning{countingHandler{}, health.Loop("store", time.Hour)}.Assign(t.Context(), "t", 0, kafka.Committed{})
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := h.(kafka.Starter); !ok || s.Start() != 7 {
		t.Error("the start is not passed on")
	}
	if c, err := h.Handle(t.Context(), nil); err != nil || c.Offset != 5 {
		t.Errorf("got %+v, %v", c, err)
	}
	wrong := errors.New("wrong")
	if _, err := (turning{countingHandler{wrong}, nil}).Assign(t.Context(), "t", 0, kafka.Committed{}); !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
}
