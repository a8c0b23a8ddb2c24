package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/internal/config"
)

// watchFileName is the watch file of an instance, in its data directory.
const watchFileName = "watch.yaml"

const watchLong = `Watch changes what is watched, without touching the configuration: it writes the watch
file, and a running 'tidemark up', 'collect' or 'process' takes the change on within
seconds. The file is watch.file of the configuration, else watch.yaml in the data
directory.`

// watchList is a plain list of words in the watch file.
type watchList struct {
	name, hint string
	of         func(*config.Additions) *[]string
	in         func(config.Watch) []string // the same of the configuration
	fold       bool                        // upper and lower case are the same
}

func watchLists() []watchList {
	return []watchList{
		{"tag", "a hashtag, without #", func(a *config.Additions) *[]string { return &a.Tags }, func(w config.Watch) []string { return w.Tags }, true},
		{"keyword", "a word or phrase for news sites", func(a *config.Additions) *[]string { return &a.Keywords }, func(w config.Watch) []string { return w.Keywords }, true},
		{"article", "an article as project/title: en.wikipedia/Bluesky_Social", func(a *config.Additions) *[]string { return &a.Articles }, func(w config.Watch) []string { return w.Articles }, false},
		{"domain", "a domain, in lower case: bsky.app", func(a *config.Additions) *[]string { return &a.Domains }, func(w config.Watch) []string { return w.Domains }, false},
		{"storefront", "a country of the stores: two lower-case letters", func(a *config.Additions) *[]string { return &a.Storefronts }, func(w config.Watch) []string { return w.Storefronts }, false},
	}
}

// watcher is where the watch commands read and write.
type watcher struct {
	app *app
	where
	file string
}

func (a *app) watchCommand() *cobra.Command {
	w := &watcher{app: a}
	root := a.group(&cobra.Command{Use: "watch", Short: "Change what is watched", Long: watchLong})
	root.PersistentFlags().StringVar(&w.dataDir, "data-dir", "", "data `directory` whose watch file is meant (default ./data)")
	root.PersistentFlags().StringVar(&w.file, "file", "", "the watch `file` itself")
	root.AddCommand(&cobra.Command{
		Use: "list", Short: "Show what the watch file adds", Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return w.list() },
	})
	add := a.group(&cobra.Command{
		Use: "add", Short: "Take something on",
		Example: `  tidemark watch add tag upscrolled
  tidemark watch add app upscrolled --name UpScrolled --apple 6743018911`,
	})
	remove := a.group(&cobra.Command{Use: "remove", Short: "Let go of something that was added"})
	for _, l := range watchLists() {
		add.AddCommand(w.wordCommand("Add "+l.hint, l, w.addWord))
		remove.AddCommand(w.wordCommand("Remove "+l.hint, l, w.removeWord))
	}
	add.AddCommand(w.addApp())
	remove.AddCommand(&cobra.Command{
		Use: "app ID", Short: "Remove an app by its id", Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, given []string) error {
			return w.change(func(_ *config.Config, a *config.Additions) error {
				n := len(a.Entities)
				a.Entities = slices.DeleteFunc(a.Entities, func(e config.Entity) bool { return e.ID == given[0] })
				return w.wasThere(n > len(a.Entities), "app", given[0])
			})
		},
	})
	root.AddCommand(add, remove)
	return root
}

