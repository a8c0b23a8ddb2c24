package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a setting.
type Problem struct {
	Where string // file:line, or the name of a variable; empty: unknown
	Path  string // watch.charts[1].name; empty: the file as a whole
	Text  string // what it is and what it should be
}

// Error reads "file:line: path: text".
func (p Problem) Error() string {
	parts := make([]string, 0, 3)
	for _, s := range []string{p.Where, p.Path, p.Text} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ": ")
}

// Invalid is a configuration that cannot be used, with all that is wrong.
type Invalid struct {
	Problems []Problem
}

// Error has one line per problem.
func (e *Invalid) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// IsInvalid tells a wrong configuration, which a person must mend, from one
// that could not be read.
func IsInvalid(err error) bool {
	var invalid *Invalid
	return errors.As(err, &invalid)
}

func invalid(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &Invalid{Problems: problems}
}

// closest returns the known word that was most likely meant, or "".
func closest(word string, known []string) string {
	// What all variables begin with says nothing about what was meant.
	word = strings.TrimPrefix(word, envPrefix)
	best, bestAt := "", len(word)/3+2
	for _, k := range known {
		if d := distance(word, strings.TrimPrefix(k, envPrefix)); d < bestAt {
			best, bestAt = k, d
		}
	}
	return best
}

// didYouMean is the end of a message about an unknown word.
func didYouMean(word string, known []string) string {
	if k := closest(word, known); k != "" {
		return "; did you mean " + k + "?"
	}
	return ""
}

// distance counts the letters to change, add or drop (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// Mistake is an *Invalid about one setting, for what only those find who use it.
func Mistake(path, format string, args ...any) error {
	return invalid([]Problem{{Path: path, Text: fmt.Sprintf(format, args...)}})
}

// Locate says of a mistake that was found after Load in which line it stands.
// Other errors, and mistakes that say it already, stay as they are.
func (c *Config) Locate(err error) error {
	found, ok := errors.AsType[*Invalid](err)
	if !ok {
		return err
	}
	problems := slices.Clone(found.Problems)
	for i, p := range problems {
		if p.Where == "" {
			problems[i].Where = lookUp(c.where, p.Path)
		}
	}
	return invalid(problems)
}
