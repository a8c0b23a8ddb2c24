package tapes

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// file is one file of tapes.
type file struct {
	path   string
	source string
	day    time.Time // UTC, midnight
	number int
	size   int64
}

const dayFormat = "2006-01-02"

// parseName reads YYYY-MM-DD.N.tape.
func parseName(name string) (day time.Time, number int, ok bool) {
	parts := strings.Split(name, ".")
	if len(parts) != 3 || parts[2] != "tape" {
		return time.Time{}, 0, false
	}
	day, err := time.Parse(dayFormat, parts[0])
	if err != nil {
		return time.Time{}, 0, false
	}
	number, err = strconv.Atoi(parts[1])
	return day, number, err == nil
}

// list returns the files of a directory, the oldest first. What is not ours is
// left out, and never touched.
func list(dir string) ([]file, error) {
	paths, err := filepath.Glob(filepath.Join(quoteGlob(dir), "*", "*.tape"))
	if err != nil {
		return nil, fmt.Errorf("list tapes: %w", err)
	}
	var files []file
	for _, path := range paths {
		day, number, ok := parseName(filepath.Base(path))
		info, err := os.Stat(path)
		if !ok || err != nil || !info.Mode().IsRegular() {
			continue // gone meanwhile
		}
		files = append(files, file{path, filepath.Base(filepath.Dir(path)), day, number, info.Size()})
	}
	slices.SortFunc(files, func(a, b file) int {
		return cmp.Or(a.day.Compare(b.day), cmp.Compare(a.number, b.number), strings.Compare(a.source, b.source))
	})
	return files, nil
}

func quoteGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

// Ref is where a tape lies.
type Ref struct {
	Head
	path   string
	offset int
}

// Select says which tapes are wanted.
type Select struct {
	Source string
	// Target is a key; empty: all.
	Target string
	// From and To bound the slot: From <= slot < To.
	From, To time.Time
}

// Find lists the tapes that are wanted, the last seen first, and says how many
// spans of the files could not be read.
func Find(dir string, want Select) (refs []Ref, torn int, err error) {
	files, err := list(dir)
	if err != nil {
		return nil, 0, err
	}
	for _, f := range files {
		if f.source != want.Source {
			continue
		}
		b, err := os.ReadFile(f.path)
		if err != nil {
			return nil, 0, fmt.Errorf("read tapes: %w", err)
		}
		n, err := scan(b, func(offset int, h Head) error {
			slot := time.UnixMilli(h.SlotMs)
			if h.Source == want.Source && (want.Target == "" || h.Target == want.Target) && !slot.Before(want.From) && slot.Before(want.To) {
				refs = append(refs, Ref{h, f.path, offset})
			}
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
		torn += n
	}
	slices.SortStableFunc(refs, func(a, b Ref) int { return cmp.Compare(b.SeenAtMs, a.SeenAtMs) })
	return refs, torn, nil
}

// Read unpacks one tape.
func (r Ref) Read() (Tape, error) {
	f, err := os.Open(r.path)
	if err != nil {
		return Tape{}, fmt.Errorf("read tape: %w", err)
	}
	defer f.Close()
	b := make([]byte, frameHead)
	if _, err := f.ReadAt(b, int64(r.offset)); err != nil {
		return Tape{}, fmt.Errorf("read tape: %w", err)
	}
	n := frameHead + int(binary.BigEndian.Uint32(b[len(mark):])) + int(binary.BigEndian.Uint32(b[len(mark)+4:]))
	if n > frameHead+maxHead+maxRest {
		return Tape{}, fmt.Errorf("read tape in %s: %w", r.path, errTorn)
	}
	b = make([]byte, n)
	if _, err := f.ReadAt(b, int64(r.offset)); err != nil {
		return Tape{}, fmt.Errorf("read tape: %w", err)
	}
	t, err := decode(b)
	if err != nil {
		return Tape{}, fmt.Errorf("read tape in %s: %w", r.path, err)
	}
	return t, nil
}
