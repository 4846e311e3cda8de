package casestore

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"secondline/internal/redistest"
)

// claimed takes what is due, by ID.
func claimed(t testing.TB, s *Store, kind EffectKind, most int) (ids []string, more bool) {
	t.Helper()
	due, more, err := s.ClaimDue(t.Context(), kind, most, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range due {
		if d.Kind != kind {
			t.Errorf("%s is of kind %s", d.ID, d.Kind)
		}
		ids = append(ids, d.ID)
	}
	return ids, more
}

func scheduled(t testing.TB, s *Store, d Due, at time.Time) Due {
	t.Helper()
	if err := s.Schedule(t.Context(), d, at); err != nil {
		t.Fatal(err)
	}
	return d
}

// onlyIDs fails where others were taken.
func onlyIDs(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestWhatIsDueIsTakenOnce(t *testing.T) {
	now := t0
	s := storeBy(t, redistest.Start(t).URL(), &now)
	a := scheduled(t, s, Due{DuePromise, "a", 1}, t0)
	b := scheduled(t, s, Due{DuePromise, "b", 9}, t0.Add(time.Second))
	scheduled(t, s, Due{DueTask, "a", 1}, t0)
	now = t0.Add(-time.Millisecond)
	got, more := claimed(t, s, DuePromise, 10)
	onlyIDs(t, "before it is due", got)
	now = t0
	got, more2 := claimed(t, s, DuePromise, 10)
	onlyIDs(t, "when it is due", got, "a")
	if more || more2 {
		t.Error("there is more")
	}
	now = now.Add(30*time.Second - time.Millisecond)
	got, _ = claimed(t, s, DuePromise, 10)
	onlyIDs(t, "while another has it", got, "b")
	now = now.Add(time.Millisecond)
	got, _ = claimed(t, s, DuePromise, 10)
	onlyIDs(t, "when the lease has run out", got, "a")
	got, _ = claimed(t, s, DueTask, 10)
	onlyIDs(t, "of the other kind", got, "a")

	if err := errors.Join(s.Return(t.Context(), a, b), s.Return(t.Context())); err != nil {
		t.Fatal(err)
	}
	got, _ = claimed(t, s, DuePromise, 10)
	onlyIDs(t, "what was handed back", got, "a", "b")
	if err := errors.Join(s.Finish(t.Context(), a), s.Return(t.Context(), a)); err != nil {
		t.Fatal(err)
	}
	if at, err := s.DueAt(t.Context(), a); err != nil || !at.IsZero() {
		t.Errorf("what was finished comes back %s, %v", at, err)
	}
	if at, err := s.DueAt(t.Context(), b); err != nil || !at.Equal(now.Add(30*time.Second)) {
		t.Errorf("what is taken is due %s, %v", at, err)
	}
	scheduled(t, s, b, now.Add(-time.Hour))
	got, _ = claimed(t, s, DuePromise, 10)
	onlyIDs(t, "in place of the time before", got, "b")
}

func TestMoreIsDueThanIsTaken(t *testing.T) {
	now := t0
	s := storeBy(t, redistest.Start(t).URL(), &now)
	for i := range 12 {
		scheduled(t, s, Due{DuePromise, fmt.Sprint(i), 3}, t0.Add(-time.Duration(i)*time.Second))
	}
	got, more := claimed(t, s, DuePromise, 5)
	if !more || !slices.Equal(got, []string{"11", "10", "9", "8", "7"}) {
		t.Errorf("the earliest five: %v, more %v", got, more)
	}
	_, more = claimed(t, s, DuePromise, 5)
	last, none := claimed(t, s, DuePromise, 5)
	if onlyIDs(t, "the rest", last, "0", "1"); !more || none {
		t.Errorf("more %v, then %v", more, none)
	}
}

// Ten replicas take from one schedule: each thing goes to one of them.
func TestTenReplicasShareWhatIsDue(t *testing.T) {
	url := redistest.Start(t, "--appendfsync", "no").URL()
	now := t0
	first := storeBy(t, url, &now)
	const n = 1000
	for i := range n {
		scheduled(t, first, Due{DuePromise, fmt.Sprint(i), Partition(i % Partitions)}, t0.Add(-time.Duration(i)*time.Millisecond))
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	takers := map[string]int{}
	for range 10 {
		s := storeBy(t, url, &now)
		wg.Go(func() {
			for more := true; more; {
				var due []Due
				var err error
				if due, more, err = s.ClaimDue(t.Context(), DuePromise, 7, time.Minute); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, d := range due {
					takers[d.ID]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for id, times := range takers {
		if times != 1 {
			t.Errorf("%s is taken %d times", id, times)
		}
	}
	if len(takers) != n {
		t.Errorf("%d of %d are taken", len(takers), n)
	}
}

// A Redis that has forgotten the scripts, as after a failover, is sent them again, and
// gives everything that is due, once.
func TestWhatIsDueIsTakenFromARedisThatForgotTheScripts(t *testing.T) {
	now := t0
	server := redistest.Start(t)
	s := storeBy(t, server.URL(), &now)
	for i, id := range []string{"a", "b", "c"} {
		scheduled(t, s, Due{DuePromise, id, Partition(i)}, t0)
	}
	for range 2 {
		server.Do(t, "SCRIPT", "FLUSH")
		got, _ := claimed(t, s, DuePromise, 10)
		onlyIDs(t, "forgotten", got, "a", "b", "c")
		got, _ = claimed(t, s, DuePromise, 10)
		onlyIDs(t, "while they are leased", got)
		now = now.Add(time.Minute)
	}
}

// Request numbers are set aside a poolful at a time, once half of them are used.
func TestNumbersAreSetAsideTogether(t *testing.T) {
	now := t0
	s := storeBy(t, redistest.Start(t).URL(), &now)
	reserved := func() int64 { return s.rdb.DBSize(t.Context()).Val() }
	s.refill(t.Context())
	for range poolSize/2 - 1 {
		if _, err := s.TakeNumber(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.refill(t.Context())
	}
	if n := reserved(); n != poolSize {
		t.Errorf("%d numbers are set aside while more than half of %d are there", n, poolSize)
	}
	if _, err := s.TakeNumber(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.refill(t.Context())
	if n := reserved(); n != poolSize+poolSize/2 || len(s.pool) != poolSize {
		t.Errorf("%d numbers are set aside, %d in the pool", n, len(s.pool))
	}
}
