package evaluate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Bad input is refused with file and line.
func TestBadInputIsNamed(t *testing.T) {
	t.Parallel()
	const good = "timestamp,value\n2025-01-13 00:00:00,1\n2025-01-13 01:00:00,2\n"
	for name, c := range map[string]struct{ windows, csv, want string }{
		"no header":          {`{"g/f.csv":[]}`, "2025-01-13 00:00:00,1\n", "f.csv:1: it begins with"},
		"no number":          {`{"g/f.csv":[]}`, good + "2025-01-13 02:00:00,many\n", `f.csv:4: "many" is no number`},
		"not finite":         {`{"g/f.csv":[]}`, good + "2025-01-13 02:00:00,NaN\n", `f.csv:4: "NaN" is no number`},
		"no instant":         {`{"g/f.csv":[]}`, good + "yesterday,3\n", `f.csv:4: "yesterday" is no instant`},
		"one column":         {`{"g/f.csv":[]}`, good + "3\n", `f.csv:4: "3" is no timestamp,value`},
		"backwards":          {`{"g/f.csv":[]}`, good + "2025-01-12 00:00:00,3\n", "f.csv:4: it is before the line above"},
		"empty":              {`{"g/f.csv":[]}`, "timestamp,value\n", "f.csv:1: it holds no point"},
		"no JSON":            {"{\n\n\"g/f.csv\": oops}", good, "windows.json:3: "},
		"no list":            {"{\n\"g/f.csv\": 3}", good, "windows.json:2: "},
		"half a window":      {`{"g/f.csv":[["2025-01-13 00:00:00"]]}`, good, "window 1 is no pair"},
		"a window in words":  {`{"g/f.csv":[["2025-01-13 00:00:00","later"]]}`, good, `window 1: "later" is no instant`},
		"a window elsewhere": {`{"g/f.csv":[["2025-01-13 00:00:00","2025-01-14 00:00:00"]]}`, good, "window 1: the series has no point at 2025-01-14 00:00:00"},
		"a window backwards": {`{"g/f.csv":[["2025-01-13 01:00:00","2025-01-13 00:00:00"]]}`, good, "window 1 ends before it begins"},
		"windows overlap":    {`{"g/f.csv":[["2025-01-13 00:00:00","2025-01-13 01:00:00"],["2025-01-13 01:00:00","2025-01-13 01:00:00"]]}`, good, "window 2 begins before the one before"},
		"a way out":          {`{"../f.csv":[]}`, good, "is no group/file.csv"},
		"no series":          {`{}`, good, "it names no series"},
		"a missing file":     {`{"g/other.csv":[]}`, good, "other.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "data", "g"), 0o755); err != nil {
				t.Fatal(err)
			}
			for path, text := range map[string]string{"windows.json": c.windows, "data/g/f.csv": c.csv} {
				if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := ReadDir(dir)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want %q in it", err, c.want)
			}
		})
	}
	if _, err := ReadDir(t.TempDir()); err == nil || !strings.Contains(err.Error(), "windows.json") {
		t.Errorf("an empty folder: %v", err)
	}
}
