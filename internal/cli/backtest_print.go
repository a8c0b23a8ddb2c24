package cli

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/tidemark/tidemark/processors/backtest"
	"github.com/tidemark/tidemark/processors/notify/message"
)

const minute = "2006-01-02 15:04"

// printBacktest shows a report to a person. Moments are UTC.
func printBacktest(out io.Writer, r *backtest.Report) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s to %s (UTC), %s: %d looks at %d targets, warmed up for %s\n", r.From.Format(time.DateOnly),
		r.To.Add(-time.Millisecond).Format(time.DateOnly), r.Basis, r.Looks, r.Targets, r.WarmUp)
	if r.B == nil {
		fmt.Fprintf(t, "\n%s would have told:\n\n", r.A.Rules)
		printFindings(t, r.A.Findings)
	} else {
		fmt.Fprintf(t, "\nA: %s\nB: %s\n", r.A.Rules, r.B.Rules)
		fmt.Fprintf(t, "\nboth (%d), as A tells it:\n\n", len(r.Both))
		var both []backtest.Finding
		for _, p := range r.Both {
			both = append(both, p.A)
		}
		printFindings(t, both)
		fmt.Fprintf(t, "\nonly A (%d):\n\n", len(r.OnlyA))
		printFindings(t, r.OnlyA)
		fmt.Fprintf(t, "\nonly B (%d):\n\n", len(r.OnlyB))
		printFindings(t, r.OnlyB)
	}
	if r.B == nil {
		printMessages(t, "", r.Receiver, r.A.Messages)
	} else {
		printMessages(t, "A: ", r.Receiver, r.A.Messages)
		printMessages(t, "B: ", r.Receiver, r.B.Messages)
	}
	printWeeks(t, r)
	printLeads(t, r)
	return t.Flush()
}

func printFindings(t io.Writer, all []backtest.Finding) {
	if len(all) == 0 {
		fmt.Fprintln(t, "nothing")
		return
	}
	fmt.Fprintln(t, "OPENED\tCLOSED\tSEVERITY\tWHAT\tWHERE\tRULE\tPEAK\tBASELINE\tSTATES")
	for i := range all {
		f := &all[i]
		opened, closed := f.Opened.Format(minute), "–"
		if f.Before {
			opened = "before"
		}
		if f.Closed != nil {
			closed = f.Closed.Format(minute)
		}
		what := f.About()
		if f.Metric != "rank" && f.Metric != "listed" {
			what += " " + f.Metric
		}
		fmt.Fprintf(t, "%s\t%s\t%.2f\t%s\t%s\t%s\t%s\t%s\t%d\n", opened, closed, f.Severity, what, f.Target, f.Rule, message.Figure(f.Peak), message.Figure(f.Baseline), f.States)
	}
}

// printMessages shows what the receiver would have been sent.
func printMessages(t io.Writer, way, receiver string, all []backtest.Message) {
	fmt.Fprintf(t, "\n%smessages to the receiver %s: %d\n", way, receiver, len(all))
	if len(all) > 0 {
		fmt.Fprintln(t, "\nSENT\tKIND\tLEVEL\tABOUT")
	}
	for i := range all {
		m := &all[i]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", m.At.Format(minute), m.Kind, m.Level, m.About)
	}
}

func printWeeks(t io.Writer, r *backtest.Report) {
	fmt.Fprint(t, "\n\tOPENED\tCLOSED\tSTATES\tMESSAGES\tA WEEK\n")
	row := func(name string, o *backtest.Outcome) {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%.1f\n", name, o.Opened, o.Closed, o.States, len(o.Messages), o.PerWeek)
	}
	if r.B == nil {
		row("all", &r.A)
	} else {
		row("A", &r.A)
		row("B", r.B)
	}
	fmt.Fprint(t, "\nWEEK FROM\tMESSAGES")
	if r.B != nil {
		fmt.Fprint(t, " OF A\tOF B")
	}
	fmt.Fprintln(t)
	for i, w := range r.A.Weeks {
		fmt.Fprintf(t, "%s\t%d", w.Begin.Format(time.DateOnly), w.Messages)
		if r.B != nil {
			fmt.Fprintf(t, "\t%d", r.B.Weeks[i].Messages)
		}
		fmt.Fprintln(t)
	}
}

func printLeads(t io.Writer, r *backtest.Report) {
	if len(r.Leads) == 0 {
		fmt.Fprintln(t, "\nNo dated event within the span.")
		return
	}
	fmt.Fprint(t, "\nEVENT\tABOUT\tFROM\tTO\tFIRST FINDING\tLEAD")
	if r.B != nil {
		fmt.Fprint(t, "\tOF B")
	}
	fmt.Fprintln(t)
	for i := range r.Leads {
		l := &r.Leads[i]
		first := "none within 3 days"
		if l.First != nil {
			first = l.First.Format(minute) + " " + l.About
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s", l.What, l.Subject, l.From.Format(minute), l.To.Format(minute), first, leadOf(l))
		if r.B != nil {
			fmt.Fprintf(t, "\t%s", leadOf(&r.LeadsB[i]))
		}
		fmt.Fprintln(t)
	}
}

func leadOf(l *backtest.Lead) string {
	switch {
	case l.First == nil:
		return "–"
	case l.LeadHours > 0:
		return fmt.Sprintf("%.1f h before", l.LeadHours)
	case l.LeadHours < 0:
		return fmt.Sprintf("%.1f h after", -l.LeadHours)
	}
	return "within its bounds"
}
