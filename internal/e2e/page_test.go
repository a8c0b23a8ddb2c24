package e2e

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tidemark/tidemark/internal/testkit"
)

// TestPanelsInABrowser draws each kind of panel from answers written by hand and
// uses it: zoom, keys, legends, tables, links, CSV and pictures, wide and on a
// phone, by day and by night.
func TestPanelsInABrowser(t *testing.T) {
	t.Parallel()
	needSlow(t)
	look := inABrowser(t, "e2e/panels.mjs")
	out, err := look.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("draw the panels: %v", err)
	}
}

// inABrowser is a script of the viewer, ready to run with Chromium.
func inABrowser(t *testing.T, script string, args ...string) *exec.Cmd {
	t.Helper()
	viewer := filepath.Join(testkit.Root(t), "dashboards", "viewer")
	browser := cmp.Or(os.Getenv("CHROMIUM"), "/usr/bin/chromium")
	_, errBrowser := os.Stat(browser)
	testkit.Need(t, "Chromium", "apt-get install chromium, or set CHROMIUM to its path", errBrowser == nil)
	_, errDriver := os.Stat(filepath.Join(viewer, "node_modules", "playwright-core"))
	testkit.Need(t, "the browser's driver", "make viewer", errDriver == nil)
	look := exec.CommandContext(t.Context(), "node", append([]string{script}, args...)...)
	look.Dir = viewer
	look.Env = append(os.Environ(), "CHROMIUM="+browser)
	return look
}

// TestPageInABrowser lets Chromium open the page and use it as a person would:
// the case is drawn, nothing is asked elsewhere, the browser has no complaint.
func TestPageInABrowser(t *testing.T) {
	t.Parallel()
	needSlow(t)
	bin, dir, page := binary(t), t.TempDir(), testkit.FreePort(t)
	look := inABrowser(t, "e2e/page.mjs", "http://"+page)
	start(t, bin, nil, "up", "--data-dir", dir, "--http", page, "--no-collect")
	eventually(t, "the case on the page", func() error {
		s, err := statusOf(t, bin, dir)
		if err == nil && !s.Case.Done {
			err = errors.New("the case is not loaded")
		}
		return errors.Join(err, noLag(t, bin, dir))
	})
	out, err := look.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("use the page: %v", err)
	}
}
