// Package testkit gives tests the real parts to run against: the embedded
// engine, the embedded broker, Apache Kafka, and the repository's files.
package testkit

import (
	"os"
	"path/filepath"
	"testing"
)

// Need skips the test where something that it runs against is missing, and says
// what to run. In CI nothing may be missing: there it fails.
func Need(t testing.TB, what, hint string, ok bool) {
	t.Helper()
	if ok {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("need %s: %s", what, hint)
	}
	t.Skipf("need %s: %s", what, hint)
}

// Root is the repository's root folder.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("find working directory: %v", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("find repository: no go.mod in any folder above")
		}
		dir = parent
	}
}

// Shared is a file or folder of real recordings beside the repository. A fresh
// clone has none: the test is skipped then, in CI too.
func Shared(t testing.TB, elem ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{Root(t), "..", "shared"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no recording at %s", path)
	}
	return path
}
