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
func seenKey(hash string) string { return key(partitionOf(hash), "event", hash) }

// hashEvent is the keyed hash of an event's name.
func (s *Store) hashEvent(event string) string { return s.ring.hash("event", event) }

// eventName names an event in the audit record by its hash: what others call it may be
// personal.
func eventName(hash string) string { return "e" + hash[:16] }

// refusedKey: stream at, reason, d. Events that could not be accepted.
func refusedKey() string { return key(0, "refused", "") }

// ErrNotDurable says that Redis keeps nothing on disk.
var ErrNotDurable = errors.New("casestore: Redis does not write to disk")

// FindCase finds a case by its ID, or by what the case system calls it. It fails with
// ErrNotFound.
func (s *Store) FindCase(ctx context.Context, name string) (*Case, error) {
	_, ref := s.refKey(name)
	at, err := s.rdb.Get(ctx, ref).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("casestore: find case: %w", err)
	}
	p, id, err := s.placeOf(ctx, name, at)
	if err != nil {
		return nil, err
	}
	return s.Case(ctx, p, id)
}

// placeOf says where a case lies: at is what stands under refKey of its name, or else
// name is its ID. It fails with ErrNotFound.
func (s *Store) placeOf(ctx context.Context, name, at string) (Partition, CaseID, error) {
	if at != "" {
		part, id, _ := strings.Cut(at, ":")
		p, err := ParsePartition(part)
		return p, CaseID(id), err
	}
	if !likeCaseID(name) {
		return 0, "", fmt.Errorf("casestore: case: %w", ErrNotFound)
	}
	var there [Partitions]*redis.IntCmd
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for p := range Partition(Partitions) {
			there[p] = pipe.Exists(ctx, caseKey(p, CaseID(name)))
		}
		return nil
	})
	if err != nil {
		return 0, "", fmt.Errorf("casestore: find case: %w", err)
	}
	for p := range Partition(Partitions) {
		if there[p].Val() > 0 {
			return p, CaseID(name), nil
		}
	}
	return 0, "", fmt.Errorf("casestore: case: %w", ErrNotFound) // the name is others': it may be personal
}

// likeCaseID says whether a name may be an ID of ours: what cannot be is looked for in
// no partition.
func likeCaseID(name string) bool {
	return strings.HasPrefix(name, "c") && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// Standing is what is known of an event when it comes.
type Standing struct {
	// Seen says that it is done already.
	Seen bool
	// Case is the one that it is about, empty where there is none; Partition is where
	// that lies.
	Case      CaseID
	Partition Partition
}

// Standing says whether an event is done, and which case it is about, by the case's ID
// or by what the case system calls it; name may be empty. It takes one round trip, and
// a second one where the name may be an ID.
func (s *Store) Standing(ctx context.Context, event, name string) (Standing, error) {
	var done *redis.IntCmd
	var at *redis.StringCmd
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		done = pipe.Exists(ctx, seenKey(s.hashEvent(event)))
		_, ref := s.refKey(name)
		at = pipe.Get(ctx, ref)
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return Standing{}, fmt.Errorf("casestore: event: %w", err)
	}
	if done.Val() > 0 {
		return Standing{Seen: true}, nil
	}
	p, id, err := s.placeOf(ctx, name, at.Val())
	if errors.Is(err, ErrNotFound) {
		return Standing{}, nil
	}
	return Standing{Case: id, Partition: p}, err
}

// MakeCase keeps a case that the case system has made, under the name that it has
// there. Its ID follows from the name, so that it is made once; c is the one that is
// there when it returns, and made says whether it is c. What was agreed to is kept with
// it, as Agree does. It takes two round trips, and one more where the case lies in another
// partition than the number.
func (s *Store) MakeCase(ctx context.Context, name string, c *Case, agreed map[Channel]Permission) (there *Case, made bool, err error) {
	c.ID = CaseID("c" + s.ring.hash("case of", name)[:20])
	person := s.ring.Person(c.Caller)
	p, known, err := s.claimName(ctx, name, c.ID, person)
	if err != nil {
		return nil, false, fmt.Errorf("casestore: make case: %w", err)
	}
	c.Partition = p
	ops := s.versioned(caseKey(p, c.ID), 0, s.sealCase(c), 0)
	ops.did(Deed{What: "case.made", Case: c.ID, Outcome: string(c.Stage)})
	if person.Partition() == p {
		ops.addKnown(person)
		ops.addContact(person, known.change(agreed))
	} else if err := s.ChangeContact(ctx, person, known.change(agreed)); err != nil {
		return nil, false, err
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

// claimName has a case lie with a person under a name, unless another delivery of the
// event has said where it lies, and reads how the person may be reached.
func (s *Store) claimName(ctx context.Context, name string, id CaseID, person PersonID) (Partition, Contact, error) {
	_, ref := s.refKey(name)
	var at *redis.StringCmd
	var contact, stop *redis.MapStringStringCmd
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.SetNX(ctx, ref, person.Partition().String()+":"+string(id), 0)
		at = pipe.Get(ctx, ref)
		contact, stop = readContact(ctx, pipe, person)
		return nil
	})
	if err != nil {
		return 0, Contact{}, err
	}
	p, _, err := s.placeOf(ctx, name, at.Val())
	if err != nil {
		return 0, Contact{}, err
	}
	known, err := contactOf(contact.Val(), stop.Val())
	return p, known, err
}

// AwaitCase keeps an event until there is the case that it is about. came says that the
// case may have come in between.
func (s *Store) AwaitCase(ctx context.Context, name, event string, body []byte) (came bool, err error) {
	at, hash := s.waitingKey(name), s.hashEvent(event)
	var ref *redis.IntCmd
	_, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.HSet(ctx, at, hash, s.ring.Seal(s.ring.hash("ref", name), "event", body))
		pipe.Expire(ctx, at, eventsLive)
		// Both lie in one slot: whoever makes the case after this finds the event.
		_, of := s.refKey(name)
		ref = pipe.Exists(ctx, of)
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("casestore: event: %w", err)
	}
	s.Record(ctx, Deed{What: "event.in", Thing: eventName(hash), Outcome: "waits_for_its_case"})
	return ref.Val() > 0, nil
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
