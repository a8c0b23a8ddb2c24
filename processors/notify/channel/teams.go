package channel

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	shoutteams "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/teams"

	"github.com/tidemark/tidemark/processors/notify/message"
)

// teamsRoom is how many bytes of JSON Teams takes, with some to spare.
const teamsRoom = 24 << 10

// teams sends to a workflow ("post to a channel when a webhook request is
// received") as an adaptive card, or to one of the old connectors as a message
// card.
type teams struct {
	o    Options
	post *post
	to   string
	old  bool
}

func (o Options) teams(u *url.URL, p *post) (message.Sender, error) {
	p.place = "teams"
	if u.Scheme != "teams" {
		to := *u
		to.Scheme = strings.TrimPrefix(u.Scheme, "teams+")
		return &teams{o: o, post: p, to: to.String(), old: strings.HasSuffix(u.Hostname(), ".webhook.office.com")}, nil
	}
	var s shoutteams.Service
	if err := s.Initialize(u, nil); err != nil {
		return nil, err
	}
	c := s.Config
	return &teams{o: o, post: p, to: shoutteams.BuildWebhookURL(c.Host, c.Group, c.Tenant, c.AltID, c.GroupOwner, c.ExtraID), old: true}, nil
}

// Send posts the card.
func (s *teams) Send(ctx context.Context, m *message.Message) error {
	t := message.Render(m, s.o.Style)
	write := adaptive
	if s.old {
		write = func(t message.Text) any { return messageCard(t, m) }
	}
	card := write(t)
	for lines := len(t.Lines); lines > 0; {
		if text, err := json.Marshal(card); err != nil || len(text) <= teamsRoom {
			break
		}
		lines--
		card = write(t.Shorter(lines))
	}
	answer, err := s.post.json(ctx, s.to, card, nil)
	if err != nil {
		return err
	}
	// The old connectors refuse with 200.
	if text := string(answer); s.old && strings.Contains(text, "HTTP error") {
		return s.post.fail(!strings.Contains(text, "429") && !strings.Contains(text, "HTTP error 5"), 0, "refused: %s", short(text))
	}
	return nil
}

// adaptive is an adaptive card. Its text runs are text, never Markdown.
func adaptive(t message.Text) any {
	run := func(text, weight string) map[string]any {
		r := map[string]any{"type": "TextRun", "text": text}
		if weight != "" {
			r["weight"] = weight
		}
		return r
	}
	block := func(runs ...any) map[string]any { return map[string]any{"type": "RichTextBlock", "inlines": runs} }
	head := run(strings.TrimSpace(t.Mark+" "+t.Headline), "Bolder")
	head["size"] = "Medium"
	body := []any{block(head)}
	for _, l := range t.Lines {
		var runs []any
		switch {
		case l.Head:
			runs = append(runs, run(l.Label, "Bolder"))
		case l.Label != "":
			runs = append(runs, run(l.Label+": ", "Bolder"))
		}
		if l.Text != "" && !l.Head {
			text := run(l.Text, "")
			if l.Code {
				text["fontType"] = "Monospace"
			}
			runs = append(runs, text)
		}
		body = append(body, block(runs...))
	}
	actions := make([]any, 0, len(t.Links))
	for _, l := range t.Links {
		actions = append(actions, map[string]any{"type": "Action.OpenUrl", "title": l.Name, "url": l.URL})
	}
	return map[string]any{"type": "message", "attachments": []any{map[string]any{
		"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil,
		"content": map[string]any{
			"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
			"msteams": map[string]string{"width": "Full"}, "body": body, "actions": actions,
		},
	}}}
}

// messageCard is what the old connectors take.
func messageCard(t message.Text, m *message.Message) any {
	title := strings.TrimSpace(t.Mark + " " + t.Headline)
	links := t.Links
	t.Mark, t.Headline, t.Links = "", "", nil
	actions := make([]any, 0, len(links))
	for _, l := range links {
		actions = append(actions, map[string]any{"@type": "OpenUri", "name": l.Name, "targets": []any{map[string]string{"os": "default", "uri": l.URL}}})
	}
	return map[string]any{
		"@type": "MessageCard", "@context": "http://schema.org/extensions", "markdown": true, "themeColor": strings.TrimPrefix(hexColour(colour(m)), "#"),
		"summary": title, "title": message.EscapeMarkdown(title), "text": message.Markdown(t), "potentialAction": actions,
	}
}
