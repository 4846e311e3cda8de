package casestore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// closedKey: sorted set task ID by the time it was closed (Unix seconds).
func closedKey(p Partition) string { return key(p, "closed", "") }

// addTask opens a task in a step with whatever else is written.
func (s *Store) addTask(ops *operations, p Partition, task *Task) {
	ops.add("HSET", taskKey(p, task.ID), "v", 1, "d", s.ring.Seal(task.ID, "task", encodeTask(task)))
	ops.add("ZADD", tasksKey(p), task.Due.Unix(), task.ID)
	ops.did(Deed{What: "task.open", Case: task.Case, Thing: task.ID, Outcome: string(task.Kind)})
	if task.Case != "" {
		ops.add("SADD", caseTasksKey(p, task.Case), task.ID)
	}
	if !task.Ring.IsZero() {
		ops.addDue(Due{DueTask, task.ID, p}, task.Ring)
	}
	ops.addRequested(p, task)
}

// DueTask is what the schedule calls a task for which coordinators are to be rung;
// its ID is the task's.
const DueTask EffectKind = "task"

// Tasks reads what is owed in all parts, by due time.
func (s *Store) Tasks(ctx context.Context) ([]*Task, error) { return s.TasksDue(ctx, 0) }

// TasksDue reads the first most tasks by due time; 0 reads all. It takes two
// round trips, however many there are.
func (s *Store) TasksDue(ctx context.Context, most int) ([]*Task, error) {
	var ids [Partitions]*redis.ZSliceCmd
	last := int64(most - 1)
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for p := range Partition(Partitions) {
			ids[p] = pipe.ZRangeWithScores(ctx, tasksKey(p), 0, last)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("casestore: tasks: %w", err)
	}
	type at struct {
		p   Partition
		id  string
		due float64
	}
	var all []at
	for p := range Partition(Partitions) {
		for _, z := range ids[p].Val() {
			id, _ := z.Member.(string)
			all = append(all, at{p, id, z.Score})
		}
	}
	slices.SortFunc(all, func(a, b at) int { return int(a.due - b.due) })
	if most > 0 && len(all) > most {
		all = all[:most]
	}
	values := make([]*redis.SliceCmd, len(all))
	if len(all) == 0 {
		return nil, nil
	}
	if _, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, t := range all {
			values[i] = pipe.HMGet(ctx, taskKey(t.p, t.id), "v", "d")
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("casestore: tasks: %w", err)
	}
	out := make([]*Task, 0, len(all))
	for i, t := range all {
		task, err := s.openTask(t.p, t.id, values[i].Val())
		if err != nil {
			// One that cannot be read must not hide the others.
			s.log.Error("a task cannot be read", "task", t.id, "err", err)
			continue
		}
		out = append(out, task)
	}
	return out, nil
}

// Owed counts what is owed, and what of it is overdue.
func (s *Store) Owed(ctx context.Context) (all, late int, err error) {
	var cards, lates [Partitions]*redis.IntCmd
	now := strconv.FormatInt(s.now().Unix(), 10)
	_, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for p := range Partition(Partitions) {
			cards[p] = pipe.ZCard(ctx, tasksKey(p))
			lates[p] = pipe.ZCount(ctx, tasksKey(p), "-inf", "("+now)
		}
		return nil
	})
	if err != nil {
		return 0, 0, fmt.Errorf("casestore: count tasks: %w", err)
	}
	for p := range Partitions {
		all, late = all+int(cards[p].Val()), late+int(lates[p].Val())
	}
	return all, late, nil
}

func (s *Store) openTask(p Partition, id string, values []any) (*Task, error) {
	version, plain, err := s.openVersioned(id, "task", values)
	if err != nil {
		return nil, fmt.Errorf("casestore: task %s: %w", id, err)
	}
	task, err := decodeTask(id, plain)
	if err == nil {
		task.Partition, task.Version = p, version
	}
	return task, err
}

// Task reads one thing owed. It fails with ErrNotFound.
func (s *Store) Task(ctx context.Context, p Partition, id string) (*Task, error) {
	values, err := s.rdb.HMGet(ctx, taskKey(p, id), "v", "d").Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: task %s: %w", id, err)
	}
	return s.openTask(p, id, values)
}

// MoveTask changes a task by compare and set. An Outcome closes it: it is owed no
// more, and is kept. move returns false to leave everything as it is.
func (s *Store) MoveTask(ctx context.Context, p Partition, id string, move func(*Task) bool) (*Task, error) {
	for range 20 {
		values, err := s.rdb.HMGet(ctx, taskKey(p, id), "v", "d").Result()
		if err != nil {
			return nil, fmt.Errorf("casestore: task %s: %w", id, err)
		}
		task, err := s.openTask(p, id, values)
		if err != nil {
			return nil, err
		}
		open, version := task.Outcome == "", task.Version
		if !move(task) {
			return task, nil
		}
		task.Version = version + 1
		ops := s.versioned(taskKey(p, id), version, s.ring.Seal(id, "task", encodeTask(task)), 0)
		switch {
		case task.Outcome == "":
			ops.add("ZADD", tasksKey(p), task.Due.Unix(), id)
		case open:
			task.Closed = s.now()
			ops = s.versioned(taskKey(p, id), version, s.ring.Seal(id, "task", encodeTask(task)), 0)
			ops.add("ZREM", tasksKey(p), id)
			ops.add("ZADD", closedKey(p), task.Closed.Unix(), id)
			ops.add("ZREM", dueKey(p, DueTask), id)
		}
		ops.did(Deed{What: "task.change", Case: task.Case, Thing: id, Outcome: cmp.Or(task.Outcome, "changed")})
		switch err := s.runCommit(ctx, ops); {
		case errors.Is(err, ErrConflict):
			continue
		case err != nil:
			return nil, fmt.Errorf("casestore: task %s: %w", id, err)
		}
		return task, nil
	}
	return nil, fmt.Errorf("casestore: task %s: %w", id, ErrConflict)
}

// MoveCase changes a finished case by compare and set. move returns false to
// leave it as it is. It fails with ErrNotFound.
func (s *Store) MoveCase(ctx context.Context, p Partition, id CaseID, move func(*Case) bool) (*Case, error) {
	for range 20 {
		values, err := s.rdb.HMGet(ctx, caseKey(p, id), "v", "d").Result()
		if err != nil {
			return nil, fmt.Errorf("casestore: case %s: %w", id, err)
		}
		version, plain, err := s.openVersioned(string(id), "case", values)
		if err != nil {
			return nil, fmt.Errorf("casestore: case %s: %w", id, err)
		}
		c, err := decodeCase(plain)
		if err != nil {
			return nil, err
		}
		if !c.Forgotten.IsZero() {
			return nil, fmt.Errorf("casestore: case %s: %w", id, ErrForgotten)
		}
		c.Partition, c.Version = p, version
		if !move(c) {
			return c, nil
		}
		c.Updated, c.Version = s.now(), version+1
		ops := s.versioned(caseKey(p, id), version, s.sealCase(c), 0)
		ops.did(Deed{What: "case.change", Case: id, Outcome: "changed"})
		switch err := s.runCommit(ctx, ops); {
		case errors.Is(err, ErrConflict):
			continue
		case err != nil:
			return nil, fmt.Errorf("casestore: case %s: %w", id, err)
		}
		return c, nil
	}
	return nil, fmt.Errorf("casestore: case %s: %w", id, ErrConflict)
}
