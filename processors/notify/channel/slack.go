package channel

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	shoutslack "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/slack"

	"github.com/tidemark/tidemark/processors/notify/message"
)

// slackRoom is how many characters of a message Slack shows in full.
const slackRoom = 3800

// slack sends to an incoming webhook, or as a bot. Blocks of rich text are
// structure, not markup: nothing in a name can be taken for anything.
type slack struct {
	o      Options
	post   *post
	config *shoutslack.Config
	to     string // the webhook; empty: a bot
}

// slackAPI is where bots post.
const slackAPI = "https://slack.com/api/chat.postMessage"

func (o Options) slack(u *url.URL, p *post) (message.Sender, error) {
	if u.Scheme == "https" {
		p.place = "slack"
		return &slack{o: o, post: p, config: &shoutslack.Config{}, to: u.String()}, nil
	}
	var s shoutslack.Service
	if err := s.Initialize(u, nil); err != nil {
		return nil, err
	}
	out := &slack{o: o, post: p, config: s.Config}
	if !s.Config.Token.IsAPIToken() {
		out.to = s.Config.Token.WebhookURL()
	}
	// The token is written with - in one place and with / in the other.
	p.mask = newMask(u, s.Config.Token.String(), strings.TrimPrefix(s.Config.Token.WebhookURL(), "https://hooks.slack.com"))
	return out, nil
}

// Send posts the message.
func (s *slack) Send(ctx context.Context, m *message.Message) error {
	text := message.Render(m, s.o.Style)
	shown := text
	for lines := len(text.Lines); lines > 0 && message.Units(message.Plain(shown)) > slackRoom; {
		lines--
		shown = text.Shorter(lines)
	}
	body := map[string]any{
		// Shown where blocks are not: in notifications.
		"text":   escapeSlack(strings.TrimSpace(text.Mark + " " + text.Headline)),
		"blocks": []any{map[string]any{"type": "rich_text", "elements": []any{map[string]any{"type": "rich_text_section", "elements": richText(shown)}}}},
		// No previews of what the links lead to.
		"unfurl_links": false, "unfurl_media": false,
	}
	for key, value := range map[string]string{"username": s.config.BotName, "thread_ts": s.config.ThreadTS} {
		if value != "" {
			body[key] = value
		}
	}
	if s.to != "" {
		_, err := s.post.json(ctx, s.to, body, nil)
		return err
	}
	body["channel"] = s.config.Channel
	answer, err := s.post.json(ctx, slackAPI, body, http.Header{"Authorization": {s.config.Token.Authorization()}})
	if err != nil {
		return err
	}
	return s.judge(answer)
}

// judge reads the answer of the API, which refuses with 200.
func (s *slack) judge(answer []byte) error {
	var says struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if err := json.Unmarshal(answer, &says); err != nil {
		return s.post.fail(false, 0, "the answer is not understood: %s", short(string(answer)))
	}
	if says.OK {
		return nil
	}
	passing := []string{"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
	return s.post.fail(!slices.Contains(passing, says.Error), 0, "refused: %s", short(says.Error))
}

// escapeSlack is the whole of what Slack wants escaped.
func escapeSlack(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// richText is a text as elements of a rich_text_section.
func richText(t message.Text) []any {
	var out []any
	say := func(text string, style map[string]bool) {
		e := map[string]any{"type": "text", "text": text}
		if style != nil {
			e["style"] = style
		}
		out = append(out, e)
	}
	bold := map[string]bool{"bold": true}
	say(strings.TrimSpace(t.Mark+" "+t.Headline), bold)
	for _, l := range t.Lines {
		say("\n", nil)
		if l.Label != "" {
			end := ": "
			if l.Head {
				end = ""
			}
			say(l.Label+end, bold)
		}
		switch {
		case l.Text == "":
		case l.Code:
			say(l.Text, map[string]bool{"code": true})
		default:
			say(l.Text, nil)
		}
	}
	for i, l := range t.Links {
		between := " · "
		if i == 0 {
			between = "\n"
		}
		say(between, nil)
		out = append(out, map[string]any{"type": "link", "url": l.URL, "text": l.Name})
	}
	return out
}
