package casestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
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

// Advance brings a case to a stage; set, which may be nil, changes what else is
// news. The first time that it is StageDelivered, and each time that DeliveredAt is
// another, the promise is made in the same step; one delivery has one promise,
// however often and in whatever order it is told. It says whether anything changed,
// and fails with ErrNotFound.
func (s *Store) Advance(ctx context.Context, p Partition, id CaseID, to Stage, set func(*Case)) (*Case, bool, error) {
	return s.tell(ctx, p, id, 0, moveTo(to, set))
}

// AdvanceFrom is Advance by somebody who has seen one version of the case. When it
// is another now it changes nothing, and fails with ErrConflict.
func (s *Store) AdvanceFrom(ctx context.Context, p Partition, id CaseID, seen int, to Stage, set func(*Case)) (*Case, bool, error) {
	return s.tell(ctx, p, id, seen, moveTo(to, set))
}

func moveTo(to Stage, set func(*Case)) func(*Case) {
	return func(c *Case) {
		c.Stage = to
		if set != nil {
			set(c)
		}
	}
}

// Tell changes a case as Advance does, the stage too where move sets another one.
// move may be called again when somebody else was first.
func (s *Store) Tell(ctx context.Context, p Partition, id CaseID, move func(*Case)) (*Case, bool, error) {
	return s.tell(ctx, p, id, 0, move)
}

func (s *Store) tell(ctx context.Context, p Partition, id CaseID, seen int, move func(*Case)) (*Case, bool, error) {
	for range 20 {
		values, err := s.rdb.HMGet(ctx, caseKey(p, id), "v", "d").Result()
		if err != nil {
			return nil, false, fmt.Errorf("casestore: case %s: %w", id, err)
		}
		version, plain, err := s.openVersioned(string(id), "case", values)
		if err != nil {
			return nil, false, fmt.Errorf("casestore: case %s: %w", id, err)
		}
		if seen != 0 && seen != version {
			return nil, false, fmt.Errorf("casestore: case %s: %w", id, ErrConflict)
		}
		before, err := decodeCase(plain)
		if err != nil {
			return nil, false, err
		}
		if !before.Forgotten.IsZero() {
			return nil, false, fmt.Errorf("casestore: case %s: %w", id, ErrForgotten)
		}
		c, err := decodeCase(plain)
		if err != nil {
			return nil, false, err
		}
		c.Partition = p
		move(c)
		if c.Stage == StageDelivered && c.DeliveredAt.IsZero() {
			c.DeliveredAt = s.now()
		}
		c.Version = version
		if sameCase(before, c) {
			return c, false, nil
		}
		c.Updated, c.Version = s.now(), version+1
		ops := s.versioned(caseKey(p, id), version, s.sealCase(c), 0)
		if c.Stage == StageDelivered && !(before.Stage == StageDelivered && before.DeliveredAt.Equal(c.DeliveredAt)) {
			if err := s.deliver(ctx, &ops, p, c); err != nil {
				return nil, false, err
			}
		}
		if c.Stage != before.Stage {
			s.addEntry(&ops, p, id, CaseEntry{At: c.Updated, What: EntryStage, About: string(c.Stage)})
		}
		change := Deed{What: "case.change", Case: id, Outcome: "changed"}
		if c.Stage != before.Stage {
			change.Outcome = string(c.Stage)
		}
		ops.did(change)
		ops.addEffect(p, Effect{Kind: EffectStage, Data: string(id)})
		switch err := s.runCommit(ctx, ops); {
		case errors.Is(err, ErrConflict):
			continue
		case err != nil:
			return nil, false, fmt.Errorf("casestore: case %s: %w", id, err)
		}
		return c, true, nil
	}
	return nil, false, fmt.Errorf("casestore: case %s: %w", id, ErrConflict)
}

