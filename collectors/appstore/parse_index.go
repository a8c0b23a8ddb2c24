package appstore

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"
)

const (
	stampFormat = "20060102150405"
	// maxCaptures is more than an hour of each of some addresses in a month.
	maxCaptures = 20_000
)

// parseIndex reads the archive's index (CDX): rows whose first names the
// columns, and no row at all where nothing was kept.
func parseIndex(body []byte, from, to time.Time) ([]capture, error) {
	var rows [][]string
	if err := decode(body, &rows); err != nil {
		return nil, err
	}
	if rows == nil {
		return nil, errors.New("there is no list of captures")
	}
	if len(rows) == 0 {
		return nil, nil
	}
	if len(rows) > maxCaptures {
		return nil, fmt.Errorf("index has %d rows, at most %d", len(rows), maxCaptures)
	}
	stamp, original := slices.Index(rows[0], "timestamp"), slices.Index(rows[0], "original")
	if stamp < 0 || original < 0 {
		return nil, fmt.Errorf("row 0 is %q, want timestamp and original in it", rows[0])
	}
	captures := make([]capture, 0, len(rows)-1)
	for i, row := range rows[1:] {
		if len(row) != len(rows[0]) {
			return nil, fmt.Errorf("row %d has %d columns, want %d", i+1, len(row), len(rows[0]))
		}
		at, err := time.Parse(stampFormat, row[stamp])
		if err != nil || at.Before(from) || !at.Before(to) {
			return nil, fmt.Errorf("row %d: timestamp is %q, want one from %s to %s", i+1, row[stamp], from.Format(time.DateOnly), to.Format(time.DateOnly))
		}
		if !isAddress(row[original]) {
			return nil, fmt.Errorf("row %d: original is %q, want a web address", i+1, row[original])
		}
		captures = append(captures, capture{at: at, original: row[original]})
	}
	return captures, nil
}

func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
