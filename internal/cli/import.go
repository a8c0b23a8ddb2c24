package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/collectors/importer"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

// importOptions are what a person says about an import.
type importOptions struct {
	mapping   string
	by        string
	sourceURL string
	note      string
	dryRun    bool
	list      bool
	show      bool
}

func (a *app) importCommand() *cobra.Command {
	var w where
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import FILE|-",
		Short: "Import a file that somebody else has recorded",
		Long: `Import brings a file into Kafka as looks with the basis 'imported': CSV (separated by
comma, semicolon or tab), NDJSON or Parquet, the first two also .gz and .zst; - is
stdin. A mapping says what the columns mean: one of the built-in ones ('tidemark
import --list'), or a file of your own. The file is read through first: the first
line that is wrong is named, and then nothing of the file is published. A file that
ClickHouse has as imported whole is not published again.
` + whereHelp,
		Example: `  tidemark import views.csv --dry-run
  tidemark import views.csv --mapping rednote-topics --by ann --source-url https://example.org/post
  tidemark import --list`,
		Args: func(cmd *cobra.Command, given []string) error {
			if o.list || o.show {
				return args(cobra.NoArgs)(cmd, given)
			}
			return args(cobra.ExactArgs(1))(cmd, given)
		},
		RunE: func(cmd *cobra.Command, given []string) error {
			library, err := a.mappings()
			if err != nil {
				return err
			}
			switch {
			case o.list:
				return a.listMappings(library)
			case o.show:
				return a.showMapping(library, o.mapping)
			}
			return a.importFile(cmd.Context(), &w, library, given[0], &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.mapping, "mapping", "", "`mapping` of the columns: the name of a built-in one, or a YAML file")
	f.StringVar(&o.by, "by", "", "`who` brings it, for the record (default $USER)")
	f.StringVar(&o.sourceURL, "source-url", "", "`URL` where the data was published, for the record")
	f.StringVar(&o.note, "note", "", "`text` for the record: what somebody should know who reads these numbers")
	f.BoolVar(&o.dryRun, "dry-run", false, "show what would come of the file, and publish nothing; guesses the mapping by the columns")
	f.BoolVar(&o.list, "list", false, "list the mappings that have a name")
	f.BoolVar(&o.show, "show", false, "print the mapping of --mapping, to begin one of your own with")
	w.dataDirFlag(cmd)
	w.brokersFlag(cmd)
	return cmd
}

// mappings are the built-in ones and those of the configuration.
func (a *app) mappings() (*importer.Library, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	return loadMappings(cfg)
}

func loadMappings(cfg *config.Config) (*importer.Library, error) {
	library, err := importer.NewLibrary(cfg.Collect.Import.Mappings)
	return library, mappingError(err)
}

// mappingError makes a wrong mapping wrong usage.
func mappingError(err error) error {
	if err == nil {
		return nil
	}
	if invalid, is := errors.AsType[*config.Invalid](err); is {
		return usagef("read mapping: %v", invalid)
	}
	if errors.Is(err, importer.ErrNoMapping) {
		return usagef("%v", err)
	}
	return err
}

func (a *app) listMappings(library *importer.Library) error {
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "MAPPING\tWHAT IT READS")
	for _, m := range library.All() {
		fmt.Fprintf(t, "%s\t%s\n", m.Name, m.About)
	}
	return t.Flush()
}

func (a *app) showMapping(library *importer.Library, name string) error {
	if name == "" {
		return usagef("read flags of tidemark import: --show needs --mapping")
	}
	m, err := library.Find(name)
	if err != nil {
		return mappingError(err)
	}
	_, err = fmt.Fprint(a.stdout, m.YAML())
	return err
}

