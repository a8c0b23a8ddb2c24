package fetch

import (
	"bytes"
	"fmt"
	"strings"
)

// maxRobots is how much of a robots.txt is read; RFC 9309 wants 500 KiB.
const maxRobots = 512 << 10

// robotsRule is one Allow or Disallow line.
type robotsRule struct {
	allow   bool
	pattern string // normalised; * is anything, $ at the end is the end
}

// robotsRules are the lines that are about us.
type robotsRules []robotsRule

// parseRobots reads a robots.txt by RFC 9309: the groups that name the agent,
// all of them together, or else those for everyone. It understands every file:
// what is no rule is passed over.
func parseRobots(file []byte, agent string) robotsRules {
	file = bytes.TrimPrefix(file[:min(len(file), maxRobots)], []byte("\xef\xbb\xbf"))
	var named, everyone robotsRules
	found, inRules := false, true
	var forUs, forAll bool // whom the group is for
	for line := range strings.FieldsFuncSeq(string(file), func(r rune) bool { return r == '\n' || r == '\r' }) {
		line, _, _ = strings.Cut(line, "#")
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch key = strings.ToLower(strings.TrimSpace(key)); key {
		case "user-agent":
			if inRules { // the first line of a group; more may follow
				forUs, forAll, inRules = false, false, false
			}
			forAll = forAll || value == "*"
			if strings.EqualFold(productToken(value), agent) {
				forUs, found = true, true
			}
		case "allow", "disallow":
			inRules = true
			if value == "" { // forbids nothing, allows nothing
				continue
			}
			rule := robotsRule{allow: key == "allow", pattern: normalisePath(value)}
			if forUs {
				named = append(named, rule)
			}
			if forAll {
				everyone = append(everyone, rule)
			}
		}
	}
	if found {
		return named
	}
	return everyone
}

// productToken is the name in a User-agent line: tidemark of tidemark/1.0.
func productToken(value string) string {
	end := strings.IndexFunc(value, func(r rune) bool {
		return r != '-' && r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if end < 0 {
		return value
	}
	return value[:end]
}

// allow says whether a path with its query may be read: the longest pattern
// that fits decides, Allow where two are equally long; none forbids nothing.
func (rules robotsRules) allow(path string) bool {
	path = normalisePath(path)
	best, allowed := -1, true
	for _, r := range rules {
		if n := len(r.pattern); n < best || (n == best && allowed) || !fits(r.pattern, path) {
			continue
		}
		best, allowed = len(r.pattern), r.allow
	}
	return allowed
}

// fits says whether a path begins as the pattern wants.
func fits(pattern, path string) bool {
	pattern, toEnd := strings.CutSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(path, parts[0]) {
		return false
	}
	path = path[len(parts[0]):]
	if len(parts) == 1 {
		return !toEnd || path == ""
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] { // the earliest place leaves the most
		i := strings.Index(path, part)
		if i < 0 {
			return false
		}
		path = path[i+len(part):]
	}
	if toEnd {
		return strings.HasSuffix(path, parts[last])
	}
	return strings.Contains(path, parts[last])
}

// normalisePath writes the same path always the same way: what needs no escape
// has none, what is not ASCII has one.
func normalisePath(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			c = unhex(s[i+1])<<4 | unhex(s[i+2])
			i += 2
			if !isUnreserved(c) {
				fmt.Fprintf(&b, "%%%02X", c)
				continue
			}
		}
		if c <= ' ' || c > '~' {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func isUnreserved(c byte) bool {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strings.IndexByte("-._~", c) >= 0
}

func isHex(c byte) bool {
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return (c | 0x20 - 'a') + 10
}
