package engine

import (
	"bytes"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/event"
)

// stateVersion is the shape of the saved state.
const stateVersion = 1

type saved struct {
	Version int       `json:"version,omitempty"`
	Live    *timeline `json:"live,omitempty"`
	Past    *timeline `json:"past,omitempty"`
}

// episode is written as its protobuf bytes: numbers stay what they are, and
// fields that this version does not know are kept.
type episode struct{ *event.Episode }

// MarshalJSON writes the protobuf bytes.
func (e episode) MarshalJSON() ([]byte, error) {
	if e.Episode == nil {
		return []byte("null"), nil
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(e.Episode)
	if err != nil {
		return nil, err
	}
	return json.Marshal(b)
}

// UnmarshalJSON reads them.
func (e *episode) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte("null")) {
		e.Episode = nil
		return nil
	}
	var b []byte
	if err := json.Unmarshal(text, &b); err != nil {
		return err
	}
	e.Episode = &event.Episode{}
	return proto.Unmarshal(b, e.Episode)
}

// Marshal writes all that decides about later messages, but the configuration,
// the mutes and the horizon.
func (e *Engine) Marshal() ([]byte, error) {
	b, err := json.Marshal(saved{Version: stateVersion, Live: e.live, Past: e.past})
	if err != nil {
		return nil, fmt.Errorf("write state of alerts: %w", err)
	}
	return b, nil
}

// Unmarshal takes the place of what the engine knew.
func (e *Engine) Unmarshal(b []byte) error {
	s := saved{Live: newTimeline(false), Past: newTimeline(true)}
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("read state of alerts: %w", err)
	}
	if s.Version != stateVersion {
		return fmt.Errorf("read state of alerts: version %d, want %d", s.Version, stateVersion)
	}
	e.live, e.past = s.Live, s.Past
	return nil
}
