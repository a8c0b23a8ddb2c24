package broker

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kfake"
)

// logAdapter carries kfake's warnings into our log; its information about
// every request stays out.
type logAdapter struct{ log *slog.Logger }

// Logf is kfake's logging interface.
func (a logAdapter) Logf(level kfake.LogLevel, format string, args ...any) {
	var l slog.Level
	switch level {
	case kfake.LogLevelError:
		l = slog.LevelError
	case kfake.LogLevelWarn:
		l = slog.LevelWarn
	default:
		return
	}
	a.log.Log(context.Background(), l, "kfake", "detail", fmt.Sprintf(format, args...))
}
