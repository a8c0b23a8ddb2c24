package cli

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/obs"
)

// TestWebhookIsNotServedOverAnOpenLine: off by default; a secret is never
// taken over a line that others can read; and it needs one.
func TestWebhookIsNotServedOverAnOpenLine(t *testing.T) {
	t.Parallel()
	const token = "a-secret-of-more-than-16"
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	on := config.Webhook{Enabled: true, Token: token, MaxBody: 1 << 20}
	for name, c := range map[string]struct {
		hook    config.Webhook
		address string
		want    string
	}{
		"off by default":     {config.Webhook{}, "0.0.0.0:8080", "no"},
		"on this machine":    {on, "127.0.0.1:8080", ""},
		"on this machine, 6": {on, "[::1]:8080", ""},
		"everywhere":         {on, "0.0.0.0:8080", "nothing there is encrypted"},
		"everywhere, 6":      {on, "[::]:8080", "nothing there is encrypted"},
		"another address":    {on, "192.0.2.1:8080", "nothing there is encrypted"},
		"behind TLS":         {config.Webhook{Enabled: true, Token: token, BehindTLS: true}, "0.0.0.0:8080", ""},
		"no HTTP":            {on, "off", "--http is off"},
		"no secret":          {config.Webhook{Enabled: true}, "127.0.0.1:8080", "shorter than 16"},
		"a short secret":     {config.Webhook{Enabled: true, TokenFile: short}, "127.0.0.1:8080", "shorter than 16"},
		"no such file":       {config.Webhook{Enabled: true, TokenFile: short + "x"}, "127.0.0.1:8080", "read collect.import.webhook.token_file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := &config.Config{}
			cfg.Collect.Import.Webhook = c.hook
			s := newSystem(cfg, obs.Build{}, slog.New(slog.DiscardHandler))
			handler, err := s.imports(c.address, nil)
			switch {
			case c.want == "no":
				if handler != nil || err != nil {
					t.Errorf("%v, %v, want none", handler, err)
				}
			case c.want == "":
				if handler == nil || err != nil {
					t.Errorf("%v, %v, want a handler", handler, err)
				}
			case err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), token):
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
}
