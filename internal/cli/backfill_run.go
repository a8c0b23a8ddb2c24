package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/collectors/backfill"
	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
)

// makePlans plans what is in reach, and says of what is not why it is left out.
// Where nothing is left, that is wrong usage.
func makePlans(entries []collectors.Entry, from, to time.Time, marks *backfill.Marks) (plans []*backfill.Plan, skipped []string, err error) {
	for _, e := range entries {
		p, err := backfill.NewPlan(e, from, to, marks)
		if err != nil {
			skipped = append(skipped, err.Error())
			continue
		}
		plans = append(plans, p)
	}
	if len(plans) == 0 {
		return nil, nil, usagef("%s", strings.Join(skipped, "\n"))
	}
	return plans, skipped, nil
}

func newBackfillRun(cfg *config.Config, log *slog.Logger, plans []*backfill.Plan, path string, again bool) *backfillRun {
	run := &backfillRun{cfg: cfg, log: log, plans: plans, path: path, again: again}
	for _, p := range plans {
		run.total += p.Total
		run.done += p.Done
	}
	return run
}

// reachPatience is how long a person waits for a broker that may not be there.
const reachPatience = 10 * time.Second

// reachKafka fails where no broker answers: hours of questions need somebody
// who takes the answers.
func reachKafka(ctx context.Context, run *backfillRun, patience time.Duration) (*kafka.Client, error) {
	c, err := kafka.New(run.cfg.Kafka, "tidemark", nil, run.log)
	if err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no answer within %v", patience))
	defer cancel()
	err = c.Wait(waiting)
	switch {
	case err == nil:
		err = c.EnsureTopics(ctx, event.Topics())
	case ctx.Err() == nil && waiting.Err() != nil:
		err = fmt.Errorf("%w; start what should run there (`tidemark up`, or the brokers), or name another with --data-dir or --brokers", err)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// tellPlans says how much it will be, before the first question.
func (a *app) tellPlans(run *backfillRun, skipped []string, from, to time.Time) {
	for _, why := range skipped {
		fmt.Fprintf(a.stderr, "notice: %s; it is left out\n", why)
	}
	fmt.Fprintf(a.stderr, "%s to %s, UTC:\n", from.Format(time.DateOnly), to.Add(-past.Day).Format(time.DateOnly))
	for _, p := range run.plans {
		if p.Notice != "" {
			fmt.Fprintf(a.stderr, "notice: %s\n", p.Notice)
		}
		fmt.Fprintf(a.stderr, "  %s: %d targets, %d spans, of which %d are done; about %d requests and %s to come\n",
			p.Source, p.Targets, p.Total, p.Done, p.Requests, roughly(p.Bytes))
	}
}

// roughly is a size for a person.
func roughly(n int64) string {
	const kilo = 1000
	size, units := float64(n)/kilo, []string{"KB", "MB", "GB", "TB"}
	for size >= kilo && len(units) > 1 {
		size, units = size/kilo, units[1:]
	}
	return fmt.Sprintf("%.3g %s", size, units[0])
}

// runBackfill runs one plan after the other, and says at any end how far it
// came.
func (a *app) runBackfill(ctx context.Context, pub collectors.Publisher, run *backfillRun) error {
	marks, err := a.openMarks(run)
	if err != nil {
		return err
	}
	defer marks.Close() //nolint:errcheck // every line of it is written already
	var problems []error
	for _, p := range run.plans {
		begin := time.Now()
		show := a.newProgress("back-fill "+p.Source, p.Total)
		show.noun = "spans"
		show.set(p.Done)
		r, err := backfill.New(waitingPublisher{pub, show.say}, marks).Run(ctx, p, backfillProgress{show})
		show.end(err == nil && r.Failed == 0)
		run.done += r.Done
		fmt.Fprintf(a.stdout, "back-filled %s: %d looks with %d readings, %d answers refused, in %.1f s\n",
			p.Source, r.Looks, r.Readings, r.Refused, time.Since(begin).Seconds())
		for _, remark := range r.Remarks() {
			fmt.Fprintf(a.stderr, "notice: %s\n", remark)
		}
		problems = append(problems, r.Problem(p.Source))
		if err != nil {
			return errors.Join(append(problems, run.ended(err))...)
		}
	}
	return errors.Join(problems...)
}

// backfillProgress shows a run to a person.
type backfillProgress struct{ *progress }

// Done moves the bar.
func (p backfillProgress) Done(n int) { p.set(n) }

// Failed says at once what went wrong: the rest may take hours.
func (p backfillProgress) Failed(text string) { p.say(text) }

// silence is how long a broker may be away before a person is told.
const silence = 10 * time.Second

// waitingPublisher tells a person why nothing moves: a message waits for its
// broker as long as it takes.
type waitingPublisher struct {
	collectors.Publisher
	say func(line string)
}

// Publish sends a message, and says so where that takes long.
func (w waitingPublisher) Publish(ctx context.Context, topic, key string, m event.Validator) error {
	timer := time.AfterFunc(silence, func() {
		w.say("the broker does not take what came: waiting until it does (is `tidemark up` still running?); to end, press Ctrl-C, what is done stays done")
	})
	defer timer.Stop()
	return w.Publisher.Publish(ctx, topic, key, m)
}

// openMarks opens the file that remembers what is done, if there is to be one.
func (a *app) openMarks(run *backfillRun) (*backfill.Marks, error) {
	if run.path == "" {
		fmt.Fprintln(a.stderr, "notice: what is done is not remembered; give --state FILE to be able to go on after an end")
		return nil, nil //nolint:nilnil // nil marks are marks that remember nothing
	}
	marks, err := backfill.OpenMarks(run.path)
	if err != nil || !run.again {
		return marks, err
	}
	for _, p := range run.plans {
		if err := p.Forget(marks); err != nil {
			marks.Close() //nolint:errcheck // the other error is told
			return nil, err
		}
	}
	return marks, nil
}

// ended says how far it came, and how to go on.
func (run *backfillRun) ended(err error) error {
	what := "run the same command again, it goes on from there"
	switch {
	case run.path == "":
		what = "nothing remembers which: run again, the same command begins anew; give --state FILE to be able to go on"
	case run.again:
		what = "run the same command again without --again, it goes on from there"
	}
	why := err.Error()
	if errors.Is(err, context.Canceled) {
		why = "interrupted"
	}
	return fmt.Errorf("%s: %d of %d spans are done; %s", why, run.done, run.total, what)
}
