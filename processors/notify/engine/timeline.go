package engine

import (
	"cmp"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"
	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/corroborate"
	"github.com/tidemark/tidemark/internal/event"
)

const (
	// pruneEvery is how often, in the time of the data, closed episodes are
	// forgotten that nothing needs any more; of them only doneFor remains, which
	// is longer than the log is kept.
	pruneEvery = int64(time.Hour / time.Millisecond)
	doneFor    = int64(35 * 24 * time.Hour / time.Millisecond)
	// maxDone bounds the memory of what is over.
	maxDone = 50_000
	// maxWaiting bounds the memory of a past whose ticks do not come.
	maxWaiting = 50_000
	// A past of which nothing was heard for a while, in live time, has ended:
	// first its groups are told, later also what is held until a morning. Both
	// are longer than any pause between looks that are being sent.
	groupsAfter = int64(10 * time.Minute / time.Millisecond)
	overAfter   = int64(2 * time.Hour / time.Millisecond)
	morning     = int64(36 * time.Hour / time.Millisecond)
)

// timeline is what is known of the live episodes, or of those of a past. Its
// exported fields are the state that is saved; times are Unix milliseconds.
type timeline struct {
	IsPast bool              `json:"is_past,omitempty"`
	Clock  int64             `json:"clock,omitempty"`
	Pruned int64             `json:"pruned,omitempty"`
	Tracks map[string]*track `json:"tracks,omitempty"`
	// Done are the ids (hashed) of episodes that are over, with their ends.
	Done      map[uint64]int64  `json:"done,omitempty"`
	Groups    []*group          `json:"groups,omitempty"`
	Receivers map[string]*state `json:"receivers,omitempty"`
	// Of a past only: how far each partition is, and what waits.
	Partitions uint32           `json:"partitions,omitempty"`
	Marks      map[uint32]int64 `json:"marks,omitempty"`
	Waiting    []episode        `json:"waiting,omitempty"`
	// Moved is the live time at which a mark moved last; Over how much of the end
	// of a past has been taken: 1 its groups, 2 all.
	Moved int64 `json:"moved,omitempty"`
	Over  int   `json:"over,omitempty"`
}

// track is one episode.
type track struct {
	// Opened is its first state where that was seen, Last the latest; without
	// histories.
	Opened episode         `json:"opened"`
	Last   episode         `json:"last"`
	Told   map[string]told `json:"told"`
}

// told is what one receiver knows of an episode.
type told struct {
	Level string `json:"level,omitempty"`
	// Over is true where it went into the digest, for the budget was spent.
	Over bool `json:"over,omitempty"`
}

func newTimeline(past bool) *timeline {
	return &timeline{
		IsPast: past, Tracks: map[string]*track{}, Done: map[uint64]int64{},
		Receivers: map[string]*state{}, Marks: map[uint32]int64{},
	}
}

func (tl *timeline) receiver(name string) *state {
	s, found := tl.Receivers[name]
	if !found {
		s = &state{}
		tl.Receivers[name] = s
	}
	return s
}

// known says whether a state changes nothing: it was here before, or its
// episode is over.
func (tl *timeline) known(ep *event.Episode) bool {
	if _, over := tl.Done[xxhash.Sum64String(ep.GetId())]; over {
		return true
	}
	tr, found := tl.Tracks[ep.GetId()]
	if !found {
		return false
	}
	last := tr.Last
	if last.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED {
		return true
	}
	if ep.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED {
		return ep.GetSequence() < last.GetSequence()
	}
	return ep.GetSequence() <= last.GetSequence()
}

// state takes one state at its moment.
func (e *Engine) state(tl *timeline, ep *event.Episode, at int64) {
	if tl.known(ep) {
		return
	}
	e.changed = true
	if tl.IsPast && at < tl.Clock {
		e.rewind(tl, at)
	}
	e.advance(tl, at)
	tr, found := tl.Tracks[ep.GetId()]
	if !found {
		tr = &track{Told: map[string]told{}}
		if ep.GetState() == event.EpisodeState_EPISODE_STATE_OPEN {
			tr.Opened = bare(ep)
		}
		tl.Tracks[ep.GetId()] = tr
	}
	tr.Last = bare(ep)
	for _, r := range e.receivers {
		if r.takes(tl, ep) {
			e.consider(tl, r, tr, ep)
		}
	}
	e.advance(tl, tl.Clock) // what waits for nobody goes at once
}

// rewind begins an earlier past: what waits of the one before goes first.
func (e *Engine) rewind(tl *timeline, at int64) {
	for len(tl.Groups) > 0 {
		e.flush(tl, tl.Groups[0])
	}
	for _, r := range e.receivers {
		if s := tl.receiver(r.cfg.Name); len(s.Held) > 0 {
			e.catchUp(tl, r, s)
		}
	}
	for _, s := range tl.Receivers {
		s.DigestFrom = at
	}
	tl.Clock, tl.Pruned = at, 0
}

// advance moves the clock on and fires, in the order of their times, whatever
// comes due: so it makes no difference in how many steps it goes.
func (e *Engine) advance(tl *timeline, to int64) {
	to = max(to, tl.Clock)
	if tl.Clock == 0 {
		tl.Clock = to
	}
	for {
		due, fire := e.next(tl, to)
		if fire == nil {
			break
		}
		tl.Clock = max(tl.Clock, due)
		e.changed = true
		fire()
	}
	tl.Clock = to
	if to-tl.Pruned >= pruneEvery {
		tl.Pruned = to
		tl.prune()
	}
}

