package casestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"secondline/internal/private"
)

// Why a request is not deleted yet.
const (
	HeldByPromise  = "a call is promised"
	HeldByTask     = "something is owed"
	HeldByHandOver = "not handed over yet"
)

// Forget deletes everything personal of a request: answers, caller, history, promise,
// closed tasks, texts, and the way from its number to it. What stays is what shows who
// agreed to what, with the keyed hash of the number, until the time for that is over;
// how the number may be reached, opt-outs among it, lies elsewhere and stays. It gives
// the SIDs of its recordings, which the caller deletes first: keep is called with them
// before anything goes. held says why a request is left as it is; why is kept.
func (s *Store) Forget(ctx context.Context, c *Case, why string, keep func(recordings []string) error) (held string, err error) {
	held, tasks, err := s.heldBy(ctx, c)
	if err != nil || held != "" {
		return held, err
	}
	return "", s.forget(ctx, c, why, tasks, keep)
}

// ForgetAgain deletes once more what a restored backup has brought back, whatever was
// promised and owed then.
func (s *Store) ForgetAgain(ctx context.Context, c *Case, why string, keep func(recordings []string) error) error {
	tasks, err := s.tasksAbout(ctx, c)
	if err != nil {
		return err
	}
	return s.forget(ctx, c, why, tasks, keep)
}

func (s *Store) forget(ctx context.Context, c *Case, why string, tasks []*Task, keep func(recordings []string) error) error {
	if err := keep(recordingsOf(c, tasks)); err != nil {
		return fmt.Errorf("casestore: forget %s: %w", c.ID, err)
	}
	for _, number := range []private.Text{c.Caller, c.Phone()} {
		if err := s.forgetTexts(ctx, c, number); err != nil {
			return err
		}
	}
	p := c.Partition
	rest := &Case{ID: c.ID, Stage: c.Stage, Line: c.Line, Opened: c.Opened, Updated: c.Updated, Consents: c.Consents,
		Forgotten: s.now(), ForgottenOf: s.ring.Person(c.Phone()), ForgottenWhy: why}
	ops := s.versioned(caseKey(p, c.ID), c.Version, s.sealCase(rest), 0)
	ops.add("DEL", entriesKey(p, c.ID))
	ops.add("DEL", promiseKey(p, c.ID))
	ops.add("ZREM", promisesKey(p), string(c.ID))
	ops.add("ZREM", dueKey(p, DuePromise), string(c.ID))
	for _, t := range tasks {
		s.dropTask(&ops, p, t)
	}
	ops.did(Deed{What: "case.forgotten", Case: c.ID, Outcome: why})
	// Its number is another's from now on: it goes first, and if the rest fails it goes again.
	if !c.Number.IsZero() {
		if err := s.rdb.Del(ctx, s.ring.numberKey(c.Number)).Err(); err != nil {
			return fmt.Errorf("casestore: forget %s: %w", c.ID, err)
		}
	}
	if err := s.runCommit(ctx, ops); err != nil {
		return fmt.Errorf("casestore: forget %s: %w", c.ID, err)
	}
	return nil
}

// dropTask deletes a task.
func (s *Store) dropTask(ops *operations, p Partition, t *Task) {
	ops.add("DEL", taskKey(p, t.ID))
	ops.add("ZREM", closedKey(p), t.ID)
	ops.add("ZREM", tasksKey(p), t.ID)
	ops.add("ZREM", dueKey(p, DueTask), t.ID)
	if t.Case != "" {
		ops.add("SREM", caseTasksKey(p, t.Case), t.ID)
	}
}

// heldBy says what keeps a request from being deleted, and reads its tasks.
func (s *Store) heldBy(ctx context.Context, c *Case) (held string, tasks []*Task, err error) {
	switch promise, err := s.Promise(ctx, c.Partition, c.ID); {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return "", nil, err
	case promise.State == PromiseOpen:
		return HeldByPromise, nil, nil
	}
	tasks, err = s.tasksAbout(ctx, c)
	if slices.ContainsFunc(tasks, func(t *Task) bool { return t.Outcome == "" }) {
		return HeldByTask, nil, err
	}
	return "", tasks, err
}

// tasksAbout reads all that is and was owed for a request.
func (s *Store) tasksAbout(ctx context.Context, c *Case) ([]*Task, error) {
	ids, err := s.rdb.SMembers(ctx, caseTasksKey(c.Partition, c.ID)).Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: tasks of %s: %w", c.ID, err)
	}
	var tasks []*Task
	for _, id := range ids {
		t, err := s.Task(ctx, c.Partition, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// recordingsOf lists what was said, by SID.
func recordingsOf(c *Case, tasks []*Task) []string {
	var out []string
	for _, value := range c.Answers {
		if sid := value.Reveal(); strings.HasPrefix(sid, "RE") && len(sid) == 34 {
			out = append(out, sid)
		}
	}
	for _, t := range tasks {
		if t.Recording != "" {
			out = append(out, t.Recording)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// forgetTexts deletes the texts to a number that are about a request, and the exchange
// with it where that is about this one.
func (s *Store) forgetTexts(ctx context.Context, c *Case, number private.Text) error {
	if number.Empty() {
		return nil
	}
	id := s.ring.Person(number)
	p := id.Partition()
	ids, err := s.rdb.ZRange(ctx, textsKey(id), 0, -1).Result()
	if err != nil {
		return fmt.Errorf("casestore: texts of %s: %w", c.ID, err)
	}
	ops := operations{}
	for _, text := range ids {
		t, err := s.Text(ctx, p, text)
		if errors.Is(err, ErrNotFound) || err == nil && t.Case == c.ID {
			ops.add("DEL", textKey(p, text))
			ops.add("ZREM", textsKey(id), text)
			ops.add("ZREM", dueKey(p, EffectText), text)
		} else if err != nil {
			return err
		}
	}
	if len(ops.keys) > 0 {
		if err := s.runPlain(ctx, ops); err != nil {
			return err
		}
	}
	thread, err := s.Thread(ctx, id)
	if err != nil || thread.Case != c.ID {
		return err
	}
	if err := s.rdb.Del(ctx, threadKey(id)).Err(); err != nil {
		return fmt.Errorf("casestore: thread of %s: %w", c.ID, err)
	}
	return nil
}

// Held says what keeps a request from being deleted; "" for nothing.
func (s *Store) Held(ctx context.Context, c *Case) (string, error) {
	held, _, err := s.heldBy(ctx, c)
	return held, err
}
