package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// annotation is an annotation of a dashboard, and its own builder.
type annotation dashboard.AnnotationQuery

// Build makes an annotation its own builder.
func (a annotation) Build() (dashboard.AnnotationQuery, error) {
	return dashboard.AnnotationQuery(a), nil
}

// Annotation is drawn over every time panel of a dashboard, and can be switched
// off above it.
type Annotation = cog.Builder[dashboard.AnnotationQuery]

// Events are dated events as published, with who said so and a link to where.
// One whose time is known as an interval only is drawn as the interval.
func Events() Annotation {
	return annotate("Events", colourEvent, withNames+`SELECT ifNull(at_from, at_to) AS time, if(at_to > at_from, at_to, NULL) AS timeEnd,
    concat(arrayStringConcat(arraySort(groupArray(transform(toString(subject), names.1, names.2, toString(subject)))), ', '), ': ', what) AS title,
    concat(`+whenOf+`, ' (UTC). ', any(publisher), ' (confidence: ', any(confidence), '). Seen in ',
        arrayStringConcat(arrayMap(s -> if(match(s, '^[a-z0-9.-]+[.][a-z]{2,}'),
            concat('<a href="https://', extract(s, '^[a-z0-9.-]+[.][a-z]{2,}'), '">', s, '</a>'), s), splitByRegexp('; *', any(seen_in))), '; ')) AS text,
    arrayStringConcat(arraySort(groupArray(toString(subject))), ',') AS tags
FROM events
WHERE ifNull(at_from, at_to) <= $__toTime AND ifNull(at_to, at_from) >= $__fromTime
GROUP BY at_from, at_to, what
ORDER BY time`)
}

// whenOf says as a text when an event was: a day, some days, or a minute; of one
// whose beginning is not known until when.
const whenOf = `multiIf(
        at_from IS NULL, concat('until ', formatDateTime(assumeNotNull(at_to), '%e %b %Y')),
        toDate(ifNull(at_to, at_from)) != toDate(at_from), concat(formatDateTime(assumeNotNull(at_from), '%e %b'), ' to ', formatDateTime(assumeNotNull(at_to), '%e %b %Y')),
        at_to > at_from + INTERVAL 1 HOUR, formatDateTime(assumeNotNull(at_from), '%e %b %Y'),
        formatDateTime(assumeNotNull(at_from), '%e %b %Y %H:%i'))`

// NobodyLooked are the spans in which nobody saw a target, as grey regions.
// condition says which targets are of interest, such as
// "target IN (${chart:singlequote})".
func NobodyLooked(condition string) Annotation {
	return annotate("Nobody looked", colourGap, `SELECT from AS time, to AS timeEnd,
    concat('Nobody looked: ', cause) AS title,
    concat(arrayStringConcat(arraySort(groupUniqArray(toString(target))), ', '), ' (', any(reason), ', ', toString(max(looks_missed)), ' looks missed)') AS text,
    concat('gap,', any(cause)) AS tags
FROM kept_gaps_between(since = $__fromTime, until = $__toTime)
WHERE `+condition+`
GROUP BY from, to, cause
ORDER BY time
LIMIT 200`)
}

func annotate(name, colour, sql string) Annotation {
	return annotation{
		Name: name, Datasource: new(clickhouseRef()), Enable: true, Hide: new(false),
		IconColor: colour, Target: Rows(sql),
	}
}
