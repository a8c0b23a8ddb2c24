package tabular

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Column is one column of an answer, with the type as ClickHouse names it.
type Column struct {
	Name string
	Type string
}

// Writer writes an answer: once Begin, for each row Row, once End.
type Writer interface {
	Begin(columns []Column) error
	Row(values []any) error
	End() error
}

// Formats are the names that New knows.
func Formats() []string {
	return []string{
		"TSV", "TabSeparated", "TSVWithNames", "TabSeparatedWithNames", "TSVWithNamesAndTypes", "TabSeparatedWithNamesAndTypes",
		"CSV", "CSVWithNames", "JSON", "JSONEachRow", "Pretty", "PrettyCompact", "Vertical", "Null",
	}
}

// New makes the writer for a format; upper and lower case are the same.
func New(format string, out io.Writer) (Writer, error) {
	b := bufio.NewWriterSize(out, 64<<10)
	name := strings.Replace(strings.ToLower(format), "tabseparated", "tsv", 1)
	switch name {
	case "tsv":
		return &separated{out: b, comma: '\t', text: tsvText}, nil
	case "tsvwithnames":
		return &separated{out: b, comma: '\t', text: tsvText, names: true}, nil
	case "tsvwithnamesandtypes":
		return &separated{out: b, comma: '\t', text: tsvText, names: true, types: true}, nil
	case "csv":
		return &separated{out: b, comma: ',', text: csvText}, nil
	case "csvwithnames":
		return &separated{out: b, comma: ',', text: csvText, names: true}, nil
	case "json":
		return &jsonWhole{out: b}, nil
	case "jsoneachrow", "ndjson", "jsonlines":
		return &jsonLines{out: b}, nil
	case "pretty":
		return &pretty{out: b, lines: true}, nil
	case "prettycompact":
		return &pretty{out: b}, nil
	case "vertical":
		return &vertical{out: b}, nil
	case "null":
		return nothing{}, nil
	default:
		return nil, fmt.Errorf("read format %q: over the native protocol the formats are %s; over http:// every one of the server's",
			format, strings.Join(Formats(), ", "))
	}
}

type nothing struct{}

// Begin writes nothing.
func (nothing) Begin([]Column) error { return nil }

// Row writes nothing.
func (nothing) Row([]any) error { return nil }

// End writes nothing.
func (nothing) End() error { return nil }

// separated is TSV and CSV.
type separated struct {
	out   *bufio.Writer
	comma byte
	text  func(k *kind, v any) string
	names bool
	types bool
	kinds []*kind
}

// Begin writes the names and types where they are wanted.
func (s *separated) Begin(columns []Column) error {
	s.kinds = kindsOf(columns)
	line := make([]string, len(columns))
	if s.names {
		for i, c := range columns {
			line[i] = s.text(&kind{name: "String"}, c.Name)
		}
		if err := s.line(line); err != nil {
			return err
		}
	}
	if s.types {
		for i, c := range columns {
			line[i] = s.text(&kind{name: "String"}, c.Type)
		}
		return s.line(line)
	}
	return nil
}

// Row writes one line.
func (s *separated) Row(values []any) error {
	line := make([]string, len(values))
	for i, v := range values {
		line[i] = s.text(s.kinds[i], v)
	}
	return s.line(line)
}

func (s *separated) line(fields []string) error {
	for i, f := range fields {
		if i > 0 {
			s.out.WriteByte(s.comma)
		}
		s.out.WriteString(f)
	}
	return s.out.WriteByte('\n') // bufio keeps the first error
}

// End writes what is left.
func (s *separated) End() error { return s.out.Flush() }
