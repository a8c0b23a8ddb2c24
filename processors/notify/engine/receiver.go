package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// receiver is one who is told, as configured.
type receiver struct {
	cfg     *config.Receiver
	levels  []string
	listed  []string // levels of the digest
	quiet   quiet
	digests *schedule
	live    bool
	past    bool
}

// state is what one timeline knows of one receiver. It is saved.
type state struct {
	// Held is what a catch-up will tell, since when.
	Held      []held `json:"held,omitempty"`
	HeldSince int64  `json:"held_since,omitempty"`
	// Day counts the messages of a day of the receiver's zone.
	Day  string `json:"day,omitempty"`
	Sent int    `json:"sent,omitempty"`
	// Of the digest that is being gathered.
	DigestFrom int64     `json:"digest_from,omitempty"`
	Opened     []episode `json:"opened"`
	Closed     []episode `json:"closed,omitempty"`
	Overflow   []episode `json:"overflow,omitempty"`
	Muted      []episode `json:"muted,omitempty"`
	Failed     int       `json:"failed,omitempty"`
}

// held is an episode that is told later.
type held struct {
	Opened episode `json:"opened"`
	Last   episode `json:"last"`
	Level  string  `json:"level,omitempty"`
	// Fresh is true where the receiver was not told of its beginning.
	Fresh bool `json:"fresh,omitempty"`
}

func newReceiver(cfg *config.Receiver) (*receiver, error) {
	loc, err := time.LoadLocation(cfg.Zone)
	if err != nil {
		return nil, fmt.Errorf("read zone: %w", err)
	}
	r := &receiver{
		cfg: cfg, levels: cfg.Levels, listed: cfg.Digest.Levels,
		quiet: quiet{hours: cfg.Quiet.Hours, loc: loc}, digests: newSchedule(cfg.Digest, loc),
	}
	if len(r.levels) == 0 {
		r.levels = []string{message.LevelWarning, message.LevelCritical}
	}
	if len(r.listed) == 0 {
		r.listed = message.Levels()
	}
	r.live = len(cfg.Basis) == 0
	for _, basis := range cfg.Basis {
		if basis == event.Basis_BASIS_MEASURED.Word() {
			r.live = true
		} else {
			r.past = true
		}
	}
	return r, nil
}

func (r *receiver) on(tl *timeline) bool { return r.live && !tl.IsPast || r.past && tl.IsPast }

// takes says whether an episode is for the receiver, whatever its level.
func (r *receiver) takes(tl *timeline, ep *event.Episode) bool {
	return r.on(tl) && (!tl.IsPast || slices.Contains(r.cfg.Basis, ep.GetBasis().Word())) &&
		anyOr(r.cfg.Topics, ep.GetTopic()) && anyOr(r.cfg.Rules, ep.GetRule()) && anyOr(r.cfg.Kinds, kindOf(ep))
}

func anyOr(want []string, got string) bool { return len(want) == 0 || slices.Contains(want, got) }

func kindOf(ep *event.Episode) string { return cmp.Or(ep.GetKind(), event.EpisodeSurge) }

// consider decides whether a receiver is told of a state.
func (e *Engine) consider(tl *timeline, r *receiver, tr *track, ep *event.Episode) {
	name, s := r.cfg.Name, tl.receiver(r.cfg.Name)
	r.note(s, ep)
	was := tr.Told[name]
	if ep.GetState() == event.EpisodeState_EPISODE_STATE_CLOSED {
		switch {
		case was.Level == "":
		case was.Over:
			s.overflow(ep)
		default:
			e.group(tl, r, message.KindClosed, tr, ep)
		}
		return
	}
	level := levelOf(ep)
	if !slices.Contains(r.levels, level) || message.Rank(level) <= message.Rank(was.Level) {
		return
	}
	if e.isMuted(tl, ep) {
		s.Muted = listed(s.Muted, ep)
		return
	}
	kind := message.KindOpened
	if was.Level != "" {
		kind = message.KindWorse
	}
	tr.Told[name] = told{Level: level, Over: was.Over}
	e.group(tl, r, kind, tr, ep)
}

// group is a message that waits for others of its kind.
type group struct {
	Receiver string       `json:"receiver,omitempty"`
	Kind     message.Kind `json:"kind,omitempty"`
	Key      string       `json:"key,omitempty"`
	Due      int64        `json:"due,omitempty"`
	Items    []groupItem  `json:"items,omitempty"`
}

type groupItem struct {
	Opened episode `json:"opened"`
	Last   episode `json:"last"`
	// Level is that of the state, or what the receiver was told of it before.
	Level string `json:"level,omitempty"`
}

