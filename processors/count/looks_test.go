package count

import (
	"fmt"
	"testing"
	"time"
)

// No two looks are one in the table of looks, and none seems late while
// everything is well.
func TestLooksAreToldApartAndInTime(t *testing.T) {
	t.Parallel()
	s, tape := newSink(), &tape{t: t}
	for at := noon; at.Before(noon.Add(2*time.Hour + 5*time.Minute)); at = at.Add(7 * time.Second) {
		tape.mention("tiktok", at)
	}
	newLife(t, s, settings(), never(), "tiktok", "rednote").handle(tape.msgs...)
	rows, hourly := map[string]bool{}, 0
	for _, look := range s.looks {
		row := fmt.Sprint(look.GetTarget().Key(), look.GetSlotMs(), look.GetSeenAtMs())
		if rows[row] {
			t.Errorf("two looks are %s", row)
		}
		rows[row] = true
		if look.GetTarget().Key() == ofTop {
			hourly++
			if look.GetEveryS() != 3600 {
				t.Errorf("top tags come every %d s", look.GetEveryS())
			}
		} else if look.GetEveryS() != 60 {
			t.Errorf("%s comes every %d s", look.GetTarget().Key(), look.GetEveryS())
		}
		for _, r := range look.GetReadings() {
			length := minuteMS
			if r.GetMetric() != metricMinute {
				length = hourMS
			}
			if look.GetSlotMs()-r.GetAtMs() != length+150_000 {
				t.Errorf("slot is %d ms after %s began", look.GetSlotMs()-r.GetAtMs(), r.GetMetric())
			}
		}
	}
	if hourly != 2 {
		t.Errorf("%d hours of top tags", hourly)
	}
}
