package main

import (
	"testing"

	"secondline/casestore"
	"secondline/internal/private"
)

// A request whose deletion was written down and then refused, because something had come
// to be owed, is left; one that was deleted is deleted again.
func TestShredThatWasRefusedIsNotDoneLater(t *testing.T) {
	w := testWorld(t, tuesday)
	number, err := casestore.ParseRequestNumber(worldRequest)
	if err != nil {
		t.Fatal(err)
	}
	c := &casestore.Case{ID: "cshred", Stage: casestore.StageInReview, Number: number, Caller: private.Of(patient)}
	if err := w.line.store.AddCase(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	line := func(what string) casestore.JournalEntry {
		return casestore.JournalEntry{At: w.clock.Now(), Person: w.line.store.Ring().Person(c.Phone()), What: what, How: "operator", Ref: c.Place()}
	}
	for _, tt := range []struct {
		journal []casestore.JournalEntry
		gone    bool
	}{
		{[]casestore.JournalEntry{line(casestore.Shredded), line(casestore.ShredRefused)}, false},
		{[]casestore.JournalEntry{line(casestore.Shredded), line(casestore.ShredRefused), line(casestore.Shredded)}, true},
	} {
		if _, err := w.line.store.Reapply(t.Context(), tt.journal); err != nil {
			t.Fatal(err)
		}
		if err := w.line.shredAgain(t.Context(), tt.journal); err != nil {
			t.Fatal(err)
		}
		got, err := w.line.store.Case(t.Context(), c.Partition, c.ID)
		if err != nil || got.Forgotten.IsZero() == tt.gone {
			t.Errorf("after %d lines it is deleted: %v, %v", len(tt.journal), !got.Forgotten.IsZero(), err)
		}
		if _, out, err := w.line.store.OptedOut(t.Context(), w.line.store.Ring().Person(c.Phone())); err != nil || out {
			t.Errorf("a deletion is taken for an opt-out: %v, %v", out, err)
		}
	}
}
