package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/obs"
	"github.com/tidemark/tidemark/processors/notify"
)

const alertsLong = `Alerts shows what people were told, the latest first, and which episodes are open.
Without receivers in the configuration it shows what would have been sent.

See docs/alerts.md for receivers, quiet hours, digests and budgets.
`

// mutePoll is how soon a processor that runs knows of a mute.
const mutePoll = "10s"

type alertsOptions struct {
	where
	limit  int
	format string
}

func (a *app) alertsCommand() *cobra.Command {
	var o alertsOptions
	cmd := &cobra.Command{
		Use:   "alerts",
		Short: "Show what people were told; try a receiver; mute",
		Long:  alertsLong + whereHelp,
		Example: `  tidemark alerts
  tidemark alerts test phone --config mine.yaml
  tidemark alerts mute rednote --for 24h`,
		Args: a.unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.alerts(cmd.Context(), &o) },
	}
	cmd.Flags().IntVar(&o.limit, "limit", 20, "how `many` messages and open episodes are shown")
	cmd.Flags().StringVar(&o.format, "format", "", "`name` of the format (default PrettyCompact on a terminal, TSVWithNames otherwise)")
	o.dsnFlag(cmd)
	o.dataDirFlag(cmd)
	cmd.AddCommand(a.alertsTestCommand(), a.muteCommand(), a.unmuteCommand(), a.mutesCommand())
	return cmd
}

func (a *app) alerts(ctx context.Context, o *alertsOptions) error {
	if o.limit < 1 {
		return usagef("read --limit %d: want at least 1", o.limit)
	}
	format := o.format
	if format == "" && !obs.IsTerminal(a.stdout) {
		format = "TSVWithNames" // two tables: their heads tell them apart
	}
	return a.withClickHouse(ctx, &o.where, func(ch *clickhouse.Client, cfg *config.Config) error {
		return a.askAll(ctx, ch, cfg, format, fmt.Sprintf(`
SELECT toString(at) AS at, receiver, kind, level, outcome, about, error FROM v_deliveries ORDER BY v_deliveries.at DESC, id LIMIT %d;
SELECT toString(onset) AS open_since, kind, rule, if(entity = '', subject, entity) AS of, target, round(severity, 2) AS severity, topic
FROM v_episodes WHERE state != 'closed' ORDER BY v_episodes.severity DESC, onset DESC, id LIMIT %d`, o.limit, o.limit), false)
	})
}

func (a *app) alertsTestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test RECEIVER",
		Short: "Send a sample to a receiver of the configuration, now",
		Long: `Test sends one made-up message over the receiver's real channel, whatever its quiet
hours and its budget, and says whether the receiver took it. Nothing has to run.`,
		Example: `  tidemark alerts test phone --config mine.yaml`,
		Args:    args(cobra.ExactArgs(1)),
		RunE:    func(cmd *cobra.Command, given []string) error { return a.testReceiver(cmd.Context(), given[0]) },
	}
}

func (a *app) testReceiver(ctx context.Context, name string) error {
	cfg, log, err := a.asking()
	if err != nil {
		return err
	}
	receivers := notify.Receivers(cfg.Notify)
	i := slices.IndexFunc(receivers, func(r config.Receiver) bool { return r.Name == name })
	if i < 0 {
		var names []string
		for _, r := range receivers {
			names = append(names, r.Name)
		}
		return usagef("find receiver %q: notify.receivers has %s", name, strings.Join(names, ", "))
	}
	sender, err := newSystem(cfg, a.build, log).sender(&receivers[i])
	if err != nil {
		return cfg.Locate(err)
	}
	m, err := notify.Test(ctx, sender, &receivers[i])
	if err != nil {
		return fmt.Errorf("send sample to %s: %w", name, err)
	}
	_, err = fmt.Fprintf(a.stdout, "%s took the sample %s\n", name, m.ID)
	return err
}

type muteOptions struct {
	where
	kind, until string
	span        string
}

func (o *muteOptions) kindFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.kind, "kind", "", "what the name is: "+strings.Join(notify.MuteKinds(), ", ")+"; default: whichever has it")
}

func (a *app) muteCommand() *cobra.Command {
	var o muteOptions
	cmd := &cobra.Command{
		Use:   "mute NAME",
		Short: "Tell nobody about an entity, tag, rule, topic or source for a while",
		Long: `Mute keeps everybody from being told that something about NAME begins or gets worse.
It is recorded and shown as ever, and digests list it. The end of what was told is
told still. What runs takes it on within ` + mutePoll + `.
` + whereHelp,
		Example: `  tidemark alerts mute rednote --for 24h
  tidemark alerts mute rank --kind rule --until 2026-12-01T08:00:00Z`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			now := time.Now()
			until, err := o.end(now)
			if err != nil {
				return err
			}
			return a.mute(cmd.Context(), &o, notify.Mute{Kind: o.kind, Name: muteName(given[0]), Since: now, Until: until},
				"%s is muted until "+until.UTC().Format(time.RFC3339)+"\n")
		},
	}
	cmd.Flags().StringVar(&o.span, "for", "", "how `long`: 90m, 24h, 7d")
	cmd.Flags().StringVar(&o.until, "until", "", "until `when`: 2026-12-01T08:00:00Z")
	o.kindFlag(cmd)
	o.dsnFlag(cmd)
	o.dataDirFlag(cmd)
	return cmd
}

