package ivr

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"time"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/private"
)

// listed is how many of the tasks that are due first a coordinator can go
// through in one call.
const listed = 50

// holdsTask is how long a task that a coordinator dials stays with them.
const holdsTask = 30 * time.Minute

// prepareTeam reads what is owed and the coordinator's own state.
func (s *Server) prepareTeam(ctx context.Context, c *casestore.Conversation, p *prepared) error {
	var err error
	if p.owed, err = s.store.TasksDue(ctx, listed); err != nil {
		return err
	}
	if p.count, _, err = s.store.Owed(ctx); err != nil {
		return err
	}
	team, err := s.store.Team(ctx)
	if err != nil {
		return err
	}
	p.state = team[c.Member]
	p.owed = slices.DeleteFunc(p.owed, func(t *casestore.Task) bool {
		held := t.Owner != "" && t.Owner != c.Member && s.now().Before(t.HeldUntil)
		return held || slices.Contains(c.Passed, t.ID)
	})
	return nil
}

// member gives the coordinator of an ID.
func (s *Server) coordinatorOf(id string) (Coordinator, bool) {
	i := slices.IndexFunc(s.cfg.Coordinators, func(c Coordinator) bool { return c.ID == id })
	if i < 0 {
		return Coordinator{}, false
	}
	return s.cfg.Coordinators[i], true
}

// matchPIN judges the PIN of the coordinator whose number calls.
func (t *turn) matchPIN(answers flow.Answers) flow.Outcome {
	typed := answers.Get("pin")
	delete(answers, "pin")
	c, ok := t.s.coordinatorOf(t.c.Member)
	right := ok && t.pre.allowed && subtle.ConstantTimeCompare([]byte(c.PIN.Reveal()), []byte(typed)) == 1
	t.change.Deeds = append(t.change.Deeds, casestore.Deed{What: "sign_in.telephone", Thing: t.c.Member, Outcome: either(right, "match", either(t.pre.allowed, "no_match", "locked"))})
	if right {
		t.c.SignedIn = true
		return "right"
	}
	t.c.PINTries++
	return flow.Outcome(either(t.c.PINTries >= statusTries, "enough", "again"))
}

// signedIn keeps a coordinator who calls in from being rung meanwhile.
func (t *turn) signedIn(ctx context.Context) {
	err := errors.Join(t.s.store.Clear(ctx, t.s.store.PINSubject(t.c.Member)), t.s.store.HoldCoordinator(ctx, t.c.Member, t.c.Call, t.c.Call))
	if err != nil {
		t.s.log.Warn("a coordinator who calls in may be rung at the same time", "coordinator", t.c.Member, "err", err)
	}
}

// OnDuty says whether a coordinator takes calls now.
func OnDuty(c Coordinator, state casestore.CoordinatorState, now time.Time) bool {
	switch state.Duty {
	case "on":
		return true
	case "off":
		return false
	}
	return c.Works == nil || c.Works(now)
}

func (t *turn) duty() flow.Outcome {
	c, _ := t.s.coordinatorOf(t.c.Member)
	on := OnDuty(c, t.pre.state, t.who.now)
	if t.dutyNow != "" {
		on = t.dutyNow == "on"
	}
	return flow.Outcome(either(on, "on_duty", "off_duty"))
}

// next makes the first task that is left the one that the call is about, after
// passing over the one before.
func (t *turn) next(answers flow.Answers) flow.Outcome {
	if t.c.Task != "" {
		t.c.Passed = append(slices.Clone(t.c.Passed), t.c.Task)
		t.c.Task = ""
	}
	i := slices.IndexFunc(t.pre.owed, func(task *casestore.Task) bool { return !slices.Contains(t.c.Passed, task.ID) })
	if i < 0 {
		return "none"
	}
	task := t.pre.owed[i]
	t.task = task
	t.c.Task, t.c.TaskPlace = task.ID, task.Partition
	answers["task_message"], answers["task_phone"] = private.Of(task.Recording), task.Phone
	switch {
	case task.Phone.Empty() && task.Recording != "":
		return "hidden"
	case task.Phone.Empty():
		return t.next(answers)
	case task.Recording != "":
		return "message"
	}
	return "plain"
}

