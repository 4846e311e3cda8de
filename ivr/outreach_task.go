package ivr

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"secondline/casestore"
)

// What else is owed - the first call of a request, a call back, an answer to a
// message - is on the list of the team. If nobody has seen to it when its time
// comes, coordinators are rung for it, by the same machinery as for a promise.

// lastHour is how long before a call is due coordinators are rung for it. One at a
// time that the caller chose is rung for at that time.
const lastHour = time.Hour

// rung lists the kinds of task that end in a call.
var rung = []casestore.TaskKind{casestore.TaskCallBack, casestore.TaskMessage, casestore.TaskMissed, casestore.TaskAbandoned, casestore.TaskFirstCall}

// RingAt is when coordinators are rung for a task; zero for one that cannot be
// called.
func (s *Server) RingAt(t *casestore.Task) time.Time {
	switch {
	case s.legal == nil || t.Phone.Empty() || !slices.Contains(rung, t.Kind) || !s.cfg.Callable(t.Phone.Reveal()):
		return time.Time{}
	case t.About:
		return t.Due
	}
	at := t.Due.Add(-lastHour)
	if at.Before(t.Opened) {
		return t.Opened.Add(t.Due.Sub(t.Opened) / 2)
	}
	return at
}

// TickTasks rings coordinators for what is owed and due. Every replica may run it
// at once.
func (s *Server) TickTasks(ctx context.Context) {
	s.eachDue(ctx, casestore.DueTask, func(d casestore.Due) error { return s.keepTask(ctx, d) })
}

// keepTask rings coordinators for one task, or sees to the call that is being made
// for it. It may be called any number of times.
func (s *Server) keepTask(ctx context.Context, d casestore.Due) error {
	task, err := s.store.Task(ctx, d.Partition, d.ID)
	if errors.Is(err, casestore.ErrNotFound) || err == nil && task.Outcome != "" {
		return s.store.Finish(ctx, d)
	}
	if err != nil {
		return err
	}
	id := roundOf(task)
	t, err := s.store.Transfer(ctx, d.Partition, id)
	if err == nil {
		if err := s.moveOut(ctx, d.Partition, t); err != nil {
			return err
		}
		if t, err = s.store.Transfer(ctx, d.Partition, id); err != nil {
			return err
		}
		if t.Out.Settled {
			return nil // settleTask has said what comes next
		}
		return s.store.Schedule(ctx, d, s.now().Add(inFlight))
	}
	if !errors.Is(err, casestore.ErrNotFound) {
		return err
	}
	now := s.now()
	if task.HeldUntil.After(now) {
		return s.store.Schedule(ctx, d, task.HeldUntil) // somebody is at it
	}
	at, ok, err := s.taskTime(ctx, d.Partition, task)
	if err != nil {
		return err
	}
	if !ok {
		return s.store.Finish(ctx, d)
	} else if at.After(now) {
		return s.store.Schedule(ctx, d, at)
	} else if s.paused(ctx) {
		return s.store.Schedule(ctx, d, now.Add(time.Minute)) // nobody is rung for a call that would not be made
	}
	t = &casestore.Transfer{
		ID: id, State: casestore.TransferWaiting, Line: s.cfg.Lines[0].Name, Caller: task.Phone, Language: english, Wanted: task.Language,
		Reason: string(task.Kind), Case: task.Case, Assigned: task.Owner, Opened: now, RoundAt: now, Round: 1,
		Out: &casestore.Outreach{Task: task.ID, Due: task.Due, Kind: task.Kind, Plan: task.Ring, Chosen: task.About},
	}
	if task.Case != "" {
		c, err := s.store.Case(ctx, d.Partition, task.Case)
		if err == nil {
			t.LastFour, t.Assigned, t.Language = lastFour(c.Number.Reveal()), either(task.Owner != "", task.Owner, c.Coordinator), c.Language
		} else if !errors.Is(err, casestore.ErrNotFound) {
			return err
		}
	}
	if err := s.store.StartTransfer(ctx, d.Partition, t); err != nil {
		return err
	}
	return s.store.Schedule(ctx, d, now.Add(inFlight))
}

// taskTime is when coordinators may be rung for a task: now, where the patient may
// be called now; false where that never comes. What the request says of where the
// patient is counts more than the number.
func (s *Server) taskTime(ctx context.Context, p casestore.Partition, task *casestore.Task) (at time.Time, ok bool, err error) {
	now := s.now()
	if task.About {
		if s.calendar.State(now) == "open" {
			return now, true, nil
		}
		return s.calendar.NextOpening(now), true, nil
	}
	zip, offset := "", ""
	if task.Case != "" {
		c, err := s.store.Case(ctx, p, task.Case)
		if err == nil && c.Phone() == task.Phone {
			zip, offset = c.Answers.Get("zip"), c.Answers.Get("utc_offset")
		} else if err != nil && !errors.Is(err, casestore.ErrNotFound) {
			return now, false, err
		}
	}
	legal, _ := s.legal(zip, offset, task.Phone.Reveal())
	at, ok = legal.Next(now.Truncate(time.Minute))
	return at, ok, nil
}