// next is what comes due first, at the latest at a moment: groups before
// catch-ups before digests, receivers in the order of the configuration.
func (e *Engine) next(tl *timeline, to int64) (due int64, fire func()) {
	take := func(at int64, f func()) {
		if at <= to && (fire == nil || at < due) {
			due, fire = at, f
		}
	}
	for _, g := range tl.Groups {
		take(g.Due, func() { e.flush(tl, g) })
	}
	for _, r := range e.receivers {
		if !r.on(tl) {
			continue
		}
		s := tl.receiver(r.cfg.Name)
		if len(s.Held) > 0 {
			take(e.heldUntil(tl, r, s.HeldSince), func() { e.catchUp(tl, r, s) })
		}
	}
	for _, r := range e.receivers {
		if !r.on(tl) || r.digests == nil {
			continue
		}
		s := tl.receiver(r.cfg.Name)
		if s.DigestFrom == 0 {
			s.DigestFrom = tl.Clock
		}
		if at := r.nextDigest(tl, s, to); at != 0 {
			take(at, func() { e.digest(tl, r, s, at) })
		}
	}
	return due, fire
}

// prune forgets closed episodes that can corroborate nothing any more.
func (tl *timeline) prune() {
	for id, tr := range tl.Tracks {
		last := tr.Last
		over := last.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED &&
			last.GetOnsetMs() < tl.Clock-corroborate.Window.Milliseconds()
		if over && !tl.waits(id) {
			delete(tl.Tracks, id)
			tl.Done[xxhash.Sum64String(id)] = tl.Clock
		}
	}
	for hash, at := range tl.Done {
		if !tl.IsPast && at < tl.Clock-doneFor {
			delete(tl.Done, hash)
		}
	}
	if len(tl.Done) <= maxDone {
		return
	}
	hashes := make([]uint64, 0, len(tl.Done))
	for hash := range tl.Done {
		hashes = append(hashes, hash)
	}
	slices.SortFunc(hashes, func(a, b uint64) int {
		return cmp.Or(cmp.Compare(tl.Done[a], tl.Done[b]), cmp.Compare(a, b))
	})
	for _, hash := range hashes[:len(hashes)-maxDone] {
		delete(tl.Done, hash)
	}
}

// waits says whether an episode is in a group that is still to be told.
func (tl *timeline) waits(id string) bool {
	return slices.ContainsFunc(tl.Groups, func(g *group) bool { return g.item(id) != nil })
}

// wait keeps a state of a past until its turn.
func (tl *timeline) wait(e *Engine, ep *event.Episode) {
	if tl.known(ep) {
		return
	}
	e.changed = true
	tl.Waiting = append(tl.Waiting, episode{ep})
	if len(tl.Waiting) > maxWaiting {
		tl.order()
		first := tl.Waiting[0]
		tl.Waiting = slices.Delete(tl.Waiting, 0, 1)
		e.state(tl, first.Episode, atOf(first.Episode))
	}
}

func (tl *timeline) order() {
	slices.SortStableFunc(tl.Waiting, func(a, b episode) int {
		return cmp.Or(cmp.Compare(atOf(a.Episode), atOf(b.Episode)), cmp.Compare(a.GetId(), b.GetId()),
			cmp.Compare(a.GetSequence(), b.GetSequence()), cmp.Compare(a.GetState(), b.GetState()))
	})
}

// passed notes how far a partition is in a past, and takes what all have
// passed.
func (e *Engine) passed(t *event.Tick) {
	tl := e.past
	if t.GetPartitions() != tl.Partitions || tl.Marks[t.GetPartition()] != t.GetPastMs() {
		e.changed = true
	}
	tl.Partitions = t.GetPartitions()
	if tl.Marks[t.GetPartition()] != t.GetPastMs() {
		tl.Moved, tl.Over = e.live.Clock, 0
	}
	tl.Marks[t.GetPartition()] = t.GetPastMs()
	if watermark := tl.watermark(); watermark > 0 {
		e.release(tl, watermark)
	}
}

// watermark is what all partitions have passed; 0: not all have told.
func (tl *timeline) watermark() int64 {
	low := tl.Marks[0]
	for p := range tl.Partitions {
		low = min(low, tl.Marks[p])
	}
	return low
}

// ended takes what is left of a past of which nothing is heard any more.
func (e *Engine) ended(tl *timeline, now int64) {
	watermark, quiet := tl.watermark(), now-tl.Moved
	if watermark == 0 || tl.Clock == 0 && len(tl.Waiting) == 0 {
		return
	}
	if quiet >= groupsAfter && tl.Over < 1 {
		tl.Over = 1
		e.release(tl, watermark+e.cfg.GroupWait.Milliseconds())
	}
	if quiet >= overAfter && tl.Over < 2 {
		tl.Over = 2
		e.release(tl, max(tl.Clock, watermark)+morning)
	}
}

// release takes the states from before a moment in their order, and moves the
// clock there.
func (e *Engine) release(tl *timeline, watermark int64) {
	tl.order()
	n := 0
	for n < len(tl.Waiting) && atOf(tl.Waiting[n].Episode) < watermark {
		n++
	}
	due := slices.Clone(tl.Waiting[:n])
	tl.Waiting = slices.Delete(tl.Waiting, 0, n)
	for _, w := range due {
		e.state(tl, w.Episode, atOf(w.Episode))
	}
	if watermark > tl.Clock && tl.Clock != 0 {
		e.advance(tl, watermark)
	}
}

// bare is a copy without the history, which is most of a state.
func bare(ep *event.Episode) episode {
	if ep == nil {
		return episode{}
	}
	if len(ep.GetHistory()) == 0 {
		return episode{ep}
	}
	history := ep.GetHistory()
	ep.History = nil
	c := proto.CloneOf(ep)
	ep.History = history
	return episode{c}
}

func levelOf(ep *event.Episode) string { return event.SeverityLevel(ep.GetSeverity()) }
