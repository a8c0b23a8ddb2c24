package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/collectors/lines"
	"github.com/tidemark/tidemark/internal/event"
)

// table gives the wanted cells of a file row by row, and io.EOF after the last.
type table interface {
	next() ([]cell, error)
	// wrong names the row that was given last as the reason.
	wrong(err error) error
	close() error
}

// Columns are those of the file, for guessing its mapping.
func (in *Input) Columns(ctx context.Context) (columns []string, err error) {
	r, format, err := in.open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	switch format {
	case formatParquet:
		defer asError(&err, in.name, 1)
		file, err := parquetFileOf(in)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", in.name, err)
		}
		return parquetColumns(file), nil
	case formatNDJSON:
		return jsonColumns(r, in.name)
	default:
		return csvColumns(r, in.name)
	}
}

func csvColumns(r io.Reader, name string) ([]string, error) {
	t, err := openCSV(r, name, "", nil)
	if err != nil {
		return nil, err
	}
	return t.columns, nil
}

// Provenance is what a person says about an import.
type Provenance struct {
	By        string
	SourceURL string
	Note      string
	Via       string // file or webhook
	At        time.Time
}

// Counts is what a file comes to.
type Counts struct {
	Rows     int `json:"rows"`
	Used     int `json:"rows_used"` // the others have no number, or are passed over
	Looks    int `json:"looks"`
	Readings int `json:"readings"`
	Targets  int `json:"targets"`
	// First and Last are the times of the earliest and the latest look.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// Plan is a file that was read through and found right.
type Plan struct {
	Import *event.Import
	Counts Counts

	in      *Input
	reader  *reader
	ordered bool
}

// maxTold is how many targets are counted one by one.
const maxTold = 100_000

// Prepare reads the file through. An error names the first line that is wrong;
// then nothing of the file was published. each is shown every look; it may be
// nil.
func Prepare(ctx context.Context, in *Input, m *Mapping, p Provenance, each func(*event.Snapshot)) (*Plan, error) {
	if err := checkSourceURL(p.SourceURL); err != nil {
		return nil, err
	}
	r, err := newReader(m)
	if err != nil {
		return nil, err
	}
	if !m.Time.Future {
		r.latest = time.Now().Add(maxAhead)
	}
	plan := &Plan{in: in, reader: r, ordered: true, Import: &event.Import{
		Id: event.ID(in.sum, m.hash()), Name: in.base, ImportedBy: p.By, AtMs: p.At.UnixMilli(), SourceUrl: p.SourceURL,
		Sha256: in.sum, Bytes: uint64(in.size), Mapping: m.YAML(), Note: p.Note, Via: p.Via,
	}}
	err = plan.count(ctx)
	if errors.Is(err, errOrder) && m.Look.List != whole {
		plan.ordered = false
		err = plan.count(ctx)
	}
	if err != nil {
		return nil, err
	}
	if plan.Counts.Looks == 0 {
		return nil, fmt.Errorf("read %s: none of its %d rows has a number for the mapping %s", in.name, plan.Counts.Rows, m.Name)
	}
	plan.Import.Rows = uint64(plan.Counts.Rows)
	if err := plan.Import.Validate(); err != nil {
		return nil, fmt.Errorf("describe import: %w", err)
	}
	if each != nil {
		err = plan.run(ctx, &Counts{}, func(s *event.Snapshot) error { each(s); return nil })
	}
	return plan, err
}

// maxAhead is how far a clock, or a day that was only named, may be ahead.
const maxAhead = 24 * time.Hour

func checkSourceURL(text string) error {
	if u, err := url.Parse(text); text != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("check source URL: is %q, want http://… or https://…", lines.Shorten(text))
	}
	return nil
}

// count reads everything and keeps nothing.
func (p *Plan) count(ctx context.Context) error {
	c, targets := Counts{}, map[string]bool{}
	err := p.run(ctx, &c, func(s *event.Snapshot) error {
		c.Looks++
		c.Readings += len(s.GetReadings())
		if len(targets) < maxTold {
			targets[s.GetTarget().Key()] = true
		}
		at := time.UnixMilli(s.GetSeenAtMs()).UTC()
		if c.First.IsZero() || at.Before(c.First) {
			c.First = at
		}
		if at.After(c.Last) {
			c.Last = at
		}
		return nil
	})
	c.Targets = len(targets)
	p.Counts = c
	return err
}

