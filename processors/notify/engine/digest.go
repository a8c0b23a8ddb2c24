package engine

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// maxListed bounds each list of a digest.
const maxListed = 500

// note gathers for the digest what it will list.
func (r *receiver) note(s *state, ep *event.Episode) {
	if r.digests == nil || !slices.Contains(r.listed, levelOf(ep)) {
		return
	}
	switch ep.GetState() {
	case event.EpisodeState_EPISODE_STATE_OPEN:
		s.Opened = listed(s.Opened, ep)
	case event.EpisodeState_EPISODE_STATE_CLOSED:
		s.Closed = listed(s.Closed, ep)
	case event.EpisodeState_EPISODE_STATE_UPDATED, event.EpisodeState_EPISODE_STATE_UNSPECIFIED:
	}
}

// overflow keeps for the digest what the budget did not let through.
func (s *state) overflow(ep *event.Episode) { s.Overflow = listed(s.Overflow, ep) }

// listed adds a state to a list, in the place of an earlier one.
func listed(list []episode, ep *event.Episode) []episode {
	if i := slices.IndexFunc(list, func(o episode) bool { return o.GetId() == ep.GetId() }); i >= 0 {
		list[i] = bare(ep)
		return list
	}
	if len(list) >= maxListed {
		return list
	}
	return append(list, bare(ep))
}

// nextDigest is when a receiver's digest is due, at the latest at a moment; 0:
// none is. Of the live ones that were missed, because nothing ran, the last one
// tells of all.
func (r *receiver) nextDigest(tl *timeline, s *state, to int64) int64 {
	at := r.digests.next(moment(s.DigestFrom)).UnixMilli()
	if at > to {
		return 0
	}
	for !tl.IsPast {
		later := r.digests.next(moment(at)).UnixMilli()
		if later > to {
			break
		}
		at = later
	}
	return at
}

// digest tells of the span since the last one, if there is anything to tell.
func (e *Engine) digest(tl *timeline, r *receiver, s *state, due int64) {
	d := &message.Digest{
		Every: r.cfg.Digest.Every, From: moment(s.DigestFrom), To: moment(due), Failed: s.Failed,
		Opened: plain(s.Opened), Closed: plain(s.Closed), Overflow: plain(s.Overflow), Muted: plain(s.Muted),
	}
	s.DigestFrom, s.Failed = due, 0
	s.Opened, s.Closed, s.Overflow, s.Muted = nil, nil, nil, nil
	level := message.LevelInfo
	for _, tr := range tl.Tracks {
		last := tr.Last.Episode
		if last.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED {
			continue
		}
		switch {
		case kindOf(last) == event.EpisodeHealth:
			d.SourcesDown = append(d.SourcesDown, last)
		case r.takes(tl, last) && slices.Contains(r.listed, levelOf(last)):
			d.Open = append(d.Open, last)
		}
	}
	n := 0
	for _, list := range [][]*event.Episode{d.Opened, d.Closed, d.Open, d.SourcesDown, d.Overflow, d.Muted} {
		slices.SortFunc(list, func(a, b *event.Episode) int {
			return cmp.Or(-cmp.Compare(message.Rank(levelOf(a)), message.Rank(levelOf(b))),
				cmp.Compare(a.GetOnsetMs(), b.GetOnsetMs()), cmp.Compare(a.GetId(), b.GetId()))
		})
		n += len(list)
		if len(list) > 0 && message.Rank(levelOf(list[0])) > message.Rank(level) {
			level = levelOf(list[0])
		}
	}
	if n == 0 && d.Failed == 0 {
		return
	}
	e.out = append(e.out, &message.Message{
		ID:       event.ID("message", r.cfg.Name, string(message.KindDigest), strconv.FormatBool(tl.IsPast), strconv.FormatInt(due, 10)),
		Receiver: r.cfg.Name, Kind: message.KindDigest, At: moment(due), Level: level, Digest: d,
	})
}

func plain(list []episode) []*event.Episode {
	if len(list) == 0 {
		return nil
	}
	out := make([]*event.Episode, len(list))
	for i, ep := range list {
		out[i] = ep.Episode
	}
	return out
}
