// Package message is what people are told: one Message for one receiver, and
// the Sender that brings it there. It decides nothing and sends nothing.
package message

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// Kind says why a message is sent.
type Kind string

// Kinds of messages.
const (
	// KindOpened: something began.
	KindOpened Kind = "opened"
	// KindWorse: the level of something that was told rose.
	KindWorse Kind = "worse"
	// KindClosed: something that was told ended.
	KindClosed Kind = "closed"
	// KindCatchUp: what was held back, in one message; Note says why.
	KindCatchUp Kind = "catch-up"
	// KindDigest: the summary of a day or a week, in Digest.
	KindDigest Kind = "digest"
	// KindTest: a sample, because somebody asked for one.
	KindTest Kind = "test"
)

// Levels of severity, the lowest first.
const (
	LevelInfo     = event.LevelInfo
	LevelWarning  = event.LevelWarning
	LevelCritical = event.LevelCritical
)

// Levels are all levels, the lowest first.
func Levels() []string { return []string{LevelInfo, LevelWarning, LevelCritical} }

// Rank orders levels: 1 is info, 3 is critical, 0 is no level.
func Rank(level string) int { return slices.Index(Levels(), level) + 1 }

// ErrPermanent marks an error of Send that trying again cannot cure.
var ErrPermanent = errors.New("the receiver refuses it for good")

// Sender delivers one message. It returns when the receiver has taken it. An
// error is temporary unless errors.Is(err, ErrPermanent); its text shows no
// secret. The same message may be sent twice, with the same ID.
type Sender interface {
	Send(ctx context.Context, m *Message) error
}

// Message is one thing that one receiver is told.
type Message struct {
	// ID is deterministic: the same states of episodes, the same receiver and
	// the same kind give the same id.
	ID       string
	Receiver string
	Kind     Kind
	// At is the moment of the data at which it was decided, in UTC.
	At time.Time
	// Topic of the watchlist that all items belong to, and what people call it;
	// both empty where they belong to none, or to several.
	Topic, TopicName string
	// Origin is the entity that the topic's crowd leaves; empty: unknown.
	Origin string
	// Level is the highest of the items: info, warning or critical.
	Level string
	// Items are the episodes that it is about, one or more; none in a digest.
	Items []Item
	// Delayed says that it was held back; Note says why, for a person to read:
	// "held back by quiet hours since 22:00".
	Delayed bool
	Note    string
	// Digest is nil but in digests.
	Digest *Digest
}

// Item is one episode of a message.
type Item struct {
	// Episode is the state that is told; in a catch-up the latest one.
	Episode *event.Episode
	// Opened is the state in which the episode began, without its history; nil
	// where that is unknown, or where Episode is that state.
	Opened *event.Episode
	// Corroboration is what else moved in the same topic, the earliest first.
	Corroboration []Signal
	// Score says how much independent sources agree, 0 to 1: see
	// internal/corroborate.
	Score float64
}

// Signal is another series of the same topic that moved in the same window.
type Signal struct {
	// Source and Target are where it was seen (the target's key); Subject is the
	// entity of the watchlist, or else the subject of the series; What is the
	// metric.
	Source, Target, Subject, What string
	// At is its onset, in UTC.
	At time.Time
	// Multiple of its baseline; 0: not known.
	Multiple float64
	// First says that it was the first of the topic to move, before the item too.
	First bool
}

// Digest is the summary of the span from From to To.
type Digest struct {
	// Every is daily or weekly.
	Every    string
	From, To time.Time
	// Opened and Closed in the span, Open still at its end; without histories.
	// An episode that opened and closed in the span is in both.
	Opened, Closed, Open []*event.Episode
	// SourcesDown are the open episodes of kind health.
	SourcesDown []*event.Episode
	// Overflow is what the noise budget kept back, Muted what a mute kept back.
	Overflow, Muted []*event.Episode
	// Failed is how many messages could not be delivered.
	Failed int
}
