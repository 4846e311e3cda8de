package ivr

import (
	"context"
	"errors"
	"time"

	"secondline/casestore"
)

// talkedTo stops the clock of a patient who has called us and talked with a person
// (rules.md 5.5, 8). Only one who was verified counts.
func (s *Server) talkedTo(ctx context.Context, t *casestore.Transfer) error {
	if t.Case == "" || !t.Verified || t.Out != nil {
		return nil
	}
	return s.endPromise(ctx, t.CasePlace, t.Case, casestore.PromiseKept, "patient_called")
}

// endPromise ends an open promise, and the task that a person had of it.
func (s *Server) endPromise(ctx context.Context, p casestore.Partition, id casestore.CaseID, state casestore.PromiseState, outcome string) error {
	ended, flight := false, ""
	promise, err := s.store.MovePromise(ctx, p, id, func(pr *casestore.Promise) (casestore.PromiseChange, bool) {
		ended, flight = pr.State == casestore.PromiseOpen, pr.Flight
		if ended {
			pr.End(state, outcome, s.now())
		}
		return casestore.PromiseChange{}, ended
	})
	if errors.Is(err, casestore.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !ended {
		return nil
	}
	s.metrics.promises.WithLabelValues(string(state)).Inc()
	if err := s.callOff(ctx, p, flight); err != nil {
		return err
	}
	return s.closeTask(ctx, p, promise.Task, outcome)
}

// closeTask closes what a person had been told to do.
func (s *Server) closeTask(ctx context.Context, p casestore.Partition, id, outcome string) error {
	if id == "" {
		return nil
	}
	_, err := s.store.MoveTask(ctx, p, id, func(t *casestore.Task) bool {
		open := t.Outcome == ""
		t.Outcome = outcome
		return open
	})
	if errors.Is(err, casestore.ErrNotFound) {
		return nil
	}
	return err
}

func (s *Server) byHand(ctx context.Context, p casestore.Partition, task *casestore.Task, who, outcome string) error {
	return ByHand(ctx, s.store, s.now(), p, task, who, outcome)
}

// promises is what is needed to change one.
type promises interface {
	MovePromise(ctx context.Context, p casestore.Partition, id casestore.CaseID, move func(*casestore.Promise) (casestore.PromiseChange, bool)) (*casestore.Promise, error)
}

// ByHand keeps with the promise what somebody has done about it by hand: an outcome of
// Settle.
func ByHand(ctx context.Context, store promises, now time.Time, p casestore.Partition, task *casestore.Task, who, outcome string) error {
	if task.Kind != casestore.TaskPromise || task.Case == "" {
		return nil
	}
	result := map[string]string{"spoke": "reached", "tried": "no_answer", "wrong_number": "wrong_number", "opted_out": "opted_out"}[outcome]
	if result == "" {
		return nil
	}
	_, err := store.MovePromise(ctx, p, task.Case, func(pr *casestore.Promise) (casestore.PromiseChange, bool) {
		if pr.State != casestore.PromiseOpen {
			return casestore.PromiseChange{}, false
		}
		pr.Attempts = append(pr.Attempts, casestore.Attempt{Coordinator: who, At: now, Result: result, ByHand: true})
		pr.Note(casestore.Decision{At: now, What: "called_by_hand", Why: result})
		pr.Next = now
		finish(pr, result, now)
		return casestore.PromiseChange{}, true
	})
	if errors.Is(err, casestore.ErrNotFound) {
		return nil
	}
	return err
}

// finish ends a promise of which a call's result leaves nothing to be done by a
// machine. A wrong number and an opt-out stay open: a person has the task.
func finish(p *casestore.Promise, result string, now time.Time) {
	if result == "reached" {
		p.End(casestore.PromiseKept, "reached", now)
	}
}
