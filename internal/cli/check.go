package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) checkCommand() *cobra.Command {
	var quiet bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the configuration and print what is in force, secrets masked",
		Long: `Check reads the configuration as every other command does (built-in default, then
the file, then TIDEMARK_* variables), names each mistake with its line, and prints
what is in force as YAML with secrets masked. Remarks go to stderr.

Exit code 2 means that the configuration cannot be used.`,
		Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			for _, notice := range cfg.Notices() {
				fmt.Fprintln(a.stderr, "notice:", notice)
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
