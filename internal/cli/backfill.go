package cli

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/collectors/backfill"
	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/config"
)

// marksFile is where a data directory remembers what has been back-filled.
const marksFile = "backfill.marks"

type backfillOptions struct {
	where
	from, to string
	sources  []string
	state    string
	again    bool
	dryRun   bool
}

func (a *app) backfillCommand() *cobra.Command {
	var o backfillOptions
	cmd := &cobra.Command{
		Use:   "backfill SOURCE|january-2025",
		Short: "Ask places that keep their past for it",
		Long: `Backfill asks a place that keeps its past for the days from --from to --to (both
included, UTC, at most yesterday), for every target of the source that the
configuration watches, and publishes what it tells with the basis 'backfill'.
january-2025 asks all sources that reach back to the case, for 16 December 2024 to
28 February 2025.

  wikipedia    since 2015-07-01
  hackernews   since 2006-10-09
  gdelt        since 2015-02-18; 550 MB to download for each day
  mastodon     the last 7 days
  appstore     what the Web Archive happens to have kept, one question in 4 seconds

Days before that are left out.

It keeps to the rate of each host (collect.hosts), so it may take hours; it says
first how much there is to ask for. It can be ended at any time: run again, it goes
on where it was. Done spans are remembered in the data directory
(` + marksFile + `), or in the file of --state; against servers without --state
nothing is remembered. To ask twice changes nothing: the same past gives the same
rows.

A span is done when the place has answered, also where it has nothing. Where
nobody could look, the span is named at the end, the exit code is 1, and the same
command asks for it again. A host that asks for a rest gets it, from this command
and from the collectors alike.
` + whereHelp,
		Example: `  tidemark backfill wikipedia --from 2024-12-16 --to 2025-02-28
  tidemark backfill january-2025 --sources wikipedia,appstore
  tidemark backfill january-2025 --dry-run`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			return a.backfill(cmd.Context(), given[0], &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "first `day`, such as 2025-01-01")
	f.StringVar(&o.to, "to", "", "last `day`, included")
	f.StringSliceVar(&o.sources, "sources", nil, "which `sources` january-2025 asks, separated by commas (default all with a past that reaches back)")
	f.StringVar(&o.state, "state", "", "`file` that remembers what is done (default "+marksFile+" in the data directory)")
	f.BoolVar(&o.again, "again", false, "ask also for what is done; ended early, go on without it")
	f.BoolVar(&o.dryRun, "dry-run", false, "say how much there is to ask for, and ask nobody")
	o.dataDirFlag(cmd)
	o.brokersFlag(cmd)
	return cmd
}

// backfillRun is what one back-fill needs.
type backfillRun struct {
	cfg   *config.Config
	log   *slog.Logger
	plans []*backfill.Plan
	path  string // of the marks; "" is nowhere
	again bool
	total int // spans of all plans
	done  int // of these
}

func (a *app) backfill(ctx context.Context, name string, o *backfillOptions) error {
	from, to, err := o.span(name, time.Now())
	if err != nil {
		return err
	}
	cfg, log, err := a.asking()
	if err != nil {
		return err
	}
	dir := o.dir()
	if o.servers(cfg) {
		dir = "" // what runs there is not this machine's
	}
	path := o.marksPath(cfg)
	if cfg, err = watchedIn(cfg, dir); err != nil {
		return err
	}
	s := newSystem(cfg, a.build, log)
	var nowhere error // told after what is wrong with the command line
	if !o.dryRun {
		if nowhere = o.kafka(cfg); nowhere == nil {
			if cfg.Collect.State == "" {
				cfg.Collect.State = dir
			}
			s.remember()
		}
	}
	entries, err := s.polled(cfg)
	if err != nil {
		return err
	}
	if entries, err = o.choose(name, entries); err != nil {
		return err
	}
	marks, err := o.readMarks(path)
	if err != nil {
		return err
	}
	plans, skipped, err := makePlans(entries, from, to, marks)
	if err := cmp.Or(err, nowhere); err != nil {
		return err
	}
	run := newBackfillRun(cfg, log, plans, path, o.again)
	if o.dryRun {
		a.tellPlans(run, skipped, from, to)
		return nil
	}
	c, err := reachKafka(ctx, run, reachPatience)
	if err != nil {
		return err
	}
	defer c.Close()
	a.tellPlans(run, skipped, from, to)
	return thenTellPast(ctx, c, to, a.runBackfill(ctx, c, run))
}

// span is what is asked for: [from, to) in whole days that are over.
func (o *backfillOptions) span(name string, now time.Time) (from, to time.Time, err error) {
	if name == caseName {
		from, to = time.Date(2024, 12, 16, 0, 0, 0, 0, time.UTC), time.Date(2025, 2, 28, 0, 0, 0, 0, time.UTC)
	} else if len(o.sources) > 0 {
		return from, to, usagef("read flags: --sources is for %s", caseName)
	}
	for _, f := range []struct {
		flag, text string
		into       *time.Time
	}{{"--from", o.from, &from}, {"--to", o.to, &to}} {
		if f.text == "" && name != caseName {
			return from, to, usagef("read flags: %s is missing; give a day, such as %s 2025-01-01", f.flag, f.flag)
		}
		if f.text == "" {
			continue
		}
		if *f.into, err = time.Parse(time.DateOnly, f.text); err != nil {
			return from, to, usagef("read %s %q: want a day, such as 2025-01-01", f.flag, f.text)
		}
	}
	if to.Before(from) {
		return from, to, usagef("read flags: --from %s is after --to %s", from.Format(time.DateOnly), to.Format(time.DateOnly))
	}
	to = to.Add(past.Day)
	if today := now.UTC().Truncate(past.Day); to.After(today) {
		to = today
	}
	if !from.Before(to) {
		return from, to, usagef("read --from %q: that day is not over yet; the last that is: %s", o.from, to.Add(-past.Day).Format(time.DateOnly))
	}
	return from, to, nil
}

// choose finds the sources that are meant.
func (o *backfillOptions) choose(name string, all []collectors.Entry) ([]collectors.Entry, error) {
	wanted := []string{name}
	if name == caseName {
		wanted = o.sources
		if len(wanted) == 0 {
			wanted = caseSources()
		}
	}
	var chosen []collectors.Entry
	for _, w := range wanted {
		i := slices.IndexFunc(all, func(e collectors.Entry) bool { return e.Name == w })
		if i < 0 {
			return nil, usagef("find source %q: there is none; with a past there are %s", w, strings.Join(withPast(all), ", "))
		}
		if _, ok := all[i].Source.(past.Source); !ok {
			return nil, usagef("back-fill %s: %v; with a past there are %s", w, backfill.ErrNoPast, strings.Join(withPast(all), ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// caseSources reach back to January 2025, those that take least first.
func caseSources() []string { return []string{"wikipedia", "appstore", "hackernews", "gdelt"} }

func withPast(all []collectors.Entry) []string {
	var names []string
	for _, e := range all {
		if _, ok := e.Source.(past.Source); ok {
			names = append(names, e.Name)
		}
	}
	return names
}

// marksPath is the file that remembers what is done; empty: there is none.
func (o *backfillOptions) marksPath(cfg *config.Config) string {
	switch {
	case o.state != "":
		return o.state
	case o.servers(cfg):
		return ""
	default:
		return filepath.Join(o.dir(), marksFile)
	}
}

// servers is true where what is told goes to servers, and not to an instance.
func (o *backfillOptions) servers(cfg *config.Config) bool {
	return len(o.brokers) > 0 || o.dataDir == "" && namesServers(func(c *config.Config) string { return fmt.Sprint(c.Kafka.Brokers) }, cfg)
}

func (o *backfillOptions) readMarks(path string) (*backfill.Marks, error) {
	if path == "" || o.again {
		return nil, nil //nolint:nilnil // nil marks are marks that remember nothing
	}
	return backfill.ReadMarks(path)
}
