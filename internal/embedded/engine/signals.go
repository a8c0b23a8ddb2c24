//go:build linux && amd64

package engine

import (
	"fmt"
	"syscall"
	"unsafe"
)

// sigaction is the kernel's own form of it.
type sigaction struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

// keepSignals saves the handlers of the signals that the engine takes when it
// boots, and returns what puts them back. With the engine's handlers in place a
// nil dereference in Go hangs the process instead of being recovered. The
// library's own switch for that is none: it resets them to their defaults, again
// at each connect.
func keepSignals() (restore func() error, err error) {
	taken := []syscall.Signal{
		syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS,
		syscall.SIGFPE, syscall.SIGSEGV, syscall.SIGTSTP, syscall.SIGSYS,
	}
	saved := make([]sigaction, len(taken))
	for i, sig := range taken {
		if err := rtSigaction(sig, nil, &saved[i]); err != nil {
			return nil, fmt.Errorf("save handler of %s: %w", sig, err)
		}
	}
	return func() error {
		for i, sig := range taken {
			if err := rtSigaction(sig, &saved[i], nil); err != nil {
				return fmt.Errorf("restore handler of %s: %w", sig, err)
			}
		}
		return nil
	}, nil
}

func rtSigaction(sig syscall.Signal, set, old *sigaction) error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), unsafe.Sizeof(sigaction{}.mask), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
