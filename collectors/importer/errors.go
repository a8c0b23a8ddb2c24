package importer

import (
	"errors"
	"fmt"

	"github.com/tidemark/tidemark/collectors/lines"
)

// CellError is one field of a row that is not understood.
type CellError struct {
	Column string
	Value  string
	Reason string // what was wanted
}

// Error reads "check COLUMN: is VALUE, REASON".
func (e *CellError) Error() string {
	return fmt.Sprintf("check %s: is %q, %s", e.Column, lines.Shorten(e.Value), e.Reason)
}

// BadLine says which line of an import is wrong, and which field of it where it
// is one.
type BadLine struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column string `json:"column,omitempty"`
	Value  string `json:"value,omitempty"`
	Reason string `json:"reason"`
}

// AsBadLine tells a file that is wrong, which its owner must mend, from one that
// could not be read.
func AsBadLine(err error) (BadLine, bool) {
	line, found := errors.AsType[*lines.Error](err)
	if !found {
		return BadLine{}, false
	}
	b := BadLine{File: line.File, Line: line.Line, Reason: line.Err.Error()}
	if cell, found := errors.AsType[*CellError](err); found {
		b.Column, b.Value = cell.Column, lines.Shorten(cell.Value)
	}
	return b, true
}
