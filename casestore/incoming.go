package casestore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// How far back calls are counted. A call whose end nobody told us of stops being one
// in progress after callCounts.
const (
	recentCalls = 10 * time.Minute
	callCounts  = 30 * time.Minute
)

// recentKey: sorted set call by its beginning (Unix ms). What one number called
// lately; lives recentCalls after the last.
func recentKey(id PersonID) string { return key(id.Partition(), "recent", string(id)) }

// talkingKey: sorted set call by its beginning (Unix ms). One number's calls in
// progress; lives callCounts after the last.
func talkingKey(id PersonID) string { return key(id.Partition(), "talking", string(id)) }

// inProgressKey: sorted set call by its beginning (Unix ms). All calls in progress of
// a partition; lives callCounts after the last.
func inProgressKey(p Partition) string { return key(p, "inprogress", "") }

// Greeting is what is known of a caller when a call comes in.
type Greeting struct {
	// Drafts are the unfinished requests, the newest first.
	Drafts []*Case
	// Language is the one that the caller last chose; empty for none.
	Language string
	// Known says that something is kept of the number: a request, a consent, a text.
	Known bool
	// Recent counts the calls of the number in the last ten minutes, this one
	// among them, however often it is told; Talking those in progress.
	Recent, Talking int
}

// ConversationAndDrafts reads where a call stands and the unfinished requests
// of the person who calls, in one round trip. A call that is not known gives a
// nil conversation. Once maxGuesses dates of birth were wrong, no unfinished
// request is given until guessesLive after the last: the way to a person, and to
// a new request, stays open.
func (s *Store) ConversationAndDrafts(ctx context.Context, id PersonID, call string) (*Conversation, Greeting, error) {
	return s.greet(ctx, id, call, nil)
}

// Incoming is ConversationAndDrafts for a call that comes in: in the same round trip
// the call is counted against the number (rules.md 3.1, flood).
func (s *Store) Incoming(ctx context.Context, id PersonID, call string) (*Conversation, Greeting, error) {
	now := s.now()
	var recent, talking *redis.IntCmd
	conversation, g, err := s.greet(ctx, id, call, func(pipe redis.Pipeliner) {
		recent = count(ctx, pipe, recentKey(id), call, now, recentCalls)
		talking = count(ctx, pipe, talkingKey(id), call, now, callCounts)
		count(ctx, pipe, inProgressKey(id.Partition()), call, now, callCounts)
	})
	if err == nil {
		g.Recent, g.Talking = int(recent.Val()), int(talking.Val())
	}
	return conversation, g, err
}

// count puts a call in a sorted set, once, and counts those of the window.
func count(ctx context.Context, pipe redis.Pipeliner, at, call string, now time.Time, window time.Duration) *redis.IntCmd {
	pipe.ZAddNX(ctx, at, redis.Z{Score: float64(now.UnixMilli()), Member: call})
	pipe.ZRemRangeByScore(ctx, at, "-inf", before(now, window))
	pipe.PExpire(ctx, at, window)
	return pipe.ZCard(ctx, at)
}

func before(now time.Time, window time.Duration) string {
	return strconv.FormatInt(now.Add(-window).UnixMilli(), 10)
}

// greet reads what is known of a call and its caller, and does besides what is asked
// for, all of the person's partition.
func (s *Store) greet(ctx context.Context, id PersonID, call string, besides func(redis.Pipeliner)) (*Conversation, Greeting, error) {
	var values *redis.SliceCmd
	var language *redis.StringCmd
	var drafts *redis.MapStringStringCmd
	var guesses *redis.StringCmd
	var known *redis.IntCmd
	err := s.turns.ask(ctx, func(pipe redis.Pipeliner) {
		values = pipe.HMGet(ctx, callKey(id.Partition(), call), "v", "d")
		drafts = pipe.HGetAll(ctx, draftsKey(id))
		guesses = pipe.Get(ctx, guessesKey(id))
		language = pipe.HGet(ctx, contactKey(id), "language")
		known = pipe.Exists(ctx, contactKey(id))
		if besides != nil {
			besides(pipe)
		}
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, Greeting{}, fmt.Errorf("casestore: read call %s and drafts: %w", call, err)
	}
	conversation, err := s.openConversation(call, values.Val())
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, Greeting{}, err
	}
	g := Greeting{Language: language.Val(), Known: known.Val() > 0 || len(drafts.Val()) > 0}
	if n, _ := guesses.Int(); n < maxGuesses {
		g.Drafts = s.openDrafts(drafts.Val())
	}
	return conversation, g, nil
}

// addKnown marks a number as one of which something is kept: a request.
func (o *operations) addKnown(id PersonID) { o.add("HSET", contactKey(id), "case", 1) }

// CallOver takes a call from those in progress.
func (s *Store) CallOver(ctx context.Context, id PersonID, call string) error {
	if _, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.ZRem(ctx, talkingKey(id), call)
		pipe.ZRem(ctx, inProgressKey(id.Partition()), call)
		return nil
	}); err != nil {
		return fmt.Errorf("casestore: end of call %s: %w", call, err)
	}
	return nil
}

// CallsInProgress counts the calls that came in and are not over, as far as we were
// told.
func (s *Store) CallsInProgress(ctx context.Context) (int, error) {
	since := "(" + before(s.now(), callCounts)
	counts := make([]*redis.IntCmd, Partitions)
	if _, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for p := range counts {
			counts[p] = pipe.ZCount(ctx, inProgressKey(Partition(p)), since, "+inf")
		}
		return nil
	}); err != nil {
		return 0, fmt.Errorf("casestore: calls in progress: %w", err)
	}
	n := 0
	for _, c := range counts {
		n += int(c.Val())
	}
	return n, nil
}