// sameCase says whether nothing is news.
func sameCase(a, b *Case) bool {
	x, y := *a, *b
	x.Answers, y.Answers = nil, nil
	return maps.Equal(a.Answers, b.Answers) && bytes.Equal(encodeCase(&x), encodeCase(&y))
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

// OpenPromises lists the cases of a partition whose promise is open, the oldest
// delivery first.
func (s *Store) OpenPromises(ctx context.Context, p Partition) ([]CaseID, error) {
	ids, err := s.rdb.ZRange(ctx, promisesKey(p), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: open promises: %w", err)
	}
	out := make([]CaseID, len(ids))
	for i, id := range ids {
		out[i] = CaseID(id)
	}
	return out, nil
}

// Promised is an open promise and its case.
type Promised struct {
	Promise *Promise
	Case    *Case
}

// OpenPromised reads the open promises of a partition and their cases, the oldest
// delivery first, 500 in a round trip. One that cannot be read is left out, and told
// of in the log.
func (s *Store) OpenPromised(ctx context.Context, p Partition) ([]Promised, error) {
	ids, err := s.OpenPromises(ctx, p)
	if err != nil {
		return nil, err
	}
	var out []Promised
	for chunk := range slices.Chunk(ids, 500) {
		promises, cases := make([]*redis.SliceCmd, len(chunk)), make([]*redis.SliceCmd, len(chunk))
		_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for i, id := range chunk {
				promises[i] = pipe.HMGet(ctx, promiseKey(p, id), "v", "d")
				cases[i] = pipe.HMGet(ctx, caseKey(p, id), "v", "d")
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("casestore: open promises: %w", err)
		}
		for i, id := range chunk {
			promise, err := s.openPromise(p, id, promises[i].Val())
			c, err2 := s.openCase(p, id, cases[i].Val())
			if err := errors.Join(err, err2); err != nil {
				s.log.Error("an open promise cannot be read", "case", id, "err", err)
				continue
			}
			if promise.State == PromiseOpen {
				out = append(out, Promised{promise, c})
			}
		}
	}
	return out, nil
}

// Repair is what SweepPromises did about one case.
type Repair struct {
	Case CaseID
	// What is "scheduled": an open promise had nothing that comes next; "made": it
	// stood in the list of open ones and was not there.
	What string
}

// SweepPromises looks for open promises of a partition for which nothing comes
// next, and has each looked at now. Its cost follows from how many are open.
func (s *Store) SweepPromises(ctx context.Context, p Partition) ([]Repair, error) {
	ids, err := s.OpenPromises(ctx, p)
	if err != nil {
		return nil, err
	}
	var out []Repair
	for chunk := range slices.Chunk(ids, 500) {
		idle, err := s.unscheduled(ctx, p, chunk)
		if err != nil {
			return out, err
		}
		for _, id := range idle {
			what, err := s.repair(ctx, p, id)
			if err != nil {
				return out, fmt.Errorf("casestore: sweep promises: %w", err)
			}
			if what != "" {
				out = append(out, Repair{id, what})
			}
		}
	}
	return out, nil
}

// unscheduled gives those of some promises for which nothing comes next, or which
// are not there.
func (s *Store) unscheduled(ctx context.Context, p Partition, ids []CaseID) ([]CaseID, error) {
	scores, exists := make([]*redis.FloatCmd, len(ids)), make([]*redis.IntCmd, len(ids))
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, id := range ids {
			scores[i] = pipe.ZScore(ctx, dueKey(p, DuePromise), string(id))
			exists[i] = pipe.Exists(ctx, promiseKey(p, id))
		}
		return nil
	})
	var out []CaseID
	for i, id := range ids {
		// Each answer for itself: the first may be "not there" and a later one lost.
		missing := errors.Is(scores[i].Err(), redis.Nil)
		if err := exists[i].Err(); err != nil || scores[i].Err() != nil && !missing {
			return nil, fmt.Errorf("casestore: sweep promises: %w", errors.Join(scores[i].Err(), err))
		}
		if missing || exists[i].Val() == 0 {
			out = append(out, id)
		}
	}
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("casestore: sweep promises: %w", err)
	}
	return out, nil
}

// repair has a promise looked at for which nothing comes next, and says what it
// did: nothing where the promise has ended meanwhile.
func (s *Store) repair(ctx context.Context, p Partition, id CaseID) (string, error) {
	promise, err := s.Promise(ctx, p, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return s.remake(ctx, p, id)
	case err == nil && promise.State != PromiseOpen:
		return "", s.rdb.ZRem(ctx, promisesKey(p), string(id)).Err()
	}
	// One that cannot be read is looked at all the same: that is told of.
	return "scheduled", s.Schedule(ctx, duePromise(p, id), s.now())
}

// remake makes a promise anew that is listed and gone; one whose case is gone or
// not delivered is taken off the list.
func (s *Store) remake(ctx context.Context, p Partition, id CaseID) (string, error) {
	c, err := s.Case(ctx, p, id)
	if errors.Is(err, ErrNotFound) || err == nil && c.Stage != StageDelivered {
		return "", s.rdb.ZRem(ctx, promisesKey(p), string(id)).Err()
	}
	if err != nil {
		return "", err
	}
	promise := s.newPromise(id, c.DeliveredAt, nil)
	// Only where there is still none.
	ops := s.versioned(promiseKey(p, id), 0, s.sealPromise(promise), 0)
	ops.args[1] = strconv.Itoa(promise.Version)
	s.addOpen(&ops, p, id, c.DeliveredAt)
	if err := s.runCommit(ctx, ops); errors.Is(err, ErrConflict) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	return "made", nil
}

