package viewer

import (
	"context"
	"fmt"
	"net/url"
)

// Event is something that happened, as it was published. At and Until are Unix
// seconds, 0 where nobody said when.
type Event struct {
	Subject    string `json:"subject"    ch:"subject"`
	Text       string `json:"text"       ch:"text"`
	At         int64  `json:"at"         ch:"at"`
	Until      int64  `json:"until"      ch:"until"`
	Scope      string `json:"scope"      ch:"scope"`
	Reported   string `json:"reported"   ch:"reported"`
	Publisher  string `json:"publisher"  ch:"publisher"`
	SeenIn     string `json:"seen_in"    ch:"seen_in"`
	Confidence string `json:"confidence" ch:"confidence"`
	Note       string `json:"note"       ch:"note"`
}

// Figure is a number that was published.
type Figure struct {
	Event

	Value     *float64 `json:"value"      ch:"value"`
	ValueText string   `json:"value_text" ch:"value_text"`
	Unit      string   `json:"unit"       ch:"unit"`
	// Metric and Scope name the series that it belongs on, where there is one.
	Metric string `json:"metric" ch:"metric"`
}

// An unknown end is taken for the known one, so that the figure can be drawn.
const (
	factTimes = `
    toInt64(toUnixTimestamp(ifNull(coalesce(at_from, at_to), toDateTime64(0, 3, 'UTC')))) AS at,
    toInt64(toUnixTimestamp(ifNull(coalesce(at_to, at_from), toDateTime64(0, 3, 'UTC')))) AS until`

	// One event about several apps is one event.
	sqlEvents = `
SELECT arrayStringConcat(arraySort(groupUniqArray(toString(e.subject))), ', ') AS subject, e.what AS text, %s,
    any(e.scope) AS scope, any(e.reported) AS reported, any(e.publisher) AS publisher, any(e.seen_in) AS seen_in,
    any(e.confidence) AS confidence, any(e.note) AS note
FROM events AS e
WHERE topic = ?
GROUP BY text, at_from, at_to
ORDER BY at, text`

	sqlReported = `
SELECT subject, metric AS text, %s, scope, reported, publisher, seen_in, confidence, note,
    value, value_text, unit, metric
FROM reported
WHERE topic = ?
ORDER BY at = 0, at, until, subject, text
LIMIT 2000`
)

func (s *server) events(ctx context.Context, q url.Values) (any, error) {
	topic, err := required(q, "topic")
	if err != nil {
		return nil, err
	}
	return rowsOf[Event](ctx, s.deps.DB, fmt.Sprintf(sqlEvents, factTimes), topic)
}

func (s *server) reported(ctx context.Context, q url.Values) (any, error) {
	topic, err := required(q, "topic")
	if err != nil {
		return nil, err
	}
	return rowsOf[Figure](ctx, s.deps.DB, fmt.Sprintf(sqlReported, factTimes), topic)
}

// Gap is a time in which nobody saw the target.
type Gap struct {
	Source string `json:"source" ch:"source"`
	Target string `json:"target" ch:"target"`
	From   int64  `json:"from"   ch:"begins"`
	To     int64  `json:"to"     ch:"ends"`
	Why    string `json:"why"    ch:"why"`
}

// What was seen at the last look holds for one interval; then the gap begins.
const sqlGaps = `
SELECT source, target, toInt64(toUnixTimestamp(from)) + every_s AS begins, toInt64(toUnixTimestamp(to)) AS ends, reason AS why
FROM gaps
WHERE target = ? AND to > fromUnixTimestamp(?) AND from < fromUnixTimestamp(?) AND %s
ORDER BY begins
LIMIT 1000`

func (s *server) gaps(ctx context.Context, q url.Values) (any, error) {
	target, err := required(q, "target")
	if err != nil {
		return nil, err
	}
	sp, err := parseSpan(q)
	if err != nil {
		return nil, err
	}
	bases, err := basesOf(q)
	if err != nil {
		return nil, err
	}
	return rowsOf[Gap](ctx, s.deps.DB, fmt.Sprintf(sqlGaps, bases), target, sp.from.Unix(), sp.to.Unix())
}
