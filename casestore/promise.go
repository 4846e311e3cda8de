package casestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PromiseState says whether a person is still owed the call.
type PromiseState string

// The states of a promise. It is made as open when an opinion is delivered. A talk
// makes it kept; whatever else ends it, a person's decision among it, over. Neither
// is left, unless the opinion is delivered anew.
const (
	PromiseOpen PromiseState = "open"
	PromiseKept PromiseState = "kept"
	PromiseOver PromiseState = "over"
)

// Promise is the programme's word to one patient: a person calls within 24 hours
// after the opinion is delivered. It holds what was done, and what was not and why;
// what comes next follows from it (internal/hours).
type Promise struct {
	Case    CaseID
	Version int
	State   PromiseState
	// Delivered is when the opinion was; the attempt is promised within 24 hours.
	Delivered time.Time
	// Outcome says how a promise that is not open has ended, Ended when.
	Outcome string
	Ended   time.Time
	// NoLegalMinute says that no call was legal within the 24 hours: that is
	// counted on its own, not as kept.
	NoLegalMinute bool
	// Missed says that the time ran out without an attempt.
	Missed bool
	// Chosen is the time that the patient chose, ChosenHow by what: "key", "text",
	// "coordinator".
	Chosen    time.Time
	ChosenHow string
	// NotBefore keeps the next attempt back: no coordinator took it, or one asked
	// to wait.
	NotBefore time.Time
	// Unanswered counts the rounds since the last attempt in which no coordinator
	// took the call.
	Unanswered int
	// Flight is the transfer that is making the call now; empty for none.
	Flight string
	// Attempts are the calls to the patient that were made, in order.
	Attempts []Attempt
	// Human, Supervisor, Letter are when each was told; zero before.
	Human, Supervisor, Letter time.Time
	// Task is the open task of the coordinator who was told.
	Task string
	// Announced is the time of the attempt of which a text told before it.
	Announced time.Time
	// Regretted is the time of the attempt of which a text said that we missed them.
	Regretted time.Time
	// Next is when something is to be done again; zero for nothing.
	Next time.Time
	// Log is what was decided, the oldest first: the last promiseLog entries.
	Log []Decision
	// Partition is where the promise lies; it is not part of what is kept.
	Partition Partition
}

// Attempt is one call to the patient that was dialled.
type Attempt struct {
	// Transfer made it, Call is the SID of the patient's leg, Coordinator who was on
	// the line.
	Transfer, Call, Coordinator string
	// At is when the patient was dialled.
	At time.Time
	// Result is "reached", "message", "no_answer", "busy", "failed",
	// "wrong_number", "opted_out", "other_time", or "unknown" until it is known. A
	// call that a voice began can end in "no_key" too, "not_patient", "machine", and
	// "nobody": no coordinator came.
	Result string
	// ByHand says that a person dialled, Voicemail that a message was left.
	ByHand, Voicemail bool
}

// Decision is one thing that was decided about a promise, and why. What and Why
// are names, never words about a person.
type Decision struct {
	At        time.Time
	What, Why string
	// About is the time that the decision is about; zero for none.
	About time.Time
}

// promiseLog is how many decisions are kept of one promise.
const promiseLog = 200

// Note writes a decision down. The same one again in a row is not written twice.
func (p *Promise) Note(d Decision) {
	if n := len(p.Log); n > 0 {
		last := p.Log[n-1]
		if last.What == d.What && last.Why == d.Why && last.About.Equal(d.About) {
			return
		}
	}
	p.Log = append(p.Log, d)
	if over := len(p.Log) - promiseLog; over > 0 {
		// The beginning is what is asked for first; the middle can go.
		p.Log = slices.Delete(p.Log, 1, 1+over)
	}
}

// End closes a promise.
func (p *Promise) End(state PromiseState, outcome string, at time.Time) {
	p.State, p.Outcome, p.Ended, p.Flight, p.Next = state, outcome, at, "", time.Time{}
	p.Note(Decision{At: at, What: string(state), Why: outcome})
}

// DuePromise is what the schedule calls the next thing to be done for a promise;
// its ID is the case's.
const DuePromise EffectKind = "promise"

// EffectStage tells that a case has come to another stage. Its data is the case's
// ID. It may be done any number of times.
const EffectStage EffectKind = "stage"

// promiseKey: hash v, d. The promise of one case.
func promiseKey(p Partition, id CaseID) string { return key(p, "promise", string(id)) }

// promisesKey: sorted set case ID by delivery (Unix seconds). Promises that are
// open.
func promisesKey(p Partition) string { return key(p, "promises", "") }

func duePromise(p Partition, id CaseID) Due { return Due{DuePromise, string(id), p} }

// addPromise opens a promise in a step with whatever else is written, to be
// planned at once. before is the one that it replaces; nil for none.
func (s *Store) addPromise(ops *operations, p Partition, id CaseID, delivered time.Time, before *Promise) {
	promise := s.newPromise(id, delivered, before)
	ops.add("HSET", promiseKey(p, id), "v", promise.Version, "d", s.sealPromise(promise))
	s.addOpen(ops, p, id, delivered)
}

