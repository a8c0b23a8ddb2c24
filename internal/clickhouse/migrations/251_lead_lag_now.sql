CREATE OR REPLACE VIEW lead_lag_now {{.OnCluster}} (
    topic LowCardinality(String) COMMENT 'Topic of the watchlist',
    basis LowCardinality(String) COMMENT 'measured, backfill, imported or modelled; never mix them',
    leader LowCardinality(String) COMMENT 'Family of sources that moves first by the lag, as in v_corroboration; of two at once the one with the smaller name',
    follower LowCardinality(String) COMMENT 'Family that moves after it',
    lag_h Int32 COMMENT 'By how many hours follower is later where the two go together best: 0 to 48',
    correlation Float64 COMMENT 'Pearson''s correlation of the two at that lag, -1 to 1: of the logarithm of what is new by hour, and of rank_area as it is. A correlation is no cause',
    hours UInt32 COMMENT 'In how many hours both were seen at that lag: at least 24',
    onset_lead_h Nullable(Float64) COMMENT 'By how many hours the first surge episode of leader began before the first one of follower; negative: after it. NULL where one has none'
)
COMMENT 'Which family of sources moves first in a topic, over the newest 90 days that are known of it, without the app that the crowd leaves. One row per pair. What the rollups write into lead_lag; ask v_lead_lag, which is quick.'
AS
WITH
    per_series AS (
        SELECT topic, basis, family, metric, target, subject, hour, if(metric = 'rank_area', value, ln(1 + greatest(0, value) / over_h)) AS v
        FROM v_attention
        WHERE role != 'origin' AND over_h < 24 AND family != ''
    ),
    scaled AS (
        SELECT topic, basis, family, hour, v / avg(v) OVER (PARTITION BY topic, basis, family, metric, target, subject) AS x,
            hour > max(hour) OVER (PARTITION BY topic, basis) - INTERVAL 90 DAY AS newest
        FROM per_series
    ),
    moves AS (
        SELECT topic, basis, family, hour, avg(s.x) AS x
        FROM scaled AS s
        WHERE newest AND isFinite(s.x)
        GROUP BY topic, basis, family, hour
    ),
    pairs AS (
        SELECT a.topic AS topic, a.basis AS basis, a.family AS leader, b.family AS follower, a.lag AS lag, corr(a.x, b.x) AS r, count() AS n
        FROM (SELECT *, arrayJoin(range(0, 49)) AS lag, hour + toIntervalHour(lag) AS then FROM moves) AS a
        INNER JOIN moves AS b ON b.topic = a.topic AND b.basis = a.basis AND b.hour = a.then
        WHERE a.family != b.family AND (a.lag > 0 OR a.family < b.family)
        GROUP BY topic, basis, leader, follower, lag
        HAVING n >= 24 AND isFinite(r)
    ),
    onsets AS (
        SELECT topic, basis, family, min(onset) AS first_onset
        FROM corroboration FINAL
        WHERE gone = 0
        GROUP BY topic, basis, family
    ),
    best AS (
        SELECT topic, basis, argMax((leader, follower, lag, r, n), (r, -lag)) AS p
        FROM pairs
        GROUP BY topic, basis, least(leader, follower), greatest(leader, follower)
    )
SELECT b.topic AS topic, b.basis AS basis, b.p.1 AS leader, b.p.2 AS follower, toInt32(b.p.3) AS lag_h, b.p.4 AS correlation, toUInt32(b.p.5) AS hours,
    if(l.family = '' OR f.family = '', NULL, toNullable((toUnixTimestamp64Milli(f.first_onset) - toUnixTimestamp64Milli(l.first_onset)) / 3600000)) AS onset_lead_h
FROM best AS b
LEFT JOIN onsets AS l ON l.topic = b.topic AND l.basis = b.basis AND l.family = b.p.1
LEFT JOIN onsets AS f ON f.topic = b.topic AND f.basis = b.basis AND f.family = b.p.2
