package store

import (
	"github.com/tidemark/tidemark/internal/clickhouse"
	"github.com/tidemark/tidemark/internal/event"
)

// anatomyColumns are an episode's way up and down. What is not known yet is
// NULL.
type anatomyColumns struct {
	timeToPeak, peakMultiple, atFirst, inTop10, rankArea clickhouse.Nullables[float64]
	halfLife, fitted, fittedLow, fittedHigh              clickhouse.Nullables[float64]
	givenBack, settled                                   clickhouse.Nullables[float64]
	resurges                                             uint32s
	backAt                                               clickhouse.Nullables[int64]
}

func (c *anatomyColumns) fields() []field {
	return []field{
		{"time_to_peak_s", clickhouse.TypeNullableFloat64, &c.timeToPeak},
		{"peak_multiple", clickhouse.TypeNullableFloat64, &c.peakMultiple},
		{"at_first_s", clickhouse.TypeNullableFloat64, &c.atFirst},
		{"in_top_10_s", clickhouse.TypeNullableFloat64, &c.inTop10},
		{"rank_area", clickhouse.TypeNullableFloat64, &c.rankArea},
		{"half_life_s", clickhouse.TypeNullableFloat64, &c.halfLife},
		{"fitted_half_life_s", clickhouse.TypeNullableFloat64, &c.fitted},
		{"fitted_half_life_low_s", clickhouse.TypeNullableFloat64, &c.fittedLow},
		{"fitted_half_life_high_s", clickhouse.TypeNullableFloat64, &c.fittedHigh},
		{"given_back", clickhouse.TypeNullableFloat64, &c.givenBack},
		{"settled", clickhouse.TypeNullableFloat64, &c.settled},
		{"resurges", clickhouse.TypeUInt32, &c.resurges},
		{"back_at", clickhouse.TypeNullableTime, &c.backAt},
	}
}

func (c *anatomyColumns) add(a *event.Anatomy) {
	if a == nil {
		a = &event.Anatomy{}
	}
	c.timeToPeak.Add(a.TimeToPeakS)
	c.peakMultiple.Add(a.PeakMultiple)
	c.atFirst.Add(a.AtFirstS)
	c.inTop10.Add(a.InTop_10S)
	c.rankArea.Add(a.RankArea)
	c.halfLife.Add(a.HalfLifeS)
	c.fitted.Add(a.FittedHalfLifeS)
	c.fittedLow.Add(a.FittedHalfLifeLowS)
	c.fittedHigh.Add(a.FittedHalfLifeHighS)
	c.givenBack.Add(a.GivenBack)
	c.settled.Add(a.Settled)
	c.resurges.Add(a.GetResurges())
	c.backAt.Add(known(a.GetBackAtMs()))
}
