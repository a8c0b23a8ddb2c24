package wikipedia

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// item is one day of the answer.
type item struct {
	Project     string   `json:"project"`
	Article     string   `json:"article"`
	Granularity string   `json:"granularity"`
	Timestamp   string   `json:"timestamp"`
	Agent       string   `json:"agent"`
	Views       *float64 `json:"views"`
}

// parseViews reads the answer to q: one reading per day that was counted.
func parseViews(body []byte, q question) ([]*event.Reading, error) {
	var doc struct {
		Items *[]item `json:"items"`
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, errors.New("the answer is empty")
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, fmt.Errorf("decode json: %w", err)
	}
	if doc.Items == nil {
		return nil, errors.New("there is no items")
	}
	seen := make(map[int64]bool)
	readings := make([]*event.Reading, 0, len(*doc.Items))
	for i, it := range *doc.Items {
		at, err := it.check(q)
		if err != nil {
			return nil, fmt.Errorf("items[%d]%w", i, err)
		}
		if seen[at.Unix()] {
			return nil, fmt.Errorf("items[%d].timestamp %s is there twice", i, it.Timestamp)
		}
		seen[at.Unix()] = true
		readings = append(readings, &event.Reading{
			Subject: q.article, Metric: "views_day", Value: *it.Views, AtMs: at.UnixMilli(),
		})
	}
	return readings, nil
}

// check holds that the item is an answer to q, and returns its day. Its errors
// go on where items[3] ends.
func (it item) check(q question) (time.Time, error) {
	if it.Project != q.project || !sameTitle(it.Article, q.article) {
		return time.Time{}, fmt.Errorf(" is about %s/%s, want %s/%s", it.Project, it.Article, q.project, q.article)
	}
	if it.Granularity != "daily" || it.Agent != "user" {
		return time.Time{}, fmt.Errorf(" is %s by %s, want daily by user", it.Granularity, it.Agent)
	}
	at, err := time.Parse(dateFormat+"15", it.Timestamp)
	if err != nil || at.Before(q.from) || at.After(q.to) || !at.Equal(at.Truncate(day)) {
		return time.Time{}, fmt.Errorf(".timestamp is %q, want a day from %s to %s",
			it.Timestamp, q.from.Format(dateFormat), q.to.Format(dateFormat))
	}
	if it.Views == nil || *it.Views < 0 || *it.Views != math.Trunc(*it.Views) {
		return time.Time{}, errors.New(".views is missing or no count")
	}
	return at, nil
}

// sameTitle takes a title as it was asked for, or escaped as in the address.
func sameTitle(echo, title string) bool {
	plain, err := url.PathUnescape(echo)
	return echo == title || (err == nil && plain == title)
}