func (g *group) item(id string) *groupItem {
	for i := range g.Items {
		if g.Items[i].Last.GetId() == id {
			return &g.Items[i]
		}
	}
	return nil
}

// group puts a state into the message that it is told with. What gets worse
// before its beginning was told is told as beginning.
func (e *Engine) group(tl *timeline, r *receiver, kind message.Kind, tr *track, ep *event.Episode) {
	key := kindOf(ep) + " topic " + ep.GetTopic()
	if ep.GetTopic() == "" {
		key = kindOf(ep) + " rule " + ep.GetRule() + " " + ep.GetTarget().Key()
	}
	var into *group
	for _, g := range tl.Groups {
		if g.Receiver != r.cfg.Name || g.Key != key {
			continue
		}
		if kind == message.KindWorse && (g.Kind == message.KindOpened || g.Kind == kind) {
			if it := g.item(ep.GetId()); it != nil {
				it.Last, it.Level = episode{ep}, tr.Told[r.cfg.Name].Level
				return
			}
		}
		if g.Kind == kind {
			into = g
		}
	}
	if into == nil {
		into = &group{Receiver: r.cfg.Name, Kind: kind, Key: key, Due: tl.Clock + e.cfg.GroupWait.Milliseconds()}
		tl.Groups = append(tl.Groups, into)
	}
	into.Items = append(into.Items, groupItem{Opened: tr.Opened, Last: episode{ep}, Level: tr.Told[r.cfg.Name].Level})
}

// flush tells a group, or holds it back.
func (e *Engine) flush(tl *timeline, g *group) {
	tl.Groups = slices.DeleteFunc(tl.Groups, func(o *group) bool { return o == g })
	i := slices.IndexFunc(e.receivers, func(r *receiver) bool { return r.cfg.Name == g.Receiver })
	if i < 0 || len(g.Items) == 0 {
		return // the receiver is configured no more
	}
	r := e.receivers[i]
	s := tl.receiver(g.Receiver)
	critical := slices.ContainsFunc(g.Items, func(it groupItem) bool { return it.Level == message.LevelCritical })
	old := !tl.IsPast && tl.Clock < e.horizon
	passes := critical && r.cfg.Quiet.PassCritical && g.Kind != message.KindClosed && !old
	if !passes && e.heldUntil(tl, r, tl.Clock) > tl.Clock {
		s.hold(g, tl.Clock)
		return
	}
	if s.unhold(g) {
		g.Kind = message.KindOpened
	}
	if !s.spend(r, tl.Clock, critical) {
		for _, it := range g.Items {
			s.overflow(it.Last.Episode)
			if tr := tl.Tracks[it.Last.GetId()]; tr != nil && g.Kind == message.KindOpened {
				tr.Told[g.Receiver] = told{Level: tr.Told[g.Receiver].Level, Over: true}
			}
		}
		return
	}
	e.tell(tl, r, g)
}

// heldUntil is when what is decided at a moment may be told.
func (e *Engine) heldUntil(tl *timeline, r *receiver, at int64) int64 {
	if !tl.IsPast {
		at = max(at, e.horizon)
	}
	if _, to, quiet := r.quiet.around(moment(at)); quiet {
		return to.UnixMilli()
	}
	return at
}

// hold keeps a group for the catch-up.
func (s *state) hold(g *group, clock int64) {
	if len(s.Held) == 0 {
		s.HeldSince = clock
	}
	for _, it := range g.Items {
		if len(s.Held) >= manyItems {
			it.Last = bare(it.Last.Episode)
		}
		i := slices.IndexFunc(s.Held, func(h held) bool { return h.Last.GetId() == it.Last.GetId() })
		if i >= 0 {
			s.Held[i].Last, s.Held[i].Level = it.Last, it.Level
			continue
		}
		s.Held = append(s.Held, held{Opened: it.Opened, Last: it.Last, Level: it.Level, Fresh: g.Kind == message.KindOpened})
	}
}

// unhold takes out of the catch-up what is told now; fresh says that a
// beginning was among it.
func (s *state) unhold(g *group) (fresh bool) {
	s.Held = slices.DeleteFunc(s.Held, func(h held) bool {
		if g.item(h.Last.GetId()) == nil {
			return false
		}
		fresh = fresh || h.Fresh
		return true
	})
	return fresh
}

// spend says whether the budget of the day has a message left.
func (s *state) spend(r *receiver, at int64, critical bool) bool {
	day := moment(at).In(r.quiet.loc).Format(time.DateOnly)
	if day != s.Day {
		s.Day, s.Sent = day, 0
	}
	b := r.cfg.Budget
	if b.PerDay > 0 && s.Sent >= b.PerDay && (!critical || !b.ExemptCritical) {
		return false
	}
	s.Sent++
	return true
}
