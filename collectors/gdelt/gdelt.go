// Package gdelt counts how many news articles hold a watched keyword, in the
// files that GDELT makes of the world's news every 15 minutes, and by its
// search. It keeps counts only: no article, no address and no name.
package gdelt

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark/tidemark/collectors/about"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
)

const (
	parserVersion = 1
	place         = "gdelt"
	// step is what a file is about.
	step = 15 * time.Minute
)

// Source counts the watched keywords in the files.
type Source struct {
	files   *files
	targets []*event.Target
}

// New makes the source of the watched keywords.
func New(f *fetch.Client, cfg config.GDELT, w config.Watch) (*Source, error) {
	targets, err := targets(w.Keywords)
	if err != nil {
		return nil, err
	}
	m, err := newMatcher(w.Keywords)
	if err != nil {
		return nil, err
	}
	return &Source{files: newFiles(f, cfg, m), targets: targets}, nil
}

func targets(words []string) ([]*event.Target, error) {
	var list []*event.Target
	for i, word := range words {
		t := &event.Target{Kind: event.KindKeyword, Place: place, Name: word}
		if err := t.Validate(); err != nil {
			return nil, fmt.Errorf("watch.keywords[%d]: %w", i, err)
		}
		list = append(list, t)
	}
	return list, nil
}

// About describes the source.
func About() about.Source {
	return about.Source{
		Targets: "keyword/gdelt//<word>", Readings: "`articles_15m`, `norm_15m`",
		Signal: "how much the world's news write about it",
		Unit:   "articles with the word in a 15-minute file, and all articles of that file; the file's own time stamp is the time",
		Fresh:  "15 to 35 min",
		Terms:  "Open data of the GDELT Project, free also for commercial use with a mention of GDELT; no key. The files are about 6 MB every 15 minutes, some 550 MB a day.",
		Faults: "An article counts for a word if its address, page title, organisations or themes have it as a whole word (see the package's matcher): upper and lower case are one, and what is no letter and no digit separates words. English sources only; other languages are in files that are not read. Each look reads the newest file and, where it has not been read, the one before. The MD5 is checked of the newest file, which is announced with it; of older ones only where the store of the files gives a checksum, else the zip's own sums must do. A wrong one is refused, as is a newest file that is more than an hour older than the look. Up to 1 % of a file's lines may be of another shape: the look's reason says how many, and more are refused. If the host does not answer its mirror is asked.",
		Past:   "since 2015-02-18, one file of about 6 MB per 15 minutes for all keywords together: 550 MB a day of the past",
	}
}

// Targets are the watched keywords.
func (s *Source) Targets() []*event.Target { return s.targets }

// Fetch counts in the newest file, and in the one before. All keywords are
// counted at once, so the looks of a tick are one download.
func (s *Source) Fetch(ctx context.Context, target *event.Target, slot time.Time) (*event.Snapshot, error) {
	snap := &event.Snapshot{ParserVersion: parserVersion}
	found, err := s.files.visit(ctx, slot)
	for _, c := range found {
		snap.Via = c.via
		snap.Readings = append(snap.Readings, c.readings(target.GetName())...)
	}
	if remark := remark(found...); remark != "" {
		if err != nil { // which becomes the reason
			return snap, fmt.Errorf("%w; %s", err, remark)
		}
		snap.Reason = remark
	}
	return snap, err
}

// remark says how many lines of the files were passed over; "" where none was.
func remark(found ...counts) string {
	var parts []string
	for _, c := range found {
		if c.skipped > 0 {
			parts = append(parts, fmt.Sprintf("%d of %d lines of the file of %s were not understood",
				c.skipped, c.articles+c.skipped, c.stamp.Format(time.RFC3339)))
		}
	}
	return strings.Join(parts, "; ")
}

// readings are what a file says of a word: its articles, and all articles,
// without which a quiet hour of the news would look like a decline.
func (c counts) readings(word string) []*event.Reading {
	at := c.stamp.UnixMilli()
	return []*event.Reading{
		{Subject: word, Metric: "articles_15m", Value: float64(c.byWord[word]), AtMs: at},
		{Subject: word, Metric: "norm_15m", Value: float64(c.articles), AtMs: at},
	}
}
