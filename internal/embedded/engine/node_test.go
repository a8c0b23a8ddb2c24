package engine_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/testkit"
)

// The official Node client. Its modules come by
//
//	npm ci --prefix internal/embedded/engine/testdata/node
func TestNodeClient(t *testing.T) {
	t.Parallel()
	dsn := testkit.ClickHouse(t)
	node, err := exec.LookPath("node")
	testkit.Need(t, "node", "install Node.js 20 or later", err == nil)
	dir := filepath.Join("testdata", "node")
	_, err = os.Stat(filepath.Join(dir, "node_modules", "@clickhouse", "client"))
	testkit.Need(t, "the Node client", "npm ci --prefix internal/embedded/engine/testdata/node", err == nil)
	base, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "--test", "client.test.mjs")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TIDEMARK_ENGINE_URL=http://"+base.Host, "TIDEMARK_ENGINE_DB="+strings.TrimPrefix(base.Path, "/"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
