package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Refusal is an answer that came and could not be understood.
type Refusal struct {
	Reason string // for a person to read
	Body   []byte // the answer as it came: to be kept here, never to be published; see Outline
}

// Error reads "refuse answer: REASON".
func (r *Refusal) Error() string { return "refuse answer: " + r.Reason }

// Refuse is a *Refusal of body for the reason of err.
func Refuse(body []byte, err error) error {
	return &Refusal{Reason: err.Error(), Body: body}
}

// StatusError is an answer whose status says that there is none.
type StatusError struct {
	Status int
	Host   string
	Body   []byte // the first 16 KiB
}

// Error reads "HOST answered 503 Service Unavailable".
func (e *StatusError) Error() string {
	return fmt.Sprintf("%s answered %d %s", e.Host, e.Status, http.StatusText(e.Status))
}

// Status is the status of the answer that err is about; 0 if it is about none.
func Status(err error) int {
	if e, ok := errors.AsType[*StatusError](err); ok {
		return e.Status
	}
	return 0
}

// PauseError says that a host asked us to leave it alone for longer than the
// look has time.
type PauseError struct {
	Host  string
	Until time.Time
}

// Error names the host and when it may be asked again.
func (e *PauseError) Error() string {
	return fmt.Sprintf("%s asked not to be asked before %s", e.Host, e.Until.UTC().Format(time.RFC3339))
}

// AnotherWay says whether the same may be looked for by another way after err.
// It is false where ctx has ended, and where a host asked us to go away or to
// ask less: going round by another door would not be that.
func AnotherWay(ctx context.Context, err error) bool {
	_, blocked := errors.AsType[*Blocked](err)
	_, paused := errors.AsType[*PauseError](err)
	return ctx.Err() == nil && !blocked && !paused && Status(err) != http.StatusTooManyRequests
}

// transientError marks what another try may cure.
type transientError struct{ err error }

func (e *transientError) Error() string { return e.err.Error() }
func (e *transientError) Unwrap() error { return e.err }

// turnError marks that a look had no time to wait for its turn at a host.
type turnError struct{ err error }

func (e *turnError) Error() string { return e.err.Error() }
func (e *turnError) Unwrap() error { return e.err }

func retryable(err error) bool {
	if e, ok := errors.AsType[*StatusError](err); ok {
		switch e.Status {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
			return true
		default:
			return e.Status >= 500 && e.Status != http.StatusNotImplemented
		}
	}
	_, ok := errors.AsType[*transientError](err)
	return ok
}
