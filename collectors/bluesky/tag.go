package bluesky

import "strings"

// maxTags is how many tags of one post are read: nobody means more.
const maxTags = 64

// dropTooMany is the reason for which the tags beyond them are dropped.
const dropTooMany = "tag_too_many"

// language is a language tag (BCP 47) in its usual case, or empty where it is
// none: what people's programs write there is not checked by anybody.
func language(s string) string {
	if len(s) < 2 || len(s) > 35 {
		return ""
	}
	parts := strings.Split(s, "-")
	for i, p := range parts {
		if parts[i] = subtag(p, i == 0); parts[i] == "" {
			return ""
		}
	}
	return strings.Join(parts, "-")
}

// subtag is one part of a language tag: the language itself in lower case, a
// region in upper case, a script with a capital. Empty: it is none of these.
func subtag(p string, first bool) string {
	switch {
	case first && (len(p) < 2 || len(p) > 3 || strings.ContainsFunc(p, notLetter)):
		return ""
	case p == "" || len(p) > 8 || strings.ContainsFunc(p, notLetterOrDigit):
		return ""
	case !first && len(p) == 2:
		return strings.ToUpper(p)
	case !first && len(p) == 4 && !strings.ContainsFunc(p, notLetter):
		return strings.ToUpper(p[:1]) + strings.ToLower(p[1:])
	default:
		return strings.ToLower(p)
	}
}

func notLetter(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }

func notLetterOrDigit(r rune) bool { return notLetter(r) && (r < '0' || r > '9') }
