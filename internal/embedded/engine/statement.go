package engine

import (
	"strings"
)

// statement is what the gateway must know of a statement before the engine
// sees it.
type statement struct {
	// text without a closing semicolon.
	text string
	// verb is the first keyword, in capitals.
	verb string
	// format is what a FORMAT clause at the end asks for, or "", and bare is the
	// text without that clause.
	format, bare string
	// totals is set where the result has a row of totals behind its rows.
	totals bool
	// insert is set where rows follow in the request.
	insert *insertHead
}

// parseStatement reads one statement. Where it is an INSERT with data, text may
// be only the beginning of the request.
func parseStatement(text string) (statement, error) {
	lex := &lexer{text: text}
	first := lex.next()
	switch {
	case first.kind == kindEnd:
		return statement{}, exceptionf(codeSyntaxError, "Empty query")
	case lex.is(first, "("):
		return finishStatement(text, "SELECT")
	case first.kind != kindWord:
		return statement{}, exceptionf(codeSyntaxError, "Syntax error: failed at position %d (%s)", first.from+1, clip(text[first.from:]))
	}
	verb := strings.ToUpper(lex.textOf(first))
	if verb == "INSERT" {
		head, err := parseInsert(lex, first.from)
		if err != nil {
			return statement{}, err
		}
		if head != nil {
			return statement{text: text, verb: verb, insert: head}, nil
		}
	}
	return finishStatement(text, verb)
}

// finishStatement refuses what a server refuses too: a second statement, INTO
// OUTFILE and FROM INFILE; and the words that end the library's shell.
func finishStatement(text, verb string) (statement, error) {
	tokens, err := statementTokens(text)
	if err != nil {
		return statement{}, err
	}
	if len(tokens) == 1 && verb != "BEGIN" && verb != "COMMIT" && verb != "ROLLBACK" {
		return statement{}, exceptionf(codeSyntaxError, "Syntax error: failed at position 1 (%s)", clip(text))
	}
	text = text[:tokens[len(tokens)-1].to]
	st := statement{text: text, bare: text, verb: verb}
	lex := &lexer{text: text}
	for i := range tokens[1:] {
		st.totals = st.totals || lex.is(tokens[i], "WITH") && lex.is(tokens[i+1], "TOTALS")
	}
	if at := formatClause(lex, tokens); at >= 0 {
		st.format = lex.name(tokens[at+1])
		st.bare = text[:tokens[at].from] + text[tokens[at+1].to:]
	}
	return st, nil
}

// statementTokens are the tokens of the one statement that text holds.
func statementTokens(text string) ([]token, error) {
	lex := &lexer{text: text}
	var tokens []token
	ended := false
	for {
		t := lex.next()
		switch {
		case t.kind == kindEnd:
			if len(tokens) == 0 {
				return nil, exceptionf(codeSyntaxError, "Empty query")
			}
			return tokens, nil
		case t.kind == kindOpen:
			return nil, exceptionf(codeSyntaxError, "Syntax error: a quote or comment has no end: %s", clip(text[t.from:]))
		case lex.is(t, ";"):
			ended = true
			continue
		case ended:
			return nil, exceptionf(codeSyntaxError, "Syntax error (Multi-statements are not allowed): failed at position %d (end of query)", t.from+1)
		}
		if len(tokens) > 0 {
			if err := refuseFiles(lex, tokens[len(tokens)-1], t); err != nil {
				return nil, err
			}
		}
		tokens = append(tokens, t)
	}
}

// formatClause finds FORMAT name, at the end or before SETTINGS, and returns
// the place of FORMAT in tokens, or -1.
func formatClause(lex *lexer, tokens []token) int {
	depth := 0
	for i, t := range tokens[:len(tokens)-1] {
		switch {
		case lex.opens(t):
			depth++
		case lex.closes(t):
			depth--
		case depth == 0 && i > 0 && lex.is(t, "FORMAT") && endsExpression(lex, tokens[i-1]) && namesFormat(lex, tokens[i+1:]):
			return i
		}
	}
	return -1
}

// namesFormat tells whether the tokens behind a word FORMAT make it a clause.
func namesFormat(lex *lexer, after []token) bool {
	if lex.name(after[0]) == "" || lex.is(after[0], "ASC") || lex.is(after[0], "DESC") {
		return false
	}
	return len(after) == 1 || lex.is(after[1], "SETTINGS") || lex.is(after[1], "PARALLEL")
}

// endsExpression tells whether a clause may begin after t; if not, a word
// FORMAT there is a column's name.
func endsExpression(lex *lexer, t token) bool {
	if t.kind == kindSymbol {
		return lex.is(t, ")") || lex.is(t, "]") || lex.is(t, "}") || lex.is(t, "*")
	}
	for _, word := range []string{"BY", "SELECT", "DISTINCT", "WHERE", "PREWHERE", "HAVING", "QUALIFY", "AND", "OR", "NOT", "ON", "USING", "AS", "IN", "FROM"} {
		if lex.is(t, word) {
			return false
		}
	}
	return true
}

// refuseFiles refuses the clauses that only a client can carry out: the
// library would do so here.
func refuseFiles(lex *lexer, before, t token) error {
	switch {
	case lex.is(before, "INTO") && lex.is(t, "OUTFILE"):
		return exceptionf(codeIntoOutfile, "INTO OUTFILE is not allowed")
	case lex.is(before, "FROM") && lex.is(t, "INFILE"):
		return exceptionf(codeUnknownTypeOfQuery, "Query has infile and was sent directly to the server")
	default:
		return nil
	}
}

// clip shortens text for an error.
func clip(text string) string {
	if len(text) > 60 {
		return strings.ToValidUTF8(text[:60], "") + "…"
	}
	return text
}
