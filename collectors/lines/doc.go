// Package lines reads the files that people hand in, recordings and imports:
// unpacked where they are compressed, one line or record after the other, and
// always knowing which.
package lines
