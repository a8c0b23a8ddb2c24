//go:build !unix

package disk

import (
	"errors"
	"io/fs"
)

func room(string) (free, all int64, err error) { return 0, 0, errors.ErrUnsupported }

func shared(fs.FileInfo) (id uint64, several bool) { return 0, false }
