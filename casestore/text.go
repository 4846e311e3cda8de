package casestore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"secondline/internal/private"
)

// TextState says how far a text has come.
type TextState string

// The states of a text: pending → submitting → sent → delivered or undelivered;
// pending → dropped where it may not or need not be sent any more; submitting →
// failed where Twilio refuses it. A failure that may pass leads back to pending,
// and so does an attempt of which Twilio knows nothing; what is pending so and has
// left all the same becomes sent or delivered as soon as a report says so. None of
// delivered, undelivered, failed and dropped is left. A text stays sent where the
// networks give no receipt.
const (
	TextPending     TextState = "pending"
	TextSubmitting  TextState = "submitting" // Twilio is being asked; after a crash it is looked up
	TextSent        TextState = "sent"       // Twilio has it
	TextDelivered   TextState = "delivered"
	TextUndelivered TextState = "undelivered"
	TextFailed      TextState = "failed"
	TextDropped     TextState = "dropped"
)

// Final says that the text will not change any more.
func (s TextState) Final() bool {
	return s == TextDelivered || s == TextUndelivered || s == TextFailed || s == TextDropped
}

// TextKind says why a text is sent.
type TextKind string

// The kinds of text. A reply answers what the person has just written, at any
// hour; a notice and an update wait for a decent hour; an update is superseded by
// the next stage, and there is one a day.
const (
	TextReply  TextKind = "reply"
	TextNotice TextKind = "notice"
	TextUpdate TextKind = "update"
)

// Text is one text message to a person.
type Text struct {
	ID      string
	Version int
	Kind    TextKind
	To      private.Text // E.164
	From    string       // a number of ours
	// Prompt is the wording, Vars its values, Language a tag of the wording.
	Prompt   string
	Vars     map[string]private.Text
	Language string
	// Case and Stage are what an update tells of.
	Case  CaseID
	Stage Stage
	// Created is when it was decided on, Expires when it is no use any more.
	Created, Expires time.Time

	State TextState
	// At is when it came into its state, Tries how often Twilio was asked.
	At    time.Time
	Tries int
	// SID is Twilio's, Code its error code, Reason why it was dropped or failed.
	SID    string
	Code   int
	Reason string
	// Partition is where it lies; it is not part of what is kept.
	Partition Partition
}

// EffectText sends a text, or settles what became of it. Its data is the text's
// ID. It may be done any number of times.
const EffectText EffectKind = "text"

// How long texts are kept.
const textLives = 30 * 24 * time.Hour

// textKey: hash v, d. One text; lives textLives.
func textKey(p Partition, id string) string { return key(p, "text", id) }

// textsKey: sorted set text ID by creation (Unix ms). A number's texts; lives
// textLives after the last.
func textsKey(id PersonID) string { return key(id.Partition(), "texts", string(id)) }

// NewTextID draws an ID of 80 random bits.
func NewTextID() string { return "x" + random(10) }

// addText queues a text in a step with whatever else is written.
func (s *Store) addText(ops *operations, id PersonID, t *Text, at time.Time) {
	p := id.Partition()
	ops.add("HSET", textKey(p, t.ID), "v", 1, "d", s.newText(p, t))
	ops.add("PEXPIRE", textKey(p, t.ID), textLives.Milliseconds())
	s.addQueued(ops, id, t, at)
}

// newText makes t pending and seals it.
func (s *Store) newText(p Partition, t *Text) []byte {
	t.State, t.At, t.Version, t.Partition = TextPending, s.now(), 1, p
	return s.ring.Seal(t.ID, "text", encodeText(t))
}

// addQueued makes a text findable, and due.
func (s *Store) addQueued(ops *operations, id PersonID, t *Text, at time.Time) {
	p := id.Partition()
	ops.did(Deed{What: "text.out", Case: t.Case, Thing: t.ID, Outcome: string(TextPending)})
	ops.add("ZADD", textsKey(id), t.Created.UnixMilli(), t.ID)
	ops.add("PEXPIRE", textsKey(id), textLives.Milliseconds())
	ops.addDue(Due{Kind: EffectText, ID: t.ID, Partition: p}, at)
	if !at.After(s.now()) {
		ops.addEffect(p, Effect{Kind: EffectText, Data: t.ID})
	}
}

// Text reads a text. It fails with ErrNotFound.
func (s *Store) Text(ctx context.Context, p Partition, id string) (*Text, error) {
	values, err := s.rdb.HMGet(ctx, textKey(p, id), "v", "d").Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: text %s: %w", id, err)
	}
	return s.openText(p, id, values)
}

func (s *Store) openText(p Partition, id string, values []any) (*Text, error) {
	version, plain, err := s.openVersioned(id, "text", values)
	if err != nil {
		return nil, fmt.Errorf("casestore: text %s: %w", id, err)
	}
	t, err := decodeText(id, version, plain)
	if err == nil {
		t.Partition = p
	}
	return t, err
}

