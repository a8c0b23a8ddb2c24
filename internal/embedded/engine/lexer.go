package engine

import "strings"

// kind is a token's kind.
type kind int

const (
	kindEnd    kind = iota // end of the text
	kindWord               // bare word: keyword, identifier
	kindQuoted             // quoted identifier: `x` or "x"
	kindString             // 'x', or a heredoc
	kindNumber
	kindSymbol // one byte of punctuation
	kindOpen   // a quote or comment that has no end
)

// token is a piece of a statement; from and to are its place in the text.
type token struct {
	kind     kind
	from, to int
}

// lexer cuts a statement into tokens as ClickHouse does. It never fails:
// what it does not know is a symbol, and the engine's own parser has the last word.
type lexer struct {
	text string
	pos  int
}

// next returns the next token that is no space and no comment.
func (l *lexer) next() token {
	if open, ok := l.skipSpace(); !ok {
		return open
	}
	from := l.pos
	if from >= len(l.text) {
		return token{kindEnd, from, from}
	}
	switch c := l.text[from]; {
	case c == '\'':
		return l.quoted(kindString)
	case c == '`' || c == '"':
		return l.quoted(kindQuoted)
	case isDigit(c):
		l.skipWhile(isNumberByte)
		return token{kindNumber, from, l.pos}
	case isWordStart(c):
		l.skipWhile(isWordByte)
		return token{kindWord, from, l.pos}
	case c == '$':
		return l.heredoc()
	default:
		l.pos++
		return token{kindSymbol, from, l.pos}
	}
}

func (l *lexer) skipWhile(in func(byte) bool) {
	for l.pos < len(l.text) && in(l.text[l.pos]) {
		l.pos++
	}
}

// skipSpace skips space and comments; where a comment has no end it returns
// that as a token.
func (l *lexer) skipSpace() (open token, ok bool) {
	for l.pos < len(l.text) {
		rest := l.text[l.pos:]
		switch {
		case isSpace(rest[0]):
			l.pos++
		case strings.HasPrefix(rest, "\u00a0") || strings.HasPrefix(rest, "\ufeff"):
			l.pos += len("\u00a0")
			if rest[0] == 0xef {
				l.pos++
			}
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "#!"), strings.HasPrefix(rest, "# "):
			if end := strings.IndexByte(rest, '\n'); end >= 0 {
				l.pos += end + 1
			} else {
				l.pos = len(l.text)
			}
		case strings.HasPrefix(rest, "/*"):
			from := l.pos
			if !l.skipBlockComment() {
				return token{kindOpen, from, l.pos}, false
			}
		default:
			return token{}, true
		}
	}
	return token{}, true
}

// skipBlockComment skips /* … */, which may hold further ones.
func (l *lexer) skipBlockComment() bool {
	depth := 0
	for l.pos < len(l.text) {
		rest := l.text[l.pos:]
		switch {
		case strings.HasPrefix(rest, "/*"):
			depth++
			l.pos += 2
		case strings.HasPrefix(rest, "*/"):
			depth--
			l.pos += 2
			if depth == 0 {
				return true
			}
		default:
			l.pos++
		}
	}
	return false
}

// quoted reads up to the closing quote; a backslash or a doubled quote hides one.
func (l *lexer) quoted(k kind) token {
	from, quote := l.pos, l.text[l.pos]
	l.pos++
	for l.pos < len(l.text) {
		switch c := l.text[l.pos]; {
		case c == '\\':
			l.pos += 2
		case c == quote && l.pos+1 < len(l.text) && l.text[l.pos+1] == quote:
			l.pos += 2
		case c == quote:
			l.pos++
			return token{k, from, l.pos}
		default:
			l.pos++
		}
	}
	l.pos = len(l.text)
	return token{kindOpen, from, l.pos}
}

// heredoc reads $tag$ … $tag$; any other $ is a symbol or begins a word.
func (l *lexer) heredoc() token {
	from := l.pos
	l.pos++
	l.skipWhile(isTagByte)
	if l.pos < len(l.text) && l.text[l.pos] == '$' {
		tag := l.text[from : l.pos+1]
		if end := strings.Index(l.text[l.pos+1:], tag); end >= 0 {
			l.pos += 1 + end + len(tag)
			return token{kindString, from, l.pos}
		}
	}
	l.pos = from + 1
	if l.pos < len(l.text) && isWordByte(l.text[l.pos]) {
		l.skipWhile(isWordByte)
		return token{kindWord, from, l.pos}
	}
	return token{kindSymbol, from, l.pos}
}

func (l *lexer) textOf(t token) string { return l.text[t.from:t.to] }

// is tells whether t is the keyword (in capitals) or symbol.
func (l *lexer) is(t token, word string) bool {
	return (t.kind == kindWord || t.kind == kindSymbol) && strings.EqualFold(l.textOf(t), word)
}

// opens and closes tell whether t is a bracket.
func (l *lexer) opens(t token) bool  { return l.is(t, "(") || l.is(t, "{") || l.is(t, "[") }
func (l *lexer) closes(t token) bool { return l.is(t, ")") || l.is(t, "}") || l.is(t, "]") }

// name returns the identifier that t is, without quotes, or "".
func (l *lexer) name(t token) string {
	text := l.textOf(t)
	switch t.kind {
	case kindWord:
		return text
	case kindQuoted:
		return unquote(text)
	default:
		return ""
	}
}

// unquote takes the quotes and their escapes off. It need not know every
// escape: it is for comparing with names that have none.
func unquote(text string) string {
	quote := text[0]
	inner := text[1 : len(text)-1]
	var out strings.Builder
	for i := 0; i < len(inner); i++ {
		if (inner[i] == '\\' || inner[i] == quote) && i+1 < len(inner) {
			i++
			if inner[i-1] == '\\' && inner[i] == 'x' && i+2 < len(inner) {
				out.WriteByte(hexValue(inner[i+1])<<4 | hexValue(inner[i+2]))
				i += 2
				continue
			}
		}
		out.WriteByte(inner[i])
	}
	return out.String()
}

func hexValue(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	default:
		return 0
	}
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'
}
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isWordStart(c byte) bool {
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}
func isWordByte(c byte) bool   { return isWordStart(c) || isDigit(c) || c == '$' }
func isTagByte(c byte) bool    { return isWordStart(c) || isDigit(c) }
func isNumberByte(c byte) bool { return isWordStart(c) || isDigit(c) || c == '.' }
