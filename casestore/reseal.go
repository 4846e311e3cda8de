package casestore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/redis/go-redis/v9"
)

// Current is the ID of the key that seals.
func (r *KeyRing) Current() string { return r.current }

// KeyOf gives the ID of the key that sealed a value; false for what is no sealed value.
func KeyOf(sealed []byte) (id string, ok bool) {
	if len(sealed) < 2 || sealed[0] != sealFormat || sealed[1] == 0 || len(sealed) < 2+int(sealed[1]) {
		return "", false
	}
	return string(sealed[2 : 2+int(sealed[1])]), true
}

// sealedIn says how the values of one kind of key are sealed: every kind that holds
// sealed values stands here (TestEverythingIsSealedAnew).
var sealedIn = map[string]struct {
	shape string // "d": field d of a hash; "fields": every field of one; "list", "string", "stream"
	field string // what else is bound, beside the owner
}{
	"call": {"d", "conversation"}, "case": {"d", "case"}, "task": {"d", "task"}, "text": {"d", "text"}, "thread": {"d", "thread"},
	"promise": {"d", "promise"}, "transfer": {"d", "transfer"}, "drafts": {"fields", "case"}, "deadevents": {"fields", "delivery"}, "waiting": {"key", "event"},
	"entries": {"list", "entry"}, "delivery": {"string", "delivery"}, "refused": {"stream", "event"}, "dead": {"stream", "index"}, "outbox": {"stream", "index"},
}

// box is one sealed value and where it stands.
type box struct {
	at, kind, shape string
	// slot is the field of a hash, or the entry of a stream, whose other fields are rest.
	slot         string
	rest         []string
	owner, field string
	sealed       string
}

