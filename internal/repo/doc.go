// Package repo tests the repository itself: its pages, its links, the files of
// deploy/ and what must never be in any file. It has no code of its own.
package repo
