package mastodon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxDays is far more than the seven that a server keeps.
const maxDays = 100

// day is a tag's counters of one day, midnight to midnight UTC.
type day struct {
	start          time.Time
	uses, accounts float64
}

// parseTag reads the answer about a tag, newest day first as it comes.
func parseTag(body []byte, tag string) ([]day, error) {
	var doc struct {
		Name    *string   `json:"name"`
		History *[]rawDay `json:"history"`
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, errors.New("the answer is empty")
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, fmt.Errorf("decode json: %w", err)
	}
	if doc.Name == nil || doc.History == nil {
		return nil, errors.New("there is no name or no history")
	}
	if !sameTag(*doc.Name, tag) {
		return nil, fmt.Errorf("name is %q, want %q", *doc.Name, tag)
	}
	return parseHistory(*doc.History)
}

// rawDay is a day as the server writes it.
type rawDay struct {
	Day      count `json:"day"`
	Uses     count `json:"uses"`
	Accounts count `json:"accounts"`
}

func parseHistory(history []rawDay) ([]day, error) {
	if len(history) > maxDays {
		return nil, fmt.Errorf("history has %d days, at most %d", len(history), maxDays)
	}
	days := make([]day, 0, len(history))
	seen := make(map[int64]bool)
	for i, h := range history {
		at, err := strconv.ParseInt(string(h.Day), 10, 64)
		const firstDay, lastDay = 1_262_304_000, 4_102_358_400 // 2010 to 2099
		if err != nil || at%86400 != 0 || at < firstDay || at > lastDay {
			return nil, fmt.Errorf("history[%d].day is %q, want midnight UTC in Unix seconds", i, h.Day)
		}
		if seen[at] {
			return nil, fmt.Errorf("history[%d].day %s is there twice", i, h.Day)
		}
		seen[at] = true
		d := day{start: time.Unix(at, 0).UTC()}
		if d.uses, err = h.Uses.value(); err != nil {
			return nil, fmt.Errorf("history[%d].uses %w", i, err)
		}
		if d.accounts, err = h.Accounts.value(); err != nil {
			return nil, fmt.Errorf("history[%d].accounts %w", i, err)
		}
		days = append(days, d)
	}
	return days, nil
}

// sameTag compares names as far as we know how servers normalise them: case
// for ASCII. What they make of other scripts is their own.
func sameTag(name, tag string) bool {
	return strings.EqualFold(name, tag) || !isASCII(name) || !isASCII(tag)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > '~' })
}

// count is a whole number that Mastodon writes as a string. Servers that speak
// its language may write a number.
type count string

// UnmarshalJSON takes "12" and 12.
func (c *count) UnmarshalJSON(b []byte) error {
	*c = count(bytes.Trim(b, `"`))
	return nil
}

func (c count) value() (float64, error) {
	n, err := strconv.ParseUint(string(c), 10, 53)
	if err != nil {
		return 0, fmt.Errorf("is %q, want a whole number", string(c))
	}
	return float64(n), nil
}
