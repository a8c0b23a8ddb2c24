package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/backup"
)

// put writes files, by their path in dir.
func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// tree reads all files and links of a folder.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if entry.Type()&os.ModeSymlink != 0 {
			to, err := os.Readlink(path)
			got[rel] = "-> " + to
			return err
		}
		text, err := os.ReadFile(path)
		got[rel] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// instance is a data directory as `tidemark up` leaves it, in small.
func instance(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	put(t, dir, map[string]string{
		"tidemark.lock": "1", "run.json": "{}", "ports.json": "ports", "hosts.json": "hosts", "watch.yaml": "watch",
		"backfill.marks": "marks", "config.used.yaml": "log_level: info\n",
		"broker/broker.lock": "1", "broker/log/groups.log": "offsets 1\n", "broker/log/topics.json": "topics",
		"broker/log/partitions/t-0/0.dat": "messages 1\n", "broker/log/partitions/t-0/0.idx": "i",
		"clickhouse/config.xml": "x", "clickhouse/lock": "1", "clickhouse/tmp/x": "x",
		"clickhouse/db/metadata/tidemark.sql": "ATTACH", "clickhouse/db/status": "PID", "clickhouse/db/store/a/b/all_1_1_0/data.bin": "part",
		"clickhouse/db/store/a/b/tmp_merge_all_1_2_1/data.bin": "half", "clickhouse/db/store/a/b/format_version.txt": "1",
		"raw/mastodon/2025-01-13.0.tape": "tape",
	})
	if err := os.MkdirAll(filepath.Join(dir, "clickhouse/db/data/tidemark"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../store/a/b", filepath.Join(dir, "clickhouse/db/data/tidemark/readings")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// kept are the files of instance that belong into a backup.
func kept(t *testing.T, dir string) map[string]string {
	t.Helper()
	want := tree(t, dir)
	for _, name := range []string{
		"tidemark.lock", "run.json", "backup.lock", "broker/broker.lock", "clickhouse/config.xml", "clickhouse/lock", "clickhouse/tmp/x",
		"clickhouse/db/status", "clickhouse/db/store/a/b/tmp_merge_all_1_2_1/data.bin",
	} {
		delete(want, name)
	}
	return want
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"b.tar", "b.tar.zst", "folder"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, dest := instance(t), filepath.Join(t.TempDir(), name)
			m, err := backup.Write(t.Context(), backup.Config{Data: data, Version: "v1"}, dest, false)
			if err != nil {
				t.Fatal(err)
			}
			if m.Running || m.Version != "v1" || m.Sizes["tables"] == 0 || m.Sizes["topics"] == 0 || m.Sizes["raw"] != 4 || m.Sizes["state"] == 0 {
				t.Errorf("manifest: %+v", m)
			}
			if _, err := backup.Check(t.Context(), dest, nil); err != nil {
				t.Fatal(err)
			}
			to := filepath.Join(t.TempDir(), "new")
			if _, err := backup.Restore(t.Context(), dest, to, nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(kept(t, data), tree(t, to)); diff != "" {
				t.Errorf("restored (-want +got):\n%s", diff)
			}
			if _, err := backup.Write(t.Context(), backup.Config{Data: data}, dest, false); err == nil || !strings.Contains(err.Error(), "--force") {
				t.Errorf("a backup was overwritten: %v", err)
			}
			if _, err := backup.Write(t.Context(), backup.Config{Data: data, Version: "v2"}, dest, true); err != nil {
				t.Fatal(err)
			}
			if m, err := backup.Restore(t.Context(), dest, to, nil); err != nil || m.Version != "v2" {
				t.Errorf("replaced backup: %v, %v", m, err)
			}
			left, err := filepath.Glob(filepath.Join(filepath.Dir(dest), "*"))
			if err != nil || len(left) != 1 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

// What works on meanwhile appends to all three. Offsets must be older than the
// tables, and the tables older than the topics: then nothing is lost, and
// nothing that the tables hold is missing in the topics.
func TestOrderWhileItWorks(t *testing.T) {
	t.Parallel()
	data := instance(t)
	goOn := func(what string) {
		put(t, data, map[string]string{
			"broker/log/groups.log": "offsets 1\noffsets " + what, "backfill.marks": "marks " + what,
			"broker/log/partitions/t-0/0.dat": "messages 1\nmessages " + what,
		})
	}
	frozen := filepath.Join(data, "clickhouse/db/shadow/backup_x")
	put(t, data, map[string]string{"clickhouse/db/shadow/backup_killed/store/a/b/all_1_1_0/data.bin": "part of a backup that was killed"})
	freeze := func(_ context.Context, name string) (string, []backup.Table, error) {
		if !strings.HasPrefix(name, backup.FrozenPrefix) {
			t.Errorf("frozen as %q", name)
		}
		goOn("2")
		put(t, data, map[string]string{"clickhouse/db/shadow/backup_x/store/a/b/all_1_2_1/data.bin": "parts up to message 2"})
		return frozen, []backup.Table{{Name: "readings", Rows: 2}}, nil
	}
	dest := filepath.Join(t.TempDir(), "b.tar")
	m, err := backup.Write(t.Context(), backup.Config{Data: data, Freeze: freeze}, dest, false)
	if err != nil {
		t.Fatal(err)
	}
	if !m.Running || len(m.Tables) != 1 {
		t.Errorf("manifest: %+v", m)
	}
	to := filepath.Join(t.TempDir(), "new")
	if _, err := backup.Restore(t.Context(), dest, to, nil); err != nil {
		t.Fatal(err)
	}
	got := tree(t, to)
	for name, want := range map[string]string{
		"broker/log/groups.log": "offsets 1\n", "backfill.marks": "marks",
		"clickhouse/db/store/a/b/all_1_2_1/data.bin": "parts up to message 2", "clickhouse/db/store/a/b/all_1_1_0/data.bin": "",
		"broker/log/partitions/t-0/0.dat": "messages 1\nmessages 2",
	} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(data, "clickhouse/db/shadow/*")); len(left) > 0 {
		t.Errorf("frozen tables are left: %v", left)
	}
}

// A backup that does not come to its end has no name.
func TestNoHalfBackup(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"b.tar.zst", "folder"} {
		data, dest := instance(t), filepath.Join(t.TempDir(), name)
		put(t, filepath.Dir(dest), map[string]string{name + ".part/x": "of a backup that was killed"})
		broken := errors.New("the engine is gone")
		freeze := func(context.Context, string) (string, []backup.Table, error) { return "", nil, broken }
		if _, err := backup.Write(t.Context(), backup.Config{Data: data, Freeze: freeze}, dest, false); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
		if left := tree(t, filepath.Dir(dest)); len(left) > 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
		inside := filepath.Join(data, name)
		if _, err := backup.Write(t.Context(), backup.Config{Data: data}, inside, false); err == nil || !strings.Contains(err.Error(), "outside") {
			t.Errorf("%s: a backup within its data directory: %v", name, err)
		}
	}
}

// Whatever is wrong with a backup: it is named, and the data directory stays.
func TestBrokenBackupsAreRefused(t *testing.T) {
	t.Parallel()
	whole := filepath.Join(t.TempDir(), "b.tar")
	if _, err := backup.Write(t.Context(), backup.Config{Data: instance(t)}, whole, false); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := bytes.Cut(text, []byte("manifest.json"))
	add := func(head tar.Header, body string) []byte { return withFirst(t, text, head, body) }
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"a flipped bit":     {bytes.Replace(text, []byte("messages 1"), []byte("messages 7"), 1), "is not what was written"},
		"cut off":           {text[:len(text)/2], "broken"},
		"without its end":   {before, "manifest.json"},
		"no backup":         {[]byte("hello"), "broken"},
		"a file more":       {add(tar.Header{Name: "data/more", Typeflag: tar.TypeReg}, "x"), "does not name"},
		"out of the folder": {add(tar.Header{Name: "data/../../evil", Typeflag: tar.TypeReg}, "x"), "no part of a backup"},
		"link out of it":    {add(tar.Header{Name: "data/broker", Typeflag: tar.TypeSymlink, Linkname: "/etc"}, ""), "leads out"},
		"behind a link":     {add(tar.Header{Name: "data/broker", Typeflag: tar.TypeSymlink, Linkname: "clickhouse"}, ""), "behind a link"},
		"a device":          {add(tar.Header{Name: "data/null", Typeflag: tar.TypeChar}, ""), "neither a file nor a link"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from := filepath.Join(t.TempDir(), "broken.tar")
			if err := os.WriteFile(from, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			data := filepath.Join(t.TempDir(), "data")
			put(t, data, map[string]string{"precious": "yes"})
			_, err := backup.Restore(t.Context(), from, data, nil)
			if !errors.Is(err, backup.ErrBroken) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, err := backup.Check(t.Context(), from, nil); !errors.Is(err, backup.ErrBroken) {
				t.Errorf("check: %v", err)
			}
			if got := tree(t, filepath.Dir(data)); len(got) != 1 || got["data/precious"] != "yes" {
				t.Errorf("the data directory did not stay: %v", got)
			}
		})
	}
}

// withFirst puts an entry before all others of a tar file.
func withFirst(t *testing.T, text []byte, head tar.Header, body string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	head.Size, head.Mode = int64(len(body)), 0o600
	r := tar.NewReader(bytes.NewReader(text))
	for next, in := &head, io.Reader(strings.NewReader(body)); ; {
		if err := w.WriteHeader(next); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, in); err != nil {
			t.Fatal(err)
		}
		var err error
		if next, err = r.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		in = r
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
