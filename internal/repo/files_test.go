package repo

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the repository, seen from this folder.
const root = "../.."

// tracked returns what git has of the repository, and what it would add.
func tracked(t *testing.T) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Skipf("the tree is no git repository: %v", err)
	}
	var names []string
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if info, err := os.Lstat(filepath.Join(root, name)); err == nil && info.Mode().IsRegular() {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Fatal("git lists no files")
	}
	return names
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestNoFileNamesAMachineOrARegistry: a path of somebody's machine means
// nothing elsewhere, and a registry's host in a lock file ties every build to
// that host.
func TestNoFileNamesAMachineOrARegistry(t *testing.T) {
	t.Parallel()
	// Put together, so that this file does not name them either.
	machine := regexp.MustCompile(`(^|[^\w.])/(` + strings.Join([]string{"wo" + "rk", "ro" + "ot", "ho" + "me/[a-z]+", "fa" + "rm", "Us" + "ers"}, "|") + `)/`)
	registry := regexp.MustCompile(`registry\.` + `npmjs|proxy\.` + `golang|repo1?\.` + `maven|deb\.` + `debian\.org|pypi\.` + `org`)
	for _, name := range tracked(t) {
		text := read(t, name)
		if bytes.IndexByte([]byte(text[:min(len(text), 4096)]), 0) >= 0 {
			continue // no text
		}
		for i, line := range strings.Split(text, "\n") {
			if found := machine.FindString(line); found != "" {
				t.Errorf("%s:%d names a path of a machine: %s", name, i+1, found)
			}
			if found := registry.FindString(line); found != "" {
				t.Errorf("%s:%d names a registry's host: %s", name, i+1, found)
			}
		}
	}
}

// TestLockFilesNameNoAddress: npm writes one into each entry unless told not to.
func TestLockFilesNameNoAddress(t *testing.T) {
	t.Parallel()
	for _, name := range tracked(t) {
		if filepath.Base(name) == "package-lock.json" && strings.Contains(read(t, name), `"resolved":`) {
			t.Errorf("%s names addresses; write it with omit-lockfile-registry-resolved=true", name)
		}
	}
}

// TestScriptsCanBeRun: git keeps the bit, editors lose it.
func TestScriptsCanBeRun(t *testing.T) {
	t.Parallel()
	for _, name := range tracked(t) {
		if !strings.HasPrefix(read(t, name), "#!") {
			continue
		}
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode()&0o111 == 0 {
			t.Errorf("%s starts with #! and cannot be run", name)
		}
	}
}
