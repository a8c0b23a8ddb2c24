package kafka

import (
	"fmt"
	"log/slog"
	"strings"
)

// libraryLog carries kafka-go's own lines at debug level: while a broker is
// away it writes several a second. What a person must know, we say ourselves.
type libraryLog struct{ log *slog.Logger }

func newLibraryLog(log *slog.Logger) libraryLog { return libraryLog{log} }

// Printf is kafka-go's logging interface.
func (l libraryLog) Printf(format string, args ...any) {
	l.log.Debug("kafka-go", "detail", strings.TrimSpace(fmt.Sprintf(format, args...)))
}