// eachSealed visits every sealed value, at least once.
func (s *Store) eachSealed(ctx context.Context, visit func(box) error) error {
	return s.eachKey(ctx, "sl:*", func(name string) error {
		_, kind, id, ok := parseKey(name)
		how, known := sealedIn[kind]
		if !ok || !known {
			return nil
		}
		boxes, err := s.boxesOf(ctx, name, how.shape)
		if err != nil {
			return fmt.Errorf("casestore: sealed values: %w", err)
		}
		for _, b := range boxes {
			b.at, b.kind, b.shape, b.field = name, kind, how.shape, how.field
			switch {
			case kind == "refused":
				b.owner = "refused"
			case how.shape == "stream":
				b.owner = "outbox"
			case how.shape == "fields":
				b.owner = b.slot
			default:
				b.owner = id
			}
			if _, ok := KeyOf([]byte(b.sealed)); !ok {
				continue
			}
			if err := visit(b); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) boxesOf(ctx context.Context, at, shape string) ([]box, error) {
	var out []box
	switch shape {
	case "d":
		v, err := s.rdb.HGet(ctx, at, "d").Result()
		return []box{{slot: "d", sealed: v}}, absent(err)
	case "fields", "key":
		all, err := s.rdb.HGetAll(ctx, at).Result()
		for field, v := range all {
			out = append(out, box{slot: field, sealed: v})
		}
		return out, err
	case "list":
		all, err := s.rdb.LRange(ctx, at, 0, -1).Result()
		for _, v := range all {
			out = append(out, box{sealed: v})
		}
		return out, err
	case "string":
		v, err := s.rdb.Get(ctx, at).Result()
		return []box{{sealed: v}}, absent(err)
	}
	entries, err := s.rdb.XRange(ctx, at, "-", "+").Result()
	for _, e := range entries {
		for _, field := range []string{"d", "data"} {
			v := text(e.Values[field])
			if _, ok := KeyOf([]byte(v)); !ok {
				continue
			}
			b := box{slot: e.ID, sealed: v, rest: []string{field}}
			for name, value := range e.Values {
				if name != field {
					b.rest = append(b.rest, name, text(value))
				}
			}
			out = append(out, b)
		}
	}
	return out, err
}

func absent(err error) error {
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

// SealedBy counts sealed values by the key that sealed them. It looks at every key.
func (s *Store) SealedBy(ctx context.Context) (map[string]int, error) {
	out := map[string]int{}
	err := s.eachSealed(ctx, func(b box) error {
		id, _ := KeyOf([]byte(b.sealed))
		out[id]++
		return ctx.Err()
	})
	return out, err
}

// resealScript puts a value in place of another, if that one is still there.
//
//	KEYS[1] what holds it; ARGV: shape, slot, old, new, for a stream the name of the field and
//	the other fields
//
// It returns 1 when it did. What else the key has - other fields, its lifetime - stays.
var resealScript = redis.NewScript(resealSource)

const resealSource = `
local shape, slot, old, new = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if shape == 'string' then
  if redis.call('GET', KEYS[1]) ~= old then return 0 end
  redis.call('SET', KEYS[1], new, 'KEEPTTL')
elseif shape == 'list' then
  local i = redis.call('LPOS', KEYS[1], old)
  if not i then return 0 end
  redis.call('LSET', KEYS[1], i, new)
elseif shape == 'stream' then
  if redis.call('XDEL', KEYS[1], slot) == 0 then return 0 end
  redis.call('XADD', KEYS[1], '*', ARGV[5], new, unpack(ARGV, 6))
else
  if redis.call('HGET', KEYS[1], slot) ~= old then return 0 end
  redis.call('HSET', KEYS[1], slot, new)
end
return 1
`

// Reseal seals with the current key what another has sealed, each value only if nobody
// has changed it meanwhile, so that it can run beside calls, and again after it was
// broken off. What waits in the outbox is left: it is done within seconds. A value that
// no key opens is left too, counted and logged. progress is told after each value.
func (s *Store) Reseal(ctx context.Context, progress func(done, failed int)) (done, failed int, err error) {
	err = s.eachSealed(ctx, func(b box) error {
		id, _ := KeyOf([]byte(b.sealed))
		if id == s.ring.current || b.kind == "outbox" {
			return ctx.Err()
		}
		plain, err := s.ring.Open(b.owner, b.field, []byte(b.sealed))
		if err != nil {
			s.log.Error("a value cannot be sealed anew", "kind", b.kind, "err", err)
			failed++
			progress(done, failed)
			return ctx.Err()
		}
		args := []any{b.shape, b.slot, b.sealed, s.ring.Seal(b.owner, b.field, plain)}
		for _, r := range b.rest {
			args = append(args, r)
		}
		n, err := resealScript.Run(ctx, s.rdb, []string{b.at}, args...).Int()
		if err != nil {
			return fmt.Errorf("casestore: seal anew: %w", err)
		}
		done += n
		progress(done, failed)
		return ctx.Err()
	})
	return done, failed, err
}

// DropMarks forgets that keys which seal nothing any more ever did, so that they may go
// from the ring. It fails where one of them still seals something.
func (s *Store) DropMarks(ctx context.Context) (dropped []string, err error) {
	sealed, err := s.SealedBy(ctx)
	if err != nil {
		return nil, err
	}
	marks, err := s.rdb.HKeys(ctx, probeKey()).Result()
	if err != nil {
		return nil, fmt.Errorf("casestore: marks of keys: %w", err)
	}
	for id := range sealed {
		if id != s.ring.current {
			return nil, fmt.Errorf("casestore: key %q has sealed %d values", id, sealed[id])
		}
	}
	dropped = slices.DeleteFunc(slices.Sorted(slices.Values(marks)), func(id string) bool { return id == s.ring.current })
	if len(dropped) == 0 {
		return nil, nil
	}
	return dropped, s.rdb.HDel(ctx, probeKey(), dropped...).Err()
}

// Keys lists the IDs of the ring, in order.
func (r *KeyRing) Keys() []string { return slices.Sorted(maps.Keys(r.open)) }
