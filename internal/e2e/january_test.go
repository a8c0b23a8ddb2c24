package e2e

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/testkit"
)

// disturbances is how often something is killed while the case is told.
const disturbances = 20

// TestJanuaryIsToldOnce is the promise of the alerts: however the January case
// comes (at any speed, with pauses, to one worker or to four, with kills in
// between) it gives the same episodes, byte for byte, and the same messages,
// each once; only one that was on its way at a kill may come again, the same.
func TestJanuaryIsToldOnce(t *testing.T) {
	t.Parallel()
	needSlow(t)
	bin := binary(t)
	want := toldAtOnce(t, bin)
	checkStory(t, want.told)
	for name, way := range map[string]func(t *testing.T, bin string, want account){
		"slower, with pauses":          toldSlowly,
		"one worker with servers":      toldByOne,
		"four workers in a group":      toldByFour,
		"kills of all parts":           toldThroughKills,
		"the one that tells is killed": toldByTheNext,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			way(t, bin, want)
		})
	}
}

// toldAtOnce is the undisturbed run that the others are held against.
func toldAtOnce(t *testing.T, bin string) account {
	t.Helper()
	p := newPlace(t, bin)
	up := start(t, bin, nil, "up", "--config", p.config, "--data-dir", p.dir, "--http", testkit.FreePort(t), "--no-collect")
	eventually(t, "all looks to be judged", func() error { return p.judged(4) })
	eventually(t, "an empty backlog", func() error { return noLag(t, bin, p.dir) })
	var last account
	eventually(t, "messages that become no more", func() error {
		a, err := p.account()
		if err != nil {
			return err
		}
		before := last
		last = a
		if len(a.told) == 0 || a.digest() != before.digest() || len(strings.Split(a.log, "\n")) != len(a.told) {
			time.Sleep(time.Second)
			return fmt.Errorf("there are %d messages, %d of them in the log", len(a.told), len(strings.Split(a.log, "\n")))
		}
		return nil
	})
	p.once(t, 0)
	p.storyInEpisodes(t)
	up.stop(t)
	t.Logf("%d messages", len(last.told))
	return last
}

func toldSlowly(t *testing.T, bin string, want account) {
	t.Helper()
	p := newPlace(t, bin)
	start(t, bin, nil, "up", "--config", p.config, "--data-dir", p.dir, "--http", testkit.FreePort(t), "--no-collect", "--case", "none")
	eventually(t, "the instance", func() error { _, err := statusOf(t, bin, p.dir); return err })
	// 74 days in a good ten seconds, and twice nothing comes for a while.
	replay := start(t, bin, nil, "replay", "january-2025", "--speed", "600000x", "--data-dir", p.dir)
	for range 2 {
		time.Sleep(3 * time.Second)
		_ = syscall.Kill(replay.cmd.Process.Pid, syscall.SIGSTOP)
		time.Sleep(2 * time.Second)
		_ = syscall.Kill(replay.cmd.Process.Pid, syscall.SIGCONT)
	}
	replay.end(t)
	p.same(t, want, 0)
}

func toldByOne(t *testing.T, bin string, want account) {
	t.Helper()
	p := newServers(t, bin, "static")
	start(t, bin, nil, "process", "--config", p.config, "--http", testkit.FreePort(t))
	p.replay(t)
	p.same(t, want, 0)
}

func toldByFour(t *testing.T, bin string, want account) {
	t.Helper()
	p := newServers(t, bin, "group")
	const workers = 4
	for range workers {
		start(t, bin, nil, "process", "--config", p.config, "--http", testkit.FreePort(t))
	}
	p.replay(t)
	// Whoever joins may take the log over while a message is on its way.
	p.same(t, want, workers-1)
}

// toldByTheNext: of two processes in a group the one that tells is killed in
// the middle of it, and the other goes on.
func toldByTheNext(t *testing.T, bin string, want account) {
	t.Helper()
	p := newServers(t, bin, "group")
	p.inbox.slow(200 * time.Millisecond)
	two := []*process{
		start(t, bin, nil, "process", "--config", p.config, "--http", testkit.FreePort(t)),
		start(t, bin, nil, "process", "--config", p.config, "--http", testkit.FreePort(t)),
	}
	p.replay(t)
	eventually(t, "some of the messages", func() error { return p.inbox.atLeast(len(want.told) / 4) })
	// When the second joined, the log may have gone over to it.
	at := slices.MaxFunc(two, func(a, b *process) int { return cmp.Compare(a.tells(), b.tells()) })
	if at.tells() == "" {
		t.Fatal("neither of the two is at work")
	}
	at.kill()
	if n := len(p.inbox.all()); n >= len(want.told) {
		t.Fatalf("all %d messages were told before the kill", n)
	}
	p.inbox.slow(0)
	p.same(t, want, 1)
}

