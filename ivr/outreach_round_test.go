package ivr

import (
	"testing"
	"time"

	"secondline/casestore"
)

// What an outage refuses before anybody is dialled is no round: the next one has a name
// of its own, comes later and later, and those that count are counted as before.
func TestRoundsThatWereNotMade(t *testing.T) {
	rang := []casestore.Leg{{Coordinator: "co1", Call: "CA1"}}
	for _, c := range []struct {
		what    string
		t       casestore.Transfer
		notMade bool
	}{
		{"a bound", casestore.Transfer{Choice: choseRefused, Legs: rang, Out: &casestore.Outreach{Why: WhyBound}}, true},
		{"a country", casestore.Transfer{Choice: choseRefused, Legs: rang, Out: &casestore.Outreach{Why: WhyCountry}}, false},
		{"Redis may forget", casestore.Transfer{Choice: choseRefused, Legs: rang, Out: &casestore.Outreach{Why: WhyPaused}}, true},
		{"Twilio never heard of it", casestore.Transfer{Legs: rang, Out: &casestore.Outreach{Disposition: "lost"}}, true},
		{"no telephone rang", casestore.Transfer{Choice: choseNobody, Legs: []casestore.Leg{{Coordinator: "co1"}}, Out: &casestore.Outreach{}}, true},
		{"a wrong number", casestore.Transfer{Choice: choseRefused, Legs: rang, Out: &casestore.Outreach{Why: WhyWrong}}, false},
		{"nobody took it", casestore.Transfer{Choice: choseNobody, Legs: rang, Out: &casestore.Outreach{}}, false},
		{"no answer", casestore.Transfer{Legs: rang, Out: &casestore.Outreach{Disposition: resultNoAnswer}}, false},
	} {
		if got := notMade(&c.t); got != c.notMade {
			t.Errorf("%s: not made %v", c.what, got)
		}
	}

	task := &casestore.Task{ID: "t1", Tries: 1, Rounds: 1}
	bound := &casestore.Transfer{Choice: choseRefused, Out: &casestore.Outreach{Why: WhyBound}}
	names := map[string]bool{}
	for _, want := range []time.Duration{time.Hour, 2 * time.Hour, 4 * time.Hour, 4 * time.Hour} {
		bound.ID = roundOf(task)
		if names[bound.ID] {
			t.Errorf("%s is the name of two calls", bound.ID)
		}
		names[bound.ID] = true
		if got := pauseAfter(bound, task); got != want {
			t.Errorf("%s: again after %s, want %s", bound.ID, got, want)
		}
		task.Rung = bound.ID
	}
	task.Tries++
	if id := roundOf(task); id != "ot1.2.1" {
		t.Errorf("a new try is called %s", id)
	}
	// The last call of one task is none of another whose numbers begin alike.
	if id := roundOf(&casestore.Task{ID: "t1", Tries: 1, Rounds: 1, Rung: "ot1.1.10"}); id != "ot1.1.1" {
		t.Errorf("%s", id)
	}
}