// PromiseCounts gives how many promises are open, how many of them have been for
// longer than 24 hours, and how late the oldest thing is that is due; zero for none.
func (s *Store) PromiseCounts(ctx context.Context) (open, late int, oldest time.Duration, err error) {
	var cards, lates [Partitions]*redis.IntCmd
	var firsts [Partitions]*redis.ZSliceCmd
	day := "(" + strconv.FormatInt(s.now().Add(-24*time.Hour).Unix(), 10)
	_, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for p := range Partition(Partitions) {
			cards[p] = pipe.ZCard(ctx, promisesKey(p))
			lates[p] = pipe.ZCount(ctx, promisesKey(p), "-inf", day)
			firsts[p] = pipe.ZRangeWithScores(ctx, dueKey(p, DuePromise), 0, 0)
		}
		return nil
	})
	if err != nil {
		return 0, 0, 0, fmt.Errorf("casestore: count promises: %w", err)
	}
	for p := range Partitions {
		open, late = open+int(cards[p].Val()), late+int(lates[p].Val())
		for _, z := range firsts[p].Val() {
			oldest = max(oldest, s.now().Sub(milli(int64(z.Score))))
		}
	}
	return open, late, oldest, nil
}

func encodePromise(p *Promise) []byte {
	w := &writer{b: append(make([]byte, 0, 512), wireFormat)}
	w.text(string(p.State))
	w.when(p.Delivered)
	w.text(p.Outcome)
	w.when(p.Ended)
	w.flag(p.NoLegalMinute)
	w.flag(p.Missed)
	w.when(p.Chosen)
	w.text(p.ChosenHow)
	w.when(p.NotBefore)
	w.int(p.Unanswered)
	w.text(p.Flight)
	w.int(len(p.Attempts))
	for _, a := range p.Attempts {
		w.record(func(w *writer) {
			w.text(a.Transfer)
			w.text(a.Call)
			w.text(a.Coordinator)
			w.when(a.At)
			w.text(a.Result)
			w.flag(a.ByHand)
			w.flag(a.Voicemail)
		})
	}
	for _, at := range []time.Time{p.Human, p.Supervisor, p.Letter, p.Announced, p.Next} {
		w.when(at)
	}
	w.text(p.Task)
	w.when(p.Regretted)
	w.int(len(p.Log))
	for _, d := range p.Log {
		w.record(func(w *writer) {
			w.when(d.At)
			w.text(d.What)
			w.text(d.Why)
			w.when(d.About)
		})
	}
	return w.b
}

func decodePromise(id CaseID, version int, plain []byte) (*Promise, error) {
	r, err := openWire(plain)
	if err != nil {
		return nil, err
	}
	p := &Promise{Case: id, Version: version, State: PromiseState(r.text()), Delivered: r.when(), Outcome: r.text(), Ended: r.when(),
		NoLegalMinute: r.flag(), Missed: r.flag(), Chosen: r.when(), ChosenHow: r.text(), NotBefore: r.when(), Unanswered: r.int(), Flight: r.text()}
	for range r.count() {
		r.record(func(r *reader) {
			p.Attempts = append(p.Attempts, Attempt{Transfer: r.text(), Call: r.text(), Coordinator: r.text(), At: r.when(), Result: r.text(), ByHand: r.flag(), Voicemail: r.flag()})
		})
	}
	p.Human, p.Supervisor, p.Letter, p.Announced, p.Next = r.when(), r.when(), r.when(), r.when(), r.when()
	p.Task, p.Regretted = r.text(), r.when()
	for range r.count() {
		r.record(func(r *reader) {
			p.Log = append(p.Log, Decision{At: r.when(), What: r.text(), Why: r.text(), About: r.when()})
		})
	}
	if r.err != nil {
		return nil, fmt.Errorf("casestore: promise %s: %w", id, r.err)
	}
	return p, nil
}

// EffectChosen moves the promise of a case to a time that the patient chose. Where
// none is promised any more, the patient is owed a call at that time all the same.
const EffectChosen EffectKind = "chosen"

// ChosenTime gives the effect; how is "key" or "text".
func ChosenTime(p Partition, id CaseID, at time.Time, how string) Effect {
	return Effect{Kind: EffectChosen, Data: strings.Join([]string{p.String(), string(id), strconv.FormatInt(at.Unix(), 10), how}, "|")}
}

// ParseChosenTime reads the data of EffectChosen.
func ParseChosenTime(data string) (p Partition, id CaseID, at time.Time, how string, err error) {
	parts := strings.Split(data, "|")
	if len(parts) != 4 {
		return 0, "", time.Time{}, "", fmt.Errorf("casestore: a chosen time has %d parts", len(parts))
	}
	unix, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return 0, "", time.Time{}, "", fmt.Errorf("casestore: a chosen time: %w", err)
	}
	p, err = ParsePartition(parts[0])
	return p, CaseID(parts[1]), time.Unix(unix, 0).UTC(), parts[3], err
}
