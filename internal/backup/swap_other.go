//go:build !linux

package backup

import (
	"errors"
	"os"
)

// swap exchanges two names. A kill in between leaves the old one as NAME.old.
func swap(a, b string) error {
	if err := os.Rename(b, b+".old"); err != nil {
		return err
	}
	if err := os.Rename(a, b); err != nil {
		return errors.Join(err, os.Rename(b+".old", b))
	}
	return os.Rename(b+".old", a)
}

// flush does what can be done here: nothing.
func flush(string) error { return nil }
