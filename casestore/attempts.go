package casestore

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Subject is what guesses are counted against: a request number, a caller, a
// PIN, the whole line. It holds a keyed hash, never a number.
type Subject struct {
	name  string
	limit int
}

// How many wrong tries a subject bears in 24 hours before it is locked (rules.md
// 3.1, guessing). Everyone together are locked out by a flood that no honest day
// brings.
const (
	triesPerNumber = 5
	triesPerCaller = 10
	triesPerPIN    = 5
	// TriesInAll is the default for everybody together.
	TriesInAll = 500
	// A lock lasts lockFirst, and twice as long each further time, up to
	// lockLongest.
	lockFirst   = 30 * time.Minute
	lockLongest = 24 * time.Hour
)

// NumberSubject counts tries at one request number, whether it exists or not.
func (s *Store) NumberSubject(digits string) Subject {
	return Subject{s.ring.hash("tries", digits), triesPerNumber}
}

// CallerSubject counts the tries of one caller.
func (s *Store) CallerSubject(id PersonID) Subject { return Subject{string(id), triesPerCaller} }

// PINSubject counts tries at one coordinator's PIN.
func (s *Store) PINSubject(coordinator string) Subject {
	return Subject{s.ring.hash("pin", coordinator), triesPerPIN}
}

// EverySubject counts all tries.
func (s *Store) EverySubject() Subject { return Subject{s.ring.hash("tries", "all"), s.triesInAll} }

// triesKey: hash n, lock, locks. Wrong tries at a subject; lives 24 hours after
// the last one or until its lock ends.
func triesKey(s Subject) string { return key(partitionOf(s.name), "tries", s.name) }

// tryScript counts a try before it is judged, so that many at once cannot pass
// the limit together.
//
//	KEYS[1] tries; ARGV: now ms, limit, first lock ms, longest lock ms, a day in ms
//
// It returns 1 when the try may be judged, 0 while the subject is locked. The try
// that reaches the limit is judged and locks; so does each one after a lock.
var tryScript = redis.NewScript(trySource)

const trySource = `
local now = tonumber(ARGV[1])
local lock = tonumber(redis.call('HGET', KEYS[1], 'lock') or '0')
if lock > now then return 0 end
local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
local keep = tonumber(ARGV[5])
if n >= tonumber(ARGV[2]) then
  local locks = redis.call('HINCRBY', KEYS[1], 'locks', 1)
  local span = math.min(tonumber(ARGV[3]) * 2 ^ math.min(locks - 1, 20), tonumber(ARGV[4]))
  redis.call('HSET', KEYS[1], 'lock', string.format('%.0f', now + span))
  keep = keep + span
end
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', keep))
return 1
`

// Try counts a try against every subject and says whether it may be judged: no,
// when any of them is locked. The count is taken before the judgement; a right
// one takes it back with Clear. What a lock of a number or a caller stops is not
// counted against everybody, or one who is locked out could lock out all. It
// does the same work whether a subject is known or not. When Redis does not
// answer, nobody is let in.
func (s *Store) Try(ctx context.Context, subjects ...Subject) (bool, error) {
	all := s.EverySubject()
	own := slices.DeleteFunc(slices.Clone(subjects), func(sub Subject) bool { return sub == all })
	allowed, err := s.try(ctx, own)
	if err != nil || len(own) == len(subjects) {
		return allowed, err
	}
	if !allowed {
		all.name = s.ring.hash("tries", "nobody")
	}
	whole, err := s.try(ctx, []Subject{all})
	return allowed && whole, err
}

func (s *Store) try(ctx context.Context, subjects []Subject) (bool, error) {
	now := s.now().UnixMilli()
	cmds := make([]*redis.Cmd, len(subjects))
	// Eval and not EvalSha: in a pipeline a missing script cannot be sent again.
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, sub := range subjects {
			cmds[i] = tryScript.Eval(ctx, pipe, []string{triesKey(sub)}, now, sub.limit, lockFirst.Milliseconds(), lockLongest.Milliseconds(), (24 * time.Hour).Milliseconds())
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("casestore: count a try: %w", err)
	}
	allowed := true
	for _, c := range cmds {
		n, err := c.Int()
		if err != nil {
			return false, fmt.Errorf("casestore: count a try: %w", err)
		}
		allowed = allowed && n == 1
	}
	return allowed, nil
}

// Clear forgets the tries at what was proved by the right answer, and takes back
// the one that was counted against everybody else.
func (s *Store) Clear(ctx context.Context, proved Subject, others ...Subject) error {
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.Del(ctx, triesKey(proved))
		for _, sub := range others {
			untryScript.Eval(ctx, pipe, []string{triesKey(sub)}, strconv.Itoa(sub.limit))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("casestore: clear tries: %w", err)
	}
	return nil
}

// untryScript takes one try back, and the lock that it brought.
//
//	KEYS[1] tries; ARGV: limit
var untryScript = redis.NewScript(untrySource)

const untrySource = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local n = redis.call('HINCRBY', KEYS[1], 'n', -1)
if n + 1 >= tonumber(ARGV[1]) then
  redis.call('HDEL', KEYS[1], 'lock')
  redis.call('HINCRBY', KEYS[1], 'locks', -1)
end
return 1
`
