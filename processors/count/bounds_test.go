package count

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// What retention took away before it was counted is not published as if it had
// been all, neither after a restart nor in the middle.
func TestLostMentionsTearTheirWindows(t *testing.T) {
	t.Parallel()
	tape := &tape{t: t}
	for i := range 10 * 60 {
		tape.mention("tiktok", noon.Add(50*time.Minute+time.Duration(i)*2*time.Second))
	}
	tape.mention("tiktok", noon.Add(3*time.Hour))
	tick := tape.msgs[310]
	tick.Type, tick.Value = typeTick, tickBytes(t, noon)
	for name, run := range map[string]func(s *sink) *life{
		"running": func(s *sink) *life {
			l := newLife(t, s, settings(), never(), "tiktok")
			l.handle(tape.msgs[:250]...)
			l.handle(tape.msgs[310:]...)
			return l
		},
		"restarted": func(s *sink) *life {
			at := newLife(t, s, settings(), never(), "tiktok").handle(tape.msgs[:250]...)
			l := newLife(t, s, settings(), at, "tiktok")
			at = l.handle(tick) // killed before a mention tells where the log goes on
			newLife(t, s, settings(), at, "tiktok").handle(tape.msgs[311:400]...)
			at = newLife(t, s, settings(), at, "tiktok").handle(tape.msgs[311:450]...)
			l2 := newLife(t, s, settings(), at, "tiktok")
			l2.handle(tape.since(at.Offset)...)
			return l
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSink()
			l := run(s)
			for minute := range 20 {
				at := noon.Add(50*time.Minute + time.Duration(minute)*time.Minute)
				switch {
				case minute < 5 || minute > 10: // others were open, or are not whole
					s.wants(t, ofTag, "tiktok", metricMinute, at, 30)
				default:
					s.wantsNone(t, ofTag, "tiktok", metricMinute, at)
				}
			}
			s.wantsNone(t, ofTag, "tiktok", metricHour, noon)
			s.wantsNone(t, ofTag, "tiktok", metricHour, noon.Add(time.Hour))
			if got := testutil.ToFloat64(l.p.m.torn.WithLabelValues(platform)); got != 1 {
				t.Errorf("metric says %v", got)
			}
		})
	}
}

// Beyond max_ids mentions are counted and said to be unchecked.
func TestMemoryOfIDsIsBounded(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	for range 3000 {
		tape.mention("tiktok", noon)
	}
	tape.mention("other", noon.Add(2*time.Hour))
	cfg := settings()
	cfg.MaxIDs = 1000
	l := newLife(t, s, cfg, never(), "tiktok")
	l.handle(tape.msgs[:3000]...)
	if got := l.streams[platform].minutes[0].seen.n; got != 1000 {
		t.Errorf("%d ids are remembered", got)
	}
	l.handle(tape.since(3000)...)
	s.wants(t, ofTag, "tiktok", metricMinute, noon, 3000)
	s.wants(t, ofAll, platform, metricUnchecked, noon, 2000)
	if got := testutil.ToFloat64(l.p.m.unchecked.WithLabelValues(platform)); got != 2000 {
		t.Errorf("metric says %v", got)
	}
}

// Platforms are bounded, so that the state fits into a commit.
func TestStateFitsIntoACommit(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	for i := range 40 {
		tape.put(&event.Mention{
			Id: "x", Platform: fmt.Sprintf("%s%02d", strings.Repeat("p", 56), i), Tag: "tiktok", AtMs: noon.UnixMilli(),
		}, noon)
		tape.put(&event.Mention{Id: "x", Platform: `b"d`, Tag: "tiktok", AtMs: noon.UnixMilli()}, noon)
	}
	tape.tick(noon.Add(time.Second))
	l := newLife(t, s, settings(), never(), "tiktok")
	at := l.handle(tape.msgs...)
	if len(at.Metadata) > 4000 {
		t.Errorf("metadata has %d bytes: %s", len(at.Metadata), at.Metadata)
	}
	if len(l.streams) != maxPlatforms || len(s.rejected) != 40+40-maxPlatforms {
		t.Errorf("%d platforms, %d rejected", len(l.streams), len(s.rejected))
	}
	if _, err := New(s, settings(), watch(), nil, l.log).Assign(t.Context(), event.TopicMentions, 0, kafka.Committed{Offset: 3, Metadata: "{}"}); err == nil {
		t.Error("state of another version was taken")
	}
}

