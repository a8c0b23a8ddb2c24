package engine

import (
	"fmt"
	"slices"
	"strings"
)

// column is a type together with what its prefix said: which types a Dynamic
// and which paths a JSON column has in this block.
type column struct {
	nativeType
	parts []column
}

// prefix reads what all parts of a column write before any value.
func (w *walker) prefix(t nativeType, depth int) (column, error) {
	if depth > maxTypeDepth {
		return column{}, errTooDeep
	}
	t = t.plain()
	c := column{nativeType: t}
	var types []nativeType
	var err error
	switch t.name {
	case "Array", "Tuple", "Nullable":
		types = t.args
	case "LowCardinality":
		var version uint64
		if version, err = w.uint64(); err == nil && version != 1 {
			err = fmt.Errorf("a LowCardinality of version %d", version)
		}
	case "Variant":
		var mode uint64
		if mode, err = w.uint64(); err == nil && mode != 0 {
			err = fmt.Errorf("a Variant of mode %d", mode)
		}
		types = t.args
	case "Dynamic":
		types, err = w.dynamicTypes()
	case "JSON", "Object":
		types, err = w.jsonTypes(t)
	}
	if err != nil {
		return column{}, err
	}
	for _, part := range types {
		p, err := w.prefix(part, depth+1)
		if err != nil {
			return column{}, err
		}
		c.parts = append(c.parts, p)
	}
	return c, nil
}

// dynamicTypes reads which types a Dynamic column has: it is a Variant of them
// and of one for the types beyond its limit.
func (w *walker) dynamicTypes() ([]nativeType, error) {
	version, err := w.uint64()
	if err != nil {
		return nil, err
	}
	switch version {
	case 1:
		if _, err := w.uvarint(); err != nil { // the limit
			return nil, err
		}
	case 2:
	default:
		return nil, fmt.Errorf("a Dynamic of version %d", version)
	}
	n, err := w.count()
	if err != nil {
		return nil, err
	}
	names := []string{"SharedVariant"}
	for range n {
		name, err := w.str()
		if err != nil {
			return nil, err
		}
		names = append(names, string(name))
	}
	slices.Sort(names)
	variant := nativeType{name: "Variant"}
	for _, name := range names {
		t, err := parseType(name)
		if err != nil {
			return nil, err
		}
		variant.args = append(variant.args, t)
	}
	return []nativeType{variant}, nil
}

// jsonTypes reads which paths a JSON column has: the typed ones in the order of
// their names, the dynamic ones, and a map for the paths beyond its limit.
func (w *walker) jsonTypes(t nativeType) ([]nativeType, error) {
	version, err := w.uint64()
	if err != nil {
		return nil, err
	}
	text := nativeType{name: "String"}
	switch version {
	case 0:
		if _, err := w.uvarint(); err != nil { // the limit
			return nil, err
		}
	case 2:
	case 1:
		return []nativeType{text}, nil
	default:
		return nil, fmt.Errorf("a JSON of version %d", version)
	}
	n, err := w.count()
	if err != nil {
		return nil, err
	}
	if err := w.strings(n); err != nil {
		return nil, err
	}
	types, err := typedPaths(t)
	if err != nil {
		return nil, err
	}
	for range n {
		types = append(types, nativeType{name: "Dynamic"})
	}
	return append(types, nativeType{name: "Map", args: []nativeType{text, text}}), nil
}

