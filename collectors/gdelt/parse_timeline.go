package gdelt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"
)

const (
	// maxPoints is the most of a day, and some more for what begins before it.
	maxPoints = 200
	mostShown = 120
)

// point is a quarter of an hour: articles with the word, and all articles.
type point struct {
	at          time.Time
	value, norm float64
}

// series is one curve of the answer.
type series struct {
	Name string `json:"series"`
	Data *[]struct {
		Date  string   `json:"date"`
		Value *float64 `json:"value"`
		Norm  *float64 `json:"norm"`
	} `json:"data"`
}

// parseTimeline reads the answer of mode timelinevolraw. Errors come with
// status 200 and as plain text: they are repeated.
func parseTimeline(body []byte, from, to time.Time) ([]point, error) {
	var doc struct {
		Timeline *[]series `json:"timeline"`
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, errors.New("the answer is empty")
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, fmt.Errorf("decode json: %w%s", err, plainText(body))
	}
	switch {
	case doc.Timeline == nil:
		return nil, errors.New("there is no timeline")
	case len(*doc.Timeline) == 0:
		return nil, nil
	case len(*doc.Timeline) > 1:
		return nil, fmt.Errorf("timeline has %d series, want 1", len(*doc.Timeline))
	}
	return (*doc.Timeline)[0].points(from, to)
}

func (s *series) points(from, to time.Time) ([]point, error) {
	switch {
	case s.Data == nil:
		return nil, errors.New("there is no timeline[0].data")
	case s.Name != "Article Count":
		return nil, fmt.Errorf("timeline[0].series is %q, want Article Count", s.Name)
	case len(*s.Data) > maxPoints:
		return nil, fmt.Errorf("timeline[0].data has %d points, at most %d", len(*s.Data), maxPoints)
	}
	var points []point
	for i, d := range *s.Data {
		at, err := time.Parse("20060102T150405Z", d.Date)
		switch {
		case err != nil || !at.Equal(at.Truncate(step)) || at.Before(from) || at.After(to):
			return nil, fmt.Errorf("timeline[0].data[%d].date is %q, want a quarter of an hour from %s to %s", i, d.Date, from.Format(stampFormat), to.Format(stampFormat))
		case len(points) > 0 && !at.After(points[len(points)-1].at):
			return nil, fmt.Errorf("timeline[0].data[%d].date %s is not after the one before", i, d.Date)
		case !isCount(d.Value) || !isCount(d.Norm) || *d.Value > *d.Norm:
			return nil, fmt.Errorf("timeline[0].data[%d]: value and norm are missing, no counts, or value is more than norm", i)
		}
		points = append(points, point{at, *d.Value, *d.Norm})
	}
	return points, nil
}

func isCount(v *float64) bool { return v != nil && *v >= 0 && *v <= 1e9 && *v == math.Trunc(*v) }

// plainText is the first line of an answer that is GDELT's own words, as far as
// they are known to begin. Of any other text it is nothing: whose it is nobody
// knows, and it would be published.
func plainText(body []byte) string {
	text := strings.TrimSpace(strings.ToValidUTF8(string(body[:min(len(body), mostShown)]), ""))
	line, _, _ := strings.Cut(text, "\n")
	if !regexp.MustCompile(`^(Your|Please limit|The specified|One or more|Invalid|Timespan) [A-Za-z0-9 .,;:'()/-]*$`).MatchString(strings.TrimSpace(line)) {
		return ""
	}
	return fmt.Sprintf("; it reads %q", line)
}
