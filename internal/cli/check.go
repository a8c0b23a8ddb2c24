package cli

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/config"
)

// printTerms repeats the terms of every scraper that somebody has switched on,
// and of every source whose key binds whoever it was given to.
func (a *app) printTerms(cfg *config.Config) error {
	s := newSystem(cfg, a.build, slog.New(slog.DiscardHandler))
	entries, err := s.sources()
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch {
		case !e.Enabled:
		case e.About.Scrapes:
			fmt.Fprintf(a.stderr, "notice: %s is on and reads what was made for browsers. %s\n", e.Name, e.About.Terms)
		case e.About.Key != "":
			fmt.Fprintf(a.stderr, "notice: %s is on and asks with your key. %s\n", e.Name, e.About.Terms)
		}
	}
	return nil
}

// tryReceivers reads the addresses of all receivers, and sends nothing.
func (a *app) tryReceivers(cfg *config.Config) error {
	_, err := newSystem(cfg, a.build, slog.New(slog.DiscardHandler)).senders()
	return err
}

func (a *app) checkCommand() *cobra.Command {
	var quiet bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the configuration and print what is in force, secrets masked",
		Long: `Check reads the configuration as every other command does (built-in default, then
the file, then TIDEMARK_* variables), names each mistake with its line, and prints
what is in force as YAML with secrets masked. Rules over SQL (process.sqlrule) are
tried: each query is read by an engine of its own with the tables as they are made,
and without data. The addresses of the receivers of alerts are read, and nothing is
sent to them. Remarks, and the terms of every
source with a key or of pages for browsers that is switched on, go to stderr.

Exit code 2 means that the configuration cannot be used.`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			for _, notice := range cfg.Notices() {
				fmt.Fprintln(a.stderr, "notice:", notice)
			}
			with, err := watchedIn(cfg, "")
			if err != nil {
				return err
			}
			if err := a.printTerms(with); err != nil {
				return err
			}
			if err := a.tryReceivers(cfg); err != nil {
				return err
			}
			if err := a.trySQLRules(cmd.Context(), cfg); err != nil {
				return err
			}
			if quiet {
				return nil
			}
			text, err := cfg.YAML()
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(text)
			return err
		},
	}
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "print nothing but remarks and mistakes")
	return cmd
}
