package channel

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	shouttelegram "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/telegram"

	"github.com/tidemark/tidemark/processors/notify/message"
)

// telegramRoom is how many characters a message may have.
const telegramRoom = 4096

// telegram sends as a bot to one chat.
type telegram struct {
	o      Options
	post   *post
	api    string
	chat   string
	thread int
	silent bool
}

func (o Options) telegram(u *url.URL, p *post) (message.Sender, error) {
	var s shouttelegram.Service
	if err := s.Initialize(u, nil); err != nil {
		return nil, err
	}
	c := s.GetConfig()
	all := &each{delivered: map[string][]error{}}
	for _, chat := range c.Chats {
		one := &telegram{o: o, post: p, api: "https://api.telegram.org/bot" + c.Token + "/", chat: chat, silent: !c.Notification}
		// -100123:7 is thread 7 of a group.
		if group, thread, found := strings.Cut(chat, ":"); found {
			if n, err := strconv.Atoi(thread); err == nil {
				one.chat, one.thread = group, n
			}
		}
		all.senders = append(all.senders, one)
	}
	if len(all.senders) == 1 {
		return all.senders[0], nil
	}
	return all, nil
}

// Send posts the message, and then the picture, which makes no sound. That a
// picture was refused is no reason to send the message again.
func (s *telegram) Send(ctx context.Context, m *message.Message) error {
	body := map[string]any{
		"chat_id": s.chat, "parse_mode": "HTML", "disable_notification": s.silent,
		"text":                 message.Render(m, s.o.Style).Fit(telegramRoom, message.Units, message.Telegram),
		"link_preview_options": map[string]bool{"is_disabled": true},
	}
	if s.thread != 0 {
		body["message_thread_id"] = s.thread
	}
	answer, err := s.post.json(ctx, s.api+"sendMessage", body, nil)
	if err != nil {
		return err
	}
	var says struct {
		OK          bool   `json:"ok"`
		Description string `json:"description"`
	}
	if err := json.Unmarshal(answer, &says); err != nil || !says.OK {
		return s.post.fail(false, 0, "the answer is not understood: %s", short(string(answer)))
	}
	s.picture(ctx, m)
	return nil
}

func (s *telegram) picture(ctx context.Context, m *message.Message) {
	png, _ := s.o.image(m)
	if png == nil {
		return
	}
	fields := map[string]string{"chat_id": s.chat, "disable_notification": "true"}
	if s.thread != 0 {
		fields["message_thread_id"] = strconv.Itoa(s.thread)
	}
	if err := s.post.form(ctx, s.api+"sendPhoto", fields, file{"photo", pictureName, png}); err != nil {
		s.o.Logger.Warn("a message went without its picture", "message", m.ID, "err", err)
	}
}
