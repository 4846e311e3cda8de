package casestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Retention is how long what is personal is kept. Opt-outs, and how a number may
// be reached, are never deleted by it.
type Retention struct {
	// Closed counts from the last change of a request that is over, Tasks from when
	// what was owed without a request was done, LaidAside from when an event or an
	// effect went wrong, Consents from when a request was deleted.
	Closed, Tasks, LaidAside, Consents time.Duration
}

// Retained is what was deleted, or would be.
type Retained struct {
	Cases, Recordings, Tasks, Refused, Effects, Deliveries, Consents int
	// Held counts requests whose time is up and that stay, by why; Failed what could not
	// be deleted now. Unclosed counts requests that were followed up as long ago and
	// that nobody has closed.
	Held             map[string]int
	Failed, Unclosed int
}

// over lists the stages after which a request is not gone on with.
var over = []Stage{StageClosed, StageWithdrawn, StageIneligible}

// ClaimRetention says whether this replica is to delete now: one is, once in a day. A
// replica that dies meanwhile is followed by another within the hour.
func (s *Store) ClaimRetention(ctx context.Context) (mine bool, done func(context.Context) error, err error) {
	at := key(0, "retention", "")
	mine, err = s.rdb.SetNX(ctx, at, s.now().UnixMilli(), time.Hour).Result()
	if err != nil {
		return false, nil, fmt.Errorf("casestore: retention: %w", err)
	}
	return mine, func(ctx context.Context) error {
		// Under a day, so that an hour's tick every day finds it free.
		return s.rdb.Set(ctx, at, s.now().UnixMilli(), 23*time.Hour+30*time.Minute).Err()
	}, nil
}

// Retain deletes what has been kept for long enough; with dry it only counts. drop
// deletes one recording. What fails is counted and left for the next time, keeps nothing
// else from being deleted, and is an error when all others are gone. It looks at every key.
func (s *Store) Retain(ctx context.Context, r Retention, dry bool, drop func(context.Context, string) error) (Retained, error) {
	out := Retained{Held: map[string]int{}}
	owing, err := s.notHandedOver(ctx)
	if err != nil {
		return out, err
	}
	now := s.now()
	var failed []error
	err = s.EachCase(ctx, func(c *Case) error {
		switch since := now.Sub(c.Updated); {
		case !c.Forgotten.IsZero():
			if now.Sub(c.Forgotten) < r.Consents {
				return nil
			}
			if !dry {
				if err := s.rdb.Del(ctx, caseKey(c.Partition, c.ID)).Err(); err != nil {
					out.Failed++
					failed = append(failed, fmt.Errorf("casestore: retention: consents: %w", err))
					return ctx.Err()
				}
			}
			out.Consents++
		case since < r.Closed:
		case slices.Contains(over, c.Stage):
			failed = append(failed, s.retainCase(ctx, c, &out, dry, owing[c.ID], drop))
		case c.Stage == StageFollowedUp:
			out.Unclosed++
		}
		return ctx.Err()
	})
	failed = append(failed, err)
	for p := range Partition(Partitions) {
		failed = append(failed, s.retainPart(ctx, p, r, dry, &out, drop))
	}
	return out, errors.Join(append(failed, s.retainRefused(ctx, r, dry, &out))...)
}

func (s *Store) retainCase(ctx context.Context, c *Case, out *Retained, dry, owing bool, drop func(context.Context, string) error) error {
	if owing {
		out.Held[HeldByHandOver]++
		return nil
	}
	held, tasks, err := s.heldBy(ctx, c)
	said := len(recordingsOf(c, tasks))
	if err == nil && held == "" && !dry {
		held, err = s.Forget(ctx, c, "retention", func(sids []string) error { return dropAll(ctx, sids, drop) })
	}
	switch {
	case err != nil:
		out.Failed++
		return fmt.Errorf("casestore: retention: case %s: %w", c.ID, err)
	case held != "":
		out.Held[held]++
	default:
		out.Cases++
		out.Recordings += said
	}
	return nil
}

func dropAll(ctx context.Context, sids []string, drop func(context.Context, string) error) error {
	for _, sid := range sids {
		if err := drop(ctx, sid); err != nil {
			return err
		}
	}
	return nil
}

