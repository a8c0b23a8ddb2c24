package evidence

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
)

// summary are the counts that the README tells.
type summary struct {
	looks, failed         int
	gaps                  int
	gapHours              float64
	expected, seen        float64
	events                int
	reported, unbounded   int
	publishers, witnesses int
}

// rows reads a file of data back.
func (c *chapter) rows(name string) ([]map[string]string, error) {
	lines, err := csv.NewReader(bytes.NewReader(c.pack["data/"+name+".csv"])).ReadAll()
	if err != nil || len(lines) == 0 {
		return nil, fmt.Errorf("read %s back: %d lines: %w", name, len(lines), err)
	}
	rows := make([]map[string]string, 0, len(lines)-1)
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, value := range line {
			if value != null {
				row[lines[0][i]] = value
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// null is NULL in a file of data.
const null = `\N`

// facts counts what the files hold.
func (c *chapter) facts() error {
	of := map[string][]map[string]string{}
	for _, name := range []string{"looks", "gaps", "coverage", "events", "reported", "corroboration"} {
		rows, err := c.rows(name)
		if err != nil {
			return err
		}
		of[name] = rows
	}
	number := func(text string) float64 {
		v, _ := strconv.ParseFloat(text, 64) // ClickHouse writes numbers
		return v
	}
	s := summary{looks: len(of["looks"]), gaps: len(of["gaps"]), events: len(of["events"]), reported: len(of["reported"])}
	for _, r := range of["looks"] {
		if r["outcome"] != "ok" && r["outcome"] != "empty" {
			s.failed++
		}
	}
	for _, r := range of["gaps"] {
		s.gapHours += number(r["seconds"]) / 3600
	}
	for _, r := range of["coverage"] {
		s.expected += number(r["expected"])
		s.seen += number(r["ok"])
	}
	publishers := map[string]bool{}
	for _, r := range of["reported"] {
		publishers[r["publisher"]] = true
		if r["at_from"] == "" && r["at_to"] == "" {
			s.unbounded++
		}
	}
	s.publishers = len(publishers)
	for _, r := range of["corroboration"] {
		s.witnesses = max(s.witnesses, int(number(r["others"])))
	}
	c.sums = s
	return nil
}

// basisWords say what kind of numbers a series has.
func basisWords(basis string) string {
	switch basis {
	case "measured":
		return "**Measured**: Tidemark looked at the place when it happened."
	case "backfill":
		return "**Back-filled**: Tidemark asked a place that keeps its past for it, later."
	case "imported":
		return "**Imported**: somebody else recorded it; see the table v_imports of the database for who."
	case "modelled":
		return "**Modelled: nobody measured this series.** It was drawn through points that were reported. It shows what the reports add up to, and proves nothing beyond them."
	default:
		return "Basis: " + basis + "."
	}
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006 15:04 UTC") }

func (c *chapter) readme() string {
	e, s := c.e, c.sums
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# %s\n", e.title())
	line("The evidence for one episode that Tidemark found: what was looked at, what was seen, what is missing, and what others")
	line("published. Episode `%s`, rule `%s`, state %s.\n", e.ID, e.Rule, e.State)
	line("> %s\n", e.Explanation)
	line("- began %s", day(e.Onset))
	if e.PeakAt != nil {
		line("- peak %s, %s", c.value(e.Peak), day(*e.PeakAt))
	}
	if e.Closed != nil {
		line("- over %s", day(*e.Closed))
	} else {
		line("- **not over** in the data: the last state is of %s", day(e.last()))
	}
	line("- the data here is of %s to %s, times are UTC\n", e.from().Format(time.DateOnly), e.to().AddDate(0, 0, -1).Format(time.DateOnly))
	line("## What kind of numbers these are\n")
	line("%s\n", basisWords(e.Basis))
	if e.perHour() {
		line("The source tells a count that only grows; it was judged, and is drawn, by what was new in an hour. data/series.csv has the count itself.\n")
	}
	if s.witnesses > 0 {
		line("%s of the same basis moved within 48 hours (data/corroboration.csv).\n", families(s.witnesses))
	}
	line("`data/reported.csv` has %d figures by %d publishers, each with who said it, between which moments it is true, and how sure it is.", s.reported, s.publishers)
	line("They are never mixed into the series.\n")
	line("## What is missing\n")
	c.missing(line)
	line("\n## The files\n")
	line("| file | what it is | made by |")
	line("|---|---|---|")
	for _, q := range c.done {
		names := "data/" + q.name + ".csv"
		if q.parquet {
			names += ", .parquet"
		}
		line("| %s | %s | sql/%s.sql |", names, q.about, q.name)
	}
	for _, name := range []string{"whole", "rise"} {
		if _, found := c.pack["charts/"+name+".png"]; found {
			line("| charts/%s.png | %s | drawn from sql/series.sql |", name, map[string]string{"whole": "The series over the whole span.", "rise": "The way up, from a day before it began."}[name])
		}
	}
	line("| manifest.json | Every file with its size and SHA-256. | |")
	line("| SHA256SUMS | For `sha256sum -c SHA256SUMS`. | |")
	line("| CITATION.cff | How to cite this. | |\n")
	line("Each statement in sql/ runs as it stands: `tidemark sql -f sql/series.sql`. Two packs of the same data are equal, byte for byte.\n")
	line("The numbers of the sources are theirs: before you publish them see the terms of each in Tidemark's documentation (Sources).")
	line("There is no author, no text of a person and no person's id in this pack.")
	return b.String()
}

func families(n int) string {
	if n == 1 {
		return "One independent family of sources"
	}
	return strconv.Itoa(n) + " independent families of sources"
}

func (c *chapter) value(v float64) string { return amount(c.drawn(nil, [2]time.Time{}), v) }

// missing says what the evidence does not have.
func (c *chapter) missing(line func(string, ...any)) {
	s := c.sums
	if c.e.Basis == "modelled" {
		line("- Everything between the reported points. The series has %d points, and nobody looked at any of them: what data/looks.csv, gaps.csv and", s.looks)
		line("  coverage.csv say is true of the model only.")
	} else {
		c.missingLooks(line)
	}
	if s.witnesses == 0 {
		line("- No independent source of the same topic and basis moved within 48 hours: nobody else confirms it (data/corroboration.csv).")
	}
	if s.unbounded > 0 {
		line("- Of %d reported figures nobody knows when they were true.", s.unbounded)
	}
	if s.events == 0 {
		line("- No dated event is known of the span.")
	}
	if c.e.ranked() {
		line("- A rank is known only where the state is `ranked`. `unranked` means: looked at, and not among the `depth` places; it is no rank, and never 0.")
	}
	line("- In CSV files NULL, which is: not known, is written \\N.")
}

// missingLooks says where nobody looked.
func (c *chapter) missingLooks(line func(string, ...any)) {
	s := c.sums
	line("- %d looks at the target, %d of them failed or were refused (data/looks.csv).", s.looks, s.failed)
	if s.gaps == 0 {
		line("- No gap: nobody missed a look between the first and the last.")
	} else {
		line("- %d gaps, %s hours in all, in which nobody looked (data/gaps.csv). Nothing was filled in there, and nothing is known.", s.gaps, strconv.FormatFloat(s.gapHours, 'f', 1, 64))
	}
	if s.expected > 0 {
		line("- %s %% of the schedule was looked at (data/coverage.csv).", strconv.FormatFloat(s.seen/s.expected*100, 'f', 1, 64))
	} else {
		line("- There is no schedule to compare with, so nobody can say what share was looked at.")
	}
}

// citation is CITATION.cff. Its date is that of the data.
func citation(version, title string, released time.Time, words []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "cff-version: 1.2.0\nmessage: If you use this evidence, cite it as below, and the sources that its files name.\ntype: dataset\ntitle: %s\n", strconv.Quote(title))
	fmt.Fprintf(&b, "authors:\n  - name: Tidemark\nversion: %s\ndate-released: %s\n", strconv.Quote(version), released.UTC().Format(time.DateOnly))
	b.WriteString("keywords:\n")
	for _, w := range words {
		if w != "" {
			fmt.Fprintf(&b, "  - %s\n", strconv.Quote(w))
		}
	}
	return b.String()
}

// under puts a pack into a folder of another.
func (p Pack) under(folder string, of Pack) {
	for name, content := range of {
		p[path.Join(folder, name)] = content
	}
}
