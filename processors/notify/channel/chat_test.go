package channel_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/tidemark/tidemark/processors/notify/message"
)

const (
	slackURL    = "slack://hook:T0000TEST-B0000TEST-abcdefghijklmnopqrstuvwx@webhook"
	slackBotURL = "slack://xoxb:123456789012-123456789012-abcdefghijklmnopqrstuvwx@C0123456789"
	discordURL  = "discord://dIsCoRdToKeN-abcdef@112233445566778899"
	telegramURL = "telegram://110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw@telegram?chats=-100123:7,@tides"
	ntfyURL     = "ntfy://someone:nTfYpAsSwOrD@ntfy.example.org/secret-topic"
	teamsURL    = "teams+https://prod-01.westeurope.logic.azure.com/workflows/0a1b2c3d/triggers/manual/paths/invoke?api-version=2016-06-01&sig=TeAmSsIgNaTuRe"
	oldTeamsURL = "teams://11111111-4444-4444-8444-cccccccccccc@22222222-4444-4444-8444-cccccccccccc/33333333012222222222333333333344/44444444-4444-4444-8444-cccccccccccc/V2ESyij_gAljSoUQHvZoZYzlpAoAXExyOl26dlf1xHEx05?host=example.webhook.office.com"
)

func TestSlackTakesWhatItIsSent(t *testing.T) {
	t.Parallel()
	for name, m := range messages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, ok)
			if err := build(t, p.client, slackURL).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			got := p.requests()[0]
			if got.Host != "hooks.slack.com" || got.URL.Path != "/services/T0000TEST/B0000TEST/abcdefghijklmnopqrstuvwx" {
				t.Errorf("it went to %s%s", got.Host, got.URL.Path)
			}
			checkSlack(t, got)
		})
	}
}

// checkSlack refuses what Slack refuses: no text, an element of rich text
// without any, a style that there is not, too much.
func checkSlack(t *testing.T, got request) {
	t.Helper()
	var body struct {
		Text   string
		Blocks []struct {
			Type     string
			Elements []struct {
				Type     string
				Elements []struct {
					Type, Text, URL string
					Style           map[string]bool
				}
			}
		}
	}
	if err := json.Unmarshal(got.body, &body); err != nil { //nolint:musttag // names are found in any case
		t.Fatal(err)
	}
	if body.Text == "" || strings.ContainsAny(body.Text, "<>") {
		t.Errorf("text is %q", body.Text)
	}
	total := 0
	for _, b := range body.Blocks {
		for _, section := range b.Elements {
			if b.Type != "rich_text" || section.Type != "rich_text_section" || len(section.Elements) == 0 {
				t.Fatalf("no rich text: %s", got.body)
			}
			for _, e := range section.Elements {
				total += len([]rune(e.Text))
				switch {
				case e.Text == "", e.Type == "link" && !strings.HasPrefix(e.URL, "https://"), e.Type != "text" && e.Type != "link":
					t.Errorf("Slack would refuse %+v", e)
				}
			}
		}
	}
	if total == 0 || total > 4000 {
		t.Errorf("%d characters", total)
	}
}

func TestSlackBotsAreRefusedWith200(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]struct{ fails, permanent bool }{
		`{"ok":true}`:                              {},
		`{"ok":false,"error":"ratelimited"}`:       {true, false},
		`{"ok":false,"error":"channel_not_found"}`: {true, true},
		`not json`: {true, false},
	} {
		p := newPlace(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, answer) }) //nolint:errcheck // the client has left
		err := build(t, p.client, slackBotURL).Send(t.Context(), sample())
		if (err != nil) != want.fails || permanent(err) != want.permanent {
			t.Errorf("%s: %v", answer, err)
		}
		got := p.requests()[0]
		if got.Header.Get("Authorization") != "Bearer xoxb-123456789012-123456789012-abcdefghijklmnopqrstuvwx" || got.json(t)["channel"] != "C0123456789" {
			t.Errorf("login %q, %s", got.Header.Get("Authorization"), got.body)
		}
		checkSlack(t, got)
	}
}

