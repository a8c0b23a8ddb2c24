// Package e2e tests the whole of Tidemark as its users run it: the real binary
// as processes, the real engines, a real browser. It has no code of its own.
package e2e
