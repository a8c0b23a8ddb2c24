package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/tidemark/tidemark/internal/clickhouse"
)

const (
	manifestFile = "manifest.json"
	schemaFile   = "schema.json"
	sumsFile     = "SHA256SUMS"
	lockFile     = ".lock"
	// newSuffix is on files that are not whole.
	newSuffix = ".unfinished"
)

// run is one export at work.
type run struct {
	*plan
	folder   string
	manifest Manifest
	result   Result
}

// Run exports.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	if cfg.Native && cfg.Format == Parquet {
		return nil, errors.New("export: over the native protocol there is no Parquet; give the server's HTTP address, http://host:8123/db, or --format csv or ndjson")
	}
	p, err := newPlan(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	r := &run{plan: p, folder: filepath.Join(cfg.Dir, p.cfg.Name)}
	r.result.Folder = r.folder
	if err := os.MkdirAll(r.folder, 0o755); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	lock, err := r.lock()
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	defer lock.Close()
	if err := r.all(ctx); err != nil {
		return nil, fmt.Errorf("export %s: %w", p.cfg.Name, err)
	}
	return &r.result, nil
}

func (r *run) lock() (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(r.folder, lockFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("another export writes into %s", r.folder)
	}
	return f, nil
}

func (r *run) all(ctx context.Context) error {
	if err := r.recall(); err != nil {
		return err
	}
	if err := r.sweep(); err != nil {
		return err
	}
	spans, err := r.spans(ctx)
	if err != nil {
		return err
	}
	if err := r.forget(spans); err != nil {
		return err
	}
	for i, s := range spans {
		if err := r.part(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.file, err)
		}
		if r.cfg.Progress != nil {
			r.cfg.Progress(i+1, len(spans))
		}
	}
	return r.finish()
}

// recall reads the manifest of a former export, which must be of the same.
func (r *run) recall() error {
	r.manifest = Manifest{
		Name: r.cfg.Name, Version: r.cfg.Version, Query: r.base, OrderBy: r.order, Format: r.cfg.Format, By: r.cfg.By,
		Time: r.time, Zone: "UTC", Parts: []Part{},
	}
	if r.cfg.By == ByNone {
		r.manifest.First, r.manifest.Last = dayText(r.cfg.From), dayText(r.cfg.To)
	}
	text, err := os.ReadFile(filepath.Join(r.folder, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var old Manifest
	if err := json.Unmarshal(text, &old); err != nil {
		return fmt.Errorf("read %s: %w; remove the folder to begin anew", filepath.Join(r.folder, manifestFile), err)
	}
	if asked := r.manifest.days(); r.cfg.By == ByNone && old.By == ByNone && asked != old.days() {
		return fmt.Errorf("the folder %s holds another export (one file of %s, not of %s); give another --out or --name, or --by day, which adds to what is there",
			r.folder, old.days(), asked)
	}
	if old.Query != r.base || old.Format != r.cfg.Format || old.By != r.cfg.By || old.Time != r.time {
		return fmt.Errorf("the folder %s holds another export (%s as %s by %s); give another --out or --name, or remove it",
			r.folder, old.Query, old.Format, old.By)
	}
	r.manifest.Parts = old.Parts
	return nil
}

// dayText is empty for an open end.
func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(dayFormat)
}

// sweep removes what a kill has left.
func (r *run) sweep() error {
	return filepath.WalkDir(r.folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, newSuffix) {
			return os.Remove(path)
		}
		return err
	})
}

