package fetch

import (
	"strings"
	"testing"
)

func TestRobotsFiles(t *testing.T) {
	t.Parallel()
	const all = "User-agent: *\n"
	for name, c := range map[string]struct {
		file     string
		yes, no  string // paths, separated by blanks
		wantSize int    // rules about us
	}{
		"nothing":                    {"", "/ /a", "", 0},
		"a web page":                 {"<html>\n<p>Disallow: /</p>\n</html>", "/a", "", 0},
		"all":                        {all + "Disallow: /\n", "", "/ /a /a?b", 1},
		"no value":                   {all + "Disallow:\n", "/ /a", "", 0},
		"a folder":                   {all + "Disallow: /a/\n", "/ /a /ab /A/", "/a/ /a/b", 1},
		"begin of a name":            {all + "Disallow: /a\n", "/ /b/a", "/a /a/ /ab /a?c", 1},
		"the longest decides":        {all + "Disallow: /a\nAllow: /a/b\nDisallow: /a/b/c\n", "/a/b /a/b/d", "/a /a/c /a/b/c", 3},
		"in whichever order":         {all + "Allow: /a/b\nDisallow: /a\n", "/a/b", "/a", 2},
		"equally long":               {all + "Disallow: /a\nAllow: /a\n\n", "/a", "", 2},
		"only the front page":        {all + "Disallow: /\nAllow: /$\n", "/", "/a /a/ /?b", 2},
		"anything in between":        {all + "Disallow: /a/*/c\n", "/a/c /x/a/b/c", "/a/b/c /a/b/b/cd", 1},
		"the end":                    {all + "Disallow: /*.gif$\n", "/a.gif?b /a.giff", "/a.gif /b/a.gif /.gif.gif", 1},
		"a query":                    {all + "Disallow: /*?secret=\n", "/a /a?b=1", "/a?secret=1", 1},
		"stars only":                 {all + "Disallow: ***\n", "", "/ /a", 1},
		"star at the end":            {all + "Disallow: /a*\n", "/", "/a /ab", 1},
		"us":                         {all + "Allow: /\n\nUser-agent: Tidemark\nDisallow: /a\n", "/b", "/a", 1},
		"us with a version":          {all + "Disallow: /\n\nUser-agent: tidemark/1.0\nDisallow: /a\n", "/b", "/a", 1},
		"us in two groups":           {"User-agent: tidemark\nDisallow: /a\n" + all + "Disallow: /\nUser-agent: tidemark\nDisallow: /b", "/c", "/a /b", 2},
		"us without a rule":          {all + "Disallow: /\n\nUser-agent: tidemark\nDisallow:\n", "/a", "", 0},
		"us and others":              {"User-agent: other\nUser-agent: tidemark\nUser-agent: third\nDisallow: /a\n", "/b", "/a", 1},
		"others":                     {"User-agent: tidemarks\nUser-agent: tide\nDisallow: /\n", "/a", "", 0},
		"rules of nobody":            {"Disallow: /\n" + all + "Disallow: /a\n", "/b", "/a", 1},
		"other lines in between":     {all + "Crawl-delay: 10\nSitemap: https://a.example/s.xml\n\nUser-agent: x\nDisallow: /a\n", "/b", "/a", 1},
		"comments, case, no newline": {"# hello\r\nUSER-AGENT : * # all\r\ndisALLOW:/a # no\rAllow: /a/b", "/b /a/b", "/a", 2},
		"byte order mark":            {"\xef\xbb\xbf" + all + "Disallow: /a", "/b", "/a", 1},
		"escapes":                    {all + "Disallow: /%7Ea\nDisallow: /ö\nDisallow: /b%2fc\n", "/b/c", "/~a /%7ea /%C3%B6 /%c3%b6x /b%2Fc", 3},
		"enormous":                   {all + strings.Repeat("Allow: /a\n", maxRobots/10) + "Disallow: /b\n", "/b", "", -1},
	} {
		rules := parseRobots([]byte(c.file), robotsAgent)
		if c.wantSize >= 0 && len(rules) != c.wantSize {
			t.Errorf("%s: got %v, want %d rules", name, rules, c.wantSize)
		}
		for path := range strings.FieldsSeq(c.yes) {
			if !rules.allow(path) {
				t.Errorf("%s: %s is not allowed", name, path)
			}
		}
		for path := range strings.FieldsSeq(c.no) {
			if rules.allow(path) {
				t.Errorf("%s: %s is allowed", name, path)
			}
		}
	}
}

// Whatever stands in a robots.txt, reading it ends well; and a group that
// forbids everything, beside which there is none for us, does so.
func FuzzParseRobots(f *testing.F) {
	for _, file := range []string{"User-agent: *\nDisallow: /a\nAllow: /a/*.html$\nCrawl-delay: 1\nSitemap: x", "User-agent: tidemark\n\n# no\nDisallow:", "<html>", "\xef\xbb\xbfUser-agent: *\r\nDisallow: /(["} {
		f.Add(file, "/a/b.html?c=d")
	}
	f.Fuzz(func(t *testing.T, file, path string) {
		rules := parseRobots([]byte(file), robotsAgent)
		for _, r := range rules {
			_ = fits(r.pattern, path)
		}
		if normalised := normalisePath(path); normalisePath(normalised) != normalised {
			t.Fatalf("%q is normalised twice to %q", normalised, normalisePath(normalised))
		}
		if len(rules) == 0 && !rules.allow(path) {
			t.Fatal("nobody forbade it")
		}
		only := append(robotsRules{{pattern: "/"}}, rules...)
		if allowed := only.allow("/" + path); allowed && len(rules) == 0 {
			t.Fatalf("%q is allowed", path)
		}
	})
}
