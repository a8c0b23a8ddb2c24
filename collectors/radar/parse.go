package radar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

const (
	maxServices = 200
	maxRank     = 100_000
	// maxReadings keeps a look below what a message may hold.
	maxReadings = 8000
)

// day has the ranks of one day, midnight to midnight UTC, the first first.
type day struct {
	start time.Time
	ranks []rank
}

type rank struct {
	service string
	rank    float64
}

// parseRanks reads the series of ranks, oldest day first, without days on
// which no service had one.
func parseRanks(body []byte) ([]day, error) {
	var doc struct {
		Success *bool `json:"success"`
		Result  *struct {
			Serie *map[string][]json.RawMessage `json:"serie_0"`
		} `json:"result"`
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, errors.New("the answer is empty")
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, fmt.Errorf("decode json: %w", err)
	}
	switch {
	case doc.Success == nil:
		return nil, errors.New("there is no success")
	case !*doc.Success:
		return nil, errors.New("success is false")
	case doc.Result == nil || doc.Result.Serie == nil:
		return nil, errors.New("there is no result.serie_0")
	}
	series := *doc.Result.Serie
	stamps, ok := series["timestamps"]
	if !ok {
		return nil, errors.New("there is no serie_0.timestamps")
	}
	delete(series, "timestamps")
	if len(series) > maxServices || len(series)*len(stamps) > maxReadings {
		return nil, fmt.Errorf("serie_0 has %d services on %d days, which is too much", len(series), len(stamps))
	}
	days, err := parseDays(stamps)
	if err != nil {
		return nil, err
	}
	if err := fill(days, series); err != nil {
		return nil, err
	}
	days = slices.DeleteFunc(days, func(d day) bool { return len(d.ranks) == 0 })
	slices.SortFunc(days, func(a, b day) int { return a.start.Compare(b.start) })
	return days, nil
}

func parseDays(stamps []json.RawMessage) ([]day, error) {
	days := make([]day, len(stamps))
	seen := make(map[time.Time]bool)
	for i, raw := range stamps {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, fmt.Errorf("serie_0.timestamps[%d] is %.40s, want a time", i, raw)
		}
		at, err := parseDay(text)
		if err != nil {
			return nil, fmt.Errorf("serie_0.timestamps[%d] %w", i, err)
		}
		if seen[at] {
			return nil, fmt.Errorf("serie_0.timestamps[%d] %s is there twice", i, text)
		}
		seen[at] = true
		days[i] = day{start: at}
	}
	return days, nil
}

// parseDay takes 2025-01-13T00:00:00Z and 2025-01-13.
func parseDay(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.Parse(time.DateOnly, text)
	}
	if err != nil || !at.Equal(at.Truncate(24*time.Hour)) || at.Year() < 2010 || at.Year() > 2099 {
		return time.Time{}, fmt.Errorf("is %q, want midnight UTC", text)
	}
	return at.UTC(), nil
}

// fill puts every service's ranks under their days, in the order of the ranks.
func fill(days []day, series map[string][]json.RawMessage) error {
	for _, service := range slices.Sorted(maps.Keys(series)) {
		values := series[service]
		if service == "" || len(service) > 256 {
			return fmt.Errorf("serie_0 has a service named %.40q", service)
		}
		if len(values) != len(days) {
			return fmt.Errorf("serie_0 has %d ranks of %s on %d days", len(values), service, len(days))
		}
		for i, raw := range values {
			n, ok, err := parseRank(raw)
			if err != nil {
				return fmt.Errorf("serie_0[%q][%d] %w", service, i, err)
			}
			if ok {
				days[i].ranks = append(days[i].ranks, rank{service: service, rank: n})
			}
		}
	}
	for _, d := range days {
		slices.SortStableFunc(d.ranks, func(a, b rank) int { return int(a.rank - b.rank) })
	}
	return nil
}

// parseRank reads 1 and "1"; null and "" are a day without a rank.
func parseRank(raw json.RawMessage) (float64, bool, error) {
	text := string(bytes.Trim(raw, `"`))
	if text == "null" || text == "" {
		return 0, false, nil
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n < 1 || n > maxRank {
		return 0, false, fmt.Errorf("is %.40s, want a rank", raw)
	}
	return float64(n), true, nil
}
