package obs

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// Build says which program this is.
type Build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// NewBuild reads what the Go linker noted; version is what the Makefile gave,
// and may be empty.
func NewBuild(version string) Build {
	b := Build{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b.orDev()
	}
	if b.Version == "" && info.Main.Version != "(devel)" {
		b.Version = info.Main.Version
	}
	modified := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value[:min(12, len(s.Value))]
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			modified = s.Value == "true"
		}
	}
	if modified && b.Revision != "" {
		b.Revision += "-dirty"
	}
	return b.orDev()
}

func (b Build) orDev() Build {
	if b.Version == "" {
		b.Version = "dev"
	}
	return b
}

// String is one line for a person.
func (b Build) String() string {
	parts := []string{"tidemark", b.Version}
	if b.Revision != "" && !strings.Contains(b.Version, strings.TrimSuffix(b.Revision, "-dirty")) {
		parts = append(parts, "("+b.Revision+")")
	}
	return strings.Join(append(parts, b.Go, b.Platform), " ")
}
