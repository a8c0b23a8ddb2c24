package store

import (
	"slices"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
)

// episodeIdentity tells the states of episodes apart.
const episodeIdentity = "xxHash64(concat(id, '\\x1f', toString(sequence), '\\x1f', state))"

type episodeColumns struct {
	id, explanation, advice               texts
	rule, source, target, subject, metric words
	kind, state, basis, unit              words
	sequence                              uint32s
	onset                                 times
	peakAt, closed, at                    clickhouse.Nullables[int64]
	value, baseline, peak, severity       floats

	topic, entity, change              words
	everyS, depth                      uint32s
	previous, multiple, low, high, cov clickhouse.Nullables[float64]
	anatomy                            anatomyColumns
	origin
}

func episodesTable() *table {
	c := &episodeColumns{}
	return &table{
		name: "episodes", identity: episodeIdentity, episodes: c, offsets: &c.offset,
		fields: append([]field{
			{"id", clickhouse.TypeString, &c.id},
			{"kind", clickhouse.TypeWords, &c.kind},
			{"rule", clickhouse.TypeWords, &c.rule},
			{"source", clickhouse.TypeWords, &c.source},
			{"target", clickhouse.TypeWords, &c.target},
			{"subject", clickhouse.TypeWords, &c.subject},
			{"metric", clickhouse.TypeWords, &c.metric},
			{"basis", clickhouse.TypeWords, &c.basis},
			{"state", clickhouse.TypeWords, &c.state},
			{"sequence", clickhouse.TypeUInt32, &c.sequence},
			{"onset", clickhouse.TypeTime, &c.onset},
			{"at", clickhouse.TypeNullableTime, &c.at},
			{"peak_at", clickhouse.TypeNullableTime, &c.peakAt},
			{"closed", clickhouse.TypeNullableTime, &c.closed},
			{"value", clickhouse.TypeFloat64, &c.value},
			{"baseline", clickhouse.TypeFloat64, &c.baseline},
			{"peak", clickhouse.TypeFloat64, &c.peak},
			{"unit", clickhouse.TypeWords, &c.unit},
			{"severity", clickhouse.TypeFloat64, &c.severity},
			{"explanation", clickhouse.TypeString, &c.explanation},
			{"advice", clickhouse.TypeString, &c.advice},
			{"topic", clickhouse.TypeWords, &c.topic},
			{"entity", clickhouse.TypeWords, &c.entity},
			{"change", clickhouse.TypeWords, &c.change},
			{"previous", clickhouse.TypeNullableFloat64, &c.previous},
			{"multiple", clickhouse.TypeNullableFloat64, &c.multiple},
			{"low", clickhouse.TypeNullableFloat64, &c.low},
			{"high", clickhouse.TypeNullableFloat64, &c.high},
			{"coverage", clickhouse.TypeNullableFloat64, &c.cov},
			{"every_s", clickhouse.TypeUInt32, &c.everyS},
			{"depth", clickhouse.TypeUInt32, &c.depth},
		}, slices.Concat(c.anatomy.fields(), c.origin.fields())...),
	}
}

func (h *partition) addEpisode(m at, e *event.Episode) {
	identity := xxhash.Sum64String(e.GetId() + "\x1f" + strconv.FormatUint(uint64(e.GetSequence()), 10) + "\x1f" + e.GetState().Word())
	if episodes := h.tables[0]; !episodes.has(m, identity, 1) {
		episodes.episodes.add(m, e)
	}
}

func (c *episodeColumns) add(m at, e *event.Episode) {
	c.id.Add(e.GetId())
	c.kind.Add(episodeKind(e.GetKind()))
	c.rule.Add(e.GetRule())
	c.source.Add(e.GetSource())
	c.target.Add(e.GetTarget().Key())
	c.subject.Add(e.GetSubject())
	c.metric.Add(e.GetMetric())
	c.basis.Add(episodeBasis(e.GetBasis()))
	c.state.Add(e.GetState().Word())
	c.sequence.Add(e.GetSequence())
	c.onset.Add(e.GetOnsetMs())
	c.at.Add(known(e.GetAtMs()))
	c.peakAt.Add(known(e.GetPeakAtMs()))
	c.closed.Add(known(e.GetClosedMs()))
	c.value.Add(e.GetValue())
	c.baseline.Add(e.GetBaseline())
	c.peak.Add(e.GetPeak())
	c.unit.Add(e.GetUnit())
	c.severity.Add(e.GetSeverity())
	c.explanation.Add(e.GetExplanation())
	c.advice.Add(e.GetAdvice())
	c.topic.Add(e.GetTopic())
	c.entity.Add(e.GetEntity())
	c.change.Add(e.GetChange())
	c.previous.Add(e.Previous)
	c.multiple.Add(knownMultiple(e))
	c.low.Add(e.Low)
	c.high.Add(e.High)
	c.cov.Add(e.Coverage)
	c.everyS.Add(e.GetEveryS())
	c.depth.Add(e.GetDepth())
	c.anatomy.add(e.GetAnatomy())
	c.origin.add(m, 1)
}

// episodeKind fills in what older messages do not have.
func episodeKind(kind string) string {
	if kind == "" {
		return event.EpisodeSurge
	}
	return kind
}

// episodeBasis is empty where nobody said it: no basis is a guess.
func episodeBasis(b event.Basis) string {
	if b == event.Basis_BASIS_UNSPECIFIED {
		return ""
	}
	return b.Word()
}

// knownMultiple is nil where nobody said it: nothing is a multiple of 0.
func knownMultiple(e *event.Episode) *float64 {
	if e.GetMultiple() == 0 {
		return nil
	}
	m := e.GetMultiple()
	return &m
}
