// Package disk says what lies in the data directory of `tidemark up`, how fast
// it grows, and when the disk will be full. It remembers a size per hour for
// two weeks; growth is the slope between the oldest of the last seven days and
// now, so that a load or a merge in between says nothing.
package disk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	// Every is how often a size is remembered.
	Every = time.Hour
	// remembered is how long.
	remembered = 14 * 24 * time.Hour
	// lookBack is how far growth looks back, and least how far it must.
	lookBack = 7 * 24 * time.Hour
	least    = time.Hour - time.Minute
)

// Sizes is what lies on the disk at a moment, in bytes.
type Sizes struct {
	At time.Time `json:"at"`
	// Tables are parts of tables that are in use, Topics the logs of topics.
	Tables map[string]int64 `json:"tables"`
	Topics map[string]int64 `json:"topics"`
	// Raw are raw answers; All is the whole data directory.
	Raw int64 `json:"raw"`
	All int64 `json:"all"`
	// Free and Disk are what is left of the disk, and all of it.
	Free int64 `json:"free"`
	Disk int64 `json:"disk"`
}

// Measure sizes up a data directory. The sizes of tables are ClickHouse's to
// say; raw is where raw answers lie, which may be elsewhere.
func Measure(data, raw string, tables map[string]int64, at time.Time) (*Sizes, error) {
	s := &Sizes{At: at.UTC(), Tables: tables, Topics: map[string]int64{}}
	var err error
	if s.All, err = below(data, func(path string, size int64) {
		if topic := topicOf(data, path); topic != "" {
			s.Topics[topic] += size
		}
	}); err != nil {
		return nil, fmt.Errorf("size up data directory: %w", err)
	}
	if raw != "" {
		if s.Raw, err = below(raw, func(string, int64) {}); err != nil {
			return nil, fmt.Errorf("size up raw answers: %w", err)
		}
	}
	if s.Free, s.Disk, err = room(data); err != nil {
		return nil, fmt.Errorf("ask for the room on the disk: %w", err)
	}
	return s, nil
}

// below sums the files below a folder. Files that go meanwhile count for
// nothing, and a second name of a file for nothing either.
func below(root string, each func(path string, size int64)) (sum int64, err error) {
	seen := map[uint64]bool{}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return nil //nolint:nilerr // it is gone
		}
		if id, several := shared(info); several {
			if seen[id] {
				return nil
			}
			seen[id] = true
		}
		sum += info.Size()
		each(path, info.Size())
		return nil
	})
	return sum, err
}

// topicOf is the topic whose log a file is.
func topicOf(data, path string) string {
	rel, err := filepath.Rel(filepath.Join(data, "broker", "log", "partitions"), path)
	if err != nil || strings.HasPrefix(rel, "..") {
		return ""
	}
	folder, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
	return regexp.MustCompile(`-\d+$`).ReplaceAllString(folder, "")
}

// History is what a file remembers, the oldest first.
type History []Sizes

// Recall reads the file; one that is not there is an empty history.
func Recall(path string) (History, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("recall sizes: %w", err)
	}
	var h History
	if err := json.Unmarshal(text, &h); err != nil {
		return nil, nil //nolint:nilerr // a broken memory is begun anew: it is no more than that
	}
	return h, nil
}

// Remember adds sizes to the file and forgets the oldest.
func Remember(path string, s *Sizes) error {
	h, err := Recall(path)
	if err != nil {
		return err
	}
	kept := History{}
	for _, old := range append(slices.Clone(h), *s) {
		if s.At.Sub(old.At) <= remembered {
			kept = append(kept, old)
		}
	}
	text, err := json.Marshal(kept)
	if err == nil {
		err = os.WriteFile(path+".new", append(text, '\n'), 0o600)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("remember sizes: %w", err)
	}
	return nil
}

// Growth says how fast each part has grown.
type Growth struct {
	// Over is how long was looked back; 0: nobody knows yet.
	Over time.Duration
	then *Sizes
	now  *Sizes
}

// Grown compares sizes with the oldest of the last seven days.
func (h History) Grown(now *Sizes) Growth {
	for i := range h {
		if age := now.At.Sub(h[i].At); age <= lookBack && age >= least {
			return Growth{Over: age, then: &h[i], now: now}
		}
	}
	return Growth{now: now}
}

// PerDay is a growth in bytes per day; false: nobody knows.
func (g Growth) PerDay(of func(*Sizes) int64) (float64, bool) {
	if g.Over == 0 {
		return 0, false
	}
	return float64(of(g.now)-of(g.then)) / g.Over.Hours() * 24, true
}

// Full is when the disk will be full, if all goes on as it has; false: never,
// or nobody knows.
func (g Growth) Full() (time.Time, bool) {
	perDay, known := g.PerDay(func(s *Sizes) int64 { return s.All })
	if !known || perDay <= 0 {
		return time.Time{}, false
	}
	const farthest = 100 * 365 // days
	days := float64(g.now.Free) / perDay
	if days > farthest {
		return time.Time{}, false
	}
	return g.now.At.Add(time.Duration(days * float64(24*time.Hour))), true
}
