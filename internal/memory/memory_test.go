package memory_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tidemark/tidemark/internal/memory"
)

func open(t *testing.T, path string) *memory.File {
	t.Helper()
	f, err := memory.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWhatIsRememberedOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "hosts.json")
	first, beside := open(t, path), open(t, path)
	var n int
	if first.Recall("a", &n) {
		t.Errorf("recalls %d out of nothing", n)
	}
	first.Remember("a", 1)
	beside.Remember("b", 2) // another process leaves a alone
	first.Remember("a", 3)
	second := open(t, path)
	if !second.Recall("a", &n) || n != 3 {
		t.Errorf("a is %d, want 3", n)
	}
	if !second.Recall("b", &n) || n != 2 {
		t.Errorf("b is %d, want 2", n)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestABrokenFileIsSetAside(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", `{"a": 1`, "[1]", "null"} {
		path := filepath.Join(t.TempDir(), "hosts.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f := open(t, path)
		if kept, err := os.ReadFile(path + ".broken"); err != nil || string(kept) != text {
			t.Errorf("%q: set aside is %q, %v", text, kept, err)
		}
		f.Remember("a", 1)
		var n int
		if !open(t, path).Recall("a", &n) || n != 1 {
			t.Errorf("%q: nothing is remembered any more", text)
		}
	}
}

// One value that makes no sense loses no other.
func TestAValueOfTheWrongShapeIsNone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hosts.json")
	f := open(t, path)
	f.Remember("a", "text")
	f.Remember("b", 2)
	var n int
	if second := open(t, path); second.Recall("a", &n) || !second.Recall("b", &n) || n != 2 {
		t.Errorf("got %d", n)
	}
}
