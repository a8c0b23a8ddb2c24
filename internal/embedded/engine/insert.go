package engine

import "strings"

// insertHead is the part of an INSERT before its data.
type insertHead struct {
	// target is "INSERT INTO t (a, b)" and settings "SETTINGS a = 1" or "".
	target, settings string
	format           string
	// data is where the data begins in the text.
	data int
}

// fromFile is the statement that reads the data from path. Data is never put
// into a statement: the engine cuts it off at the first blank line.
func (h *insertHead) fromFile(path string) string {
	var b strings.Builder
	b.WriteString(h.target)
	// New lines, as what is before may end with a comment.
	b.WriteString("\nFROM INFILE '" + path + "' COMPRESSION 'none'\n")
	if h.settings != "" {
		b.WriteString(h.settings + "\n")
	}
	b.WriteString("FORMAT " + h.format)
	return b.String()
}

// parseInsert reads an INSERT up to its data. It returns nil where the rows
// come from a query.
func parseInsert(lex *lexer, from int) (*insertHead, error) {
	head := &insertHead{}
	settingsAt, depth := -1, 0
	for t := skipTarget(lex); ; t = lex.next() {
		switch {
		case t.kind == kindEnd || t.kind == kindOpen || lex.is(t, ";"):
			return nil, nil //nolint:nilnil // no data follows: a statement like others
		case lex.opens(t):
			depth++
		case lex.closes(t):
			depth--
		case depth > 0 || t.kind != kindWord:
		case isQuery(lex, t):
			return nil, nil //nolint:nilnil // the rows come from a query
		case lex.is(t, "SETTINGS") && settingsAt < 0:
			settingsAt = t.from
		case lex.is(t, "VALUES"):
			head.format, head.data = "Values", t.to
			head.cut(lex.text, from, settingsAt, t.from)
			return head, nil
		case lex.is(t, "FORMAT"):
			head.cut(lex.text, from, settingsAt, t.from)
			return head, head.parseFormat(lex)
		}
	}
}

// skipTarget skips INTO, what is inserted into, and its columns.
func skipTarget(lex *lexer) token {
	t := lex.next()
	if lex.is(t, "INTO") {
		t = lex.next()
	}
	// A table may be called table or function; then a clause follows.
	after := *lex
	switch peek := after.next(); {
	case lex.is(t, "FUNCTION") && lex.name(peek) != "",
		lex.is(t, "TABLE") && (lex.is(peek, "{") || lex.name(peek) != "" && !isClause(lex, peek)):
		t = lex.next()
	}
	if t = skipName(lex, t); lex.is(t, "(") {
		t = skipBrackets(lex)
	}
	return t
}

func isQuery(lex *lexer, t token) bool {
	return lex.is(t, "SELECT") || lex.is(t, "WITH") || lex.is(t, "FROM") || lex.is(t, "WATCH")
}

// cut sets target and settings out of the text before the data's keyword.
func (h *insertHead) cut(text string, from, settingsAt, keyword int) {
	if settingsAt < 0 {
		h.target = strings.TrimSpace(text[from:keyword])
		return
	}
	h.target = strings.TrimSpace(text[from:settingsAt])
	h.settings = strings.TrimSpace(text[settingsAt:keyword])
}

// parseFormat reads the format's name, settings that may follow it, and finds
// the data: after blanks and one line end.
func (h *insertHead) parseFormat(lex *lexer) error {
	t := lex.next()
	if h.format = lex.name(t); h.format == "" {
		return exceptionf(codeSyntaxError, "Syntax error: FORMAT without a name")
	}
	if h.format == "VALUES" {
		h.format = "Values"
	}
	end := t.to
	if settings, to := trailingSettings(lex); settings != "" && h.settings == "" {
		h.settings, end = settings, to
	}
	for end < len(lex.text) && (lex.text[end] == ' ' || lex.text[end] == '\t' || lex.text[end] == '\f') {
		end++
	}
	if end < len(lex.text) && lex.text[end] == ';' {
		end++
	}
	if end < len(lex.text) && lex.text[end] == '\r' {
		end++
	}
	if end < len(lex.text) && lex.text[end] == '\n' {
		end++
	}
	h.data = end
	return nil
}

// trailingSettings reads "SETTINGS a = 1, b = 'x'" after a format's name.
func trailingSettings(parent *lexer) (text string, end int) {
	lex := *parent
	t := lex.next()
	if !lex.is(t, "SETTINGS") {
		return "", 0
	}
	from := t.from
	for {
		name, equals, value := lex.next(), lex.next(), lex.next()
		if name.kind != kindWord || !lex.is(equals, "=") {
			return "", 0
		}
		if lex.is(value, "-") {
			value = lex.next()
		}
		if value.kind != kindNumber && value.kind != kindString && value.kind != kindWord {
			return "", 0
		}
		end = value.to
		ahead := lex
		if !lex.is(ahead.next(), ",") {
			return lex.text[from:end], end
		}
		lex.next()
	}
}

// skipName skips name[.name[.name]], {param:Identifier} or function(…) from t
// on and returns the token after it.
func skipName(lex *lexer, t token) token {
	for {
		if lex.is(t, "{") {
			t = skipBrackets(lex)
		} else {
			t = lex.next()
		}
		if !lex.is(t, ".") {
			return t
		}
		t = lex.next()
	}
}

// skipBrackets skips to behind the bracket that closes the one just read, and
// returns the token there.
func skipBrackets(lex *lexer) token {
	for depth := 1; ; {
		t := lex.next()
		switch {
		case t.kind == kindEnd || t.kind == kindOpen:
			return t
		case lex.opens(t):
			depth++
		case lex.closes(t):
			if depth--; depth == 0 {
				return lex.next()
			}
		}
	}
}

func isClause(lex *lexer, t token) bool {
	return lex.is(t, "VALUES") || lex.is(t, "FORMAT") || lex.is(t, "SELECT") || lex.is(t, "SETTINGS") || lex.is(t, "WITH")
}
