package backup

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// swap exchanges two names, at one moment.
func swap(a, b string) error {
	return unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
}

// flush returns when everything that was written to the disk of dir is on it.
func flush(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(unix.Syncfs(int(f.Fd())), f.Close())
}
