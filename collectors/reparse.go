package collectors

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tidemark/tidemark/internal/event"
	"github.com/tidemark/tidemark/internal/fetch"
	"github.com/tidemark/tidemark/internal/tapes"
)

// Reread is a look that was read again from its tape.
type Reread struct {
	// Was is the look as it was published, Is as the source reads it now.
	Was, Is *event.Snapshot
	// Missing are requests that the source makes now and did not make then:
	// nothing can be said about the look.
	Missing []string
}

// Newer says whether a newer parser read it.
func (r Reread) Newer() bool { return r.Is.GetParserVersion() > r.Was.GetParserVersion() }

// Reparse lets the source read a tape: the very same Fetch, with the answers of
// then. Nobody is asked. What the look was about (source, target, slot, basis,
// seen_at) and what it cost stays; what was read is new.
func (e Entry) Reparse(ctx context.Context, t tapes.Tape, log *slog.Logger) (Reread, error) {
	was := t.Look
	if was.GetSource() != e.Name {
		return Reread{}, fmt.Errorf("read tape of %s again: it is one of %s", e.Name, was.GetSource())
	}
	l := &looker{name: e.Name, source: e.Source, target: was.GetTarget(), log: log.With("source", e.Name, "target", was.GetTarget().Key())}
	tape := fetch.NewTape(t.Exchanges)
	seen, err := l.fetch(fetch.WithTape(ctx, tape), time.UnixMilli(was.GetSlotMs()).UTC())
	if ctx.Err() != nil {
		return Reread{}, ctx.Err()
	}
	is := proto.CloneOf(was)
	is.Readings, is.Depth, is.Outcome = nil, 0, event.Outcome_OUTCOME_UNSPECIFIED
	is.Reparsed = true
	is.Via = oneLine(seen.GetVia())
	is.ParserVersion = seen.GetParserVersion()
	is.Reason = oneLine(seen.GetReason())
	res := &result{snapshot: is}
	res.decide(seen, err)
	if invalid := checkMessage(is); invalid != nil {
		res.invalid(invalid)
	}
	return Reread{Was: was, Is: is, Missing: tape.Missing()}, nil
}

// Difference is what a newer parser reads otherwise, a line each: "+" for a
// reading that is new, "-" for one that is gone, "~" for another value.
func (r Reread) Difference() []string {
	var lines []string
	told := func(s *event.Snapshot) string {
		return strings.TrimSpace(fmt.Sprintf("%s depth %d %s", s.GetOutcome().Word(), s.GetDepth(), s.GetReason()))
	}
	if a, b := told(r.Was), told(r.Is); a != b {
		lines = append(lines, "~ look: "+a+" → "+b)
	}
	was, is := values(r.Was), values(r.Is)
	for _, key := range slices.Sorted(maps.Keys(was)) {
		switch now, found := is[key]; {
		case !found:
			lines = append(lines, "- "+key+" "+number(was[key]))
		case now != was[key]:
			lines = append(lines, "~ "+key+" "+number(was[key])+" → "+number(now))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(is)) {
		if _, found := was[key]; !found {
			lines = append(lines, "+ "+key+" "+number(is[key]))
		}
	}
	return lines
}

func values(s *event.Snapshot) map[string]float64 {
	all := make(map[string]float64, len(s.GetReadings()))
	for _, r := range s.GetReadings() {
		key := r.GetMetric() + " of " + r.GetSubject()
		if r.GetAtMs() != 0 {
			key += " at " + time.UnixMilli(r.GetAtMs()).UTC().Format("2006-01-02 15:04")
		}
		all[key] = r.GetValue()
	}
	return all
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
