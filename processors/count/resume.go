package count

import (
	"encoding/json"
	"fmt"

	"github.com/tidemark/tidemark/internal/kafka"
)

// saved is the metadata of a commit: all that cannot be had by reading again.
// It has to stay below 4,000 bytes, which maxPlatforms sees to.
type saved struct {
	Version int           `json:"v"`
	Streams []savedStream `json:"s"`
}

const savedVersion = 1

type savedStream struct {
	Platform string `json:"p"`
	// From is the offset to begin at, and the clock is as it was before it.
	From int64 `json:"f"`
	clock
	Latest     int64 `json:"l"`
	MinuteDone int64 `json:"m"`
	HourDone   int64 `json:"h"`
	Torn       bool  `json:"x,omitempty"`
}

// commit is the first offset of the oldest open window of all platforms.
func (h *partition) commit() (kafka.Commit, error) {
	state := saved{Version: savedVersion}
	c := kafka.Commit{Offset: h.next, Next: h.fresh}
	for _, s := range h.ordered() {
		from, at := s.begin(h.next)
		c.Offset = min(c.Offset, from)
		state.Streams = append(state.Streams, savedStream{
			Platform: s.platform, From: from, clock: at, Latest: s.latest,
			MinuteDone: s.minuteDone, HourDone: s.hourDone, Torn: s.torn,
		})
	}
	text, err := json.Marshal(state)
	if err != nil {
		return c, fmt.Errorf("write state: %w", err)
	}
	c.Metadata = string(text)
	return c, nil
}

// restore begins where the commit says.
func (h *partition) restore(c kafka.Committed) error {
	h.next, h.fresh = c.Offset, c.Next
	if c.Metadata == "" {
		return nil // committed by a person: nothing was counted before
	}
	var state saved
	if err := json.Unmarshal([]byte(c.Metadata), &state); err != nil {
		return fmt.Errorf("read state: %w; remove the group's commits to count from the start of the log", err)
	}
	if state.Version != savedVersion {
		return fmt.Errorf("read state: version %d, want %d; remove the group's commits to count from the start of the log",
			state.Version, savedVersion)
	}
	for _, from := range state.Streams {
		s := h.addStream(from.Platform, from.From)
		s.clock, s.latest, s.torn = from.clock, from.Latest, from.Torn
		s.minuteDone, s.hourDone = from.MinuteDone, from.HourDone
	}
	return nil
}
