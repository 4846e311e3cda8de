package casestore

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"secondline/internal/private"
	"secondline/internal/redistest"
)

func TestCoordinatorsAreClaimedOnce(t *testing.T) {
	s, now := storeAt(t, redistest.Start(t).URL())
	ctx := t.Context()
	claim := func(what string, most int, ids ...string) []string {
		t.Helper()
		got, err := s.ClaimCoordinators(ctx, what, 90*time.Second, most, ids)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if diff := cmp.Diff([]string{"b", "a"}, claim("one", 2, "b", "a", "c")); diff != "" {
		t.Errorf("the first two in their order (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"c"}, claim("two", 3, "a", "b", "c")); diff != "" {
		t.Errorf("the one who is left (-want +got):\n%s", diff)
	}
	if err := s.ReleaseCoordinator(ctx, "a", "two", true); err != nil {
		t.Fatal(err)
	}
	if got := claim("three", 3, "a"); len(got) != 0 {
		t.Error("a telephone was given back by somebody who did not hold it")
	}
	if err := errors.Join(s.ReleaseCoordinator(ctx, "a", "one", true), s.HoldCoordinator(ctx, "b", "one", "CA1")); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(2 * time.Minute)
	team, err := s.Team(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]CoordinatorState{"a": {LastCall: t0}, "b": {Busy: "one", BusyCall: "CA1", BusyUntil: t0.Add(4 * time.Hour)}, "c": {}}
	if diff := cmp.Diff(want, team); diff != "" {
		t.Errorf("the team (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "c"}, claim("four", 3, "a", "b", "c")); diff != "" {
		t.Errorf("after a claim ran out (-want +got):\n%s", diff)
	}
}

func TestClaimsAtOnce(t *testing.T) {
	s := testStore(t, redistest.Start(t).URL())
	var mu sync.Mutex
	taken := map[string]int{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			got, err := s.ClaimCoordinators(t.Context(), NewTaskID(), time.Minute, 3, []string{"a", "b", "c", "d"})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, id := range got {
				taken[id]++
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 1, "c": 1, "d": 1}, taken); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestDutyEndsByItself(t *testing.T) {
	s, now := storeAt(t, redistest.Start(t).URL())
	if err := s.SetDuty(t.Context(), "a", "off", t0.Add(10*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		after time.Duration
		want  string
	}{{time.Hour, "off"}, {11 * time.Hour, ""}} {
		*now = t0.Add(tt.after)
		team, err := s.Team(t.Context())
		if err != nil || team["a"].Duty != tt.want {
			t.Errorf("after %s: duty %q, %v", tt.after, team["a"].Duty, err)
		}
	}
}

// A task is owed until it has an outcome, and is kept then.
func TestTaskIsClosed(t *testing.T) {
	s, _ := storeAt(t, redistest.Start(t).URL())
	ctx := t.Context()
	id := s.ring.Person(private.Of("+16175550123"))
	task := &Task{ID: NewTaskID(), Kind: TaskCallBack, Due: t0.Add(time.Hour), Phone: private.Of("+16175550123"), Opened: t0}
	later := &Task{ID: NewTaskID(), Kind: TaskMessage, Due: t0.Add(2 * time.Hour), Recording: "RE1", Opened: t0}
	if err := s.Commit(ctx, id, conversation(), Change{Tasks: []*Task{later, task}}); err != nil {
		t.Fatal(err)
	}
	due, err := s.TasksDue(ctx, 1)
	if err != nil || len(due) != 1 || due[0].ID != task.ID {
		t.Fatalf("due first: %v, %v", due, err)
	}
	if _, err := s.MoveTask(ctx, due[0].Partition, task.ID, func(t *Task) bool { t.Tries++; return true }); err != nil {
		t.Fatal(err)
	}
	if all, late, err := s.Owed(ctx); all != 2 || late != 0 || err != nil {
		t.Errorf("owed %d, late %d, %v", all, late, err)
	}
	if _, err := s.MoveTask(ctx, due[0].Partition, task.ID, func(t *Task) bool { t.Outcome = "spoke"; return true }); err != nil {
		t.Fatal(err)
	}
	if all, _, _ := s.Owed(ctx); all != 1 {
		t.Errorf("%d owed, want 1", all)
	}
	kept, err := s.Task(ctx, due[0].Partition, task.ID)
	if err != nil || kept.Outcome != "spoke" || kept.Tries != 1 || !kept.Closed.Equal(t0) {
		t.Errorf("kept %+v, %v", kept, err)
	}
}

// Two who change one transfer at once are put in order; nothing is lost.
func TestTransferIsMovedByManyAtOnce(t *testing.T) {
	s := testStore(t, redistest.Start(t).URL())
	id := s.ring.Person(private.Of("+16175550123"))
	tr := &Transfer{ID: anyCall + ".2", State: TransferWaiting, Call: anyCall, Caller: private.Of("+16175550123"), Opened: t0, RoundAt: t0, Round: 1, LastFour: private.Of("5674"), Wanted: "es"}
	if err := s.Commit(t.Context(), id, conversation(), Change{Transfer: tr}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			_, err := s.MoveTransfer(t.Context(), id.Partition(), tr.ID, func(t *Transfer) ([]*Task, bool) {
				t.Legs = append(t.Legs, Leg{Coordinator: string(rune('a' + n)), State: LegAsked, At: t0, Round: 1})
				return nil, true
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := s.Transfer(t.Context(), id.Partition(), tr.ID)
	if err != nil || len(got.Legs) != 8 || got.Version != 9 {
		t.Fatalf("%d legs, version %d, %v", len(got.Legs), got.Version, err)
	}
	got.Legs, got.Version = nil, 1
	if diff := cmp.Diff(tr, got, revealed); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}