// end is when a mute ends.
func (o *muteOptions) end(now time.Time) (time.Time, error) {
	switch {
	case (o.span == "") == (o.until == ""):
		return now, usagef("read flags: want either --for or --until")
	case o.span != "":
		d, err := config.ParseDuration(o.span)
		if err != nil || d <= 0 {
			return now, usagef("read --for %q: want a duration such as 24h or 7d", o.span)
		}
		return now.Add(d.D()), nil
	}
	until, err := time.Parse(time.RFC3339, o.until)
	if err != nil {
		return now, usagef("read --until %q: want a time such as 2026-12-01T08:00:00Z", o.until)
	}
	if !until.After(now) {
		return now, usagef("read --until %q: it is over", o.until)
	}
	return until, nil
}

func (a *app) unmuteCommand() *cobra.Command {
	var o muteOptions
	cmd := &cobra.Command{
		Use: "unmute NAME", Short: "End a mute", Long: "Unmute ends a mute before its time.\n" + whereHelp,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			return a.unmute(cmd.Context(), &o, muteName(given[0]))
		},
	}
	o.kindFlag(cmd)
	o.dsnFlag(cmd)
	o.dataDirFlag(cmd)
	return cmd
}

// muteName is a name as mutes bear it: lower case, without the # of a tag.
func muteName(given string) string { return strings.ToLower(strings.TrimPrefix(given, "#")) }

func (a *app) mute(ctx context.Context, o *muteOptions, m notify.Mute, said string) error {
	if m.Kind != "" && !slices.Contains(notify.MuteKinds(), m.Kind) {
		return usagef("read --kind %q: want one of %s", m.Kind, strings.Join(notify.MuteKinds(), ", "))
	}
	return a.withClickHouse(ctx, &o.where, func(ch *clickhouse.Client, cfg *config.Config) error {
		if err := notify.WriteMute(ctx, ch, m); err != nil {
			return fmt.Errorf("write mute: %w", err)
		}
		if _, err := fmt.Fprintf(a.stdout, said, m.Name); err != nil {
			return err
		}
		known, err := notify.MuteHits(ctx, ch, m.Name)
		if err != nil || known || isConfigured(cfg, m.Name) {
			return err
		}
		_, err = fmt.Fprintf(a.stderr, "notice: no episode so far, nothing watched and no rule is called %q; names are ids, such as rednote (tidemark alerts, tidemark check)\n", m.Name)
		return err
	})
}

// isConfigured says whether the configuration has an entity, tag, topic or rule
// of that name.
func isConfigured(cfg *config.Config, name string) bool {
	names := []string{"surge", "rank", "delisted"} // the rules that are built in
	for _, e := range cfg.Watch.Entities {
		names = append(names, e.ID)
	}
	for _, t := range cfg.Watch.Topics {
		names = append(append(names, t.ID), t.Tags...)
	}
	for _, r := range cfg.Process.Detect.Rules {
		names = append(names, r.Name)
	}
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

func (a *app) unmute(ctx context.Context, o *muteOptions, name string) error {
	return a.withClickHouse(ctx, &o.where, func(ch *clickhouse.Client, _ *config.Config) error {
		mutes, err := notify.ReadMutes(ctx, ch)
		if err != nil {
			return err
		}
		found := false
		for _, m := range mutes {
			if m.Name != name || o.kind != "" && m.Kind != o.kind {
				continue
			}
			found = true
			m.Since = time.Now()
			m.Until = m.Since
			if err := notify.WriteMute(ctx, ch, m); err != nil {
				return fmt.Errorf("write mute: %w", err)
			}
		}
		if !found {
			return usagef("find mute %q: there is none; see tidemark alerts mutes", name)
		}
		_, err = fmt.Fprintf(a.stdout, "%s is muted no more\n", name)
		return err
	})
}

func (a *app) mutesCommand() *cobra.Command {
	var o muteOptions
	cmd := &cobra.Command{
		Use: "mutes", Short: "List what is muted", Long: "Mutes lists what is muted, and until when.\n" + whereHelp,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			return a.withClickHouse(ctx, &o.where, func(ch *clickhouse.Client, _ *config.Config) error {
				mutes, err := notify.ReadMutes(ctx, ch)
				if err != nil {
					return err
				}
				for _, m := range mutes {
					if m.Kind == "" {
						m.Kind = "any"
					}
					fmt.Fprintf(a.stdout, "%s\t%s\tuntil %s\n", m.Kind, m.Name, m.Until.UTC().Format(time.RFC3339))
				}
				return nil
			})
		},
	}
	o.dsnFlag(cmd)
	o.dataDirFlag(cmd)
	return cmd
}
