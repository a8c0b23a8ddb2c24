package fetch

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	// maxOutline bounds an outline, or one value in it, in bytes.
	maxOutline = 16 << 10
	// maxNames is how many names of an object, and how many kinds of elements
	// of a list, an outline has.
	maxNames = 100
	maxDepth = 64
)

// Outline is what may be published of a refused answer: answers hold people's
// names, texts and ids, also where nobody reads them. It has the size, a sum by
// which the answer is known again, and of JSON the names of the fields with
// the types of their values, as far as it can be read; of anything else no
// more. An empty answer has none.
func (r *Refusal) Outline() []byte {
	if len(r.Body) == 0 {
		return nil
	}
	head := fmt.Sprintf("outline of %d bytes, sha256 %x", len(r.Body), sha256.Sum256(r.Body))
	if body := bytes.TrimSpace(r.Body); len(body) > 0 && (body[0] == '{' || body[0] == '[') {
		shape, _ := outline(json.NewDecoder(bytes.NewReader(body)), 0) // as far as it goes
		head += "\n" + shape
	}
	return []byte(head)
}

var errTooDeep = errors.New("too deep")

// outline reads one value. With an error it returns what came before it.
func outline(d *json.Decoder, depth int) (string, error) {
	token, err := d.Token()
	if err != nil {
		return "", err
	}
	if depth > maxDepth {
		return "…", errTooDeep
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return fields(d, depth)
		}
		return elements(d, depth)
	case string:
		return "string", nil
	case float64:
		return "number", nil
	case bool:
		return "boolean", nil
	default:
		return "null", nil
	}
}

// fields outlines an object. A name that is no plain word may be a person's.
func fields(d *json.Decoder, depth int) (string, error) {
	var all []string
	plain := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,39}$`)
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return joined("{", all, ""), err
		}
		name, _ := token.(string) // in an object nothing else comes here
		if !plain.MatchString(name) {
			name = "…"
		}
		value, err := outline(d, depth+1)
		if all = append(all, name+":"+value); err != nil {
			return joined("{", all, ""), err
		}
	}
	if _, err := d.Token(); err != nil {
		return joined("{", all, ""), err
	}
	return joined("{", all, "}"), nil
}

// elements outlines a list by the kinds of elements it has, each once.
func elements(d *json.Decoder, depth int) (string, error) {
	var kinds []string
	for d.More() {
		value, err := outline(d, depth+1)
		if !slices.Contains(kinds, value) && len(kinds) <= maxNames {
			kinds = append(kinds, value)
		}
		if err != nil {
			return joined("[", kinds, ""), err
		}
	}
	if _, err := d.Token(); err != nil {
		return joined("[", kinds, ""), err
	}
	return joined("[", kinds, "]"), nil
}

func joined(begin string, all []string, end string) string {
	if len(all) > maxNames {
		all = append(slices.Clone(all[:maxNames]), "…")
	}
	text := begin + strings.Join(all, ",")
	if len(text) > maxOutline {
		return strings.ToValidUTF8(text[:maxOutline], "") + "…" + end
	}
	return text + end
}
