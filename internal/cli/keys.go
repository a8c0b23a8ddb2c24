package cli

import (
	"maps"
	"slices"
)

// caseName is the recording that `tidemark up` loads.
const caseName = "january-2025"

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
