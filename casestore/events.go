package casestore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// What the line knows of events of the programme's case system. Their names and the
// names of cases in them stand in keys as keyed hashes.

const (
	// eventsLive is how long an event is known to have been done, and how long one
	// waits for the case that it is about (rules.md 4).
	eventsLive = 30 * 24 * time.Hour
	// refusedMost is how many refused events are kept for an operator.
	refusedMost = 10_000
)

// refKey: string "partition:case". What the case system calls a case → case.
func (s *Store) refKey(name string) (Partition, string) {
	hash := s.ring.hash("ref", name)
	return partitionOf(hash), key(partitionOf(hash), "ref", hash)
}

// waitingKey: hash keyed hash of an event's name → sealed event. What came about a case before the case;
// lives eventsLive.
func (s *Store) waitingKey(name string) string {
	hash := s.ring.hash("ref", name)
	return key(partitionOf(hash), "waiting", hash)
}

// seenKey: string. An event that is done; lives eventsLive.
func (s *Store) seenKey(event string) string {
	hash := s.ring.hash("event", event)
	return key(partitionOf(hash), "event", hash)
}

// refusedKey: stream at, reason, d. Events that could not be accepted.
func refusedKey() string { return key(0, "refused", "") }

// ErrNotDurable says that Redis keeps nothing on disk.
var ErrNotDurable = errors.New("casestore: Redis does not write to disk")

// FindCase finds a case by its ID, or by what the case system calls it. It fails with
// ErrNotFound.
func (s *Store) FindCase(ctx context.Context, name string) (*Case, error) {
	_, ref := s.refKey(name)
	at, err := s.rdb.Get(ctx, ref).Result()
	switch {
	case err == nil:
		part, id, _ := strings.Cut(at, ":")
		p, err := ParsePartition(part)
		if err != nil {
			return nil, err
		}
		return s.Case(ctx, p, CaseID(id))
	case !errors.Is(err, redis.Nil):
		return nil, fmt.Errorf("casestore: find case: %w", err)
	}
	var there [Partitions]*redis.IntCmd
	_, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for p := range Partition(Partitions) {
			there[p] = pipe.Exists(ctx, caseKey(p, CaseID(name)))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("casestore: find case: %w", err)
	}
	for p := range Partition(Partitions) {
		if there[p].Val() > 0 {
			return s.Case(ctx, p, CaseID(name))
		}
	}
	return nil, fmt.Errorf("casestore: case %s: %w", name, ErrNotFound)
}

// MakeCase keeps a case that the case system has made, under the name that it has
// there. Its ID follows from the name, so that it is made once; c is the one that is
// there when it returns, and made says whether it is c.
func (s *Store) MakeCase(ctx context.Context, name string, c *Case) (there *Case, made bool, err error) {
	c.ID = CaseID("c" + s.ring.hash("case of", name)[:20])
	p := s.ring.Person(c.Caller).Partition()
	_, ref := s.refKey(name)
	if first, err := s.rdb.SetNX(ctx, ref, p.String()+":"+string(c.ID), 0).Result(); err != nil {
		return nil, false, fmt.Errorf("casestore: make case: %w", err)
	} else if !first {
		// Another delivery of the event may have said where it lies.
		at, err := s.rdb.Get(ctx, ref).Result()
		if err != nil {
			return nil, false, fmt.Errorf("casestore: make case: %w", err)
		}
		part, _, _ := strings.Cut(at, ":")
		if p, err = ParsePartition(part); err != nil {
			return nil, false, err
		}
	}
	c.Partition = p
	ops := s.versioned(caseKey(p, c.ID), 0, s.sealCase(c), 0)
	if c.Stage == StageDelivered && !c.DeliveredAt.IsZero() {
		s.addPromise(&ops, p, c.ID, c.DeliveredAt, nil)
	}
	ops.addEffect(p, Effect{Kind: EffectIndex, Data: string(s.indexed(c))})
	ops.addEffect(p, Effect{Kind: EffectStage, Data: string(c.ID)})
	switch err := s.runCommit(ctx, ops); {
	case err == nil:
		return c, true, nil
	case errors.Is(err, ErrConflict):
		there, err := s.Case(ctx, p, c.ID)
		return there, false, err
	default:
		return nil, false, fmt.Errorf("casestore: make case: %w", err)
	}
}

// EventSeen says whether an event is done.
func (s *Store) EventSeen(ctx context.Context, event string) (bool, error) {
	n, err := s.rdb.Exists(ctx, s.seenKey(event)).Result()
	if err != nil {
		return false, fmt.Errorf("casestore: event: %w", err)
	}
	return n > 0, nil
}

// SeeEvent keeps that an event is done.
func (s *Store) SeeEvent(ctx context.Context, event string) error {
	if err := s.rdb.Set(ctx, s.seenKey(event), "1", eventsLive).Err(); err != nil {
		return fmt.Errorf("casestore: event: %w", err)
	}
	return nil
}

// AwaitCase keeps an event until there is the case that it is about.
func (s *Store) AwaitCase(ctx context.Context, name, event string, body []byte) error {
	at := s.waitingKey(name)
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.HSet(ctx, at, s.ring.hash("event", event), s.ring.Seal(s.ring.hash("ref", name), "event", body))
		pipe.Expire(ctx, at, eventsLive)
		return nil
	})
	if err != nil {
		return fmt.Errorf("casestore: event: %w", err)
	}
	return nil
}

