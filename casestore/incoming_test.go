package casestore

import (
	"fmt"
	"testing"
	"time"

	"secondline/internal/private"
	"secondline/internal/redistest"
)

// Calls are counted once however often they are told, a number's own and all
// together, until they are over or long ago.
func TestIncomingCallsAreCounted(t *testing.T) {
	now := t0
	s := testStore(t, redistest.Start(t).URL())
	s.now = func() time.Time { return now }
	ana, other := s.ring.Person(private.Of("+16175550123")), s.ring.Person(private.Of("+16175550124"))
	come := func(id PersonID, call string) Greeting {
		t.Helper()
		_, g, err := s.Incoming(t.Context(), id, call)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	want := func(what string, g Greeting, recent, talking, all int) {
		t.Helper()
		n, err := s.CallsInProgress(t.Context())
		if err != nil || g.Recent != recent || g.Talking != talking || n != all {
			t.Errorf("%s: %d lately, %d in progress, %d of all; want %d, %d, %d (%v)", what, g.Recent, g.Talking, n, recent, talking, all, err)
		}
	}
	want("the first call", come(ana, "CA1"), 1, 1, 1)
	want("told again", come(ana, "CA1"), 1, 1, 1)
	want("a second", come(ana, "CA2"), 2, 2, 2)
	want("somebody else's", come(other, "CA3"), 1, 1, 3)
	for range 2 {
		if err := s.CallOver(t.Context(), ana, "CA1"); err != nil {
			t.Fatal(err)
		}
	}
	want("after the first has ended", come(ana, "CA4"), 3, 2, 3)
	now = now.Add(10*time.Minute + time.Second)
	want("ten minutes later", come(ana, "CA5"), 1, 3, 4)
	now = now.Add(30 * time.Minute)
	want("half an hour later", come(ana, "CA6"), 1, 1, 1)
	if g := come(other, "CA7"); g.Known {
		t.Error("a number of which nothing is kept is known")
	}
	if err := s.ChangeContact(t.Context(), other, ContactChange{Language: "es"}); err != nil {
		t.Fatal(err)
	}
	if g := come(other, fmt.Sprint("CA", 8)); !g.Known || g.Language != "es" {
		t.Errorf("a number that chose a language: %+v", g)
	}
}