// MoveText changes a text by compare and set. move returns false to leave it as
// it is; next is when it is due again, zero where nothing is left to do. Where the text
// is to be submitted it fails with ErrNotReplicated unless replicas have it: then it is
// not to be sent.
func (s *Store) MoveText(ctx context.Context, p Partition, id string, move func(*Text) (next time.Time, changed bool)) (*Text, error) {
	for range 20 {
		t, err := s.Text(ctx, p, id)
		if err != nil {
			return nil, err
		}
		was := t.State
		next, changed := move(t)
		if !changed {
			return t, nil
		}
		expected := t.Version
		t.Version++
		t.At = s.now()
		ops := s.versioned(textKey(p, id), expected, s.ring.Seal(id, "text", encodeText(t)), textLives)
		if t.State == TextSubmitting && was != TextSubmitting {
			ops.durable = needed
		}
		due := Due{Kind: EffectText, ID: id, Partition: p}
		if next.IsZero() {
			ops.add("ZREM", due.key(), due.ID)
		} else {
			ops.addDue(due, next)
		}
		if t.State != was {
			ops.did(Deed{What: "text.out", Case: t.Case, Thing: id, Outcome: strings.TrimSpace(string(t.State) + " " + t.Reason)})
		}
		switch err := s.runCommit(ctx, ops); {
		case errors.Is(err, ErrConflict):
			continue
		case err != nil:
			return nil, fmt.Errorf("casestore: text %s: %w", id, err)
		}
		return t, nil
	}
	return nil, fmt.Errorf("casestore: text %s: %w", id, ErrConflict)
}

// Texts reads the texts to a number that were decided on since a time, the oldest
// first.
func (s *Store) Texts(ctx context.Context, id PersonID, since time.Time) ([]*Text, error) {
	ids, err := s.rdb.ZRangeByScore(ctx, textsKey(id), &redis.ZRangeBy{Min: fmt.Sprint(since.UnixMilli()), Max: "+inf"}).Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: texts: %w", err)
	}
	values := make([]*redis.SliceCmd, len(ids))
	if len(ids) == 0 {
		return nil, nil
	}
	if _, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, text := range ids {
			values[i] = pipe.HMGet(ctx, textKey(id.Partition(), text), "v", "d")
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("casestore: texts: %w", err)
	}
	out := make([]*Text, 0, len(ids))
	for i, text := range ids {
		t, err := s.openText(id.Partition(), text, values[i].Val())
		if err != nil {
			s.log.Error("a text cannot be read", "text", text, "err", err)
			continue
		}
		out = append(out, t)
	}
	return out, nil
}

// QueueText queues a text by itself, at a time. A text of that ID which is there
// already, however far it has come, is left as it is: whoever decides the same
// text again, or at the same moment, queues it once.
func (s *Store) QueueText(ctx context.Context, t *Text, at time.Time) error {
	id := s.ring.Person(t.To)
	p := id.Partition()
	ops := s.versioned(textKey(p, t.ID), 0, s.newText(p, t), textLives)
	s.addQueued(&ops, id, t, at)
	if err := s.runCommit(ctx, ops); err != nil && !errors.Is(err, ErrConflict) {
		return fmt.Errorf("casestore: queue text %s: %w", t.ID, err)
	}
	return nil
}

// capScript counts something against a bound over a while that ends now.
//
//	KEYS[1] sorted set of what was counted by its time (Unix ms)
//	ARGV: now ms, window ms, bound, what is counted
//
// It returns 1 when it is counted, now or before; 0 when the bound is reached.
var capScript = redis.NewScript(capSource)

const capSource = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', tonumber(ARGV[1]) - tonumber(ARGV[2]))
if redis.call('ZSCORE', KEYS[1], ARGV[4]) then return 1 end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`

// Cap counts one more of what, unless there were most within the window that ends
// now; it says whether it was counted. which names the one that is counted: to
// count it again changes nothing. Neither what nor which holds anything personal
// that is not a PersonID.
func (s *Store) Cap(ctx context.Context, what, which string, most int, window time.Duration) (bool, error) {
	hash := s.ring.hash("cap", what)
	n, err := capScript.Run(ctx, s.rdb, []string{key(partitionOf(hash), "cap", hash)}, s.now().UnixMilli(), window.Milliseconds(), most, which).Int()
	if err != nil {
		return false, fmt.Errorf("casestore: cap: %w", err)
	}
	return n == 1, nil
}

func encodeText(t *Text) []byte {
	w := &writer{b: append(make([]byte, 0, 256), wireFormat)}
	w.text(string(t.Kind))
	w.told(t.To)
	w.text(t.From)
	w.text(t.Prompt)
	w.all(t.Vars)
	w.text(t.Language)
	w.text(string(t.Case))
	w.text(string(t.Stage))
	w.when(t.Created)
	w.when(t.Expires)
	w.text(string(t.State))
	w.when(t.At)
	w.int(t.Tries)
	w.text(t.SID)
	w.int(t.Code)
	w.text(t.Reason)
	return w.b
}

func decodeText(id string, version int, plain []byte) (*Text, error) {
	r, err := openWire(plain)
	if err != nil {
		return nil, err
	}
	t := &Text{ID: id, Version: version, Kind: TextKind(r.text()), To: r.told(), From: r.text(), Prompt: r.text(), Vars: r.all(), Language: r.text(),
		Case: CaseID(r.text()), Stage: Stage(r.text()), Created: r.when(), Expires: r.when(), State: TextState(r.text()), At: r.when(), Tries: r.int(),
		SID: r.text(), Code: r.int(), Reason: r.text()}
	if r.err != nil {
		return nil, fmt.Errorf("casestore: text %s: %w", id, r.err)
	}
	return t, nil
}
