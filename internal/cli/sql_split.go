package cli

import (
	"regexp"
	"slices"
	"strings"
)

// blanks are what lies between words; all of this file means the same by it.
const blanks = " \t\r\n\v\f"

// splitStatements cuts at semicolons that are no part of a string, a name or a
// comment: over HTTP a request is one statement.
func splitStatements(text string) []string {
	var statements []string
	start := 0
	for i := 0; i < len(text); {
		if text[i] == ';' {
			statements = append(statements, text[start:i])
			start = i + 1
		}
		i += tokenLength(text[i:])
	}
	statements = append(statements, text[start:])
	kept := statements[:0]
	for _, s := range statements {
		if !isBlank(s) {
			kept = append(kept, strings.Trim(s, blanks))
		}
	}
	return kept
}

// isComplete says whether a statement ends here: in a shell, Enter sends then.
func isComplete(text string) bool {
	last := byte(0)
	for i := 0; i < len(text); {
		n := tokenLength(text[i:])
		switch {
		case isComment(text[i:]), strings.IndexByte(blanks, text[i]) >= 0:
		case i+n == len(text) && isQuote(text[i]) && !isClosed(text[i:i+n]):
			return false
		default:
			last = text[i]
		}
		i += n
	}
	return last == ';'
}

// tokenLength is the length of the string, quoted name or comment at the
// beginning of s, and otherwise 1.
func tokenLength(s string) int {
	switch {
	case isQuote(s[0]):
		for i := 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case s[0]:
				return i + 1
			}
		}
		return len(s)
	case strings.HasPrefix(s, "--"), strings.HasPrefix(s, "#!"), strings.HasPrefix(s, "# "):
		if end := strings.IndexByte(s, '\n'); end >= 0 {
			return end + 1
		}
		return len(s)
	case strings.HasPrefix(s, "/*"):
		if end := strings.Index(s[2:], "*/"); end >= 0 {
			return end + 4
		}
		return len(s)
	default:
		return 1
	}
}

func isQuote(c byte) bool { return c == '\'' || c == '"' || c == '`' }

func isComment(s string) bool {
	return strings.HasPrefix(s, "--") || strings.HasPrefix(s, "/*") || strings.HasPrefix(s, "#!") || strings.HasPrefix(s, "# ")
}

func isClosed(quoted string) bool {
	return len(quoted) > 1 && quoted[len(quoted)-1] == quoted[0] && !strings.HasSuffix(quoted[:len(quoted)-1], `\`)
}

// isBlank says that there is nothing but blanks and comments.
func isBlank(s string) bool {
	for i := 0; i < len(s); {
		n := tokenLength(s[i:])
		if !isComment(s[i:]) && strings.IndexByte(blanks, s[i]) < 0 {
			return false
		}
		i += n
	}
	return true
}

// splitFormat takes FORMAT off the end of a query that returns rows; an
// INSERT … FORMAT is about its own data.
func splitFormat(query string) (rest, format string) {
	if !returnsRows(query) {
		return query, ""
	}
	m := regexp.MustCompile(`(?is)^(.*[\s)])FORMAT\s+([A-Za-z0-9]+)\s*$`).FindStringSubmatch(query)
	if m == nil {
		return query, ""
	}
	return strings.TrimSpace(m[1]), m[2]
}

// firstWord is the one after comments and brackets.
func firstWord(query string) string {
	for len(query) > 0 && (isComment(query) || strings.ContainsAny(query[:1], blanks+"(")) {
		query = query[tokenLength(query):]
	}
	return regexp.MustCompile(`^[A-Za-z]+`).FindString(query)
}

// returnsRows goes by the first word.
func returnsRows(query string) bool {
	word := strings.ToUpper(firstWord(query))
	return slices.Contains([]string{"SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK", "FROM", "VALUES"}, word)
}
