package appstore

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tidemark/tidemark/collectors/past"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

// maxUnpacked caps a capture that was kept compressed.
const maxUnpacked = 16 << 20

// archive is the Web Archive's list of what it kept.
type archive struct {
	fetch *fetch.Client
	base  string

	mu     sync.Mutex
	byWhat map[string]list // by target
}

// list is what was kept of one target in one month.
type list struct {
	month    time.Time
	captures []capture
}

// capture is one feed as it was kept at a moment.
type capture struct {
	at       time.Time
	original string
}

func newArchive(f *fetch.Client, base string) *archive {
	return &archive{fetch: f, base: base, byWhat: make(map[string]list)}
}

// Reach is since when there has been a feed that could have been kept, of the
// chart whose feed is the oldest. Nobody promises a capture.
func (c *Charts) Reach(now time.Time) time.Time {
	first := now.UTC().Truncate(past.Day)
	for _, ch := range c.charts {
		if since := ch.since(); since.Before(first) {
			first = since
		}
	}
	return first
}

// since is a day before which there was no such feed: the legacy one is of the
// App Store, which opened in July 2008, and the marketing feed v2 came in 2021.
func (ch chart) since() time.Time {
	if ch.isMarketing() {
		return time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(2008, 7, 10, 0, 0, 0, 0, time.UTC)
}

// isMarketing is true where Fetch's first way is the marketing feed.
func (ch chart) isMarketing() bool { return ch.genre == "" && ch.kind != "top-grossing" }

// Spans are days. The list of captures is asked for month by month and kept.
func (c *Charts) Spans(target *event.Target, from, to time.Time) []past.Span {
	if since := c.charts[target.GetName()].since(); from.Before(since) {
		from = since
	}
	return past.Cut(from, to, past.Day, past.Span{Requests: 3, Bytes: 3 * 60 << 10})
}

// FetchPast makes one look of every feed that the Web Archive kept in the span.
// Its slot is when it was kept; nobody had planned it, so it has no interval.
// Only the first way of Fetch counts: another feed is another chart. Most days
// nothing was kept.
func (c *Charts) FetchPast(ctx context.Context, target *event.Target, span past.Span) iter.Seq2[*event.Snapshot, error] {
	return func(yield func(*event.Snapshot, error) bool) {
		ch := c.charts[target.GetName()]
		w := c.ways(ch, target.GetCountry())[0]
		captures, err := c.archive.month(ctx, target, ch, monthOf(span.From))
		if err != nil {
			yield(nil, fmt.Errorf("list what the archive kept: %w", err))
			return
		}
		seen := false
		for _, kept := range captures {
			if kept.at.Before(span.From) || !kept.at.Before(span.To) {
				continue
			}
			look, err := c.archive.look(ctx, kept, w)
			if look != nil && outside(look, span) {
				continue // it sent us to its neighbour, whose turn comes
			}
			seen = true
			if !yield(look, err) {
				return
			}
		}
		if !seen {
			yield(nil, past.ErrNothing)
		}
	}
}

func monthOf(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) }

func outside(look *event.Snapshot, span past.Span) bool {
	return look.GetSlotMs() < span.From.UnixMilli() || look.GetSlotMs() >= span.To.UnixMilli()
}

// month is what was kept of a target in a month, oldest first, each moment
// once.
func (a *archive) month(ctx context.Context, target *event.Target, ch chart, month time.Time) ([]capture, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := a.byWhat[target.Key()]; l.month.Equal(month) {
		return l.captures, nil
	}
	var all []capture
	for _, f := range feeds(ch, target.GetCountry()) {
		resp, err := a.fetch.Get(ctx, f.index(a.base, month))
		if err != nil {
			return nil, err
		}
		captures, err := parseIndex(resp.Body, month, month.AddDate(0, 1, 0))
		if err != nil {
			return nil, fetch.Refuse(resp.Body, err)
		}
		all = append(all, slices.DeleteFunc(captures, func(k capture) bool { return !f.is(k.original) })...)
	}
	slices.SortStableFunc(all, func(x, y capture) int { return x.at.Compare(y.at) })
	all = slices.CompactFunc(all, func(x, y capture) bool { return x.at.Equal(y.at) })
	a.byWhat[target.Key()] = list{month: month, captures: all}
	return all, nil
}

