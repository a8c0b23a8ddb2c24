package message

import (
	"html"
	"strings"
)

// Plain writes a text without any markup.
func Plain(t Text) string {
	return markup{
		escape: func(s string) string { return s },
		bold:   func(s string) string { return s },
		code:   func(s string) string { return s },
		link:   func(name, url string) string { return name + ": " + url },
		links:  "\n",
	}.write(t)
}

// Telegram writes a text in the HTML that Telegram's parse_mode HTML takes.
func Telegram(t Text) string {
	return markup{
		escape: html.EscapeString,
		bold:   func(s string) string { return "<b>" + s + "</b>" },
		code:   func(s string) string { return "<code>" + s + "</code>" },
		link:   func(name, url string) string { return `<a href="` + html.EscapeString(url) + `">` + name + "</a>" },
		links:  " · ",
	}.write(t)
}

// Discord writes a text in Discord's Markdown.
func Discord(t Text) string { return markdown().write(t) }

// Markdown writes a text in plain Markdown, as the old cards of Teams take it:
// two blanks end a line.
func Markdown(t Text) string {
	m := markdown()
	m.end = "  \n"
	return m.write(t)
}

func markdown() markup {
	return markup{
		escape: EscapeMarkdown,
		bold:   func(s string) string { return "**" + s + "**" },
		code:   codeMarkdown,
		// <> keeps an address whole that has a bracket in it.
		link:  func(name, url string) string { return "[" + name + "](<" + url + ">)" },
		links: " · ",
	}
}

// EscapeMarkdown takes from a text all that Markdown, and a chat that makes
// mentions of @ and # and addresses, would read as more than text.
func EscapeMarkdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch r {
		case '@':
			// No backslash stops a mention; a blank of no width does.
			b.WriteString("@\u200b")
			continue
		case '\\', '&', '*', '_', '~', '`', '|', '>', '<', '#', '[', ']', '(', ')', ':':
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// codeMarkdown fences a text that may have backticks with more of them.
func codeMarkdown(s string) string {
	longest, run := 0, 0
	for _, r := range s {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}

// markup is how a channel writes things. All but code take escaped text;
// code of Markdown takes it as it is.
type markup struct {
	escape, bold, code func(string) string
	link               func(name, url string) string
	links              string // between links
	end                string // of a line
}

func (m markup) write(t Text) string {
	end := m.end
	if end == "" {
		end = "\n"
	}
	lines := []string{m.bold(m.escape(head(t)))}
	for _, l := range t.Lines {
		lines = append(lines, m.line(l))
	}
	if len(t.Links) > 0 {
		links := make([]string, 0, len(t.Links))
		for _, l := range t.Links {
			links = append(links, m.link(m.escape(l.Name), l.URL))
		}
		lines = append(lines, strings.Join(links, m.links))
	}
	return strings.Join(lines, end)
}

func head(t Text) string { return strings.TrimSpace(t.Mark + " " + t.Headline) }

func (m markup) line(l Line) string {
	if l.Head {
		return m.bold(m.escape(l.Label))
	}
	text := l.Text
	switch {
	case !l.Code:
		text = m.escape(text)
	case m.code("`") == "`` ` ``":
		text = m.code(text)
	default:
		text = m.code(m.escape(text))
	}
	if l.Link != "" {
		text = m.link(text, l.Link)
	}
	if l.Label == "" {
		return text
	}
	return m.bold(m.escape(l.Label)+":") + " " + text
}
