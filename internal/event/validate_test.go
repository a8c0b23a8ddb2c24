package event_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/event"
)

func look(change func(*event.Snapshot)) *event.Snapshot {
	s := &event.Snapshot{
		Source:   "appstore",
		Target:   event.ChartTarget("apple", "us", "top-free/overall"),
		SlotMs:   1_736_755_200_000,
		SeenAtMs: 1_736_755_201_500,
		Outcome:  event.Outcome_OUTCOME_OK,
		Basis:    event.Basis_BASIS_MEASURED,
		Depth:    100,
		Readings: []*event.Reading{{Subject: "741292507", Metric: event.MetricRank, Value: 1}},
	}
	if change != nil {
		change(s)
	}
	return s
}

func TestSnapshotValidateNamesTheField(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*event.Snapshot)
		field  string
	}{
		"no source":             {func(s *event.Snapshot) { s.Source = "" }, "source"},
		"no target":             {func(s *event.Snapshot) { s.Target = nil }, "target"},
		"unknown kind":          {func(s *event.Snapshot) { s.Target.Kind = "person" }, "target.kind"},
		"slash in place":        {func(s *event.Snapshot) { s.Target.Place = "a/b" }, "target.place"},
		"country in capitals":   {func(s *event.Snapshot) { s.Target.Country = "US" }, "target.country"},
		"no name":               {func(s *event.Snapshot) { s.Target.Name = "" }, "target.name"},
		"slot in seconds":       {func(s *event.Snapshot) { s.SlotMs /= 1000 }, "slot_ms"},
		"seen in microseconds":  {func(s *event.Snapshot) { s.SeenAtMs *= 1000 }, "seen_at_ms"},
		"no basis":              {func(s *event.Snapshot) { s.Basis = 0 }, "basis"},
		"basis from the future": {func(s *event.Snapshot) { s.Basis = 99 }, "basis"},
		"no outcome":            {func(s *event.Snapshot) { s.Outcome = 0 }, "outcome"},
		"ok without readings":   {func(s *event.Snapshot) { s.Readings = nil }, "outcome"},
		"failed with readings": {func(s *event.Snapshot) {
			s.Outcome, s.Reason = event.Outcome_OUTCOME_FAILED, "time-out"
		}, "outcome"},
		"failed without reason": {func(s *event.Snapshot) {
			s.Outcome, s.Readings = event.Outcome_OUTCOME_FAILED, nil
		}, "reason"},
		"no subject":     {func(s *event.Snapshot) { s.Readings[0].Subject = "" }, "readings[0].subject"},
		"broken UTF-8":   {func(s *event.Snapshot) { s.Readings[0].Subject = "a\xff" }, "readings[0].subject"},
		"no metric":      {func(s *event.Snapshot) { s.Readings[0].Metric = "" }, "readings[0].metric"},
		"NaN":            {func(s *event.Snapshot) { s.Readings[0].Value = math.NaN() }, "readings[0].value"},
		"infinite":       {func(s *event.Snapshot) { s.Readings[0].Value = math.Inf(1) }, "readings[0].value"},
		"rank 0":         {func(s *event.Snapshot) { s.Readings[0].Value = 0 }, "readings[0].value"},
		"rank one half":  {func(s *event.Snapshot) { s.Readings[0].Value = 1.5 }, "readings[0].value"},
		"at before 2000": {func(s *event.Snapshot) { s.Readings[0].AtMs = 1 }, "readings[0].at_ms"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := look(c.change).Validate()
			var field *event.FieldError
			if !errors.As(err, &field) || field.Field != c.field {
				t.Errorf("Validate() = %v, want an error about %s", err, c.field)
			}
		})
	}
	if err := look(nil).Validate(); err != nil {
		t.Errorf("Validate() of a good look = %v", err)
	}
}

func TestMissingIsNeverZero(t *testing.T) {
	t.Parallel()
	empty := look(func(s *event.Snapshot) { s.Outcome, s.Readings = event.Outcome_OUTCOME_EMPTY, nil })
	if err := empty.Validate(); err != nil {
		t.Errorf("an empty look is a look: %v", err)
	}
	zero := look(func(s *event.Snapshot) { s.Readings[0].Metric, s.Readings[0].Value = "uses_today", 0 })
	if err := zero.Validate(); err != nil {
		t.Errorf("a counted zero is a number: %v", err)
	}
}

