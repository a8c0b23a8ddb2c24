package grafana

import (
	"os"
	"path/filepath"
	"testing"
)

// What is generated is what the code says: nobody edits the files, and nobody
// forgets `make generate`.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	t.Parallel()
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Errorf("%v; run make generate", err)
			continue
		}
		if string(got) != string(want) {
			t.Errorf("%s is out of date; run make generate", name)
		}
	}
	there, err := filepath.Glob("../*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		if _, made := files["dashboards/"+filepath.Base(path)]; !made {
			t.Errorf("%s is made by nothing; run make generate", path)
		}
	}
}
