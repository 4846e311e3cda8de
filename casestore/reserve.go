package casestore

import (
	"context"
	"fmt"
	"time"
)

// A request number must be unique, and its index lies in another partition than
// the case: it cannot be claimed in the script that finishes the case. So every
// replica sets a few aside beforehand, and a turn takes one without asking
// Redis. A number that is not used is free again after reservedLives.
const (
	poolSize       = 32
	numberReserved = "reserved"
)

// reserved is a number set aside at a time.
type reserved struct {
	number RequestNumber
	at     time.Time
}

// TakeNumber gives a request number that no other case has or will get. It asks
// Redis only when none is set aside.
func (s *Store) TakeNumber(ctx context.Context) (RequestNumber, error) {
	for {
		select {
		case r := <-s.pool:
			s.wake()
			// Half of the lifetime leaves time for the index to be written.
			if s.now().Sub(r.at) < reservedLives/2 {
				return r.number, nil
			}
		default:
			s.wake()
			return s.reserve(ctx)
		}
	}
}

func (s *Store) wake() {
	select {
	case s.nudge <- struct{}{}:
	default:
	}
}

// reserve draws numbers until one is free.
func (s *Store) reserve(ctx context.Context) (RequestNumber, error) {
	for {
		n := NewRequestNumber()
		free, err := s.rdb.SetNX(ctx, s.ring.numberKey(n), numberReserved, reservedLives).Result()
		if err != nil {
			return RequestNumber{}, fmt.Errorf("casestore: reserve a request number: %w", err)
		}
		if free {
			return n, nil
		}
	}
}

// KeepNumbers sets numbers aside until ctx ends. Without it every TakeNumber
// asks Redis.
func (s *Store) KeepNumbers(ctx context.Context) {
	for {
		s.refill(ctx)
		select {
		case <-ctx.Done():
			return
		case <-s.nudge:
		}
	}
}

func (s *Store) refill(ctx context.Context) {
	for len(s.pool) < poolSize && ctx.Err() == nil {
		n, err := s.reserve(ctx)
		if err != nil {
			s.log.Warn("no request number could be set aside; the next call asks again", "err", err)
			return
		}
		select {
		case s.pool <- reserved{n, s.now()}:
		default:
			return
		}
	}
}
