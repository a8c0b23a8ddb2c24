package mastodon

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"time"

	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

// keeps is how many days a server counts, today among them.
const keeps = 7

// Reach is the oldest day that a server still counts.
func (s *Source) Reach(now time.Time) time.Time {
	return now.UTC().Truncate(past.Day).AddDate(0, 0, 1-keeps)
}

// Spans are one: a server keeps seven days and gives all of them each time.
func (s *Source) Spans(_ *event.Target, from, to time.Time) []past.Span {
	return []past.Span{{From: from, To: to, Requests: 1, Bytes: 1 << 10}}
}

// FetchPast makes one look of each day of the span; its slot is the day's end.
// Of a day that the server leaves out nothing is known: midnight may have come
// in between.
func (s *Source) FetchPast(ctx context.Context, target *event.Target, span past.Span) iter.Seq2[*event.Snapshot, error] {
	return func(yield func(*event.Snapshot, error) bool) {
		days, err := s.days(ctx, target)
		if err != nil {
			yield(nil, err)
			return
		}
		missing := int(span.To.Sub(span.From) / past.Day)
		for _, d := range days {
			if d.start.Before(span.From) || !d.start.Before(span.To) {
				continue
			}
			end := d.start.Add(past.Day)
			look := &event.Snapshot{
				SlotMs: end.UnixMilli(), EveryS: uint32(past.Day / time.Second), ParserVersion: parserVersion,
				Readings: readings(target.GetName(), []day{d}, end),
			}
			missing--
			if !yield(look, nil) {
				return
			}
		}
		if missing > 0 {
			yield(nil, fmt.Errorf("the server leaves out %d of these days", missing))
		}
	}
}

// days asks for the counters of the last seven days.
func (s *Source) days(ctx context.Context, target *event.Target) ([]day, error) {
	resp, err := s.fetch.Get(ctx, s.bases[target.GetPlace()]+"/api/v1/tags/"+url.PathEscape(target.GetName()))
	if err != nil {
		return nil, explain(err)
	}
	days, err := parseTag(resp.Body, target.GetName())
	if err != nil {
		return nil, fetch.Refuse(resp.Body, err)
	}
	return days, nil
}
