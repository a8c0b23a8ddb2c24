package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Detect is for the processor that finds surges. See docs/alert-rules.md.
type Detect struct {
	Enabled bool `yaml:"enabled"`
	// Sensitivity is low, medium or high, for every rule that names none.
	Sensitivity string `yaml:"sensitivity"`
	// MaxSubjects of one target are remembered; beyond, who was not seen for
	// longest is forgotten.
	MaxSubjects int `yaml:"max_subjects"`
	// MaxFull series of one target that nobody watches may have a full memory
	// at a time.
	MaxFull int `yaml:"max_full"`
	// Checkpoint says how often the memories of the targets are stored.
	Checkpoint Checkpoint `yaml:"checkpoint"`
	// Rules stand before the built-in ones: per series and kind the first that
	// matches decides; of threshold rules every one does.
	Rules []DetectRule `yaml:"rules"`
}

// DetectRule says what is told of the series that it matches. Patterns are
// globs: * is any run of signs, ? is one; empty matches everything.
type DetectRule struct {
	// Name stands in episodes and messages.
	Name string `yaml:"name"`
	// Kind is surge, rank, delisted or threshold.
	Kind    string `yaml:"kind"`
	Enabled Switch `yaml:"enabled,omitempty"`
	// Source, Target (its key), Subject, Metric, Topic (its id) are what series
	// it is for.
	Source  string `yaml:"source,omitempty"`
	Target  string `yaml:"target,omitempty"`
	Subject string `yaml:"subject,omitempty"`
	Metric  string `yaml:"metric,omitempty"`
	Topic   string `yaml:"topic,omitempty"`
	// Sensitivity is low, medium or high; empty: that of all.
	Sensitivity string `yaml:"sensitivity,omitempty"`
	// Watched treats what it matches as what is on the watchlist.
	Watched bool `yaml:"watched,omitempty"`
	// Min is the value from which a surge is told; 0: any.
	Min float64 `yaml:"min,omitempty"`
	// Top tells of ranks only from this place on; 0: any.
	Top int `yaml:"top,omitempty"`
	// Over, Under and Looks are for thresholds: the value is over or under the
	// number in so many looks in a row.
	Over  Number `yaml:"over,omitempty"`
	Under Number `yaml:"under,omitempty"`
	Looks int    `yaml:"looks,omitempty"`
}

// Kinds of rules.
const (
	RuleSurge     = "surge"
	RuleRank      = "rank"
	RuleDelisted  = "delisted"
	RuleThreshold = "threshold"
)

// Switch is on where nobody says anything.
type Switch uint8

// On and Off are written true and false.
const (
	On Switch = iota
	Off
)

// MarshalText writes what UnmarshalText takes.
func (s Switch) MarshalText() ([]byte, error) { return strconv.AppendBool(nil, s == On), nil }

// UnmarshalText takes true and false.
func (s *Switch) UnmarshalText(text []byte) error {
	switch string(text) {
	case "true":
		*s = On
	case "false":
		*s = Off
	default:
		return fmt.Errorf("is %q, want true or false", text)
	}
	return nil
}

// Number is a number that may be left out.
type Number string

// Value is the number; false: it was left out.
func (n Number) Value() (v float64, set bool) {
	if n == "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(n), 64)
	return v, err == nil
}

// UnmarshalText takes a decimal number.
func (n *Number) UnmarshalText(text []byte) error {
	if v, err := strconv.ParseFloat(string(text), 64); err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("is %q, want a number", text)
	}
	*n = Number(text)
	return nil
}

func sensitivities() []string { return []string{"low", "medium", "high"} }

func (k *checker) detect(at string, c *Detect) {
	k.oneOf(at+".sensitivity", c.Sensitivity, sensitivities()...)
	k.whole(at+".max_subjects", c.MaxSubjects, 10, 100_000)
	k.whole(at+".max_full", c.MaxFull, 0, 10_000)
	k.checkpoint(at+".checkpoint", &c.Checkpoint)
	seen := map[string]string{}
	for i := range c.Rules {
		k.rule(index(at+".rules", i), &c.Rules[i])
		k.unique(seen, c.Rules[i].Name, index(at+".rules", i)+".name")
	}
}

func (k *checker) rule(at string, r *DetectRule) {
	k.need(matches(`^[a-z0-9][a-z0-9_-]{0,63}$`, r.Name), at+".name", "is %q, want lower-case letters, digits and dashes", r.Name)
	kinds := []string{RuleSurge, RuleRank, RuleDelisted, RuleThreshold}
	k.oneOf(at+".kind", r.Kind, kinds...)
	// The name of a built-in rule is that rule, changed.
	k.need(!slices.Contains(kinds[:3], r.Name) || r.Name == r.Kind, at+".name", "is that of a built-in rule of another kind")
	if r.Sensitivity != "" {
		k.oneOf(at+".sensitivity", r.Sensitivity, sensitivities()...)
	}
	for _, p := range [][2]string{
		{".source", r.Source}, {".target", r.Target}, {".subject", r.Subject}, {".metric", r.Metric}, {".topic", r.Topic},
	} {
		k.need(len(p[1]) <= 512 && !strings.ContainsAny(p[1], "\n\r\x00"), at+p[0], "is no pattern of one line")
	}
	k.need(r.Min >= 0 && !math.IsInf(r.Min, 0) && (r.Min == 0 || r.Kind == RuleSurge), at+".min", "is %v, want 0 or more, and only for surge", r.Min)
	k.need(r.Top >= 0 && r.Top <= 100_000 && (r.Top == 0 || r.Kind == RuleRank), at+".top", "is %d, want 0 to 100000, and only for rank", r.Top)
	_, over := r.Over.Value()
	_, under := r.Under.Value()
	if r.Kind == RuleThreshold {
		k.need(over != under, at, "wants either over or under")
		k.whole(at+".looks", r.Looks, 0, 1000)
		return
	}
	k.need(!over && !under && r.Looks == 0, at, "has over, under or looks, which only threshold has")
}
