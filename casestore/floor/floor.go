// Package floor asks Redis in ways that the line does not, for benchmarks to hold the
// line against.
package floor

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Asker is what a turn asks of Redis.
type Asker interface {
	HMGet(ctx context.Context, key string, fields ...string) *redis.SliceCmd
	EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) *redis.Cmd
}

// Merged sends what is asked of Redis at the same time in one piece. The client calls it
// an experiment, and may run a command a second time when a connection is lost.
func Merged(rdb redis.UniversalClient) (Asker, error) {
	client, ok := rdb.(interface {
		AutoPipeline() (*redis.AutoPipeliner, error)
	})
	if !ok {
		return nil, fmt.Errorf("floor: %T sends nothing together", rdb)
	}
	return client.AutoPipeline()
}
