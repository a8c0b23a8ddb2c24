package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/testkit"
)

// The generated pages are up to date.
func TestReferencePages(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"cli", "metrics", "sources"} {
		got, err := exec.CommandContext(t.Context(), "tidemark", "docs", page).Output()
		if err != nil {
			t.Fatalf("make page %s: %v", page, err)
		}
		file := filepath.Join(testkit.Root(t), "docs", page+".md")
		want, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%v: run `make generate`", err)
			continue
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("docs/%s.md is out of date, run `make generate` (-page +now):\n%s", page, diff)
		}
	}
}
