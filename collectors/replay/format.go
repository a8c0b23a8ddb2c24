package replay

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/tidemark/tidemark/collectors/importer"
	"github.com/tidemark/tidemark/collectors/lines"
	"github.com/tidemark/tidemark/internal/event"
)

// parser reads a whole recording and yields its messages until yield says no.
type parser func(r io.Reader, name string, yield func(Message) bool) error

// recordings are the mappings of the importer that are recordings too, by name:
// their rows are whole lists in the order of their times.
func recordings() []string { return []string{"appstore-chart", "weibo-hot"} }

// recognise chooses the parser by the first line.
func recognise(l *lines.Reader) (parser, error) {
	first, err := l.Next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, l.Wrongf("recording is empty")
	case err != nil:
		return nil, err
	case bytes.HasPrefix(bytes.TrimSpace(first), []byte("{")):
		return func(r io.Reader, name string, yield func(Message) bool) error {
			return parseNDJSON(lines.New(r, name), yield)
		}, nil
	}
	header := strings.TrimSpace(string(first))
	library, err := importer.NewLibrary(nil)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, name := range recordings() {
		m, _ := library.Named(name)
		columns := strings.Join(m.Columns, ",")
		if header == columns {
			return csvParser(m), nil
		}
		known = append(known, columns)
	}
	return nil, l.Wrongf("line begins no recording: %q; want a line of JSON, or the header %q",
		lines.Shorten(header), strings.Join(known, `" or "`))
}

// errEnough ends a recording of which nobody wants more.
var errEnough = errors.New("enough")

// csvParser reads a recording as the importer does. Its looks are the replay's:
// whoever replays a file does not say where it comes from.
func csvParser(m *importer.Mapping) parser {
	own := *m
	own.Source = SourceName
	return func(r io.Reader, name string, yield func(Message) bool) error {
		err := importer.ReadCSV(r, name, &own, func(s *event.Snapshot) error {
			at := time.UnixMilli(s.GetSeenAtMs()).UTC()
			if !yield(Message{At: at, Outgoing: Outgoing{Key: keyOf(s), Msg: s}}) {
				return errEnough
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		return err
	}
}
