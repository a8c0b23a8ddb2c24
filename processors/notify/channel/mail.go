package channel

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net/textproto"
	"net/url"
	"strings"

	shoutsmtp "github.com/nicholas-fedor/shoutrrr/pkg/services/email/smtp"
	"github.com/wneessen/go-mail"

	"github.com/tidemark/tidemark/processors/notify/message"
)

// mailRoom is how many bytes of text a mail has at most: nobody reads more.
const mailRoom = 64 << 10

// mailer sends mails: HTML with a plain alternative and the picture in it. The
// address is shoutrrr's; the mail is not, because shoutrrr's has the same text
// in both forms, unescaped, no picture and no Message-ID by which a mailbox
// would know a mail that came twice.
type mailer struct {
	o      Options
	post   *post
	config shoutsmtp.Config
}

func (o Options) mail(u *url.URL, p *post) (message.Sender, error) {
	p.place = "mail"
	var s shoutsmtp.Service
	if err := s.Initialize(u, nil); err != nil {
		return nil, err
	}
	c := s.Config.Clone()
	c.FixEmailTags()
	out := &mailer{o: o, post: p, config: c}
	// What cannot be a mail is said now, and not with the first message.
	if _, err := out.compose(&message.Message{ID: "test", Kind: message.KindTest, Receiver: "test"}); err != nil {
		return nil, err
	}
	if _, err := out.client(); err != nil {
		return nil, err
	}
	return out, nil
}

// Send hands the mail to the server.
func (s *mailer) Send(ctx context.Context, m *message.Message) error {
	mail, err := s.compose(m)
	if err != nil {
		return s.post.fail(true, 0, "write the mail: %v", err)
	}
	client, err := s.client()
	if err != nil {
		return s.post.fail(true, 0, "%v", err)
	}
	if err := client.DialAndSendWithContext(ctx, mail); err != nil {
		f := s.post.fail(refusedMail(err), 0, "%s", strings.Join(strings.Fields(err.Error()), " "))
		f.context = ctx.Err()
		return f
	}
	return nil
}

// refusedMail says whether the server will never take it: answers from 500
// on. Whatever else went wrong may pass.
func refusedMail(err error) bool {
	if refused, found := errors.AsType[*mail.SendError](err); found {
		return !refused.IsTemp() && refused.ErrorCode() >= 500
	}
	// At the login there is only the answer itself.
	answer, found := errors.AsType[*textproto.Error](err)
	return found && answer.Code >= 500
}

func (s *mailer) client() (*mail.Client, error) {
	c := s.config
	options := []mail.Option{
		mail.WithPort(int(c.Port)), mail.WithTimeout(timeout),
		mail.WithTLSConfig(&tls.Config{ServerName: c.Host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: c.SkipTLSVerify}),
		mail.WithTLSPolicy(s.encryption()),
	}
	if c.Encryption == shoutsmtp.EncImplicitTLS || c.Encryption == shoutsmtp.EncAuto && c.Port == shoutsmtp.ImplicitTLSPort {
		options = append(options, mail.WithSSL())
	}
	if c.ClientHost != "" && c.ClientHost != "localhost" && c.ClientHost != "auto" {
		options = append(options, mail.WithHELO(c.ClientHost))
	}
	if c.Username != "" && c.Auth != shoutsmtp.AuthNone {
		kind := mail.SMTPAuthAutoDiscover
		switch c.Auth {
		case shoutsmtp.AuthPlain:
			kind = mail.SMTPAuthPlain
		case shoutsmtp.AuthCRAMMD5:
			kind = mail.SMTPAuthCramMD5
		case shoutsmtp.AuthOAuth2:
			kind = mail.SMTPAuthXOAUTH2
		}
		options = append(options, mail.WithSMTPAuth(kind), mail.WithUsername(c.Username), mail.WithPassword(c.Password))
	}
	return mail.NewClient(c.Host, options...)
}

// encryption is what the address asks for; where it does not, as much as the
// server has.
func (s *mailer) encryption() mail.TLSPolicy {
	switch {
	case s.config.RequireStartTLS || s.config.Encryption == shoutsmtp.EncExplicitTLS:
		return mail.TLSMandatory
	case s.config.Encryption == shoutsmtp.EncNone || !s.config.UseStartTLS:
		return mail.NoTLS
	}
	return mail.TLSOpportunistic
}

// subject is as much of a headline as a list of mails shows.
const subject = 160

// compose writes the mail. Its Message-ID is made from the message's id: the
// same message is the same mail. All mails of an episode are one thread.
func (s *mailer) compose(m *message.Message) (*mail.Msg, error) {
	t := message.Render(m, s.o.Style)
	out := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := out.FromFormat(s.config.FromName, s.config.FromAddress); err != nil {
		return nil, err
	}
	if err := out.To(s.config.ToAddresses...); err != nil {
		return nil, err
	}
	head := []rune(strings.TrimSpace(t.Mark + " " + t.Headline))
	if len(head) > subject {
		head = append(head[:subject-1], '…')
	}
	out.Subject(string(head))
	out.SetDate()
	_, domain, _ := strings.Cut(s.config.FromAddress, "@")
	out.SetMessageIDWithValue(m.ID + "." + m.Receiver + "@" + domain)
	if len(m.Items) > 0 && m.Kind != message.KindCatchUp {
		thread := "<episode-" + m.Items[0].Episode.GetId() + "." + m.Receiver + "@" + domain + ">"
		out.SetGenHeader(mail.HeaderInReplyTo, thread)
		out.SetGenHeader(mail.HeaderReferences, thread)
	}
	out.SetGenHeader("Auto-Submitted", "auto-generated")
	out.SetGenHeader("X-Tidemark-Delivery", m.ID)
	png, alt := s.o.image(m)
	source := ""
	if png != nil {
		source = "cid:" + pictureName
	}
	html, err := message.HTML(t, source, alt)
	if err != nil {
		return nil, err
	}
	out.SetBodyString(mail.TypeTextPlain, t.Fit(mailRoom, message.Bytes, message.Plain))
	out.AddAlternativeString(mail.TypeTextHTML, html)
	if png != nil {
		return out, out.EmbedReader(pictureName, bytes.NewReader(png), mail.WithFileContentID("<"+pictureName+">"), mail.WithFileContentType("image/png"))
	}
	return out, nil
}
