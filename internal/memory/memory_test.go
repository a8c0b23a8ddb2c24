package memory_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
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
	if err != nil || len(left) != 2 { // with the lock
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Two processes that write at the same time lose nothing of each other, and
// each knows at once what the other has written.
func TestProcessesShareAMemory(t *testing.T) {
	t.Parallel()
	const each = 25
	path := filepath.Join(t.TempDir(), "hosts.json")
	var all sync.WaitGroup
	for name, f := range map[string]*memory.File{"a": open(t, path), "b": open(t, path)} {
		all.Go(func() {
			for i := range each {
				f.Remember(fmt.Sprint(name, i), i)
				f.Update("both", func(before json.RawMessage) any {
					n, _ := strconv.Atoi(string(before)) // nothing is 0
					return n + 1
				})
			}
		})
	}
	beside := open(t, path)
	all.Wait()
	for name, f := range map[string]*memory.File{"one that was there before": beside, "a new one": open(t, path)} {
		var n int
		if !f.Recall("both", &n) || n != 2*each {
			t.Errorf("%s: counted to %d, want %d", name, n, 2*each)
		}
		for i := range each {
			if !f.Recall(fmt.Sprint("a", i), &n) || n != i || !f.Recall(fmt.Sprint("b", i), &n) || n != i {
				t.Errorf("%s: a%d or b%d is lost", name, i, i)
			}
		}
	}
}

// Where the file cannot be written, this process still knows, and what others
// have written since does not make it forget.
func TestWhatCannotBeWrittenIsKnown(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hosts.json")
	f := open(t, path)
	if err := os.Mkdir(path+".lock", 0o750); err != nil { // a lock that cannot be had
		t.Fatal(err)
	}
	f.Remember("a", 1)
	if err := os.WriteFile(path, []byte(`{"a": 7, "b": 2}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var a, b int
	if !f.Recall("a", &a) || !f.Recall("b", &b) || a != 1 || b != 2 {
		t.Errorf("a is %d and b is %d, want 1 and 2", a, b)
	}
	if err := os.Remove(path + ".lock"); err != nil {
		t.Fatal(err)
	}
	f.Remember("c", 3)
	if second := open(t, path); !second.Recall("a", &a) || !second.Recall("b", &b) || a != 1 || b != 2 {
		t.Errorf("written late: a is %d and b is %d, want 1 and 2", a, b)
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
