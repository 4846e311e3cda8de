package casestore

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// GivenUp is an effect that was tried outboxTries times in vain and waits for an
// operator.
type GivenUp struct {
	// ID names it among those of its partition.
	ID        string
	Partition Partition
	Kind      EffectKind
	// At is when it was laid aside.
	At    time.Time
	Tries int
}

// GivenUp lists them, the oldest first, at most most of each partition.
func (s *Store) GivenUp(ctx context.Context, most int64) ([]GivenUp, error) {
	var found [Partitions]*redis.XMessageSliceCmd
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for p := range Partition(Partitions) {
			found[p] = pipe.XRangeN(ctx, deadKey(p), "-", "+", most)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("casestore: what was given up: %w", err)
	}
	var out []GivenUp
	for p := range Partition(Partitions) {
		for _, m := range found[p].Val() {
			tries, _ := strconv.Atoi(text(m.Values["tries"]))
			ms, _, _ := strings.Cut(m.ID, "-")
			out = append(out, GivenUp{ID: m.ID, Partition: p, Kind: EffectKind(text(m.Values["kind"])), At: parseMilli(ms), Tries: tries})
		}
	}
	slices.SortFunc(out, func(a, b GivenUp) int { return a.At.Compare(b.At) })
	return out, nil
}

// redoScript puts an effect that was given up back into the outbox, once.
//
//	KEYS[1] those given up, KEYS[2] outbox; ARGV: ID
//
// It returns 1 when it was there.
var redoScript = redis.NewScript(redoSource)

const redoSource = `
local m = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
if #m == 0 then return 0 end
local f = {}
for i = 1, #m[1][2], 2 do f[m[1][2][i]] = m[1][2][i + 1] end
redis.call('XADD', KEYS[2], '*', 'kind', f['kind'], 'data', f['data'])
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
`

// Redo has an effect that was given up done again, from the first try on. It fails
// with ErrNotFound where it is not there any more.
func (s *Store) Redo(ctx context.Context, p Partition, id string) error {
	n, err := redoScript.Run(ctx, s.rdb, []string{deadKey(p), outboxKey(p)}, id).Int()
	if err != nil {
		return fmt.Errorf("casestore: do again: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	s.Record(ctx, Deed{What: "effect.again", Thing: p.String() + "." + id, Outcome: "done"})
	return nil
}
