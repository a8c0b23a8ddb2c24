package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/embedded/engine"
	"github.com/tidemark/tidemark/processors/sqlrule"
)

// sqlRules reads the rules over SQL; none where they are switched off.
func (s *system) sqlRules() ([]sqlrule.Rule, error) {
	if !s.cfg.Process.SQLRule.Enabled {
		return nil, nil
	}
	rules, err := sqlrule.Load(s.cfg.Process.SQLRule)
	return rules, s.cfg.Locate(err)
}

// sqlruleParts are the processor that evaluates them. It runs without rules
// too: what is about rules of yesterday has to end.
func (s *system) sqlruleParts(rules []sqlrule.Rule) stage {
	cfg := s.cfg.Process.SQLRule
	if !cfg.Enabled {
		return nil
	}
	loop := s.health.Loop("sqlrule", storeHangs+cfg.Timeout.D()*3)
	p := sqlrule.New(sqlrule.Deps{DB: s.ch, Publisher: s.kafka, Turn: loop.Turn, Log: s.log}, cfg, rules, s.reg)
	return stage{s.after("sqlrule", p.Run)}
}

// trySQLRules lets an engine of its own read every query. Nothing is started
// where there are none.
func (a *app) trySQLRules(ctx context.Context, cfg *config.Config) error {
	rules, err := sqlrule.Load(cfg.Process.SQLRule)
	if err != nil || len(rules) == 0 {
		return cfg.Locate(err)
	}
	library, err := engine.FindLibrary(cfg.Engine.Library)
	if err != nil {
		fmt.Fprintf(a.stderr, "notice: the queries of %d rules over SQL were not tried: %v\n", len(rules), err)
		return nil
	}
	dir, err := os.MkdirTemp("", "tidemark-check-")
	if err != nil {
		return fmt.Errorf("try rules over SQL: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what is left is small and temporary
	own := *cfg
	own.Engine.Library = library
	return a.withEngine(ctx, &own, dir, func(db *clickhouse.Client) error {
		var wrong []config.Problem
		for i := range rules {
			if err := sqlrule.Check(ctx, db, cfg.Process.SQLRule, &rules[i]); err != nil {
				wrong = append(wrong, config.Problem{Text: strings.Join(strings.Fields(err.Error()), " ")})
			}
		}
		if len(wrong) > 0 {
			return &config.Invalid{Problems: wrong}
		}
		return nil
	})
}

// withEngine runs an engine over a directory, with all tables, for as long as
// use takes.
func (a *app) withEngine(ctx context.Context, cfg *config.Config, dir string, use func(*clickhouse.Client) error) error {
	log, err := a.askLogger()
	if err != nil {
		return err
	}
	p, err := engine.Spawn(ctx, engine.Config{
		Library: cfg.Engine.Library, DataDir: dir, MaxMemory: int64(cfg.Engine.MaxMemory), MaxQueries: cfg.Engine.MaxQueries, Analyst: analystLimits(cfg),
	}, log)
	if err != nil {
		return err
	}
	defer func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), engineStop)
		defer cancel()
		if err := p.Stop(grace); err != nil {
			log.Warn("end engine", "err", err)
		}
	}()
	db, err := clickhouse.Open(embeddedClickHouse(cfg, "http://"+p.Addr()), log)
	if err != nil {
		return err
	}
	if err := db.Migrate(ctx); err != nil {
		return errors.Join(err, db.Close())
	}
	return errors.Join(use(db), db.Close())
}
