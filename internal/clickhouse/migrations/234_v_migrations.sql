CREATE OR REPLACE VIEW v_migrations {{.OnCluster}} (
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
COMMENT 'One row per migration: the surge episodes of one topic and basis that overlap or follow each other within 7 days. Who lost, who gained, what was said, who moved first, and how much stayed. Episodes that last end now where they are measured, else with what is known of them.'
AS
SELECT id, topic, name, basis, from, to, state, episodes, origin, origin_name, origin_delisted, origin_returned, origin_chart, origin_rank_before, origin_rank_worst, origin_rank_last, origin_rank_loss, destinations, leading, stayed, resurges, attention, led_by, led_family, led_subject, sources, families, corroboration, severity, explanation
FROM migrations FINAL
WHERE gone = 0
