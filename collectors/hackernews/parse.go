package hackernews

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// parseCount reads how many hits there are. Algolia estimates large numbers
// and says so: an estimate is refused.
func parseCount(body []byte) (float64, error) {
	var doc struct {
		Hits             *float64 `json:"nbHits"`
		PerPage          *int     `json:"hitsPerPage"`
		ExhaustiveNbHits *bool    `json:"exhaustiveNbHits"`
		Exhaustive       struct {
			NbHits *bool `json:"nbHits"`
		} `json:"exhaustive"`
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return 0, errors.New("the answer is empty")
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return 0, fmt.Errorf("decode json: %w", err)
	}
	switch {
	case doc.Hits == nil:
		return 0, errors.New("there is no nbHits")
	case *doc.Hits < 0 || *doc.Hits > 1e9 || *doc.Hits != math.Trunc(*doc.Hits):
		return 0, fmt.Errorf("nbHits is %v, want a whole number", *doc.Hits)
	case doc.PerPage == nil || *doc.PerPage != 0:
		return 0, errors.New("hitsPerPage is not 0: the answer is to another question")
	case isFalse(doc.ExhaustiveNbHits) || isFalse(doc.Exhaustive.NbHits):
		return 0, fmt.Errorf("nbHits is an estimate (%v)", *doc.Hits)
	}
	return *doc.Hits, nil
}

func isFalse(b *bool) bool { return b != nil && !*b }
