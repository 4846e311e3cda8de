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
	// MostRefused is how many refused events are kept for an operator.
	MostRefused = 10_000
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

// eventName names an event in the audit record: what others call it may be personal.
func (s *Store) eventName(event string) string { return "e" + s.ring.hash("event", event)[:16] }

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
	ops.did(Deed{What: "case.made", Case: c.ID, Outcome: string(c.Stage)})
	if of := s.ring.Person(c.Caller); of.Partition() == p {
		ops.addKnown(of)
	}
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
	s.Record(ctx, Deed{What: "event.in", Thing: s.eventName(event), Outcome: "accepted"})
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
	s.Record(ctx, Deed{What: "event.in", Thing: s.eventName(event), Outcome: "waits_for_its_case"})
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
// replay; the last MostRefused are kept.
func (s *Store) RefuseEvent(ctx context.Context, e RefusedEvent) error {
	plain, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("casestore: event: %w", err)
	}
	err = s.rdb.XAdd(ctx, &redis.XAddArgs{Stream: refusedKey(), MaxLen: MostRefused, Approx: true,
		Values: []any{"reason", e.Reason, "d", s.ring.Seal("refused", "event", plain)}}).Err()
	if err != nil {
		return fmt.Errorf("casestore: event: %w", err)
	}
	s.Record(ctx, Deed{What: "event.in", Outcome: "refused", Thing: e.Reason})
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
