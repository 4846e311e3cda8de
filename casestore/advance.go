package casestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
)

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
