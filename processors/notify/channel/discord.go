package channel

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	shoutdiscord "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/discord"

	"github.com/tidemark/tidemark/processors/notify/message"
)

// What Discord takes: characters of a message, and of the description of an
// embed.
const (
	discordContent = 2000
	discordEmbed   = 4096
)

// discord sends to a webhook: the headline as the message, the rest as an
// embed in the colour of the level, with the picture in it.
type discord struct {
	o    Options
	post *post
	to   string
	name string
}

func (o Options) discord(u *url.URL, p *post) (message.Sender, error) {
	if u.Scheme == "https" {
		p.place = "discord"
		return &discord{o: o, post: p, to: waiting(u.String())}, nil
	}
	var s shoutdiscord.Service
	if err := s.Initialize(u, nil); err != nil {
		return nil, err
	}
	return &discord{o: o, post: p, to: waiting(shoutdiscord.CreateAPIURLFromConfig(s.Config)), name: s.Config.Username}, nil
}

// waiting makes Discord answer once it has the message, and not before.
func waiting(to string) string {
	if strings.Contains(to, "?") {
		return to + "&wait=true"
	}
	return to + "?wait=true"
}

// Send posts the message. Where the picture is refused it goes without.
func (s *discord) Send(ctx context.Context, m *message.Message) error {
	png, _ := s.o.image(m)
	if png != nil {
		body, err := json.Marshal(s.body(m, true))
		if err != nil {
			return s.post.fail(true, 0, "write the message: %v", err)
		}
		err = s.post.form(ctx, s.to, map[string]string{"payload_json": string(body)}, file{"files[0]", pictureName, png})
		if err == nil || !tooMuch(err) {
			return err
		}
	}
	_, err := s.post.json(ctx, s.to, s.body(m, false), nil)
	return err
}

func (s *discord) body(m *message.Message, withPicture bool) map[string]any {
	t := message.Render(m, s.o.Style)
	head := message.Text{Mark: t.Mark, Headline: t.Headline}
	t.Mark, t.Headline = "", ""
	embed := map[string]any{
		"description": t.Fit(discordEmbed, message.Units, message.Discord),
		"color":       colour(m),
	}
	if withPicture {
		embed["image"] = map[string]string{"url": "attachment://" + pictureName}
	}
	body := map[string]any{
		"content": head.Fit(discordContent, message.Units, message.Discord),
		"embeds":  []any{embed},
		// Nothing in a name ever calls anybody.
		"allowed_mentions": map[string]any{"parse": []string{}},
	}
	if s.name != "" {
		body["username"] = s.name
	}
	return body
}

// pictureName is what the picture is called where it is a file.
const pictureName = "tidemark.png"

// colour of a level, for those who look at nothing else.
func colour(m *message.Message) int {
	switch {
	case m.Kind == message.KindClosed:
		return 0x188038
	case m.Level == message.LevelCritical:
		return 0xc5221f
	case m.Level == message.LevelWarning:
		return 0xe8710a
	}
	return 0x0b57d0
}

// hexColour is a colour as the web writes it.
func hexColour(c int) string { return fmt.Sprintf("#%06x", c) }
