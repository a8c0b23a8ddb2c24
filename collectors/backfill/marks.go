package backfill

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// header begins every file of marks, so that no other file is taken for one.
const header = "# tidemark backfill: spans that are done\n"

// removed begins a line that takes an earlier one back.
const removed = "- "

// Marks remember which spans are done: a file that a line is added to when the
// broker has all of a span, and a line that takes it back when the span is to be
// asked for again. Without a mark the span is asked for again, which
// changes nothing but takes time. A nil *Marks remembers nothing.
type Marks struct {
	mu   sync.Mutex
	done map[string]bool
	file *os.File // nil: read only
}

// ReadMarks reads a file; one that does not exist has no marks.
func ReadMarks(path string) (*Marks, error) {
	m := &Marks{done: make(map[string]bool)}
	b, err := os.ReadFile(filepath.Clean(path))
	if os.IsNotExist(err) {
		return m, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read marks: %w", err)
	}
	if !bytes.HasPrefix([]byte(header), b[:min(len(b), len(header))]) {
		return nil, fmt.Errorf("read marks: %s is no file of marks; give another one", path)
	}
	for line := range strings.Lines(string(b)) {
		// A line without an end was being written when the process was killed.
		whole, ok := strings.CutSuffix(line, "\n")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		if gone, ok := strings.CutPrefix(whole, removed); ok {
			delete(m.done, gone)
		} else {
			m.done[whole] = true
		}
	}
	return m, nil
}

// OpenMarks reads a file and adds to it from now on.
func OpenMarks(path string) (*Marks, error) {
	m, err := ReadMarks(path)
	if err != nil {
		return nil, err
	}
	if m.file, err = os.OpenFile(filepath.Clean(path), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o640); err != nil {
		return nil, fmt.Errorf("open marks: %w", err)
	}
	if err := m.begin(); err != nil {
		m.file.Close()
		return nil, fmt.Errorf("write marks: %w", err)
	}
	return m, nil
}

// begin writes the header, or ends the line that a kill has left open.
func (m *Marks) begin() error {
	info, err := m.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < int64(len(header)) {
		if err := m.file.Truncate(0); err != nil {
			return err
		}
		_, err = m.file.WriteString(header)
		return err
	}
	last := make([]byte, 1)
	if _, err := m.file.ReadAt(last, info.Size()-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = m.file.WriteString("\n")
	return err
}

// Has reports whether a span is done.
func (m *Marks) Has(key string) bool {
	if m == nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.done[key]
}

// Add marks a span as done, in one write.
func (m *Marks) Add(key string) error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done[key] = true
	if m.file == nil {
		return nil
	}
	if _, err := m.file.WriteString(key + "\n"); err != nil {
		return fmt.Errorf("write marks: %w", err)
	}
	return nil
}

// Remove takes marks away, in one write: what they are of is asked for again.
func (m *Marks) Remove(keys []string) error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var lines strings.Builder
	for _, key := range keys {
		if m.done[key] {
			delete(m.done, key)
			lines.WriteString(removed + key + "\n")
		}
	}
	if m.file == nil || lines.Len() == 0 {
		return nil
	}
	if _, err := m.file.WriteString(lines.String()); err != nil {
		return fmt.Errorf("write marks: %w", err)
	}
	return nil
}

// Close closes the file.
func (m *Marks) Close() error {
	if m == nil || m.file == nil {
		return nil
	}
	return m.file.Close()
}
