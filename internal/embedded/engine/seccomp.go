//go:build linux && amd64

package engine

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// renounce takes from the whole process, for ever, what the engine never needs
// once it listens: to start programs, to open sockets to other machines, and to
// look into other processes. Landlock knows no UDP, and cannot take away what the
// start of this process itself needed. It is called after the last socket is open.
func renounce() error {
	filter := renounced()
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("renounce new privileges: %w", err)
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return fmt.Errorf("renounce programs and sockets: %w", errno)
	}
	return nil
}

// Places in the data that a filter reads (struct seccomp_data).
const (
	atNumber   = 0
	atArch     = 4
	atArgument = 16 // the lower half of the first one
	// x32Bit marks calls of another ABI, which have numbers of their own.
	x32Bit = 0x40000000
)

// renounced is the filter: a list of refused calls, and of sockets only those of
// this machine.
func renounced() []unix.SockFilter {
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	end := func(verdict uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: verdict}
	}
	// skip jumps over n steps if the loaded value is (not) the wanted one.
	skip := func(test uint16, value uint32, ifTrue, ifFalse uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, Jt: ifTrue, Jf: ifFalse, K: value}
	}
	refuse := end(unix.SECCOMP_RET_ERRNO | uint32(unix.EACCES))
	filter := []unix.SockFilter{
		load(atArch), skip(unix.BPF_JEQ, unix.AUDIT_ARCH_X86_64, 1, 0), refuse,
		load(atNumber), skip(unix.BPF_JGE, x32Bit, 0, 1), refuse,
	}
	for _, call := range []uint32{
		unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
		unix.SYS_MOUNT, unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_BPF, unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_IO_URING_SETUP,
	} {
		filter = append(filter, skip(unix.BPF_JEQ, call, 0, 1), refuse)
	}
	return append(filter,
		skip(unix.BPF_JEQ, unix.SYS_SOCKET, 1, 0), end(unix.SECCOMP_RET_ALLOW),
		load(atArgument), skip(unix.BPF_JEQ, unix.AF_UNIX, 1, 0), skip(unix.BPF_JEQ, unix.AF_NETLINK, 0, 1), end(unix.SECCOMP_RET_ALLOW), refuse)
}
