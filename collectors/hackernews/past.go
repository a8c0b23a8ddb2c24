package hackernews

import (
	"context"
	"iter"
	"time"

	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/event"
)

// Reach is the day of the first story.
func (s *Source) Reach(time.Time) time.Time { return time.Date(2006, 10, 9, 0, 0, 0, 0, time.UTC) }

// Spans are days: each is asked for hour by hour.
func (s *Source) Spans(_ *event.Target, from, to time.Time) []past.Span {
	return past.Cut(from, to, past.Day, past.Span{Requests: 24, Bytes: 24 << 9})
}

// FetchPast counts each hour of the span: the same question as that of Fetch,
// one look per hour. The slot is the hour's end, when it could first be known.
func (s *Source) FetchPast(ctx context.Context, target *event.Target, span past.Span) iter.Seq2[*event.Snapshot, error] {
	return func(yield func(*event.Snapshot, error) bool) {
		for at := span.From; at.Before(span.To); at = at.Add(time.Hour) {
			if !yield(s.hour(ctx, target.GetName(), at)) {
				return
			}
		}
	}
}

func (s *Source) hour(ctx context.Context, word string, from time.Time) (*event.Snapshot, error) {
	n, err := s.count(ctx, word, from)
	if err != nil {
		return nil, err
	}
	return &event.Snapshot{
		SlotMs: from.Add(time.Hour).UnixMilli(), EveryS: uint32(time.Hour / time.Second), ParserVersion: parserVersion,
		Readings: []*event.Reading{n},
	}, nil
}
