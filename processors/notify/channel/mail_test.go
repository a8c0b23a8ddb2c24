package channel_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/tidemark/tidemark/processors/notify/message"
)

// post office is an SMTP server that keeps what it takes.
type office struct {
	refuse error // on RCPT

	mu  sync.Mutex
	got []letter
}

type letter struct {
	user, from string
	to         []string
	data       []byte
}

type session struct {
	o *office
	l letter
}

func (o *office) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{o: o}, nil }

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if password != "mAiLpAsSwOrD" {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong password for " + username}
		}
		s.l.user = username
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error { s.l.from = from; return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.l.to = append(s.l.to, to)
	return s.o.refuse
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.l.data = data
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	s.o.got = append(s.o.got, s.l)
	return nil
}

func (s *session) Reset()        { s.l = letter{user: s.l.user} }
func (s *session) Logout() error { return nil }

// open starts the server, and gives its address.
func (o *office) open(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(o)
	server.AllowInsecureAuth = true
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func mailURL(address, login string) string {
	return "smtp://" + login + address + "/?from=tidemark@example.org&fromname=Tidemark&to=desk@example.org,night@example.org&encryption=None"
}

func TestMailsAreWhole(t *testing.T) {
	t.Parallel()
	for name, m := range messages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &office{}
			address := o.open(t)
			if err := build(t, nil, mailURL(address, "someone:mAiLpAsSwOrD@")).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			if len(o.got) != 1 || o.got[0].user != "someone" || strings.Join(o.got[0].to, " ") != "desk@example.org night@example.org" {
				t.Fatalf("it got %+v", o.got)
			}
			checkMail(t, o.got[0].data, m)
		})
	}
}

func checkMail(t *testing.T, data []byte, m *message.Message) {
	t.Helper()
	got, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	if err != nil || subject == "" || len([]rune(subject)) > 170 {
		t.Errorf("subject %q: %v", subject, err)
	}
	if got.Header.Get("Bcc") != "" || got.Header.Get("From") != `"Tidemark" <tidemark@example.org>` || got.Header.Get("Auto-Submitted") == "" {
		t.Errorf("header %v", got.Header)
	}
	if id := got.Header.Get("Message-Id"); id != "<"+m.ID+".desk@example.org>" {
		t.Errorf("Message-ID %s", id)
	}
	if _, err := got.Header.Date(); err != nil {
		t.Error(err)
	}
	parts := map[string]string{}
	gather(t, got.Header.Get("Content-Type"), got.Body, parts)
	if plain := parts["text/plain"]; !strings.Contains(plain, "\n") && m.Kind != message.KindTest {
		t.Errorf("plain part %q", plain)
	}
	body := parts["text/html"]
	if !strings.Contains(body, "<h1") || strings.Contains(body, "</b><a href='x'>") {
		t.Errorf("a name breaks out of the HTML: %s", body)
	}
	pictured := pictured(m)
	if pictured {
		isPicture(t, []byte(parts["image/png"]))
	}
	if strings.Contains(body, `src="cid:tidemark.png"`) != pictured {
		t.Errorf("picture in the HTML: %v", !pictured)
	}
}

// gather reads the parts of a mail as a mail program does.
func gather(t *testing.T, kind string, body io.Reader, into map[string]string) {
	t.Helper()
	what, parameters, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(what, "multipart/") {
		data, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		into[what] = string(data)
		return
	}
	for r := multipart.NewReader(body, parameters["boundary"]); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var content io.Reader = part
		switch part.Header.Get("Content-Transfer-Encoding") {
		case "quoted-printable":
			content = quotedprintable.NewReader(part)
		case "base64":
			content = base64.NewDecoder(base64.StdEncoding, part)
		}
		if id := part.Header.Get("Content-Id"); strings.HasPrefix(part.Header.Get("Content-Type"), "image/") && id != "<tidemark.png>" {
			t.Errorf("Content-ID of the picture is %q", id)
		}
		gather(t, part.Header.Get("Content-Type"), content, into)
	}
}

// TestMailsThatAreRefused: what a server says in the fours may pass, what it
// says in the fives will not; and nothing shows the password.
func TestMailsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refuse    error
		login     string
		permanent bool
		says      string
	}{
		"full":    {refuse: &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "mailbox full"}, says: "mailbox full"},
		"unknown": {refuse: &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}, permanent: true, says: "no such user"},
		"login":   {login: "someone:wRoNgPaSsWoRd@", permanent: true, says: "535"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &office{refuse: c.refuse}
			err := build(t, nil, mailURL(o.open(t), c.login)).Send(t.Context(), sample())
			if err == nil || permanent(err) != c.permanent || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "wRoNgPaSsWoRd") {
				t.Errorf("permanent %v: %v", permanent(err), err)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		s := build(t, nil, mailURL("127.0.0.1:1", "someone:wRoNgPaSsWoRd@"))
		if err := s.Send(t.Context(), sample()); err == nil || permanent(err) || strings.Contains(err.Error(), "wRoNgPaSsWoRd") {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Send(ctx, sample()); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
