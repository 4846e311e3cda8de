package casestore

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// commitScript moves a conversation on and, in the same step, keeps everything
// that the turn changed.
//
//	KEYS[1]  the call
//	KEYS[2]  the case, finished
//	KEYS[3…] whatever the operations below name
//	ARGV[1]  version expected, "0" for a call not yet known
//	ARGV[2]  version written
//	ARGV[3]  the sealed conversation
//	ARGV[4]  lifetime of the call, ms
//	ARGV[5]  "1": refuse when the case is finished
//	ARGV[6…] operations: command, number of its key in KEYS, count n, n arguments
//
// It returns 1 when done, 0 when the version is another, 2 when the case is
// finished. All keys are of one partition, and all are declared.
var commitScript = redis.NewScript(commitSource)

const commitSource = `
if (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then return 0 end
if ARGV[5] == '1' and redis.call('EXISTS', KEYS[2]) == 1 then return 2 end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'd', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
local i = 6
while i <= #ARGV do
  local n = tonumber(ARGV[i + 2])
  redis.call(ARGV[i], KEYS[tonumber(ARGV[i + 1])], unpack(ARGV, i + 3, i + 2 + n))
  i = i + 3 + n
end
return 1
`

// Change is what a turn keeps besides the conversation. The zero value keeps
// nothing.
type Change struct {
	// Drafts are unfinished requests to keep, DropDrafts those to delete.
	Drafts     []*Case
	DropDrafts []CaseID
	// Guard names the request that this call is making: nothing is written when
	// another call has finished it.
	Guard CaseID
	// Guessed counts a date of birth that opened none of the unfinished requests.
	Guessed bool
	// Finished is a request whose intake is now complete; its draft goes.
	Finished *Case
	// Tasks are opened.
	Tasks []*Task
	// OptOut is recorded for the caller's number.
	OptOut *OptOut
	// Stop counts a person whom a stop rule turned away.
	Stop string
	// Effects are appended to the outbox.
	Effects []Effect
}

// operations collects what the script is to do.
type operations struct {
	keys []string
	args []any
}

func (o *operations) add(command, key string, args ...any) {
	at := len(o.keys)
	for i, k := range o.keys {
		if k == key {
			at = i
			break
		}
	}
	if at == len(o.keys) {
		o.keys = append(o.keys, key)
	}
	o.args = append(o.args, command, at+1, len(args))
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
			s.ring.Seal(c.Call, "conversation", encodeConversation(c)), callLives.Milliseconds(), guard},
	}
	s.addChange(&ops, id, change)
	result, err := commitScript.Run(ctx, s.rdb, ops.keys, ops.args...).Int()
	switch {
	case err != nil:
		return fmt.Errorf("casestore: commit call %s: %w", c.Call, err)
	case result == 0:
		return ErrConflict
	case result == 2:
		return ErrFinished
	}
	c.Version++
	return nil
}

func (s *Store) addChange(ops *operations, id PersonID, change Change) {
	p := id.Partition()
	for _, c := range change.Drafts {
		ops.add("HSET", draftsKey(id), string(c.ID), s.sealCase(c))
		ops.add("PEXPIRE", draftsKey(id), s.keep.Milliseconds())
	}
	if change.Guessed {
		ops.add("INCR", guessesKey(id))
		ops.add("PEXPIRE", guessesKey(id), guessesLive.Milliseconds())
	}
	for _, old := range change.DropDrafts {
		ops.add("HDEL", draftsKey(id), string(old))
	}
	if c := change.Finished; c != nil {
		ops.add("HSET", caseKey(p, c.ID), "v", 1, "stage", string(c.Stage), "d", s.sealCase(c))
		ops.add("HDEL", draftsKey(id), string(c.ID))
		ops.addEffect(p, Effect{Kind: EffectIndex, Data: string(s.indexed(c))})
	}
	for _, task := range change.Tasks {
		ops.add("HSET", taskKey(p, task.ID), "kind", string(task.Kind), "due", task.Due.Unix(), "d", s.ring.Seal(task.ID, "task", encodeTask(task)))
		ops.add("ZADD", tasksKey(p), task.Due.Unix(), task.ID)
	}
	if o := change.OptOut; o != nil {
		ops.add("HSET", optOutKey(id), "at", o.At.UnixMilli(), "how", o.How, "call", o.Call)
	}
	if change.Stop != "" {
		ops.add("HINCRBY", stopsKey(p), change.Stop, 1)
	}
	for _, effect := range change.Effects {
		ops.addEffect(p, effect)
	}
}

func (s *Store) sealCase(c *Case) []byte { return s.ring.Seal(string(c.ID), "case", encodeCase(c)) }

// SaveRecording keeps what Twilio says of a recording. A status never goes
// back: "in-progress" after "completed" changes nothing.
func (s *Store) SaveRecording(ctx context.Context, p Partition, r Recording) error {
	err := recordingScript.Run(ctx, s.rdb, []string{recordingKey(p, r.SID)},
		r.Status, r.Seconds, r.Call, recordingLives.Milliseconds()).Err()
	if err != nil {
		return fmt.Errorf("casestore: recording %s: %w", r.SID, err)
	}
	return nil
}

// recordingScript keeps a recording's status, which never goes back.
//
//	KEYS[1] the recording; ARGV: status, seconds, call, lifetime in ms
var recordingScript = redis.NewScript(recordingSource)

const recordingSource = `
local rank = { ['in-progress'] = 1, ['completed'] = 2, ['absent'] = 2, ['failed'] = 2 }
local old = redis.call('HGET', KEYS[1], 'status')
if old and (rank[old] or 0) >= (rank[ARGV[1]] or 0) then return 0 end
redis.call('HSET', KEYS[1], 'status', ARGV[1], 'seconds', ARGV[2], 'call', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
`

// Recording reads what is known of a recording. It fails with ErrNotFound.
func (s *Store) Recording(ctx context.Context, p Partition, sid string) (Recording, error) {
	m, err := s.rdb.HGetAll(ctx, recordingKey(p, sid)).Result()
	if err != nil {
		return Recording{}, fmt.Errorf("casestore: recording %s: %w", sid, err)
	}
	if len(m) == 0 {
		return Recording{}, fmt.Errorf("casestore: recording %s: %w", sid, ErrNotFound)
	}
	seconds, _ := strconv.Atoi(m["seconds"])
	return Recording{SID: sid, Call: m["call"], Status: m["status"], Seconds: seconds}, nil
}
