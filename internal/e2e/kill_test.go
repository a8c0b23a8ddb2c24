package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/testkit"
)

// kills is how often a part is killed during one replay.
const kills = 36

// TestNothingIsLostOrDoubledByKills is promise 2: the case replayed while every
// part is killed again and again leaves the same looks, readings and episodes
// as a replay that nobody disturbed.
func TestNothingIsLostOrDoubledByKills(t *testing.T) {
	t.Parallel()
	needSlow(t)
	bin := binary(t)
	want := undisturbed(t, bin)

	dir := dataDir(t)
	v := &victims{bin: bin, dir: dir, page: testkit.FreePort(t)}
	v.startUp(t)
	v.startReplay(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // chance, not secrecy
	killed := map[string]int{}
	for done := 0; done < kills || v.skips() == 0 && done < 4*kills; {
		time.Sleep(time.Duration(100+random.IntN(2900)) * time.Millisecond)
		if v.replay.ended() {
			v.startReplay(t)
		}
		if part := v.killOne(t, random.IntN(3)); part != "" {
			killed[part]++
			done++
		}
	}
	t.Logf("killed %v", killed)
	for _, part := range []string{"up", "engine", "replay"} {
		if killed[part] == 0 {
			t.Errorf("%s was never killed", part)
		}
	}
	v.replay.kill()
	t.Logf("batches with rows that were stored before the kill and not committed: %d", v.skips())
	if v.skips() == 0 {
		t.Error("no kill fell between an insert and its commit: the test proved little")
	}
	eventually(t, "the instance after the kills", func() error { _, err := statusOf(t, bin, dir); return err })
	if _, err := run(t, bin, "replay", "january-2025", "--speed", "max", "--data-dir", dir); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the same content as the undisturbed run", func() error {
		got, err := fingerprint(t, bin, dir)
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("content is %q, want %q", got, want)
		}
		return nil
	})
	doubled, err := sql(t, bin, dir, "SELECT count() - uniqExact(_partition, _offset, subject, metric, at) FROM readings")
	if err != nil || doubled != "0" {
		t.Errorf("rows stored twice from one message: %q, %v", doubled, err)
	}
}

// undisturbed replays the case into a fresh store and returns its fingerprint.
func undisturbed(t *testing.T, bin string) string {
	t.Helper()
	dir := t.TempDir()
	up := start(t, bin, nil, "up", "--data-dir", dir, "--http", testkit.FreePort(t), "--no-collect", "--case", "none")
	eventually(t, "the instance", func() error { _, err := statusOf(t, bin, dir); return err })
	if _, err := run(t, bin, "replay", "january-2025", "--speed", "max", "--data-dir", dir); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all looks to be judged", func() error { return judged(t, bin, dir, 4) })
	eventually(t, "an empty backlog", func() error { return noLag(t, bin, dir) })
	want, err := fingerprint(t, bin, dir)
	if err != nil {
		t.Fatal(err)
	}
	up.stop(t)
	return want
}

// fingerprint is the content of looks and readings, whatever their order and
// whatever message brought them.
func fingerprint(t *testing.T, bin, dir string) (string, error) {
	t.Helper()
	return sql(t, bin, dir, `SELECT
		(SELECT (count(), groupBitXor(cityHash64(at, source, target, subject, metric, basis, value, slot))) FROM readings FINAL),
		(SELECT (count(), groupBitXor(cityHash64(slot, source, target, basis, seen_at, outcome, depth, readings))) FROM looks FINAL),
		(SELECT (count(), groupBitXor(cityHash64(id, subject, metric))) FROM facts FINAL),
		(SELECT (count(), groupBitXor(cityHash64(id, sequence, state, onset, assumeNotNull(at), value, baseline, peak, severity, explanation)))
			FROM episodes FINAL WHERE kind = 'surge')`)
}

func noLag(t *testing.T, bin, dir string) error {
	t.Helper()
	s, err := statusOf(t, bin, dir)
	if err != nil {
		return err
	}
	if len(s.Lag) == 0 {
		return errors.New("no lag is told")
	}
	for _, l := range s.Lag {
		// Ticks keep arriving: a few are always on the way.
		if l.Lag > 8 {
			return fmt.Errorf("lag of %s is %d", l.Topic, l.Lag)
		}
	}
	return nil
}

// victims are the parts that may be killed.
type victims struct {
	bin, dir, page string
	more           []string // further arguments of up
	up, replay     *process
	ups            []*process // all that there have been
}

// skips counts the batches in which an up that has ended found rows of its
// predecessor: kills that fell between an insert and its commit.
func (v *victims) skips() int {
	n := 0
	for _, up := range v.ups[:len(v.ups)-1] { // the last one is still writing
		n += strings.Count(up.log.String(), "rows skipped that were there already")
	}
	return n
}

func (v *victims) startUp(t *testing.T) {
	t.Helper()
	args := append([]string{"up", "--data-dir", v.dir, "--http", v.page, "--no-collect", "--case", "none"}, v.more...)
	v.up = start(t, v.bin, nil, args...)
	v.ups = append(v.ups, v.up)
}

// startReplay keeps the store busy: at full speed most kills fall into an insert.
func (v *victims) startReplay(t *testing.T) {
	t.Helper()
	v.replay = start(t, v.bin, nil, "replay", "january-2025", "--speed", "max", "--data-dir", v.dir)
}

// ended says whether the process has ended by itself.
func (p *process) ended() bool {
	select {
	case err := <-p.exited:
		p.exited <- err
		return true
	default:
		return false
	}
}

// killOne kills a part, sees to it that it runs again, and returns its name;
// "" if the part was not there.
func (v *victims) killOne(t *testing.T, which int) string {
	t.Helper()
	switch which {
	case 0:
		v.up.killAlone()
		v.startUp(t)
		return "up"
	case 1:
		if pid := engineOf(v.up.cmd.Process.Pid); pid != 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			return "engine"
		}
		return "" // not up yet
	default:
		v.replay.kill()
		v.startReplay(t)
		return "replay"
	}
}

// dataDir is a directory for an instance that is killed: its engine may take a
// moment to find out, and writes until then.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tidemark-e2e-") //nolint:usetesting // TempDir does not wait for others to end
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { eventually(t, "the data directory to be removed", func() error { return os.RemoveAll(dir) }) })
	return dir
}

// killAlone kills the process and leaves its children to find out.
func (p *process) killAlone() {
	p.gone = true
	_ = p.cmd.Process.Kill()
	err := <-p.exited
	p.exited <- err
}

// engineOf returns the process id of the engine that runs below pid, or 0.
func engineOf(pid int) int {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it ended while we looked
		}
		_, rest, found := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		if !found || len(fields) < 2 || fields[1] != strconv.Itoa(pid) {
			continue
		}
		cmdline, err := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if err == nil && strings.Contains(string(cmdline), "\x00engine\x00") {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			return child
		}
	}
	return 0
}
