package casestore

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"secondline/internal/private"
	"secondline/internal/redistest"
)

// storeAt is a store whose clock is moved by hand.
func storeAt(t testing.TB, url string) (*Store, *time.Time) {
	s := testStore(t, url)
	now := t0
	s.now = func() time.Time { return now }
	return s, &now
}

func try(t testing.TB, s *Store, subjects ...Subject) bool {
	t.Helper()
	ok, err := s.Try(t.Context(), subjects...)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// The lock of a request number: five tries, then one after each lock, which
// lasts twice as long every time up to a day.
func TestLockDoubles(t *testing.T) {
	s, now := storeAt(t, redistest.Start(t).URL())
	number := s.NumberSubject("12345674")
	for n := range 5 {
		if !try(t, s, number) {
			t.Fatalf("try %d is not judged", n+1)
		}
	}
	for _, lock := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour, 24 * time.Hour, 24 * time.Hour} {
		*now = now.Add(lock - time.Second)
		if try(t, s, number) {
			t.Errorf("a try is judged %s after the lock of %s began", lock-time.Second, lock)
		}
		*now = now.Add(time.Second)
		if !try(t, s, number) {
			t.Errorf("no try is judged when the lock of %s is over", lock)
		}
	}
	if !try(t, s, s.NumberSubject("12345682")) {
		t.Error("another number is locked too")
	}
}

// Many tries at once do not pass the limit together.
func TestTriesAtOnce(t *testing.T) {
	s, _ := storeAt(t, redistest.Start(t).URL())
	var judged atomic.Int32
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if ok, err := s.Try(context.Background(), s.NumberSubject("12345674")); err == nil && ok {
				judged.Add(1)
			}
		})
	}
	wg.Wait()
	if judged.Load() != triesPerNumber {
		t.Errorf("%d tries are judged, want %d", judged.Load(), triesPerNumber)
	}
}

// A right answer is not counted, whoever else it was counted against.
func TestRightAnswersAreNotCounted(t *testing.T) {
	s, _ := storeAt(t, redistest.Start(t).URL())
	number, caller := s.NumberSubject("12345674"), s.CallerSubject(s.ring.Person(private.Of("+16175550123")))
	for range 30 {
		if !try(t, s, number, caller, s.EverySubject()) {
			t.Fatal("somebody who is right is locked out")
		}
		if err := s.Clear(t.Context(), number, caller, s.EverySubject()); err != nil {
			t.Fatal(err)
		}
	}
	for range triesPerCaller {
		if !try(t, s, caller) {
			t.Error("tries that were right are still counted")
		}
	}
	if try(t, s, caller) {
		t.Error("a caller is not locked after the last try")
	}
}

// A caller who tries many numbers is locked, whatever the numbers.
func TestCallerIsLocked(t *testing.T) {
	s, _ := storeAt(t, redistest.Start(t).URL())
	caller := s.CallerSubject(s.ring.Person(private.Of("+16175550123")))
	for n := range triesPerCaller {
		if !try(t, s, s.NumberSubject(string(rune('0'+n))), caller) {
			t.Fatalf("try %d is not judged", n+1)
		}
	}
	if try(t, s, s.NumberSubject("another"), caller) {
		t.Error("the caller goes on")
	}
	if !try(t, s, s.NumberSubject("another"), s.CallerSubject(s.ring.Person(private.Of("+12125550142")))) {
		t.Error("another caller is locked too")
	}
}
