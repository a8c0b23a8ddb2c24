//go:build !linux || !amd64

package engine

import (
	"errors"
	"os"
)

// errUnsupported is what everything here says: the library exists for one
// platform. FindLibrary says so before it comes to this.
var errUnsupported = errors.New("the engine's library exists for Linux x86-64 with glibc only")

// errNoLandlock is the same for the jail.
var errNoLandlock = errUnsupported

type library struct{}

type connection struct{}

type result struct{}

func loadLibrary(string) (*library, error)                 { return nil, errUnsupported }
func (*library) open([]string) (*connection, error)        { return nil, errUnsupported }
func (*connection) close()                                 {}
func (*connection) query(string, string, []param) *result  { return &result{} }
func (*connection) stream(string, string, []param) *result { return &result{} }
func (*connection) fetch(*result) *result                  { return &result{} }
func (*connection) cancel(*result)                         {}
func (*result) release()                                   {}
func (*result) err() string                                { return errUnsupported.Error() }
func (*result) bytes() []byte                              { return nil }
func (*result) totals() totals                             { return totals{} }
func keepSignals() (restore func() error, err error)       { return nil, errUnsupported }
func memoryFile(string) (*os.File, error)                  { return nil, errUnsupported }
func captureStderr(func()) (string, error)                 { return "", errUnsupported }
func jail(string, string) error                            { return errNoLandlock }
func renounce() error                                      { return errNoLandlock }
func landlockVersion() (int, error)                        { return 0, errNoLandlock }
