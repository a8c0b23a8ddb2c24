package importer

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/event"
)

// TestMemoryIsThatOfOneMoment: of a file in the order of its times, one moment is
// held, however long the file; one that is not in order is held whole, and refused
// beyond a bound.
func TestMemoryIsThatOfOneMoment(t *testing.T) {
	t.Parallel()
	const moments, each = 2000, 3
	day := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	m := mapping(t, "tidemark")
	r, err := newReader(m)
	if err != nil {
		t.Fatal(err)
	}
	pr, pw := io.Pipe()
	go func() {
		fmt.Fprintln(pw, "at,source,target,subject,metric,value")
		for i := range moments {
			for j := range each {
				fmt.Fprintf(pw, "%s,x,tag/weibo//a,s%d,views,%d\n", day.Add(time.Duration(i)*time.Minute).Format("2006-01-02 15:04:05"), j, i)
			}
		}
		pw.Close()
	}()
	table, err := openCSV(pr, "pipe", "", r.columns)
	if err != nil {
		t.Fatal(err)
	}
	g, looks := newGrouper(m, "", true), 0
	if err := r.looks(table, g, &Counts{}, func(*event.Snapshot) error {
		looks++
		if g.held > each || len(g.looks) > 1 {
			return fmt.Errorf("%d readings of %d looks are held", g.held, len(g.looks))
		}
		return nil
	}); err != nil || looks != moments {
		t.Errorf("%d looks, %v", looks, err)
	}
	g = newGrouper(m, "", false)
	g.held = maxHeld
	_, err = g.add(row{at: day, source: "x", target: event.TagTarget("weibo", "a"), subject: "a", readings: []*event.Reading{{Subject: "a", Metric: "views"}}})
	if err == nil || !strings.Contains(err.Error(), "sort it by time first") || errors.Is(err, errOrder) {
		t.Errorf("error is %v", err)
	}
}
