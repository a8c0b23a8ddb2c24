package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
)

// inheritedFD names the environment variable with the descriptor of a socket
// that the parent listens on already.
const inheritedFD = "ENGINE_SOCKET_FD"

// listen takes a loopback address, and no other: there are no passwords here.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	if !loopback(host) {
		return nil, fmt.Errorf("listen on %s: the embedded engine has no passwords and listens on loopback only (127.0.0.1); for other machines run a ClickHouse server", addr)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listen on %s: port in use by another process: %w", addr, err)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return listener, nil
}

// listenOrInherit listens on addr, or on the parent's socket where there is one.
func listenOrInherit(ctx context.Context, addr string) (net.Listener, error) {
	number := os.Getenv(inheritedFD)
	if number == "" {
		return listen(ctx, addr)
	}
	fd, err := strconv.Atoi(number)
	if err != nil || fd < 3 {
		return nil, fmt.Errorf("use socket of parent: bad descriptor %q", number)
	}
	file := os.NewFile(uintptr(fd), "socket")
	defer file.Close()
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("use socket of parent: %w", err)
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		listener.Close()
		return nil, fmt.Errorf("use socket of parent: %s is not loopback", listener.Addr())
	}
	return listener, nil
}

func listenerFile(listener net.Listener) (*os.File, error) {
	tcp, ok := listener.(*net.TCPListener)
	if !ok {
		return nil, fmt.Errorf("hand socket down: a %T", listener)
	}
	file, err := tcp.File()
	if err != nil {
		return nil, fmt.Errorf("hand socket down: %w", err)
	}
	return file, nil
}
