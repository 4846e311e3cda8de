package casestore

import (
	"context"
	"slices"
	"testing"
	"time"

	"secondline/internal/private"
	"secondline/internal/redistest"
)

// An unfinished request is told of once when its time is up, and is gone; one that was
// finished, dropped or gone on with is not.
func TestUnfinishedRequestsAreAbandoned(t *testing.T) {
	now := t0
	s := testStore(t, redistest.Start(t).URL())
	s.now = func() time.Time { return now }
	ctx := t.Context()
	who := s.ring.Person(private.Of("+16175550123"))
	call := 0
	keep := func(change Change) {
		t.Helper()
		call++
		if err := s.Commit(ctx, who, &Conversation{Call: "CA" + string(rune('a'+call))}, change); err != nil {
			t.Fatal(err)
		}
	}
	draft := func(id CaseID) *Case { return &Case{ID: id, Stage: StageStarted, Updated: now} }
	told := func() (of []CaseID) {
		t.Helper()
		if err := s.AbandonDrafts(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Drain(ctx, "test", map[EffectKind]Handler{EffectEvent: func(_ context.Context, _ Partition, e Effect) error {
			n, err := ParseNews(e.Data)
			if err == nil && n.Type == IntakeAbandoned {
				of = append(of, n.Case)
			}
			return err
		}}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(of)
		return of
	}
	keep(Change{Drafts: []Draft{{Case: draft("cleft")}, {Case: draft("cturned")}, {Case: draft("cgone-on")}, {Case: draft("cdone")}}})
	keep(Change{DropDrafts: []CaseID{"cturned"}})
	done := fullCase()
	done.ID = "cdone"
	keep(Change{Finished: done})
	now = now.Add(s.keep - time.Hour)
	keep(Change{Drafts: []Draft{{Case: draft("cgone-on")}}})
	if got := told(); len(got) != 0 {
		t.Errorf("before its time: %v", got)
	}
	now = now.Add(time.Hour)
	if got := told(); !slices.Equal(got, []CaseID{"cleft"}) {
		t.Errorf("told of %v", got)
	}
	if got := told(); len(got) != 0 {
		t.Errorf("told again of %v", got)
	}
	drafts, err := s.Drafts(ctx, who)
	if err != nil || len(drafts) != 1 || drafts[0].ID != "cgone-on" {
		t.Errorf("%d unfinished ones are left, %v", len(drafts), err)
	}
}

// A request that another call has dropped meanwhile, and that this one goes on with, is
// deleted when its time is up like any other.
func TestADroppedRequestThatGoesOnHasItsTime(t *testing.T) {
	now := t0
	s := testStore(t, redistest.Start(t).URL())
	s.now = func() time.Time { return now }
	ctx := t.Context()
	who := s.ring.Person(private.Of("+16175550123"))
	call := &Conversation{Call: "CAone"}
	answer := func(last time.Time) {
		t.Helper()
		if err := s.Commit(ctx, who, call, Change{Drafts: []Draft{{Case: &Case{ID: "cone", Stage: StageStarted, Updated: now}, Last: last}}}); err != nil {
			t.Fatal(err)
		}
	}
	answer(time.Time{})
	if err := s.Commit(ctx, who, &Conversation{Call: "CAtwo"}, Change{DropDrafts: []CaseID{"cone"}}); err != nil {
		t.Fatal(err)
	}
	last := now
	now = now.Add(time.Second)
	answer(last)
	if at, err := s.DueAt(ctx, draftDue(who, "cone")); err != nil || !at.Equal(now.Add(s.keep)) {
		t.Errorf("it is due at %v, %v", at, err)
	}
	if lives, err := s.rdb.PTTL(ctx, draftsKey(who)).Result(); err != nil || lives < s.keep {
		t.Errorf("it lives for %v, %v", lives, err)
	}
	// What follows in the same hour leaves its time as it is; what comes later does not.
	first := now
	now = now.Add(time.Second)
	answer(first)
	if at, err := s.DueAt(ctx, draftDue(who, "cone")); err != nil || !at.Equal(first.Add(s.keep)) {
		t.Errorf("after another answer it is due at %v, %v", at, err)
	}
	last, now = now, now.Add(draftRound)
	answer(last)
	if at, err := s.DueAt(ctx, draftDue(who, "cone")); err != nil || !at.Equal(now.Add(s.keep)) {
		t.Errorf("after an hour it is due at %v, %v", at, err)
	}
}