// run reads the file and hands over every look.
func (p *Plan) run(ctx context.Context, c *Counts, each func(*event.Snapshot) error) error {
	r, format, err := p.in.open(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	var t table
	switch format {
	case formatParquet:
		t, err = openParquet(p.in, p.reader.columns)
	case formatNDJSON:
		t = openNDJSON(r, p.in.name, p.reader.columns)
	default:
		t, err = openCSV(r, p.in.name, p.reader.m.Delimiter, p.reader.columns)
	}
	if err != nil {
		return err
	}
	defer t.close() //nolint:errcheck // it was only read
	return p.reader.looks(t, newGrouper(p.reader.m, p.Import.GetId(), p.ordered), c, each)
}

// ReadCSV hands over the looks of a CSV file whose rows are in the order of
// their times, as it reads them. An error names the line that is wrong;
// everything before it has been handed over then.
func ReadCSV(r io.Reader, name string, m *Mapping, each func(*event.Snapshot) error) error {
	reader, err := newReader(m)
	if err != nil {
		return err
	}
	t, err := openCSV(r, name, m.Delimiter, reader.columns)
	if err != nil {
		return err
	}
	return reader.looks(t, newGrouper(m, "", true), &Counts{}, each)
}

// looks hands over every look of a table.
func (r *reader) looks(t table, g *grouper, c *Counts, each func(*event.Snapshot) error) error {
	hand := func(looks []*event.Snapshot) error {
		for _, s := range looks {
			if err := each(s); err != nil {
				return err
			}
		}
		return nil
	}
	for {
		cells, err := t.next()
		if errors.Is(err, io.EOF) {
			return hand(g.flush())
		}
		if err != nil {
			return err
		}
		c.Rows++
		row, err := r.read(cells)
		if err != nil {
			return t.wrong(err)
		}
		if len(row.readings) == 0 {
			continue
		}
		c.Used++
		done, err := g.add(row)
		if err != nil {
			return t.wrong(err)
		}
		if err := hand(done); err != nil {
			return err
		}
	}
}

// Publish sends the record of the import, every look in the order of their times,
// and the record again. The first says 0 rows: only the last, when all looks are
// with the broker, says how many there are, and so that the import is whole. The same file gives the same messages each time, so an import
// that was cut short is simply run again.
func (p *Plan) Publish(ctx context.Context, pub BatchPublisher, progress func(done, total int)) error {
	if err := p.in.unchanged(); err != nil {
		return err
	}
	b := NewBatch(pub, p.Messages(), progress)
	begun := proto.CloneOf(p.Import)
	begun.Rows = 0
	if err := b.Add(ctx, Outgoing{Key: begun.GetId(), Msg: begun}); err != nil {
		return err
	}
	err := p.run(ctx, &Counts{}, func(s *event.Snapshot) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return b.Add(ctx, Outgoing{Key: s.GetTarget().Key(), Msg: s})
	})
	if err != nil {
		return fmt.Errorf("import %s: %w", p.in.name, err)
	}
	// On its own: it must not be there before the looks are.
	if err := b.Flush(ctx); err != nil {
		return err
	}
	if err := b.Add(ctx, Outgoing{Key: p.Import.GetId(), Msg: p.Import}); err != nil {
		return err
	}
	return b.Flush(ctx)
}

// Messages is how many Publish sends.
func (p *Plan) Messages() int { return p.Counts.Looks + 2 }

// Summary says what came of it, in one line.
func (p *Plan) Summary() string {
	c := p.Counts
	const layout = "2006-01-02 15:04 UTC"
	var b strings.Builder
	fmt.Fprintf(&b, "%d looks at %d targets with %d readings, from %s to %s", c.Looks, c.Targets, c.Readings, c.First.Format(layout), c.Last.Format(layout))
	if unused := c.Rows - c.Used; unused > 0 {
		fmt.Fprintf(&b, "; %d of %d rows have no number", unused, c.Rows)
	}
	return b.String()
}
