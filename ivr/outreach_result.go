package ivr

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

// askHow sees to it that somebody says how an answered call went: the coordinator
// is rung and asked, and in the end a person finds it on the list.
func (s *Server) askHow(ctx context.Context, p casestore.Partition, t *casestore.Transfer) (*casestore.Transfer, error) {
	i := accepted(t)
	o := t.Out
	if o.Disposition != "" || patientOn(t) || o.State == "" || i < 0 {
		return t, nil
	}
	leg := t.Legs[i]
	if leg.State != casestore.LegOver {
		if s.now().Sub(later(later(leg.At, o.Ended), o.AskedAt)) < silentFor {
			return t, nil
		}
		return t, s.askThere(ctx, p, t, i)
	}
	if s.now().Sub(later(leg.At, o.AskedAt)) < askAfter {
		return t, nil
	}
	mine, asked := false, o.Asked
	t, err := s.store.MoveTransfer(ctx, p, t.ID, func(t *casestore.Transfer) ([]*casestore.Task, bool) {
		mine = t.Out.Disposition == "" && t.Out.Asked == asked
		if !mine {
			return nil, false
		}
		t.Out.Asked, t.Out.AskedAt = asked+1, s.now()
		if asked < asks {
			return nil, true
		}
		t.State, t.Out.Disposition = casestore.TransferTalked, resultUnknown
		return []*casestore.Task{{ID: casestore.NewTaskID(), Kind: casestore.TaskHowItWent, Due: s.now().Add(time.Hour), Owner: leg.Coordinator,
			Phone: t.Caller, Case: t.Case, Call: o.Call, Opened: s.now()}}, true
	})
	if err != nil || !mine || asked >= asks {
		return t, err
	}
	c, ok := s.coordinatorOf(leg.Coordinator)
	if !ok {
		return t, nil
	}
	_, err = s.dialer.CreateCall(ctx, twilio.NewCall{To: private.Of(c.Number), From: s.numberOf(t.Line), URL: s.absolute(s.legURL(pathAsk, p, t.ID, i)), Ring: s.cfg.Ring})
	if err != nil {
		s.log.Warn("a coordinator cannot be asked how a call went; it is tried again", "transfer", t.ID, "err", err)
	}
	return t, nil
}