func TestOtherMessagesNameTheField(t *testing.T) {
	t.Parallel()
	const at = 1_736_755_200_000
	target := event.TagTarget("xiaohongshu", "tiktokrefugee")
	cases := map[string]struct {
		message event.Validator
		field   string
	}{
		"mention without id":    {&event.Mention{Platform: "bluesky", Tag: "a", AtMs: at}, "id"},
		"mention without tag":   {&event.Mention{Id: "1", Platform: "bluesky", AtMs: at}, "tag"},
		"mention without time":  {&event.Mention{Id: "1", Platform: "bluesky", Tag: "a"}, "at_ms"},
		"episode without state": {&event.Episode{Id: "1", Rule: "r", Source: "s", Subject: "a", Metric: "m", Target: target, Sequence: 1, OnsetMs: at}, "state"},
		"episode without sequence": {&event.Episode{
			Id: "1", Rule: "r", Source: "s", Subject: "a", Metric: "m", Target: target,
			State: event.EpisodeState_EPISODE_STATE_OPEN, OnsetMs: at,
		}, "sequence"},
		"fact without publisher": {&event.Fact{
			Id: "1", Kind: event.FactKind_FACT_KIND_EVENT, Topic: "t", Subject: "s", Metric: "m", Confidence: "high",
		}, "publisher"},
		"fact that ends before it starts": {&event.Fact{
			Id: "1", Kind: event.FactKind_FACT_KIND_EVENT, Topic: "t", Subject: "s", Metric: "m",
			Publisher: "p", Confidence: "high", FromMs: at + 1, ToMs: at,
		}, "from_ms"},
		"rejected without reason": {&event.Rejected{Stage: "store", AtMs: at}, "reason"},
		"tick without time":       {&event.Tick{}, "at_ms"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := event.Marshal(c.message)
			var field *event.FieldError
			if !errors.As(err, &field) || field.Field != c.field {
				t.Errorf("Marshal() = %v, want an error about %s", err, c.field)
			}
		})
	}
}

func TestMarshalRoundTripIsDeterministic(t *testing.T) {
	t.Parallel()
	s := look(nil)
	first, err := event.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	back, err := event.Unmarshal(event.TypeName(s), first)
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(s, back) {
		t.Errorf("Unmarshal(Marshal(s)) = %v, want %v", back, s)
	}
	second, err := event.Marshal(back)
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != string(second) {
		t.Error("the same message gave other bytes")
	}
}

func TestUnmarshalRefusesUnknownTypes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Snapshot", "tidemark.v2.Snapshot", "tidemark.v1.Person"} {
		if _, err := event.Unmarshal(name, nil); !errors.Is(err, event.ErrUnknownType) {
			t.Errorf("Unmarshal(%q) = %v, want ErrUnknownType", name, err)
		}
	}
}

func TestTargetKeyRoundTrip(t *testing.T) {
	t.Parallel()
	for _, target := range []*event.Target{
		event.ChartTarget("apple", "us", "top-free/social-networking"),
		event.TagTarget("mastodon.social", "tiktokrefugee"),
		event.ListingTarget("google", "us"),
		{Kind: event.KindArticle, Place: "en.wikipedia", Name: "TikTok/Lite"},
	} {
		back, err := event.ParseTargetKey(target.Key())
		if err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(target, back) {
			t.Errorf("ParseTargetKey(%q) = %v", target.Key(), back)
		}
	}
	if _, err := event.ParseTargetKey("chart/apple"); err == nil {
		t.Error("half a key was accepted")
	}
}

// Promise 6: counts and ranks only. Every field of every message is listed
// here, so that a new one has to be looked at with that in mind.
func TestMessagesHoldNoPerson(t *testing.T) {
	t.Parallel()
	forbidden := []string{"author", "user", "account", "did", "handle", "text", "content", "body", "message", "email", "ip"}
	allowed := map[string]bool{"body_bytes": true, "value_text": true}
	messages := event.File_tidemark_v1_event_proto.Messages()
	for i := range messages.Len() {
		fields := messages.Get(i).Fields()
		for j := range fields.Len() {
			name := string(fields.Get(j).Name())
			for part := range strings.SplitSeq(name, "_") {
				for _, word := range forbidden {
					if part == word && !allowed[name] {
						t.Errorf("%s.%s could hold a person's data", messages.Get(i).Name(), name)
					}
				}
			}
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	good, err := event.Marshal(look(nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("tidemark.v1.Snapshot", good)
	f.Add("tidemark.v1.Mention", []byte{})
	f.Add("tidemark.v1.Fact", []byte{0xff})
	f.Fuzz(func(t *testing.T, typeName string, b []byte) {
		m, err := event.Unmarshal(typeName, b)
		if err != nil {
			return
		}
		if _, err := event.Marshal(m); err != nil {
			t.Errorf("what was accepted cannot be sent on: %v", err)
		}
	})
}
