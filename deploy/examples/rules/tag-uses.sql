-- description: Uses of a watched tag since midnight (UTC), all Mastodon servers together.
-- over: 5000
-- clear: 1000
-- looks: 2
-- every: 10m
-- severity: 0.5
-- unit: uses
-- topic: tiktok-refugees

-- What a server said more than an hour ago is not known to hold.
SELECT lower(tag) AS subject, sum(latest) AS value
FROM (
    SELECT subject AS tag, target, argMax(value, at) AS latest
    FROM v_readings
    WHERE metric = 'uses_today' AND basis = 'measured' AND at > now() - INTERVAL 1 HOUR
    GROUP BY subject, target
)
GROUP BY subject
