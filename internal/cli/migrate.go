package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

func (a *app) migrateCommand() *cobra.Command {
	var w where
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Create or update database, tables, views and watchlist",
		Long: `Migrate applies what is missing of the migrations, one idempotent statement after
the other, and writes the watchlist of the configuration into the database. It
waits for a ClickHouse that is not there yet. Process and up do it when they start.
` + whereHelp,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := a.setUp()
			if err != nil {
				return err
			}
			if err := w.clickhouse(cfg); err != nil {
				return err
			}
			ch, err := clickhouse.Open(cfg.ClickHouse, log)
			if err != nil {
				return err
			}
			if err := migrate(cmd.Context(), ch, cfg, log); err != nil {
				return errors.Join(err, ch.Close())
			}
			fmt.Fprintf(a.stdout, "migrated %s\n", ch.Addr())
			return ch.Close()
		},
	}
	w.dsnFlag(cmd)
	w.dataDirFlag(cmd)
	return cmd
}