// feed is a family of addresses where Apple had the same chart, in several
// lengths.
type feed struct {
	prefix string // host and path
	is     func(original string) bool
}

// feeds are the addresses of Fetch's first way, at Apple's own hosts: those are
// what was kept, wherever the configuration points to today.
func feeds(ch chart, country string) []feed {
	if ch.isMarketing() {
		path := "/api/v2/" + country + "/apps/" + ch.kind + "/"
		whole := regexp.MustCompile(`^` + regexp.QuoteMeta(path) + `\d+/apps\.json$`)
		is := func(original string) bool {
			u, err := url.Parse(original)
			return err == nil && whole.MatchString(u.Path)
		}
		return []feed{{"rss.applemarketingtools.com" + path, is}, {"rss.marketingtools.apple.com" + path, is}}
	}
	name := legacyFeed(ch.kind)
	return []feed{{"itunes.apple.com/" + country + "/rss/" + name + "/", func(original string) bool {
		u, err := url.Parse(original)
		return err == nil && strings.HasSuffix(u.Path, "/json") && checkLegacySelf(original, country, name, ch.genre) == nil
	}}}
}

// index asks for at most one capture an hour and address.
func (f feed) index(base string, month time.Time) string {
	const dates = "20060102"
	query := url.Values{
		"url": {f.prefix}, "matchType": {"prefix"}, "output": {"json"}, "fl": {"timestamp,original"},
		"filter": {"statuscode:200", `original:.*json.*`}, "collapse": {"timestamp:10"},
		"from": {month.Format(dates)}, "to": {month.AddDate(0, 1, -1).Format(dates)},
	}
	return base + "/cdx/search/cdx?" + query.Encode()
}

// look asks for one capture. One that the archive lists and does not have is a
// look that failed for ever; one that we do not understand is refused.
func (a *archive) look(ctx context.Context, k capture, w way) (*event.Snapshot, error) {
	look := &event.Snapshot{SlotMs: k.at.UnixMilli(), Via: "web-archive " + w.via, ParserVersion: chartsParserVersion}
	resp, err := a.fetch.Get(ctx, a.base+"/web/"+k.at.Format(stampFormat)+"id_/"+k.original)
	if fetch.Status(err) == http.StatusNotFound {
		look.Outcome = event.Outcome_OUTCOME_FAILED
		look.Reason = "the archive lists this capture and does not have it"
		return look, nil
	}
	if err != nil {
		return nil, fmt.Errorf("capture of %s: %w", k.at.Format(time.RFC3339), err)
	}
	if at, ok := captured(resp.URL); ok {
		look.SlotMs = at.UnixMilli() // it may have sent us to a neighbour
	}
	body, err := unpack(resp.Body)
	var ids []string
	if err == nil {
		ids, err = w.parse(body)
	}
	if err != nil {
		look.Outcome, look.Reason = event.Outcome_OUTCOME_REFUSED, err.Error()
		return look, fetch.Refuse(resp.Body, err)
	}
	look.Depth, look.Readings = uint32(len(ids)), ranks(ids)
	return look, nil
}

// captured reads the moment out of …/web/20250113101500id_/….
func captured(address string) (time.Time, bool) {
	_, rest, _ := strings.Cut(address, "/web/")
	stamp, _, ok := strings.Cut(rest, "id_/")
	at, err := time.Parse(stampFormat, stamp)
	return at, ok && err == nil
}

// unpack undoes a compression that was kept without the header that told of it.
func unpack(body []byte) ([]byte, error) {
	if !bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		return body, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxUnpacked+1))
	if err == nil && len(plain) > maxUnpacked {
		err = errors.New("is larger than 16 MiB")
	}
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return plain, nil
}
