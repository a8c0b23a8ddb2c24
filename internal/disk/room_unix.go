//go:build unix

package disk

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// room is what is left of the disk of a folder, and all of it.
func room(dir string) (free, all int64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	size := int64(s.Bsize)                                     //nolint:unconvert // its type differs between systems
	return int64(s.Bavail) * size, int64(s.Blocks) * size, nil //nolint:gosec // sizes of disks
}

// shared tells a file with several names by its number.
func shared(info fs.FileInfo) (id uint64, several bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return s.Ino, s.Nlink > 1
}
