package config

// Watch is the watchlist.
type Watch struct {
	// File has more of it, in the same words; `tidemark watch` writes it, and
	// what runs takes it on. Empty: none; `tidemark up` has one in its data
	// directory.
	File     string   `yaml:"file"`
	Entities []Entity `yaml:"entities"`
	// Tags without #.
	Tags []string `yaml:"tags"`
	// Keywords for news sites.
	Keywords []string `yaml:"keywords"`
	// Articles as project/title: en.wikipedia/TikTok.
	Articles []string `yaml:"articles"`
	// Domains as they are registered, in lower case: bsky.app.
	Domains []string `yaml:"domains"`
	// Storefronts as ISO 3166 alpha-2, lower case.
	Storefronts []string `yaml:"storefronts"`
	Charts      []Chart  `yaml:"charts"`
	// Topics say what belongs together. Each entity, tag, keyword, article and
	// domain is in one topic at most.
	Topics []Topic `yaml:"topics"`
}

// Topic is one migration that may happen: an app that loses, apps that gain,
// and what people say and read about it.
type Topic struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	// Origin is the entity that the crowd leaves; empty: unknown.
	Origin string `yaml:"origin,omitempty"`
	// Destinations are the entities that it may go to.
	Destinations []string `yaml:"destinations,omitempty"`
	Tags         []string `yaml:"tags,omitempty"`
	Keywords     []string `yaml:"keywords,omitempty"`
	Articles     []string `yaml:"articles,omitempty"`
	Domains      []string `yaml:"domains,omitempty"`
}

// Entity is one app or platform with all its names.
type Entity struct {
	ID      string   `yaml:"id"`
	Name    string   `yaml:"name"`
	Aliases []string `yaml:"aliases,omitempty"`
	// Apps are its ids by store: apple: "741292507", google: com.xingin.xhs.
	Apps   map[string]string `yaml:"apps,omitempty"`
	Colour string            `yaml:"colour,omitempty"`
}

// Chart is one ranked list of a store.
type Chart struct {
	Store string `yaml:"store"`
	// Name as in targets: top-free/overall, top-free/social-networking.
	Name string `yaml:"name"`
	// Genre is the store's own id of the category (6005, SOCIAL); empty: overall.
	Genre string `yaml:"genre,omitempty"`
}
