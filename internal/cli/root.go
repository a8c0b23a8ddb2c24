package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

const rootLong = `Tidemark watches a crowd move from one app to another: it polls app-store charts
and public hashtag counts, keeps every look it takes, and leaves all of it open
to SQL.

  tidemark up                  run everything here, with the January 2025 case
  tidemark sql "SELECT 1"      ask what runs here
  tidemark status              what runs here, and how it fares

Exit codes: 0 ok, 1 failed, 2 wrong usage or configuration.`

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "tidemark",
		Short:         "Watch a crowd move from one app to another",
		Long:          rootLong,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          a.unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		// Every command refuses wrong flags, also one that needs no log.
		PersistentPreRunE: func(*cobra.Command, []string) error {
			_, err := a.askLogger()
			return err
		},
	}
	f := root.PersistentFlags()
	f.StringVar(&a.configPath, "config", "", "configuration `file`; the built-in default fills what it leaves out (TIDEMARK_CONFIG)")
	f.StringVar(&a.logLevel, "log-level", "", "debug, info, warn or error; overrides log_level of the configuration")
	f.StringVar(&a.logFormat, "log-format", "auto", "auto, text or json; auto is text on a terminal")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("read flags of %s: %v; see %s --help", cmd.CommandPath(), err, cmd.CommandPath())
	})
	root.AddGroup(
		&cobra.Group{ID: "run", Title: "Run:"},
		&cobra.Group{ID: "ask", Title: "Ask:"},
		&cobra.Group{ID: "look", Title: "Look after it:"},
	)
	root.SetHelpCommandGroupID("look")
	root.SetCompletionCommandGroupID("look")
	add(root, "run", a.upCommand(), a.collectCommand(), a.processCommand(), a.engineCommand(), a.replayCommand(), a.reparseCommand())
	add(root, "ask", a.sqlCommand(), a.mcpCommand(), a.statusCommand(), a.discoverCommand(), a.topicCommand(), a.evaluateCommand(), a.alertsCommand())
	add(root, "look", a.watchCommand(), a.migrateCommand(), a.checkCommand(), a.versionCommand(), a.docsCommand())
	add(root, "run", a.backfillCommand(), a.importCommand())
	add(root, "ask", a.backtestCommand(), a.exportCommand())
	add(root, "look", a.backupCommand(), a.restoreCommand())
	return root
}

func add(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = group
		root.AddCommand(c)
	}
}

func (a *app) unknownCommand(cmd *cobra.Command, given []string) error {
	if len(given) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	hint := ""
	if s := cmd.SuggestionsFor(given[0]); len(s) > 0 {
		hint = "did you mean " + strings.Join(s, " or ") + "? "
	}
	return usagef("find command %q: there is none; %ssee %s --help", given[0], hint, cmd.CommandPath())
}

// group is a command that only holds others.
func (a *app) group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = a.unknownCommand
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var names []string
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				names = append(names, c.Name())
			}
		}
		return usagef("read arguments of %s: one of %s is missing; see %s --help",
			cmd.CommandPath(), strings.Join(names, ", "), cmd.CommandPath())
	}
	return cmd
}
