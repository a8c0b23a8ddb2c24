package collectors

// OneLine makes a reason fit for a table and a log: one line of valid text, not
// too long.
func OneLine(s string) string { return oneLine(s) }
