// Package obs is what a person sees of a running process: its log, its
// metrics, and whether its loops turn.
package obs
