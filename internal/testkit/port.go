package testkit

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// The ports that FreePort gives: below those that systems choose from when they
// are asked for any (32768 on Linux). What listens or connects beside would take
// one of those before it is used.
const (
	firstPort = 12_000
	lastPort  = 32_000
)

// given is the last port that was given. None is given twice.
//
//nolint:gochecknoglobals // the tests of a binary run side by side
var given struct {
	sync.Mutex
	port int
}

// FreePort is an address, 127.0.0.1:PORT, for a program that must be told where
// to listen. What listens in the test itself asks for port 0.
func FreePort(t testing.TB) (address string) {
	t.Helper()
	ports, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", ports[0])
}

func freePorts(n int) ([]int, error) {
	given.Lock()
	defer given.Unlock()
	if given.port == 0 {
		given.port = firstPort + rand.IntN(lastPort-firstPort) //nolint:gosec // chance, not secrecy
	}
	var ports []int
	for range lastPort - firstPort {
		if given.port++; given.port >= lastPort {
			given.port = firstPort
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", given.port)) //nolint:noctx // at once
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		if ports = append(ports, given.port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, errors.New("find a free port: there is none")
}
