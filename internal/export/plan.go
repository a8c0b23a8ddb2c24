package export

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

// plan is what is to be read, and how.
type plan struct {
	cfg     Config
	base    string // a query without an end
	days    string // the same, or cheaper, to find the days in
	columns []Column
	comment string
	order   string
	time    string // column; empty: none
	date    bool   // that column has no time of day
}

// limits are wide; the login has its own.
func limits() clickhouse.Limits { return clickhouse.Limits{Timeout: 10 * time.Minute} }

func identifier(s string) bool { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(s) }

func quote(name string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(name) + "`"
}

// tableRow is what system.tables says.
type tableRow struct {
	Engine  string `ch:"engine"`
	Key     string `ch:"sorting_key"`
	Comment string `ch:"comment"`
}

func newPlan(ctx context.Context, cfg Config) (*plan, error) {
	cfg.Widen()
	p := &plan{cfg: cfg}
	var key string
	if identifier(strings.TrimSpace(cfg.What)) {
		p.cfg.What = strings.TrimSpace(cfg.What)
		table, err := p.table(ctx)
		if err != nil {
			return nil, err
		}
		key = table.Key
	} else {
		query := strings.TrimRight(strings.TrimSpace(cfg.What), "; \n\t")
		p.base, p.days = query, query
		if p.cfg.Name == "" {
			return nil, errors.New("read arguments: a query needs a name for its folder: give --name")
		}
	}
	if !regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`).MatchString(p.cfg.Name) || strings.HasPrefix(p.cfg.Name, ".") {
		return nil, fmt.Errorf("read name %q: want letters, digits, _ and -", p.cfg.Name)
	}
	if err := p.describe(ctx); err != nil {
		return nil, err
	}
	p.order = p.orderBy(key)
	return p, p.chooseTime()
}

// table reads a table FINAL where rows may lie in it twice until they are
// merged.
func (p *plan) table(ctx context.Context) (tableRow, error) {
	rows, err := clickhouse.Select[tableRow](ctx, p.cfg.Client,
		"SELECT engine, sorting_key, comment FROM system.tables WHERE database = currentDatabase() AND name = ?", p.cfg.What)
	if err != nil {
		return tableRow{}, fmt.Errorf("find table %s: %w", p.cfg.What, err)
	}
	if len(rows) == 0 {
		return tableRow{}, fmt.Errorf("find table %s: there is none; SHOW TABLES lists them all, and a query is given with --name", p.cfg.What)
	}
	p.days = "SELECT * FROM " + quote(p.cfg.What)
	p.base = p.days
	if strings.Contains(rows[0].Engine, "Replacing") || rows[0].Engine == "Distributed" {
		p.base += " FINAL"
	}
	p.comment = rows[0].Comment
	if p.cfg.Name == "" {
		p.cfg.Name = p.cfg.What
	}
	return rows[0], nil
}

func (p *plan) describe(ctx context.Context) error {
	columns, err := p.cfg.Client.Describe(ctx, limits(), p.base)
	if err != nil {
		return fmt.Errorf("read query: %w", err)
	}
	comments := map[string]string{}
	if identifier(p.cfg.What) {
		rows, err := clickhouse.Select[struct {
			Name    string `ch:"name"`
			Comment string `ch:"comment"`
		}](ctx, p.cfg.Client, "SELECT name, comment FROM system.columns WHERE database = currentDatabase() AND table = ?", p.cfg.What)
		if err != nil {
			return fmt.Errorf("read comments of table %s: %w", p.cfg.What, err)
		}
		for _, r := range rows {
			comments[r.Name] = r.Comment
		}
	}
	for _, c := range columns {
		if strings.Contains(c.Type, "AggregateFunction(") && !strings.HasPrefix(c.Type, "Simple") {
			return fmt.Errorf("read query: the column %s is the state of an aggregate, which no other program reads; finish it in a query", c.Name)
		}
		p.columns = append(p.columns, Column{c.Name, c.Type, comments[c.Name]})
	}
	return nil
}

// orderBy names every column, those of the table's key first.
func (p *plan) orderBy(key string) string {
	var names []string
	has := func(name string) bool {
		return slices.ContainsFunc(p.columns, func(c Column) bool { return c.Name == name })
	}
	for name := range strings.SplitSeq(key, ",") {
		if name = strings.TrimSpace(name); has(name) {
			names = append(names, name)
		}
	}
	for _, c := range p.columns {
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	terms := make([]string, len(names))
	for i, name := range names {
		terms[i] = quote(name)
		at := slices.IndexFunc(p.columns, func(c Column) bool { return c.Name == name })
		if regexp.MustCompile(`Map\(|JSON|Dynamic|Variant|Object`).MatchString(p.columns[at].Type) {
			terms[i] = "toString(" + quote(name) + ")"
		}
	}
	return strings.Join(terms, ", ")
}

// isTime tells whether a type is one of moments or days.
func isTime(kind string) (ok, date bool) {
	for _, wrapper := range []string{"LowCardinality(", "Nullable("} {
		kind = strings.TrimPrefix(kind, wrapper)
	}
	return strings.HasPrefix(kind, "Date"), strings.HasPrefix(kind, "Date") && !strings.HasPrefix(kind, "DateTime")
}

// chooseTime finds the column by which rows are divided.
func (p *plan) chooseTime() error {
	use := func(name string) bool {
		for _, c := range p.columns {
			if ok, date := isTime(c.Type); c.Name == name && ok {
				p.time, p.date = name, date
				return true
			}
		}
		return false
	}
	if p.cfg.Time != "" {
		if !use(p.cfg.Time) {
			return fmt.Errorf("read --time %s: there is no such column of days or moments", p.cfg.Time)
		}
		return nil
	}
	if slices.ContainsFunc([]string{"at", "slot", "hour", "day", "bucket", "time", "onset", "at_from", "from", "seen_at"}, use) {
		return nil
	}
	for _, c := range p.columns {
		if !strings.HasPrefix(c.Name, "_") && use(c.Name) {
			return nil
		}
	}
	if p.cfg.By == ByNone && p.cfg.From.IsZero() && p.cfg.To.IsZero() {
		return nil
	}
	return errors.New("divide rows by time: there is no column of time; give --by none for a single file, or --time COLUMN")
}

const (
	dayFormat   = "2006-01-02"
	monthFormat = "2006-01"
)

// unit is the day or month of a row, in SQL.
func (p *plan) unit() string {
	day := "toDate32(" + quote(p.time) + ")"
	if !p.date {
		day = "toDate32(" + quote(p.time) + ", 'UTC')"
	}
	if p.cfg.By == ByMonth {
		return "toString(toStartOfMonth(" + day + "))"
	}
	return "toString(" + day + ")"
}

// within is the condition of a span of days; a zero end is open.
func (p *plan) within(first, after time.Time) string {
	moment := func(t time.Time) string {
		if p.date {
			return "toDate32('" + t.Format(dayFormat) + "')"
		}
		return "toDateTime64('" + t.Format(dayFormat) + " 00:00:00', 3, 'UTC')"
	}
	var terms []string
	if !first.IsZero() {
		terms = append(terms, quote(p.time)+" >= "+moment(first))
	}
	if !after.IsZero() {
		terms = append(terms, quote(p.time)+" < "+moment(after))
	}
	if len(terms) == 0 {
		return "1"
	}
	return strings.Join(terms, " AND ")
}

// whole is the condition of all that is wanted.
func (p *plan) whole() string {
	after := p.cfg.To
	if !after.IsZero() {
		after = after.AddDate(0, 0, 1)
	}
	return p.within(p.cfg.From, after)
}

// span is what one file holds.
type span struct {
	key   string // day, month, or empty
	file  string
	where string
	after time.Time // when it is over; zero: nobody knows
}

const null = "__HIVE_DEFAULT_PARTITION__" // the name that others know for rows without a day

// spans lists the files to be.
func (p *plan) spans(ctx context.Context) ([]span, error) {
	part := "part." + string(p.cfg.Format)
	if p.cfg.By == ByNone {
		return []span{{file: part, where: p.whole()}}, nil
	}
	units, err := clickhouse.SelectLimited[struct {
		Unit *string `ch:"_unit"`
	}](ctx, p.cfg.Client, limits(), "SELECT DISTINCT "+p.unit()+" AS _unit FROM (\n"+p.days+"\n) WHERE "+p.whole()+" ORDER BY _unit")
	if err != nil {
		return nil, fmt.Errorf("list %ss: %w", p.cfg.By, err)
	}
	folder, layout := "date=", dayFormat
	if p.cfg.By == ByMonth {
		folder, layout = "month=", monthFormat
	}
	var spans []span
	for _, u := range units {
		if u.Unit == nil {
			spans = append(spans, span{file: folder + null + "/" + part, where: quote(p.time) + " IS NULL"})
			continue
		}
		first, err := time.Parse(dayFormat, *u.Unit)
		if err != nil {
			return nil, fmt.Errorf("list %ss: %w", p.cfg.By, err)
		}
		after := first.AddDate(0, 0, 1)
		if p.cfg.By == ByMonth {
			after = first.AddDate(0, 1, 0)
		}
		key := first.Format(layout)
		spans = append(spans, span{key: key, file: folder + key + "/" + part, where: p.within(first, after), after: after})
	}
	return spans, nil
}
