package importer

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/config"
)

//go:embed builtin/*.yaml
var builtinFiles embed.FS

// maxMapping is far more than any mapping needs.
const maxMapping = 64 << 10

// ParseMapping reads a mapping, strictly; name is for messages. An error is
// *config.Invalid, with the line of each mistake.
func ParseMapping(name string, text []byte) (*Mapping, error) {
	if len(text) > maxMapping {
		return nil, &config.Invalid{Problems: []config.Problem{{Where: name, Text: "is larger than 64 KiB; is it a mapping?"}}}
	}
	m := &Mapping{}
	line, err := config.Decode(name, text, m)
	if err != nil {
		return nil, err
	}
	m.fillDefaults()
	problems := m.problems()
	for i, p := range problems {
		problems[i].Where = line(p.Path)
	}
	if len(problems) > 0 {
		return nil, &config.Invalid{Problems: problems}
	}
	return m, nil
}

// Library is the mappings that can be asked for by name.
type Library struct {
	mappings []*Mapping // in the order of their names
}

// NewLibrary has the built-in mappings, and those of further files. A file's
// mapping takes the place of a built-in one of its name.
func NewLibrary(files []string) (*Library, error) {
	l := &Library{}
	entries, err := builtinFiles.ReadDir("builtin")
	if err != nil {
		return nil, fmt.Errorf("read built-in mappings: %w", err)
	}
	for _, e := range entries {
		text, err := builtinFiles.ReadFile("builtin/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read built-in mapping: %w", err)
		}
		m, err := ParseMapping(e.Name(), text)
		if err != nil {
			return nil, err
		}
		l.add(m)
	}
	for _, file := range files {
		m, err := LoadMapping(file)
		if err != nil {
			return nil, err
		}
		l.add(m)
	}
	return l, nil
}

func (l *Library) add(m *Mapping) {
	i, found := slices.BinarySearchFunc(l.mappings, m.Name, func(m *Mapping, name string) int { return strings.Compare(m.Name, name) })
	if found {
		l.mappings[i] = m
		return
	}
	l.mappings = slices.Insert(l.mappings, i, m)
}

// LoadMapping reads a mapping from a file.
func LoadMapping(path string) (*Mapping, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read mapping: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxMapping {
		return nil, &config.Invalid{Problems: []config.Problem{{Where: path, Text: "is no file of at most 64 KiB; is it a mapping?"}}}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read mapping: %w", err)
	}
	return ParseMapping(path, text)
}

// All are the mappings in the order of their names.
func (l *Library) All() []*Mapping { return slices.Clone(l.mappings) }

// Named finds a mapping by its name.
func (l *Library) Named(name string) (*Mapping, bool) {
	for _, m := range l.mappings {
		if m.Name == name {
			return m, true
		}
	}
	return nil, false
}

// ErrNoMapping says that a name is neither a mapping nor a file.
var ErrNoMapping = errors.New("no such mapping")

// Find takes the name of a mapping, or else the path of a file.
func (l *Library) Find(nameOrFile string) (*Mapping, error) {
	if m, found := l.Named(nameOrFile); found {
		return m, nil
	}
	if _, err := os.Stat(nameOrFile); err != nil {
		return nil, fmt.Errorf("find mapping %q: %w: it is neither a file nor one of %s", nameOrFile, ErrNoMapping, strings.Join(l.names(), ", "))
	}
	return LoadMapping(nameOrFile)
}

func (l *Library) names() []string {
	names := make([]string, len(l.mappings))
	for i, m := range l.mappings {
		names[i] = m.Name
	}
	return names
}

// Guess finds the mapping for a file with these columns: the one which names
// exactly them, or else the only one whose columns are all among them.
func (l *Library) Guess(columns []string) (*Mapping, error) {
	have := map[string]bool{}
	for _, c := range columns {
		have[c] = true
	}
	var fits []*Mapping
	for _, m := range l.mappings {
		if len(m.Columns) == 0 || slices.ContainsFunc(m.Columns, func(c string) bool { return !have[c] }) {
			continue
		}
		if len(m.Columns) == len(have) {
			return m, nil
		}
		fits = append(fits, m)
	}
	if len(fits) == 1 {
		return fits[0], nil
	}
	return nil, fmt.Errorf("guess the mapping: %d of the known ones fit the columns %s: write one (docs/importing.md)", len(fits), strings.Join(columns, ", "))
}
