package channel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/processors/notify/channel"
	"github.com/tidemark/tidemark/processors/notify/message"
)

const (
	webhookURL    = "https://hook.example.org/in/wEbHoOkPaTh?key=wEbHoOkKeY"
	webhookSecret = "wEbHoOkSeCrEt-0123456789"
	alertsURL     = "https://prom:aLeRtPaSs@alerts.example.org/am"
)

func isPermanent(err error) bool { return errors.Is(err, message.ErrPermanent) }

// receivers are one of each channel that goes by HTTP, with what must not be
// seen of its address.
func receivers() map[string]struct {
	r       config.Receiver
	secrets []string
} {
	urls := func(u string) config.Receiver {
		return config.Receiver{Name: "desk", URLs: []config.Hidden{config.Hidden(u)}}
	}
	return map[string]struct {
		r       config.Receiver
		secrets []string
	}{
		"slack":     {urls(slackURL), []string{"abcdefghijklmnopqrstuvwx", "B0000TEST"}},
		"slack bot": {urls(slackBotURL), []string{"abcdefghijklmnopqrstuvwx", "123456789012"}},
		"discord":   {urls(discordURL), []string{"dIsCoRdToKeN-abcdef"}},
		"telegram":  {urls(telegramURL), []string{"AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "110201543:"}},
		"ntfy":      {urls(ntfyURL), []string{"nTfYpAsSwOrD", "secret-topic"}},
		"teams":     {urls(teamsURL), []string{"TeAmSsIgNaTuRe", "0a1b2c3d"}},
		"old teams": {urls(oldTeamsURL), []string{"33333333012222222222333333333344", "V2ESyij_gAljSoUQHvZoZYzlpAoAXExyOl26dlf1xHEx05"}},
		"webhook": {
			config.Receiver{Name: "desk", Webhook: config.NotifyWebhook{URL: config.Hidden(webhookURL), Secret: config.Secret(webhookSecret)}},
			[]string{"wEbHoOkPaTh", "wEbHoOkKeY", webhookSecret},
		},
		"alertmanager": {config.Receiver{Name: "desk", Alertmanager: config.AlertmanagerURL{URL: config.Secret(alertsURL)}}, []string{"aLeRtPaSs"}},
	}
}

// TestAnswersAreJudged: of every channel alike. Who is told to wait hears for
// how long.
func TestAnswersAreJudged(t *testing.T) {
	t.Parallel()
	for name, c := range receivers() {
		for _, a := range []struct {
			status    int
			header    string
			body      string
			permanent bool
			after     time.Duration
		}{
			{429, "7", "slow down", false, 7 * time.Second},
			{429, "", `{"message":"You are being rate limited.","retry_after":0.25,"global":false}`, false, 250 * time.Millisecond},
			{429, "", `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 31","parameters":{"retry_after":31}}`, false, 31 * time.Second},
			{429, "nonsense", "", false, 0},
			{503, "120", "", false, 2 * time.Minute},
			{500, "", "", false, 0},
			{502, "", "<html>Bad gateway</html>", false, 0},
			{408, "", "", false, 0},
			{400, "", "no", true, 0},
			{401, "", "", true, 0},
			{404, "", "", true, 0},
			{410, "", "", true, 0},
			{302, "", "", true, 0},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := newPlace(t, func(w http.ResponseWriter, _ *http.Request) {
					if a.header != "" {
						w.Header().Set("Retry-After", a.header)
					}
					if a.status == http.StatusFound {
						w.Header().Set("Location", "https://elsewhere.example.org/")
					}
					w.WriteHeader(a.status)
					io.WriteString(w, a.body) //nolint:errcheck // the client has left
				})
				s, err := channel.Build(&c.r, channel.Options{Style: style(), Client: p.client})
				if err != nil {
					t.Fatal(err)
				}
				m := sample()
				m.Items[0].Episode.History = nil // pictures take long
				err = s.Send(t.Context(), m)
				after, _ := channel.RetryAfter(err)
				if err == nil || isPermanent(err) != a.permanent || after != a.after {
					t.Errorf("%d %q: %v, permanent %v, after %v", a.status, a.body, err, isPermanent(err), after)
				}
				for _, r := range p.requests() {
					if r.Host == "elsewhere.example.org" {
						t.Error("it followed a redirect")
					}
				}
			})
		}
	}
}

