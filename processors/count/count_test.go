package count

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

const (
	ofTag = "tag/bluesky//tiktok"
	ofAll = "list/bluesky//all-tags/p0"
	ofTop = "list/bluesky//top-tags/p0"
)

// alive puts a mention of something into each quarter of the minutes.
func alive(l *tape, from, to time.Time) {
	for at := from; at.Before(to); at = at.Add(15 * time.Second) {
		l.mention("other", at)
	}
}

// A minute is published when the watermark has passed its end and the grace,
// and not a moment sooner.
func TestMinuteClosesAfterItsGrace(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	tape.mention("tiktok", noon.Add(10*time.Second))
	tape.mention("tiktok", noon.Add(50*time.Second))
	closes := noon.Add(time.Minute + 2*time.Minute + 30*time.Second)
	tape.mention("tiktok", closes.Add(-time.Millisecond))
	l := newLife(t, s, settings(), never(), "TikTok")
	l.handle(tape.msgs...)
	if len(s.looks) != 0 {
		t.Fatalf("published before the grace is over: %v", s.looks)
	}
	tape.mention("other", closes)
	l.handle(tape.since(3)...)
	s.wants(t, ofTag, "tiktok", metricMinute, noon, 2)
	s.wants(t, ofAll, platform, metricMinute, noon, 2)
	for _, look := range s.looks {
		if look.GetSource() != "bluesky_tags" || look.GetSlotMs() != closes.UnixMilli() || look.GetSeenAtMs() != closes.UnixMilli()+1 {
			t.Errorf("look is %v", look)
		}
	}
}

// Out of order within the bounds is in its minute; a mention that comes when
// its minute is closed is in late_hour of the hour in which it came, and
// nowhere else.
func TestLateMentionsAreKeptAside(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	tape.mention("other", noon.Add(20*time.Second))
	tape.mention("other", noon.Add(3*time.Minute+29*time.Second))
	tape.late("tiktok", noon.Add(40*time.Second), noon.Add(4*time.Minute))
	tape.mention("other", noon.Add(3*time.Minute+30*time.Second))
	tape.late("tiktok", noon.Add(40*time.Second), noon.Add(4*time.Minute))
	tape.mention("other", noon.Add(2*time.Hour))
	l := newLife(t, s, settings(), never(), "tiktok")
	l.handle(tape.msgs...)
	s.wants(t, ofTag, "tiktok", metricMinute, noon, 1)
	s.wants(t, ofTag, "tiktok", metricHour, noon, 1)
	s.wants(t, ofTag, "tiktok", metricLate, noon, 1)
	s.wants(t, ofAll, platform, metricLate, noon, 1)
	s.wants(t, ofAll, platform, metricHour, noon, 4)
	if got := testutil.ToFloat64(l.p.m.late.WithLabelValues(platform)); got != 1 {
		t.Errorf("metric says %v late mentions", got)
	}
}

// A mention from the future would close everything that is open: it is refused,
// and moves no watermark. One that is a little ahead is counted, and moves the
// watermark no further than to the time at which Kafka took it.
func TestTheFutureIsRefusedAndMovesNothing(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	tape.mention("tiktok", noon)
	tape.late("tiktok", noon.AddDate(0, 0, 3), noon.Add(2*time.Second))
	tape.late("tiktok", noon.Add(time.Minute+3*time.Second), noon.Add(2*time.Second))
	tape.late("tiktok", noon.Add(time.Minute+2*time.Second), noon.Add(2*time.Second))
	l := newLife(t, s, settings(), never(), "tiktok")
	l.handle(tape.msgs...)
	if got, want := l.streams[platform].Water, noon.Add(2*time.Second-30*time.Second).UnixMilli(); got != want {
		t.Errorf("watermark is %v, want %v", time.UnixMilli(got).UTC(), time.UnixMilli(want).UTC())
	}
	tape.mention("other", noon.Add(5*time.Minute))
	l.handle(tape.since(4)...)
	s.wants(t, ofTag, "tiktok", metricMinute, noon, 1)
	s.wants(t, ofTag, "tiktok", metricMinute, noon.Add(time.Minute), 1)
	if len(s.rejected) != 2 || !strings.Contains(s.rejected[0].GetReason(), "a clock is wrong") || s.rejected[0].GetStage() != Stage {
		t.Errorf("rejected %v", s.rejected)
	}
	if got := testutil.ToFloat64(l.p.m.refused.WithLabelValues("future")); got != 2 {
		t.Errorf("metric says %v", got)
	}
}

