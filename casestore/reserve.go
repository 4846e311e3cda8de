package casestore

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
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
			free, err := s.reserve(ctx, 1)
			if err != nil {
				return RequestNumber{}, err
			}
			if len(free) > 0 {
				return free[0], nil
			}
		}
	}
}

func (s *Store) wake() {
	select {
	case s.nudge <- struct{}{}:
	default:
	}
}

// reserve draws so many numbers, and gives those that are free, in one round trip.
func (s *Store) reserve(ctx context.Context, n int) ([]RequestNumber, error) {
	drawn, free := make([]RequestNumber, n), make([]*redis.BoolCmd, n)
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i := range drawn {
			drawn[i] = NewRequestNumber()
			free[i] = pipe.SetNX(ctx, s.ring.numberKey(drawn[i]), numberReserved, reservedLives)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("casestore: reserve a request number: %w", err)
	}
	out := drawn[:0]
	for i, number := range drawn {
		if free[i].Val() {
			out = append(out, number)
		}
	}
	return out, nil
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

// refill sets a poolful aside once half of it is used, so that Redis writes to disk for
// many at a time.
func (s *Store) refill(ctx context.Context) {
	for len(s.pool) <= poolSize/2 && ctx.Err() == nil {
		free, err := s.reserve(ctx, poolSize-len(s.pool))
		if err != nil {
			s.log.Warn("no request number could be set aside; the next call asks again", "err", err)
			return
		}
		for _, n := range free {
			select {
			case s.pool <- reserved{n, s.now()}:
			default:
				return
			}
		}
	}
}
