package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/tidemark/tidemark/internal/config"
)

// MappingVersion is the shape of a mapping's file.
const MappingVersion = 1

// Mapping says what the columns of a file mean. A text with {column} in it is
// filled in from each row; {column|lower}, {column|slug} and {column|tag} change
// what is filled in.
type Mapping struct {
	Version int    `yaml:"version"`
	Name    string `yaml:"name"`
	About   string `yaml:"about,omitempty"`
	// Source is what the rows are called in v_readings.
	Source string `yaml:"source"`
	// Columns are those of such a file: the guess goes by them.
	Columns []string `yaml:"columns,omitempty,flow"`
	// Delimiter of CSV: comma, semicolon or tab; empty: as the header shows.
	Delimiter string  `yaml:"delimiter,omitempty"`
	Time      Time    `yaml:"time"`
	Target    Target  `yaml:"target"`
	Subject   string  `yaml:"subject"`
	Values    []Value `yaml:"values"`
	// Numbers says how they are written: plain (1234.5), en (1,234.5), de
	// (1.234,5), fr (1 234,5) or ch (1'234.5). Empty: as plain, but what can be
	// two numbers is refused.
	Numbers string `yaml:"numbers,omitempty"`
	// Missing are words that stand where nobody counted.
	Missing []string `yaml:"missing,omitempty,flow"`
	// Words replaces the words of a column; what is not named stays.
	Words map[string]map[string]string `yaml:"words,omitempty"`
	// Allow are the only words that a column may have.
	Allow map[string][]string `yaml:"allow,omitempty"`
	// Skip are words of a column whose rows are passed over.
	Skip map[string][]string `yaml:"skip,omitempty"`
	Look Look                `yaml:"look,omitempty"`
}

// Time says which moment a row is about.
type Time struct {
	Text string `yaml:"text"`
	// Formats are tried in their order: rfc3339, unix, unix_ms, or a pattern such
	// as YYYY-MM-DD hh:mm.
	Formats []string `yaml:"formats,flow"`
	// Zone is the IANA name of the clock where the text names none.
	Zone string `yaml:"zone,omitempty"`
	// Ranges such as 2025-01-13..14: refuse, start or end.
	Ranges string `yaml:"ranges,omitempty"`
	// Future takes times that are more than a day ahead: forecasts, plans.
	Future bool `yaml:"future,omitempty"`
}

// Target is what the rows are about: its four parts, or all of them as Key.
type Target struct {
	Key     string `yaml:"key,omitempty"`
	Kind    string `yaml:"kind,omitempty"`
	Place   string `yaml:"place,omitempty"`
	Country string `yaml:"country,omitempty"`
	Name    string `yaml:"name,omitempty"`
}

// Value is one column with numbers.
type Value struct {
	Metric string `yaml:"metric"`
	Column string `yaml:"column"`
	// Unit is count, rank, number, percent or flag.
	Unit string `yaml:"unit"`
	// Empty fields are no reading (skip, which is the default) or wrong (refuse).
	Empty string `yaml:"empty,omitempty"`
	// Ranges such as 10-20万: refuse, or bounds for METRIC_low and METRIC_high.
	Ranges string `yaml:"ranges,omitempty"`
	// Plus, as in 10万+: value takes the number as it stands, low calls it
	// METRIC_low, refuse.
	Plus string `yaml:"plus,omitempty"`
}

// Look says what rows of one moment are together.
type Look struct {
	// List is whole (all rows of a moment and target are one ranked list), or
	// part (they are some of what is there), which is the default.
	List string `yaml:"list,omitempty"`
	// Every is how often somebody looked: what is missing then is a gap. Empty:
	// there was no schedule.
	Every config.Duration `yaml:"every,omitempty"`
	// Slot cuts the moment of a row to the tick that it belongs to.
	Slot config.Duration `yaml:"slot,omitempty"`
}

// Mapping's words, in the order of the docs.
func numberStyles() []string { return []string{"plain", "en", "de", "fr", "ch"} }

func units() []string { return []string{unitCount, unitRank, unitNumber, unitPercent, unitFlag} }

const (
	unitCount   = "count"
	unitRank    = "rank"
	unitNumber  = "number"
	unitPercent = "percent"
	unitFlag    = "flag"

	refuse = "refuse"
	skip   = "skip"
	bounds = "bounds"
	start  = "start"
	end    = "end"
	low    = "low"
	value  = "value"
	whole  = "whole"
	part   = "part"
)

// YAML is the mapping as it is kept with every import.
func (m *Mapping) YAML() string {
	text, err := yaml.Marshal(m)
	if err != nil { // it holds only what was read from YAML
		return fmt.Sprintf("name: %s\n", m.Name)
	}
	return string(text)
}

// hash changes with everything that changes what a file becomes.
func (m *Mapping) hash() string {
	what := *m
	what.About, what.Columns = "", nil // for people, and for the guess
	sum := sha256.Sum256([]byte(what.YAML()))
	return hex.EncodeToString(sum[:])
}

func (m *Mapping) fillDefaults() {
	for _, d := range []struct {
		field *string
		value string
	}{{&m.Time.Ranges, refuse}, {&m.Look.List, part}} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	for i := range m.Values {
		v := &m.Values[i]
		for _, d := range []struct {
			field *string
			value string
		}{{&v.Empty, skip}, {&v.Ranges, refuse}, {&v.Plus, value}} {
			if *d.field == "" {
				*d.field = d.value
			}
		}
	}
	if m.Look.Slot == 0 && m.Look.Every > 0 {
		m.Look.Slot = min(m.Look.Every, config.Duration(time.Hour))
	}
}
