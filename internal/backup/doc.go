// Package backup writes the data directory of `tidemark up` into one file or
// folder while it runs, and puts it back.
//
// What is kept is a state that a kill at some moment would have left behind,
// and every part of Tidemark starts from such a state without losing or
// doubling anything: rows name their place in the log, and what is beyond the
// committed offsets is read back. So the order of the steps is all there is to
// it:
//
//  1. what says how far somebody is (committed offsets, marks of back-fills and
//     recordings), and all other small files;
//  2. the tables, frozen at one moment;
//  3. the topics;
//  4. the raw answers.
//
// Offsets are never ahead of the tables, and tables never ahead of the topics.
package backup

import (
	"time"
)

// formatVersion is the shape of a backup.
const formatVersion = 1

const (
	manifestName = "manifest.json"
	// dataFolder holds the files of the data directory.
	dataFolder = "data"
)

// Manifest says what a backup holds. It is written last: without it a backup
// is not whole.
type Manifest struct {
	Format int `json:"format"`
	// Version is the Tidemark that wrote it.
	Version string    `json:"version"`
	MadeAt  time.Time `json:"made_at"`
	// Running says that it was taken while Tidemark worked.
	Running bool `json:"running"`
	// Tables are those with data; empty where nothing ran.
	Tables []Table `json:"tables,omitempty"`
	// Sizes are bytes by kind: tables, topics, raw and state.
	Sizes map[string]int64 `json:"sizes"`
	Files []File           `json:"files"`
	Links []Link           `json:"links"`
}

// Bytes is the size of all files.
func (m *Manifest) Bytes() int64 {
	var sum int64
	for _, n := range m.Sizes {
		sum += n
	}
	return sum
}

// Table is a table of the engine.
type Table struct {
	Name  string `json:"name"`
	Rows  uint64 `json:"rows"`
	Bytes uint64 `json:"bytes"`
}

// File is a file of the data directory. Path has slashes.
type File struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Link is a symbolic link inside of the data directory.
type Link struct {
	Path string `json:"path"`
	To   string `json:"to"`
}
