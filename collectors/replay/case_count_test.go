package replay

import "testing"

func TestCountOfTheCase(t *testing.T) {
	t.Parallel()
	c, err := Count("january-2025")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open("january-2025")
	if err != nil {
		t.Fatal(err)
	}
	if c.Messages != c.Snapshots+c.Facts || c.Messages != r.total || c.Snapshots != 7*74*24 || c.Facts < 62 || c.Readings < 100_000 {
		t.Errorf("the case has %+v, its recording says %d messages", c, r.total)
	}
	t.Logf("%+v", c)
}
