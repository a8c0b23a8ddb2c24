package repo

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pages returns the Markdown files that are ours.
func pages(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, name := range tracked(t) {
		if strings.HasSuffix(name, ".md") && !strings.Contains(name, "testdata/") {
			names = append(names, name)
		}
	}
	return names
}

// TestLinksOfPagesResolve: to files and to headings.
func TestLinksOfPagesResolve(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, name := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(withoutCode(read(t, name)), -1) {
			target, heading, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			path := filepath.Join(filepath.Dir(name), target)
			if target == "" {
				path = name
			}
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("%s links to %s, which is not there", name, match[1])
				continue
			}
			if heading != "" && strings.HasSuffix(path, ".md") && !hasHeading(read(t, path), heading) {
				t.Errorf("%s links to %s, and %s has no such heading", name, match[1], path)
			}
		}
	}
}

// TestPagesNameTargetsThatExist: every `make …` in a page is in the Makefile.
func TestPagesNameTargetsThatExist(t *testing.T) {
	t.Parallel()
	targets := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^([a-z0-9-]+):.*## `).FindAllStringSubmatch(read(t, "Makefile"), -1) {
		targets[match[1]] = true
	}
	if len(targets) < 5 {
		t.Fatalf("only %d targets found in the Makefile", len(targets))
	}
	command := regexp.MustCompile("(?m)(?:^|`|&& )make ([a-z0-9-]+)")
	for _, name := range pages(t) {
		for _, match := range command.FindAllStringSubmatch(read(t, name), -1) {
			if !targets[match[1]] {
				t.Errorf("%s says `make %s`, and the Makefile has no such target", name, match[1])
			}
		}
	}
}

// TestEveryPageIsReached: a page that nothing links to is not read.
func TestEveryPageIsReached(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, name := range pages(t) {
		all.WriteString(read(t, name))
	}
	for _, name := range pages(t) {
		if strings.HasPrefix(name, "docs/") && !strings.Contains(all.String(), filepath.Base(name)+")") &&
			!strings.Contains(all.String(), filepath.Base(name)+"#") {
			t.Errorf("no page links to %s", name)
		}
	}
}

func withoutCode(text string) string {
	text = regexp.MustCompile("(?s)```.*?```").ReplaceAllString(text, "")
	return regexp.MustCompile("`[^`\n]*`").ReplaceAllString(text, "")
}

// hasHeading follows GitHub's way to name headings.
func hasHeading(text, anchor string) bool {
	drop := regexp.MustCompile(`[^\p{L}\p{N}\- _]`)
	for line := range strings.SplitSeq(text, "\n") {
		title, found := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if !found || !strings.HasPrefix(line, "#") {
			continue
		}
		name := strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(title), ""), " ", "-")
		if name == anchor {
			return true
		}
	}
	return false
}

// TestPagesNameTestsThatExist: a promise whose test is gone is not held.
func TestPagesNameTestsThatExist(t *testing.T) {
	t.Parallel()
	declared := map[string]bool{}
	declaration := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	for _, name := range tracked(t) {
		if !strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, match := range declaration.FindAllStringSubmatch(read(t, name), -1) {
			declared[filepath.Dir(name)+" "+match[1]] = true
		}
	}
	named := regexp.MustCompile("`([\\w./-]+)` (`(?:Test|Fuzz|Benchmark)\\w+`(?:, `(?:Test|Fuzz|Benchmark)\\w+`)*)")
	promises := named.FindAllStringSubmatch(read(t, "docs/invariants.md"), -1)
	if len(promises) < 10 {
		t.Errorf("only %d promises found in docs/invariants.md", len(promises))
	}
	for _, match := range promises {
		for test := range strings.SplitSeq(match[2], ", ") {
			if test = strings.Trim(test, "`"); !declared[match[1]+" "+test] {
				t.Errorf("docs/invariants.md names %s in %s, which is not there", test, match[1])
			}
		}
	}
}

// TestNamedMetricsExist: an alert on a metric that is gone is silent for ever.
func TestNamedMetricsExist(t *testing.T) {
	t.Parallel()
	known := read(t, "docs/metrics.md")
	metric := regexp.MustCompile(`\btidemark_[a-z_]+[a-z]\b`)
	for _, name := range []string{"deploy/prometheus/tidemark.rules.yml", "docs/operating.md"} {
		found := metric.FindAllString(read(t, name), -1)
		if len(found) == 0 {
			t.Errorf("%s names no metric", name)
		}
		for _, m := range found {
			if !strings.Contains(known, "`"+m+"`") {
				t.Errorf("%s names %s, which docs/metrics.md does not have", name, m)
			}
		}
	}
}

// TestAlertsHaveARunbook: each names a section of a page that is there.
func TestAlertsHaveARunbook(t *testing.T) {
	t.Parallel()
	for file, begin := range map[string]string{
		"deploy/prometheus/tidemark.rules.yml":               "- alert:",
		"deploy/grafana/provisioning/alerting/tidemark.yaml": "noDataState:",
	} {
		rules := read(t, file)
		links := regexp.MustCompile(`runbook_url: \S+/blob/main/(\S+)#([^\s"]+)`).FindAllStringSubmatch(rules, -1)
		if alerts := strings.Count(rules, begin); len(links) != alerts || alerts == 0 {
			t.Errorf("%s: %d alerts have %d runbook links", file, alerts, len(links))
		}
		for _, link := range links {
			if !hasHeading(read(t, link[1]), link[2]) {
				t.Errorf("%s: %s has no heading %s", file, link[1], link[2])
			}
		}
	}
}
