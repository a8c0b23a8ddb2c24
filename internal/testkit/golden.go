package testkit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Golden runs one subtest per folder DIR/CASE: what do makes of the case's
// name and its input (input.json, input.xml) must be want.txt. With TIDEMARK_GOLDEN=write in the
// environment (`make golden`) it writes want.txt instead.
func Golden(t *testing.T, dir string, do func(name string, input []byte) string) {
	t.Helper()
	inputs, err := filepath.Glob(filepath.Join(dir, "*", "input.*"))
	if err != nil || len(inputs) == 0 {
		t.Fatalf("find golden cases in %s: %v", dir, err)
	}
	for _, input := range inputs {
		folder := filepath.Dir(input)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.TrimRight(do(filepath.Base(folder), body), "\n") + "\n"
			path := filepath.Join(folder, "want.txt")
			if os.Getenv("TIDEMARK_GOLDEN") == "write" {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s:\n%s", path, diff)
			}
		})
	}
}

// GoldenInputs are the inputs of the cases, to begin a fuzz test with.
func GoldenInputs(f *testing.F, dir string) [][]byte {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*", "input.*"))
	if err != nil {
		f.Fatal(err)
	}
	all := make([][]byte, 0, len(paths))
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, body)
	}
	return all
}
