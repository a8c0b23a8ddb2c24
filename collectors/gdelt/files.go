package gdelt

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/fetch"
)

// maxKept is how many files' counts are kept: those of a day.
const maxKept = 96

// maxAge is how old the newest file may be: files come some minutes after the
// quarter, and sometimes a few quarters late.
const maxAge = time.Hour

// errNoFile means that GDELT has no file of that quarter of an hour.
var errNoFile = errors.New("GDELT has no file of this quarter of an hour")

// files reads each file once for all keywords.
type files struct {
	fetch   *fetch.Client
	cfg     config.GDELT
	matcher *matcher

	// turn is held by the one who reads; the others find it read.
	turn chan struct{}
	kept []counts
	last visit
	// verdicts are about files of the past that asking again will not mend:
	// they are not there, or were refused.
	verdicts map[time.Time]error
}

// visit is what came of the last tick.
type visit struct {
	slot  time.Time // to the minute
	found []counts
	err   error
}

func newFiles(f *fetch.Client, cfg config.GDELT, m *matcher) *files {
	cfg.FilesURL = strings.TrimRight(cfg.FilesURL, "/")
	cfg.MirrorURL = strings.TrimRight(cfg.MirrorURL, "/")
	return &files{fetch: f, cfg: cfg, matcher: m, turn: make(chan struct{}, 1), verdicts: make(map[time.Time]error)}
}

// lock waits for the turn.
func (f *files) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case f.turn <- struct{}{}:
		return func() { <-f.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// visit reads the newest file and the one before, once per tick: what went
// wrong for one keyword is not tried again for each of the others.
func (f *files) visit(ctx context.Context, slot time.Time) ([]counts, error) {
	unlock, err := f.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	slot = slot.Truncate(time.Minute)
	if f.last.slot.Equal(slot) {
		return f.last.found, f.last.err
	}
	found, err := f.newest(ctx, slot)
	if ctx.Err() == nil && !errors.Is(err, fetch.ErrNotOnTape) { // each tape says it for itself
		f.last = visit{slot, found, err}
	}
	return found, err
}

func (f *files) newest(ctx context.Context, slot time.Time) ([]counts, error) {
	var errs []error
	for _, base := range f.bases() {
		found, err := f.newestAt(ctx, base, slot)
		if len(found) > 0 || err == nil {
			return found, errors.Join(append(errs, err)...)
		}
		errs = append(errs, fmt.Errorf("%s: %w", base.via, err))
		if !fetch.AnotherWay(ctx, err) {
			break
		}
	}
	return nil, errors.Join(errs...)
}

// base is a place that has the files.
type base struct{ via, url string }

func (f *files) bases() []base {
	bases := []base{{"files", f.cfg.FilesURL}}
	if f.cfg.MirrorURL != "" {
		bases = append(bases, base{"mirror", f.cfg.MirrorURL})
	}
	return bases
}

// newestAt reads what one place announces. A place whose announcement stands
// still is refused: its old file would pass for the news of now.
func (f *files) newestAt(ctx context.Context, b base, slot time.Time) ([]counts, error) {
	resp, err := f.fetch.Get(ctx, b.url+"/gdeltv2/lastupdate.txt")
	if err != nil {
		return nil, err
	}
	u, err := parseUpdate(resp.Body)
	if age := slot.Sub(u.stamp); err == nil && age > maxAge {
		err = fmt.Errorf("the newest file is of %s, %s before the look, at most %s", u.stamp.Format(time.RFC3339), config.Duration(age), config.Duration(maxAge))
	}
	if err != nil {
		return nil, fetch.Refuse(resp.Body, err)
	}
	now, err := f.read(ctx, b, u)
	if err != nil {
		return nil, err
	}
	before, err := f.read(ctx, b, update{stamp: u.stamp.Add(-step)})
	if err != nil { // the look stands without it
		return []counts{now}, fmt.Errorf("file before: %w", err)
	}
	return []counts{before, now}, nil
}

// at is the file of a stamp, from wherever it can be had.
func (f *files) at(ctx context.Context, stamp time.Time) (counts, error) {
	unlock, err := f.lock(ctx)
	if err != nil {
		return counts{}, err
	}
	defer unlock()
	if err := f.verdicts[stamp]; err != nil {
		return counts{}, err
	}
	var errs []error
	for _, b := range f.bases() {
		c, err := f.read(ctx, b, update{stamp: stamp})
		if err == nil {
			return c, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", b.via, err))
		if !fetch.AnotherWay(ctx, err) {
			break
		}
	}
	err = errors.Join(errs...)
	if onlyMissing(errs) {
		err = errNoFile
	}
	if errors.Is(err, errNoFile) || isRefusal(err) {
		if len(f.verdicts) >= maxKept {
			clear(f.verdicts)
		}
		f.verdicts[stamp] = err
	}
	return counts{}, err
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*fetch.Refusal](err)
	return ok
}

func onlyMissing(errs []error) bool {
	for _, err := range errs {
		if fetch.Status(err) != http.StatusNotFound {
			return false
		}
	}
	return true
}

// read counts in one file, and keeps what it found.
func (f *files) read(ctx context.Context, b base, u update) (counts, error) {
	for _, c := range f.kept {
		if c.stamp.Equal(u.stamp) {
			return c, nil
		}
	}
	name := b.url + "/gdeltv2/" + u.stamp.Format(stampFormat) + suffix
	file, err := f.fetch.Download(ctx, name, int64(f.cfg.MaxZip))
	if err != nil {
		return counts{}, err
	}
	defer file.Close()
	if err := checkSum(file, u); err != nil {
		return counts{}, refuse(file, err)
	}
	c, err := parseZip(file, file.Size, u.stamp, int64(f.cfg.MaxCSV), f.matcher)
	if err != nil {
		return counts{}, refuse(file, err)
	}
	c.via = b.via
	if c.skipped > 0 {
		f.fetch.NotUnderstood(name, c.skipped)
	}
	f.kept = append(f.kept[max(0, len(f.kept)-maxKept+1):], c)
	return c, nil
}

// refuse says which file it was and keeps nothing of it: files of GDELT hold
// the names of authors and of the people in the news.
func refuse(file *fetch.File, err error) error {
	return fetch.Refuse(nil, fmt.Errorf("%w (file of %d bytes, md5 %s)", err, file.Size, file.MD5))
}

// checkSum compares with what lastupdate.txt said, or with what the store of
// the files says in a header. Where nobody says it, the zip's own sums must do.
func checkSum(file *fetch.File, u update) error {
	want := u.md5
	if want == "" {
		want = headerSum(file.Header)
	}
	switch {
	case u.size != 0 && file.Size != u.size:
		return fmt.Errorf("file has %d bytes, announced were %d", file.Size, u.size)
	case want != "" && file.MD5 != want:
		return fmt.Errorf("md5 of the file is %s, announced was %s", file.MD5, want)
	}
	return nil
}

// headerSum reads X-Goog-Hash: crc32c=…, md5=….
func headerSum(h http.Header) string {
	for _, line := range h.Values("X-Goog-Hash") {
		for part := range strings.SplitSeq(line, ",") {
			text, ok := strings.CutPrefix(strings.TrimSpace(part), "md5=")
			if b, err := base64.StdEncoding.DecodeString(text); ok && err == nil {
				return hex.EncodeToString(b)
			}
		}
	}
	return ""
}
