package viewer

import (
	"context"
	"time"
)

type troubleRow struct {
	ID       string    `ch:"id"`
	Rule     string    `ch:"rule"`
	Source   string    `ch:"source"`
	Target   string    `ch:"target"`
	Subject  string    `ch:"subject"`
	Metric   string    `ch:"metric"`
	Since    time.Time `ch:"onset"`
	Value    float64   `ch:"value"`
	Baseline float64   `ch:"baseline"`
	Unit     string    `ch:"unit"`
	Severity float64   `ch:"severity"`
	Says     string    `ch:"explanation"`
	Advice   string    `ch:"advice"`
}

// troubles are the episodes about sources that last.
func (s *server) troubles(ctx context.Context) ([]Trouble, error) {
	rows, err := rowsOf[troubleRow](ctx, s.deps.DB, `
SELECT id, rule, source, target, subject, metric, onset, value, baseline, unit, severity, explanation, advice
FROM v_episodes
WHERE kind = 'health' AND state != 'closed'
ORDER BY severity DESC, onset, source, target, rule, id
LIMIT 200`)
	out := make([]Trouble, 0, len(rows))
	for _, r := range rows {
		out = append(out, Trouble{
			ID: r.ID, Rule: r.Rule, Source: r.Source, Target: r.Target, Subject: r.Subject, Metric: r.Metric, Since: r.Since,
			Value: r.Value, Expected: r.Baseline, Unit: r.Unit, Severity: r.Severity, Says: r.Says, Advice: r.Advice,
		})
	}
	return out, err
}
