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
	return annotate("Events", colourEvent, withEnglishNames+`SELECT at_from AS time, if(at_to > at_from, at_to, NULL) AS timeEnd,
    concat(arrayStringConcat(arraySort(groupArray(transform(toString(subject), names.1, names.2, toString(subject)))), ', '), ': ', what) AS title,
    concat(any(publisher), ' (confidence: ', any(confidence), '). Seen in ',
        any(if(match(seen_in, '^[a-z0-9.-]+[.][a-z]{2,}'),
            concat('<a href="https://', extract(seen_in, '^[a-z0-9.-]+[.][a-z]{2,}'), '">', seen_in, '</a>'), seen_in))) AS text,
    arrayStringConcat(arraySort(groupArray(toString(subject))), ',') AS tags
FROM events
WHERE at_from <= $__toTime AND ifNull(at_to, at_from) >= $__fromTime
GROUP BY at_from, at_to, what
ORDER BY time`)
}

const withEnglishNames = `WITH (SELECT (groupArray(id), groupArray(name)) FROM entity_names) AS names
`

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
