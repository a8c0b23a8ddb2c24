package detect

import (
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/processors/detect/judge"
)

// Rules is the judge by the rules of a configuration and its watchlist, which
// must not be changed afterwards.
func Rules(cfg config.Detect, watch config.Watch) (Judge, error) {
	j, err := judge.New(cfg, config.NewBelongings(&watch))
	if err != nil {
		return nil, err
	}
	return byRules{j}, nil
}

// byRules gives package judge the types of this one.
type byRules struct{ judge *judge.Judge }

// NewTarget implements Judge.
func (j byRules) NewTarget(source string, target *event.Target, basis event.Basis) Target {
	return j.judge.NewTarget(source, target, basis)
}

// LoadTarget implements Judge.
func (j byRules) LoadTarget(b []byte) (Target, error) {
	t, err := j.judge.LoadTarget(b)
	if err != nil {
		return nil, err
	}
	return t, nil
}
