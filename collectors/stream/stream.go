// Package stream is what a stream and the runner say to each other: a stream
// is a public place that tells by itself, over a connection that stays.
package stream

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// DroppedMessage is the reason in Batch.Dropped for whole messages that are not
// understood.
const DroppedMessage = "message"

// Batch is a piece of a stream.
type Batch struct {
	Mentions []*event.Mention
	// Cursor is where to go on when everything up to the end of this batch is
	// with the broker, in the stream's own words, one short line. It is kept
	// over restarts; empty leaves the one before in force.
	Cursor string
	// Events came, Posts of them were new posts, Bytes had all of them as they
	// came over the network.
	Events, Posts int
	Bytes         int64
	// Dropped counts, by reason, what could not be taken.
	Dropped map[string]int
	// NotUnderstood is what was wrong with the shape of the last message that was
	// dropped, and never what was written in it; empty: none was.
	NotUnderstood string
	// At is the event time of the last event.
	At time.Time
}

// State is what the next look at the stream tells.
type State struct {
	// Via is the way by which events come: version and host.
	Via string
	// Hole is set where the place no longer had what came after the cursor: from
	// where to where nothing was seen.
	HoleFrom, HoleTo time.Time
	// Remark is for a person; empty: none.
	Remark string
}

// Out is where a stream puts what it reads.
type Out interface {
	// Resume returns the cursor of the last batch that was taken over, in this
	// process or in one before; empty where there was none.
	Resume(ctx context.Context) (cursor string, err error)
	// Publish takes a batch over. It waits while the broker is behind: whoever
	// reads has to wait then too. An error means that the batch was not taken.
	Publish(ctx context.Context, b Batch) error
	// Say tells that a connection stands, or what is to be known of it.
	Say(s State)
}

// Error is why a connection ended.
type Error struct {
	// Reason is one of few words, for a metric: dial, refused, cut, silent, …
	Reason string
	Err    error
}

// Error is the cause; the reason is for the metric.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
