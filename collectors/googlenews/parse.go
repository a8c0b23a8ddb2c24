package googlenews

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/collectors/rss"
)

// full is how many items the feed holds at most.
const full = 100

// feed is when each article appeared, in the feed's order.
type feed struct {
	times []time.Time
}

type item struct {
	GUID    *string `xml:"guid"`
	PubDate *string `xml:"pubDate"`
}

// parseFeed reads the feed of a search for the word.
func parseFeed(body []byte, word string) (feed, error) {
	channel, err := rss.Decode[item](body)
	if err != nil {
		return feed{}, err
	}
	echo := channel.Parameter("q")
	if echo == "" {
		echo = *channel.Title
	}
	// Without it, a feed without items could be an answer to anything.
	if !strings.Contains(strings.ToLower(echo), strings.ToLower(word)) {
		return feed{}, fmt.Errorf("the feed is about %q, want %q", echo, word)
	}
	var f feed
	seen := make(map[string]bool)
	for i, it := range channel.Items {
		switch {
		case it.PubDate == nil:
			return feed{}, fmt.Errorf("there is no item[%d].pubDate", i)
		case it.GUID == nil || strings.TrimSpace(*it.GUID) == "":
			return feed{}, fmt.Errorf("there is no item[%d].guid", i)
		case seen[*it.GUID]:
			return feed{}, fmt.Errorf("item[%d].guid is there twice", i)
		}
		seen[*it.GUID] = true
		at, err := rss.Time(*it.PubDate)
		if err != nil {
			return feed{}, fmt.Errorf("item[%d].pubDate %w", i, err)
		}
		f.times = append(f.times, at)
	}
	return f, nil
}

// count is how many articles appeared in the hour from, and whether those are
// all. Of a full feed they are only where it is ordered by time and goes
// further back than the hour.
func (f feed) count(from time.Time) (n int, whole bool) {
	for _, at := range f.times {
		if !at.Before(from) && at.Before(from.Add(time.Hour)) {
			n++
		}
	}
	if len(f.times) < full {
		return n, true
	}
	newestFirst := slices.IsSortedFunc(f.times, func(a, b time.Time) int { return b.Compare(a) })
	return n, newestFirst && f.times[len(f.times)-1].Before(from)
}
