package casestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// OpenPromises lists the cases of a partition whose promise is open, the oldest
// delivery first.
func (s *Store) OpenPromises(ctx context.Context, p Partition) ([]CaseID, error) {
	ids, err := s.rdb.ZRange(ctx, promisesKey(p), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: open promises: %w", err)
	}
	out := make([]CaseID, len(ids))
	for i, id := range ids {
		out[i] = CaseID(id)
	}
	return out, nil
}

// Promised is an open promise and its case.
type Promised struct {
	Promise *Promise
	Case    *Case
}

// OpenPromised reads the open promises of a partition and their cases, the oldest
// delivery first, 500 in a round trip. One that cannot be read is left out, and told
// of in the log.
func (s *Store) OpenPromised(ctx context.Context, p Partition) ([]Promised, error) {
	ids, err := s.OpenPromises(ctx, p)
	if err != nil {
		return nil, err
	}
	var out []Promised
	for chunk := range slices.Chunk(ids, 500) {
		promises, cases := make([]*redis.SliceCmd, len(chunk)), make([]*redis.SliceCmd, len(chunk))
		_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for i, id := range chunk {
				promises[i] = pipe.HMGet(ctx, promiseKey(p, id), "v", "d")
				cases[i] = pipe.HMGet(ctx, caseKey(p, id), "v", "d")
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("casestore: open promises: %w", err)
		}
		for i, id := range chunk {
			promise, err := s.openPromise(p, id, promises[i].Val())
			c, err2 := s.openCase(p, id, cases[i].Val())
			if err := errors.Join(err, err2); err != nil {
				s.log.Error("an open promise cannot be read", "case", id, "err", err)
				continue
			}
			if promise.State == PromiseOpen {
				out = append(out, Promised{promise, c})
			}
		}
	}
	return out, nil
}

// Repair is what SweepPromises did about one case.
type Repair struct {
	Case CaseID
	// What is "scheduled": an open promise had nothing that comes next; "made": it
	// stood in the list of open ones and was not there.
	What string
}

// SweepPromises looks for open promises of a partition for which nothing comes
// next, and has each looked at now. Its cost follows from how many are open.
func (s *Store) SweepPromises(ctx context.Context, p Partition) ([]Repair, error) {
	ids, err := s.OpenPromises(ctx, p)
	if err != nil {
		return nil, err
	}
	var out []Repair
	for chunk := range slices.Chunk(ids, 500) {
		idle, err := s.unscheduled(ctx, p, chunk)
		if err != nil {
			return out, err
		}
		for _, id := range idle {
			what, err := s.repair(ctx, p, id)
			if err != nil {
				return out, fmt.Errorf("casestore: sweep promises: %w", err)
			}
			if what != "" {
				out = append(out, Repair{id, what})
			}
		}
	}
	return out, nil
}

// unscheduled gives those of some promises for which nothing comes next, or which
// are not there.
func (s *Store) unscheduled(ctx context.Context, p Partition, ids []CaseID) ([]CaseID, error) {
	scores, exists := make([]*redis.FloatCmd, len(ids)), make([]*redis.IntCmd, len(ids))
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, id := range ids {
			scores[i] = pipe.ZScore(ctx, dueKey(p, DuePromise), string(id))
			exists[i] = pipe.Exists(ctx, promiseKey(p, id))
		}
		return nil
	})
	var out []CaseID
	for i, id := range ids {
		// Each answer for itself: the first may be "not there" and a later one lost.
		missing := errors.Is(scores[i].Err(), redis.Nil)
		if err := exists[i].Err(); err != nil || scores[i].Err() != nil && !missing {
			return nil, fmt.Errorf("casestore: sweep promises: %w", errors.Join(scores[i].Err(), err))
		}
		if missing || exists[i].Val() == 0 {
			out = append(out, id)
		}
	}
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("casestore: sweep promises: %w", err)
	}
	return out, nil
}

// repair has a promise looked at for which nothing comes next, and says what it
// did: nothing where the promise has ended meanwhile.
func (s *Store) repair(ctx context.Context, p Partition, id CaseID) (string, error) {
	promise, err := s.Promise(ctx, p, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return s.remake(ctx, p, id)
	case err == nil && promise.State != PromiseOpen:
		return "", s.rdb.ZRem(ctx, promisesKey(p), string(id)).Err()
	}
	// One that cannot be read is looked at all the same: that is told of.
	return "scheduled", s.Schedule(ctx, duePromise(p, id), s.now())
}

// remake makes a promise anew that is listed and gone; one whose case is gone or
// not delivered is taken off the list.
func (s *Store) remake(ctx context.Context, p Partition, id CaseID) (string, error) {
	c, err := s.Case(ctx, p, id)
	if errors.Is(err, ErrNotFound) || err == nil && c.Stage != StageDelivered {
		return "", s.rdb.ZRem(ctx, promisesKey(p), string(id)).Err()
	}
	if err != nil {
		return "", err
	}
	promise := s.newPromise(id, c.DeliveredAt, nil)
	// Only where there is still none.
	ops := s.versioned(promiseKey(p, id), 0, s.sealPromise(promise), 0)
	ops.args[1] = strconv.Itoa(promise.Version)
	s.addOpen(&ops, p, id, c.DeliveredAt)
	if err := s.runCommit(ctx, ops); errors.Is(err, ErrConflict) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	return "made", nil
}

// PromiseCounts gives how many promises are open, how many of them have been for
// longer than 24 hours, and how late the oldest thing is that is due; zero for none.
func (s *Store) PromiseCounts(ctx context.Context) (open, late int, oldest time.Duration, err error) {
	var cards, lates [Partitions]*redis.IntCmd
	var firsts [Partitions]*redis.ZSliceCmd
	day := "(" + strconv.FormatInt(s.now().Add(-24*time.Hour).Unix(), 10)
	_, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for p := range Partition(Partitions) {
			cards[p] = pipe.ZCard(ctx, promisesKey(p))
			lates[p] = pipe.ZCount(ctx, promisesKey(p), "-inf", day)
			firsts[p] = pipe.ZRangeWithScores(ctx, dueKey(p, DuePromise), 0, 0)
		}
		return nil
	})
	if err != nil {
		return 0, 0, 0, fmt.Errorf("casestore: count promises: %w", err)
	}
	for p := range Partitions {
		open, late = open+int(cards[p].Val()), late+int(lates[p].Val())
		for _, z := range firsts[p].Val() {
			oldest = max(oldest, s.now().Sub(milli(int64(z.Score))))
		}
	}
	return open, late, oldest, nil
}
