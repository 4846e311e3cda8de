package ivr

import (
	"context"
	"errors"
	"fmt"
	"time"

	"secondline/casestore"
)

// ChoosePromise moves the promise of a case to a time that the patient chose: how
// is "key", "text" or "coordinator". A call that coordinators are being rung for is
// given up. It says whether there is an open promise.
func (s *Server) ChoosePromise(ctx context.Context, p casestore.Partition, id casestore.CaseID, at time.Time, how string) (bool, error) {
	return s.choosePromise(ctx, p, id, 0, at, how)
}

// Reschedule is ChoosePromise by a coordinator who has seen one version of the
// promise. When it is another now nothing is changed, and it fails with
// casestore.ErrConflict.
func (s *Server) Reschedule(ctx context.Context, p casestore.Partition, id casestore.CaseID, seen int, at time.Time) (bool, error) {
	return s.choosePromise(ctx, p, id, seen, at, "coordinator")
}

func (s *Server) choosePromise(ctx context.Context, p casestore.Partition, id casestore.CaseID, seen int, at time.Time, how string) (bool, error) {
	open, stale, task, flight := false, false, "", ""
	_, err := s.store.MovePromise(ctx, p, id, func(pr *casestore.Promise) (casestore.PromiseChange, bool) {
		open, stale = pr.State == casestore.PromiseOpen, seen != 0 && pr.Version != seen
		if !open || stale {
			return casestore.PromiseChange{}, false
		}
		now := s.now()
		flight = pr.Flight
		pr.Chosen, pr.ChosenHow, pr.NotBefore, pr.Unanswered, pr.Flight, pr.Next = at, how, time.Time{}, 0, "", now
		task, pr.Task = pr.Task, ""
		pr.Human, pr.Supervisor, pr.Announced = time.Time{}, time.Time{}, time.Time{}
		pr.Note(casestore.Decision{At: now, What: "chosen", Why: how, About: at})
		return casestore.PromiseChange{}, true
	})
	if errors.Is(err, casestore.ErrNotFound) {
		return false, nil
	}
	if err == nil && stale {
		err = fmt.Errorf("ivr: reschedule: %w", casestore.ErrConflict)
	}
	if err != nil || !open {
		return false, err
	}
	if err := s.callOff(ctx, p, flight); err != nil {
		return true, err
	}
	return true, s.closeTask(ctx, p, task, "rescheduled")
}

// callOff stops the ringing for a call that is not wanted any more. One that a
// coordinator has taken goes on.
func (s *Server) callOff(ctx context.Context, p casestore.Partition, flight string) error {
	if flight == "" {
		return nil
	}
	_, err := s.moveTransfer(ctx, p, flight, func(t *casestore.Transfer) bool {
		waits := t.State == casestore.TransferWaiting
		if waits {
			t.State, t.Choice, t.Out.Why = casestore.TransferLeft, choseRefused, WhyMoved
		}
		return waits
	})
	if errors.Is(err, casestore.ErrNotFound) {
		return nil
	}
	return err
}
