package casestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"secondline/internal/private"
)

// TransferState says how far a caller's wait for a coordinator has come.
type TransferState string

// The states of a transfer. It begins as waiting. A coordinator who presses 1
// makes it taken, a caller who hangs up gone, one who chooses something else
// left; none of these is left for waiting again. Taken becomes talked when the
// two have spoken, or gone when the caller hung up in between.
const (
	TransferWaiting TransferState = "waiting"
	TransferTaken   TransferState = "taken"
	TransferTalked  TransferState = "talked"
	TransferLeft    TransferState = "left"
	TransferGone    TransferState = "gone"
)

// LegState says how far the ringing of one coordinator has come.
type LegState string

// The states of a leg: asked → dialling → ringing → answered → accepted, and
// over from each of them.
const (
	LegAsked    LegState = "asked"    // to be dialled
	LegDialling LegState = "dialling" // Twilio is being asked; after a crash it is looked up
	LegRinging  LegState = "ringing"
	LegAnswered LegState = "answered" // somebody, or a voicemail box, hears the whisper
	LegAccepted LegState = "accepted" // 1 was pressed first
	LegMessage  LegState = "message"  // the standard message is being played
	LegOver     LegState = "over"
)

// Leg is one coordinator's telephone that a transfer rings.
type Leg struct {
	// Coordinator is the ID on the roster, Call the CallSid once Twilio gave one.
	Coordinator, Call string
	State             LegState
	// Result is Twilio's final status, or "declined", "silent", "late", "lost".
	Result string
	// Round is the round of ringing that the leg belongs to; At is when it came
	// into its state.
	Round int
	At    time.Time
}

// Transfer is one caller's wait for a coordinator.
type Transfer struct {
	// ID is the CallSid, a dot, and the version of the turn that asked. It is
	// the name of the caller's queue at Twilio too.
	ID      string
	Version int
	State   TransferState
	Call    string
	// Line is the line called, Caller who waits; empty where it was withheld.
	Line   string
	Caller private.Text
	// Language is what the caller hears, Reason why a person is wanted.
	Language, Reason string
	// Case is the request that the caller named, LastFour the end of its number;
	// Verified says that the date of birth matched too.
	Case      CaseID
	CasePlace Partition
	LastFour  private.Text
	Verified  bool
	// Assigned is the coordinator of the request, rung first; may be empty.
	Assigned string
	// Opened is when the wait began, RoundAt when the present round of ringing
	// did; Round counts them from 1.
	Opened, RoundAt time.Time
	Round           int
	Legs            []Leg
	// Choice is what a caller who left wanted instead.
	Choice string
	// Taken is the coordinator who pressed 1.
	Taken string
	// Wanted is the language that the person should speak with the caller; empty
	// for English, "other" for one that needs an interpreter.
	Wanted string
	// Reach is the outreach transfer of the call that waits, where we made it and a
	// voice began; it lies at CasePlace.
	Reach string
	// Out is the call to a patient for whom a coordinator is sought first; nil
	// where somebody has called in.
	Out *Outreach
}

// Outreach is a call that we owe: a coordinator is rung, says yes, and only then
// is the patient dialled, with a person already on the line (call-script.md 6.8).
// The patient's number is the transfer's Caller.
type Outreach struct {
	// Bot says that a voice begins the call, and no coordinator is sought first.
	Bot bool
	// Task is what is owed where it is not the promise of the transfer's Case.
	Task string
	// Due is by when, as the coordinator hears it; Kind is the task's.
	Due  time.Time
	Kind TaskKind
	// Plan is the time that the plan gave the attempt, Chosen says that the patient
	// chose it. Voicemail says that a message may be left.
	Plan      time.Time
	Chosen    bool
	Voicemail bool
	// State says how far the patient's leg has come: asked → dialling → ringing →
	// answered → over; "" before a coordinator has accepted. Call is its SID, At when
	// it was dialled, Status Twilio's last word on it.
	State  LegState
	Call   string
	At     time.Time
	Status string
	// Why is the condition that forbade the dial; empty where none did.
	Why string
	// Apart says that the coordinator has left the talk with star, Stars counts how
	// often they did. Message says that the standard message is to be played to the
	// patient's voicemail, Told that the coordinator is being told what became of a
	// call that nobody took.
	Apart, Message, Told bool
	Stars                int
	// Disposition is what the coordinator said of the call: an Attempt's Result.
	// Asked counts the calls to ask for it again, AskedAt is when the last was made.
	Disposition string
	Asked       int
	AskedAt     time.Time
	// OtherTime is the time that the patient asked for.
	OtherTime time.Time
	// Ended is when the patient's leg was known to be over.
	Ended time.Time
	// Settled says that what came of it stands with the promise or the task.
	Settled bool
}

