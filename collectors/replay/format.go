package replay

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// parser reads a whole recording and yields its messages until yield says no.
type parser func(l *lines, yield func(Message) bool) error

// The headers that CSV recordings are recognised by.
const (
	chartHeader   = "ts_utc,store,country,chart,category,rank,app_id,app_name"
	hotListHeader = "ts_utc,platform,rank,topic,category,hot,read_count,discuss_count,origin_count,is_ad"
)

// recognise chooses the parser by the first line.
func recognise(l *lines) (parser, error) {
	first, err := l.next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, l.wrongf("recording is empty")
	case err != nil:
		return nil, err
	case bytes.HasPrefix(bytes.TrimSpace(first), []byte("{")):
		return parseNDJSON, nil
	}
	switch header := strings.TrimSpace(string(first)); header {
	case chartHeader:
		return parseChart, nil
	case hotListHeader:
		return parseHotList, nil
	default:
		return nil, l.wrongf("line begins no recording: %q; want a line of JSON, or the header %q or %q",
			shorten(header), chartHeader, hotListHeader)
	}
}

// shorten keeps a message about a line readable.
func shorten(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
