package casestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"secondline/internal/private"
)

// What a person who looks at the whole is shown. Nothing here changes anything.

// File is all that is kept about one case.
type File struct {
	Case *Case
	// Promise is nil where none was made.
	Promise *Promise
	// Tasks are open and closed ones, by when they were opened; Entries what people
	// did, the oldest first; Texts those to the case's number that tell of it.
	Tasks   []*Task
	Entries []CaseEntry
	Texts   []*Text
	Contact Contact
}

// File reads all that is kept about a case, in three round trips. It fails with
// ErrNotFound.
func (s *Store) File(ctx context.Context, p Partition, id CaseID) (*File, error) {
	var values, promise *redis.SliceCmd
	var tasks, entries *redis.StringSliceCmd
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		values, promise = pipe.HMGet(ctx, caseKey(p, id), "v", "d"), pipe.HMGet(ctx, promiseKey(p, id), "v", "d")
		tasks, entries = pipe.SMembers(ctx, caseTasksKey(p, id)), pipe.LRange(ctx, entriesKey(p, id), 0, -1)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("casestore: file: %w", err)
	}
	f := &File{Entries: s.openEntries(id, entries.Val())}
	if f.Case, err = s.openCase(p, id, values.Val()); err != nil {
		return nil, err
	}
	if f.Promise, err = s.openPromise(p, id, promise.Val()); err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if f.Tasks, err = s.tasksOf(ctx, p, tasks.Val()); err != nil {
		return nil, err
	}
	if phone := f.Case.Phone(); !phone.Empty() {
		err = s.addContactAndTexts(ctx, f, phone)
	}
	return f, err
}

// addContactAndTexts reads how the case's number may be reached, and what was
// written to it about the case.
func (s *Store) addContactAndTexts(ctx context.Context, f *File, phone private.Text) (err error) {
	if f.Contact, err = s.ContactOf(ctx, phone); err != nil {
		return err
	}
	texts, err := s.Texts(ctx, s.ring.Person(phone), f.Case.Opened.Add(-time.Hour))
	if err != nil {
		return err
	}
	f.Texts = slices.DeleteFunc(texts, func(t *Text) bool { return t.Case != "" && t.Case != f.Case.ID })
	return nil
}

func (s *Store) tasksOf(ctx context.Context, p Partition, ids []string) ([]*Task, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	values := make([]*redis.SliceCmd, len(ids))
	if _, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, id := range ids {
			values[i] = pipe.HMGet(ctx, taskKey(p, id), "v", "d")
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("casestore: tasks of a case: %w", err)
	}
	out := make([]*Task, 0, len(ids))
	for i, id := range ids {
		t, err := s.openTask(p, id, values[i].Val())
		if err != nil {
			s.log.Error("a task of a case cannot be read", "task", id, "err", err)
			continue
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *Task) int { return a.Opened.Compare(b.Opened) })
	return out, nil
}

// liveKey: sorted set transfer ID by when it was opened (Unix ms). Waits for a
// person that may be going on; those of more than callLives ago go.
func liveKey(p Partition) string { return key(p, "live", "") }

func (s *Store) addLive(ops *operations, p Partition, t *Transfer) {
	now := s.now()
	ops.add("ZREMRANGEBYSCORE", liveKey(p), "-inf", strconv.FormatInt(now.Add(-callLives).UnixMilli(), 10))
	ops.add("ZADD", liveKey(p), now.UnixMilli(), t.ID)
}

// longestTalk is how long a call lasts at most.
const longestTalk = 4 * time.Hour

// Live reads the waits for a person, and the calls we make, that are not over, the
// oldest first.
func (s *Store) Live(ctx context.Context) ([]*Transfer, error) {
	var ids [Partitions]*redis.StringSliceCmd
	since := strconv.FormatInt(s.now().Add(-longestTalk).UnixMilli(), 10)
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for p := range Partition(Partitions) {
			ids[p] = pipe.ZRangeByScore(ctx, liveKey(p), &redis.ZRangeBy{Min: since, Max: "+inf"})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("casestore: live calls: %w", err)
	}
	type place struct {
		p      Partition
		id     string
		values *redis.SliceCmd
	}
	var all []place
	_, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for p := range Partition(Partitions) {
			for _, id := range ids[p].Val() {
				all = append(all, place{p, id, pipe.HMGet(ctx, transferKey(p, id), "v", "d")})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("casestore: live calls: %w", err)
	}
	var out []*Transfer
	for _, x := range all {
		version, plain, err := s.openVersioned(x.id, "transfer", x.values.Val())
		if errors.Is(err, ErrNotFound) {
			continue
		}
		var t *Transfer
		if err == nil {
			t, err = decodeTransfer(x.id, version, plain)
		}
		if err != nil {
			s.log.Error("a live call cannot be shown", "transfer", x.id, "err", err)
		} else if t.going() {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *Transfer) int { return a.Opened.Compare(b.Opened) })
	return out, nil
}

// going says whether somebody waits or two people talk.
func (t *Transfer) going() bool {
	switch {
	case t.State == TransferWaiting:
		return true
	case t.Out != nil:
		return t.State == TransferTaken && t.Out.Ended.IsZero() && !t.Out.Settled
	}
	return t.State == TransferTaken
}