// Ticks close what nobody mentions any more, after idle_after.
func TestTicksMoveAnIdlePartitionOn(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	tape.mention("tiktok", noon)
	closes := noon.Add(time.Minute + 2*time.Minute + 30*time.Second + 5*time.Minute)
	for at := noon; at.Before(closes); at = at.Add(5 * time.Second) {
		tape.tick(at)
	}
	l := newLife(t, s, settings(), never(), "tiktok")
	l.handle(tape.msgs...)
	if len(s.looks) != 0 {
		t.Fatalf("published too soon: %v", s.looks)
	}
	n := int64(len(tape.msgs))
	tape.tick(closes)
	l.handle(tape.since(n)...)
	s.wants(t, ofTag, "tiktok", metricMinute, noon, 1)
	s.wantsNone(t, ofTag, "tiktok", metricMinute, noon.Add(time.Minute))
}

// Ticks do not close what a collector is about to make up for: neither while
// mentions come, however old, nor after everything was down.
func TestTicksWaitForWhatIsMadeUpFor(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	tape.mention("tiktok", noon)
	tape.tick(noon)
	up := noon.Add(3 * time.Hour) // everything was down
	for i := range 60 {
		tape.tick(up.Add(time.Duration(i) * 4 * time.Second))
	}
	for i := range 120 {
		tape.late("tiktok", noon.Add(time.Duration(i)*time.Second), up.Add(5*time.Minute))
		tape.tick(up.Add(5*time.Minute + time.Duration(i)*4*time.Second))
	}
	tape.mention("other", up.Add(10*time.Minute))
	l := newLife(t, s, settings(), never(), "tiktok")
	l.handle(tape.msgs...)
	s.wants(t, ofTag, "tiktok", metricMinute, noon, 61)
	s.wants(t, ofTag, "tiktok", metricMinute, noon.Add(time.Minute), 60)
	s.wants(t, ofTag, "tiktok", metricHour, noon, 121)
}

// A 0 is a fact: it is published only for a minute in each quarter of which the
// platform said something, and only by the partition that the tag belongs to.
func TestZeroOnlyWhereTheStreamWasAlive(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	tape.mention("tiktok", noon)
	alive(tape, noon.Add(15*time.Second), noon.Add(2*time.Minute))
	alive(tape, noon.Add(2*time.Minute), noon.Add(2*time.Minute+45*time.Second)) // silent in the last quarter
	alive(tape, noon.Add(30*time.Minute), noon.Add(2*time.Hour+5*time.Minute))
	l := newLife(t, s, settings(), never(), "tiktok")
	for i := range l.r.watched {
		if !kafkaOwns(l.r.watched[i]) {
			t.Fatal("the only partition owns every tag")
		}
	}
	l.handle(tape.msgs...)
	s.wants(t, ofTag, "tiktok", metricMinute, noon, 1)
	s.wants(t, ofTag, "tiktok", metricMinute, noon.Add(time.Minute), 0)
	s.wantsNone(t, ofTag, "tiktok", metricMinute, noon.Add(2*time.Minute))
	s.wantsNone(t, ofTag, "tiktok", metricMinute, noon.Add(10*time.Minute))
	s.wants(t, ofTag, "tiktok", metricMinute, noon.Add(31*time.Minute), 0)
	s.wants(t, ofTag, "tiktok", metricHour, noon, 1)
	s.wants(t, ofTag, "tiktok", metricAlive, noon, 32)
	s.wants(t, ofAll, platform, metricAlive, noon, 32)
	s.wants(t, ofTag, "tiktok", metricHour, noon.Add(time.Hour), 0)
	s.wants(t, ofTag, "tiktok", metricAlive, noon.Add(time.Hour), 60)

	other := newSink()
	l = newLife(t, other, settings(), never(), "tiktok")
	l.partitions = 1000 // whose tag this is not
	l.handle(tape.msgs...)
	other.wants(t, ofTag, "tiktok", metricMinute, noon, 1)
	other.wantsNone(t, ofTag, "tiktok", metricMinute, noon.Add(time.Minute))
	if got := testutil.ToFloat64(l.p.m.misplaced.WithLabelValues(platform)); got != 1 {
		t.Errorf("metric says %v misplaced mentions", got)
	}
}

func kafkaOwns(tag string) bool { return kafka.PartitionOf(event.MentionKey(platform, tag), 1) == 0 }

// A number beats the 0 that another partition said in good faith.
func TestANumberIsSeenAfterAZero(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	tape.mention("tiktok", noon)
	alive(tape, noon, noon.Add(6*time.Minute))
	newLife(t, s, settings(), never(), "tiktok").handle(tape.msgs...)
	seen := map[float64]int64{}
	for _, look := range s.looks {
		if look.GetTarget().Key() == ofTag {
			seen[look.GetReadings()[0].GetValue()] = look.GetSeenAtMs() - look.GetSlotMs()
		}
	}
	if seen[1] != seen[0]+1 {
		t.Errorf("seen %v after the slot", seen)
	}
}

