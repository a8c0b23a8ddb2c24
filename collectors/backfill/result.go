package backfill

import (
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

// mostFailures is how many failures are told one by one.
const mostFailures = 20

// Result is what came of a plan.
type Result struct {
	Looks, Readings int
	// Refused is how many answers were not understood and kept aside, Gone how
	// many looks failed for good: the place does not have what it should.
	Refused, Gone int
	// Done is how many spans the place has answered about. Of Nothing of them
	// it has nothing; Fresh of them may still change, and are not marked.
	Done, Nothing, Fresh int
	// Failed is how many spans failed, Left how many were not asked for, because
	// too many failed before.
	Failed, Left int

	total int   // spans of the plan
	last  error // of a span
}

func (r *Result) fail(err error) {
	r.Failed++
	r.last = err
}

func (r *Result) add(look *event.Snapshot) {
	r.Looks++
	r.Readings += len(look.GetReadings())
	if look.GetOutcome() == event.Outcome_OUTCOME_FAILED {
		r.Gone++
	}
}

// isTold is true where the place told us to ask later, or shut its door.
func isTold(err error) bool {
	_, paused := errors.AsType[*fetch.PauseError](err)
	_, blocked := errors.AsType[*fetch.Blocked](err)
	return paused || blocked || fetch.Status(err) == http.StatusTooManyRequests
}

// Remarks are what a person should know of a result beside its numbers.
func (r *Result) Remarks() []string {
	var lines []string
	if r.Nothing > 0 {
		lines = append(lines, fmt.Sprintf("of %d of the spans the place has nothing: that is an answer, they are done", r.Nothing))
	}
	if r.Gone > 0 {
		lines = append(lines, fmt.Sprintf("%d of the looks failed for good: the place does not have what it should (v_looks has the reasons)", r.Gone))
	}
	if r.Fresh > 0 {
		lines = append(lines, fmt.Sprintf("%d of the spans are younger than %d days and may still change: ask for them again then", r.Fresh, settled/past.Day))
	}
	return lines
}

// Problem is nil where everything came, and otherwise says how much did not,
// and what to do.
func (r *Result) Problem(source string) error {
	if r.Failed == 0 {
		return nil
	}
	left := ""
	if r.Left > 0 {
		left = fmt.Sprintf(", and %d were not asked for, because %s", r.Left, r.why())
	}
	return fmt.Errorf("back-fill %s: %d of %d spans failed%s; run the same command again: it asks for what is missing only",
		source, r.Failed, r.total, left)
}

// why says what made us give up.
func (r *Result) why() string {
	_, unreachable := errors.AsType[*net.OpError](r.last)
	switch {
	case isTold(r.last):
		return "the place wants to be left alone for a while"
	case unreachable:
		return "the place cannot be reached from here"
	default:
		return "the place does not answer as it should"
	}
}
