package config

import (
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/event"
)

// Belonging says where a series belongs.
type Belonging struct {
	// Topic is the id of the topic, TopicName what people call it; both empty:
	// the series belongs to none.
	Topic, TopicName string
	// Entity is the id of the entity that the series is about, EntityName what
	// people call it; both empty: it is about no entity of the watchlist.
	Entity, EntityName string
	// Role is what the series is in its topic: origin, destination or
	// attention; empty without a topic.
	Role string
}

// Roles of series in topics.
const (
	RoleOrigin      = "origin"
	RoleDestination = "destination"
	RoleAttention   = "attention"
)

// Belongings looks up where series belong. Make it once per watchlist.
type Belongings struct {
	topics   map[string]Belonging // by kind of member and its name, folded
	entities map[string]Belonging // by store and app id, and by id
	names    []naming
}

// EntityNames are what people call the entities, by their ids.
func (w *Watch) EntityNames() map[string]string {
	names := make(map[string]string, len(w.Entities))
	for i := range w.Entities {
		names[w.Entities[i].ID] = w.Entities[i].Name
	}
	return names
}

// NewBelongings reads the watchlist.
func NewBelongings(w *Watch) *Belongings {
	b := &Belongings{topics: map[string]Belonging{}, entities: map[string]Belonging{}}
	for _, t := range w.Topics {
		is := func(role string) Belonging { return Belonging{Topic: t.ID, TopicName: t.Name, Role: role} }
		if t.Origin != "" {
			b.topics["entity "+t.Origin] = is(RoleOrigin)
		}
		for kind, members := range t.members() {
			role := RoleAttention
			if kind == memberEntity {
				role = RoleDestination
			}
			for _, m := range members {
				b.topics[kind+" "+fold(m)] = is(role)
			}
		}
	}
	for i := range w.Entities {
		e := &w.Entities[i]
		at := b.topics["entity "+e.ID]
		at.Entity, at.EntityName = e.ID, e.Name
		b.entities[e.ID] = at
		for store, id := range e.Apps {
			b.entities[store+" "+id] = at
		}
	}
	b.names = namings(w, b)
	return b
}

// Of says where the series of subject at target belongs. It is the zero
// Belonging where the watchlist does not say.
func (b *Belongings) Of(target *event.Target, subject string) Belonging {
	if at, ok := b.entities[target.GetPlace()+" "+subject]; ok {
		return at
	}
	switch target.GetKind() {
	case event.KindChart, event.KindListing:
		return b.entities[subject]
	case event.KindTag:
		return b.topics[memberTag+" "+fold(target.GetName())]
	case event.KindArticle:
		return b.topics[memberArticle+" "+fold(target.GetPlace()+"/"+target.GetName())]
	case event.KindKeyword:
		return b.topics[memberKeyword+" "+fold(target.GetName())]
	default:
		return b.member(subject)
	}
}

// member is for lists, whose subjects may be tags, keywords or domains.
func (b *Belongings) member(subject string) Belonging {
	for _, kind := range []string{memberTag, memberKeyword, memberDomain} {
		if at, ok := b.topics[kind+" "+fold(subject)]; ok {
			return at
		}
	}
	return Belonging{}
}

func fold(word string) string { return strings.ToLower(word) }

const (
	memberEntity  = "entity"
	memberTag     = "tag"
	memberKeyword = "keyword"
	memberArticle = "article"
	memberDomain  = "domain"
)

// Member is one thing that belongs to a topic.
type Member struct {
	// Kind is entity, tag, keyword, article or domain.
	Kind string
	// Name is the id of the entity, or the word itself.
	Name string
	Role string
}

// Members are all members of the topic: the origin, the destinations, and then
// what people say and read, in the order of the configuration.
func (t *Topic) Members() []Member {
	var all []Member
	if t.Origin != "" {
		all = append(all, Member{memberEntity, t.Origin, RoleOrigin})
	}
	for _, kind := range []string{memberEntity, memberTag, memberKeyword, memberArticle, memberDomain} {
		role := RoleAttention
		if kind == memberEntity {
			role = RoleDestination
		}
		for _, name := range t.members()[kind] {
			all = append(all, Member{kind, name, role})
		}
	}
	return all
}

// members are those of a topic by kind, without the origin.
func (t *Topic) members() map[string][]string {
	return map[string][]string{
		memberEntity: t.Destinations, memberTag: t.Tags, memberKeyword: t.Keywords,
		memberArticle: t.Articles, memberDomain: t.Domains,
	}
}

// topics wants each member in one topic at most, so that every episode belongs
// to one migration.
func (k *checker) topics(w *Watch) {
	ids, members := map[string]string{}, map[string]string{}
	for i := range w.Topics {
		t, at := &w.Topics[i], index("watch.topics", i)
		k.need(matches(`^[a-z0-9][a-z0-9_-]*$`, t.ID), at+".id", "is %q, want lower-case letters, digits and dashes", t.ID)
		k.unique(ids, t.ID, at+".id")
		k.need(strings.TrimSpace(t.Name) != "", at+".name", "is empty")
		k.need(!t.empty(), at, "has no members")
		if t.Origin != "" {
			k.entityKnown(w, at+".origin", t.Origin)
			k.unique(members, "entity "+t.Origin, at+".origin")
		}
		for j, id := range t.Destinations {
			k.entityKnown(w, index(at+".destinations", j), id)
		}
		for _, kind := range []string{memberEntity, memberTag, memberKeyword, memberArticle, memberDomain} {
			for j, m := range t.members()[kind] {
				k.unique(members, kind+" "+fold(m), index(at+"."+memberPath(kind), j))
			}
		}
	}
}

// known leaves out of the built-in topics what a file's own list of entities
// does not have.
func known(topics []Topic, entities []Entity) []Topic {
	missing := func(id string) bool {
		return !slices.ContainsFunc(entities, func(e Entity) bool { return e.ID == id })
	}
	var out []Topic
	for _, t := range topics {
		if missing(t.Origin) {
			t.Origin = ""
		}
		t.Destinations = slices.DeleteFunc(slices.Clone(t.Destinations), missing)
		if !t.empty() {
			out = append(out, t)
		}
	}
	return out
}

func (t *Topic) empty() bool {
	return t.Origin == "" && len(slices.Concat(t.Destinations, t.Tags, t.Keywords, t.Articles, t.Domains)) == 0
}

func (k *checker) entityKnown(w *Watch, at, id string) {
	known := slices.ContainsFunc(w.Entities, func(e Entity) bool { return e.ID == id })
	k.need(known, at, "is %q, which is no id in watch.entities", id)
}

func memberPath(kind string) string {
	if kind == memberEntity {
		return "destinations"
	}
	return kind + "s"
}