// What does not belong there is rejected, with its bytes, and everything else
// is counted.
func TestBadMessagesAreRejectedOnce(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	tape.mention("tiktok", noon)
	tape.put(&event.Fact{Id: "f", Kind: event.FactKind_FACT_KIND_EVENT, Topic: "t", Subject: "s", Metric: "m", Publisher: "p", Confidence: "high"}, noon)
	for _, m := range []kafka.Message{
		{Type: typeMention, Value: []byte("\x0a\x05ab")},
		{Type: "tidemark.v1.Unknown", Value: []byte("x")},
		{Type: typeMention, Value: nil},
	} {
		m.Offset, m.Time = int64(len(tape.msgs)), noon
		tape.msgs = append(tape.msgs, m)
	}
	tape.mention("tiktok", noon)
	at := newLife(t, s, settings(), never(), "tiktok").handle(tape.msgs...)
	at = newLife(t, s, settings(), at, "tiktok").handle(tape.msgs[0]) // killed while it counts anew
	tape.mention("other", noon.Add(2*time.Hour))
	l := newLife(t, s, settings(), at, "tiktok")
	l.handle(tape.since(at.Offset)...)
	if got := testutil.ToFloat64(l.p.m.counted.WithLabelValues(platform)); got != 1 {
		t.Errorf("metric says %v new mentions, the others had been counted", got)
	}
	if len(s.rejected) != 4 {
		t.Errorf("rejected %v", s.rejected)
	}
	s.wants(t, ofTag, "tiktok", metricHour, noon, 2)
}

// A platform begins at its own place, also where another one has to go back
// further: what is read for the other one's sake is not news to it.
func TestEachPlatformBeginsAtItsOwnPlace(t *testing.T) {
	t.Parallel()
	tape := &tape{t: t}
	late := func(id string, at time.Time) {
		tape.put(&event.Mention{Id: id, Platform: "mastodon", Tag: "tiktok", AtMs: at.UnixMilli()}, noon.Add(5*time.Hour))
	}
	alive := func(i int) { tape.mention("tiktok", noon.Add(time.Duration(i)*time.Second)) }
	alive(0)
	late("a", noon.Add(-3*time.Hour))
	for i := range 240 { // until mastodon's hour is closed by ticks
		alive(i)
		tape.tick(noon.Add(time.Duration(i) * 10 * time.Second))
	}
	cut := int64(len(tape.msgs))
	tape.tick(noon.Add(2500 * time.Second))
	late("b", noon.Add(33*time.Minute)) // its minute was closed by that tick
	late("c", noon.Add(4*time.Hour))
	for name, lives := range map[string]func(s *sink){
		"one life": func(s *sink) { newLife(t, s, settings(), never(), "tiktok").handle(tape.msgs...) },
		"two lives": func(s *sink) {
			at := newLife(t, s, settings(), never(), "tiktok").handle(tape.msgs[:cut]...)
			if at.Offset != 0 || at.Next != cut {
				t.Errorf("committed %+v, want 0 and %d", at, cut)
			}
			newLife(t, s, settings(), at, "tiktok").handle(tape.msgs...)
		},
	} {
		s := newSink()
		lives(s)
		if got, found := s.value("tag/mastodon//tiktok", "tiktok", metricLate, noon); !found || got != 1 {
			t.Errorf("%s: %v are late (published: %v), want 1", name, got, found)
		}
		s.wantsNone(t, "tag/mastodon//tiktok", "tiktok", metricMinute, noon.Add(33*time.Minute))
	}
}

func tickBytes(t *testing.T, at time.Time) []byte {
	t.Helper()
	one := &tape{t: t}
	one.tick(at)
	return one.msgs[0].Value
}
