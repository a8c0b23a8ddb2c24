package backup

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// item is a file or link that goes into a backup.
type item struct {
	from string // on disk
	path string // in the data directory, with slashes
	kind string // of Manifest.Sizes
	size int64
	link string // where a symbolic link points to
}

// Folders of a data directory.
const (
	engineFolder = "clickhouse"
	dbFolder     = "clickhouse/db"
	logFolder    = "broker/log/partitions"
	rawFolder    = "raw"
)

// transient are files that belong to a process, or that each start writes anew.
func transient(p string) bool {
	switch p {
	case "tidemark.lock", "run.json", lockFile, "broker/broker.lock",
		engineFolder + "/lock", engineFolder + "/config.xml", engineFolder + "/users.xml",
		engineFolder + "/tmp", engineFolder + "/backups",
		dbFolder + "/shadow", dbFolder + "/tmp", dbFolder + "/status", dbFolder + "/preprocessed_configs":
		return true
	}
	base := path.Base(p)
	switch {
	case strings.HasPrefix(p, dbFolder): // parts that were being made or removed
		return strings.HasPrefix(base, "tmp_") || strings.HasPrefix(base, "delete_tmp_")
	default: // files are written under such a name and then renamed
		return strings.HasSuffix(base, ".tmp") || strings.HasSuffix(base, ".new")
	}
}

// state lists everything outside of tables, topics and raw answers.
func state(data string) ([]item, error) {
	return walk(data, "", "state", func(p string) bool {
		return transient(p) || p == dbFolder || p == logFolder || p == rawFolder
	})
}

// under lists a folder of the data directory as it lies at root, which may be
// elsewhere.
func under(root, folder, kind string) ([]item, error) {
	return walk(root, folder, kind, transient)
}

// walk lists the files below root in the order of their names. What disappears
// meanwhile is left out: only what is too old is ever removed.
func walk(root, prefix, kind string, skip func(p string) bool) ([]item, error) {
	var items []item
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		p := path.Join(prefix, filepath.ToSlash(rel))
		if p != "." && p != prefix && skip(p) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		it := item{from: name, path: p, kind: kind}
		switch {
		case entry.IsDir():
			return nil
		case entry.Type()&fs.ModeSymlink != 0:
			if it.link, err = os.Readlink(name); err != nil {
				return err
			}
		case !entry.Type().IsRegular():
			return nil
		default:
			info, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			it.size = info.Size()
		}
		items = append(items, it)
		return nil
	})
	return items, err
}

// sizeOf is the sum of files.
func sizeOf(items []item) int64 {
	var sum int64
	for _, it := range items {
		sum += it.size
	}
	return sum
}
