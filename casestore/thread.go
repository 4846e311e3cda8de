package casestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"secondline/internal/flow"
)

// Question is what a text of ours asked and the next answer may be to.
type Question string

// What can be asked by text.
const (
	AskedEmail        Question = "email"
	AskedEmailConfirm Question = "email_confirm"
	AskedWhen         Question = "when"
)

// Thread is what is kept of the exchange of texts with one number.
type Thread struct {
	Version  int
	Language string
	// Seen are the SIDs of the last messages, so that one that comes twice is
	// answered once.
	Seen []string
	// Pending is what was asked, PendingUntil when an answer is no longer taken
	// for one.
	Pending      Question
	PendingUntil time.Time
	// Case is the request that the question is about; Call the call that waits for
	// the answer.
	Case CaseID
	Call string
	// CasePlace is the partition that Case lies in.
	CasePlace Partition
	// Offered is an e-mail address that waits to be confirmed.
	Answers flow.Answers
	// LastAuto is when an automatic answer to something not understood was sent.
	LastAuto time.Time
	// Window and InWindow bound how many messages are answered at all.
	Window   time.Time
	InWindow int
	// Day and InDay bound it for a day. IntakeInWindow and IntakeInDay count the
	// answers to an intake, which have bounds of their own.
	Day                         time.Time
	InDay                       int
	IntakeInWindow, IntakeInDay int
	// State is where an intake by text stands; its At is empty where there is none.
	// Once the date of birth is told the answers stand in the unfinished request
	// alone.
	State flow.State
	// Draft is the request that it makes, without its answers; Updated is zero until
	// it is kept as an unfinished one.
	Draft *Case
	// IntakeUntil is when the intake can no longer be gone on with, AskedAt when its
	// last question was put.
	IntakeUntil, AskedAt time.Time
	// ResumeTries counts the dates of birth that opened nothing in this intake.
	ResumeTries int
	// ToRead is the task that puts what was not understood before a person, ReadAt
	// when it was opened: what follows within the hour joins it.
	ToRead string
	ReadAt time.Time
	// Alarms and InAlarms bound how many emergencies of an hour are put before a
	// person one by one.
	Alarms   time.Time
	InAlarms int
	// Booked is the call at a time that was chosen by text.
	Booked string
}

// threadLives is how long an exchange is remembered.
const threadLives = 30 * 24 * time.Hour

// seenKept is how many SIDs are remembered.
const seenKept = 20

// threadKey: hash v, d. The exchange of texts with a number; lives threadLives.
func threadKey(id PersonID) string { return key(id.Partition(), "thread", string(id)) }

// HasSeen says whether a message was answered before.
func (t *Thread) HasSeen(sid string) bool { return slices.Contains(t.Seen, sid) }

// See remembers a message.
func (t *Thread) See(sid string) {
	t.Seen = append(slices.Clone(t.Seen), sid)
	if len(t.Seen) > seenKept {
		t.Seen = t.Seen[len(t.Seen)-seenKept:]
	}
}

// ThreadChange is what a message keeps besides the thread.
type ThreadChange struct {
	Change
	// Texts are queued for the number, at once.
	Texts []*Text
}

// Known is what is known of a number besides its thread.
type Known struct {
	Contact Contact
	// Drafts are the unfinished requests, the newest first. Locked says that too many
	// wrong dates of birth were told: none of them is to be opened by another.
	Drafts []*Case
	Locked bool
}

// MoveThread reads a number's thread and what else is known of it in one round
// trip, lets move change the copy, and writes it with everything else in one step;
// when somebody else was first, move is called again with what they made. move
// returns false to leave everything as it is. ErrFinished says that the unfinished
// request which the change guards is none any more.
func (s *Store) MoveThread(ctx context.Context, id PersonID, move func(*Thread, Known) (ThreadChange, bool, error)) (*Thread, error) {
	for range 20 {
		t, known, err := s.threadAndKnown(ctx, id)
		if err != nil {
			return nil, err
		}
		expected := t.Version
		change, changed, err := move(t, known)
		if err != nil || !changed {
			return t, err
		}
		t.Version++
		switch err := s.runCommit(ctx, s.threadOps(id, t, expected, change)); {
		case errors.Is(err, ErrConflict):
			continue
		case errors.Is(err, ErrFinished):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("casestore: move thread: %w", err)
		}
		return t, nil
	}
	return nil, fmt.Errorf("casestore: move thread: %w", ErrConflict)
}

