package engine

import (
	"fmt"
	"os"
	"testing"
)

// TestRecoverInChild is the child of TestNilDereferenceIsRecovered.
func TestRecoverInChild(t *testing.T) { //nolint:paralleltest // alone in its process
	dir := os.Getenv("RECOVER_DIR")
	if dir == "" {
		t.Skip("runs in a child process only")
	}
	c, err := boot(Config{DataDir: dir}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	times := 0
	for range 3 {
		// A later connect must not take the signals again.
		conn, err := c.lib.open(c.args)
		if err != nil {
			t.Fatal(err)
		}
		conn.close()
		if dereferenceNil() != nil {
			times++
		}
	}
	fmt.Printf("recovered %d times\n", times)
}

func dereferenceNil() (recovered any) {
	defer func() { recovered = recover() }()
	var nothing *core
	return nothing.version
}