// Active counts the legs that are not over.
func (t *Transfer) Active() int {
	n := 0
	for _, l := range t.Legs {
		if l.State != LegOver {
			n++
		}
	}
	return n
}

// Live says whether any leg may still ring or speak.
func (t *Transfer) Live() bool {
	return slices.ContainsFunc(t.Legs, func(l Leg) bool { return l.State != LegOver && l.State != LegAccepted })
}

// dialling says that Twilio is about to be asked to dial the patient. A coordinator who
// is rung twice is none the worse, and a caller who waits must not wait for replicas.
func (t *Transfer) dialling() bool { return t.Out != nil && t.Out.State == LegDialling }

// transferKey: hash v, d. One caller's wait; lives callLives.
func transferKey(p Partition, id string) string { return key(p, "transfer", id) }

// EffectTransfer moves a transfer on: whom to ring, whom to let go. Its data is
// the transfer's ID. It may be done any number of times.
const EffectTransfer EffectKind = "transfer"

func (s *Store) sealTransfer(t *Transfer) []byte {
	return s.ring.Seal(t.ID, "transfer", encodeTransfer(t))
}

// addTransfer opens a transfer in the turn that asks for it.
//
// Its worker is woken in the same step.
func (s *Store) addTransfer(ops *operations, p Partition, t *Transfer) {
	t.Version = 1
	ops.didTransfer(&Transfer{}, t)
	ops.add("HSET", transferKey(p, t.ID), "v", 1, "d", s.sealTransfer(t))
	ops.add("PEXPIRE", transferKey(p, t.ID), callLives.Milliseconds())
	s.addLive(ops, p, t)
	ops.addEffect(p, Effect{Kind: EffectTransfer, Data: t.ID})
}

// Transfer reads a transfer. It fails with ErrNotFound.
func (s *Store) Transfer(ctx context.Context, p Partition, id string) (*Transfer, error) {
	values, err := s.rdb.HMGet(ctx, transferKey(p, id), "v", "d").Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: read transfer %s: %w", id, err)
	}
	version, plain, err := s.openVersioned(id, "transfer", values)
	if err != nil {
		return nil, fmt.Errorf("casestore: transfer %s: %w", id, err)
	}
	return decodeTransfer(id, version, plain)
}

// MoveTransfer changes a transfer by compare and set, in two round trips: move
// changes the copy that it is given and may be called again when somebody else
// was first; it returns false to leave everything as it is. Tasks are opened and
// the worker is woken in the same step. Where the patient is to be dialled it fails with
// ErrNotReplicated unless replicas have it: then nobody is to be dialled.
func (s *Store) MoveTransfer(ctx context.Context, p Partition, id string, move func(*Transfer) (tasks []*Task, changed bool)) (*Transfer, error) {
	for range 20 {
		t, err := s.Transfer(ctx, p, id)
		if err != nil {
			return nil, err
		}
		before := t.copyOf()
		dialled := t.dialling()
		tasks, changed := move(t)
		if !changed {
			return t, nil
		}
		expected := t.Version
		t.Version++
		ops := s.versioned(transferKey(p, id), expected, s.sealTransfer(t), callLives)
		if t.dialling() && !dialled {
			ops.durable = needed
		}
		for _, task := range tasks {
			s.addTask(&ops, p, task)
		}
		ops.didTransfer(before, t)
		ops.addEffect(p, Effect{Kind: EffectTransfer, Data: id})
		switch err := s.runCommit(ctx, ops); {
		case errors.Is(err, ErrConflict):
			continue
		case err != nil:
			return nil, fmt.Errorf("casestore: move transfer %s: %w", id, err)
		}
		return t, nil
	}
	return nil, fmt.Errorf("casestore: move transfer %s: %w", id, ErrConflict)
}

// openVersioned reads what a versioned hash holds.
func (s *Store) openVersioned(row, field string, values []any) (int, []byte, error) {
	version, ok := values[0].(string)
	sealed, ok2 := values[1].(string)
	if !ok || !ok2 {
		return 0, nil, ErrNotFound
	}
	n, err := strconv.Atoi(version)
	if err != nil {
		return 0, nil, fmt.Errorf("version: %w", err)
	}
	plain, err := s.ring.Open(row, field, []byte(sealed))
	return n, plain, err
}

// versioned begins the operations of commitScript for any versioned hash.
func (s *Store) versioned(at string, expected int, sealed []byte, lives time.Duration) operations {
	return operations{keys: []string{at, at}, args: []any{strconv.Itoa(expected), strconv.Itoa(expected + 1), sealed, lives.Milliseconds(), "0"}}
}

