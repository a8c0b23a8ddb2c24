package youtube

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // Google counts in Pacific time, and not every machine has the zones

	"github.com/robfig/cron/v3"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/fetch"
)

func pacificTime() (*time.Location, error) {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return nil, fmt.Errorf("load pacific time: %w", err)
	}
	return zone, nil
}

// plan is what a schedule asks for.
type plan struct {
	looks int           // at one tag in a day, Pacific time, at most
	gap   time.Duration // between two looks, at most
}

// planOf walks through two weeks in which summer time ends, so that a day of
// 25 hours is among them.
func planOf(every string, zone *time.Location) (plan, error) {
	schedule, err := cron.ParseStandard(every)
	if err != nil {
		return plan{}, config.Mistake("collect.sources.youtube.every", "is %q: %v", every, err)
	}
	if steady, ok := schedule.(cron.ConstantDelaySchedule); ok {
		// It begins whenever the program does.
		return plan{looks: int((25*time.Hour + steady.Delay - 1) / steady.Delay), gap: steady.Delay}, nil
	}
	at := time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC)
	end := at.AddDate(0, 0, 14)
	p, looks := plan{looks: 1}, make(map[string]int)
	for at.Before(end) {
		next := schedule.Next(at)
		if next.IsZero() {
			return plan{}, config.Mistake("collect.sources.youtube.every", "is %q, which never comes", every)
		}
		day := next.In(zone).Format(time.DateOnly)
		looks[day]++
		p.looks, p.gap = max(p.looks, looks[day]), max(p.gap, next.Sub(at))
		at = next
	}
	return p, nil
}

// hours is how many closed hours a look asks for: all since the look before,
// and one more, which may have been looked at too early.
func (p plan) hours() int {
	const most = 7 * 24
	return min(int((p.gap+time.Hour-1)/time.Hour)+1, most)
}

// fits says what to change where the quota cannot pay for every look.
func (p plan) fits(tags, quota int) error {
	if p.looks*tags <= quota {
		return nil
	}
	less := "look less often"
	for hours := 1; hours <= 24; hours++ {
		if (25+hours-1)/hours*tags <= quota { // a day may have 25 hours
			less = fmt.Sprintf(`look less often (every: "@every %dh")`, hours)
			break
		}
	}
	return config.Mistake("collect.sources.youtube.every", "%d tags looked at %d times a day are %d searches, the quota is %d: "+
		"%s, watch at most %d tags, or set searches_per_day to what Google has granted you",
		tags, p.looks, p.looks*tags, quota, less, quota/p.looks)
}

// quota counts the searches of a day, Pacific time. It is the one thing of this
// source that reads the clock: what counts is when Google gets the request, not
// which slot it is about.
type quota struct {
	perDay int
	spare  int // beyond what all looks of a day need
	zone   *time.Location
	// memory outlives the process, and another watchlist's source: the day's
	// searches are Google's count, not ours.
	memory fetch.Memory

	mu sync.Mutex
	spent
}

// spent is what is known of a day's searches, as it is remembered.
type spent struct {
	Day    string    `json:"day"`
	Used   int       `json:"used"`
	Extra  int       `json:"extra,omitempty"`
	Closed time.Time `json:"closed,omitzero"` // Google said that nothing is left until then
}

// memoryKey is where the searches of a day are remembered.
const memoryKey = "youtube searches"

// look returns what a look asks before each of its requests. The first one is
// paid for by the plan; further tries and pages are paid for by the spare ones.
func (q *quota) look() func() error {
	planned := true
	return func() error {
		q.mu.Lock()
		defer q.mu.Unlock()
		now := q.roll()
		switch {
		case now.Before(q.Closed), q.Used >= q.perDay:
			return q.usedUp(now)
		case !planned && q.Extra >= q.spare:
			return errors.New("no search to spare for another try: all others of today belong to later looks")
		}
		q.Used++
		if !planned {
			q.Extra++
		}
		planned = false
		q.memory.Remember(memoryKey, q.spent)
		return nil
	}
}

func (q *quota) hasSpare() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.roll()
	return q.Extra < q.spare && q.Used < q.perDay
}

// close leaves Google alone until the quota is given anew.
func (q *quota) close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.roll()
	q.Closed = q.reset(now)
	q.memory.Remember(memoryKey, q.spent)
	return q.usedUp(now)
}

func (q *quota) usedUp(now time.Time) error {
	return fmt.Errorf("the quota of searches is used up until %s", q.reset(now).UTC().Format(time.RFC3339))
}

// roll takes over what is remembered, and begins a new day where one has begun.
func (q *quota) roll() time.Time {
	now := time.Now().In(q.zone)
	var before spent
	if q.memory.Recall(memoryKey, &before) {
		q.spent = before
	}
	if day := now.Format(time.DateOnly); day != q.Day {
		q.Day, q.Used, q.Extra = day, 0, 0
	}
	q.Closed = earlier(q.Closed, q.reset(now)) // a clock may have been wrong
	return now
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// reset is the next midnight, Pacific time.
func (q *quota) reset(now time.Time) time.Time {
	y, m, d := now.In(q.zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, q.zone)
}

// explain says what a status means here, and closes the quota where Google
// says that it is used up.
func (s *Source) explain(err error) error {
	refused, ok := errors.AsType[*fetch.StatusError](err)
	if !ok {
		return err
	}
	switch {
	case isUsedUp(refused):
		return fmt.Errorf("%w: %w", s.quota.close(), err)
	case refused.Status == http.StatusForbidden, refused.Status == http.StatusBadRequest, refused.Status == http.StatusUnauthorized:
		return fmt.Errorf("google does not take the key or the question (%s); see collect.sources.youtube.key, and enable the YouTube Data API v3 in its project: %w",
			reasons(refused.Body), err)
	default:
		return err
	}
}

// isUsedUp tells a day's end of quota from a limit per minute and from a key
// that is not taken. The newer form of the error is 429 and names the limit.
func isUsedUp(e *fetch.StatusError) bool {
	switch e.Status {
	case http.StatusForbidden:
		return slices.ContainsFunc(reasons(e.Body), func(r string) bool { return r == "quotaExceeded" || r == "dailyLimitExceeded" })
	case http.StatusTooManyRequests:
		return bytes.Contains(bytes.ToLower(e.Body), []byte("per day"))
	default:
		return false
	}
}

// reasons are Google's own words for what is wrong; words only, never a text
// that could repeat the question.
func reasons(body []byte) []string {
	var doc struct {
		Error struct {
			Errors []struct {
				Reason string `json:"reason"`
			} `json:"errors"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &doc) != nil {
		return nil
	}
	var words []string
	for _, e := range doc.Error.Errors {
		if isWord(e.Reason) {
			words = append(words, e.Reason)
		}
	}
	return words
}

func isWord(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return s != "" && len(s) < 40
}
