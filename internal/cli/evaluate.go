package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/evaluate"
	"github.com/tidemark/tidemark/processors/detect/surge"
)

// evaluation is what evaluate was asked for.
type evaluation struct {
	tier      string
	threshold float64
	json      bool
	results   string
	perturb   bool
}

func (a *app) evaluateCommand() *cobra.Command {
	var e evaluation
	cmd := &cobra.Command{
		Use:   "evaluate DIR",
		Short: "Score the detector on labelled series",
		Long: `Evaluate runs the detector of counts and values over labelled series, one pass,
and scores it with the rules of the Numenta Anomaly Benchmark and with plain
counts: what was hit, how late, and how much was raised for nothing.

DIR holds data/GROUP/FILE.csv (timestamp,value) and windows.json, an object of
"GROUP/FILE.csv" to a list of [from, to]; the list is empty where nothing
happened. One threshold serves all series: the one that is built in. Beside it
stands the best one there is, which nobody knows beforehand.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, given []string) error { return e.run(a.stdout, given[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&e.tier, "tier", "full", "light or full")
	f.Float64Var(&e.threshold, "threshold", surge.Told, "score from which a point is an alarm, 0 to 1")
	f.BoolVar(&e.json, "json", false, "write JSON")
	f.StringVar(&e.results, "results", "", "also write GROUP/FILE.csv (timestamp,anomaly_score) into this `folder`")
	f.BoolVar(&e.perturb, "perturb", false, "also score the series made worse: points dropped, noise, a shifted clock, points doubled")
	return cmd
}

func (e *evaluation) run(out io.Writer, dir string) error {
	if e.tier != "light" && e.tier != "full" {
		return usagef("read --tier: %q is neither light nor full", e.tier)
	}
	if !(e.threshold > 0 && e.threshold <= 1) {
		return usagef("read --threshold: %g is not above 0 and at most 1", e.threshold)
	}
	series, err := evaluate.ReadDir(dir)
	if err != nil {
		return err
	}
	all := make([]*evaluate.Scored, 0, len(series))
	for _, s := range series {
		j := evaluate.Judge(s, scoresOf(s, e.tier))
		if e.results != "" {
			if err := writeScores(e.results, j); err != nil {
				return err
			}
		}
		all = append(all, j)
	}
	reports := []evaluate.Report{evaluate.Summarise("", all, e.threshold)}
	if e.perturb {
		worse, err := e.worse(series)
		if err != nil {
			return err
		}
		reports[0].Name = "as they are"
		reports = append(reports, worse...)
	}
	if e.json {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(reports)
	}
	evaluate.WriteTable(out, reports...)
	return nil
}

// worse scores the series in all ways of making them worse.
func (e *evaluation) worse(series []*evaluate.Series) ([]evaluate.Report, error) {
	var reports []evaluate.Report
	for _, way := range evaluate.Perturbations() {
		var all []*evaluate.Scored
		for _, s := range series {
			bad, err := evaluate.Perturb(s, way)
			if err != nil {
				return nil, err
			}
			all = append(all, evaluate.Judge(bad, scoresOf(bad, e.tier)))
		}
		reports = append(reports, evaluate.Summarise(way, all, e.threshold))
	}
	return reports, nil
}

// scoresOf is what the detector emits over a series, each thing told once.
func scoresOf(s *evaluate.Series, tier string) []float64 {
	var d interface {
		Add(o surge.Observation) surge.Finding
		Every() time.Duration
	} = surge.NewFull(0, surge.Gauge)
	if tier == "light" {
		d = surge.NewLight(0, surge.Gauge)
	}
	var t surge.Teller
	scores := make([]float64, len(s.At))
	for i, at := range s.At {
		f := d.Add(surge.Observation{At: at, Value: s.Value[i]})
		scores[i] = surge.Score(t.Tell(at, f.Surprise, d.Every()))
	}
	return scores
}

func writeScores(dir string, j *evaluate.Scored) (err error) {
	path := filepath.Join(dir, filepath.FromSlash(j.Key))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "timestamp,anomaly_score")
	for i, at := range j.At {
		fmt.Fprintf(w, "%s,%s\n", at.UTC().Format(time.DateTime), strconv.FormatFloat(j.Score[i], 'g', -1, 64))
	}
	err = w.Flush()
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}
