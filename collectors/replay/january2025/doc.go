// Package january2025 is the case that the project began with: the days on
// which the US ban of TikTok sent its users to RedNote, and most of them back.
// It holds what was published about them, and curves that are drawn through
// the published points, because nobody published the series. docs/january-2025.md
// tells how; anchors.csv has every assumption.
package january2025