// Awaiting gives the events that wait for a case, by what CaseCame knows them by.
func (s *Store) Awaiting(ctx context.Context, name string) (map[string][]byte, error) {
	sealed, err := s.rdb.HGetAll(ctx, s.waitingKey(name)).Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: events: %w", err)
	}
	out := make(map[string][]byte, len(sealed))
	for event, box := range sealed {
		if out[event], err = s.ring.Open(s.ring.hash("ref", name), "event", []byte(box)); err == nil {
			continue
		}
		// Before, an event that waited was sealed for the name itself.
		if out[event], err = s.ring.Open(name, "event", []byte(box)); err != nil {
			return nil, fmt.Errorf("casestore: events: %w", err)
		}
	}
	return out, nil
}

// CaseCame forgets an event that waited for its case and is done.
func (s *Store) CaseCame(ctx context.Context, name, event string) error {
	if err := s.rdb.HDel(ctx, s.waitingKey(name), event).Err(); err != nil {
		return fmt.Errorf("casestore: events: %w", err)
	}
	return nil
}

// RefusedEvent is one that could not be accepted.
type RefusedEvent struct {
	ID     string // of the entry
	At     time.Time
	Reason string // machine-readable
	Body   []byte // of the request, as it came
	Kind   string // its media type, with the ce- headers as JSON after a line feed
}

// RefuseEvent keeps an event that could not be accepted, sealed, for an operator to
// replay; the last refusedMost are kept.
func (s *Store) RefuseEvent(ctx context.Context, e RefusedEvent) error {
	plain, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("casestore: event: %w", err)
	}
	err = s.rdb.XAdd(ctx, &redis.XAddArgs{Stream: refusedKey(), MaxLen: refusedMost, Approx: true,
		Values: []any{"reason", e.Reason, "d", s.ring.Seal("refused", "event", plain)}}).Err()
	if err != nil {
		return fmt.Errorf("casestore: event: %w", err)
	}
	return nil
}

// RefusedEvents gives what was refused and not dropped, the oldest first, at most
// most.
func (s *Store) RefusedEvents(ctx context.Context, most int64) ([]RefusedEvent, error) {
	entries, err := s.rdb.XRangeN(ctx, refusedKey(), "-", "+", most).Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: events: %w", err)
	}
	out := make([]RefusedEvent, 0, len(entries))
	for _, m := range entries {
		box, _ := m.Values["d"].(string)
		plain, err := s.ring.Open("refused", "event", []byte(box))
		if err != nil {
			return out, fmt.Errorf("casestore: events: %w", err)
		}
		var e RefusedEvent
		if err := json.Unmarshal(plain, &e); err != nil {
			return out, fmt.Errorf("casestore: events: %w", err)
		}
		e.ID = m.ID
		out = append(out, e)
	}
	return out, nil
}

// DropRefused forgets a refused event.
func (s *Store) DropRefused(ctx context.Context, id string) error {
	if err := s.rdb.XDel(ctx, refusedKey(), id).Err(); err != nil {
		return fmt.Errorf("casestore: event: %w", err)
	}
	return nil
}

// writesAlways is for a Redis before 7.2, which cannot be asked: there only
// appendfsync always has everything on disk by the time that it answers.
func writesAlways(ctx context.Context, rdb redis.Cmdable) error {
	got, err := rdb.ConfigGet(ctx, "append*").Result()
	if err != nil {
		return fmt.Errorf("casestore: durable: %w", err)
	}
	if got["appendonly"] != "yes" || got["appendfsync"] != "always" {
		return ErrNotDurable
	}
	return nil
}

// Durable waits until everything that was written so far is on disk, and on replicas
// replicas where there are as many (rules.md 3.4). It fails with ErrNotDurable where
// Redis keeps no append-only file, and for one before 7.2 where it does not write it
// always.
func (s *Store) Durable(ctx context.Context, replicas int) error {
	wait := func(ctx context.Context, rdb redis.Cmdable, mark string) error {
		var acked *redis.Cmd
		// What is written after it on the same connection is on disk after it.
		_, err := rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			pipe.Set(ctx, mark, s.now().UnixMilli(), time.Hour)
			acked = pipe.Do(ctx, "WAITAOF", 1, replicas, 2000)
			return nil
		})
		switch {
		case err == nil:
		case strings.Contains(err.Error(), "unknown command"):
			return writesAlways(ctx, rdb)
		case strings.Contains(err.Error(), "append"):
			return ErrNotDurable
		default:
			return fmt.Errorf("casestore: durable: %w", err)
		}
		counts, err := acked.Int64Slice()
		if err != nil || len(counts) != 2 || counts[0] < 1 || counts[1] < int64(replicas) {
			return fmt.Errorf("casestore: durable: %v of 1 and %d are on disk (%v)", counts, replicas, err)
		}
		return nil
	}
	cluster, ok := s.rdb.(*redis.ClusterClient)
	if !ok {
		return wait(ctx, s.rdb, key(0, "durable", ""))
	}
	for p := range Partition(Partitions) {
		node, err := cluster.MasterForKey(ctx, key(p, "durable", ""))
		if err == nil {
			err = wait(ctx, node, key(p, "durable", ""))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
