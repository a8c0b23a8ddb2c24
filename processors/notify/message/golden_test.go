package message_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/testkit"
	"github.com/tidemark/tidemark/processors/notify/message"
)

// golden is a message, who reads it, and how it is written.
type golden struct {
	Zone, Dashboard, Docs string
	Write                 []string
	Limit                 int
	Message               message.Message
}

// TestMessagesReadAsTheyShould: the messages as people get them, in the forms
// that the channels want.
func TestMessagesReadAsTheyShould(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata", func(_ string, input []byte) string {
		var g golden
		if err := json.Unmarshal(input, &g); err != nil { //nolint:musttag // names are found in any case
			return err.Error()
		}
		zone, err := time.LoadLocation(g.Zone)
		if err != nil {
			return err.Error()
		}
		text := message.Render(&g.Message, message.Style{
			Zone: zone, Dashboard: g.Dashboard, Docs: g.Docs,
			Entities: map[string]string{"rednote": "RedNote", "tiktok": "TikTok", "lemon8": "Lemon8", "capcut": "CapCut"},
		})
		if g.Limit == 0 {
			g.Limit = 1 << 20
		}
		var b strings.Builder
		for _, form := range g.Write {
			write := map[string]func(message.Text) string{
				"plain": message.Plain, "telegram": message.Telegram, "discord": message.Discord, "markdown": message.Markdown,
				"html": func(t message.Text) string {
					out, err := message.HTML(t, "cid:tidemark.png", "alt")
					if err != nil {
						return err.Error()
					}
					return out
				},
			}[form]
			b.WriteString("=== " + form + "\n" + strings.TrimRight(text.Fit(g.Limit, message.Units, write), "\n") + "\n")
		}
		return b.String()
	})
}