// toldThroughKills kills up, its engine and the replay while the case is told.
func toldThroughKills(t *testing.T, bin string, want account) {
	t.Helper()
	p := newPlace(t, bin)
	p.inbox.slow(500 * time.Millisecond)
	v := &victims{bin: bin, dir: p.dir, page: testkit.FreePort(t), more: []string{"--config", p.config}}
	v.startUp(t)
	v.startReplay(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // chance, not secrecy
	killed, between, ups := map[string]int{}, 0, 0
	for done := 0; done < disturbances; {
		time.Sleep(time.Duration(500+random.IntN(3000)) * time.Millisecond)
		if v.replay.ended() {
			v.startReplay(t)
		}
		// Half of the kills hit up, which judges and tells.
		part := v.killOne(t, []int{0, 0, 1, 2}[random.IntN(4)])
		if part == "" {
			continue
		}
		killed[part]++
		done++
		if part == "up" {
			ups++
		}
		if n := len(p.inbox.all()); n > 0 && n < len(want.told) {
			between++
		}
	}
	t.Logf("killed %v, %d times in the middle of telling", killed, between)
	ups += v.killWhileTelling(t, p.inbox, len(want.told), 3-between)
	v.replay.kill()
	p.inbox.slow(0)
	eventually(t, "the instance after the kills", func() error { _, err := statusOf(t, bin, p.dir); return err })
	p.replay(t)
	p.same(t, want, ups)
}

// killWhileTelling kills up as often as is still wanted after some message but
// before the last: on a slow machine chance alone may come too early each time.
func (v *victims) killWhileTelling(t *testing.T, i *inbox, all, wanted int) (kills int) {
	t.Helper()
	for ; kills < wanted; kills++ {
		before := len(i.all())
		eventually(t, "another message", func() error {
			if v.replay.ended() {
				v.startReplay(t)
			}
			return i.atLeast(before + 1)
		})
		if n := len(i.all()); n >= all {
			t.Fatalf("all %d messages were told before the kills", n)
		}
		v.killOne(t, 0)
	}
	return kills
}

// same waits until an instance has given the same account, and holds that it
// gives no more.
func (p *place) same(t *testing.T, want account, kills int) {
	t.Helper()
	var diff string
	eventually(t, "the same account", func() error {
		got, err := p.account()
		if err != nil {
			return err
		}
		if diff = gocmp.Diff(want.lines(), got.lines()); diff != "" {
			return fmt.Errorf("it differs (-want +got):\n%s", tail(diff, 60))
		}
		return nil
	})
	time.Sleep(2 * time.Second) // what comes too much comes late
	got, err := p.account()
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want.lines(), got.lines()); diff != "" {
		t.Errorf("later it differs (-want +got):\n%s", diff)
	}
	p.once(t, kills)
}

// once holds that no message came twice, but for one at each kill or change of
// hands.
func (p *place) once(t *testing.T, kills int) {
	t.Helper()
	twice := 0
	for id, times := range p.inbox.all() {
		if n := len(times); n > 1 {
			twice += n - 1
			t.Logf("message %s came %d times", id, n)
		}
		for _, m := range times {
			if d := gocmp.Diff(times[0].body, m.body); d != "" {
				t.Errorf("message %s came again with another content:\n%s", id, d)
			}
		}
	}
	if twice > kills {
		t.Errorf("%d messages came again, %d at most were on their way at a kill or a change of hands", twice, kills)
	}
	if n := p.inbox.bad(); n != "" {
		t.Errorf("the receiver got what it could not read: %s", n)
	}
}

// newServers is a broker and an engine for processes of their own.
func newServers(t *testing.T, bin, assignment string) *place {
	t.Helper()
	broker, store := testkit.Broker(t), testkit.FreePort(t)
	start(t, bin, nil, "engine", "--data-dir", t.TempDir(), "--http", store)
	p := newPlaceWith(t, bin, fmt.Sprintf(`
kafka: {brokers: ["%s"]}
clickhouse: {dsn: "http://%s/tidemark"}
process: {assignment: %s}
`, broker, store, assignment))
	p.args = []string{"--config", p.config}
	eventually(t, "the engine", func() error {
		_, err := run(t, bin, "sql", "--dsn", "http://"+store+"/default", "SELECT 1")
		return err
	})
	if _, err := run(t, bin, "migrate", "--config", p.config); err != nil {
		t.Fatal(err)
	}
	return p
}
