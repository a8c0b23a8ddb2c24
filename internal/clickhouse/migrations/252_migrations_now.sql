CREATE OR REPLACE VIEW migrations_now {{.OnCluster}} (
    id String COMMENT 'topic/basis/start: the start is the first onset; an earlier one that is found later makes it another',
    topic LowCardinality(String) COMMENT 'Topic of the watchlist',
    name String COMMENT 'Name of the topic to show',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled: episodes of different bases are never one migration',
    from DateTime64(3, 'UTC') COMMENT 'First onset',
    to Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last episode ended; NULL: it lasts',
    state LowCardinality(String) COMMENT 'open: an episode of it lasts; over',
    episodes UInt32 COMMENT 'How many surge episodes it has',
    origin String COMMENT 'Entity that the crowd leaves; empty: the topic has none',
    origin_name String COMMENT 'Its name',
    origin_delisted Nullable(DateTime64(3, 'UTC')) COMMENT 'First look of the same basis that found a page of the origin gone, between 7 days before the migration and 7 days after it; NULL: none did',
    origin_returned Nullable(DateTime64(3, 'UTC')) COMMENT 'First look after that found one back, however late; NULL: none did, or it was never gone',
    origin_chart String COMMENT 'The chart that its ranks are of: of those it was on in the 7 days before, an overall one first, then the one where it stood best; empty: it was on none',
    origin_rank_before Nullable(Float64) COMMENT 'Median of its last rank of each hour there in the 7 days before the migration',
    origin_rank_worst Nullable(UInt32) COMMENT 'Its worst place there during the migration; depth + 1 where no look of an hour found it',
    origin_rank_last Nullable(UInt32) COMMENT 'Its last place there during the migration, likewise',
    origin_rank_loss Nullable(Float64) COMMENT 'origin_rank_worst - origin_rank_before, in places; negative: it rose',
    destinations Array(Tuple(entity String, name String, onset DateTime64(3, 'UTC'), rise Nullable(Float64), best_rank Nullable(Float64), hours_at_first Nullable(Float64), half_life_s Nullable(Float64), given_back Nullable(Float64), settled Nullable(Float64), target String, episode String)) COMMENT 'Of each destination its leading episode, the best destination first. rise: peak as a multiple of the baseline; best_rank: NULL where no rank rose; the rest as in v_episodes',
    leading String COMMENT 'Entity of the first of the destinations; empty: none moved',
    stayed Nullable(Float64) COMMENT '1 - given_back of the leading destination: the share of its rise that stayed, of ranks on the log scale; below 0 where it settled below where it had come from; NULL: not known yet',
    resurges UInt32 COMMENT 'How often the leading series surged again: within its episodes, and as further episodes of the rule',
    attention Array(Tuple(kind String, subject String, source String, family String, metric String, onset DateTime64(3, 'UTC'), peak_multiple Nullable(Float64), episode String)) COMMENT 'What people said and read: of each subject and source the episode with the largest peak as a multiple of its baseline, the largest first; of another app, its entity',
    led_by LowCardinality(String) COMMENT 'Source of the first onset',
    led_family String COMMENT 'Its family, as in v_corroboration',
    led_subject String COMMENT 'What it was about',
    sources UInt32 COMMENT 'How many independent sources (families) moved',
    families Array(String) COMMENT 'Their names, in the order of their first onsets',
    corroboration Float64 COMMENT 'The largest score of its episodes in v_corroboration',
    severity Float64 COMMENT 'The largest severity of its episodes, 0 to 1',
    explanation String COMMENT 'The same in words'
)
COMMENT 'What the rollups write into migrations; ask v_migrations, which is quick. One row per migration: the surge episodes of one topic and basis that overlap or follow each other within 7 days. Who lost, who gained, what was said, who moved first, and how much stayed. Episodes that last end now where they are measured, else with what is known of them.'
AS
WITH
    known_topics AS (SELECT * FROM topics FINAL),
    roles AS (SELECT topic, member, any(role) AS role FROM known_topics WHERE kind = 'entity' GROUP BY topic, member),
    heads AS (
        SELECT topic, anyIf(name, kind = 'topic') AS name, anyIf(member, role = 'origin' AND removed = 0) AS origin
        FROM known_topics
        GROUP BY topic
    ),
    told AS (
        SELECT e.id AS id, e.topic AS topic, e.basis AS basis, e.rule AS rule, e.source AS source, e.target AS target, e.subject AS subject,
            e.metric AS metric, e.entity AS entity, e.state AS state, e.onset AS onset, e.closed AS closed, e.severity AS severity,
            e.peak_multiple AS peak_multiple, e.half_life_s AS half_life_s, e.given_back AS given_back, e.settled AS settled,
            e.at_first_s / 3600 AS hours_at_first, e.resurges AS resurges,
            if(e.metric = 'rank' AND e.peak < e.baseline, toNullable(e.peak), NULL) AS best_rank,
            c.family AS family, c.score AS score, r.role AS role,
            multiIf(
                e.closed IS NOT NULL, assumeNotNull(e.closed),
                e.basis = 'measured', greatest(now64(3, 'UTC'), e.onset),
                greatest(e.onset, ifNull(e.at, e.onset))) AS ends
        FROM v_episodes AS e
        INNER JOIN (SELECT id, family, score FROM corroboration FINAL WHERE gone = 0) AS c ON c.id = e.id
        LEFT JOIN roles AS r ON r.topic = e.topic AND r.member = e.entity
        WHERE e.kind = 'surge' AND e.topic != ''
    ),
    begun AS (
        SELECT *, onset > max(ends) OVER (
            PARTITION BY topic, basis ORDER BY onset ASC, id ASC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + toIntervalDay(7) AS begins
        FROM told
    ),
    parts AS (
        SELECT *, sum(begins) OVER (
            PARTITION BY topic, basis ORDER BY onset ASC, id ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS nr
        FROM begun
    ),
    spans AS (
        SELECT topic, basis, nr, min(onset) AS begin, max(ends) AS last, countIf(state != 'closed') > 0 AS lasts,
            count() AS episodes, max(score) AS corroboration, max(p.severity) AS worst,
            argMin((source, family, if(entity = '', toString(subject), toString(entity))), (onset, id)) AS led,
            arrayDistinct(arrayMap(f -> f.2, arraySort(groupArrayIf((onset, family), family != '')))) AS families,
            arraySort(groupArrayIf((
                (ifNull(best_rank, 1e9), -ifNull(hours_at_first, 0), -ifNull(peak_multiple, 0), onset, id),
                (toString(entity), onset, peak_multiple, best_rank, hours_at_first, half_life_s, given_back, settled, toString(target), id),
                (rule, source, target, subject, metric)), role = 'destination')) AS rose,
            arraySort(s -> (-ifNull(s.7, 0), s.6, s.8), groupArrayIf((
                splitByChar('/', toString(target))[1], if(entity = '', toString(subject), toString(entity)), toString(source), family, toString(metric),
                onset, peak_multiple, id), role NOT IN ('origin', 'destination'))) AS said,
            groupArray(((rule, source, target, subject, metric), p.resurges)) AS surges
        FROM parts AS p
        GROUP BY topic, basis, nr
    ),
    told_of AS (
        SELECT *,
            arrayMap(d -> d.2, arrayFilter((d, n) -> n = 1, rose, arrayEnumerateUniq(arrayMap(d -> d.2.1, rose)))) AS gained,
            arrayFilter((s, n) -> n = 1, said, arrayEnumerateUniq(arrayMap(s -> (s.3, s.2), said))) AS attention,
            arrayMap(a -> a.2, arrayFilter(a -> a.1 = rose[1].3, surges)) AS again
        FROM spans
    ),
    origin_apps AS (
        SELECT entity, place, app FROM entity_apps WHERE entity IN (SELECT origin FROM heads WHERE origin != '')
    ),
    listings AS (
        SELECT a.entity AS entity, r.basis AS basis, r.place AS place, r.country AS country, r.at AS at, max(r.value) AS listed
        FROM (SELECT place, country, basis, toString(subject) AS subject, at, value FROM v_readings WHERE metric = 'listed' AND kind = 'listing' AND subject IN (SELECT app FROM origin_apps)) AS r
        INNER JOIN origin_apps AS a ON a.place = r.place AND a.app = r.subject
        GROUP BY entity, basis, place, country, at
    ),
    turns AS (
        SELECT entity, basis, arraySort(groupArrayIf(at, listed = 0 AND before = 1)) AS gone, arraySort(groupArrayIf(at, listed = 1 AND before = 0)) AS back
        FROM (
            SELECT *, lagInFrame(toNullable(listed)) OVER (
                PARTITION BY entity, basis, place, country ORDER BY at ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
            FROM listings
        )
        GROUP BY entity, basis
    ),
    -- Of each chart of the origin: (hour, last place, worst place; depth + 1 where
    -- the looks did not find it).
    charted AS (
        SELECT entity, basis, groupArray((target, places)) AS charts
        FROM (
            SELECT entity, basis, toString(target) AS target,
                arraySort(groupArray((hour, ifNull(h.rank, toUInt32(0)), if(h.state = 'ranked', assumeNotNull(h.worst), toUInt32(h.depth + 1))))) AS places
            FROM v_ranks_hourly AS h
            WHERE entity IN (SELECT origin FROM heads WHERE origin != '') AND looks > 0 AND depth > 0
            GROUP BY entity, basis, target
            HAVING countIf(h.state = 'ranked') > 0
        )
        GROUP BY entity, basis
    ),
    (SELECT (groupArray(entity), groupArray(value)) FROM watchlist FINAL WHERE removed = 0 AND kind = 'entity') AS names,
    -- Step by step, as each name that is used in many places makes the whole larger.
    joined AS (
        SELECT s.topic AS topic, s.basis AS basis, s.begin AS begin, s.last AS last, s.lasts AS lasts, s.episodes AS episodes,
            s.corroboration AS corroboration, s.worst AS worst, s.led AS led, s.families AS families, s.attention AS attention,
            if(h.name = '', toString(s.topic), h.name) AS name, h.origin AS origin,
            arrayMap(d -> (d.1, transform(d.1, names.1, names.2, d.1), d.2, d.3, d.4, d.5, d.6, d.7, d.8, d.9, d.10), s.gained) AS destinations,
            if(empty(s.gained), toUInt32(0), toUInt32(arraySum(s.again) + length(s.again) - 1)) AS resurges,
            arrayFirstOrNull(x -> x >= s.begin - toIntervalDay(7) AND x <= s.last + toIntervalDay(7), t.gone) AS origin_delisted,
            t.back AS back,
            arraySort(c -> (c.1 NOT LIKE '%/overall', c.2, c.1), arrayFilter(c -> c.2 > 0, arrayMap(c -> (c.1,
                arrayReduce('median', arrayMap(p -> toFloat64(p.2), arrayFilter(p -> p.2 > 0 AND p.1 < s.begin AND p.1 >= s.begin - toIntervalDay(7), c.2))),
                arrayMap(p -> (p.3, if(p.2 > 0, p.2, p.3)), arrayFilter(p -> p.1 >= toStartOfHour(s.begin) AND p.1 <= s.last, c.2))), k.charts)))[1] AS best_chart
        FROM told_of AS s
        LEFT JOIN heads AS h ON h.topic = s.topic
        LEFT JOIN turns AS t ON t.entity = h.origin AND t.basis = s.basis
        LEFT JOIN charted AS k ON k.entity = h.origin AND k.basis = s.basis
    ),
    measured AS (
        SELECT * EXCEPT (back, best_chart),
            transform(origin, names.1, names.2, origin) AS origin_name,
            if(origin_delisted IS NULL, NULL, arrayFirstOrNull(x -> x > assumeNotNull(origin_delisted), back)) AS origin_returned,
            best_chart.1 AS origin_chart,
            if(origin_chart = '', NULL, toNullable(best_chart.2)) AS origin_rank_before,
            arrayMap(p -> p.1, best_chart.3) AS worsts, arrayMap(p -> p.2, best_chart.3) AS ranks,
            destinations[1].1 AS leading
        FROM joined
    )
SELECT
    concat(topic, '/', basis, '/', formatDateTime(begin, '%Y-%m-%dT%H:%i:%SZ', 'UTC')) AS id,
    topic, name, basis, begin AS from,
    if(lasts, NULL, toNullable(last)) AS to,
    if(lasts, 'open', 'over') AS state,
    toUInt32(m.episodes) AS episodes,
    origin, origin_name, origin_delisted, origin_returned, origin_chart, origin_rank_before,
    if(empty(worsts), NULL, toNullable(arrayMax(worsts))) AS origin_rank_worst,
    if(empty(ranks), NULL, toNullable(ranks[-1])) AS origin_rank_last,
    origin_rank_worst - origin_rank_before AS origin_rank_loss,
    destinations, leading,
    if(leading = '', NULL, 1 - destinations[1].8) AS stayed,
    resurges, attention,
    led.1 AS led_by, led.2 AS led_family, led.3 AS led_subject,
    toUInt32(length(m.families)) AS sources,
    m.families AS families,
    corroboration, worst AS severity,
    concat(name, ', ', basis, ': ', toString(m.episodes), if(m.episodes = 1, ' episode', ' episodes'), ' of ', toString(length(m.families)), if(length(m.families) = 1, ' source', ' independent sources'),
        ' from ', formatDateTime(begin, '%Y-%m-%d %H:%i', 'UTC'), if(lasts, ', not over yet', concat(' to ', formatDateTime(last, '%Y-%m-%d %H:%i', 'UTC'))), ' (UTC). ',
        'First moved ', led.3, ' at ', led.1, '.',
        arrayStringConcat(arrayMap(d -> concat(' ', d.2, ' rose', if(d.5 IS NULL, '', concat(' to rank ', toString(assumeNotNull(d.5)))),
            if(ifNull(d.6, 0) > 0, concat(', ', toString(round(assumeNotNull(d.6), 1)), ' h at #1'), ''),
            if(d.8 IS NULL, '', concat(', gave ', toString(round(100 * assumeNotNull(d.8))), ' % back')), '.'), destinations), ''),
        if(origin_delisted IS NULL, '', concat(' ', origin_name, ' was gone from a store from ', formatDateTime(assumeNotNull(origin_delisted), '%Y-%m-%d %H:%i', 'UTC'),
            if(origin_returned IS NULL, ' on', concat(' to ', formatDateTime(assumeNotNull(origin_returned), '%Y-%m-%d %H:%i', 'UTC'))), '.'))) AS explanation
FROM measured AS m
