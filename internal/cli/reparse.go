package cli

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/kafka"
	"github.com/tidemark/tidemark/internal/tapes"
)

// rawFolder is where `tidemark up` keeps raw answers in its data directory.
const rawFolder = "raw"

// keeper keeps the raw answers of the looks.
func (s *system) keeper() *tapes.Keeper {
	raw := s.cfg.Collect.Raw
	return tapes.NewKeeper(tapes.Config{Dir: raw.Dir, Keep: raw.Keep.D(), MaxBytes: int64(raw.MaxBytes)}, s.reg, s.log)
}

// keepWhile lets a Keeper write while something runs, and then what still waits.
func keepWhile(ctx context.Context, k *tapes.Keeper, run func(ctx context.Context) error) error {
	writing, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- k.Run(writing) }()
	err := run(ctx)
	stop()
	if kept := <-done; err == nil {
		err = kept
	}
	return err
}

type reparseOptions struct {
	where    where
	rawDir   string
	from, to string
	target   string
	dryRun   bool
	force    bool
}

func (a *app) reparseCommand() *cobra.Command {
	var o reparseOptions
	cmd := &cobra.Command{
		Use:   "reparse SOURCE",
		Short: "Read kept raw answers again, after a parser was mended",
		Long: `Reparse reads the raw answers that a collector kept (collect.raw) with the parser
of this program, and publishes what it reads, under the same source, target, slot,
basis and seen_at. Nobody is asked. In every table, view and rollup the newer
parser's reading takes the place of the older one, the whole look at a time: a
number that it does not read is gone, a refused look may become ok and the other way.

It publishes nothing where the parser's version is not higher than the one that
read the look before; raise it with every change of a parser. Looks at which the
source would now ask something else are passed over and counted. Publishing twice
changes nothing.
` + whereHelp,
		Example: `  tidemark reparse mastodon --from 2025-01-13 --to 2025-01-20 --dry-run
  tidemark reparse appstore --target chart/apple/us/top-free/overall --data-dir data`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			return a.reparse(cmd.Context(), given[0], o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "first slot, as `time`: 2025-01-13 or 2025-01-13T10:00Z (default: all that is kept)")
	f.StringVar(&o.to, "to", "", "`time` before which the last slot is (default: now)")
	f.StringVar(&o.target, "target", "", "only this target, as `key`: kind/place/country/name")
	f.StringVar(&o.rawDir, "raw-dir", "", "`directory` of raw answers (default: collect.raw.dir, or that of the running instance)")
	f.BoolVar(&o.dryRun, "dry-run", false, "publish nothing; show per look what is read otherwise")
	f.BoolVar(&o.force, "force", false, "publish also where the parser's version is the same; a lower one never holds")
	o.where.dataDirFlag(cmd)
	o.where.brokersFlag(cmd)
	return cmd
}

func (a *app) reparse(ctx context.Context, source string, o reparseOptions) error {
	want := tapes.Select{Source: source, Target: o.target, To: time.Now()}
	var err error
	if want.From, err = moments(o.from, time.UnixMilli(0)); err != nil {
		return usagef("read --from: %v", err)
	}
	if want.To, err = moments(o.to, want.To); err != nil {
		return usagef("read --to: %v", err)
	}
	cfg, log, err := a.asking()
	if err != nil {
		return err
	}
	if cfg, err = watchedIn(cfg, o.where.dir()); err != nil {
		return err
	}
	entry, err := a.entry(cfg, source)
	if err != nil {
		return err
	}
	dir := o.dir(cfg)
	refs, torn, err := tapes.Find(dir, want)
	if err != nil {
		return err
	}
	if torn > 0 {
		fmt.Fprintf(a.stderr, "notice: %d spans of the tapes are not whole and were passed over\n", torn)
	}
	if len(refs) == 0 {
		return fmt.Errorf("find raw answers of %s in %s: there are none of that time; see collect.raw and --raw-dir", source, dir)
	}
	run := rereading{app: a, entry: entry, o: o, log: log}
	if !o.dryRun {
		if run.kafka, err = a.kafkaOf(&o.where); err != nil {
			return err
		}
		defer run.kafka.Close()
		if err := run.kafka.Wait(ctx); err != nil {
			return err
		}
	}
	if err := run.each(ctx, refs); err != nil {
		return err
	}
	return run.end()
}

// dir is where the raw answers lie.
func (o *reparseOptions) dir(cfg *config.Config) string {
	switch {
	case o.rawDir != "":
		return o.rawDir
	case cfg.Collect.Raw.Dir != "":
		return cfg.Collect.Raw.Dir
	default:
		return filepath.Join(o.where.dir(), rawFolder)
	}
}

// entry is a source of the list, enabled or not.
func (a *app) entry(cfg *config.Config, name string) (collectors.Entry, error) {
	entries, err := newSystem(cfg, a.build, slog.New(slog.DiscardHandler)).sources()
	if err != nil {
		return collectors.Entry{}, err
	}
	var names []string
	for _, e := range entries {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	slices.Sort(names)
	return collectors.Entry{}, usagef("find source %q: there is none; want one of %s", name, strings.Join(names, ", "))
}

// moments reads a day or a moment, in UTC where nothing else is said.
func moments(text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	for _, format := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04Z07:00", time.RFC3339} {
		if t, err := time.Parse(format, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("is %q, want 2025-01-13 or 2025-01-13T10:00Z", text)
}

// rereading is one run of the command, and what it did.
type rereading struct {
	*app
	entry collectors.Entry
	o     reparseOptions
	log   *slog.Logger
	kafka *kafka.Client
	queue []kafka.Outgoing

	same, differ, missing, current, unreadable int
	version                                    uint32
}

// rereadBatch is how many looks are published at once.
const rereadBatch = 200

// each reads the tapes, the last seen first: so a number which a later look had
// wrongly covered comes to light again.
func (r *rereading) each(ctx context.Context, refs []tapes.Ref) error {
	for _, ref := range refs {
		tape, err := ref.Read()
		if err != nil {
			r.unreadable++
			fmt.Fprintln(r.stderr, "notice:", err)
			continue
		}
		again, err := r.entry.Reparse(ctx, tape, r.log)
		if err != nil {
			return err
		}
		if err := r.take(ctx, again); err != nil {
			return err
		}
	}
	return r.publish(ctx)
}

func (r *rereading) take(ctx context.Context, again collectors.Reread) error {
	if len(again.Missing) > 0 {
		r.missing++
		if r.o.dryRun {
			r.head(again)
			fmt.Fprintln(r.stdout, "  ? not on the tape:", strings.Join(again.Missing, ", "))
		}
		return nil
	}
	r.version = max(r.version, again.Is.GetParserVersion())
	difference := again.Difference()
	if r.o.dryRun && len(difference) > 0 {
		r.head(again)
		for _, line := range difference {
			fmt.Fprintln(r.stdout, "  "+line)
		}
	}
	if !again.Newer() && !r.o.force {
		r.current++
		return nil
	}
	if len(difference) > 0 {
		r.differ++
	} else {
		r.same++
	}
	if r.o.dryRun {
		return nil
	}
	r.queue = append(r.queue, kafka.Outgoing{Key: again.Is.GetTarget().Key(), Msg: again.Is})
	if len(r.queue) >= rereadBatch {
		return r.publish(ctx)
	}
	return nil
}

func (r *rereading) head(again collectors.Reread) {
	fmt.Fprintf(r.stdout, "%s %s (version %d → %d)\n", time.UnixMilli(again.Was.GetSlotMs()).UTC().Format("2006-01-02 15:04:05"),
		again.Was.GetTarget().Key(), again.Was.GetParserVersion(), again.Is.GetParserVersion())
}

func (r *rereading) publish(ctx context.Context) error {
	if len(r.queue) == 0 {
		return nil
	}
	err := r.kafka.PublishAll(ctx, event.TopicSnapshots, r.queue)
	r.queue = r.queue[:0]
	return err
}

func (r *rereading) end() error {
	verb := "published"
	if r.o.dryRun {
		verb = "would publish"
	}
	fmt.Fprintf(r.stdout, "%s %d looks of %s as version %d reads them: %d differ, %d are the same\n",
		verb, r.differ+r.same, r.entry.Name, r.version, r.differ, r.same)
	for _, line := range []struct {
		n    int
		text string
	}{
		{r.current, "were read by this version or a newer one; --force publishes the same version again"},
		{r.missing, "cannot be read again: the source asks something else now"},
		{r.unreadable, "could not be read from the disk"},
	} {
		if line.n > 0 {
			fmt.Fprintf(r.stdout, "passed over %d: they %s\n", line.n, line.text)
		}
	}
	if r.differ+r.same == 0 && r.current > 0 && r.missing+r.unreadable == 0 {
		fmt.Fprintln(r.stdout, "nothing is to be done: all of it is as this version reads it, or a newer one")
		return nil
	}
	if r.differ+r.same == 0 && !r.o.dryRun {
		return fmt.Errorf("reparse %s: nothing was published", r.entry.Name)
	}
	return nil
}
