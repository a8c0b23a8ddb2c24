package tabular

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

const (
	// prettyBlock is how many rows share one measure of widths; the table of a
	// long answer is drawn in pieces, so that it need not fit into memory.
	prettyBlock = 10_000
	// prettyCell is where a long value is cut.
	prettyCell = 10_000
	// prettyFooter is from how many rows on the names stand below them too.
	prettyFooter = 50
)

// pretty draws a table. With lines there is one between the rows.
type pretty struct {
	out     *bufio.Writer
	columns []Column
	kinds   []*kind
	rows    [][]string
	drawn   int
	lines   bool
}

// Begin keeps the columns.
func (p *pretty) Begin(columns []Column) error {
	p.columns, p.kinds = columns, kindsOf(columns)
	return nil
}

// Row keeps the row until enough are there to draw them.
func (p *pretty) Row(values []any) error {
	row := make([]string, len(values))
	for i, v := range values {
		row[i] = oneLine(prettyText(p.kinds[i], v))
		if len(row[i]) > prettyCell {
			row[i] = strings.ToValidUTF8(row[i][:prettyCell], "") + "⋯"
		}
	}
	if p.rows = append(p.rows, row); len(p.rows) == prettyBlock {
		return p.draw()
	}
	return nil
}

// End draws what is left.
func (p *pretty) End() error {
	if len(p.rows) > 0 {
		if err := p.draw(); err != nil {
			return err
		}
	}
	return p.out.Flush()
}

func (p *pretty) draw() error {
	number := len(strconv.Itoa(p.drawn+len(p.rows))) + 2
	widths := make([]int, len(p.columns))
	for i, c := range p.columns {
		widths[i] = runewidth.StringWidth(oneLine(c.Name))
		for _, row := range p.rows {
			widths[i] = max(widths[i], runewidth.StringWidth(row[i]))
		}
	}
	indent := strings.Repeat(" ", number)
	if p.lines {
		p.boldHead(indent, widths)
	} else {
		p.named(indent, widths, [3]string{"┌", "┬", "┐"})
	}
	for i, row := range p.rows {
		if i > 0 && p.lines {
			p.line(indent, widths, "─", [3]string{"├", "┼", "┤"})
		}
		p.drawn++
		fmt.Fprintf(p.out, "%*d. ", number-2, p.drawn)
		for j, cell := range row {
			p.out.WriteString("│ " + pad(cell, widths[j], p.kinds[j].toTheRight()) + " ")
		}
		p.out.WriteString("│\n")
	}
	switch long := len(p.rows) >= prettyFooter; {
	case long && p.lines:
		p.boldFoot(indent, widths)
	case long:
		p.named(indent, widths, [3]string{"└", "┴", "┘"})
	default:
		p.line(indent, widths, "─", [3]string{"└", "┴", "┘"})
	}
	p.rows = p.rows[:0]
	return p.out.Flush()
}

// named is a line with the names of the columns in it.
func (p *pretty) named(indent string, widths []int, corners [3]string) {
	p.out.WriteString(indent)
	for i, c := range p.columns {
		corner := corners[1]
		if i == 0 {
			corner = corners[0]
		}
		name := oneLine(c.Name)
		dashes := strings.Repeat("─", widths[i]-runewidth.StringWidth(name))
		if p.kinds[i].toTheRight() {
			name = dashes + name
		} else {
			name += dashes
		}
		p.out.WriteString(corner + "─" + name + "─")
	}
	p.out.WriteString(corners[2] + "\n")
}

func (p *pretty) boldHead(indent string, widths []int) {
	p.line(indent, widths, "━", [3]string{"┏", "┳", "┓"})
	p.bold(indent, widths)
	p.line(indent, widths, "━", [3]string{"┡", "╇", "┩"})
}

func (p *pretty) boldFoot(indent string, widths []int) {
	p.line(indent, widths, "━", [3]string{"┢", "╈", "┪"})
	p.bold(indent, widths)
	p.line(indent, widths, "━", [3]string{"┗", "┻", "┛"})
}

func (p *pretty) bold(indent string, widths []int) {
	p.out.WriteString(indent)
	for i, c := range p.columns {
		p.out.WriteString("┃ " + pad(oneLine(c.Name), widths[i], p.kinds[i].toTheRight()) + " ")
	}
	p.out.WriteString("┃\n")
}

func (p *pretty) line(indent string, widths []int, dash string, corners [3]string) {
	p.out.WriteString(indent)
	for i, w := range widths {
		corner := corners[1]
		if i == 0 {
			corner = corners[0]
		}
		p.out.WriteString(corner + strings.Repeat(dash, w+2))
	}
	p.out.WriteString(corners[2] + "\n")
}

func pad(s string, width int, right bool) string {
	blanks := strings.Repeat(" ", width-runewidth.StringWidth(s))
	if right {
		return blanks + s
	}
	return s + blanks
}

// oneLine keeps a value from tearing the table, or from steering the terminal.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '·'
		}
		return r
	}, strings.NewReplacer("\n", "↵", "\t", " ").Replace(s))
}

// vertical writes each value on a line of its own.
type vertical struct {
	out     *bufio.Writer
	columns []Column
	kinds   []*kind
	width   int
	rows    int
}

// Begin measures the names.
func (w *vertical) Begin(columns []Column) error {
	w.columns, w.kinds = columns, kindsOf(columns)
	for _, c := range columns {
		w.width = max(w.width, runewidth.StringWidth(c.Name))
	}
	return nil
}

// Row writes one line per column.
func (w *vertical) Row(values []any) error {
	if w.rows > 0 {
		w.out.WriteByte('\n')
	}
	w.rows++
	title := fmt.Sprintf("Row %d:", w.rows)
	rule := len("Row :") + len(strconv.Itoa(w.rows+1)) // ClickHouse measures the next number
	w.out.WriteString(title + "\n" + strings.Repeat("─", rule) + "\n")
	for i, v := range values {
		name := w.columns[i].Name
		blanks := strings.Repeat(" ", w.width-runewidth.StringWidth(name))
		if _, err := w.out.WriteString(name + ":" + blanks + " " + prettyText(w.kinds[i], v) + "\n"); err != nil {
			return err
		}
	}
	return nil
}

// End writes what is left.
func (w *vertical) End() error { return w.out.Flush() }
