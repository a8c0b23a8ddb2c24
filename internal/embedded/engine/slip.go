package engine

// slip tells whether the first word of a statement is one of those that read,
// misspelt. Such a statement is refused too: only the words are others.
func slip(verb string) bool {
	for _, known := range []string{"SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "EXPLAIN", "EXISTS", "VALUES"} {
		most := 1
		if len(known) > 4 {
			most = 2
		}
		if len(verb) <= len(known)+most && edits(verb, known) <= most {
			return true
		}
	}
	return false
}

// errSlip says where it is, as a server does.
func errSlip(text string) error {
	lex := &lexer{text: text}
	first := lex.next()
	return exceptionf(codeSyntaxError, "Syntax error: failed at position %d ('%s'): %s. Expected one of: SELECT, WITH, FROM, SHOW, DESCRIBE, EXPLAIN, EXISTS, VALUES",
		first.from+1, clip(lex.textOf(first)), clip(text[first.from:]))
}

// edits is how many letters are wrong, missing, too many, or changed places with
// the next.
func edits(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
