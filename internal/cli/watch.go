package cli

import (
	"errors"
	"fmt"
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
}

func watchLists() []watchList {
	return []watchList{
		{"tag", "a hashtag, without #", func(a *config.Additions) *[]string { return &a.Tags }},
		{"keyword", "a word or phrase for news sites", func(a *config.Additions) *[]string { return &a.Keywords }},
		{"article", "an article as project/title: en.wikipedia/Bluesky_Social", func(a *config.Additions) *[]string { return &a.Articles }},
		{"domain", "a domain, in lower case: bsky.app", func(a *config.Additions) *[]string { return &a.Domains }},
		{"storefront", "a country of the stores: two lower-case letters", func(a *config.Additions) *[]string { return &a.Storefronts }},
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
			return w.change(func(a *config.Additions) error {
				n := len(a.Entities)
				a.Entities = slices.DeleteFunc(a.Entities, func(e config.Entity) bool { return e.ID == given[0] })
				return w.wasThere(n > len(a.Entities), "app", given[0])
			})
		},
	})
	root.AddCommand(add, remove)
	return root
}

func (w *watcher) wordCommand(short string, l watchList, run func(a *config.Additions, l watchList, word string) error) *cobra.Command {
	return &cobra.Command{
		Use: l.name + " WORD...", Short: short, Args: args(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, given []string) error {
			return w.change(func(a *config.Additions) error {
				for _, word := range given {
					if err := run(a, l, word); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}

func (w *watcher) addWord(a *config.Additions, l watchList, word string) error {
	words := l.of(a)
	*words = append(*words, strings.TrimPrefix(word, "#"))
	return nil
}

func (w *watcher) removeWord(a *config.Additions, l watchList, word string) error {
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
			return w.change(func(a *config.Additions) error {
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
	path, _, err := w.path()
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(w.app.stdout, "# %s: nothing was added yet\n", path)
		return nil
	}
	if _, err := config.ReadWatchFile(path); err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read watch file: %w", err)
	}
	_, err = w.app.stdout.Write(text)
	return err
}

// change rewrites the watch file, if the whole is still a good configuration.
func (w *watcher) change(edit func(*config.Additions) error) error {
	path, cfg, err := w.path()
	if err != nil {
		return err
	}
	additions, err := config.ReadWatchFile(path)
	if err != nil {
		return err
	}
	if err := edit(&additions); err != nil {
		return err
	}
	if _, err := cfg.WithAdditions(additions); err != nil {
		return err
	}
	if err := config.WriteWatchFile(path, additions); err != nil {
		return err
	}
	fmt.Fprintf(w.app.stdout, "%s is written; what runs takes it on within %s\n", path, 2*watchPoll)
	return nil
}
