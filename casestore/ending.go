package casestore

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"secondline/internal/private"
)

// Ending is what may be shown of a request number: its last four digits; empty where
// there is none.
func (n RequestNumber) Ending() private.Text {
	digits := n.Reveal()
	return private.Of(digits[max(0, len(digits)-4):])
}

// EndingsOf gives the endings of the request numbers that tasks are about, in one round
// trip. A case that cannot be read has none.
func (s *Store) EndingsOf(ctx context.Context, tasks []*Task) (map[CaseID]private.Text, error) {
	values := map[*Task]*redis.SliceCmd{}
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, t := range tasks {
			if t.Case != "" {
				values[t] = pipe.HMGet(ctx, caseKey(t.Partition, t.Case), "v", "d")
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("casestore: request numbers: %w", err)
	}
	out := make(map[CaseID]private.Text, len(values))
	for t, v := range values {
		if c, err := s.openCase(t.Partition, t.Case, v.Val()); err == nil {
			out[t.Case] = c.Number.Ending()
		}
	}
	return out, nil
}