func (w *watcher) wordCommand(short string, l watchList, run func(cfg *config.Config, a *config.Additions, l watchList, word string) error) *cobra.Command {
	return &cobra.Command{
		Use: l.name + " WORD...", Short: short, Args: args(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, given []string) error {
			return w.change(func(cfg *config.Config, a *config.Additions) error {
				for _, word := range given {
					if err := run(cfg, a, l, word); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}

func (w *watcher) addWord(cfg *config.Config, a *config.Additions, l watchList, word string) error {
	words := l.of(a)
	word = strings.TrimPrefix(word, "#")
	same := func(other string) bool { return other == word || l.fold && strings.EqualFold(other, word) }
	if slices.ContainsFunc(*words, same) {
		return usagef("%s is watched already", word)
	}
	if slices.ContainsFunc(l.in(cfg.Watch), same) {
		return usagef("%s is watched already: by the configuration", word)
	}
	*words = append(*words, word)
	return nil
}

func (w *watcher) removeWord(_ *config.Config, a *config.Additions, l watchList, word string) error {
	words := l.of(a)
	n := len(*words)
	*words = slices.DeleteFunc(*words, func(w string) bool { return strings.EqualFold(w, strings.TrimPrefix(word, "#")) })
	return w.wasThere(n > len(*words), l.name, word)
}

func (w *watcher) wasThere(ok bool, what, name string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("remove %s %q: it is not in the watch file; what the configuration itself watches is taken out there", what, name)
}

func (w *watcher) addApp() *cobra.Command {
	var e config.Entity
	var apple, google string
	cmd := &cobra.Command{
		Use: "app ID", Short: "Add an app, with its ids in the stores", Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, given []string) error {
			e.ID, e.Apps = given[0], map[string]string{}
			for store, id := range map[string]string{"apple": apple, "google": google} {
				if id != "" {
					e.Apps[store] = id
				}
			}
			if e.Name == "" {
				return usagef("read flags: --name is missing: the name to show, as the stores write it")
			}
			return w.change(func(cfg *config.Config, a *config.Additions) error {
				is := func(other config.Entity) bool { return other.ID == e.ID }
				if slices.ContainsFunc(a.Entities, is) || slices.ContainsFunc(cfg.Watch.Entities, is) {
					return usagef("%s is watched already", e.ID)
				}
				a.Entities = append(a.Entities, e)
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&e.Name, "name", "", "`name` to show")
	f.StringSliceVar(&e.Aliases, "alias", nil, "other `names`, separated by commas")
	f.StringVar(&apple, "apple", "", "`id` in the App Store, a number")
	f.StringVar(&google, "google", "", "package `name` in Google Play")
	f.StringVar(&e.Colour, "colour", "", "`colour` on charts, #rrggbb")
	return cmd
}

// path is the file that is meant, and the configuration which it adds to.
func (w *watcher) path() (string, *config.Config, error) {
	cfg, err := w.app.config()
	if err != nil {
		return "", nil, err
	}
	switch {
	case w.file != "":
		cfg.Watch.File = w.file
	case cfg.Watch.File == "" || w.dataDir != "":
		if _, err := os.Stat(w.dir()); err != nil {
			return "", nil, fmt.Errorf("find watch file: no data directory %s: start `tidemark up` there first, or give --file", w.dir())
		}
		cfg.Watch.File = filepath.Join(w.dir(), watchFileName)
	}
	return cfg.Watch.File, cfg, nil
}

func (w *watcher) list() error {
	path, cfg, err := w.path()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		text = fmt.Appendf(nil, "# %s: nothing was added yet\n", path)
	case err != nil:
		return fmt.Errorf("read watch file: %w", err)
	default:
		if _, err := config.ReadWatchFile(path); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w.app.stdout, "%s%s", text, configured(cfg.Watch))
	return err
}

// configured says how much the configuration itself watches.
func configured(w config.Watch) string {
	return fmt.Sprintf("# The configuration itself watches %d apps, %d tags, %d keywords, %d articles, %d domains,\n"+
		"# %d storefronts and %d charts; `tidemark check` shows them.\n",
		len(w.Entities), len(w.Tags), len(w.Keywords), len(w.Articles), len(w.Domains), len(w.Storefronts), len(w.Charts))
}

// buildable refuses a watchlist that a source refuses, such as for its quota:
// the next start would end with it. A refusal that was there before is not the
// list's fault, and a shorter list is always let through.
func (a *app) buildable(before, with *config.Config) error {
	build := func(cfg *config.Config) error {
		_, err := newSystem(cfg, a.build, slog.New(slog.DiscardHandler)).sources()
		return err
	}
	err := build(with)
	if err == nil {
		return nil
	}
	if was := build(before); was != nil && was.Error() == err.Error() {
		return nil
	}
	return usagef("%v", err)
}

// change rewrites the watch file, if the whole is still a good configuration.
func (w *watcher) change(edit func(*config.Config, *config.Additions) error) error {
	path, cfg, err := w.path()
	if err != nil {
		return err
	}
	additions, err := config.ReadWatchFile(path)
	if err != nil {
		return err
	}
	before, err := cfg.WithAdditions(additions)
	if err != nil {
		before = cfg // what is there has a mistake; the edit may be the cure
	}
	if err := edit(cfg, &additions); err != nil {
		return err
	}
	with, err := cfg.WithAdditions(additions)
	if err != nil {
		return err
	}
	if err := w.app.buildable(before, with); err != nil && grown(before.Watch, with.Watch) {
		return err
	}
	if err := config.WriteWatchFile(path, additions); err != nil {
		return err
	}
	fmt.Fprintf(w.app.stdout, "%s is written; what runs takes it on within %s\n", path, 2*watchPoll)
	return nil
}

// grown says whether a watchlist has more than another one.
func grown(before, with config.Watch) bool {
	size := func(w config.Watch) int {
		return len(w.Entities) + len(w.Tags) + len(w.Keywords) + len(w.Articles) + len(w.Domains) + len(w.Storefronts) + len(w.Charts)
	}
	return size(with) > size(before)
}