// mayDialTask asks the conditions of a call that the person asked for.
func (s *Server) mayDialTask(ctx context.Context, p casestore.Partition, t *casestore.Transfer) (string, error) {
	task, err := s.store.Task(ctx, p, t.Out.Task)
	if errors.Is(err, casestore.ErrNotFound) || err == nil && task.Outcome != "" {
		return WhyMoved, nil
	}
	if err != nil {
		return "", err
	}
	contact, err := s.store.ContactOf(ctx, task.Phone)
	if err != nil {
		return "", err
	}
	at, ok, err := s.taskTime(ctx, p, task)
	switch {
	case err != nil:
		return "", err
	case !contact.Wrong.IsZero():
		return WhyWrong, nil
	case !s.cfg.Callable(task.Phone.Reveal()):
		return WhyCountry, nil
	case !ok || at.After(s.now()):
		return WhyWindow, nil
	}
	return "", nil
}

// settleTask keeps with the task what came of a call. Who was reached is owed
// nothing more; everybody else stays on the list, and is rung again.
func (s *Server) settleTask(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	o := t.Out
	if err := s.keepResult(ctx, t, o.Disposition); err != nil {
		return err
	}
	outcome := map[string]string{resultReached: "spoke", resultWrong: "wrong_number", resultOptedOut: "opted_out"}[o.Disposition]
	now := s.now()
	task, err := s.store.MoveTask(ctx, p, o.Task, func(task *casestore.Task) bool {
		if task.Outcome != "" || task.Rung == t.ID {
			return false
		}
		task.Rung, task.Outcome, task.HeldUntil = t.ID, outcome, time.Time{}
		switch {
		case notMade(t):
		case t.Choice != "":
			task.Rounds++
		case outcome == "":
			task.Tries++
		}
		if !o.OtherTime.IsZero() && o.Disposition == resultOtherTime {
			task.Due, task.About = o.OtherTime, true
		}
		return true
	})
	if errors.Is(err, casestore.ErrNotFound) || err == nil && task.Outcome != "" {
		s.metrics.outcomes.WithLabelValues(either(outcome == "", "closed", outcome)).Inc()
		return nil
	}
	if err != nil {
		return err
	}
	next := now.Add(pauseAfter(t, task))
	if task.About && task.Due.After(now) {
		next = task.Due
	}
	if task.Tries+task.Rounds >= mostRounds {
		return s.store.Finish(ctx, casestore.Due{Kind: casestore.DueTask, ID: task.ID, Partition: p})
	}
	return s.store.Schedule(ctx, casestore.Due{Kind: casestore.DueTask, ID: task.ID, Partition: p}, next)
}

// choose has the promise of the case that the caller was recognised for moved to
// the time that was chosen.
func (t *turn) choose() {
	at, err := time.Parse(time.RFC3339, t.c.State.Answers.Get("slot_at"))
	if err != nil || !t.c.Verified && t.c.Reach == "" {
		return
	}
	t.change.Effects = append(t.change.Effects, casestore.ChosenTime(t.c.NamedPlace, t.c.Named, at, "key"))
}

// chosen is the worker of EffectChosen. A case whose promise is not open any more
// gets a call back at that time instead: nothing that was said to a patient is lost.
func (s *Server) chosen(ctx context.Context, _ casestore.Partition, e casestore.Effect) error {
	p, id, at, how, err := casestore.ParseChosenTime(e.Data)
	if err != nil {
		return err
	}
	open, err := s.ChoosePromise(ctx, p, id, at, how)
	if err != nil || open {
		return err
	}
	c, err := s.store.Case(ctx, p, id)
	if err != nil {
		return err
	}
	task := &casestore.Task{ID: "t" + string(id) + strconv.FormatInt(at.Unix(), 36), Kind: casestore.TaskCallBack, Due: at, About: true, Phone: c.Phone(),
		Case: id, Owner: c.Coordinator, Opened: s.now(), Language: foreign(c.Language)}
	task.Ring = s.RingAt(task)
	return s.store.OpenTask(ctx, p, task)
}

// Promised says whether the call after delivery is still to be made.
func (s *Server) Promised(ctx context.Context, p casestore.Partition, id casestore.CaseID) (bool, error) {
	if id == "" {
		return false, nil
	}
	promise, err := s.store.Promise(ctx, p, id)
	if errors.Is(err, casestore.ErrNotFound) {
		return false, nil
	}
	return err == nil && promise.State == casestore.PromiseOpen, err
}
