package casestore

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Errors of the store. Everything else it returns means that Redis did not
// answer, or answered with an error.
var (
	// ErrConflict: somebody else moved the conversation on; read it again.
	ErrConflict = errors.New("casestore: the conversation has moved on")
	// ErrFinished: the request was finished in another call.
	ErrFinished = errors.New("casestore: the request is finished already")
	// ErrNotFound: there is no such thing.
	ErrNotFound = errors.New("casestore: not found")
)

// Store keeps cases and conversations in Redis. It is safe for concurrent use
// by any number of replicas.
type Store struct {
	rdb   redis.UniversalClient
	ring  *KeyRing
	keep  time.Duration
	now   func() time.Time
	log   *slog.Logger
	pool  chan reserved
	nudge chan struct{}
}

// Options of a store. Rdb and Ring are required.
type Options struct {
	Redis redis.UniversalClient
	Ring  *KeyRing
	// Keep is how long an unfinished request can be taken up again; 7 days by
	// default.
	Keep time.Duration
	// Now is the clock; time.Now by default.
	Now func() time.Time
	Log *slog.Logger
}

// New makes a store. It does not talk to Redis yet.
func New(o Options) *Store {
	s := &Store{rdb: o.Redis, ring: o.Ring, keep: o.Keep, now: o.Now, log: o.Log, pool: make(chan reserved, poolSize), nudge: make(chan struct{}, 1)}
	if s.keep == 0 {
		s.keep = 7 * 24 * time.Hour
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Ring gives the key ring that seals what the store keeps.
func (s *Store) Ring() *KeyRing { return s.ring }

// Keep is how long an unfinished request can be taken up again.
func (s *Store) Keep() time.Duration { return s.keep }

// Ping asks Redis whether it answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.rdb.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("casestore: ping: %w", err)
	}
	return nil
}

// Close ends the connections.
func (s *Store) Close() error { return s.rdb.Close() }

// NewCaseID draws an ID of 80 random bits.
func NewCaseID() CaseID { return CaseID("c" + random(10)) }

// NewTaskID draws an ID of 80 random bits.
func NewTaskID() string { return "t" + random(10) }

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// Conversation reads where a call stands, in one round trip. It fails with
// ErrNotFound for a call that is not known.
func (s *Store) Conversation(ctx context.Context, p Partition, call string) (*Conversation, error) {
	values, err := s.rdb.HMGet(ctx, callKey(p, call), "v", "d").Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: read call %s: %w", call, err)
	}
	return s.openConversation(call, values)
}

// ConversationAndDrafts reads where a call stands and the unfinished requests
// of the person who calls, in one round trip. A call that is not known gives a
// nil conversation. Once maxGuesses dates of birth were wrong, no unfinished
// request is given until guessesLive after the last: the way to a person, and to
// a new request, stays open.
func (s *Store) ConversationAndDrafts(ctx context.Context, id PersonID, call string) (*Conversation, []*Case, error) {
	var values *redis.SliceCmd
	var drafts *redis.MapStringStringCmd
	var guesses *redis.StringCmd
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		values = pipe.HMGet(ctx, callKey(id.Partition(), call), "v", "d")
		drafts = pipe.HGetAll(ctx, draftsKey(id))
		guesses = pipe.Get(ctx, guessesKey(id))
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, nil, fmt.Errorf("casestore: read call %s and drafts: %w", call, err)
	}
	conversation, err := s.openConversation(call, values.Val())
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, nil, err
	}
	if n, _ := guesses.Int(); n >= maxGuesses {
		return conversation, nil, nil
	}
	return conversation, s.openDrafts(drafts.Val()), nil
}

// maxGuesses is how many wrong dates of birth a number may try (rules.md 3.1,
// guessing: 5 in 24 h).
const maxGuesses = 5

func (s *Store) openConversation(call string, values []any) (*Conversation, error) {
	version, ok := values[0].(string)
	sealed, ok2 := values[1].(string)
	if !ok || !ok2 {
		return nil, fmt.Errorf("casestore: call %s: %w", call, ErrNotFound)
	}
	n, err := strconv.Atoi(version)
	if err != nil {
		return nil, fmt.Errorf("casestore: call %s: version: %w", call, err)
	}
	plain, err := s.ring.Open(call, "conversation", []byte(sealed))
	if err != nil {
		return nil, fmt.Errorf("casestore: call %s: %w", call, err)
	}
	return decodeConversation(call, n, plain)
}

