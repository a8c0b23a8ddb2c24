package engine

import (
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// Mute silences what is about something until a time: nobody is told that it
// begins or gets worse. The end of what was told is told still.
type Mute struct {
	// Kind is entity, tag, rule, topic or source; empty: whichever has the name.
	Kind, Name string
	Until      time.Time
}

// matches says whether a mute is about an episode.
func (m *Mute) matches(ep *event.Episode) bool {
	names := map[string][]string{
		"entity": {ep.GetEntity()}, "rule": {ep.GetRule()}, "topic": {ep.GetTopic()}, "source": {ep.GetSource()},
	}
	switch t := ep.GetTarget(); t.GetKind() {
	case event.KindTag:
		names["tag"] = []string{t.GetName(), ep.GetSubject()}
	case event.KindList:
		names["tag"] = []string{ep.GetSubject()}
	}
	if m.Kind == "" {
		names["subject"] = []string{ep.GetSubject()}
	}
	for kind, of := range names {
		for _, name := range of {
			if name != "" && (m.Kind == "" || m.Kind == kind) && strings.EqualFold(name, strings.TrimPrefix(m.Name, "#")) {
				return true
			}
		}
	}
	return false
}

func (e *Engine) isMuted(tl *timeline, ep *event.Episode) bool {
	for i := range e.mutes {
		if m := &e.mutes[i]; m.Until.UnixMilli() > tl.Clock && m.matches(ep) {
			return true
		}
	}
	return false
}