// The same mention is counted once; the same post may mention several tags.
func TestDuplicatesAreCountedOnce(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	m := tape.mention("tiktok", noon)
	for i := range 5 {
		tape.put(m, noon.Add(time.Duration(i)*time.Second))
	}
	tape.put(&event.Mention{Id: m.GetId(), Platform: platform, Tag: "rednote", AtMs: m.GetAtMs()}, noon)
	tape.mention("other", noon.Add(2*time.Hour))
	l := newLife(t, s, settings(), never(), "tiktok", "rednote")
	l.handle(tape.msgs...)
	s.wants(t, ofTag, "tiktok", metricMinute, noon, 1)
	s.wants(t, "tag/bluesky//rednote", "rednote", metricHour, noon, 1)
	s.wants(t, ofAll, platform, metricHour, noon, 2)
	s.wants(t, ofAll, platform, metricDuplicates, noon, 5)
	if got := testutil.ToFloat64(l.p.m.duplicates.WithLabelValues(platform)); got != 5 {
		t.Errorf("metric says %v duplicates", got)
	}
}

// Each platform has its own event time: what one makes up for is not late
// because another is on time.
func TestOnePlatformDoesNotMakeAnotherLate(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	for i := range 100 {
		tape.mention("other", noon.Add(time.Duration(i)*time.Second))
		tape.put(&event.Mention{Id: fmt.Sprint(i), Platform: "mastodon.social", Tag: "tiktok", AtMs: noon.Add(-5*time.Hour).UnixMilli() + int64(i)}, noon.Add(time.Hour))
	}
	tape.put(&event.Mention{Id: "end", Platform: "mastodon.social", Tag: "tiktok", AtMs: noon.UnixMilli()}, noon.Add(time.Hour))
	newLife(t, s, settings(), never(), "tiktok").handle(tape.msgs...)
	s.wants(t, "tag/mastodon.social//tiktok", "tiktok", metricMinute, noon.Add(-5*time.Hour), 100)
}

// Languages are the first part of the tag, and bounded.
func TestLanguagesOfAWatchedTag(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	put := func(language string, i int) {
		tape.put(&event.Mention{Id: fmt.Sprint(language, i), Platform: platform, Tag: "tiktok", Language: language, AtMs: noon.UnixMilli()}, noon)
	}
	for i, language := range []string{"pt-BR", "pt", "PT_pt", "en", "", "x", "not a language", "zh-Hans"} {
		put(language, i)
	}
	for a := 'a'; a <= 'c'; a++ {
		for b := 'a'; b <= 'z'; b++ {
			put(string(a)+string(b)+"q", 0)
		}
	}
	tape.mention("other", noon.Add(2*time.Hour))
	newLife(t, s, settings(), never(), "tiktok").handle(tape.msgs...)
	for language, want := range map[string]float64{"pt": 3, "en": 1, "und": 3, "zh": 1, "other": 78 - (64 - 4)} {
		s.wants(t, ofTag, "lang:"+language, metricLanguage, noon, want)
	}
	s.wants(t, ofTag, "tiktok", metricHour, noon, 86)
}

// A watched tag is counted in the form that mentions bear; one that no mention
// bears, because it may be a person, has no counts, and no 0 either.
func TestWatchedTagsAreThoseOfMentions(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	alive(tape, noon, noon.Add(time.Minute))
	tape.mention("strasse", noon.Add(time.Second))
	tape.mention("c", noon.Add(2*time.Second))
	tape.mention("rednote", noon.Add(3*time.Second))
	alive(tape, noon.Add(time.Minute), noon.Add(6*time.Minute))
	newLife(t, s, settings(), never(), "Straße", "C#", "Ｒｅｄ\u200bＮｏｔｅ!", "RedNote", "20250119", "alice.bsky.social").handle(tape.msgs...)
	for _, tag := range []string{"strasse", "c", "rednote"} {
		s.wants(t, "tag/bluesky//"+tag, tag, metricMinute, noon, 1)
		s.wants(t, "tag/bluesky//"+tag, tag, metricMinute, noon.Add(time.Minute), 0)
	}
	for _, look := range s.looks {
		if tag, is := strings.CutPrefix(look.GetTarget().Key(), "tag/bluesky//"); is && !slices.Contains([]string{"strasse", "c", "rednote"}, tag) {
			t.Errorf("%s is counted, and no mention ever bears it", tag)
		}
	}
}
