package collectors_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemark/tidemark/internal/testkit"
)

// Whatever is wrong with servers, a healthy one is asked and serves: a bad one
// is asked once, or twice where the question can be put differently.
func TestABadServerIsLeftForAHealthyOne(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]struct {
		faults testkit.JetstreamFaults
		asks   int
	}{
		"no dictionary":      {testkit.JetstreamFaults{NoDictionary: true}, 2},
		"cursor too old":     {testkit.JetstreamFaults{TooOld: true}, 2},
		"error after three":  {testkit.JetstreamFaults{FailAfter: 3}, 1},
		"shape after three":  {testkit.JetstreamFaults{GarbageAfter: 3}, 1},
		"slow after three":   {testkit.JetstreamFaults{TooSlow: 3}, 1},
		"cut within rewound": {testkit.JetstreamFaults{CutAfter: 3}, 1},
		"error after more":   {testkit.JetstreamFaults{FailAfter: 300}, 1},
		"shape after more":   {testkit.JetstreamFaults{GarbageAfter: 300}, 1},
		"slow after more":    {testkit.JetstreamFaults{TooSlow: 300}, 1},
	} {
		for _, bads := range []int{1, 2} {
			t.Run(name+strings.Repeat(" twice", bads-1), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { leavesBadServers(t, bad.faults, bads, bad.asks) })
			})
		}
	}
}

// leavesBadServers lets the first bads of three servers turn bad.
func leavesBadServers(t *testing.T, faults testkit.JetstreamFaults, bads, asks int) {
	t.Helper()
	p := livePlan(20, 2*time.Minute)
	servers := []*testkit.FakeJetstream{jetstream(p, 1000), jetstream(p, 900_000), jetstream(p, 1)}
	s := newSky(t, map[string]*testkit.FakeJetstream{"a.example": servers[0], "b.example": servers[1], "v1.example": servers[2]})
	s.run(30 * time.Second)
	before := questions(servers[0])
	for _, f := range servers[:bads] {
		f.Set(faults)
	}
	s.run(110 * time.Second) // the plan ends half a minute before
	s.exact(p)
	for i, f := range servers {
		got, want := questions(f), 0
		switch {
		case i < bads:
			want = asks
		case i == bads:
			want = 1
		}
		if i == 0 {
			got -= before
		}
		if got != want {
			t.Errorf("server %d was asked %d times, want %d: %s", i, got, want, f.Asked())
		}
	}
}

// questions are the attempts to connect: by a dictionary that was refused or by
// the stream itself.
func questions(f *testkit.FakeJetstream) (n int) {
	dictionary := false
	for _, asked := range f.Asked() {
		isDictionary := strings.Contains(asked, "getZstdDictionary")
		if isDictionary || !dictionary {
			n++ // the stream that follows a dictionary is the same attempt
		}
		dictionary = isDictionary
	}
	return n
}

// What is not understood is dropped, and the minute's look says how many, and
// what is wrong with their shape; nothing of what was written in them.
func TestTheLookSaysWhatWasNotUnderstood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := jetstream(livePlan(20, 4*time.Minute), 1000)
		s := newSky(t, map[string]*testkit.FakeJetstream{"a.example": f})
		f.Set(testkit.JetstreamFaults{Garbage: 7})
		s.run(2*time.Minute + time.Second)
		reason := s.looks.looks()[1].GetReason()
		if !strings.Contains(reason, " messages were not understood and are dropped, the last one: message ") || strings.HasPrefix(reason, "0") {
			t.Errorf("the look says %q", reason)
		}
		if strings.ContainsAny(reason, "{<") || strings.Contains(reason, "did:") {
			t.Errorf("the look has something of a message: %q", reason)
		}
	})
}