// typedPaths are the "path Type" arguments of JSON(a.b UInt8, SKIP c, …).
func typedPaths(t nativeType) ([]nativeType, error) {
	byPath := map[string]nativeType{}
	for _, arg := range t.literals {
		lex := &lexer{text: arg}
		first := lex.next()
		if first.kind == kindString || lex.is(first, "SKIP") {
			continue
		}
		second := lex.next()
		if second.kind == kindEnd || lex.is(second, "=") {
			continue
		}
		path := []string{lex.name(first)}
		for lex.is(second, ".") {
			path = append(path, lex.name(lex.next()))
			second = lex.next()
		}
		part, err := parseType(arg[second.from:])
		if err != nil {
			return nil, err
		}
		byPath[strings.Join(path, ".")] = part
	}
	paths := make([]string, 0, len(byPath))
	for path := range byPath {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	types := make([]nativeType, 0, len(paths))
	for _, path := range paths {
		types = append(types, byPath[path])
	}
	return types, nil
}

// values skips the values of rows rows.
func (w *walker) values(c column, rows int) error {
	if width, ok := c.fixedWidth(); ok {
		return w.skipMany(rows, width)
	}
	switch c.name {
	case "String", "SharedVariant":
		return w.strings(rows)
	case "Nullable":
		if err := w.skip(rows); err != nil {
			return err
		}
		return w.parts(c, rows)
	case "Tuple":
		if len(c.parts) == 0 {
			return w.skip(rows)
		}
		return w.parts(c, rows)
	case "JSON", "Object", "Dynamic":
		return w.parts(c, rows)
	case "Array":
		return w.array(c, rows)
	case "LowCardinality":
		return w.lowCardinality(c, rows)
	case "Variant":
		return w.variant(c, rows)
	default:
		return fmt.Errorf("type %s cannot be sent in the Native format", strings.TrimSpace(c.name))
	}
}

func (w *walker) parts(c column, rows int) error {
	for _, part := range c.parts {
		if err := w.values(part, rows); err != nil {
			return err
		}
	}
	return nil
}

// array skips the offsets; the last one is how many elements there are.
func (w *walker) array(c column, rows int) error {
	if rows == 0 {
		return nil
	}
	if err := w.skipMany(rows-1, 8); err != nil {
		return err
	}
	elements, err := w.long()
	if err != nil {
		return err
	}
	return w.parts(c, elements)
}

// lowCardinality skips dictionaries and the rows' places in them.
func (w *walker) lowCardinality(c column, rows int) error {
	if len(c.args) != 1 {
		return fmt.Errorf("a LowCardinality of %d types", len(c.args))
	}
	keys := c.args[0]
	if keys.name == "Nullable" && len(keys.args) == 1 {
		keys = keys.args[0]
	}
	for rows > 0 {
		n, err := w.dictionary(column{nativeType: keys.plain()})
		if err != nil {
			return err
		}
		if n == 0 || n > rows {
			return fmt.Errorf("a LowCardinality of %d rows in %d", n, rows)
		}
		rows -= n
	}
	return nil
}

// dictionary skips one dictionary and the places in it, and returns how many
// rows these are of.
func (w *walker) dictionary(keys column) (rows int, err error) {
	flags, err := w.uint64()
	if err != nil {
		return 0, err
	}
	const ownKeys, globalKeys = 1 << 9, 1 << 8
	if flags&globalKeys != 0 || flags&ownKeys == 0 || flags&0xff > 3 {
		return 0, fmt.Errorf("a LowCardinality with flags %#x", flags)
	}
	n, err := w.long()
	if err != nil {
		return 0, err
	}
	if err := w.values(keys, n); err != nil {
		return 0, err
	}
	if rows, err = w.long(); err != nil {
		return 0, err
	}
	return rows, w.skipMany(rows, 1<<(flags&0xff))
}

// variant counts which type each row has.
func (w *walker) variant(c column, rows int) error {
	from := w.pos
	if err := w.skip(rows); err != nil {
		return err
	}
	var counts [256]int
	for _, which := range w.data[from:w.pos] {
		counts[which]++
	}
	const null = 255
	for which, n := range counts[:null] {
		if n == 0 {
			continue
		}
		if which >= len(c.parts) {
			return fmt.Errorf("a Variant without a type %d", which)
		}
		if err := w.values(c.parts[which], n); err != nil {
			return err
		}
	}
	return nil
}
