package channel_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/processors/notify/channel"
)

// TestAddressesAsTheyAreCopied: from the places' own pages.
func TestAddressesAsTheyAreCopied(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"https://hooks.slack.com/services/T0000TEST/B0000TEST/abcdefghijklmnopqrstuvwx",
		"https://discord.com/api/webhooks/112233445566778899/dIsCoRdToKeN-abcdef",
		strings.TrimPrefix(teamsURL, "teams+"),
	} {
		p := newPlace(t, ok)
		if err := build(t, p.client, raw).Send(t.Context(), sample()); err != nil {
			t.Error(err)
		}
		if got := p.requests()[0]; !strings.HasPrefix(raw, "https://"+got.Host+got.URL.Path) {
			t.Errorf("%s went to %s%s", raw, got.Host, got.URL.Path)
		}
	}
}

func permanent(err error) bool { return err != nil && isPermanent(err) }

// TestSecondTriesAreForThoseWhoHaveItNot: and refusals are not tried again.
func TestSecondTriesAreForThoseWhoHaveItNot(t *testing.T) {
	t.Parallel()
	fail := true
	p := newPlace(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host == "discord.com":
			http.NotFound(w, r)
		case r.Host == "ntfy.example.org" && fail:
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			ok(w, r)
		}
	})
	s := build(t, p.client, slackURL, ntfyURL, discordURL)
	m := sample()
	err := s.Send(t.Context(), m)
	if after, _ := channel.RetryAfter(err); permanent(err) || after.Seconds() != 3 {
		t.Fatalf("first try: %v, again after %v", err, after)
	}
	fail = false
	if err = s.Send(t.Context(), m); !permanent(err) {
		t.Fatalf("second try: %v", err)
	}
	count := map[string]int{}
	for _, r := range p.requests() {
		count[r.Host]++
	}
	// Discord is asked with the picture and without.
	if count["hooks.slack.com"] != 1 || count["ntfy.example.org"] != 2 || count["discord.com"] != 2 {
		t.Errorf("requests %v", count)
	}
}
