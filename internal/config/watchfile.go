package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Additions are what the watch file adds to the watchlist of the
// configuration. The file has the keys of the block watch, without file.
type Additions struct {
	Entities    []Entity `yaml:"entities,omitempty"`
	Tags        []string `yaml:"tags,omitempty"`
	Keywords    []string `yaml:"keywords,omitempty"`
	Articles    []string `yaml:"articles,omitempty"`
	Domains     []string `yaml:"domains,omitempty"`
	Storefronts []string `yaml:"storefronts,omitempty"`
	Charts      []Chart  `yaml:"charts,omitempty"`
	Topics      []Topic  `yaml:"topics,omitempty"`
}

const watchFileHead = "# What is watched beside the configuration. Written by `tidemark watch`; what runs\n# takes changes on within seconds.\n"

// ReadWatchFile reads the file strictly. One that does not exist adds nothing.
func ReadWatchFile(path string) (Additions, error) {
	var a Additions
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("read watch file: %w", err)
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return a, invalid([]Problem{syntaxProblem(path, err)})
	}
	d := &decoder{file: path, where: map[string]string{}}
	for _, doc := range file.Docs {
		if doc != nil && doc.Body != nil && doc.Body.Type() != ast.CommentType {
			d.value("", doc.Body, reflect.ValueOf(&a).Elem())
		}
	}
	return a, invalid(d.problems)
}

// WriteWatchFile replaces the file as a whole, or not at all.
func WriteWatchFile(path string, a Additions) error {
	text, err := yaml.Marshal(a)
	if err != nil {
		return fmt.Errorf("write watch file: %w", err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".watch-*")
	if err != nil {
		return fmt.Errorf("write watch file: %w", err)
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // it is gone where all went well
	_, err = temporary.WriteString(watchFileHead + string(text))
	if err = errors.Join(err, temporary.Chmod(0o644), temporary.Sync(), temporary.Close()); err != nil {
		return fmt.Errorf("write watch file: %w", err)
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return fmt.Errorf("write watch file: %w", err)
	}
	return nil
}

// WithAdditions is the configuration with the additions behind its own
// watchlist, checked as a whole: an *Invalid names what is there twice.
func (c *Config) WithAdditions(a Additions) (*Config, error) {
	with := *c
	w := &with.Watch
	w.Entities = append(slices.Clone(w.Entities), a.Entities...)
	w.Tags = append(slices.Clone(w.Tags), a.Tags...)
	w.Keywords = append(slices.Clone(w.Keywords), a.Keywords...)
	w.Articles = append(slices.Clone(w.Articles), a.Articles...)
	w.Domains = append(slices.Clone(w.Domains), a.Domains...)
	w.Storefronts = append(slices.Clone(w.Storefronts), a.Storefronts...)
	w.Charts = append(slices.Clone(w.Charts), a.Charts...)
	w.Topics = append(slices.Clone(w.Topics), a.Topics...)
	problems := with.problems()
	for i, p := range problems {
		if strings.HasPrefix(p.Path, "watch.") {
			problems[i] = c.unmerged(w, p)
		}
	}
	if err := invalid(problems); err != nil {
		return nil, err
	}
	return &with, nil
}

// unmerged puts a problem of the merged watchlist where a person finds it: what
// stands behind the entries of the configuration is an entry of the watch file.
func (c *Config) unmerged(with *Watch, p Problem) Problem {
	p.Where = c.Watch.File
	entry := regexp.MustCompile(`\bwatch\.([a-z]+)\[([0-9]+)\]((?:\.[a-z]+|\[[0-9]+\])*)`)
	say := func(path string) string {
		at := entry.FindStringSubmatch(path)
		i, err := strconv.Atoi(at[2])
		if err != nil {
			return path
		}
		whose := ""
		if at[1] == "entities" && i < len(with.Entities) && with.Entities[i].ID != "" {
			whose = " of " + with.Entities[i].ID
		}
		if own := lengthOf(&c.Watch, at[1]); i >= own {
			return index(at[1], i-own) + at[3] + whose
		}
		return path + whose + " (" + lookUp(c.where, path) + ")"
	}
	p.Path = entry.ReplaceAllStringFunc(p.Path, say)
	p.Text = entry.ReplaceAllStringFunc(p.Text, say)
	return p
}

// lengthOf is how many entries a list of the watchlist has, by its key.
func lengthOf(w *Watch, key string) int {
	v := reflect.ValueOf(w).Elem()
	for f := range v.Type().Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name == key && f.Type.Kind() == reflect.Slice {
			return v.FieldByIndex(f.Index).Len()
		}
	}
	return 0
}
