package casestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// owedLives is how long the call that is owed to who calls too often is known as that:
// longer than any is owed.
const owedLives = 14 * 24 * time.Hour

// owedKey: string task ID. The call owed to a number that called too often; lives
// owedLives.
func owedKey(id PersonID) string { return key(id.Partition(), "owed", string(id)) }

// addOwed has OwedCall know of a task.
func (o *operations) addOwed(id PersonID, task string) {
	o.add("SET", owedKey(id), task, "PX", owedLives.Milliseconds())
}

// OwedCall says whether a call that was owed to a number because it called too often
// (Change.Often) is still owed.
func (s *Store) OwedCall(ctx context.Context, id PersonID) (bool, error) {
	task, err := s.rdb.Get(ctx, owedKey(id)).Result()
	if err == nil {
		err = s.rdb.ZScore(ctx, tasksKey(id.Partition()), task).Err()
	}
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("casestore: the call that is owed: %w", err)
	}
	return true, nil
}
