package casestore

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// commitScript moves a conversation, or another versioned hash, on and, in the same step, keeps everything
// that the turn changed.
//
//	KEYS[1]  the call
//	KEYS[2]  the case, finished
//	KEYS[3…] whatever the operations below name
//	ARGV[1]  version expected, "0" for a call not yet known
//	ARGV[2]  version written
//	ARGV[3]  the sealed conversation
//	ARGV[4]  lifetime, ms; "0" for none
//	ARGV[5]  "1": refuse when the case is finished
//	ARGV[6…] operations: command, number of its key in KEYS, count n, n arguments
//
// It returns 1 when done, 0 when the version is another, 2 when the case is
// finished. All keys are of one partition, and all are declared.
var commitScript = redis.NewScript(commitSource)

const commitSource = `
local call, KEYS, ARGV = redis.call, KEYS, ARGV
if (call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then return 0 end
if ARGV[5] == '1' and call('EXISTS', KEYS[2]) == 1 then return 2 end
call('HSET', KEYS[1], 'v', ARGV[2], 'd', ARGV[3])
if ARGV[4] ~= '0' then call('PEXPIRE', KEYS[1], ARGV[4]) end
local i = 6
` + operationsSource

// operationsSource carries operations out from ARGV[i] on. A count below zero is of one
// that is left out unless the last before it made something new.
const operationsSource = `
local done = 0
while i <= #ARGV do
  local n = tonumber(ARGV[i + 2])
  if n >= 0 then
    done = call(ARGV[i], KEYS[tonumber(ARGV[i + 1])], unpack(ARGV, i + 3, i + 2 + n))
  else
    n = -n
    if done == 1 then call(ARGV[i], KEYS[tonumber(ARGV[i + 1])], unpack(ARGV, i + 3, i + 2 + n)) end
  end
  i = i + 3 + n
end
return 1
`

// Change is what a turn keeps besides the conversation. The zero value keeps
// nothing.
type Change struct {
	// Drafts are unfinished requests to keep, DropDrafts those to delete.
	Drafts     []Draft
	DropDrafts []CaseID
	// Guard names the request that this call is making: nothing is written when
	// another call has finished it.
	Guard CaseID
	// Guessed counts a date of birth that opened none of the unfinished requests.
	Guessed bool
	// Finished is a request whose intake is now complete; its draft goes.
	Finished *Case
	// Tasks are opened. Often names the one among them that is owed because the number
	// calls too often: OwedCall knows of it from then on.
	Tasks []*Task
	Often string
	// OptOut is recorded for the caller's number, Contact what else is known of it.
	OptOut  *OptOut
	Contact ContactChange
	// Stop counts a person whom a stop rule turned away.
	Stop string
	// Recordings are the SIDs of what was said in this turn: they are to be
	// fetched from Twilio, and deleted there.
	Recordings []string
	// Transfer is opened: a caller begins to wait for a coordinator.
	Transfer *Transfer
	// Effects are appended to the outbox.
	Effects []Effect
	// News are told to the case system, besides those that follow from the rest.
	News []News
	// Deeds are for the audit record, besides those that follow from the rest.
	Deeds []Deed
}

// operations collects what the script is to do.
type operations struct {
	keys []string
	args []any
	// deeds are told to the audit record once it is done.
	deeds []Deed
	// durable is what the write needs of replicas.
	durable durability
}

func (o *operations) add(command, key string, args ...any) { o.put(command, key, len(args), args) }

// addIfNew is add for what is left out unless the last that was added without a condition
// makes something new: a field, a member.
func (o *operations) addIfNew(command, key string, args ...any) {
	o.put(command, key, -len(args), args)
}

func (o *operations) put(command, key string, count int, args []any) {
	at := slices.Index(o.keys, key)
	if at < 0 {
		at = len(o.keys)
		o.keys = append(o.keys, key)
	}
	o.args = append(o.args, command, at+1, count)
	o.args = append(o.args, args...)
}

// Commit writes the conversation's next version and the change, all or nothing,
// in one round trip. The conversation's Version is the one that was read, 0 for
// a new call; on success it is one higher. It fails with ErrConflict when
// another request moved the call on first, and with ErrFinished when the request
// was finished in another call; nothing is written then.
func (s *Store) Commit(ctx context.Context, id PersonID, c *Conversation, change Change) error {
	p := id.Partition()
	guard, guardKey := "0", caseKey(p, change.Guard)
	if change.Guard != "" {
		guard = "1"
	}
	ops := operations{
		keys: []string{callKey(p, c.Call), guardKey},
		args: []any{strconv.Itoa(c.Version), strconv.Itoa(c.Version + 1),
			s.ring.sealWire(c.Call, "conversation", func(w *writer) { writeConversation(w, c) }), 0, guard},
	}
	if c.Version == 0 {
		// What is written to it later leaves the lifetime as it is.
		ops.args[3] = callLives.Milliseconds()
		ops.did(Deed{What: "call.begin", Thing: c.Call, Outcome: cmp.Or(c.Line, "begun")})
	}
	s.addChange(&ops, id, change)
	ops.addOptOut(p, c.Named, change.OptOut)
	ops.addConsents(p, aboutCase(c.Named, c.Case), change.Contact.Permissions)
	switch err := s.runCommit(ctx, ops); {
	case errors.Is(err, ErrConflict), errors.Is(err, ErrFinished):
		return err
	case err != nil:
		return fmt.Errorf("casestore: commit call %s: %w", c.Call, err)
	}
	c.Version++
	return nil
}

