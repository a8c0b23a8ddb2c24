// Package evaluate scores what a detector says of labelled series: with the
// rules of the Numenta Anomaly Benchmark, and with plain counts of what was
// found, missed and raised for nothing. It knows no detector: whoever calls it
// brings the scores.
package evaluate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Window is a span that people have labelled, both ends included.
type Window struct{ From, To time.Time }

// Series is one labelled series.
type Series struct {
	Key     string // group/file.csv
	At      []time.Time
	Value   []float64
	Windows []Window // in the order of time, on instants of the series
}

// Group is the first part of the key.
func (s *Series) Group() string {
	group, _, _ := strings.Cut(s.Key, "/")
	return group
}

// stamp is how timestamps are written; fractions of a second are read too.
const stamp = "2006-01-02 15:04:05"

// ReadDir reads a folder of labelled series: windows.json (key → list of
// [from, to]) and data/group/file.csv (timestamp,value) for each key of it.
// Errors name file and line.
func ReadDir(dir string) ([]*Series, error) {
	labels, err := readWindows(filepath.Join(dir, "windows.json"))
	if err != nil {
		return nil, err
	}
	keys := make([]string, 0, len(labels))
	for key := range labels {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var all []*Series
	for _, key := range keys {
		if !filepath.IsLocal(filepath.FromSlash(key)) || strings.Count(key, "/") != 1 {
			return nil, fmt.Errorf("read labels: %s/windows.json: %q is no group/file.csv", dir, key)
		}
		path := filepath.Join(dir, "data", filepath.FromSlash(key))
		s, err := readSeries(path)
		if err != nil {
			return nil, err
		}
		s.Key, s.Windows = key, labels[key]
		if err := s.fits(); err != nil {
			return nil, fmt.Errorf("read labels: %s/windows.json: %s: %w", dir, key, err)
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("read labels: %s/windows.json: it names no series", dir)
	}
	return all, nil
}

// fits tells whether the windows lie on instants of the series, in order.
func (s *Series) fits() error {
	for i, w := range s.Windows {
		if w.To.Before(w.From) {
			return fmt.Errorf("window %d ends before it begins", i+1)
		}
		if i > 0 && !w.From.After(s.Windows[i-1].To) {
			return fmt.Errorf("window %d begins before the one before has ended", i+1)
		}
		for _, t := range []time.Time{w.From, w.To} {
			if s.index(t) < 0 {
				return fmt.Errorf("window %d: the series has no point at %s", i+1, t.Format(stamp))
			}
		}
	}
	return nil
}

// index is the first point at t, or -1.
func (s *Series) index(t time.Time) int {
	return slices.IndexFunc(s.At, t.Equal)
}

func readWindows(path string) (map[string][]Window, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read labels: %w", err)
	}
	var raw map[string][][]string
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, fmt.Errorf("read labels: %s:%d: %w", path, lineOf(b, err), err)
	}
	out := make(map[string][]Window, len(raw))
	for key, windows := range raw {
		out[key] = nil
		for i, w := range windows {
			if len(w) != 2 {
				return nil, fmt.Errorf("read labels: %s: %s: window %d is no pair of instants", path, key, i+1)
			}
			from, err1 := parseTime(w[0])
			to, err2 := parseTime(w[1])
			if err := errors.Join(err1, err2); err != nil {
				return nil, fmt.Errorf("read labels: %s: %s: window %d: %w", path, key, i+1, err)
			}
			out[key] = append(out[key], Window{from, to})
		}
	}
	return out, nil
}

// lineOf is the line that a complaint about JSON is about.
func lineOf(b []byte, err error) int {
	var offset int64
	if e := new(json.SyntaxError); errors.As(err, &e) {
		offset = e.Offset
	} else if e := new(json.UnmarshalTypeError); errors.As(err, &e) {
		offset = e.Offset
	}
	return 1 + bytes.Count(b[:min(int(offset), len(b))], []byte("\n"))
}

func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{stamp, "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no instant such as 2025-01-13 07:00:00", s)
}

func readSeries(path string) (*Series, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read series: %w", err)
	}
	defer f.Close()
	s := &Series{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if n == 1 {
			if line != "timestamp,value" {
				return nil, fmt.Errorf("read series: %s:1: it begins with %q; timestamp,value is expected", path, line)
			}
			continue
		}
		if line == "" {
			continue
		}
		if err := s.take(line); err != nil {
			return nil, fmt.Errorf("read series: %s:%d: %w", path, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read series: %s: %w", path, err)
	}
	if len(s.At) == 0 {
		return nil, fmt.Errorf("read series: %s:1: it holds no point", path)
	}
	return s, nil
}

func (s *Series) take(line string) error {
	at, value, ok := strings.Cut(line, ",")
	if !ok {
		return fmt.Errorf("%q is no timestamp,value", line)
	}
	t, err := parseTime(at)
	if err != nil {
		return err
	}
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%q is no number", value)
	}
	if n := len(s.At); n > 0 && t.Before(s.At[n-1]) {
		return errors.New("it is before the line above")
	}
	s.At, s.Value = append(s.At, t), append(s.Value, v)
	return nil
}
