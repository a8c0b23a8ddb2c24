package config

import (
	_ "embed" // for the built-in default
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFile is far more than any configuration needs, and keeps a wrong path
// (a log, a recording) from being read whole.
const maxFile = 1 << 20

// builtin is how problems name the embedded file.
const builtin = "default.yaml"

//go:embed default.yaml
var defaultYAML []byte

// DefaultYAML is the built-in configuration as text, with its comments.
func DefaultYAML() []byte { return append([]byte(nil), defaultYAML...) }

// Default is the built-in configuration.
func Default() (*Config, error) { return Load("", nil) }

// Load lays the file at path over the built-in default, TIDEMARK_* of environ
// over both, and checks the whole. An empty path means no file. An error is
// *Invalid where a person can mend it.
func Load(path string, environ []string) (*Config, error) {
	if path == "" {
		return Parse("", nil, environ)
	}
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, text, environ)
}

// Parse is Load for a file that is in memory; name is for messages.
func Parse(name string, text []byte, environ []string) (*Config, error) {
	c := &Config{}
	where := make(map[string]string)
	problems := overlay(c, builtin, defaultYAML, where)
	problems = append(problems, overlay(c, name, text, where)...)
	problems = append(problems, applyEnv(c, environ, where)...)
	if len(problems) > 0 {
		return nil, invalid(problems)
	}
	if strings.HasPrefix(where["watch.topics"], builtin) {
		c.Watch.Topics = known(c.Watch.Topics, c.Watch.Entities)
	}
	problems = c.problems()
	for i, p := range problems {
		problems[i].Where = lookUp(where, p.Path)
	}
	if len(problems) > 0 {
		return nil, invalid(problems)
	}
	c.where = where
	return c, nil
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, invalid([]Problem{{Where: path, Text: "does not exist"}})
	case err != nil:
		return nil, fmt.Errorf("read configuration: %w", err)
	case info.IsDir():
		return nil, invalid([]Problem{{Where: path, Text: "is a directory, want a YAML file"}})
	case info.Size() > maxFile:
		return nil, invalid([]Problem{{Where: path, Text: "is larger than 1 MiB; is it the right file?"}})
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return text, nil
}

// Decode lays one YAML document over what v points to, as strictly as the
// configuration itself is read, for other files that people write. It returns
// on which line a setting stands, for the checks that follow. An error is
// *Invalid.
func Decode(name string, text []byte, v any) (line func(path string) string, err error) {
	where := make(map[string]string)
	problems := overlay(v, name, text, where)
	return func(path string) string {
		if at := lookUp(where, path); at != "" {
			return at
		}
		return name
	}, invalid(problems)
}

func overlay(c any, name string, text []byte, where map[string]string) []Problem {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return []Problem{syntaxProblem(name, err)}
	}
	d := &decoder{file: name, where: where}
	docs := 0
	for _, doc := range file.Docs {
		if doc == nil || doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		if docs++; docs > 1 {
			d.problem(doc.Body, "", "has a second document; one file is one document")
			break
		}
		d.value("", doc.Body, reflect.ValueOf(c).Elem())
	}
	return d.problems
}

func syntaxProblem(name string, err error) Problem {
	var e yaml.Error
	if !errors.As(err, &e) {
		return Problem{Where: name, Text: firstLine(err.Error())}
	}
	if t := e.GetToken(); t != nil && t.Position != nil {
		name = fmt.Sprintf("%s:%d", name, t.Position.Line)
	}
	return Problem{Where: name, Text: firstLine(e.GetMessage())}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// lookUp finds the line of a path, or of what it is a part of. A line of the
// person's own file is more to the point than one of the built-in default.
func lookUp(where map[string]string, path string) string {
	fallback := ""
	for path != "" {
		at := where[path]
		if at != "" && !strings.HasPrefix(at, builtin+":") {
			return at
		}
		if fallback == "" {
			fallback = at
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return fallback
}
