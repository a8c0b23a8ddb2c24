package metrics

import (
	"bytes"
	"context"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// perChunk is how many samples are compressed together: half an hour of them.
const perChunk = 120

// store is a memory of series, as Prometheus' evaluation wants it.
type store struct {
	keep time.Duration
	most int

	mu     sync.RWMutex
	series map[string]*series // by their labels' bytes
	turn   uint64             // of sampling
}

type series struct {
	labels labels.Labels
	chunks []*chunk
	seen   uint64 // in which turn
}

// chunk is a stretch of compressed samples. Its bytes from and to belong to the
// store; who reads gets a copy of what is still written.
type chunk struct {
	from, to int64
	data     *chunkenc.XORChunk
	app      chunkenc.Appender
}

func newStore(keep time.Duration, most int) *store {
	return &store{keep: keep, most: most, series: map[string]*series{}}
}

func (s *store) count() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.series)
}

// begin starts a turn of sampling; who samples is one only.
func (s *store) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn++
}

// begins says that what a new series counts was 0 at that time: what has first
// been counted since is an increase too. Without it, a counter that appears with
// a value would never have grown to it.
func (s *store) begins(l labels.Labels, at int64) {
	s.mu.RLock()
	_, known := s.series[string(l.Bytes(nil))]
	s.mu.RUnlock()
	if !known {
		s.add(l, at, 0)
	}
}

// add keeps a sample; false: there are too many series already.
func (s *store) add(l labels.Labels, at int64, v float64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := string(l.Bytes(nil))
	one, ok := s.series[key]
	if !ok {
		if len(s.series) >= s.most {
			return false
		}
		one = &series{labels: l}
		s.series[key] = one
	}
	one.seen = s.turn
	one.append(at, v)
	return true
}

func (s *series) append(at int64, v float64) {
	var last *chunk
	if n := len(s.chunks); n > 0 {
		last = s.chunks[n-1]
		if at <= last.to { // a clock that went back
			return
		}
	}
	if last == nil || last.data.NumSamples() >= perChunk {
		data := chunkenc.NewXORChunk()
		app, err := data.Appender()
		if err != nil { // an empty chunk takes samples
			return
		}
		last = &chunk{from: at, data: data, app: app}
		s.chunks = append(s.chunks, last)
	}
	last.app.Append(0, at, v)
	last.to = at
}

// end closes a turn: series that were not there are marked as ended, and what is
// too old goes.
func (s *store) end(at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := at - s.keep.Milliseconds()
	maps.DeleteFunc(s.series, func(_ string, one *series) bool {
		if one.seen+1 == s.turn {
			one.append(at, math.Float64frombits(value.StaleNaN))
		}
		one.chunks = slices.DeleteFunc(one.chunks, func(c *chunk) bool { return c.to < old })
		return len(one.chunks) == 0
	})
}

// part is what of a series a question sees.
type part struct {
	labels labels.Labels
	chunks []chunkenc.Chunk
}

// matching are the series with samples in the time.
func (s *store) matching(from, to int64, matchers []*labels.Matcher) []part {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []part
	for _, one := range s.series {
		if slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(one.labels.Get(m.Name)) }) {
			continue
		}
		p := part{labels: one.labels}
		for i, c := range one.chunks {
			switch {
			case c.to < from || c.from > to:
			case i < len(one.chunks)-1:
				p.chunks = append(p.chunks, c.data)
			default:
				whole := chunkenc.NewXORChunk()
				whole.Reset(bytes.Clone(c.data.Bytes()))
				p.chunks = append(p.chunks, whole)
			}
		}
		if len(p.chunks) > 0 {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b part) int { return labels.Compare(a.labels, b.labels) })
	return out
}

// Querier looks into a time, Unix milliseconds.
func (s *store) Querier(from, to int64) (storage.Querier, error) { return &querier{s, from, to}, nil }

type querier struct {
	store    *store
	from, to int64
}

func (q *querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	return &seriesSet{parts: q.store.matching(q.from, q.to, matchers), at: -1}
}

// LabelValues and LabelNames are asked by nobody: the evaluation selects only.
func (q *querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q *querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q *querier) Close() error { return nil }

type seriesSet struct {
	parts []part
	at    int
}

func (s *seriesSet) Next() bool                        { s.at++; return s.at < len(s.parts) }
func (s *seriesSet) At() storage.Series                { return s.parts[s.at] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

func (p part) Labels() labels.Labels { return p.labels }

// Iterator goes through the samples of all chunks.
func (p part) Iterator(chunkenc.Iterator) chunkenc.Iterator {
	var all list
	for _, c := range p.chunks {
		for it := c.Iterator(nil); it.Next() != chunkenc.ValNone; {
			at, v := it.At()
			all = append(all, sample{at, v})
		}
	}
	return storage.NewListSeriesIterator(all)
}

type list []sample

func (l list) Get(i int) chunks.Sample { return l[i] }
func (l list) Len() int                { return len(l) }

// sample is one number at one time, Unix milliseconds.
type sample struct {
	at int64
	v  float64
}

func (s sample) T() int64                      { return s.at }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.v }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }
