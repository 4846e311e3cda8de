package casestore

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"secondline/internal/private"
)

// Errors of the store. Everything else it returns means that Redis did not
// answer, or answered with an error.
var (
	// ErrConflict: somebody else moved the conversation on; read it again.
	ErrConflict = errors.New("casestore: the conversation has moved on")
	// ErrFinished: the request was finished in another call.
	ErrFinished = errors.New("casestore: the request is finished already")
	// ErrForgotten: everything personal of the request was deleted.
	ErrForgotten = errors.New("casestore: the request was deleted")
	// ErrNotFound: there is no such thing.
	ErrNotFound = errors.New("casestore: not found")
)

// Store keeps cases and conversations in Redis. It is safe for concurrent use
// by any number of replicas.
type Store struct {
	rdb   redis.UniversalClient
	turns together
	ring  *KeyRing
	keep  time.Duration
	now   func() time.Time
	log   *slog.Logger
	pool  chan reserved
	nudge chan struct{}

	triesInAll int
	trail      func(Deed)
	replicas   int

	// lineage is the last that was heard of, before72 says that Redis does not know
	// WAITAOF.
	lineage  atomic.Pointer[lineage]
	before72 atomic.Bool
}

// Options of a store. Rdb and Ring are required.
type Options struct {
	Redis redis.UniversalClient
	Ring  *KeyRing
	// Keep is how long an unfinished request can be taken up again; 7 days by
	// default.
	Keep time.Duration
	// TriesInAll is how many wrong pairs of request number and date of birth all
	// callers together may enter in 24 hours; TriesInAll by default.
	TriesInAll int
	// Trail is told of everything that is done, for the audit record; it must not
	// wait. Nil for nobody.
	Trail func(Deed)
	// Replicas is how many replicas of Redis must have an opt-out, an event, and the
	// mark of an attempt; 0 waits for none.
	Replicas int
	// Now is the clock; time.Now by default.
	Now func() time.Time
	Log *slog.Logger
}

// New makes a store. It does not talk to Redis yet.
func New(o Options) *Store {
	s := &Store{rdb: o.Redis, turns: together{rdb: o.Redis}, ring: o.Ring, keep: o.Keep, now: o.Now, log: o.Log, pool: make(chan reserved, poolSize), nudge: make(chan struct{}, 1),
		triesInAll: cmp.Or(o.TriesInAll, TriesInAll), trail: o.Trail, replicas: o.Replicas}
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
	var values *redis.SliceCmd
	err := s.turns.ask(ctx, func(pipe redis.Pipeliner) { values = pipe.HMGet(ctx, callKey(p, call), "v", "d") })
	if err != nil {
		return nil, fmt.Errorf("casestore: read call %s: %w", call, err)
	}
	return s.openConversation(call, values.Val())
}

// maxGuesses is how many wrong dates of birth a number may try (rules.md 3.1,
// guessing: 5 in 24 h).
const maxGuesses = 5

func (s *Store) openConversation(call string, values []any) (*Conversation, error) {
	n, plain, err := s.openVersioned(call, "conversation", values)
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
	values, err := s.rdb.HMGet(ctx, caseKey(p, id), "v", "d").Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: read case %s: %w", id, err)
	}
	return s.openCase(p, id, values)
}

func (s *Store) openCase(p Partition, id CaseID, values []any) (*Case, error) {
	version, plain, err := s.openVersioned(string(id), "case", values)
	if err != nil {
		return nil, fmt.Errorf("casestore: case %s: %w", id, err)
	}
	c, err := decodeCase(plain)
	if err == nil {
		c.Partition, c.Version = p, version
	}
	return c, err
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

// AddCase keeps a request that was made elsewhere, and makes it findable by its
// number. It lies with the number that called. One that is there is replaced. Where its
// opinion is delivered, the call is promised.
func (s *Store) AddCase(ctx context.Context, c *Case) error {
	p := s.ring.Person(c.Caller).Partition()
	if err := s.rdb.HSet(ctx, caseKey(p, c.ID), "v", 1, "d", s.sealCase(c)).Err(); err != nil {
		return fmt.Errorf("casestore: add case %s: %w", c.ID, err)
	}
	if err := s.rdb.Set(ctx, s.ring.numberKey(c.Number), p.String()+":"+string(c.ID), 0).Err(); err != nil {
		return fmt.Errorf("casestore: add case %s: %w", c.ID, err)
	}
	c.Partition = p
	s.Record(ctx, Deed{What: "case.made", Case: c.ID, Outcome: string(c.Stage)})
	if c.Stage != StageDelivered || c.DeliveredAt.IsZero() {
		return nil
	}
	ops := operations{}
	s.addPromise(&ops, p, c.ID, c.DeliveredAt, nil)
	return s.runPlain(ctx, ops)
}

// Lookup finds the case of a request number as a caller typed it; nil where there
// is none. It asks Redis the same whether there is one or not, so that its time
// tells nothing.
func (s *Store) Lookup(ctx context.Context, digits string) (*Case, error) {
	hash := s.ring.hash("number", digits)
	at, err := s.rdb.Get(ctx, key(partitionOf(hash), "number", hash)).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("casestore: request number: %w", err)
	}
	part, id, _ := strings.Cut(at, ":")
	p, err := ParsePartition(part)
	if err != nil {
		p, id = partitionOf(hash), "none"
	}
	c, err := s.Case(ctx, p, CaseID(id))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if c != nil {
		c.Partition = p
	}
	return c, err
}

// OptOutNumber records that a number wants no automated calls and no texts.
func (s *Store) OptOutNumber(ctx context.Context, number private.Text, o OptOut) error {
	ops := operations{}
	ops.addStop(s.ring.Person(number), o)
	if err := s.runPlain(ctx, ops); err != nil {
		return fmt.Errorf("casestore: opt-out: %w", err)
	}
	s.Record(ctx, Deed{What: "optout", Outcome: o.How})
	return nil
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
