package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
)

// candidate is a row of v_candidates.
type candidate struct {
	Kind      string    `ch:"kind" json:"kind"`
	Subject   string    `ch:"subject" json:"subject"`
	Place     string    `ch:"place" json:"place"`
	Country   string    `ch:"country" json:"country"`
	Basis     string    `ch:"basis" json:"basis"`
	Score     float64   `ch:"score" json:"score"`
	Evidence  string    `ch:"evidence" json:"evidence"`
	FirstSeen time.Time `ch:"first_seen" json:"first_seen"`
	LastSeen  time.Time `ch:"last_seen" json:"last_seen"`
}

type discoverOptions struct {
	where
	kind   string
	limit  int
	all    bool
	asJSON bool
}

func (a *app) discoverCommand() *cobra.Command {
	var o discoverOptions
	cmd := &cobra.Command{
		Use:   "discover",
		Short: "List what is rising and not watched yet, with the evidence",
		Long: `Discover lists tags, topics and apps that are not on the watchlist: tags whose mentions
have at least doubled against the day before, what is new on a platform's list of
trends, and apps that came into a chart within the last three days. 'tidemark watch add'
takes one on. The same is in SQL: v_candidates, v_rising, v_trending, v_newcomers.
` + whereHelp,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if kinds := []string{"", "app", "tag", "topic"}; !slices.Contains(kinds, o.kind) {
				return usagef("read --kind %q: want app, tag or topic", o.kind)
			}
			if o.limit < 1 {
				return usagef("read --limit %d: want 1 or more", o.limit)
			}
			return a.discover(cmd.Context(), o)
		},
	}
	o.dataDirFlag(cmd)
	o.dsnFlag(cmd)
	f := cmd.Flags()
	f.StringVar(&o.kind, "kind", "", "only `apps, tags or topics`: app, tag or topic")
	f.IntVar(&o.limit, "limit", 20, "at most so many of a kind")
	f.BoolVar(&o.all, "recorded", false, "also what recordings, imports and back-fills show")
	f.BoolVar(&o.asJSON, "json", false, "as JSON, one object a line")
	return cmd
}

func (a *app) discover(ctx context.Context, o discoverOptions) error {
	var found []candidate
	err := a.withClickHouse(ctx, &o.where, func(ch *clickhouse.Client, _ *config.Config) (err error) {
		found, err = clickhouse.Select[candidate](ctx, ch, `
SELECT kind, subject, place, country, basis, score, evidence, first_seen, last_seen
FROM v_candidates
WHERE (kind = ? OR ? = '') AND (basis = 'measured' OR ? = 1)
ORDER BY kind, score DESC, subject, place, country, basis
LIMIT ? BY kind`, o.kind, o.kind, flag01(o.all), o.limit)
		if err != nil {
			return fmt.Errorf("read candidates: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if o.asJSON {
		return a.candidatesAsJSON(found)
	}
	return a.printCandidates(found)
}

func flag01(set bool) int {
	if set {
		return 1
	}
	return 0
}

func (a *app) candidatesAsJSON(found []candidate) error {
	enc := json.NewEncoder(a.stdout)
	for _, c := range found {
		if err := enc.Encode(c); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printCandidates(found []candidate) error {
	if len(found) == 0 {
		fmt.Fprintln(a.stdout, "Nothing is rising that is not watched already. Lists and charts tell something once they\nhave been looked at for some hours, charts for a day.")
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KIND\tWHAT\tWHERE\tEVIDENCE\tTAKE IT ON")
	for _, c := range found {
		where := c.Place
		if c.Country != "" {
			where += "/" + c.Country
		}
		if c.Basis != "measured" {
			where += " (" + c.Basis + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", c.Kind, c.Subject, where, c.Evidence, c.takeOn())
	}
	return w.Flush()
}

// takeOn is the command that takes the candidate on, for a shell.
func (c candidate) takeOn() string {
	switch c.Kind {
	case "app":
		return "tidemark watch add app ID --name NAME --" + c.Place + " " + c.Subject
	case "tag":
		return "tidemark watch add tag " + shellWord(c.Subject)
	default:
		return "tidemark watch add keyword " + shellWord(c.Subject)
	}
}

// shellWord quotes what a shell would take for more than a word.
func shellWord(word string) string {
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || strings.ContainsRune("\"'`$&|;<>()*?[]{}~#!\\", r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
