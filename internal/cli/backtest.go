package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/processors/backtest"
)

const backtestLong = `Backtest judges stored looks as they would have been judged live, by the rules of the
configuration or by others, and says what would have been told: when, how loud, how many
messages a week, and how long before or after each dated event (view events) the first
finding came. It reads ClickHouse, and writes nothing anywhere.

RULE is a rule's name (surge, rank, delisted, or one of process.detect.rules), or a YAML
file with a rule, or with several below 'rules:', as in process.detect.rules. Without it all
rules of the configuration count. --compare judges the same looks a second time, by a
preset or by the rules of a file, and shows both side by side.

The judge begins --warm-up before --from, without telling. Messages are those that a
receiver would have been sent: warnings and what is critical, grouped, or with --receiver
by the levels, quiet hours, digest and budget of a receiver of the configuration.
`

type backtestOptions struct {
	where
	from, to, preset, compare, topic, basis, warmUp, receiver string
	json                                                      bool
}

func (a *app) backtestCommand() *cobra.Command {
	var o backtestOptions
	cmd := &cobra.Command{
		Use:   "backtest [RULE]",
		Short: "Say what rules would have told of a past that is stored",
		Long:  backtestLong + whereHelp,
		Example: `  tidemark backtest --from 2025-01-08 --to 2025-02-20 --basis modelled
  tidemark backtest rank --from 2026-03-01 --to 2026-03-31 --preset high --compare low
  tidemark backtest my-rule.yaml --from 2026-03-01 --to 2026-03-31 --json`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, given []string) error {
			return a.backtest(cmd.Context(), strings.Join(given, ""), &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "first `day` (UTC) that is told, such as 2025-01-01")
	f.StringVar(&o.to, "to", "", "last `day`")
	f.StringVar(&o.preset, "preset", "", "`sensitivity` of the rules that name none: low, medium or high (default that of the configuration)")
	f.StringVar(&o.compare, "compare", "", "compare with this `preset`, or with the rules of this file")
	f.StringVar(&o.topic, "topic", "", "tell of this `topic` of the watchlist only")
	f.StringVar(&o.basis, "basis", "measured", "`basis` of the looks: measured, backfill, imported or modelled")
	f.StringVar(&o.warmUp, "warm-up", "28d", "how `long` before --from the judge begins to look")
	f.StringVar(&o.receiver, "receiver", "", "count the messages to this `receiver` of the configuration")
	f.BoolVar(&o.json, "json", false, "print the whole report as JSON")
	o.dsnFlag(cmd)
	o.dataDirFlag(cmd)
	return cmd
}

func (a *app) backtest(ctx context.Context, rule string, o *backtestOptions) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	q, err := o.query(rule, cfg)
	if err != nil {
		return err
	}
	log, err := a.askLogger()
	if err != nil {
		return err
	}
	watching := "" // of servers only the configuration says what is watched
	if !o.servers(cfg) {
		watching = o.dir()
	}
	with, err := watchedIn(cfg, watching)
	if err != nil {
		return err
	}
	if known := topicsOf(with); o.topic != "" && !slices.Contains(known, o.topic) {
		return usagef("read --topic %q: want one of %s", o.topic, strings.Join(known, ", "))
	}
	end, err := a.pointToClickHouse(ctx, &o.where, cfg)
	if err != nil {
		return err
	}
	defer end()
	db, err := clickhouse.Open(cfg.ClickHouse, log)
	if err != nil {
		return err
	}
	var show *progress
	q.Progress = func(done, total int) {
		if show == nil {
			show = a.newProgress("judging", total)
			show.noun = "looks"
		}
		show.set(done)
	}
	report, err := backtest.Run(ctx, db, &with.Watch, q)
	if show != nil {
		show.end(err == nil)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if !o.json {
		return printBacktest(a.stdout, report)
	}
	out := json.NewEncoder(a.stdout)
	out.SetIndent("", "  ")
	return out.Encode(report)
}

func (o *backtestOptions) servers(cfg *config.Config) bool {
	return o.dsn != "" || o.dataDir == "" && namesServers(func(c *config.Config) string { return c.ClickHouse.DSN.Reveal() }, cfg)
}

func topicsOf(cfg *config.Config) []string {
	var out []string
	for i := range cfg.Watch.Topics {
		out = append(out, cfg.Watch.Topics[i].ID)
	}
	return out
}

// query reads flags and rules.
func (o *backtestOptions) query(rule string, cfg *config.Config) (*backtest.Query, error) {
	q := &backtest.Query{Basis: o.basis, Topic: o.topic}
	for _, f := range []struct {
		flag, text string
		to         *time.Time
	}{{"--from", o.from, &q.From}, {"--to", o.to, &q.To}} {
		day, err := time.Parse(time.DateOnly, f.text)
		if err != nil {
			return nil, usagef("read %s %q: want a day, such as 2025-01-01", f.flag, f.text)
		}
		*f.to = day
	}
	if q.To = q.To.AddDate(0, 0, 1); !q.From.Before(q.To) {
		return nil, usagef("read flags: --from %s is after --to %s", o.from, o.to)
	}
	if bases := []string{"measured", "backfill", "imported", "modelled"}; !slices.Contains(bases, o.basis) {
		return nil, usagef("read --basis %q: want one of %s", o.basis, strings.Join(bases, ", "))
	}
	warm, err := config.ParseDuration(o.warmUp)
	if err != nil || warm < 0 {
		return nil, usagef("read --warm-up %q: want a time such as 28d", o.warmUp)
	}
	q.WarmUp = warm.D()
	if o.preset != "" && !slices.Contains(presets(), o.preset) {
		return nil, usagef("read --preset %q: want one of %s", o.preset, strings.Join(presets(), ", "))
	}
	if err := o.told(q, cfg); err != nil {
		return nil, err
	}
	if q.A, err = o.rules(rule, o.preset, cfg); err != nil {
		return nil, err
	}
	if o.compare == "" {
		return q, nil
	}
	var b backtest.Rules
	if slices.Contains(presets(), o.compare) {
		b, err = o.rules(rule, o.compare, cfg)
	} else {
		b, err = o.rules(o.compare, o.preset, cfg)
	}
	q.B = &b
	return q, err
}

// told is who would be told.
func (o *backtestOptions) told(q *backtest.Query, cfg *config.Config) error {
	q.Receiver, q.GroupWait = backtest.DefaultReceiver(), cfg.Notify.GroupWait.D()
	if o.receiver == "" {
		return nil
	}
	var names []string
	for _, r := range cfg.Notify.Receivers {
		if r.Name == o.receiver {
			q.Receiver = r
			return nil
		}
		names = append(names, r.Name)
	}
	if len(names) == 0 {
		return usagef("find receiver %q: the configuration has none (notify.receivers)", o.receiver)
	}
	return usagef("find receiver %q: want one of %s", o.receiver, strings.Join(names, ", "))
}

func presets() []string { return []string{"low", "medium", "high"} }

// rules are what a name, a file or nothing means, by a preset.
func (o *backtestOptions) rules(rule, preset string, cfg *config.Config) (backtest.Rules, error) {
	own := *cfg
	d := &own.Process.Detect
	if preset != "" {
		d.Sensitivity = preset
	}
	out := backtest.Rules{Name: "all rules"}
	known := []string{config.RuleSurge, config.RuleRank, config.RuleDelisted}
	for i := range d.Rules {
		known = append(known, d.Rules[i].Name)
	}
	switch {
	case rule == "":
	case slices.Contains(known, rule):
		out.Name, out.Only = rule, []string{rule}
	default:
		added, err := readRules(rule)
		if err != nil {
			return out, err
		}
		if added == nil {
			return out, usagef("find rule %q: want one of %s, or a YAML file with rules", rule, strings.Join(known, ", "))
		}
		names := make([]string, len(added))
		for i := range added {
			names[i] = added[i].Name
		}
		others := slices.DeleteFunc(slices.Clone(d.Rules), func(r config.DetectRule) bool { return slices.Contains(names, r.Name) })
		d.Rules = slices.Concat(added, others)
		if err := own.Validate(); err != nil {
			return out, fmt.Errorf("read %s: %w", rule, err)
		}
		out.Name, out.Only = rule, names
	}
	out.Name += ", " + d.Sensitivity
	out.Detect = *d
	return out, nil
}

// readRules reads a file with one rule, or with several; nil: there is no file.
func readRules(path string) ([]config.DetectRule, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	var file struct {
		config.DetectRule `yaml:",inline"`
		Rules             []config.DetectRule `yaml:"rules"`
	}
	if _, err := config.Decode(path, text, &file); err != nil {
		return nil, err
	}
	if len(file.Rules) == 0 {
		file.Rules = []config.DetectRule{file.DetectRule}
	}
	return file.Rules, nil
}
