package sqlrule

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/config"
)

// row is one subject of a rule's answer.
type row struct {
	Subject string     `ch:"subject"`
	Value   *float64   `ch:"value"` // nil: nothing is known, which is never 0
	At      *time.Time `ch:"at"`    // nil: the query does not say
}

// question is a rule's query with what was found out about its columns.
type question struct {
	sql string
}

func limits(cfg config.SQLRule) clickhouse.Limits {
	return clickhouse.Limits{Timeout: cfg.Timeout.D(), MaxMemory: int64(cfg.MaxMemory), MaxRows: cfg.MaxRows}
}

// badShape is a query that cannot be used as it is.
type badShape struct{ text string }

// Error says what is missing.
func (e *badShape) Error() string { return e.text }

func (r *Rule) bad(format string, args ...any) error {
	return &badShape{"read query of " + r.Path + ": " + fmt.Sprintf(format, args...)}
}

// Check asks the database whether it understands the rule's query and whether
// the columns are there; it does not run it.
func Check(ctx context.Context, db *clickhouse.Client, cfg config.SQLRule, r *Rule) error {
	_, err := ask(ctx, db, cfg, r)
	return err
}

// ask makes one query of a rule that has the columns as they are needed.
func ask(ctx context.Context, db *clickhouse.Client, cfg config.SQLRule, r *Rule) (question, error) {
	columns, err := db.Describe(ctx, limits(cfg), r.SQL)
	if err != nil {
		return question{}, fmt.Errorf("read query of %s: %w", r.Path, err)
	}
	types := map[string]string{}
	for _, c := range columns {
		types[c.Name] = c.Type
	}
	for _, c := range []struct{ name, want, pattern string }{
		{"subject", "text: what the value is about", `.`},
		{"value", "a number", `^(Nullable\(|LowCardinality\()*(U?Int|Float|BFloat|Decimal)`},
	} {
		switch kind, found := types[c.name]; {
		case !found:
			return question{}, r.bad("it has no column %s (%s); name one with AS %s", c.name, c.want, c.name)
		case !regexp.MustCompile(c.pattern).MatchString(kind):
			return question{}, r.bad("the column %s is %s, want %s", c.name, kind, c.want)
		}
	}
	at, dated := types["at"]
	if dated && !regexp.MustCompile(`^(Nullable\(|LowCardinality\()*Date`).MatchString(at) {
		return question{}, r.bad("the column at is %s, want a Date or a DateTime", at)
	}
	moment := "CAST(NULL AS Nullable(DateTime64(3, 'UTC')))"
	if dated {
		moment = "toNullable(toDateTime64(at, 3, 'UTC'))"
	}
	return question{
		sql: "SELECT toString(assumeNotNull(subject)) AS subject, toNullable(toFloat64(value)) AS value, " + moment + " AS at FROM (\n" + r.SQL + "\n)",
	}, nil
}

// run asks. A subject that is there twice is an error: which one would hold?
func (q question) run(ctx context.Context, db *clickhouse.Client, cfg config.SQLRule, r *Rule) (map[string]row, error) {
	rows, err := clickhouse.SelectLimited[row](ctx, db, limits(cfg), q.sql)
	if err != nil {
		return nil, fmt.Errorf("run query of %s: %w", r.Path, err)
	}
	out := make(map[string]row, len(rows))
	for _, one := range rows {
		if _, twice := out[one.Subject]; twice {
			return nil, fmt.Errorf("run query of %s: the subject %q is there twice, want one row each", r.Path, one.Subject)
		}
		if one.Subject == "" || len(one.Subject) > 512 {
			return nil, fmt.Errorf("run query of %s: a subject has %d bytes, want 1 to 512", r.Path, len(one.Subject))
		}
		if one.Value == nil || math.IsNaN(*one.Value) || math.IsInf(*one.Value, 0) {
			continue
		}
		out[one.Subject] = one
	}
	return out, nil
}
