package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// judged says whether every partition has told, on the topic of episodes, that
// the case is judged to its end.
func judged(t *testing.T, bin, dir string, partitions int) error {
	t.Helper()
	out, err := run(t, bin, "topic", "tail", event.TopicEpisodes, "--data-dir", dir, "--json", "--ticks")
	if err != nil {
		return err
	}
	end := time.Date(2025, 2, 25, 0, 0, 0, 0, time.UTC).UnixMilli()
	there := map[uint32]bool{}
	for line := range strings.Lines(out) {
		var m struct {
			Type    string `json:"type"`
			Message struct {
				Partition uint32 `json:"partition"`
				PastMs    int64  `json:"pastMs,string"`
			} `json:"message"`
		}
		if !strings.Contains(line, "pastMs") {
			continue
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			return fmt.Errorf("read tick: %w: %s", err, line)
		}
		if m.Message.PastMs >= end {
			there[m.Message.Partition] = true
		}
	}
	if len(there) < partitions {
		return fmt.Errorf("%d of %d partitions have told that the case is over", len(there), partitions)
	}
	return nil
}
