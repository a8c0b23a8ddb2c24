package wikipedia

import (
	"context"
	"iter"
	"time"

	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/event"
)

// Reach is when Wikimedia began to count in this way.
func (s *Source) Reach(time.Time) time.Time { return time.Date(2015, 7, 1, 0, 0, 0, 0, time.UTC) }

// Spans are calendar years, each one request.
func (s *Source) Spans(_ *event.Target, from, to time.Time) []past.Span {
	var spans []past.Span
	for from.Before(to) {
		next := time.Date(from.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
		if next.After(to) {
			next = to
		}
		const perDay = 150 // bytes of an item
		spans = append(spans, past.Span{From: from, To: next, Requests: 1, Bytes: perDay * int64(next.Sub(from)/day)})
		from = next
	}
	return spans
}

// FetchPast asks for all days of the span at once and makes one look per day;
// its slot is the day's end. A day that the answer leaves out is an empty look:
// nobody read the article, or it was not counted.
func (s *Source) FetchPast(ctx context.Context, target *event.Target, span past.Span) iter.Seq2[*event.Snapshot, error] {
	return func(yield func(*event.Snapshot, error) bool) {
		q := question{project: target.GetPlace(), article: target.GetName(), from: span.From, to: span.To.Add(-day)}
		readings, err := s.views(ctx, q)
		if err != nil {
			yield(nil, err)
			return
		}
		byDay := make(map[int64]*event.Reading, len(readings))
		for _, r := range readings {
			byDay[r.GetAtMs()] = r
		}
		for at := span.From; at.Before(span.To); at = at.Add(day) {
			look := &event.Snapshot{SlotMs: at.Add(day).UnixMilli(), EveryS: uint32(day / time.Second), ParserVersion: parserVersion}
			if r := byDay[at.UnixMilli()]; r != nil {
				look.Readings = []*event.Reading{r}
			} else {
				look.Reason = nothingThere
			}
			if !yield(look, nil) {
				return
			}
		}
	}
}
