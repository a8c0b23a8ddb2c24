// Package judge decides what is told: the looks of one target go in, states of
// episodes come out. It reads no clock and does no I/O, so that the same looks
// give the same episodes whenever and wherever they are judged.
// docs/alert-rules.md is for the people who are told.
package judge

import (
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
)

// Judge is the judge of all targets' rules: immutable after New, and safe for
// use by several goroutines at once.
type Judge struct {
	belongs     *config.Belongings
	rules       []*rule
	maxSubjects int
	maxFull     int
	thresholds  bool // there are rules for numbers that are not judged otherwise
}

// New makes a judge of the rules of cfg. An error names the rule.
func New(cfg config.Detect, belongs *config.Belongings) (*Judge, error) {
	j := &Judge{belongs: belongs, maxSubjects: cfg.MaxSubjects, maxFull: cfg.MaxFull}
	own := map[string]bool{}
	for i := range cfg.Rules {
		r, err := compile(&cfg.Rules[i], cfg.Sensitivity)
		if err != nil {
			return nil, fmt.Errorf("read rule %s: %w", cfg.Rules[i].Name, err)
		}
		own[r.name] = true
		j.thresholds = j.thresholds || (r.kind == config.RuleThreshold && r.on)
		j.rules = append(j.rules, r)
	}
	for _, kind := range []string{config.RuleSurge, config.RuleRank, config.RuleDelisted} {
		if own[kind] { // the person's own rule of that name stands in its place
			continue
		}
		r, err := compile(&config.DetectRule{Name: kind, Kind: kind}, cfg.Sensitivity)
		if err != nil {
			return nil, fmt.Errorf("read sensitivity: %w", err)
		}
		j.rules = append(j.rules, r)
	}
	return j, nil
}

// subject is what is known of a series beside its numbers.
type subject struct {
	belongs    config.Belonging
	id         string  // as in readings
	name       string  // for a person
	watched    bool    // the watchlist names it, or a rule treats it so
	kept       bool    // it is on the watchlist itself: never forgotten, always in full
	rule       *rule   // of its kind; nil: nothing is told
	thresholds []*rule // all that match
}

// about finds the rules of a series.
func (j *Judge) about(t *Target, name, metric, kind string) subject {
	s := subject{id: name, name: name, belongs: j.belongs.Of(t.target, name)}
	s.kept = s.belongs != (config.Belonging{})
	if !s.kept && t.target.GetKind() == event.KindList {
		s.belongs = j.belongs.Named(name)
	}
	s.watched = s.belongs != (config.Belonging{})
	if s.belongs.EntityName != "" && t.target.GetKind() != event.KindList {
		s.name = s.belongs.EntityName
	}
	m := match{source: t.source, target: t.key, subject: name, metric: metric, topic: s.belongs.Topic}
	for _, r := range j.rules {
		if !r.matches(m) {
			continue
		}
		switch {
		case r.kind == config.RuleThreshold && r.on:
			s.thresholds = append(s.thresholds, r)
		case r.kind == kind && s.rule == nil:
			s.rule = r
		}
	}
	if s.rule != nil {
		s.watched = s.watched || s.rule.watched
		if !s.rule.on {
			s.rule = nil
		}
	}
	return s
}

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