func (a *app) importFile(ctx context.Context, w *where, library *importer.Library, path string, o *importOptions) error {
	if o.by == "" {
		o.by = a.environment("USER")
	}
	if o.by == "" && !o.dryRun {
		return usagef("read flags of tidemark import: who brings the file? give --by NAME")
	}
	in, err := a.openInput(ctx, path)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read
	m, err := a.chooseMapping(ctx, library, in, o)
	if err != nil {
		return err
	}
	p := importer.Provenance{By: o.by, SourceURL: o.sourceURL, Note: o.note, Via: "file", At: time.Now()}
	if o.dryRun {
		return a.dryRun(ctx, in, m, p)
	}
	c, err := a.kafkaOf(w)
	if err != nil {
		return err
	}
	defer c.Close()
	plan, err := importer.Prepare(ctx, in, m, p, nil)
	if err != nil {
		return err
	}
	if at := a.importedAlready(ctx, w, plan.Import.GetId()); !at.IsZero() {
		_, err := fmt.Fprintf(a.stdout, "%s was imported already, at %s, as %s: nothing to do\n", in.Name(), at.UTC().Format(time.RFC3339), plan.Import.GetId())
		return err
	}
	if err := c.Wait(ctx); err != nil {
		return err
	}
	if err := c.EnsureTopics(ctx, event.Topics()); err != nil {
		return err
	}
	show := a.newProgress(in.Name(), plan.Messages())
	err = plan.Publish(ctx, batches{c}, func(done, _ int) { show.set(done) })
	if err == nil {
		err = tellPast(c)(ctx, plan.Counts.Last.Add(time.Millisecond))
	}
	show.end(err == nil)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "imported %s as %s: %s\n", in.Name(), plan.Import.GetId(), plan.Summary())
	return err
}

// openInput keeps what comes by a pipe.
func (a *app) openInput(ctx context.Context, path string) (*importer.Input, error) {
	if path == "-" {
		return importer.Spool(ctx, a.stdin, "stdin", 0)
	}
	return importer.OpenInput(ctx, path)
}

// chooseMapping guesses only where nothing is published by it.
func (a *app) chooseMapping(ctx context.Context, library *importer.Library, in *importer.Input, o *importOptions) (*importer.Mapping, error) {
	if o.mapping != "" {
		m, err := library.Find(o.mapping)
		return m, mappingError(err)
	}
	columns, err := in.Columns(ctx)
	if err != nil {
		return nil, err
	}
	m, err := library.Guess(columns)
	switch {
	case err != nil && o.dryRun:
		return nil, err
	case err != nil:
		return nil, usagef("read flags of tidemark import: --mapping is missing, and none of the known ones fits: write one (docs/importing.md)")
	case !o.dryRun:
		return nil, usagef("read flags of tidemark import: --mapping is missing; by its columns the file is a %s: see what would come of it with --dry-run, then give --mapping %s", m.Name, m.Name)
	}
	fmt.Fprintf(a.stderr, "mapping: %s, guessed by the columns\n", m.Name)
	return m, nil
}

// shownReadings are enough to see whether a mapping is right.
const shownReadings = 12

// dryRun shows the first readings and what there is of them.
func (a *app) dryRun(ctx context.Context, in *importer.Input, m *importer.Mapping, p importer.Provenance) error {
	if p.By == "" {
		p.By = "nobody"
	}
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "AT\tSOURCE\tTARGET\tDEPTH\tSUBJECT\tMETRIC\tVALUE")
	shown := 0
	metrics := map[string]int{}
	plan, err := importer.Prepare(ctx, in, m, p, func(s *event.Snapshot) {
		for _, r := range s.GetReadings() {
			metrics[r.GetMetric()]++
			if shown++; shown <= shownReadings {
				fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\t%.15g\n", time.UnixMilli(r.GetAtMs()).UTC().Format(time.RFC3339),
					s.GetSource(), s.GetTarget().Key(), s.GetDepth(), r.GetSubject(), r.GetMetric(), r.GetValue())
			}
		}
	})
	if err != nil {
		return err
	}
	if more := shown - shownReadings; more > 0 {
		fmt.Fprintf(t, "and %d more\n", more)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, name := range sortedKeys(metrics) {
		fmt.Fprintf(a.stdout, "%s: %d\n", name, metrics[name])
	}
	_, err = fmt.Fprintf(a.stdout, "would import %s as %s with the mapping %s: %s\n", in.Name(), plan.Import.GetId(), m.Name, plan.Summary())
	return err
}
