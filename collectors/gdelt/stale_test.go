package gdelt

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/testkit"
)

// An announcement that stands still is no news of now.
func TestAFrozenAnnouncementIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		late time.Duration
		want string
	}{
		{time.Hour, ""},
		{time.Hour + time.Minute, "refuse answer: the newest file is of 2025-01-13T10:15:00Z, 1h1m before the look, at most 1h"},
		{600 * 24 * time.Hour, "600d before the look"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, place := newSource(t, "tiktok")
			snap, err := s.Fetch(t.Context(), s.Targets()[0], stamp().Add(c.late))
			if c.want == "" {
				if err != nil || len(snap.GetReadings()) == 0 {
					t.Errorf("%s late: %v", c.late, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !isRefusal(err) || len(snap.GetReadings()) != 0 {
				t.Errorf("%s late: %v", c.late, err)
			}
			if len(place.Requests(newest))+len(place.Requests(mirror+newest)) != 0 {
				t.Error("an old file is downloaded all the same")
			}
		})
	}
}

// Lines that are passed over are said, in looks at now and at the past.
func TestLinesThatWereNotUnderstoodAreSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, place := newSource(t, "tiktok")
		zip := zipped(t, []string{"20250113101500.gkg.csv"}, strings.Repeat(record("tiktok"), 199)+"no record\n")
		place.Reply(updatePath, testkit.FakeOK(announce(zip)))
		place.Reply(newest, testkit.FakeOK(string(zip)))
		const want = "1 of 200 lines of the file of 2025-01-13T10:15:00Z were not understood"
		snap, err := s.Fetch(t.Context(), s.Targets()[0], stamp())
		if err != nil || snap.GetReason() != want || len(snap.GetReadings()) != 4 {
			t.Errorf("got %q, %v", snap.GetReason(), err)
		}
		var reasons []string
		for _, span := range s.Spans(s.Targets()[0], stamp(), stamp().Add(step)) {
			for look, err := range s.FetchPast(t.Context(), s.Targets()[0], span) {
				if err == nil && look.GetOutcome() != event.Outcome_OUTCOME_FAILED && look.GetReason() != "" {
					reasons = append(reasons, look.GetReason())
				}
			}
		}
		if len(reasons) != 1 || reasons[0] != want {
			t.Errorf("of the past: %q", reasons)
		}
	})
}
