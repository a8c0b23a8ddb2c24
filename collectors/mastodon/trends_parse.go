package mastodon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

const (
	maxTrends = 100
	maxTag    = 512
)

// trendingTag is a tag in lower case, as targets have it, with its counters.
type trendingTag struct {
	name string
	days []day
}

// parseTrends reads the list in its order.
func parseTrends(body []byte) ([]trendingTag, error) {
	var doc []struct {
		Name    *string   `json:"name"`
		History *[]rawDay `json:"history"`
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, errors.New("the answer is empty")
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		if json.Valid(body) && bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
			// Errors are objects, and what other software answers here.
			return nil, errors.New("there is no list of tags")
		}
		return nil, fmt.Errorf("decode json: %w", err)
	}
	if doc == nil {
		return nil, errors.New("there is no list of tags")
	}
	if len(doc) > maxTrends {
		return nil, fmt.Errorf("the list has %d tags, at most %d", len(doc), maxTrends)
	}
	tags := make([]trendingTag, 0, len(doc))
	seen := make(map[string]bool)
	for i, d := range doc {
		if d.Name == nil || d.History == nil {
			return nil, fmt.Errorf("there is no name or no history in tag %d", i)
		}
		name := strings.ToLower(*d.Name)
		switch {
		case name == "" || len(name) > maxTag || strings.ContainsFunc(name, notOfATag):
			return nil, fmt.Errorf("the name of tag %d is %.40q, want one word", i, *d.Name)
		case seen[name]:
			return nil, fmt.Errorf("tag %q is there twice", name)
		}
		seen[name] = true
		days, err := parseHistory(*d.History)
		if err != nil {
			return nil, fmt.Errorf("tag %q: %w", name, err)
		}
		tags = append(tags, trendingTag{name: name, days: days})
	}
	return tags, nil
}

func notOfATag(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