// aboutCase is the case that somebody has named, or else the one in the making.
func aboutCase(named CaseID, making *Case) CaseID {
	if named == "" && making != nil {
		return making.ID
	}
	return named
}

func (s *Store) addChange(ops *operations, id PersonID, change Change) {
	p := id.Partition()
	ops.did(change.Deeds...)
	for _, n := range change.News {
		ops.addNews(p, n)
	}
	for _, c := range change.Drafts {
		s.addDraft(ops, id, c)
	}
	if change.Guessed {
		ops.did(Deed{What: "verify.birth_date", Outcome: "no_match"})
		ops.add("INCR", guessesKey(id))
		ops.add("PEXPIRE", guessesKey(id), guessesLive.Milliseconds())
	}
	for _, old := range change.DropDrafts {
		s.dropDraft(ops, id, old)
		ops.did(Deed{What: "case.draft", Case: old, Outcome: "dropped"})
	}
	if c := change.Finished; c != nil {
		ops.add("HSET", caseKey(p, c.ID), "v", 1, "d", s.sealCase(c))
		s.dropDraft(ops, id, c.ID)
		ops.addKnown(id)
		ops.did(Deed{What: "case.made", Case: c.ID, Outcome: string(c.Stage)})
		for _, agreed := range c.Consents {
			ops.did(Deed{What: "consent", Case: c.ID, Thing: agreed.Kind, Outcome: agreed.Given})
		}
		ops.addEffect(p, Effect{Kind: EffectIndex, Data: string(s.indexed(c))})
		ops.addNews(p, News{ID: "intake." + string(c.ID), Type: IntakeCompleted, Case: c.ID, At: s.now()})
	}
	for _, task := range change.Tasks {
		s.addTask(ops, p, task)
	}
	if change.Often != "" {
		ops.addOwed(id, change.Often)
	}
	if o := change.OptOut; o != nil {
		ops.addStop(id, *o)
		ops.did(Deed{What: "optout", Outcome: o.How})
	}
	ops.addContact(id, change.Contact)
	if change.Stop != "" {
		ops.add("HINCRBY", stopsKey(p), change.Stop, 1)
		ops.did(Deed{What: "intake.stopped", Outcome: change.Stop})
		// Who was turned away has no case and no name (rules.md 4).
		ops.addNews(p, News{ID: "stop." + rand.Text(), Type: IntakeIneligible, At: s.now(), Facts: map[string]string{"why": change.Stop}})
	}
	for _, sid := range change.Recordings {
		ops.add("ZADD", recordingsKey(p), "NX", s.now().Unix(), sid)
		ops.addEffect(p, Effect{Kind: EffectRecording, Data: sid})
	}
	if t := change.Transfer; t != nil {
		s.addTransfer(ops, p, t)
	}
	for _, effect := range change.Effects {
		ops.addEffect(p, effect)
	}
}

// sealCase closes a case that is to be kept for long; sealDraft one that the next answer
// replaces.
func (s *Store) sealCase(c *Case) []byte {
	return s.ring.Seal(string(c.ID), "case", pack(encodeCase(c)))
}

func (s *Store) sealDraft(c *Case) []byte {
	return s.ring.sealWire(string(c.ID), "case", func(w *writer) { writeCase(w, c) })
}

// plainScript carries operations out, all of them.
//
//	KEYS     whatever the operations name
//	ARGV     operations: command, number of its key in KEYS, count n, n arguments
//
// It is no MULTI: go-redis leaves the answers to the commands of one that Redis refuses
// on the connection, where the next to use it takes them for its own.
var plainScript = redis.NewScript(plainSource)

const plainSource = `
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local i = 1
` + operationsSource

// runPlain carries operations out, all or none, without a version to compare.
func (s *Store) runPlain(ctx context.Context, ops operations) error {
	_, err := s.run(ctx, plainScript, ops.durable, ops.keys, ops.args...)
	s.recordAll(ctx, ops.deeds, err)
	if err != nil {
		return fmt.Errorf("casestore: write: %w", err)
	}
	return nil
}
