// Command generate writes the dashboards and what Grafana is provisioned with
// from the code in dashboards/grafana. It runs in the folder dashboards, by
// go generate; with an argument it writes into that folder instead.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/tidemark/tidemark/dashboards/grafana"
)

func main() {
	into := ".."
	if len(os.Args) > 1 {
		into = os.Args[1]
	}
	if err := run(into); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run writes all files below the folder, which is the repository's or stands for
// it. Dashboards that are no longer made are removed.
func run(into string) error {
	files, err := grafana.Files()
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(into, "dashboards", "*.json"))
	if err != nil {
		return fmt.Errorf("list old dashboards: %w", err)
	}
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			return fmt.Errorf("remove old dashboard: %w", err)
		}
	}
	for name, content := range files {
		path := filepath.Join(into, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return fmt.Errorf("write generated file: %w", err)
		}
	}
	return nil
}
