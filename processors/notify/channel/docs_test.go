package channel_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/notify/channel"
)

// TestTheDocumentedReceiversAreBuilt: each example of docs/alerts.md.
func TestTheDocumentedReceiversAreBuilt(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(testkit.Root(t), "docs", "alerts.md"))
	if err != nil {
		t.Fatal(err)
	}
	// A file that an example names has to be there.
	urls := filepath.Join(t.TempDir(), "urls")
	if err := os.WriteFile(urls, []byte(ntfyURL+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile("url_file: /run/.*").ReplaceAll(text, []byte("url_file: "+urls))
	built := map[string]bool{}
	for i, block := range regexp.MustCompile("(?s)```yaml\n(notify:.*?)```").FindAllSubmatch(text, -1) {
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, block[1], 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(file, nil)
		if err != nil {
			t.Errorf("example %d: %v\n%s", i+1, err, block[1])
			continue
		}
		for _, r := range c.Notify.Receivers {
			style, err := channel.StyleOf(c, &r)
			if err != nil || style.Entities["rednote"] != "RedNote" || style.Docs == "" {
				t.Errorf("example %d: style %+v, %v", i+1, style, err)
			}
			if _, err := channel.Build(&r, channel.Options{Style: style}); err != nil {
				t.Errorf("example %d: %v", i+1, err)
			}
			built[r.Name] = true
		}
	}
	for _, name := range []string{"slack", "slack-as-copied", "slack-bot", "discord", "telegram", "mail", "phone", "teams", "desk", "ops"} {
		if !built[name] {
			t.Errorf("there is no example %s", name)
		}
	}
}