// takes are the steps at which key 1, or the choice of the next one, takes a task.
var takes = map[string]bool{"team.on": true, "team.off": true, "team.plain": true, "team.message": true}

// takeTask makes the coordinator the owner of the task that is about to be
// dialled, so that nobody else dials it too. taken says that somebody does.
func (s *Server) takeTask(ctx context.Context, req request, c *casestore.Conversation, owed []*casestore.Task) (taken bool, err error) {
	id, p := c.Task, c.TaskPlace
	straight := c.State.At == "team.on" || c.State.At == "team.off"
	key := s.input(req).Text.Reveal()
	if !takes[c.State.At] || (straight && key != "2") || (!straight && key != "1") {
		return false, nil
	}
	if straight {
		i := slices.IndexFunc(owed, func(t *casestore.Task) bool { return t.ID != c.Task && !t.Phone.Empty() })
		if i < 0 {
			return false, nil
		}
		id, p = owed[i].ID, owed[i].Partition
	}
	now := s.now()
	_, err = s.store.MoveTask(ctx, p, id, func(t *casestore.Task) bool {
		if taken = t.Outcome != "" || (t.Owner != "" && t.Owner != c.Member && now.Before(t.HeldUntil)); taken {
			return false
		}
		t.Owner, t.HeldUntil = c.Member, now.Add(holdsTask)
		return true
	})
	return taken, err
}

// settle writes what became of a task. "tried" leaves it owed.
func (t *turn) settle(ctx context.Context, outcome string) error {
	if t.c.Task == "" {
		return nil
	}
	if err := t.s.Settle(ctx, t.c.TaskPlace, t.c.Task, 0, t.c.Member, outcome, t.who.call); err != nil {
		return err
	}
	if outcome != "tried" {
		t.c.Task = ""
		t.pre.count = max(0, t.pre.count-1)
	}
	return nil
}

// Settle keeps what a coordinator says became of a task, with the promise that it is
// about too: "spoke", "wrong_number", "opted_out", and what else the kind of task has;
// "tried" leaves it owed. ref is the SID, or the trace, of where it was said. seen is
// the version of the task that the coordinator saw, 0 for any: when it is another now
// nothing is changed, and it fails with casestore.ErrConflict.
func (s *Server) Settle(ctx context.Context, p casestore.Partition, id string, seen int, who, outcome, ref string) error {
	stale := false
	task, err := s.store.MoveTask(ctx, p, id, func(task *casestore.Task) bool {
		if stale = seen != 0 && task.Version != seen; stale || task.Outcome != "" {
			return false
		}
		if outcome == "tried" {
			task.Tries++
			task.HeldUntil = time.Time{}
			return true
		}
		task.Outcome = outcome
		return true
	})
	if err == nil && stale {
		err = casestore.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("ivr: settle a task: %w", err)
	}
	if err := s.byHand(ctx, p, task, who, outcome); err != nil {
		return err
	}
	if outcome == "opted_out" && !task.Phone.Empty() {
		if err := s.StopContact(ctx, task.Phone, ref); err != nil {
			return err
		}
	}
	s.metrics.outcomes.WithLabelValues(outcome).Inc()
	return nil
}

// setDuty keeps what a coordinator said of their duty until the next morning:
// nobody may stay off, or on, because it was forgotten.
func (t *turn) setDuty(ctx context.Context, duty string) error {
	t.dutyNow = duty
	return t.s.store.SetDuty(ctx, t.c.Member, duty, DutyEnds(t.who.now.In(t.s.cfg.Zone)))
}

// DutyEnds is until when a word about duty holds that is said now, by the line's clock.
func DutyEnds(now time.Time) time.Time {
	return time.Date(now.Year(), now.Month(), now.Day()+1, 4, 0, 0, 0, now.Location())
}
