package casestore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A key that is not the right one reads as if there were no data: nobody is found, and
// nothing opens. So each key that seals leaves a value of its own that tells.

// probeKey: hash key ID → sealed value. One for each key that ever sealed.
func probeKey() string { return key(0, "probe", "") }

// probeOf is what is sealed: a hash, which another index key makes another.
func (s *Store) probeOf() string { return s.ring.hash("probe", "secondline") }

// ErrOtherIndex says that people and numbers were hashed with another index key: none
// of them is found with this one.
var ErrOtherIndex = errors.New("casestore: the index key is not the one that the data were kept with")

// MarkKeys leaves what CheckKeys looks at, once for each key that seals. It changes
// nothing where it is there.
func (s *Store) MarkKeys(ctx context.Context) error {
	sealed := s.ring.Seal("probe", s.ring.current, []byte(s.probeOf()))
	if err := s.rdb.HSetNX(ctx, probeKey(), s.ring.current, sealed).Err(); err != nil {
		return fmt.Errorf("casestore: mark the keys: %w", err)
	}
	return nil
}

// CheckKeys says whether the ring opens what was ever sealed. It fails with
// ErrOtherIndex and with ErrSealed, which names the keys by their IDs; known counts
// the keys that left a mark, 0 before the first MarkKeys.
func (s *Store) CheckKeys(ctx context.Context) (known int, err error) {
	marks, err := s.rdb.HGetAll(ctx, probeKey()).Result()
	if err != nil {
		return 0, fmt.Errorf("casestore: check the keys: %w", err)
	}
	var wrong []error
	for _, id := range slices.Sorted(maps.Keys(marks)) {
		plain, err := s.ring.Open("probe", id, []byte(marks[id]))
		switch {
		case err != nil && s.ring.open[id] != nil:
			wrong = append(wrong, fmt.Errorf("%w: key %q has another secret than it had", ErrSealed, id))
		case err != nil:
			wrong = append(wrong, err)
		case string(plain) != s.probeOf():
			wrong = append(wrong, ErrOtherIndex)
		}
	}
	return len(marks), errors.Join(wrong...)
}
