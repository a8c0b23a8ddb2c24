package january2025

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/testkit"
)

// generated is where the written part of the page ends.
const generated = "<!-- From here on the page is made from the case's files: make golden -->\n"

// TestPageIsCurrent holds that the page has every fact and every assumption.
func TestPageIsCurrent(t *testing.T) {
	t.Parallel()
	file := filepath.Join(testkit.Root(t), "docs", "january-2025.md")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	written, listed, _ := strings.Cut(string(b), generated)
	want := lists(t)
	if os.Getenv("TIDEMARK_GOLDEN") == "write" {
		if err := os.WriteFile(file, []byte(written+generated+want), 0o644); err != nil { //nolint:gosec // a page is for all to read
			t.Fatal(err)
		}
		return
	}
	if listed != want {
		t.Error("docs/january-2025.md does not list what the case has; run make golden")
	}
}

func lists(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	out.WriteString("\n## Every reported fact\n\n")
	out.WriteString("Times are bounds in UTC. Words in the column *figure* say how it was put.\n\n")
	out.WriteString("| | time | about | what | figure | who, seen in | confidence | remarks |\n|---|---|---|---|---|---|---|---|\n")
	for _, f := range records(t, "facts.csv") {
		figure := cmp.Or(f["value_text"], f["value"])
		if f["unit"] != "event" && f["unit"] != "rank" {
			figure += " " + f["unit"]
		}
		when := strings.Join(fields(short(f["from"]), short(f["to"])), " – ")
		if when == "" {
			when = f["reported"]
		}
		what := strings.Join(fields(f["metric"], strings.ReplaceAll(f["scopes"], "|", ", ")), "; ")
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s; %s | %s | %s |\n", f["ref"], when, strings.ReplaceAll(f["subjects"], "|", ", "),
			what, figure, f["publisher"], f["seen_in"], f["confidence"], strings.Join(fields(f["time_basis"], f["note"]), "; "))
	}
	out.WriteString("\n## Every anchor\n\n")
	out.WriteString("A place deeper than the chart means: not on the chart. A reason such as f06 is the fact above.\n\n")
	out.WriteString("| series | at (UTC) | value | why |\n|---|---|---|---|\n")
	for _, a := range records(t, "anchors.csv") {
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", a["series"], short(a["at"]), a["value"], a["why"])
	}
	out.WriteString("\n## Which apps are social\n\n| app | Apple | Google | why |\n|---|---|---|---|\n")
	for _, a := range records(t, "apps.csv") {
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", a["name"], a["apple_social"], a["google_social"], a["why"])
	}
	return out.String()
}

func short(at string) string {
	return strings.TrimSuffix(strings.TrimSuffix(strings.Replace(at, "T", " ", 1), "Z"), ":00")
}

// fields are those of s that say something.
func fields(s ...string) []string {
	var out []string
	for _, f := range s {
		if f != "" {
			out = append(out, f)
		}
	}
	return out
}

func records(t *testing.T, name string) []map[string]string {
	t.Helper()
	f, err := files.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, column := range rows[0] {
			m[column] = row[i]
		}
		out = append(out, m)
	}
	return out
}