// askThere asks a coordinator who is still on the line a minute after the patient has
// left: a replica may have died on the way to that. The news that they have gone too
// may be lost as well.
func (s *Server) askThere(ctx context.Context, p casestore.Partition, t *casestore.Transfer, leg int) error {
	call, err := s.dialer.FetchCall(ctx, t.Legs[leg].Call)
	if err != nil {
		return err
	}
	if call.Status.Final() {
		return s.endLeg(ctx, p, t.ID, leg, string(call.Status), true)
	}
	if _, err := s.moveTransfer(ctx, p, t.ID, func(t *casestore.Transfer) bool {
		t.Out.Told, t.Out.AskedAt = true, s.now()
		return true
	}); err != nil {
		return err
	}
	_, err = s.dialer.UpdateCall(ctx, t.Legs[leg].Call, twilio.CallUpdate{URL: s.absolute(s.legURL(pathAfterTalk, p, t.ID, leg))})
	return over(err)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// settleOut keeps with the promise, or the task, what came of a call, once.
func (s *Server) settleOut(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	if t.Out.Settled {
		return nil
	}
	err := s.settlePromise(ctx, p, t)
	if t.Out.Task != "" {
		err = s.settleTask(ctx, p, t)
	}
	if err != nil {
		return err
	}
	_, err = s.moveTransfer(ctx, p, t.ID, func(t *casestore.Transfer) bool {
		open := !t.Out.Settled
		t.Out.Settled = true
		return open
	})
	return err
}

// settlePromise is the end of an attempt.
func (s *Server) settlePromise(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	result := t.Out.Disposition
	if err := s.keepResult(ctx, t, result); err != nil {
		return err
	}
	mine := false
	promise, err := s.store.MovePromise(ctx, p, t.Case, func(pr *casestore.Promise) (casestore.PromiseChange, bool) {
		mine = pr.Flight == t.ID
		// A call that was made counts even when the promise has moved on meanwhile.
		late := !mine && pr.State == casestore.PromiseOpen && result != "" && !slices.ContainsFunc(pr.Attempts, func(a casestore.Attempt) bool { return a.Transfer == t.ID })
		if !mine && !late {
			return casestore.PromiseChange{}, false
		}
		s.landed(pr, t)
		return casestore.PromiseChange{}, true
	})
	if errors.Is(err, casestore.ErrNotFound) {
		return nil
	}
	if err != nil || promise == nil {
		return err
	}
	if mine {
		s.metrics.attempts.WithLabelValues(either(result == "", t.Choice, result)).Inc()
	}
	if promise.State != casestore.PromiseKept {
		return nil
	}
	if mine {
		s.metrics.promises.WithLabelValues(string(promise.State)).Inc()
	}
	if err := s.closeTask(ctx, p, promise.Task, promise.Outcome); err != nil {
		return err
	}
	_, _, err = s.store.Advance(ctx, p, t.Case, casestore.StageFollowedUp, func(c *casestore.Case) { c.Newer("stage", casestore.Stamp{At: s.now(), ID: "line"}) })
	return err
}

// landed writes what came of a call into the promise.
func (s *Server) landed(pr *casestore.Promise, t *casestore.Transfer) {
	now, o := s.now(), t.Out
	note := func(what, why string, about time.Time) {
		pr.Note(casestore.Decision{At: now, What: what, Why: why, About: about})
	}
	if pr.Flight == t.ID {
		pr.Flight = ""
	}
	pr.Next = now
	switch {
	case t.Choice == choseWait:
		pr.NotBefore = now.Add(waitWhen)
		note("asked_to_wait", "", pr.NotBefore)
	case t.Choice == choseRefused:
		note("not_called", o.Why, o.Plan)
		if o.Why == WhyBound {
			pr.Unanswered++ // after a few, the supervisor has to look
			pr.NotBefore = now.Add(time.Hour)
		}
		if o.Why == WhyWindow || o.Why == WhyCaps || o.Why == WhyConsent || o.Why == WhyPaused {
			pr.NotBefore = now.Add(time.Minute)
		}
	case t.Choice == choseNobody:
		pr.Unanswered++
		pr.NotBefore = now.Add(tryAgain)
		note("nobody_took_it", "", pr.NotBefore)
	case o.Disposition == "refused" || o.Disposition == "lost":
		pr.Unanswered++ // after a few, the supervisor has to look
		pr.NotBefore = now.Add(tryAgain)
		note("not_called", o.Disposition, o.Plan)
	default:
		pr.Unanswered = 0
		pr.Attempts = append(pr.Attempts, casestore.Attempt{Transfer: t.ID, Call: o.Call, Coordinator: t.Taken, At: o.At, Result: o.Disposition, Voicemail: o.Message || o.Disposition == resultMessage})
		note("called", o.Disposition, o.At)
		if o.Disposition == resultCut {
			pr.NotBefore = now.Add(tryAgain)
		}
		if o.Disposition == resultOtherTime && !o.OtherTime.IsZero() {
			pr.Chosen, pr.ChosenHow, pr.NotBefore = o.OtherTime, "coordinator", time.Time{}
			note("chosen", "coordinator", o.OtherTime)
		}
		finish(pr, o.Disposition, now)
	}
}

// keepResult keeps what a patient said about the number itself.
func (s *Server) keepResult(ctx context.Context, t *casestore.Transfer, result string) error {
	switch result {
	case resultWrong:
		return s.store.ChangeContact(ctx, s.store.Ring().Person(t.Caller), casestore.ContactChange{Wrong: s.now()})
	case resultOptedOut:
		if t.Out.Bot {
			return nil // the key that said so has done it
		}
		return s.StopContact(ctx, t.Caller, t.Out.Call)
	}
	return nil
}

// StopContact keeps what a patient said to a coordinator: no more automated calls and
// texts.
func (s *Server) StopContact(ctx context.Context, number private.Text, call string) error {
	if err := s.journalStop(s.store.Ring().Person(number), "coordinator", call); err != nil {
		return err
	}
	return s.store.OptOutNumber(ctx, number, casestore.OptOut{At: s.now(), How: "coordinator", Call: call})
}

// journalStop has an opt-out on disk before it is acknowledged (rules.md 3.4).
func (s *Server) journalStop(person casestore.PersonID, how, ref string) error {
	if err := s.journal.Append(casestore.JournalEntry{At: s.now(), Person: person, What: "stop", How: how, Ref: ref}); err != nil {
		return fmt.Errorf("ivr: journal: %w", err)
	}
	return nil
}