func (s *Store) threadOps(id PersonID, t *Thread, expected int, change ThreadChange) operations {
	p := id.Partition()
	ops := s.versioned(threadKey(id), expected, s.ring.Seal(string(id), "thread", encodeThread(t)), threadLives)
	if change.Guard != "" {
		ops.keys[1], ops.args[4] = caseKey(p, change.Guard), "1"
	}
	ops.addOptOut(p, t.Case, change.Contact.OptOut)
	ops.addConsents(p, aboutCase(t.Case, t.Draft), change.Contact.Permissions)
	now := s.now()
	for _, text := range change.Texts {
		s.addText(&ops, id, text, now)
	}
	s.addChange(&ops, id, change.Change)
	return ops
}

// Thread reads the exchange of texts with a number; a new one where there is
// none.
func (s *Store) Thread(ctx context.Context, id PersonID) (*Thread, error) {
	values, err := s.rdb.HMGet(ctx, threadKey(id), "v", "d").Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: thread: %w", err)
	}
	return s.openThread(id, values)
}

func (s *Store) openThread(id PersonID, values []any) (*Thread, error) {
	version, plain, err := s.openVersioned(string(id), "thread", values)
	if errors.Is(err, ErrNotFound) {
		return &Thread{Language: "en"}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("casestore: thread: %w", err)
	}
	return decodeThread(version, plain)
}

func (s *Store) threadAndKnown(ctx context.Context, id PersonID) (*Thread, Known, error) {
	var values *redis.SliceCmd
	var contact, stop, drafts *redis.MapStringStringCmd
	var guesses *redis.StringCmd
	err := s.turns.ask(ctx, func(pipe redis.Pipeliner) {
		values = pipe.HMGet(ctx, threadKey(id), "v", "d")
		contact, stop = pipe.HGetAll(ctx, contactKey(id)), pipe.HGetAll(ctx, optOutKey(id))
		drafts, guesses = pipe.HGetAll(ctx, draftsKey(id)), pipe.Get(ctx, guessesKey(id))
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, Known{}, fmt.Errorf("casestore: thread: %w", err)
	}
	known := Known{Drafts: s.openDrafts(drafts.Val())}
	if known.Contact, err = contactOf(contact.Val(), stop.Val()); err != nil {
		return nil, Known{}, err
	}
	n, _ := guesses.Int()
	known.Locked = n >= maxGuesses
	t, err := s.openThread(id, values.Val())
	return t, known, err
}

func encodeThread(t *Thread) []byte {
	w := &writer{b: append(make([]byte, 0, 512), wireFormat)}
	w.text(t.Language)
	w.int(len(t.Seen))
	for _, sid := range t.Seen {
		w.text(sid)
	}
	w.text(string(t.Pending))
	w.when(t.PendingUntil)
	w.text(string(t.Case))
	w.text(t.Call)
	w.all(t.Answers)
	w.when(t.LastAuto)
	w.when(t.Window)
	w.int(t.InWindow)
	w.record(func(w *writer) { writeState(w, t.State) })
	w.flag(t.Draft != nil)
	w.record(func(w *writer) {
		if t.Draft != nil {
			writeCase(w, t.Draft)
		}
	})
	w.text(t.ToRead)
	w.when(t.ReadAt)
	w.text(t.Booked)
	w.int(int(t.CasePlace))
	w.when(t.Alarms)
	w.int(t.InAlarms)
	w.when(t.Day)
	w.int(t.InDay)
	w.int(t.IntakeInWindow)
	w.int(t.IntakeInDay)
	w.when(t.IntakeUntil)
	w.when(t.AskedAt)
	w.int(t.ResumeTries)
	return w.b
}

func decodeThread(version int, plain []byte) (*Thread, error) {
	r, err := openWire(plain)
	if err != nil {
		return nil, err
	}
	t := &Thread{Version: version, Language: r.text()}
	for range r.count() {
		t.Seen = append(t.Seen, r.text())
	}
	t.Pending, t.PendingUntil, t.Case, t.Call, t.Answers = Question(r.text()), r.when(), CaseID(r.text()), r.text(), r.all()
	t.LastAuto, t.Window, t.InWindow = r.when(), r.when(), r.int()
	r.record(func(r *reader) { t.State = readState(r) })
	has := r.flag()
	r.record(func(r *reader) {
		if has {
			t.Draft = readCase(r)
		}
	})
	t.ToRead, t.ReadAt, t.Booked = r.text(), r.when(), r.text()
	t.CasePlace = Partition(r.int())
	t.Alarms, t.InAlarms, t.Day, t.InDay = r.when(), r.int(), r.when(), r.int()
	t.IntakeInWindow, t.IntakeInDay = r.int(), r.int()
	t.IntakeUntil, t.AskedAt, t.ResumeTries = r.when(), r.when(), r.int()
	if r.err != nil {
		return nil, fmt.Errorf("casestore: thread: %w", r.err)
	}
	return t, nil
}
