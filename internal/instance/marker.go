package instance

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Marker says that a recording has been replayed into this directory.
type Marker struct {
	Recording string    `json:"recording"`
	Version   string    `json:"version"`
	At        time.Time `json:"at"`
}

// Marked reports whether the recording is here in this version.
func (d *Dir) Marked(recording, version string) bool {
	var m Marker
	b, err := os.ReadFile(d.Path(markerFile(recording)))
	return err == nil && json.Unmarshal(b, &m) == nil && m.Recording == recording && m.Version == version
}

// Mark notes that the recording is here. Without the mark it is replayed again
// at the next start, which changes nothing: the same messages give the same
// rows.
func (d *Dir) Mark(recording, version string) error {
	m := Marker{Recording: recording, Version: version, At: time.Now().UTC()}
	if err := writeJSON(d.Path(markerFile(recording)), m); err != nil {
		return fmt.Errorf("mark recording %s: %w", recording, err)
	}
	return nil
}

func markerFile(recording string) string { return "case-" + recording + ".json" }
