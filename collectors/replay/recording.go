package replay

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/tidemark/tidemark/collectors/importer"
	"github.com/tidemark/tidemark/collectors/lines"
	"github.com/tidemark/tidemark/collectors/replay/january2025"
	"github.com/tidemark/tidemark/internal/event"
)

// SourceName is the source of every look that a recording without sources of
// its own brings: CSV files and the built-in case.
const SourceName = "replay"

// Outgoing is how everything that is read from files goes out.
type Outgoing = importer.Outgoing

// BatchPublisher is where it goes.
type BatchPublisher = importer.BatchPublisher

// Message is one entry of a recording.
type Message struct {
	// At is the event time that the pace of a replay follows. Zero: none, the
	// message goes out with its neighbours.
	At time.Time
	Outgoing
}

// Counts is what a recording holds.
type Counts struct {
	Messages  int // snapshots and facts
	Snapshots int
	Readings  int
	Facts     int
}

// Recording is an ordered stream of snapshots and facts. It is opened anew by
// everything that reads it, and is never whole in memory.
type Recording struct {
	name  string
	total int // messages; 0: not known without reading it through
	read  func(yield func(Message) bool) error
}

// Open finds a recording: the built-in case by its name, anything else as a
// file. The format of a file is recognised by how it begins: NDJSON as `tidemark
// topic tail --json` prints it, the CSV of a chart or of a hot list; each also
// compressed by gzip or zstd.
func Open(name string) (*Recording, error) {
	if name == january2025.Name {
		return openCase()
	}
	f, err := openFile(name)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("open recording: %q is neither a file nor the built-in %s", name, january2025.Name)
		}
		return nil, fmt.Errorf("open recording: %w", err)
	}
	defer f.Close()
	parse, err := recognise(lines.New(f, name))
	if err != nil {
		return nil, err
	}
	return &Recording{name: name, read: func(yield func(Message) bool) error {
		again, err := openFile(name)
		if err != nil {
			return fmt.Errorf("open recording: %w", err)
		}
		defer again.Close()
		return parse(again, name, yield)
	}}, nil
}

func openCase() (*Recording, error) {
	c, err := january2025.Load()
	if err != nil {
		return nil, fmt.Errorf("open recording: %w", err)
	}
	return &Recording{name: january2025.Name, total: c.Len(), read: func(yield func(Message) bool) error {
		for at, m := range c.Messages() {
			if !yield(Message{At: at, Outgoing: Outgoing{Key: keyOf(m), Msg: m}}) {
				return nil
			}
		}
		return nil
	}}, nil
}

// Count opens the named recording and counts what it holds.
func Count(name string) (Counts, error) {
	r, err := Open(name)
	if err != nil {
		return Counts{}, err
	}
	return r.Count()
}

// Name is what the recording was opened by.
func (r *Recording) Name() string { return r.name }

// Count reads the recording through. An error names the first bad line.
func (r *Recording) Count() (Counts, error) {
	var c Counts
	for m, err := range r.Messages() {
		if err != nil {
			return c, err
		}
		c.Messages++
		switch v := m.Msg.(type) {
		case *event.Snapshot:
			c.Snapshots++
			c.Readings += len(v.GetReadings())
		case *event.Fact:
			c.Facts++
		}
	}
	return c, nil
}

// Messages streams the recording in its order: the same messages with the same
// bytes each time. After an error there is nothing more.
func (r *Recording) Messages() iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		stopped := false
		err := r.read(func(m Message) bool {
			stopped = !yield(m, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(Message{}, err)
		}
	}
}

// keyOf is the partition key of m: all that is about one target stays in order.
func keyOf(m event.Validator) string {
	switch v := m.(type) {
	case *event.Snapshot:
		return v.GetTarget().Key()
	case *event.Fact:
		return v.GetTopic()
	default:
		return ""
	}
}

// file is a recording on disk, unpacked where it is compressed.
type file struct {
	io.ReadCloser
	disk io.Closer
}

// Close gives both back.
func (f *file) Close() error { return errors.Join(f.ReadCloser.Close(), f.disk.Close()) }

func openFile(name string) (io.ReadCloser, error) {
	disk, err := os.Open(filepath.Clean(name))
	if err != nil {
		return nil, err
	}
	unpacked, err := lines.Unpack(disk)
	if err != nil {
		disk.Close()
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return &file{ReadCloser: unpacked, disk: disk}, nil
}
