package repo

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/testkit"
)

// way is a page of docs/ways-in with a program.
type way struct {
	page, language, file string
	// command runs the file, in the folder where it lies.
	command func(t *testing.T, file string) []string
}

func waysIn() []way {
	return []way{
		{"curl.md", "sh", "questions.sh", shell},
		{"clickhouse-client.md", "sh", "questions.sh", shell},
		{"python.md", "python", "questions.py", python},
		{"superset.md", "python", "questions.py", python},
		{"node.md", "js", "questions.mjs", node},
		{"jdbc.md", "java", "Questions.java", java},
		{"duckdb.md", "python", "questions.py", python},
		{"r.md", "r", "questions.R", rscript},
	}
}

// waysInHold runs the program of each page as it stands there, but for the
// address, and compares what it prints with what the page says.
func waysInHold(t *testing.T, bin, dir, address string) {
	t.Helper()
	host := strings.TrimPrefix(address, "http://")
	_, port, _ := strings.Cut(host, ":")
	for _, w := range waysIn() {
		t.Run(w.page, func(t *testing.T) {
			name := "docs/ways-in/" + w.page
			text := read(t, name)
			found := regexp.MustCompile("(?s)```" + w.language + "\n(.*?)```.*?```text\n(.*?)```").FindStringSubmatch(text)
			if found == nil {
				t.Fatalf("%s has no program with what it prints", name)
			}
			folder := t.TempDir()
			replace := strings.NewReplacer("127.0.0.1:8123", host, "port=8123", "port="+port,
				"bin/tidemark", bin, "--data-dir data", "--data-dir "+dir, "/tmp/exports", filepath.Join(folder, "exports"))
			prepare(t, text, replace)
			program := replace.Replace(found[1])
			file := filepath.Join(folder, w.file)
			if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
				t.Fatal(err)
			}
			command := w.command(t, file)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			run := exec.CommandContext(ctx, command[0], command[1:]...)
			run.Dir, run.Env = filepath.Dir(file), environment()
			var failed strings.Builder
			run.Stderr = &failed
			out, err := run.Output()
			if err != nil {
				t.Fatalf("run the program of %s: %v\n%s%s", name, err, out, failed.String())
			}
			got := string(out)
			if diff := cmp.Diff(found[2], got); diff != "" {
				t.Errorf("%s (- on the page, + now)\n%s", name, diff)
				write(t, name, strings.Replace(text, "```text\n"+found[2]+"```", "```text\n"+got+"```", 1))
			}
		})
	}
}

// prepare runs the commands of a page that come before its program.
func prepare(t *testing.T, text string, replace *strings.Replacer) {
	t.Helper()
	commands, _, found := strings.Cut(text, "```python")
	if !found {
		return
	}
	for _, match := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(commands, -1) {
		run := exec.CommandContext(t.Context(), "sh", "-ec", replace.Replace(match[1]))
		run.Env = environment()
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%s\n%v: %s", match[1], err, out)
		}
	}
}

// write renews a page where the tests are told to.
func write(t *testing.T, name, text string) {
	t.Helper()
	if os.Getenv("TIDEMARK_GOLDEN") != "write" {
		return
	}
	if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// shell runs what is typed, and stops at the first that fails.
func shell(_ *testing.T, file string) []string { return []string{"sh", "-e", file} }

func python(t *testing.T, file string) []string {
	t.Helper()
	interpreter := filepath.Join(testkit.Root(t), "bin/python/bin/python3")
	_, err := os.Stat(interpreter)
	testkit.Need(t, "Python with ClickHouse's client", "make ways-in", err == nil)
	return []string{interpreter, file}
}

func node(t *testing.T, file string) []string {
	t.Helper()
	modules := filepath.Join(testkit.Root(t), "internal/embedded/engine/testdata/node/node_modules")
	_, err := os.Stat(filepath.Join(modules, "@clickhouse", "client"))
	testkit.Need(t, "the Node client", "make test", err == nil)
	if err := os.Symlink(modules, filepath.Join(filepath.Dir(file), "node_modules")); err != nil {
		t.Fatal(err)
	}
	return []string{"node", file}
}

func java(t *testing.T, file string) []string {
	t.Helper()
	jars := filepath.Join(testkit.Root(t), "internal/testkit/jdbc/jars")
	_, err := os.Stat(filepath.Join(jars, ".complete"))
	testkit.Need(t, "the JDBC driver", "make ways-in", err == nil)
	compiler, err := exec.LookPath("javac")
	testkit.Need(t, "javac", "install a JDK 17", err == nil)
	classes := filepath.Join(jars, "*")
	if out, err := exec.CommandContext(t.Context(), compiler, "-d", filepath.Dir(file), "-cp", classes, file).CombinedOutput(); err != nil {
		t.Fatalf("compile: %v\n%s", err, out)
	}
	return []string{"java", "-cp", filepath.Dir(file) + ":" + classes, "Questions"}
}

func rscript(t *testing.T, file string) []string {
	t.Helper()
	interpreter, err := exec.LookPath("Rscript")
	testkit.Need(t, "R", "apt-get install r-base-core", err == nil)
	return []string{interpreter, file}
}