// openDrafts opens the unfinished requests, the newest first. One that does not
// open is logged and left out: it must not keep a person from the line.
func (s *Store) openDrafts(sealed map[string]string) []*Case {
	var out []*Case
	for id, value := range sealed {
		plain, err := s.ring.Open(id, "case", []byte(value))
		if err != nil {
			s.log.Error("an unfinished request cannot be opened", "case", id, "err", err)
			continue
		}
		c, err := decodeCase(plain)
		if err != nil {
			s.log.Error("an unfinished request cannot be read", "case", id, "err", err)
			continue
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *Case) int { return b.Updated.Compare(a.Updated) })
	return out
}

// Case reads a finished case. It fails with ErrNotFound.
func (s *Store) Case(ctx context.Context, p Partition, id CaseID) (*Case, error) {
	sealed, err := s.rdb.HGet(ctx, caseKey(p, id), "d").Result()
	if errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("casestore: case %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("casestore: read case %s: %w", id, err)
	}
	plain, err := s.ring.Open(string(id), "case", []byte(sealed))
	if err != nil {
		return nil, fmt.Errorf("casestore: case %s: %w", id, err)
	}
	return decodeCase(plain)
}

// Drafts reads the unfinished requests of a person, the newest first.
func (s *Store) Drafts(ctx context.Context, id PersonID) ([]*Case, error) {
	sealed, err := s.rdb.HGetAll(ctx, draftsKey(id)).Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: read drafts: %w", err)
	}
	return s.openDrafts(sealed), nil
}

// CaseByNumber finds the case of a request number. It fails with ErrNotFound.
func (s *Store) CaseByNumber(ctx context.Context, n RequestNumber) (*Case, error) {
	at, err := s.rdb.Get(ctx, s.ring.numberKey(n)).Result()
	if errors.Is(err, redis.Nil) || at == numberReserved {
		return nil, fmt.Errorf("casestore: request number: %w", ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("casestore: request number: %w", err)
	}
	part, id, _ := strings.Cut(at, ":")
	p, err := ParsePartition(part)
	if err != nil {
		return nil, err
	}
	return s.Case(ctx, p, CaseID(id))
}

// OptedOut says whether a number wants no automated calls and no texts, and
// since when.
func (s *Store) OptedOut(ctx context.Context, id PersonID) (OptOut, bool, error) {
	m, err := s.rdb.HGetAll(ctx, optOutKey(id)).Result()
	if err != nil {
		return OptOut{}, false, fmt.Errorf("casestore: opt-out: %w", err)
	}
	if len(m) == 0 {
		return OptOut{}, false, nil
	}
	ms, err := strconv.ParseInt(m["at"], 10, 64)
	if err != nil {
		return OptOut{}, false, fmt.Errorf("casestore: opt-out: %w", err)
	}
	return OptOut{At: milli(ms), How: m["how"], Call: m["call"]}, true, nil
}

// Tasks reads what is owed in all parts, by due time.
func (s *Store) Tasks(ctx context.Context) ([]*Task, error) {
	var out []*Task
	for p := range Partition(Partitions) {
		ids, err := s.rdb.ZRange(ctx, tasksKey(p), 0, -1).Result()
		if err != nil {
			return nil, fmt.Errorf("casestore: tasks: %w", err)
		}
		for _, id := range ids {
			task, err := s.task(ctx, p, id)
			if err != nil {
				return nil, err
			}
			out = append(out, task)
		}
	}
	slices.SortFunc(out, func(a, b *Task) int { return a.Due.Compare(b.Due) })
	return out, nil
}

func (s *Store) task(ctx context.Context, p Partition, id string) (*Task, error) {
	sealed, err := s.rdb.HGet(ctx, taskKey(p, id), "d").Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: task %s: %w", id, err)
	}
	plain, err := s.ring.Open(id, "task", []byte(sealed))
	if err != nil {
		return nil, fmt.Errorf("casestore: task %s: %w", id, err)
	}
	return decodeTask(id, plain)
}

// Stops counts the people whom stop rules turned away, by reason.
func (s *Store) Stops(ctx context.Context) (map[string]int, error) {
	out := map[string]int{}
	for p := range Partition(Partitions) {
		m, err := s.rdb.HGetAll(ctx, stopsKey(p)).Result()
		if err != nil {
			return nil, fmt.Errorf("casestore: stops: %w", err)
		}
		for reason, count := range m {
			n, _ := strconv.Atoi(count)
			out[reason] += n
		}
	}
	return out, nil
}
