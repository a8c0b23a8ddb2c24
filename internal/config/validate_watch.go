package config

import (
	"slices"
	"strings"
	"unicode"
)

func (k *checker) watch(w *Watch) {
	k.words("watch.tags", w.Tags, strings.ToLower, func(t string) string {
		switch {
		case strings.HasPrefix(t, "#"):
			return "is written with #; leave it out"
		case strings.ContainsFunc(t, unicode.IsSpace), strings.Contains(t, "/"):
			return "has a blank or a slash in it; a tag is one word"
		}
		return ""
	})
	k.words("watch.keywords", w.Keywords, strings.ToLower, func(string) string { return "" })
	k.words("watch.articles", w.Articles, asWritten, func(a string) string {
		project, title, _ := strings.Cut(a, "/")
		if !matches(`^[a-z-]+\.[a-z]+$`, project) || title == "" || strings.Contains(title, " ") {
			return "is not project/title, such as en.wikipedia/Bluesky_Social"
		}
		return ""
	})
	k.words("watch.domains", w.Domains, asWritten, func(d string) string {
		if len(d) > 253 || !matches(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`, d) {
			return "is no domain; write it in lower case, without https:// and without a path, such as bsky.app"
		}
		return ""
	})
	k.words("watch.storefronts", w.Storefronts, asWritten, func(s string) string {
		if !matches(`^[a-z]{2}$`, s) {
			return "is no storefront; write two lower-case letters (ISO 3166), such as us or jp"
		}
		return ""
	})
	k.charts(w.Charts)
	k.entities(w.Entities)
	k.topics(w)
}

func asWritten(word string) string { return word }

// words checks a list of words: none empty, none twice, each as bad wants it.
// Two words are the same if fold makes them so: places that are asked for tags
// and keywords do not tell upper case from lower.
func (k *checker) words(path string, words []string, fold, bad func(string) string) {
	seen := map[string]string{}
	for i, word := range words {
		at := index(path, i)
		if strings.TrimSpace(word) != word || word == "" || strings.ContainsFunc(word, unicode.IsControl) {
			k.add(at, "is %q, want a word without blanks around it", word)
			continue
		}
		if text := bad(word); text != "" {
			k.add(at, "%q %s", word, text)
			continue
		}
		k.unique(seen, fold(word), at)
	}
}

func (k *checker) charts(charts []Chart) {
	seen := map[string]string{}
	for i, c := range charts {
		at := index("watch.charts", i)
		k.oneOf(at+".store", c.Store, "apple", "google")
		if matches(`^[a-z0-9-]+/[a-z0-9-]+$`, c.Name) {
			k.chart(at, c)
		} else {
			k.add(at+".name", "is %q, want list/category, such as top-free/overall", c.Name)
		}
		k.unique(seen, c.Store+" "+c.Name, at+".name")
	}
}

// chart wants what the collectors of the stores want, so that a chart is
// refused here, with its line, and not when the collector starts.
func (k *checker) chart(at string, c Chart) {
	genre, example := `^[0-9]{1,20}$`, "a number such as 6005"
	switch c.Store {
	case "apple":
	case "google":
		genre, example = `^[A-Z][A-Z0-9_]{0,39}$`, "Google Play's name of the category, such as SOCIAL"
	default:
		return
	}
	list, category, _ := strings.Cut(c.Name, "/")
	k.need(slices.Contains([]string{"top-free", "top-paid", "top-grossing"}, list), at+".name",
		"is %q, want top-free/…, top-paid/… or top-grossing/…", c.Name)
	if category == "overall" {
		k.need(c.Genre == "", at+".genre", "is %q, but overall has no genre; leave it out", c.Genre)
		return
	}
	k.need(matches(genre, c.Genre), at+".genre", "is %q, want %s", c.Genre, example)
}

func (k *checker) entities(entities []Entity) {
	ids, names, apps := map[string]string{}, map[string]string{}, map[string]string{}
	for i, e := range entities {
		at := index("watch.entities", i)
		k.need(matches(`^[a-z0-9][a-z0-9_-]*$`, e.ID), at+".id", "is %q, want lower-case letters, digits and dashes", e.ID)
		k.unique(ids, e.ID, at+".id")
		k.need(strings.TrimSpace(e.Name) != "", at+".name", "is empty")
		k.need(e.Colour == "" || matches(`^#[0-9a-f]{6}$`, e.Colour), at+".colour", "is %q, want #rrggbb in lower case", e.Colour)
		k.unique(names, strings.ToLower(e.Name), at+".name")
		for j, alias := range e.Aliases {
			k.need(strings.TrimSpace(alias) != "", index(at+".aliases", j), "is empty")
			// The same word for two entities would make every count ambiguous.
			// Within one entity the spellings differ often by case alone.
			if folded := strings.ToLower(alias); !strings.HasPrefix(names[folded], at+".") {
				k.unique(names, folded, index(at+".aliases", j))
			}
		}
		for _, store := range keysOf(e.Apps) {
			k.app(apps, join(at+".apps", store), store, e.Apps[store])
		}
	}
}

func (k *checker) app(seen map[string]string, at, store, id string) {
	switch store {
	case "apple":
		k.need(matches(`^[0-9]+$`, id), at, "is %q, want the app's number, such as 741292507", id)
	case "google":
		k.need(matches(`^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)+$`, id), at, "is %q, want a package name, such as com.xingin.xhs", id)
	default:
		k.add(at, "is no store; want apple or google")
		return
	}
	k.unique(seen, store+" "+id, at)
}
