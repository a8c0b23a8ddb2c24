package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// TestTheCaseGivesEpisodes: one command, and what was to be found in January
// 2025 is in ClickHouse as episodes; the quiet weeks before have none.
func TestTheCaseGivesEpisodes(t *testing.T) {
	t.Parallel()
	needSlow(t)
	bin, dir := binary(t), t.TempDir()
	start(t, bin, nil, "up", "--data-dir", dir, "--http", freePort(t), "--no-collect")
	eventually(t, "all looks to be judged", func() error { return judged(t, bin, dir, 4) })
	eventually(t, "an empty backlog", func() error { return noLag(t, bin, dir) })
	for what, query := range map[string]string{
		"RedNote rises to #1":                  "entity = 'rednote' AND rule = 'rank' AND peak = 1 AND onset BETWEEN '2025-01-08' AND '2025-01-14'",
		"the tag surges":                       "subject = 'tiktokrefugee' AND rule = 'surge' AND onset BETWEEN '2025-01-12' AND '2025-01-14'",
		"the tag's decline has a half-life":    "subject = 'tiktokrefugee' AND rule = 'surge' AND state = 'closed' AND half_life_s > 0",
		"TikTok is delisted and returns":       "entity = 'tiktok' AND rule = 'delisted' AND onset BETWEEN '2025-01-18' AND '2025-01-20' AND state = 'closed' AND closed BETWEEN '2025-02-13' AND '2025-02-15'",
		"DeepSeek jumps, as another topic":     "topic = 'deepseek' AND rule = 'rank' AND peak = 1 AND onset BETWEEN '2025-01-20' AND '2025-01-27'",
		"RedNote belongs to the refugees":      "entity = 'rednote' AND topic = 'tiktok-refugees'",
		"every episode says what it is of":     "explanation != '' AND basis = 'modelled' AND at IS NOT NULL",
		"what is closed says when it was over": "state = 'closed' AND closed > onset",
	} {
		if got, err := sql(t, bin, dir, "SELECT count() > 0 FROM v_episodes WHERE kind = 'surge' AND "+query); err != nil || got != "1" {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	if got, err := sql(t, bin, dir, "SELECT count() FROM v_episodes WHERE kind = 'surge' AND onset < '2025-01-08'"); err != nil || got != "0" {
		t.Errorf("episodes in the quiet weeks before: %q, %v", got, err)
	}
}

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
