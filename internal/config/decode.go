package config

import (
	"encoding"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// decoder lays one YAML document over a configuration. It walks the tree by
// itself, because what a person reads of a mistake (which line, which key, what
// was meant) is the point of a strict file: mappings merge key by key, lists
// replace, a key without a value says nothing.
type decoder struct {
	file     string
	where    map[string]string // path of a setting -> file:line
	problems []Problem
}

func (d *decoder) line(n ast.Node) string {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return d.file
	}
	return d.file + ":" + strconv.Itoa(n.GetToken().Position.Line)
}

func (d *decoder) problem(n ast.Node, path, format string, args ...any) {
	d.problems = append(d.problems, Problem{Where: d.line(n), Path: path, Text: fmt.Sprintf(format, args...)})
}

// value decodes n into v, which is addressable.
func (d *decoder) value(path string, n ast.Node, v reflect.Value) {
	if n == nil || n.Type() == ast.NullType {
		return
	}
	switch n.Type() {
	case ast.AnchorType, ast.AliasType, ast.TagType, ast.MergeKeyType:
		d.problem(n, path, "uses a YAML anchor, alias or tag; write the value out")
		return
	}
	switch {
	case isText(v):
		d.scalar(path, n, v)
	case v.Kind() == reflect.Struct:
		d.mapping(path, n, func(key string, keyNode, value ast.Node) { d.field(path, key, v, keyNode, value) })
	case v.Kind() == reflect.Map:
		d.mapping(path, n, func(key string, keyNode, value ast.Node) {
			d.where[join(path, key)] = d.line(keyNode)
			d.entry(path, key, v, value)
		})
	case v.Kind() == reflect.Slice:
		d.list(path, n, v)
	default:
		d.scalar(path, n, v)
	}
}

func (d *decoder) mapping(path string, n ast.Node, each func(key string, keyNode, value ast.Node)) {
	var pairs []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		pairs = m.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{m}
	default:
		d.problem(n, path, "is %s, want keys with values", describe(n))
		return
	}
	for _, pair := range pairs { // that a key is there once is the parser's business
		key, ok := textOf(pair.Key)
		if !ok {
			d.problem(pair.Key, path, "has a key that is no word")
			continue
		}
		each(key, pair.Key, pair.Value)
	}
}

func (d *decoder) field(path, key string, v reflect.Value, keyNode, value ast.Node) {
	fields := fieldsOf(v)
	f, ok := fields[key]
	if !ok {
		d.problem(keyNode, join(path, key), "is not known%s", didYouMean(key, keysOf(fields)))
		return
	}
	d.where[join(path, key)] = d.line(keyNode)
	d.value(join(path, key), value, f)
}

// entry merges one key into a map: what the map has under the key stays where
// the file says nothing about it.
func (d *decoder) entry(path, key string, v reflect.Value, value ast.Node) {
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	k := reflect.ValueOf(key)
	fresh := reflect.New(v.Type().Elem()).Elem()
	if old := v.MapIndex(k); old.IsValid() {
		fresh.Set(old)
	}
	d.value(join(path, key), value, fresh)
	v.SetMapIndex(k, fresh)
}

func (d *decoder) list(path string, n ast.Node, v reflect.Value) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.problem(n, path, "is %s, want a list", describe(n))
		return
	}
	list := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		at := path + "[" + strconv.Itoa(i) + "]"
		if item == nil || item.Type() == ast.NullType {
			d.problem(seq, at, "is empty")
			continue
		}
		d.where[at] = d.line(item)
		d.value(at, item, list.Index(i))
	}
	v.Set(list)
}

func (d *decoder) scalar(path string, n ast.Node, v reflect.Value) {
	text, ok := textOf(n)
	if !ok {
		d.problem(n, path, "is %s, want %s", describe(n), wanted(v))
		return
	}
	if n.Type() == ast.BoolType && v.Kind() == reflect.String {
		d.problem(n, path, "is %s, want text; put it in quotes", text)
		return
	}
	if err := setText(v, text); err != nil {
		d.problem(n, path, "%v", err)
	}
}

// textOf is the text of a scalar as the person wrote it, without quotes.
func textOf(n ast.Node) (string, bool) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, true
	case *ast.LiteralNode:
		return s.Value.Value, true
	case *ast.IntegerNode:
		return s.Token.Value, true
	case *ast.FloatNode:
		return s.Token.Value, true
	case *ast.BoolNode:
		return s.Token.Value, true
	default:
		return "", false
	}
}

func describe(n ast.Node) string {
	switch n.Type() {
	case ast.MappingType, ast.MappingValueType:
		return "keys with values"
	case ast.SequenceType:
		return "a list"
	case ast.NullType:
		return "empty"
	default:
		return "one value"
	}
}

func wanted(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Float64:
		return "a number"
	default:
		return "text"
	}
}

// setText sets a single setting from text, be it from a file or a variable.
func setText(v reflect.Value, text string) error {
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("is %q, want true or false", text)
		}
		v.SetBool(text == "true")
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("is %q, want a whole number", text)
		}
		v.SetInt(int64(n))
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("is %q, want a number", text)
		}
		v.SetFloat(f)
	default:
		return errors.New("cannot be set from text")
	}
	return nil
}

// isText reports whether v reads itself from text, whatever its kind.
func isText(v reflect.Value) bool {
	_, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr())
	return ok
}

// fieldsOf returns the settings of a struct by key, inline ones included.
func fieldsOf(v reflect.Value) map[string]reflect.Value {
	fields := make(map[string]reflect.Value, v.NumField())
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if options == "inline" {
			maps.Copy(fields, fieldsOf(v.Field(i)))
			continue
		}
		fields[name] = v.Field(i)
	}
	return fields
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
