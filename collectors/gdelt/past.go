package gdelt

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/event"
)

// fileBytes is about what a file has.
const fileBytes = 5_700_000

// Reach is the time of the first of these files.
func (s *Source) Reach(time.Time) time.Time { return time.Date(2015, 2, 18, 23, 0, 0, 0, time.UTC) }

// Spans are hours of four files. The keywords are counted together, so that
// only the first of them costs anything.
func (s *Source) Spans(target *event.Target, from, to time.Time) []past.Span {
	const perHour = int(time.Hour / step)
	var each past.Span
	if target.Key() == s.targets[0].Key() {
		each = past.Span{Requests: perHour, Bytes: int64(perHour) * fileBytes}
	}
	return past.Cut(from, to, time.Hour, each)
}

// FetchPast counts in each file of the span. The slot is the file's stamp. A
// file that GDELT does not have is a look that failed: nobody can look there
// any more, and that is no 0.
func (s *Source) FetchPast(ctx context.Context, target *event.Target, span past.Span) iter.Seq2[*event.Snapshot, error] {
	return func(yield func(*event.Snapshot, error) bool) {
		for at := span.From; at.Before(span.To); at = at.Add(step) {
			look := &event.Snapshot{SlotMs: at.UnixMilli(), EveryS: uint32(step / time.Second), ParserVersion: parserVersion}
			c, err := s.files.at(ctx, at)
			switch {
			case errors.Is(err, errNoFile):
				look.Outcome, look.Reason = event.Outcome_OUTCOME_FAILED, errNoFile.Error()
			case err != nil:
				if !yield(nil, fmt.Errorf("file of %s: %w", at.Format(time.RFC3339), err)) {
					return
				}
				continue
			default:
				look.Via, look.Readings, look.Reason = c.via, c.readings(target.GetName()), remark(c)
			}
			if !yield(look, nil) {
				return
			}
		}
	}
}
