//go:build linux && amd64

package engine

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// memoryFile makes a file that is in memory only and gone when it is closed.
func memoryFile(name string) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make memory file: %w", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// captureStderr runs fn and returns what the process wrote to stderr meanwhile.
func captureStderr(fn func()) (string, error) {
	file, err := memoryFile("stderr")
	if err != nil {
		return "", err
	}
	defer file.Close()
	saved, err := syscall.Dup(2)
	if err != nil {
		return "", fmt.Errorf("save stderr: %w", err)
	}
	defer syscall.Close(saved)
	syscall.CloseOnExec(saved)
	if err := syscall.Dup3(int(file.Fd()), 2, 0); err != nil {
		return "", fmt.Errorf("replace stderr: %w", err)
	}
	fn()
	if err := syscall.Dup3(saved, 2, 0); err != nil {
		return "", fmt.Errorf("restore stderr: %w", err)
	}
	text := make([]byte, 16<<10)
	n, _ := file.ReadAt(text, 0)
	return strings.TrimSpace(string(text[:n])), nil
}
