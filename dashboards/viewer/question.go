package viewer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/tidemark/tidemark/dashboards/ask"
	"github.com/tidemark/tidemark/dashboards/query"
)

// question is what a page asks about a dashboard.
type question struct {
	// From and To are Unix milliseconds.
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Zone is the IANA name of the zone that the person sees; empty: UTC.
	Zone string `json:"zone"`
	// MaxPoints is the room of a panel.
	MaxPoints int `json:"maxPoints"`
	// Vars are what the person has chosen, by the variables' names.
	Vars map[string]choice `json:"vars"`
	// Panels are their ids; none: all.
	Panels []int `json:"panels"`
}

// choice is one value or several.
type choice []string

// UnmarshalJSON reads "a" and ["a", "b"].
func (c *choice) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*c = choice{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return errors.New("a variable is neither a text nor a list of texts")
	}
	*c = many
	return nil
}

const (
	usualPoints = 1000
	mostRoom    = 5000
	// mostValues is how many values a variable may have in a question.
	mostValues = 2000
	// recent is how near to now an end has to be that goes on with the clock.
	// Those ends are rounded, so that all who look now ask the same.
	recent  = time.Minute
	rounded = 5 * time.Second
)

func (q *question) check() error {
	latest := time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	switch {
	case q.From < 0 || q.To > latest || q.From >= q.To:
		return badRequest{"from and to are not Unix milliseconds, the earlier first"}
	case !regexp.MustCompile(`^[A-Za-z0-9_+/-]{0,64}$`).MatchString(q.Zone):
		return badRequest{"zone is no IANA name, such as Asia/Shanghai"}
	}
	for name, values := range q.Vars {
		if len(values) > mostValues {
			return badRequest{fmt.Sprintf("the variable %s has %d values, at most %d can be asked for", name, len(values), mostValues)}
		}
	}
	if q.MaxPoints <= 0 {
		q.MaxPoints = usualPoints
	}
	q.MaxPoints = min(q.MaxPoints, mostRoom)
	return nil
}

func (q *question) span() (from, to time.Time) {
	from, to = time.UnixMilli(q.From).UTC(), time.UnixMilli(q.To).UTC()
	if since := time.Since(to); since < recent && since > -recent {
		from, to = from.Truncate(rounded), to.Truncate(rounded)
	}
	return from, to
}

func (q *question) chosen() map[string][]string {
	out := map[string][]string{}
	for name, values := range q.Vars {
		out[name] = values
	}
	return out
}

// questionOf reads a question from the address: ?from=&to=&tz=&var-app=…, as
// the page's own address has it. What is missing is the dashboard's default.
func questionOf(d *query.Dashboard, v url.Values, now time.Time) (question, error) {
	q := question{Zone: v.Get("tz"), Vars: map[string]choice{}}
	for text, at := range map[string]*int64{"from": &q.From, "to": &q.To} {
		usual, up := d.From, false
		if text == "to" {
			usual, up = d.To, true
		}
		given := v.Get(text)
		if given == "" {
			given = usual
		}
		t, err := query.ParseTime(given, now, up)
		if err != nil {
			return q, badRequest{text + ": " + err.Error()}
		}
		*at = t.UnixMilli()
	}
	for name, values := range v {
		if name, ok := strings.CutPrefix(name, "var-"); ok {
			q.Vars[name] = values
		}
	}
	return q, q.check()
}

// vars asks for what the variables of some texts are.
func (s *server) vars(ctx context.Context, d *query.Dashboard, q *question, texts ...string) (query.Vars, error) {
	resolved, err := s.resolve(ctx, d.Only(texts...), q)
	return query.VarsOf(resolved), err
}

func (s *server) resolve(ctx context.Context, d *query.Dashboard, q *question) ([]query.Resolved, error) {
	from, to := q.span()
	r := query.NewRange(from, to, q.MaxPoints, 0)
	r.Zone = q.Zone
	return d.Resolve(ctx, r, q.chosen(), s.options(from, to))
}

// mostOptions is how many choices a variable offers.
const mostOptions = 5000

// options asks for the options of a variable.
func (s *server) options(from, to time.Time) query.Asker {
	return func(ctx context.Context, v query.Variable, text string) ([]query.Option, error) {
		if v.Datasource.Type == query.Prometheus {
			return s.metricOptions(ctx, text, from, to)
		}
		if s.asker == nil {
			return nil, errNoStore
		}
		frame, err := s.asker.Ask(ctx, text, mostOptions)
		if err != nil {
			return nil, err
		}
		return optionsOf(frame), nil
	}
}

// optionsOf reads one column, or value and text.
func optionsOf(frame *ask.Frame) []query.Option {
	out := make([]query.Option, 0, frame.Rows())
	for row := range frame.Rows() {
		o := query.Option{Value: ask.Text(frame.Fields[0].Values[row])}
		o.Text = o.Value
		if len(frame.Fields) > 1 {
			o.Text = ask.Text(frame.Fields[1].Values[row])
		}
		out = append(out, o)
	}
	return out
}
