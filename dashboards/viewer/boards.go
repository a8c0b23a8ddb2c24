package viewer

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/dashboards/ask"
	"github.com/tidemark/tidemark/dashboards/query"
)

// Board is a dashboard in the list of all.
type Board struct {
	UID         string   `json:"uid"`
	Title       string   `json:"title"`
	Folder      string   `json:"folder"`
	Tags        []string `json:"tags"`
	Description string   `json:"description"`
}

// Answer is what a panel's queries gave.
type Answer struct {
	Frames []ask.Frame `json:"frames"`
	// Error is why there is nothing, or less.
	Error string `json:"error,omitempty"`
}

// Choices are the options of a variable and what is chosen.
type Choices struct {
	Options []query.Option `json:"options"`
	Current []string       `json:"current"`
	// Dropped was asked for and is no option, such as in another span of time.
	Dropped []string `json:"dropped,omitempty"`
	// Error is why there are no options.
	Error string `json:"error,omitempty"`
}

// Happening is an annotation. Times are Unix milliseconds; without an end it is
// a moment.
type Happening struct {
	Time    int64    `json:"time"`
	TimeEnd *int64   `json:"timeEnd"`
	Title   string   `json:"title"`
	Text    string   `json:"text"`
	Tags    []string `json:"tags"`
}

// folderOf reads the folder from the tags: a dashboard's file knows none.
func folderOf(tags []string) string {
	for _, folder := range []string{"Operations", "Trends"} {
		if slices.ContainsFunc(tags, func(t string) bool { return strings.EqualFold(t, folder) }) {
			return folder
		}
	}
	return "Trends"
}

func (s *server) listBoards(w http.ResponseWriter, r *http.Request) {
	out := []Board{}
	for _, d := range s.boards {
		tags := d.Tags
		if tags == nil {
			tags = []string{}
		}
		out = append(out, Board{UID: d.UID, Title: d.Title, Folder: folderOf(d.Tags), Tags: tags, Description: d.Description})
	}
	writeJSON(w, r, http.StatusOK, out)
}

// board finds the dashboard of the request, or answers that there is none.
func (s *server) board(w http.ResponseWriter, r *http.Request) *query.Dashboard {
	i := slices.IndexFunc(s.boards, func(d *query.Dashboard) bool { return d.UID == r.PathValue("uid") })
	if i < 0 {
		writeProblem(w, r, http.StatusNotFound, "There is no dashboard "+strconv.Quote(r.PathValue("uid"))+".")
		return nil
	}
	return s.boards[i]
}

// sendBoard sends the file itself.
func (s *server) sendBoard(w http.ResponseWriter, r *http.Request) {
	if d := s.board(w, r); d != nil {
		writeRaw(w, r, http.StatusOK, d.File)
	}
}

// asked is a handler of questions about a dashboard.
func (s *server) asked(answer func(ctx context.Context, d *query.Dashboard, q *question) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d := s.board(w, r)
		if d == nil {
			return
		}
		var q question
		err := readBody(w, r, &q)
		if err == nil {
			err = q.check()
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), boardTimeout)
		defer cancel()
		v, err := answer(ctx, d, &q)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		writeJSON(w, r, http.StatusOK, v)
	})
}

// boardTimeout is how long all panels of a dashboard may take together.
const boardTimeout = 90 * time.Second

// queryPanels answers all panels at once. What goes wrong with one concerns no
// other.
func (s *server) queryPanels(ctx context.Context, d *query.Dashboard, q *question) (any, error) {
	wanted := q.Panels
	if len(wanted) == 0 {
		for _, p := range d.Panels() {
			if len(p.Targets) > 0 {
				wanted = append(wanted, p.ID)
			}
		}
	}
	if len(wanted) > 200 {
		return nil, badRequest{"more than 200 panels are asked for"}
	}
	if err := s.checkVars(ctx, d, q, textsOf(d, wanted)...); err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	out := map[string]Answer{}
	for _, id := range wanted {
		group.Go(func() {
			a := s.panel(ctx, d, id, q)
			mu.Lock()
			defer mu.Unlock()
			out[strconv.Itoa(id)] = a
		})
	}
	group.Wait()
	return map[string]any{"panels": out}, ctx.Err()
}

func (s *server) panel(ctx context.Context, d *query.Dashboard, id int, q *question) Answer {
	a := Answer{Frames: []ask.Frame{}}
	p, ok := d.Panel(id)
	if !ok {
		a.Error = "There is no such panel."
		return a
	}
	var texts []string
	for _, t := range p.Targets {
		texts = append(texts, t.SQL, t.Expr)
	}
	vars, err := s.vars(ctx, d, q, texts...)
	if err != nil {
		a.Error = s.words(err)
		return a
	}
	frames := make([][]ask.Frame, len(p.Targets))
	errs := make([]error, len(p.Targets))
	var group sync.WaitGroup
	for i, t := range p.Targets {
		if !t.Hide {
			group.Go(func() { frames[i], errs[i] = s.target(ctx, p, t, q, vars) })
		}
	}
	group.Wait()
	for i, t := range p.Targets {
		a.Frames = append(a.Frames, frames[i]...)
		if errs[i] != nil && a.Error == "" {
			a.Error = "Query " + t.RefID + ": " + s.words(errs[i])
		}
	}
	return a
}