func TestDiscordTakesWhatItIsSent(t *testing.T) {
	t.Parallel()
	for name, m := range messages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, ok)
			if err := build(t, p.client, discordURL).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			got := p.requests()[0]
			if got.Host != "discord.com" || got.URL.Path != "/api/webhooks/112233445566778899/dIsCoRdToKeN-abcdef" || got.URL.Query().Get("wait") != "true" {
				t.Errorf("it went to %s%s", got.Host, got.URL)
			}
			checkDiscord(t, got, pictured(m))
		})
	}
}

func checkDiscord(t *testing.T, got request, pictured bool) {
	t.Helper()
	payload := got.body
	if pictured {
		r := got.Request.Clone(t.Context())
		r.Body = io.NopCloser(bytes.NewReader(got.body))
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Fatal(err)
		}
		payload = []byte(r.FormValue("payload_json"))
		f, header, err := r.FormFile("files[0]")
		if err != nil || header.Filename != "tidemark.png" {
			t.Fatalf("no file: %v", err)
		}
		data, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		isPicture(t, data)
	}
	var body struct {
		Content string
		Embeds  []struct {
			Description string
			Color       int
			Image       *struct{ URL string }
		}
		Mentions struct{ Parse []string } `json:"allowed_mentions"`
	}
	if err := json.Unmarshal(payload, &body); err != nil { //nolint:musttag // names are found in any case
		t.Fatal(err)
	}
	if body.Content == "" || message.Units(body.Content) > 2000 || len(body.Embeds) != 1 || message.Units(body.Embeds[0].Description) > 4096 {
		t.Errorf("Discord would refuse %s", payload)
	}
	if body.Mentions.Parse == nil || len(body.Mentions.Parse) != 0 || strings.Contains(body.Content, "@everyone") {
		t.Errorf("a name can call everybody: %s", payload)
	}
	if image := body.Embeds[0].Image; (image != nil) != pictured || pictured && image.URL != "attachment://tidemark.png" {
		t.Errorf("image is %v", image)
	}
}

func TestTelegramTakesWhatItIsSent(t *testing.T) {
	t.Parallel()
	for name, m := range messages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, ok)
			if err := build(t, p.client, telegramURL).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			chats := map[string]int{}
			for _, got := range p.requests() {
				api, _ := strings.CutPrefix(got.URL.Path, "/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/")
				switch api {
				case "sendMessage":
					body := got.json(t)
					chats[body["chat_id"].(string)]++
					checkTelegram(t, body["text"].(string))
					if thread := body["message_thread_id"]; body["chat_id"] == "-100123" && thread != 7.0 {
						t.Errorf("thread %v", thread)
					}
				case "sendPhoto":
					r := got.Request.Clone(t.Context())
					r.Body = io.NopCloser(bytes.NewReader(got.body))
					f, _, err := r.FormFile("photo")
					if err != nil {
						t.Fatal(err)
					}
					data, err := io.ReadAll(f)
					if err != nil {
						t.Fatal(err)
					}
					isPicture(t, data)
				default:
					t.Errorf("it went to %s", got.URL)
				}
			}
			if chats["-100123"] != 1 || chats["@tides"] != 1 {
				t.Errorf("chats %v", chats)
			}
		})
	}
}

// checkTelegram refuses what Telegram refuses: tags that it does not know or
// that are not closed, bare signs, too much.
func checkTelegram(t *testing.T, text string) {
	t.Helper()
	if n := message.Units(text); n == 0 || n > 4096 {
		t.Errorf("%d characters", n)
	}
	var open []string
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("not closed: %v", open)
			}
			return
		case html.StartTagToken, html.EndTagToken:
			tag, attributes := z.TagName()
			name := string(tag)
			if name != "b" && name != "code" && name != "a" || name == "a" && kind == html.StartTagToken && !attributes {
				t.Errorf("Telegram knows no <%s>", name)
			}
			if kind == html.StartTagToken {
				open = append(open, name)
				continue
			}
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("</%s> closes nothing", name)
			}
			open = open[:len(open)-1]
		case html.TextToken:
		default:
			t.Errorf("what is %v?", z.Token())
		}
	}
}