// retainPart deletes what lies by itself in a part: tasks of no request, effects and
// events that were laid aside.
func (s *Store) retainPart(ctx context.Context, p Partition, r Retention, dry bool, out *Retained, drop func(context.Context, string) error) error {
	before := strconv.FormatInt(s.now().Add(-r.Tasks).Unix(), 10)
	ids, err := s.rdb.ZRangeByScore(ctx, closedKey(p), &redis.ZRangeBy{Min: "-inf", Max: before}).Result()
	if err != nil {
		return fmt.Errorf("casestore: retention: %w", err)
	}
	var failed []error
	for _, id := range ids {
		failed = append(failed, s.retainTask(ctx, p, id, dry, out, drop))
	}
	n, err := s.retainStream(ctx, deadKey(p), r.LaidAside, dry)
	out.Effects += n
	return errors.Join(append(failed, err, s.retainDeliveries(ctx, p, r, dry, out))...)
}

// retainTask deletes a task of no request, or of one that is gone, and what was said.
func (s *Store) retainTask(ctx context.Context, p Partition, id string, dry bool, out *Retained, drop func(context.Context, string) error) error {
	t, err := s.Task(ctx, p, id)
	if errors.Is(err, ErrNotFound) {
		t, err = &Task{ID: id, Outcome: "gone"}, nil
	}
	if errors.Is(err, ErrSealed) {
		out.Failed++ // that no key opens it is said where the keys are looked at
		return nil
	}
	if err == nil && t.Outcome == "" {
		return nil
	}
	if err == nil && t.Case != "" {
		if c, err := s.Case(ctx, p, t.Case); !errors.Is(err, ErrNotFound) && (err != nil || c.Forgotten.IsZero()) {
			return nil // it goes with its request
		}
	}
	if err == nil && !dry && t.Recording != "" {
		err = drop(ctx, t.Recording)
	}
	if err == nil && !dry {
		ops := operations{}
		s.dropTask(&ops, p, t)
		err = s.runPlain(ctx, ops)
	}
	if err != nil {
		out.Failed++
		return fmt.Errorf("casestore: retention: task %s: %w", id, err)
	}
	out.Tasks++
	return nil
}

// retainDeliveries leaves what hands a request over: it is the only copy that the case
// system could still be given.
func (s *Store) retainDeliveries(ctx context.Context, p Partition, r Retention, dry bool, out *Retained) error {
	all, err := s.rdb.HGetAll(ctx, deadEventsKey(p)).Result()
	if err != nil {
		return fmt.Errorf("casestore: retention: %w", err)
	}
	var failed []error
	for id, box := range all {
		d, err := s.openDelivery(p, id, box)
		if err != nil {
			out.Failed++
			failed = append(failed, fmt.Errorf("casestore: retention: %w", err))
			continue
		}
		if d.Type == IntakeCompleted || s.now().Sub(d.First) < r.LaidAside {
			continue
		}
		if !dry {
			if err := s.rdb.HDel(ctx, deadEventsKey(p), id).Err(); err != nil {
				out.Failed++
				failed = append(failed, fmt.Errorf("casestore: retention: delivery %s: %w", id, err))
				continue
			}
		}
		out.Deliveries++
	}
	return errors.Join(failed...)
}

func (s *Store) retainRefused(ctx context.Context, r Retention, dry bool, out *Retained) (err error) {
	out.Refused, err = s.retainStream(ctx, refusedKey(), r.LaidAside, dry)
	return err
}

// retainStream deletes entries by the time in their IDs, which Redis gave them.
func (s *Store) retainStream(ctx context.Context, at string, lives time.Duration, dry bool) (int, error) {
	last := strconv.FormatInt(s.now().Add(-lives).UnixMilli(), 10)
	entries, err := s.rdb.XRangeN(ctx, at, "-", last, MostRefused).Result()
	if err != nil {
		return 0, fmt.Errorf("casestore: retention: %w", err)
	}
	if dry || len(entries) == 0 {
		return len(entries), nil
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	if err := s.rdb.XDel(ctx, at, ids...).Err(); err != nil {
		return 0, fmt.Errorf("casestore: retention: %w", err)
	}
	return len(ids), nil
}

// notHandedOver lists the requests whose hand-over is on its way, or was laid aside.
func (s *Store) notHandedOver(ctx context.Context) (map[CaseID]bool, error) {
	out := map[CaseID]bool{}
	note := func(delivery string) {
		if _, id, ok := strings.Cut(delivery, ".intake."); ok {
			out[CaseID(id)] = true
		}
	}
	for p := range Partition(Partitions) {
		dead, err := s.rdb.HKeys(ctx, deadEventsKey(p)).Result()
		if err != nil {
			return nil, fmt.Errorf("casestore: retention: %w", err)
		}
		due, err := s.rdb.ZRange(ctx, dueKey(p, DueDelivery), 0, -1).Result()
		if err != nil {
			return nil, fmt.Errorf("casestore: retention: %w", err)
		}
		for _, id := range slices.Concat(dead, due) {
			note(id)
		}
	}
	return out, nil
}