func (s *Store) runCommit(ctx context.Context, ops operations) error {
	cmd, err := s.run(ctx, commitScript, ops.durable, ops.keys, ops.args...)
	if err != nil {
		s.recordAll(ctx, ops.deeds, err)
		return err
	}
	result, err := cmd.Int()
	if err != nil || result == 1 {
		s.recordAll(ctx, ops.deeds, err)
	}
	switch {
	case err != nil:
		return err
	case result == 0:
		return ErrConflict
	case result == 2:
		return ErrFinished
	}
	return nil
}

func encodeTransfer(t *Transfer) []byte {
	w := &writer{b: append(make([]byte, 0, 256), wireFormat)}
	for _, s := range []string{string(t.State), t.Call, t.Line} {
		w.text(s)
	}
	w.told(t.Caller)
	w.text(t.Language)
	w.text(t.Reason)
	w.text(string(t.Case))
	w.told(t.LastFour)
	w.flag(t.Verified)
	w.text(t.Assigned)
	w.when(t.Opened)
	w.when(t.RoundAt)
	w.int(t.Round)
	w.int(len(t.Legs))
	for _, l := range t.Legs {
		w.record(func(w *writer) {
			w.text(l.Coordinator)
			w.text(l.Call)
			w.text(string(l.State))
			w.text(l.Result)
			w.int(l.Round)
			w.when(l.At)
		})
	}
	w.text(t.Choice)
	w.text(t.Taken)
	w.text(t.Wanted)
	w.int(int(t.CasePlace))
	w.text(t.Reach)
	w.flag(t.Out != nil)
	if o := t.Out; o != nil {
		w.record(func(w *writer) { writeOutreach(w, o) })
	}
	return w.b
}

func writeOutreach(w *writer, o *Outreach) {
	w.text(o.Task)
	w.when(o.Due)
	w.text(string(o.Kind))
	w.when(o.Plan)
	w.flag(o.Chosen)
	w.flag(o.Voicemail)
	w.text(string(o.State))
	w.text(o.Call)
	w.when(o.At)
	w.text(o.Status)
	w.text(o.Why)
	w.flag(o.Apart)
	w.flag(o.Message)
	w.text(o.Disposition)
	w.int(o.Asked)
	w.when(o.AskedAt)
	w.when(o.OtherTime)
	w.flag(o.Settled)
	w.flag(o.Told)
	w.int(o.Stars)
	w.when(o.Ended)
	w.flag(o.Bot)
}

func readOutreach(r *reader) *Outreach {
	return &Outreach{Task: r.text(), Due: r.when(), Kind: TaskKind(r.text()), Plan: r.when(), Chosen: r.flag(), Voicemail: r.flag(),
		State: LegState(r.text()), Call: r.text(), At: r.when(), Status: r.text(), Why: r.text(), Apart: r.flag(), Message: r.flag(),
		Disposition: r.text(), Asked: r.int(), AskedAt: r.when(), OtherTime: r.when(), Settled: r.flag(), Told: r.flag(), Stars: r.int(), Ended: r.when(), Bot: r.flag()}
}

func decodeTransfer(id string, version int, plain []byte) (*Transfer, error) {
	r, err := openWire(plain)
	if err != nil {
		return nil, err
	}
	t := &Transfer{ID: id, Version: version, State: TransferState(r.text()), Call: r.text(), Line: r.text(), Caller: r.told(), Language: r.text(),
		Reason: r.text(), Case: CaseID(r.text()), LastFour: r.told(), Verified: r.flag(), Assigned: r.text(),
		Opened: r.when(), RoundAt: r.when(), Round: r.int()}
	for range r.count() {
		r.record(func(r *reader) {
			t.Legs = append(t.Legs, Leg{Coordinator: r.text(), Call: r.text(), State: LegState(r.text()), Result: r.text(), Round: r.int(), At: r.when()})
		})
	}
	t.Choice, t.Taken, t.Wanted = r.text(), r.text(), r.text()
	t.CasePlace, t.Reach = Partition(r.int()), r.text()
	if r.flag() {
		r.record(func(r *reader) { t.Out = readOutreach(r) })
	}
	if r.err != nil {
		return nil, fmt.Errorf("casestore: transfer %s: %w", id, r.err)
	}
	return t, nil
}

// StartTransfer opens a transfer by itself, once: one of this ID that is there is
// left alone.
func (s *Store) StartTransfer(ctx context.Context, p Partition, t *Transfer) error {
	t.Version = 1
	ops := operations{keys: []string{transferKey(p, t.ID), transferKey(p, t.ID)}, args: []any{"0", "1", s.sealTransfer(t), callLives.Milliseconds(), "0"}}
	ops.didTransfer(&Transfer{}, t)
	s.addLive(&ops, p, t)
	ops.addEffect(p, Effect{Kind: EffectTransfer, Data: t.ID})
	err := s.runCommit(ctx, ops)
	if err != nil && !errors.Is(err, ErrConflict) {
		return fmt.Errorf("casestore: open transfer %s: %w", t.ID, err)
	}
	return nil
}
