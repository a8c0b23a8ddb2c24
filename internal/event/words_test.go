package event_test

import (
	"testing"

	"github.com/tidemark/tidemark/internal/event"
)

func TestSeverityLevel(t *testing.T) {
	t.Parallel()
	for severity, want := range map[float64]string{0: "info", 0.39: "info", 0.4: "warning", 0.74: "warning", 0.75: "critical", 1: "critical"} {
		if got := event.SeverityLevel(severity); got != want {
			t.Errorf("severity %v is %s, want %s", severity, got, want)
		}
	}
}
