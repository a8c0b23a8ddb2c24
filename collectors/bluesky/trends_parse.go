package bluesky

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
)

const (
	maxTrends = 100
	maxTopic  = 512
)

// trend is a topic and how many posts are about it.
type trend struct {
	topic string
	posts float64
}

// parseTrends reads the list in its order. The answer also has accounts that
// post about a topic: they are not even decoded.
func parseTrends(body []byte) ([]trend, error) {
	var doc struct {
		Trends *[]struct {
			Topic *string  `json:"topic"`
			Posts *float64 `json:"postCount"`
		} `json:"trends"`
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, errors.New("the answer is empty")
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, fmt.Errorf("decode json: %w", err)
	}
	if doc.Trends == nil {
		return nil, errors.New("there is no trends")
	}
	if len(*doc.Trends) > maxTrends {
		return nil, fmt.Errorf("trends has %d entries, at most %d", len(*doc.Trends), maxTrends)
	}
	trends := make([]trend, 0, len(*doc.Trends))
	seen := make(map[string]bool)
	for i, t := range *doc.Trends {
		if t.Topic == nil {
			return nil, fmt.Errorf("there is no trends[%d].topic", i)
		}
		topic := strings.Join(strings.Fields(strings.ToValidUTF8(*t.Topic, "")), " ")
		switch {
		case topic == "" || len(topic) > maxTopic || strings.Contains(topic, "\x00"):
			return nil, fmt.Errorf("trends[%d].topic is %.40q, want a line of text", i, *t.Topic)
		case seen[topic]:
			return nil, fmt.Errorf("trends[%d].topic %q is there twice", i, topic)
		case t.Posts == nil:
			return nil, fmt.Errorf("there is no trends[%d].postCount", i)
		case *t.Posts < 0 || *t.Posts > 1e9 || *t.Posts != math.Trunc(*t.Posts):
			return nil, fmt.Errorf("trends[%d].postCount is %v, want a whole number", i, *t.Posts)
		}
		seen[topic] = true
		trends = append(trends, trend{topic: topic, posts: *t.Posts})
	}
	return trends, nil
}
