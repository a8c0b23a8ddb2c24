package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestDefaultIsWhole(t *testing.T) {
	t.Parallel()
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Watch.Entities) < 15 || len(c.Watch.Charts) == 0 || c.Collect.MaxBody != 16<<20 {
		t.Errorf("default.yaml is not read whole: %+v", c)
	}
	if c.Collect.Sources.AppStore.Every == "" {
		t.Error("the inline schedule is not read")
	}
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.bad.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("find bad files: %v (%d)", err, len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse(filepath.Base(file), text, nil)
			if !IsInvalid(err) {
				t.Fatalf("got %v, want a refusal", err)
			}
			checkMessages(t, text, strings.Split(err.Error(), "\n"))
		})
	}
}

// checkMessages compares with the "# want: " lines: each begins one message,
// and there is no other.
func checkMessages(t *testing.T, text []byte, got []string) {
	t.Helper()
	var want []string
	for line := range strings.Lines(string(text)) {
		if w, found := strings.CutPrefix(strings.TrimRight(line, "\n"), "# want: "); found {
			want = append(want, w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d messages, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g string) bool { return strings.HasPrefix(g, w) }) {
			t.Errorf("want a message\n  %s\ngot\n  %s", w, strings.Join(got, "\n  "))
		}
	}
	for _, g := range got {
		if strings.Contains(g, "s3cret") {
			t.Errorf("message shows the secret: %s", g)
		}
	}
}

func TestGoodFilesPrintAndReadBack(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/good*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("find good files: %v (%d)", err, len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			c, err := Load(file, nil)
			if err != nil {
				t.Fatal(err)
			}
			printed, err := c.YAML()
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(printed), "s3cret") {
				t.Errorf("the printed configuration shows a secret:\n%s", printed)
			}
			again, err := Parse("printed", printed, nil)
			if err != nil {
				t.Fatalf("read what was printed: %v", err)
			}
			hide(c)
			hide(again)
			if diff := cmp.Diff(c, again, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(Config{})); diff != "" {
				t.Errorf("printed differs (-read +printed):\n%s", diff)
			}
		})
	}
}

// hide makes secrets equal which differ by being masked.
func hide(c *Config) {
	c.ClickHouse.DSN, c.Kafka.SASL.Password = "", ""
	for i := range c.Notify.Receivers {
		r := &c.Notify.Receivers[i]
		r.Webhook.URL, r.Webhook.Secret = "", ""
		for j := range r.URLs {
			r.URLs[j] = ""
		}
	}
}

func TestOverlayMergesMappingsAndReplacesLists(t *testing.T) {
	t.Parallel()
	c, err := Load("testdata/good-small.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	builtIn, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	want := *builtIn
	want.Collect.Contact = "mailto:team@example.org"
	want.Collect.Hosts["itunes.apple.com"] = Host{PerMinute: 5, Concurrent: 1}
	want.Collect.Sources.Mastodon.Enabled = false
	want.ClickHouse.DSN = c.ClickHouse.DSN
	want.ClickHouse.Retention = Duration(90 * 24 * time.Hour)
	want.Watch.Storefronts = []string{"us", "no", "jp"}
	want.Watch.Tags = []string{"2025", "rednote"}
	if diff := cmp.Diff(&want, c, cmpopts.IgnoreUnexported(Config{})); diff != "" {
		t.Errorf("overlay (-want +got):\n%s", diff)
	}
}

func TestMissingFileAndDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "does not exist",
		dir:                             "is a directory, want a YAML file",
	} {
		_, err := Load(path, nil)
		if !IsInvalid(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("load %s: got %v, want %q", path, err, want)
		}
	}
	big := filepath.Join(dir, "big.yaml")
	if err := os.WriteFile(big, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(big, nil); !IsInvalid(err) {
		t.Errorf("load a large file: got %v, want a refusal", err)
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "default.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("fuzz.yaml", text, nil)
		switch {
		case err != nil && !IsInvalid(err):
			t.Errorf("got %v, want a refusal that names the file", err)
		case err != nil:
			if !strings.Contains(err.Error(), "fuzz.yaml") {
				t.Errorf("message names no file: %v", err)
			}
		default:
			if err := c.Validate(); err != nil {
				t.Errorf("loaded, yet invalid: %v", err)
			}
			if _, err := c.YAML(); err != nil {
				t.Error(err)
			}
		}
	})
}
