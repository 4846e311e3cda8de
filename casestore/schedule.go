package casestore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Due is something to be done at a time: a text to be sent, an attempt to be made.
type Due struct {
	Kind EffectKind
	ID   string
	// Partition is where it lies.
	Partition Partition
}

// dueKey: sorted set ID by due time (Unix ms), one a kind. What is to be done at a
// time; while somebody does it, the time is when another may take it over.
func dueKey(p Partition, kind EffectKind) string { return key(p, "due", string(kind)) }

func (d Due) key() string { return dueKey(d.Partition, d.Kind) }

// claimDueScript takes what is due, and gives it to nobody else for a while.
//
//	KEYS[1] due; ARGV: now ms, lease ends ms, how many at most
//
// It returns the members taken, the earliest first.
var claimDueScript = redis.NewScript(claimDueSource)

const claimDueSource = `
local members = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, m in ipairs(members) do redis.call('ZADD', KEYS[1], ARGV[2], m) end
return members
`

// ClaimDue takes what is due of a kind, up to most things of each partition, and
// gives them to no other caller until lease has passed. What is not finished by then
// is due again: nothing is lost with a replica that dies. more says that there may be
// more. It takes one round trip where nothing is due, and two where something is (on
// a cluster, one and two a node); its cost depends on what is due, not on how much is
// scheduled.
func (s *Store) ClaimDue(ctx context.Context, kind EffectKind, most int, lease time.Duration) (due []Due, more bool, err error) {
	now := s.now()
	var counts [Partitions]*redis.IntCmd
	_, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for p := range Partition(Partitions) {
			counts[p] = pipe.ZCount(ctx, dueKey(p, kind), "-inf", strconv.FormatInt(now.UnixMilli(), 10))
		}
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("casestore: claim what is due: %w", err)
	}
	claims, err := s.claimAll(ctx, func(p Partition) bool { return counts[p].Val() > 0 }, kind, now.UnixMilli(), now.Add(lease).UnixMilli(), most)
	if err != nil {
		return nil, false, fmt.Errorf("casestore: claim what is due: %w", err)
	}
	for p := range Partition(Partitions) {
		if claims[p] == nil {
			continue
		}
		members, err := claims[p].StringSlice()
		if err != nil && !errors.Is(err, redis.Nil) {
			return due, false, fmt.Errorf("casestore: claim what is due: %w", err)
		}
		more = more || len(members) == most
		for _, id := range members {
			due = append(due, Due{Kind: kind, ID: id, Partition: p})
		}
	}
	return due, more, nil
}

// claimAll runs claimDueScript in those partitions where something is due, in one round
// trip. A server that does not know the script is sent it in a second one.
func (s *Store) claimAll(ctx context.Context, where func(Partition) bool, kind EffectKind, args ...any) (claims [Partitions]*redis.Cmd, err error) {
	for _, run := range []func(context.Context, redis.Scripter, []string, ...any) *redis.Cmd{claimDueScript.EvalSha, claimDueScript.Eval} {
		_, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for p := range Partition(Partitions) {
				if where(p) && (claims[p] == nil || redis.HasErrorPrefix(claims[p].Err(), "NOSCRIPT")) {
					claims[p] = run(ctx, pipe, []string{dueKey(p, kind)}, args...)
				}
			}
			return nil
		})
		if err == nil || !redis.HasErrorPrefix(err, "NOSCRIPT") {
			break
		}
	}
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	return claims, err
}

// Return gives back what was claimed and not done, for others to do at once.
func (s *Store) Return(ctx context.Context, due ...Due) error {
	if len(due) == 0 {
		return nil
	}
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, d := range due {
			// XX: what was finished meanwhile stays finished.
			pipe.ZAddXX(ctx, d.key(), redis.Z{Score: float64(s.now().UnixMilli()), Member: d.ID})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("casestore: give back what is due: %w", err)
	}
	return nil
}

// Schedule has something done at a time, in place of any earlier time.
func (s *Store) Schedule(ctx context.Context, d Due, at time.Time) error {
	if err := s.rdb.ZAdd(ctx, d.key(), redis.Z{Score: float64(at.UnixMilli()), Member: d.ID}).Err(); err != nil {
		return fmt.Errorf("casestore: schedule: %w", err)
	}
	return nil
}

// Finish takes something off the schedule.
func (s *Store) Finish(ctx context.Context, d Due) error {
	if err := s.rdb.ZRem(ctx, d.key(), d.ID).Err(); err != nil {
		return fmt.Errorf("casestore: finish: %w", err)
	}
	return nil
}

// DueAt says when something is to be done; zero when it is not scheduled.
func (s *Store) DueAt(ctx context.Context, d Due) (time.Time, error) {
	score, err := s.rdb.ZScore(ctx, d.key(), d.ID).Result()
	if errors.Is(err, redis.Nil) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("casestore: due time: %w", err)
	}
	return time.UnixMilli(int64(score)).UTC(), nil
}

// addDue schedules in a step with whatever else is written.
func (o *operations) addDue(d Due, at time.Time) {
	o.add("ZADD", d.key(), strconv.FormatInt(at.UnixMilli(), 10), d.ID)
}