// TestSecretsNeverShow: whatever fails, however it fails, in errors and logs.
func TestSecretsNeverShow(t *testing.T) {
	t.Parallel()
	refuse := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("connection refused")
	}}}
	for name, c := range receivers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			var said []string
			// A place that repeats what it was sent.
			echo := newPlace(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				io.WriteString(w, r.URL.String()+" "+r.Header.Get("Authorization")) //nolint:errcheck // the client has left
			})
			// Messages arrive, pictures do not.
			half := newPlace(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") || r.Method == http.MethodPut {
					http.Error(w, "no picture at "+r.URL.String(), http.StatusBadRequest)
					return
				}
				ok(w, r)
			})
			for _, client := range []*http.Client{refuse, echo.client, half.client} {
				s, err := channel.Build(&c.r, channel.Options{Style: style(), Client: client, Logger: slog.New(slog.NewTextHandler(&log, nil))})
				if err != nil {
					t.Fatal(err)
				}
				canceled, cancel := context.WithCancel(t.Context())
				cancel()
				for _, ctx := range []context.Context{t.Context(), canceled} {
					m := sample()
					m.ID += fmt.Sprint(ctx.Err())
					if err := s.Send(ctx, m); err != nil {
						for e := err; e != nil; e = errors.Unwrap(e) {
							said = append(said, e.Error())
						}
						if ctx.Err() != nil && !errors.Is(err, context.Canceled) {
							t.Errorf("it does not say that it was cancelled: %v", err)
						}
					}
				}
			}
			said = append(said, log.String())
			if len(said) < 4 {
				t.Errorf("hardly anything failed: %q", said)
			}
			for _, text := range said {
				for _, secret := range c.secrets {
					if strings.Contains(text, secret) {
						t.Errorf("%q shows %q", text, secret)
					}
				}
			}
		})
	}
}

// TestWhatCannotBeReachedMayBeTriedAgain: the network is mended some day.
func TestWhatCannotBeReachedMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range receivers() {
		client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("connection refused")
		}}}
		s, err := channel.Build(&c.r, channel.Options{Client: client})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Send(t.Context(), sample()); err == nil || isPermanent(err) || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWrongAddressesAreNamed: the receiver and what is wrong, never the
// address.
func TestWrongAddressesAreNamed(t *testing.T) {
	t.Parallel()
	for raw, says := range map[string]string{
		"telegram://sEcReTtOkEn@telegram?chats=1":                             "telegram",
		"telegram://110201543:sEcReTtOkEn@telegram":                           "channels",
		"slack://sEcReTtOkEn@webhook":                                         "slack",
		"discord://112233445566778899":                                        "discord",
		"ntfy://sEcReTtOkEn@ntfy.example.org":                                 "topic",
		"smtp://u:sEcReTtOkEn@mail.example.org/?to=a@example.org":             "fromAddress",
		"smtp://u:sEcReTtOkEn@mail.example.org/?from=nobody&to=a@example.org": "mail",
		"teams://sEcReTtOkEn@x/y":                                             "teams",
		"nosuch://sEcReTtOkEn@x":                                              "nosuch",
		"https://example.org/sEcReTtOkEn":                                     "webhook.url",
		"%zz://sEcReTtOkEn":                                                   "no address",
		"sEcReTtOkEn":                                                         "no address",
		"sEcReTtOkEn:x":                                                       "no address",
		"nosuch://x@sEcReTtOkEn":                                              "there are bark, ",
		"pagerduty://sEcReTtOkEn:99999999/x":                                  "pagerduty",
		"gotify://host/sEcReTtOkEn?nosuch=sEcReTtOkEn":                        "gotify",
		"opsgenie://sEcReTtOkEn":                                              "opsgenie",
		"zulip://sEcReTtOkEn@sEcReTtOkEn.example.org":                         "zulip",
	} {
		_, err := channel.Build(&config.Receiver{Name: "desk", URLs: []config.Hidden{config.Hidden(raw)}}, channel.Options{})
		if err == nil || !strings.Contains(err.Error(), "receiver desk") || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if strings.Contains(strings.ToLower(err.Error()), "secrettoken") {
			t.Errorf("%s: the secret shows: %v", raw, err)
		}
	}
	for _, r := range []config.Receiver{
		{Name: "desk"},
		{Name: "desk", Webhook: config.NotifyWebhook{URL: "ftp://sEcReTtOkEn"}},
		{Name: "desk", Alertmanager: config.AlertmanagerURL{URL: "127.0.0.1:9093"}},
		{Name: "desk", URLFile: "testdata/none"},
	} {
		if _, err := channel.Build(&r, channel.Options{}); err == nil || !strings.Contains(err.Error(), "desk") || strings.Contains(err.Error(), "sEcReTtOkEn") {
			t.Errorf("%+v: %v", r.Name, err)
		}
	}
}
