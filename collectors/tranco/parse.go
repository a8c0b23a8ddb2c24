package tranco

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

const (
	// maxRank is how long the list is.
	maxRank = 1_000_000
	// maxDays is far more than the month that is told.
	maxDays = 1000
)

// rank is the domain's place in the list of a day, which begins at midnight UTC.
type rank struct {
	day  time.Time
	rank float64
}

// parseRanks reads the ranks of the domain in the order of the answer. A day on
// which it was not in the list has none.
func parseRanks(body []byte, domain string) ([]rank, error) {
	var doc struct {
		Domain *string `json:"domain"`
		Ranks  *[]struct {
			Date *string         `json:"date"`
			Rank json.RawMessage `json:"rank"`
		} `json:"ranks"`
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, errors.New("the answer is empty")
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, fmt.Errorf("decode json: %w", err)
	}
	switch {
	case doc.Domain == nil:
		return nil, errors.New("there is no domain")
	case *doc.Domain != domain:
		return nil, fmt.Errorf("domain is %.80q, want %q", *doc.Domain, domain)
	case doc.Ranks == nil:
		return nil, errors.New("there is no ranks")
	case len(*doc.Ranks) > maxDays:
		return nil, fmt.Errorf("ranks has %d days, want about a month", len(*doc.Ranks))
	}
	ranks := make([]rank, 0, len(*doc.Ranks))
	seen := make(map[time.Time]bool)
	for i, item := range *doc.Ranks {
		if item.Date == nil {
			return nil, fmt.Errorf("there is no ranks[%d].date", i)
		}
		at, err := time.Parse(time.DateOnly, *item.Date)
		if err != nil || at.Year() < 2018 || at.Year() > 2099 { // there was no list before 2018
			return nil, fmt.Errorf("ranks[%d].date is %.40q, want a day such as 2025-01-13", i, *item.Date)
		}
		if seen[at] {
			return nil, fmt.Errorf("ranks[%d].date %s is there twice", i, *item.Date)
		}
		seen[at] = true
		n, ok, err := parseRank(item.Rank)
		if err != nil {
			return nil, fmt.Errorf("ranks[%d].rank %w", i, err)
		}
		if ok {
			ranks = append(ranks, rank{day: at, rank: n})
		}
	}
	return ranks, nil
}

// parseRank reads a place from 1; null is a day on which there was none. A
// field that is not there at all is another shape.
func parseRank(raw json.RawMessage) (float64, bool, error) {
	switch string(raw) {
	case "":
		return 0, false, errors.New("is not there")
	case "null":
		return 0, false, nil
	}
	var n float64
	if err := json.Unmarshal(raw, &n); err != nil || n < 1 || n > maxRank || n != math.Trunc(n) {
		return 0, false, fmt.Errorf("is %.40s, want 1 to %d", raw, maxRank)
	}
	return n, true, nil
}
