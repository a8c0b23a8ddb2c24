ALTER TABLE counts_hourly {{.OnCluster}}
    ADD PROJECTION IF NOT EXISTS busiest ( -- the busiest hour of each series and day, of which the loudest are found
        SELECT kind, metric, subject, target, platform, basis, toDate(hour), max(growth / over_h), max(level)
        GROUP BY kind, metric, subject, target, platform, basis, toDate(hour)
    ),
    MATERIALIZE PROJECTION busiest
