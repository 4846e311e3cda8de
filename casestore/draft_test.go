package casestore

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

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

// Whoever goes on with an unfinished request, or finishes it, in the moment in which its
// time is up keeps it, and nobody is told that it was abandoned.
func TestAnUnfinishedRequestIsTakenUpInTheLastMoment(t *testing.T) {
	for what, change := range map[string]func(now time.Time) Change{
		"gone on with": func(now time.Time) Change {
			return Change{Drafts: []Draft{{Case: &Case{ID: "c1", Stage: StageStarted, Updated: now}}}}
		},
		"finished": func(time.Time) Change {
			done := fullCase()
			done.ID = "c1"
			return Change{Finished: done}
		},
	} {
		t.Run(what, func(t *testing.T) {
			ctx, now, url := t.Context(), t0, redistest.Start(t).URL()
			s, caller := testStore(t, url), testStore(t, url)
			s.now = func() time.Time { return now }
			caller.now = s.now
			if _, err := s.Drain(ctx, "test", nil); err != nil { // makes the groups of readers
				t.Fatal(err)
			}
			who := s.ring.Person(private.Of("+16175550123"))
			if err := caller.Commit(ctx, who, &Conversation{Call: "CA1"}, Change{Drafts: []Draft{{Case: &Case{ID: "c1", Stage: StageStarted, Updated: now}}}}); err != nil {
				t.Fatal(err)
			}
			now = now.Add(s.keep)
			s.rdb.AddHook(afterRead{of: draftsKey(who), then: sync.OnceFunc(func() {
				if err := caller.Commit(ctx, who, &Conversation{Call: "CA2"}, change(now)); err != nil {
					t.Error(err)
				}
			})})
			if err := s.AbandonDrafts(ctx); err != nil {
				t.Fatal(err)
			}
			drafts, err := caller.Drafts(ctx, who)
			if _, finished := caller.Case(ctx, who.Partition(), "c1"); err != nil || len(drafts) == 0 && finished != nil {
				t.Errorf("the request is gone: %v", err)
			}
			if _, err := s.Drain(ctx, "test", map[EffectKind]Handler{EffectIndex: func(context.Context, Partition, Effect) error { return nil },
				EffectEvent: func(_ context.Context, _ Partition, e Effect) error {
					if n, err := ParseNews(e.Data); err != nil || n.Type == IntakeAbandoned {
						t.Errorf("the case system is told of %v, %v", n.Type, err)
					}
					return nil
				}}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// afterRead has something happen after a key was read.
type afterRead struct {
	of   string
	then func()
}

func (a afterRead) DialHook(next redis.DialHook) redis.DialHook { return next }

func (a afterRead) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if args := cmd.Args(); len(args) > 1 && args[1] == a.of {
			a.then()
		}
		return err
	}
}

func (a afterRead) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
