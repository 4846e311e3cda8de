package casestore

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Open is an open promise with its case. It is shared: do not change it.
type Open struct {
	Promise *Promise
	Case    *Case
}

// Board reads open promises again and again: what has not changed since the last time
// is not sent again. It is safe for concurrent use.
type Board struct {
	s     *Store
	mu    sync.Mutex
	known [Partitions]map[CaseID]Open
}

// NewBoard makes a board that knows nothing yet.
func (s *Store) NewBoard() *Board { return &Board{s: s} }

// boardScript reads hashes whose version is another than the one that is known.
//
//	KEYS: hashes of v and d; ARGV: the version known of each, "" for none
//
// It returns for each its version and what it holds: false for one that is gone,
// and nothing for what is as it was.
var boardScript = redis.NewScript(boardSource)

const boardSource = `
local out = {}
for i = 1, #KEYS do
  local v = redis.call('HGET', KEYS[i], 'v')
  if not v then
    out[i] = {false, false}
  elseif v == ARGV[i] then
    out[i] = {v}
  else
    out[i] = {v, redis.call('HGET', KEYS[i], 'd')}
  end
end
return out
`

// boardChunk is how many promises one script reads: Redis does nothing else meanwhile.
const boardChunk = 250

// Read gives every open promise with its case, in no order. One that cannot be read
// is logged and left out.
func (b *Board) Read(ctx context.Context) ([]Open, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var wg sync.WaitGroup
	var errs [Partitions]error
	for p := range Partition(Partitions) {
		wg.Go(func() { errs[p] = b.readPart(ctx, p) })
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("casestore: board: %w", err)
	}
	var out []Open
	for p := range b.known {
		for _, o := range b.known[p] {
			out = append(out, o)
		}
	}
	return out, nil
}

func (b *Board) readPart(ctx context.Context, p Partition) error {
	ids, err := b.s.OpenPromises(ctx, p)
	if err != nil {
		return err
	}
	fresh := make(map[CaseID]Open, len(ids))
	for len(ids) > 0 {
		n := min(boardChunk, len(ids))
		if err := b.readChunk(ctx, p, ids[:n], fresh); err != nil {
			return err
		}
		ids = ids[n:]
	}
	b.known[p] = fresh
	return nil
}

func (b *Board) readChunk(ctx context.Context, p Partition, ids []CaseID, fresh map[CaseID]Open) error {
	keys, known := make([]string, 0, 2*len(ids)), make([]any, 0, 2*len(ids))
	for _, id := range ids {
		old, ok := b.known[p][id]
		keys = append(keys, promiseKey(p, id), caseKey(p, id))
		if ok {
			known = append(known, old.Promise.Version, old.Case.Version)
		} else {
			known = append(known, "", "")
		}
	}
	rows, err := boardScript.Run(ctx, b.s.rdb, keys, known...).Slice()
	if err != nil {
		return err
	}
	for i, id := range ids {
		o, err := b.merge(p, id, rows[2*i].([]any), rows[2*i+1].([]any))
		switch {
		case errors.Is(err, ErrNotFound): // a sweep sees to it
		case err != nil:
			b.s.log.Error("an open promise cannot be shown", "case", id, "err", err)
		default:
			fresh[id] = o
		}
	}
	return nil
}

// merge puts what is new over what is known.
func (b *Board) merge(p Partition, id CaseID, promise, c []any) (o Open, err error) {
	o = b.known[p][id]
	if len(promise) == 2 {
		if o.Promise, err = b.s.openPromise(p, id, promise); err != nil {
			return o, err
		}
	}
	if len(c) == 2 {
		o.Case, err = b.s.openCase(p, id, c)
	}
	return o, err
}
