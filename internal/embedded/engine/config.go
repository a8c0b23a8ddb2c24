package engine

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

// Config says which library to run, where its data is and where to listen.
type Config struct {
	// Library is the path of libchdb.so; empty: look in the usual places.
	Library string
	// DataDir belongs to one engine process at a time.
	DataDir string
	// Listen is a loopback address; port 0 takes a free one.
	Listen string
	// MaxMemory caps what the engine allocates, in bytes. 0: 2 GiB.
	MaxMemory int64
	// MaxQueries is how many statements run at once; others wait. 0: 8.
	MaxQueries int
	// StuckAfter is how long a statement may go on after it was killed. 0: 2 min.
	StuckAfter time.Duration
	// Analyst limits the read-only login.
	Analyst Limits
}

const (
	defaultMaxMemory  = 2 << 30
	defaultMaxQueries = 8
	defaultStuckAfter = 2 * time.Minute
	// database is made at the start; never use `default`, through which files
	// of the disk can be read as tables.
	database = "tidemark"
)

//go:embed server.xml
var serverXML string

//go:embed users.xml
var usersXML string

func (c Config) withDefaults() Config {
	if c.MaxMemory <= 0 {
		c.MaxMemory = defaultMaxMemory
	}
	if c.MaxQueries <= 0 {
		c.MaxQueries = defaultMaxQueries
	}
	if c.StuckAfter <= 0 {
		c.StuckAfter = defaultStuckAfter
	}
	c.Analyst = c.Analyst.withDefaults(c.MaxMemory, c.MaxQueries)
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	return c
}

// prepareDataDir makes the folders and files that the engine wants to find.
func (c Config) prepareDataDir() error {
	// Without a metadata folder at boot 26.5 does not start the catalogue's
	// background tasks, and DROP … SYNC waits for ever.
	for _, dir := range []string{"db/metadata", "db/data", "tmp", "user_files", "format_schemas", "backups"} {
		if err := os.MkdirAll(filepath.Join(c.DataDir, dir), 0o700); err != nil {
			return fmt.Errorf("prepare data directory: %w", err)
		}
	}
	values := map[string]any{
		"Dir": c.DataDir, "Database": database,
		"MaxMemory": c.MaxMemory, "QueryMemory": c.MaxMemory * 3 / 4,
	}
	for name, text := range map[string]string{"config.xml": serverXML, "users.xml": usersXML} {
		if err := writeTemplate(filepath.Join(c.DataDir, name), text, values); err != nil {
			return fmt.Errorf("prepare data directory: %w", err)
		}
	}
	return nil
}

func writeTemplate(path, text string, values any) error {
	t, err := template.New(filepath.Base(path)).Funcs(template.FuncMap{"xml": escapeXML}).Option("missingkey=error").Parse(text)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := t.Execute(&b, values); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(b.String()), 0o600)
}

func escapeXML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
