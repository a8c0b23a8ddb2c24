package gdelt

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/tidemark/tidemark/collectors/about"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

// docSpan is how far back each look asks: what the search refused for hours is
// made up for by the first look that it takes.
const docSpan = 24 * time.Hour

// Doc asks GDELT's search (DOC 2.0) for the share of articles with a word.
type Doc struct {
	fetch   *fetch.Client
	base    string
	targets []*event.Target
}

// NewDoc makes the second source of the watched keywords.
func NewDoc(f *fetch.Client, cfg config.GDELTDoc, w config.Watch) (*Doc, error) {
	list, err := targets(w.Keywords)
	if err != nil {
		return nil, err
	}
	if _, err := newMatcher(w.Keywords); err != nil { // what could not be found could not be asked either
		return nil, err
	}
	return &Doc{fetch: f, base: strings.TrimRight(cfg.BaseURL, "/"), targets: list}, nil
}

// AboutDoc describes the second source.
func AboutDoc() about.Source {
	return about.Source{
		Targets: "keyword/gdelt//<word>", Readings: "`share`, `norm`",
		Signal: "which part of the world's news writes about it", Unit: "articles with the word or phrase in their text, of all articles, 0 to 1; and how many all are; both in a quarter of an hour",
		Fresh:  "15 min and up to the interval of the looks",
		Terms:  "Open data of the GDELT Project, no key; one request every 5 seconds, and a User-Agent.",
		Faults: "Opportunistic: since 2026 the search sheds load and answers 429 even to a first request, so many looks fail; each asks for the last 24 hours, so one that succeeds heals the others. Errors come as plain text with status 200 and are refused with that text. Where nothing at all was counted there is no share. All languages, full text: not comparable with the counts of `gdelt`.",
	}
}

// Targets are the watched keywords.
func (d *Doc) Targets() []*event.Target { return d.targets }

// Fetch asks for the last day before the slot, in quarters of an hour.
func (d *Doc) Fetch(ctx context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: parserVersion}
	to := slot.UTC().Truncate(step)
	from := to.Add(-docSpan)
	resp, err := d.fetch.Get(ctx, d.question(target.GetName(), from, to))
	if err != nil {
		return snap, err
	}
	points, err := parseTimeline(resp.Body, from, to)
	if err != nil {
		return snap, fetch.Refuse(resp.Body, err)
	}
	for _, p := range points {
		at := p.at.UnixMilli()
		if p.norm > 0 {
			snap.Readings = append(snap.Readings, &event.Reading{Subject: target.GetName(), Metric: "share", Value: p.value / p.norm, AtMs: at})
		}
		snap.Readings = append(snap.Readings, &event.Reading{Subject: target.GetName(), Metric: "norm", Value: p.norm, AtMs: at})
	}
	if len(points) == 0 {
		snap.Reason = "the timeline has no point"
	}
	return snap, nil
}

func (d *Doc) question(word string, from, to time.Time) string {
	query := url.Values{
		"query": {`"` + word + `"`}, "mode": {"timelinevolraw"}, "format": {"json"},
		"startdatetime": {from.Format(stampFormat)}, "enddatetime": {to.Format(stampFormat)},
	}
	return d.base + "/api/v2/doc/doc?" + query.Encode()
}