// oneFrame is the answer of one query of a panel, or of its first.
func (s *server) oneFrame(ctx context.Context, d *query.Dashboard, id int, q *question, refID string) (*ask.Frame, error) {
	p, _ := d.Panel(id)
	for _, t := range p.Targets {
		if t.Hide && refID == "" || refID != "" && t.RefID != refID {
			continue
		}
		if err := s.checkVars(ctx, d, q, t.SQL, t.Expr); err != nil {
			return nil, err
		}
		vars, err := s.vars(ctx, d, q, t.SQL, t.Expr)
		if err != nil {
			return nil, err
		}
		frames, err := s.target(ctx, p, t, q, vars)
		if err != nil {
			return nil, err
		}
		return joined(frames), nil
	}
	return nil, badRequest{"the panel has no such query"}
}

// joined makes one table of the series of one query: time, series, value.
func joined(frames []ask.Frame) *ask.Frame {
	if len(frames) == 1 && frames[0].Name == "" {
		return &frames[0]
	}
	out := ask.Frame{Fields: []ask.Field{{Name: "time", Type: ask.TypeTime}, {Name: "series", Type: ask.TypeString}, {Name: "value", Type: ask.TypeNumber}}}
	for _, f := range frames {
		for i := range f.Rows() {
			for column, v := range []any{f.Fields[0].Values[i], f.Name, f.Fields[1].Values[i]} {
				out.Fields[column].Values = append(out.Fields[column].Values, v)
			}
		}
	}
	return &out
}

// target asks one query of a panel.
func (s *server) target(ctx context.Context, p query.Panel, t query.Target, q *question, vars query.Vars) ([]ask.Frame, error) {
	from, to := q.span()
	r := p.Range(from, to, q.Zone, q.MaxPoints)
	switch t.Datasource.Type {
	case query.ClickHouse:
		if s.asker == nil {
			return nil, errNoStore
		}
		sql, err := query.Expand(t.SQL, r, vars)
		if err != nil {
			return nil, badRequest{err.Error()}
		}
		frame, err := s.asker.Ask(ctx, sql, 0)
		if err != nil {
			return nil, err
		}
		own := *frame
		own.RefID, own.Format = t.RefID, t.Format
		return []ask.Frame{own}, nil
	case query.Prometheus:
		return s.metricFrames(ctx, t, r, vars)
	default:
		return nil, badRequest{"the data source " + strconv.Quote(t.Datasource.Type) + " is not known here"}
	}
}

func (s *server) variables(ctx context.Context, d *query.Dashboard, q *question) (any, error) {
	resolved, err := s.resolve(ctx, d, q)
	if err != nil && len(resolved) == 0 {
		return nil, err
	}
	out := map[string]Choices{}
	for _, v := range resolved {
		c := Choices{Options: v.Options, Current: v.Current, Dropped: v.Unknown}
		if c.Options == nil {
			c.Options = []query.Option{}
		}
		if c.Current == nil {
			c.Current = []string{}
		}
		if v.Err != nil {
			c.Error = s.words(v.Err)
		}
		out[v.Variable.Name] = c
	}
	return out, ctx.Err()
}

func (s *server) annotations(ctx context.Context, d *query.Dashboard, q *question) (any, error) {
	out := map[string][]Happening{}
	for _, a := range d.Annotations() {
		vars, err := s.vars(ctx, d, q, a.Target.SQL, a.Target.Expr)
		if err != nil {
			return nil, err
		}
		frames, err := s.target(ctx, query.Panel{}, a.Target, q, vars)
		if err != nil {
			return nil, err
		}
		out[a.Name] = []Happening{}
		for _, f := range frames {
			out[a.Name] = append(out[a.Name], happenings(&f)...)
		}
	}
	return out, nil
}

// happenings reads the columns time, timeEnd, title, text and tags.
func happenings(f *ask.Frame) []Happening {
	column := func(name string) []any {
		i := slices.IndexFunc(f.Fields, func(c ask.Field) bool { return strings.EqualFold(c.Name, name) })
		if i < 0 {
			return make([]any, f.Rows())
		}
		return f.Fields[i].Values
	}
	at, end, title, text, tags := column("time"), column("timeEnd"), column("title"), column("text"), column("tags")
	out := []Happening{}
	for i := range f.Rows() {
		begin, ok := at[i].(int64)
		if !ok {
			continue
		}
		h := Happening{Time: begin, Title: ask.Text(title[i]), Text: ask.Text(text[i]), Tags: tagsOf(ask.Text(tags[i]))}
		if until, ok := end[i].(int64); ok && until > begin {
			h.TimeEnd = &until
		}
		out = append(out, h)
	}
	return out
}

// tagsOf reads a list, or words with commas between them.
func tagsOf(text string) []string {
	var tags []string
	if json.Unmarshal([]byte(text), &tags) == nil {
		return tags
	}
	tags = []string{}
	for tag := range strings.SplitSeq(text, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}