func TestNtfyTakesWhatItIsSent(t *testing.T) {
	t.Parallel()
	for name, m := range messages() {
		for _, attachments := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := newPlace(t, func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodPut && !attachments {
						http.Error(w, `{"code":40014,"http":400,"error":"invalid request: attachments not allowed"}`, http.StatusBadRequest)
						return
					}
					ok(w, r)
				})
				if err := build(t, p.client, ntfyURL).Send(t.Context(), m); err != nil {
					t.Fatal(err)
				}
				all := p.requests()
				checkNtfy(t, all[len(all)-1], attachments && pictured(m))
			})
		}
	}
}

func checkNtfy(t *testing.T, got request, pictured bool) {
	t.Helper()
	if user, password, _ := got.BasicAuth(); user != "someone" || password != "nTfYpAsSwOrD" {
		t.Errorf("login %s", got.Header.Get("Authorization"))
	}
	var title, text string
	if pictured {
		var d mime.WordDecoder
		title, _ = d.DecodeHeader(got.Header.Get("X-Title"))
		text, _ = d.DecodeHeader(got.Header.Get("X-Message"))
		text = strings.ReplaceAll(text, `\n`, "\n")
		isPicture(t, got.body)
		if got.URL.Path != "/secret-topic" || got.Header.Get("X-Filename") == "" {
			t.Errorf("it went to %s", got.URL)
		}
	} else {
		body := got.json(t)
		title, text = body["title"].(string), body["message"].(string)
		if body["topic"] != "secret-topic" || got.URL.Path != "/" || body["priority"].(float64) < 1 || body["priority"].(float64) > 5 {
			t.Errorf("%s: %s", got.URL, got.body)
		}
	}
	if title == "" || text == "" || len(text) > 4096 || strings.Contains(text, "\r") {
		t.Errorf("title %q, %d bytes of text", title, len(text))
	}
}

func TestTeamsTakesWhatItIsSent(t *testing.T) {
	t.Parallel()
	for name, m := range messages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, ok)
			if err := build(t, p.client, teamsURL).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			got := p.requests()[0]
			if got.Host != "prod-01.westeurope.logic.azure.com" || got.URL.Query().Get("sig") != "TeAmSsIgNaTuRe" {
				t.Errorf("it went to %s%s", got.Host, got.URL)
			}
			checkCard(t, got)
		})
	}
}

func checkCard(t *testing.T, got request) {
	t.Helper()
	var body struct {
		Type        string
		Attachments []struct {
			ContentType string
			Content     struct {
				Type, Version string
				Body          []struct {
					Type    string
					Inlines []struct{ Type, Text string }
				}
				Actions []struct{ Type, Title, URL string }
			}
		}
	}
	if err := json.Unmarshal(got.body, &body); err != nil { //nolint:musttag // names are found in any case
		t.Fatal(err)
	}
	if body.Type != "message" || len(body.Attachments) != 1 || body.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive" || len(got.body) > 28<<10 {
		t.Fatalf("%d bytes: %.300s", len(got.body), got.body)
	}
	card := body.Attachments[0].Content
	if card.Type != "AdaptiveCard" || len(card.Body) == 0 {
		t.Errorf("card %+v", card)
	}
	for _, block := range card.Body {
		if block.Type != "RichTextBlock" || len(block.Inlines) == 0 {
			t.Errorf("block %+v", block)
		}
		for _, run := range block.Inlines {
			if run.Type != "TextRun" || run.Text == "" {
				t.Errorf("run %+v", run)
			}
		}
	}
	for _, a := range card.Actions {
		if a.Type != "Action.OpenUrl" || !strings.HasPrefix(a.URL, "https://") || a.Title == "" {
			t.Errorf("action %+v", a)
		}
	}
}

func TestOldTeamsConnectors(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]struct{ fails, permanent bool }{
		"1": {},
		"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429": {true, false},
		"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 400": {true, true},
	} {
		p := newPlace(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, answer) }) //nolint:errcheck // the client has left
		err := build(t, p.client, oldTeamsURL).Send(t.Context(), nasty())
		if (err != nil) != want.fails || permanent(err) != want.permanent {
			t.Errorf("%s: %v", answer, err)
		}
		if body := p.requests()[0].json(t); body["@type"] != "MessageCard" || body["text"] == "" || body["summary"] == "" {
			t.Errorf("%v", body)
		}
	}
}
