package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/dashboards/viewer"
)

// statusTimeout is longer than the page's own patience with ClickHouse.
const statusTimeout = 20 * time.Second

func (a *app) statusCommand() *cobra.Command {
	var w where
	var asJSON, each bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what runs here, where, and how it fares",
		Long: `Status shows a running 'tidemark up': the addresses of broker, ClickHouse and page,
rows per table, how large tables, topics and raw answers are, how much they grow in a
day and when the disk will be full, how far the processors are behind, how fresh each
source is, and which troubles of sources last. Growth is that of the last week, and is
known an hour after the first start. Exit code 1 means that nothing runs there.`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			run, err := w.instance()
			if err != nil {
				return err
			}
			body, err := getStatus(cmd.Context(), run.Page+"/api/status")
			if err != nil {
				return fmt.Errorf("ask process %d at %s: %w", run.PID, run.Page, err)
			}
			if asJSON {
				_, err := a.stdout.Write(append(body, '\n'))
				return err
			}
			var s viewer.Status
			if err := json.Unmarshal(body, &s); err != nil {
				return fmt.Errorf("read status: %w", err)
			}
			return printStatus(a.stdout, &s, each)
		},
	}
	cmd.Flags().StringVar(&w.dataDir, "data-dir", defaultDataDir, "data `directory` of the running instance")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	cmd.Flags().BoolVar(&each, "targets", false, "one line per target, not per source and state")
	return cmd
}

func getStatus(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status + ": " + strings.TrimSpace(string(body)))
	}
	return body, err
}

func printStatus(out io.Writer, s *viewer.Status, each bool) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "page\t%s\t\n", s.Page)
	fmt.Fprintf(t, "ClickHouse\t%s\t%s\n", s.ClickHouseHTTP, s.EngineAbout)
	fmt.Fprintf(t, "broker\t%s\t%s\n", s.Broker, s.BrokerAbout)
	fmt.Fprintf(t, "version\t%s\tup for %s\n", s.Version, s.Now.Sub(s.StartedAt).Round(time.Second))
	if s.Case.Name != "" {
		state := "loaded"
		if !s.Case.Done {
			state = fmt.Sprintf("%d of %d messages", s.Case.Loaded, s.Case.Total)
		}
		fmt.Fprintf(t, "case\t%s\t%s\n", s.Case.Name, state)
	}
	fmt.Fprintf(t, "behind\t%s\t\n", behind(s.Lag))
	printTables(t, s)
	printStorage(t, s.Storage, s.Now)
	printSources(t, s.Sources, each)
	printTroubles(t, s.Health)
	for _, p := range s.Problems {
		fmt.Fprintf(t, "\nproblem: %s\n", p)
	}
	return t.Flush()
}

// printSources shows together what a source has in the same state.
func printSources(t io.Writer, sources []viewer.Source, each bool) {
	if len(sources) == 0 {
		return
	}
	fmt.Fprintln(t, "\nSOURCE\tSTATE\tTARGETS\tSINCE\tWHY")
	type key struct{ source, state string }
	seen := map[key]bool{}
	for _, s := range sources {
		k := key{s.Source, s.State}
		if seen[k] && !each {
			continue
		}
		seen[k] = true
		targets := s.Target
		if !each {
			n := 0
			for _, other := range sources {
				if other.Source == s.Source && other.State == s.State {
					n++
				}
			}
			if n > 1 {
				targets = strconv.Itoa(n) + " targets"
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", s.Source, s.State, targets, moment(s.Since), shorten(s.Why))
	}
}

// printTroubles lists what the sources suffer from.
func printTroubles(t io.Writer, troubles []viewer.Trouble) {
	if len(troubles) == 0 {
		return
	}
	fmt.Fprintln(t, "\nTROUBLE\tSOURCE\tTARGET\tSINCE\tWHAT")
	for _, e := range troubles {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", e.Rule, e.Source, e.Target, moment(&e.Since), shorten(e.Says))
	}
}

func shorten(text string) string {
	const most = 100
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

func behind(lags []viewer.Lag) string {
	var sum int64
	for _, l := range lags {
		sum += l.Lag
	}
	return strconv.FormatInt(sum, 10) + " messages in " + strconv.Itoa(len(lags)) + " partitions"
}

func moment(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04")
}
