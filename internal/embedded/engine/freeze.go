package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	// maxWriters is how many statements may write at once; a freeze takes all
	// of the places.
	maxWriters = 1 << 20
	// freezeTimeout is how long a freeze waits for statements that write.
	freezeTimeout = 30 * time.Second
)

// Frozen is what POST /freeze?name=NAME answers.
type Frozen struct {
	// Path is a folder in the data directory: the whole of `db` as it was at one
	// moment between two statements that write. It costs no room as long as the
	// tables have the same parts. Who asked for it removes it.
	Path   string        `json:"path"`
	Tables []FrozenTable `json:"tables"`
}

// FrozenTable is a table with data at that moment.
type FrozenTable struct {
	Name string `json:"name"`
	// Rows and Bytes are those of the parts on disk.
	Rows  uint64 `json:"rows"`
	Bytes uint64 `json:"bytes"`
}

// serveFreeze answers POST /freeze. The parts of a table never change, so a
// second name for each of their files is a copy. What the library does not
// freeze by itself, the definitions of the tables, is added.
func (s *server) serveFreeze(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	req, err := parseRequest(r)
	switch {
	case r.Method != http.MethodPost:
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	case err != nil || req.user != owner:
		http.Error(w, "freeze tables: only the owner may", http.StatusForbidden)
		return
	case !regexp.MustCompile(`^[a-z0-9_]{1,64}$`).MatchString(name):
		http.Error(w, "freeze tables: the name is wrong, want letters, digits and _", http.StatusBadRequest)
		return
	}
	f, err := s.freeze(r.Context(), name)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(f); err != nil {
		s.log.Debug("answer is not sent", "err", err)
	}
}

func (s *server) freeze(ctx context.Context, name string) (*Frozen, error) {
	ctx, cancel := context.WithTimeout(ctx, freezeTimeout)
	defer cancel()
	if err := s.writers.Acquire(ctx, maxWriters); err != nil {
		return nil, fmt.Errorf("freeze tables: a statement writes for longer than %s", freezeTimeout)
	}
	defer s.writers.Release(maxWriters)
	dir, err := filepath.Abs(s.cfg.DataDir)
	if err != nil {
		return nil, fmt.Errorf("freeze tables: %w", err)
	}
	db := filepath.Join(dir, "db")
	f := &Frozen{Path: filepath.Join(db, "shadow", name)}
	if _, err := os.Lstat(f.Path); err == nil {
		return nil, fmt.Errorf("freeze tables: %s is there already", f.Path)
	}
	if f.Tables, err = s.freezeTables(name); err == nil {
		err = linkDefinitions(db, f.Path)
	}
	if err != nil {
		return nil, fmt.Errorf("freeze tables: %w", errors.Join(err, os.RemoveAll(f.Path)))
	}
	return f, nil
}

// write books a statement that writes, so that no freeze falls into it.
func (s *server) write(ctx context.Context, st statement) (done func(), err error) {
	if st.insert == nil && (streams(st.verb) || st.verb == "KILL" || st.verb == "SYSTEM") {
		return func() {}, nil
	}
	if err := s.writers.Acquire(ctx, 1); err != nil {
		return nil, exceptionf(codeCancelled, "Query was cancelled while it waited for a freeze to end")
	}
	return func() { s.writers.Release(1) }, nil
}

// freezeTables freezes all tables that have parts.
func (s *server) freezeTables(name string) ([]FrozenTable, error) {
	conn, err := s.core.lib.open(s.core.args)
	if err != nil {
		return nil, err
	}
	defer conn.close()
	session := &session{conn: conn}
	r := conn.query("SELECT name, toString(ifNull(total_rows, 0)) AS rows, toString(ifNull(total_bytes, 0)) AS bytes FROM system.tables WHERE database = "+
		quoteText(database)+" AND engine LIKE '%MergeTree' ORDER BY name", "JSONEachRow", nil)
	defer r.release()
	if err := engineError(r.err()); err != nil {
		return nil, err
	}
	var tables []FrozenTable
	decoder := json.NewDecoder(strings.NewReader(string(r.bytes())))
	for decoder.More() {
		var row struct {
			Name  string `json:"name"`
			Rows  uint64 `json:"rows,string"`
			Bytes uint64 `json:"bytes,string"`
		}
		if err := decoder.Decode(&row); err != nil {
			return nil, err
		}
		tables = append(tables, FrozenTable(row))
	}
	for _, t := range tables {
		if err := session.exec("ALTER TABLE " + quoteName(database) + "." + quoteName(t.Name) + " FREEZE WITH NAME " + quoteText(name)); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	return tables, nil
}

// linkDefinitions adds all of db that is neither a part nor of this run only.
func linkDefinitions(db, to string) error {
	return filepath.WalkDir(db, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(db, path)
		if err != nil {
			return err
		}
		parts := strings.Split(rel, string(filepath.Separator))
		switch parts[0] {
		case "shadow", "tmp", "status", "preprocessed_configs":
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		target := filepath.Join(to, rel)
		switch {
		case entry.IsDir() && parts[0] == "store" && len(parts) > 3: // a part, or `detached`
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o700)
		case entry.Type()&fs.ModeSymlink != 0:
			points, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(points, target)
		default:
			return os.Link(path, target)
		}
	})
}
