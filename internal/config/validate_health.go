package config

import "time"

func (k *checker) health(c *Health) {
	const at = "process.health."
	k.between(at+"every", c.Every.D(), time.Second, time.Hour)
	k.between(at+"lookback", c.Lookback.D(), 2*day, 366*day)
	k.between(at+"grace", c.Grace.D(), 0, day)
	k.need(c.StaleAfter >= 1.5 && c.StaleAfter <= 1000, at+"stale_after", "is %v, want 1.5 to 1000 intervals", c.StaleAfter)
	k.whole(at+"failing_looks", c.FailingLooks, 1, 12)
	k.whole(at+"recover_looks", c.RecoverLooks, 1, 12)
	k.thresholds(at+"depth", c.Depth, c.DepthRecovered)
	k.whole(at+"missing_looks", c.MissingLooks, 1, 50)
	k.whole(at+"equal_looks", c.EqualLooks, 3, 1000)
	k.whole(at+"equal_readings", c.EqualReadings, 2, 1000)
	k.between(at+"frozen_after", c.FrozenAfter.D(), time.Hour, 90*day)
	k.need(c.FrozenAfter < c.Lookback, at+"frozen_after", "is %s, want less than %slookback (%s)", c.FrozenAfter, at, c.Lookback)
	k.thresholds(at+"coverage", c.Coverage, c.CoverageRecovered)
	k.between(at+"accept_after", c.AcceptAfter.D(), time.Hour, 366*day)
}

func (k *checker) whole(path string, got, low, high int) {
	k.need(got >= low && got <= high, path, "is %d, want %d to %d", got, low, high)
}

// thresholds are two shares; between them nothing changes.
func (k *checker) thresholds(path string, opens, closes float64) {
	k.need(opens > 0 && opens < 1, path, "is %v, want more than 0 and less than 1", opens)
	k.need(closes >= opens && closes <= 1, path+"_recovered", "is %v, want %v to 1", closes, opens)
}
