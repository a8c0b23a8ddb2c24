// Tidemark watches a crowd move from one app to another. This is its one
// binary; `tidemark help` says what it can do.
package main

import (
	"os"

	"github.com/tidemark/tidemark/internal/cli"
)

// version is set by the Makefile.
var version string

func main() {
	os.Exit(cli.Main(version, os.Args[1:]))
}
