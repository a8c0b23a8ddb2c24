package cli

import (
	"path/filepath"

	"github.com/tidemark/tidemark/collectors"
	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/instance"
	"github.com/tidemark/tidemark/internal/memory"
)

// hostsFile holds what hosts have told us: doors, pauses, used-up quotas.
const hostsFile = "hosts.json"

// stateFile is where it is; "" is nowhere.
func stateFile(c *config.Collect) string {
	switch {
	case c.State != "":
		return filepath.Join(c.State, hostsFile)
	case c.Raw.Dir != "":
		return filepath.Join(filepath.Dir(filepath.Clean(c.Raw.Dir)), hostsFile)
	default:
		return ""
	}
}

// remember lets the client know what hosts have told an earlier run. It is
// called before sources. Where the file cannot be had the run goes on without.
func (s *system) remember() {
	path := stateFile(&s.cfg.Collect)
	if path == "" {
		return
	}
	kept, err := memory.Open(path, s.log)
	if err != nil {
		s.log.Warn("what hosts tell us is forgotten at a restart; see collect.state", "err", err)
		return
	}
	s.memory = kept
}

// traffic says what nobody expects of a program that counts.
func traffic(cfg *config.Config) []string {
	if !cfg.Collect.Sources.GDELT.Enabled {
		return nil
	}
	return []string{"gdelt downloads about 550 MB a day; switch it off with collect.sources.gdelt.enabled: false"}
}

// forgets warns of sources whose places shut their doors for hours, where a
// restart would forget it.
func forgets(s *system, entries []collectors.Entry) []string {
	if s.memory != nil {
		return nil
	}
	var notices []string
	for _, e := range entries {
		if e.Enabled && (e.About.Scrapes || e.Name == "youtube") {
			notices = append(notices, e.Name+" is on and neither collect.state nor collect.raw.dir is set: "+
				"after a restart it asks again at once, whatever its place has said; set collect.state to a directory")
		}
	}
	return notices
}

// stateOfUp is the directory of hostsFile where `tidemark up` runs.
func stateOfUp(cfg *config.Config, dir *instance.Dir) string {
	if cfg.Collect.State != "" {
		return cfg.Collect.State
	}
	return dir.Path()
}