func (s *Store) newPromise(id CaseID, delivered time.Time, before *Promise) *Promise {
	promise := &Promise{Case: id, State: PromiseOpen, Delivered: delivered, Next: s.now()}
	promise.Note(Decision{At: s.now(), What: "delivered", About: delivered})
	// Versions never come again, even when an opinion is delivered anew.
	promise.Version = int(s.now().UnixMilli())
	if before != nil {
		promise.Version = max(promise.Version, before.Version+1)
	}
	return promise
}

// addOpen lists a promise as open, and has it looked at now.
func (s *Store) addOpen(ops *operations, p Partition, id CaseID, delivered time.Time) {
	ops.add("ZADD", promisesKey(p), strconv.FormatInt(delivered.Unix(), 10), string(id))
	ops.addDue(duePromise(p, id), s.now())
}

// deliver makes the promise of a delivery. The same delivery, told again after the
// case had left that stage, goes on with its promise, and what was done stays done:
// one that had ended with the stage is open again.
func (s *Store) deliver(ctx context.Context, ops *operations, p Partition, c *Case) error {
	before, err := s.Promise(ctx, p, c.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		s.addPromise(ops, p, c.ID, c.DeliveredAt, nil)
	case err != nil:
		return err
	case !before.Delivered.Equal(c.DeliveredAt):
		s.addPromise(ops, p, c.ID, c.DeliveredAt, before)
	case before.State == PromiseOpen:
		s.addOpen(ops, p, c.ID, c.DeliveredAt)
	case before.State == PromiseOver && strings.HasPrefix(before.Outcome, endedByStage):
		before.Version++
		before.State, before.Outcome, before.Ended, before.Next = PromiseOpen, "", time.Time{}, s.now()
		before.Note(Decision{At: s.now(), What: "delivered", Why: "again", About: c.DeliveredAt})
		ops.add("HSET", promiseKey(p, c.ID), "v", before.Version, "d", s.sealPromise(before))
		s.addOpen(ops, p, c.ID, c.DeliveredAt)
	}
	return nil
}

// endedByStage begins the outcome of a promise that ended because its case came to
// another stage.
const endedByStage = "stage_"

// EndWithStage closes a promise whose case has come to another stage: as kept where
// the patient was followed up.
func (p *Promise) EndWithStage(stage Stage, at time.Time) {
	state := PromiseOver
	if stage == StageFollowedUp {
		state = PromiseKept
	}
	p.End(state, endedByStage+string(stage), at)
}

func (s *Store) sealPromise(p *Promise) []byte {
	return s.ring.Seal(string(p.Case), "promise", encodePromise(p))
}

// Promise reads the promise of a case. It fails with ErrNotFound.
func (s *Store) Promise(ctx context.Context, p Partition, id CaseID) (*Promise, error) {
	values, err := s.rdb.HMGet(ctx, promiseKey(p, id), "v", "d").Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: promise %s: %w", id, err)
	}
	return s.openPromise(p, id, values)
}

func (s *Store) openPromise(p Partition, id CaseID, values []any) (*Promise, error) {
	version, plain, err := s.openVersioned(string(id), "promise", values)
	if err != nil {
		return nil, fmt.Errorf("casestore: promise %s: %w", id, err)
	}
	promise, err := decodePromise(id, version, plain)
	if err == nil {
		promise.Partition = p
	}
	return promise, err
}

// PromiseChange is what a change of a promise brings about besides. The zero value
// brings about nothing.
type PromiseChange struct {
	// Tasks are opened, Transfer begins to make the call.
	Tasks    []*Task
	Transfer *Transfer
	// Effects are appended to the outbox.
	Effects []Effect
}

// MovePromise changes a promise by compare and set, in two round trips: move
// changes the copy that it is given and may be called again when somebody else was
// first; it returns false to leave everything as it is. The promise is scheduled
// for its Next in the same step, and taken off the schedule where that is zero.
func (s *Store) MovePromise(ctx context.Context, p Partition, id CaseID, move func(*Promise) (PromiseChange, bool)) (*Promise, error) {
	for range 20 {
		promise, err := s.Promise(ctx, p, id)
		if err != nil {
			return nil, err
		}
		known := slices.Clone(promise.Log[max(0, len(promise.Log)-1):])
		change, changed := move(promise)
		if !changed {
			return promise, nil
		}
		expected := promise.Version
		promise.Version++
		ops := s.versioned(promiseKey(p, id), expected, s.sealPromise(promise), 0)
		due := duePromise(p, id)
		if promise.Next.IsZero() {
			ops.add("ZREM", due.key(), due.ID)
		} else {
			ops.addDue(due, promise.Next)
		}
		if promise.State != PromiseOpen {
			ops.add("ZREM", promisesKey(p), string(id))
		}
		ops.addDecided(p, promise, known)
		ops.didPromise(promise, known)
		for _, task := range change.Tasks {
			s.addTask(&ops, p, task)
		}
		if change.Transfer != nil {
			s.addTransfer(&ops, p, change.Transfer)
		}
		for _, e := range change.Effects {
			ops.addEffect(p, e)
		}
		switch err := s.runCommit(ctx, ops); {
		case errors.Is(err, ErrConflict):
			continue
		case err != nil:
			return nil, fmt.Errorf("casestore: promise %s: %w", id, err)
		}
		return promise, nil
	}
	return nil, fmt.Errorf("casestore: promise %s: %w", id, ErrConflict)
}