// forget removes files of days that the database has no longer.
func (r *run) forget(spans []span) error {
	kept := r.manifest.Parts[:0:0]
	for _, p := range r.manifest.Parts {
		there := slices.ContainsFunc(spans, func(s span) bool { return s.file == p.File })
		if there || !r.covers(p.Key) {
			kept = append(kept, p)
			continue
		}
		if err := os.Remove(filepath.Join(r.folder, p.File)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		_ = os.Remove(filepath.Dir(filepath.Join(r.folder, p.File))) // fails unless it is empty
		r.result.Removed++
	}
	r.manifest.Parts = kept
	return nil
}

// covers tells whether this run would have listed a day or month.
func (r *run) covers(key string) bool {
	layout := dayFormat
	if r.cfg.By == ByMonth {
		layout = monthFormat
	}
	switch {
	case r.cfg.From.IsZero() && r.cfg.To.IsZero():
		return true
	case key == "":
		return false
	default:
		return key >= r.cfg.From.Format(layout) && (r.cfg.To.IsZero() || key <= r.cfg.To.Format(layout))
	}
}

// contentRow is what the database has of a part.
type contentRow struct {
	Rows uint64  `ch:"_rows"`
	Sum  string  `ch:"_sum"`
	From *string `ch:"_from"`
	To   *string `ch:"_to"`
}

func (r *run) content(ctx context.Context, s span) (contentRow, error) {
	names := make([]string, len(r.columns))
	for i, c := range r.columns {
		names[i] = quote(c.Name)
	}
	from, to := "NULL", "NULL"
	if r.time != "" {
		from, to = "toString(min("+quote(r.time)+"))", "toString(max("+quote(r.time)+"))"
	}
	rows, err := clickhouse.SelectLimited[contentRow](ctx, r.cfg.Client, limits(), "SELECT count() AS _rows, toString(sum(cityHash64(tuple("+strings.Join(names, ", ")+")))) AS _sum, "+
		"CAST("+from+" AS Nullable(String)) AS _from, CAST("+to+" AS Nullable(String)) AS _to FROM (\n"+r.base+"\n) WHERE "+s.where)
	if err == nil && len(rows) != 1 {
		err = errors.New("no answer")
	}
	if err != nil {
		return contentRow{}, fmt.Errorf("compare with the database: %w", err)
	}
	return rows[0], nil
}

// tries is how often a part is written that changes meanwhile.
const tries = 3

// part keeps a file that is whole and the same as the database, and writes any
// other.
func (r *run) part(ctx context.Context, s span) error {
	at := slices.IndexFunc(r.manifest.Parts, func(p Part) bool { return p.File == s.file })
	for try := 1; ; try++ {
		c, err := r.content(ctx, s)
		if err != nil {
			return err
		}
		p := Part{Key: s.key, File: s.file, Rows: c.Rows, Content: fmt.Sprintf("%d-%s", c.Rows, c.Sum), Partial: r.cfg.Now.Before(s.after)}
		if c.Rows > 0 && c.From != nil && c.To != nil {
			p.From, p.To = *c.From, *c.To
		}
		if at >= 0 && r.manifest.Parts[at].Content == p.Content && r.same(r.manifest.Parts[at]) {
			p.Bytes, p.SHA256 = r.manifest.Parts[at].Bytes, r.manifest.Parts[at].SHA256
			r.result.Kept++
			return r.note(at, p)
		}
		rows, err := r.write(ctx, s, &p)
		if err != nil {
			return err
		}
		if rows == c.Rows || try == tries && p.Partial {
			p.Rows = rows
			r.result.Written++
			return r.note(at, p)
		}
		if try == tries {
			return errors.New("its rows keep changing while it is written; try again later, or give --to yesterday")
		}
	}
}

// note puts a part into the manifest, which is written at once: what is in it
// is whole.
func (r *run) note(at int, p Part) error {
	if at >= 0 {
		r.manifest.Parts[at] = p
	} else {
		r.manifest.Parts = append(r.manifest.Parts, p)
	}
	return r.saveManifest()
}

func (r *run) saveManifest() error {
	m := &r.manifest
	slices.SortFunc(m.Parts, func(a, b Part) int { return strings.Compare(a.File, b.File) })
	m.Rows, m.Bytes, m.From, m.To = 0, 0, "", ""
	for _, p := range m.Parts {
		m.Rows += p.Rows
		m.Bytes += p.Bytes
		if p.From != "" && (m.From == "" || p.From < m.From) {
			m.From = p.From
		}
		m.To = max(m.To, p.To)
	}
	text, err := asJSON(m)
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(r.folder, manifestFile), text)
}

// finish writes what stands beside the parts.
func (r *run) finish() error {
	schema, err := asJSON(Schema{r.cfg.Name, r.comment, r.base, r.columns})
	if err != nil {
		return err
	}
	if err := errors.Join(writeWhole(filepath.Join(r.folder, schemaFile), schema), r.saveManifest()); err != nil {
		return err
	}
	var sums strings.Builder
	for _, p := range r.manifest.Parts {
		fmt.Fprintf(&sums, "%s  %s\n", p.SHA256, p.File)
		r.result.Rows += p.Rows
		r.result.Bytes += p.Bytes
		if p.Partial {
			r.result.Partial = append(r.result.Partial, p.Key)
		}
	}
	for _, name := range []string{manifestFile, schemaFile} {
		sum, _, err := hashFile(filepath.Join(r.folder, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%s  %s\n", sum, name)
	}
	return writeWhole(filepath.Join(r.folder, sumsFile), []byte(sums.String()))
}
