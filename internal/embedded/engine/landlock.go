//go:build linux && amd64

package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// jailMark tells the process, when it begins anew, that it is in its jail.
const jailMark = "ENGINE_JAILED"

// errNoLandlock means that the kernel cannot do it.
var errNoLandlock = errors.New("this kernel has no Landlock")

const (
	rightsRead  = unix.LANDLOCK_ACCESS_FS_READ_FILE
	rightsWalk  = rightsRead | unix.LANDLOCK_ACCESS_FS_READ_DIR
	rightsRun   = rightsRead | unix.LANDLOCK_ACCESS_FS_EXECUTE
	rightsWrite = rightsRead | unix.LANDLOCK_ACCESS_FS_WRITE_FILE
)

// jail takes every file but the engine's own from this process, for ever, by
// Landlock: the library lets SQL read and write whatever the process can. The
// kernel restricts one thread, so that thread starts the program anew. jail
// returns nil in the new one, and an error where no jail can be had.
func jail(dataDir, library string) error {
	if os.Getenv(jailMark) == "1" {
		return os.Unsetenv(jailMark)
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find own binary: %w", err)
	}
	abi, err := landlockVersion()
	if err != nil {
		return err
	}
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlock: a failure leaves a thread that must not be used again
		failed <- enterJail(abi, exe, dataDir, library)
	}()
	return <-failed
}

func landlockVersion() (int, error) {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	// Version 1 cannot allow to rename from one folder to another.
	if errno != 0 || abi < 2 {
		return 0, errNoLandlock
	}
	return int(abi), nil
}

// allRights are the rights that a version of Landlock knows.
func allRights(abi int) uint64 {
	rights := uint64(unix.LANDLOCK_ACCESS_FS_REFER<<1 - 1)
	if abi >= 3 {
		rights |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if abi >= 5 {
		rights |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	return rights
}

// ruleset is all that this version of Landlock can take, and the size of its
// description. What is not allowed by a rule is then refused; for connections
// there are no rules. The socket that the engine listens on is the parent's, who
// has bound it.
func ruleset(abi int) (attr unix.LandlockRulesetAttr, size uintptr) {
	attr.Handled_access_fs = allRights(abi)
	size = unsafe.Sizeof(attr.Handled_access_fs)
	if abi >= 4 {
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
		if os.Getenv(inheritedFD) != "" {
			attr.Handled_access_net |= unix.LANDLOCK_ACCESS_NET_BIND_TCP
		}
		size += unsafe.Sizeof(attr.Handled_access_net)
	}
	if abi >= 6 {
		attr.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
		size += unsafe.Sizeof(attr.Scoped)
	}
	return attr, size
}

func enterJail(abi int, exe, dataDir, library string) error {
	attr, size := ruleset(abi)
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), size, 0)
	if errno != 0 {
		return fmt.Errorf("make landlock rules: %w", errno)
	}
	rules := int(fd)
	defer unix.Close(rules)
	if err := allowPath(rules, dataDir, attr.Handled_access_fs); err != nil {
		return err
	}
	for _, path := range []string{exe, library} {
		if err := allowPath(rules, path, rightsRun); err != nil {
			return err
		}
	}
	for _, rule := range systemPaths() {
		if err := allowPath(rules, rule.path, rule.rights); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("renounce new privileges: %w", err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(rules), 0, 0); errno != 0 {
		return fmt.Errorf("restrict with landlock: %w", errno)
	}
	return fmt.Errorf("start anew in the jail: %w", syscall.Exec(exe, os.Args, append(bareEnv(), jailMark+"=1")))
}

type pathRule struct {
	path   string
	rights uint64
}

// systemPaths are what the C library, the engine's metrics and TLS read.
func systemPaths() []pathRule {
	rules := []pathRule{
		{"/dev/null", rightsWrite},
	}
	for _, dir := range []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64"} {
		rules = append(rules, pathRule{dir, rightsRun | rightsWalk})
	}
	for _, dir := range []string{
		"/usr/share/zoneinfo", "/usr/share/ca-certificates", "/etc/ssl/certs", "/proc/self", "/proc/sys",
		"/sys/fs/cgroup", "/sys/devices/system",
	} {
		rules = append(rules, pathRule{dir, rightsWalk})
	}
	for _, file := range []string{
		"/dev/urandom", "/dev/random", "/dev/zero", "/etc/ld.so.cache", "/etc/localtime", "/etc/hosts",
		"/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf", "/proc/meminfo", "/proc/stat", "/proc/cpuinfo", "/proc/loadavg",
		"/proc/uptime", "/proc/version", "/proc/vmstat", "/proc/diskstats", "/proc/filesystems", "/proc/mounts",
	} {
		rules = append(rules, pathRule{file, rightsRead})
	}
	return rules
}

func allowPath(ruleset int, path string, rights uint64) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("allow path: %w", err)
	}
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("allow path %s: %w", path, err)
	}
	defer unix.Close(fd)
	attr := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&attr)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("allow path %s: %w", path, errno)
	}
	return nil
}

// bareEnv is the environment without what SQL must not read in /proc: passwords
// come in variables.
func bareEnv() []string {
	var env []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		switch {
		case name == "PATH", name == "HOME", name == "TZ", name == "LANG", name == "TMPDIR", name == inheritedFD,
			strings.HasPrefix(name, "GO"), strings.HasPrefix(name, testHook), strings.HasPrefix(name, "TIDEMARK_ENGINE_"):
			env = append(env, entry)
		}
	}
	return env
}
