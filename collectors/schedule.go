package collectors

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/robfig/cron/v3"
)

const (
	// startSpread is over how long the first looks are spread: soon enough for
	// somebody who waits for them, not all in one moment.
	startSpread = 2 * time.Second
	// nap is the longest sleep in one piece. A machine that was suspended
	// continues within it, and not a whole interval later.
	nap = time.Minute
	// lateness is what a busy machine may be late without anything to say.
	lateness = 5 * time.Second
)

// schedule gives the ticks of one target.
type schedule struct {
	cron   cron.Schedule
	share  float64 // where the target stands in the jitter, 0 to 1
	jitter float64 // share of the interval
}

func newSchedule(every string, jitter float64, key string) (schedule, error) {
	parsed, err := cron.ParseStandard(every)
	if err != nil {
		return schedule{}, err
	}
	h := fnv.New64a()
	h.Write([]byte(key)) // never fails
	const steps = 1 << 20
	return schedule{cron: parsed, share: float64(mix(h.Sum64())%steps) / steps, jitter: min(max(jitter, 0), 1)}, nil
}

// mix spreads keys that differ in their last letter only, which FNV leaves
// close together.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return x
}

// tick is one planned look.
type tick struct {
	slot     time.Time
	due      time.Time // slot, and the target's jitter
	interval time.Duration
}

// budget is how long the look may take: a little less than there is until the
// next one.
func (t tick) budget() time.Duration { return min(t.interval-t.interval/20, maxBudget) }

// first is the tick right at the start; or the next one by the clock, where
// that is so near that the two would be one.
func (s schedule) first(now time.Time) tick {
	now = now.UTC()
	next := s.at(s.cron.Next(now))
	if next.slot.Sub(now) < min(next.interval/10, nap) {
		return next
	}
	t := s.at(now.Truncate(time.Second))
	t.due = now.Add(time.Duration(s.share * float64(min(startSpread, s.spread(t.interval)))))
	return t
}

// after is the tick that follows the slot.
func (s schedule) after(slot time.Time) tick { return s.at(s.cron.Next(slot)) }

func (s schedule) at(slot time.Time) tick {
	slot = slot.UTC()
	interval := max(s.cron.Next(slot).Sub(slot), time.Second)
	return tick{slot: slot, interval: interval, due: slot.Add(time.Duration(s.share * float64(s.spread(interval))))}
}

func (s schedule) spread(interval time.Duration) time.Duration {
	return time.Duration(s.jitter * float64(interval))
}

// sleepUntil waits by the wall clock; false means that ctx ended. Where the
// clock was set back it returns early by the clock, but not late by the world.
func sleepUntil(ctx context.Context, due time.Time) bool {
	start, total := time.Now(), time.Until(due)
	for {
		left := time.Until(due)
		if left <= 0 || time.Since(start) > total+nap {
			return ctx.Err() == nil
		}
		timer := time.NewTimer(min(left, nap))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}
