package cli

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/processors/backtest"
)

// TestBacktestIsPrinted: one rule, two side by side, and none that tells.
func TestBacktestIsPrinted(t *testing.T) {
	t.Parallel()
	at := func(day, hour int) time.Time { return time.Date(2025, 1, day, hour, 0, 0, 0, time.UTC) }
	closed := at(24, 3)
	red := backtest.Finding{
		Rule: "rank", Target: "chart/apple/us/top-free/overall", Subject: "741292507", Entity: "rednote", Metric: "rank",
		Opened: at(12, 4), Closed: &closed, Peak: 1, Baseline: 201, Severity: 0.891, States: 4,
	}
	tag := backtest.Finding{
		Rule: "surge", Target: "tag/xiaohongshu//tiktokrefugee", Subject: "tiktokrefugee", Metric: "views_total",
		Opened: at(13, 0), Peak: 25614212, Baseline: 7.25801, Severity: 0.5, States: 1,
	}
	old := backtest.Finding{Rule: "delisted", Target: "listing/apple/us/apps", Subject: "1", Metric: "listed", Closed: &closed, Before: true, States: 1}
	first := at(12, 4)
	r := &backtest.Report{
		From: at(10, 0), To: at(26, 0), Basis: "modelled", WarmUp: "28d", Targets: 3, Looks: 1200, Receiver: "default",
		A: backtest.Outcome{
			Rules: "all rules, medium", Findings: []backtest.Finding{old, red, tag}, Opened: 2, Closed: 2, States: 6, PerWeek: 2.625,
			Messages: []backtest.Message{{At: at(12, 4), Kind: "opened", Level: "critical", About: "rednote rank (rank, chart/apple/us/top-free/overall)", Episodes: 1}},
			Weeks:    []backtest.Week{{Begin: at(10, 0), Messages: 4}, {Begin: at(17, 0), Messages: 1}, {Begin: at(24, 0), Messages: 1}},
		},
		Leads: []backtest.Lead{
			{What: "goes dark", Subject: "tiktok", From: at(19, 3), To: at(19, 3)},
			{What: "first at Apple", Subject: "rednote", From: at(13, 0), To: at(13, 9), First: &first, About: red.Target, LeadHours: 20},
		},
	}
	var out bytes.Buffer
	out.WriteString("--- one\n")
	if err := printBacktest(&out, r); err != nil {
		t.Fatal(err)
	}
	b := r.A
	b.Rules, b.Findings, b.Opened, b.Closed, b.States, b.PerWeek = "all rules, low", []backtest.Finding{red}, 1, 1, 2, 0.875
	b.Messages = nil
	later := at(13, 12)
	r.B, r.Both, r.OnlyA = &b, []backtest.Pair{{A: red, B: red}}, []backtest.Finding{old, tag}
	r.LeadsB = []backtest.Lead{{}, {First: &later, LeadHours: -3}}
	out.WriteString("\n--- two\n")
	if err := printBacktest(&out, r); err != nil {
		t.Fatal(err)
	}
	out.WriteString("\n--- none\n")
	if err := printBacktest(&out, &backtest.Report{From: at(10, 0), To: at(11, 0), Basis: "measured", WarmUp: "0s"}); err != nil {
		t.Fatal(err)
	}
	const path = "testdata/backtest.txt"
	if os.Getenv("TIDEMARK_GOLDEN") == "write" {
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
