package casestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// What hurts when a failover loses it is waited for until replicas have it too
// (rules.md 3.4): opt-outs, and the marks that a text or a call is about to be made.
// Not every turn is: that would halve the rate.

// ErrNotReplicated says that a write is on the primary and on fewer replicas than the
// store is to wait for: a failover may lose it.
var ErrNotReplicated = errors.New("casestore: too few replicas have it")

// ErrFailedOver says that another server has become the primary meanwhile.
var ErrFailedOver = errors.New("casestore: another server has become the primary")

// replicaWait is how long a write waits for replicas: a caller hears a pause as long.
const replicaWait = 800 * time.Millisecond

// durability is what a write needs of the replicas.
type durability int

const (
	// onPrimary needs none.
	onPrimary durability = iota
	// toldOf is acknowledged all the same, since it is on disk elsewhere, and written
	// again after a failover: opt-outs, which are in the journal.
	toldOf
	// needed fails without: nothing is sent on a mark that may be lost.
	needed
)

// run runs a script of ours on the keys of one slot, and has replicas have what it
// wrote. WAIT counts for the connection that wrote, so both go over one.
func (s *Store) run(ctx context.Context, script *redis.Script, d durability, keys []string, args ...any) (*redis.Cmd, error) {
	if d == onPrimary || s.replicas <= 0 {
		return s.runOnPrimary(ctx, script, keys, args...)
	}
	cmd, acked, err := s.runAndWait(ctx, script, keys, args...)
	switch {
	case err != nil:
		return cmd, err
	case acked >= int64(s.replicas):
		return cmd, nil
	case d == toldOf:
		s.log.Error("an opt-out is on too few replicas; it is in the journal, and written again after a failover", "replicas", acked, "of", s.replicas)
		return cmd, nil
	}
	return cmd, fmt.Errorf("%w: %d of %d", ErrNotReplicated, acked, s.replicas)
}

// runOnPrimary runs a script, which Redis may have forgotten, and waits for nobody else.
func (s *Store) runOnPrimary(ctx context.Context, script *redis.Script, keys []string, args ...any) (*redis.Cmd, error) {
	var cmd *redis.Cmd
	err := s.turns.ask(ctx, func(pipe redis.Pipeliner) { cmd = script.EvalSha(ctx, pipe, keys, args...) })
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		cmd = script.Eval(ctx, s.rdb, keys, args...)
		err = cmd.Err()
	}
	return cmd, err
}

// runAndWait says how many replicas have what the script wrote. A cluster that has
// moved the slot is asked where it is now.
func (s *Store) runAndWait(ctx context.Context, script *redis.Script, keys []string, args ...any) (cmd *redis.Cmd, acked int64, err error) {
	for range 3 {
		var node redis.Cmdable = s.rdb
		cluster, clustered := s.rdb.(*redis.ClusterClient)
		if clustered {
			if node, err = cluster.MasterForKey(ctx, keys[0]); err != nil {
				return nil, 0, err
			}
		}
		var wait *redis.IntCmd
		// Eval and not EvalSha: in a pipeline a missing script cannot be sent again.
		_, err = node.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			cmd = script.Eval(ctx, pipe, keys, args...)
			wait = redis.NewIntCmd(ctx, "WAIT", s.replicas, replicaWait.Milliseconds())
			return pipe.Process(ctx, wait)
		})
		if err == nil || cmd.Err() == nil {
			return cmd, wait.Val(), wait.Err()
		}
		if !clustered || !strings.HasPrefix(cmd.Err().Error(), "MOVED ") {
			return cmd, 0, cmd.Err()
		}
		cluster.ReloadState(ctx)
	}
	return cmd, 0, err
}

// Lineage names the history of writes that the primaries go on with. It is another one
// after a failover, and after a restart without data.
func (s *Store) Lineage(ctx context.Context) (string, error) {
	ask := func(ctx context.Context, rdb redis.Cmdable) (string, error) {
		text, err := rdb.Info(ctx, "replication").Result()
		if err != nil {
			return "", fmt.Errorf("casestore: lineage: %w", err)
		}
		return infoFields(text)["master_replid"], nil
	}
	cluster, ok := s.rdb.(*redis.ClusterClient)
	if !ok {
		return ask(ctx, s.rdb)
	}
	var mu sync.Mutex
	var all []string
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		one, err := ask(ctx, node)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, one)
		return err
	})
	slices.Sort(all)
	return strings.Join(all, " "), err
}

// Durable waits until everything that was written since the store was of a lineage is
// on disk, and on the replicas that the store waits for (rules.md 3.4). It fails with
// ErrNotDurable where Redis keeps no append-only file, and for one before 7.2 where it
// does not write it always; with ErrNotReplicated; and with ErrFailedOver where the
// lineage is another by now.
func (s *Store) Durable(ctx context.Context, since string) error {
	cluster, clustered := s.rdb.(*redis.ClusterClient)
	for p := range Partition(Partitions) {
		var node redis.Cmdable = s.rdb
		var err error
		if clustered {
			node, err = cluster.MasterForKey(ctx, key(p, "durable", ""))
		}
		if err == nil {
			err = s.durableAt(ctx, node, key(p, "durable", ""))
		}
		if err != nil {
			return err
		}
		if !clustered {
			break // one server has all parts
		}
	}
	now, err := s.Lineage(ctx)
	if err == nil && now != since {
		err = ErrFailedOver
	}
	return err
}

// durableAt asks one server. What is written after a mark on the same connection is on
// disk, and on replicas, after it.
func (s *Store) durableAt(ctx context.Context, rdb redis.Cmdable, mark string) error {
	var acked *redis.Cmd
	wait := func(args ...any) error {
		_, err := rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			pipe.Set(ctx, mark, s.now().UnixMilli(), time.Hour)
			acked = pipe.Do(ctx, args...)
			return nil
		})
		return err
	}
	err := wait("WAITAOF", 1, s.replicas, 2000)
	switch {
	case err == nil:
		counts, err := acked.Int64Slice()
		if err != nil || len(counts) != 2 || counts[0] < 1 {
			return fmt.Errorf("casestore: durable: %v of 1 and %d are on disk (%v)", counts, s.replicas, err)
		}
		return s.enough(counts[1])
	case strings.Contains(err.Error(), "unknown command"):
		return s.durableBefore72(ctx, rdb, wait, func() *redis.Cmd { return acked })
	case strings.Contains(err.Error(), "append"):
		return ErrNotDurable
	}
	return fmt.Errorf("casestore: durable: %w", err)
}

// durableBefore72 asks a Redis that cannot say what is on disk: there only appendfsync
// always has everything there by the time that it answers.
func (s *Store) durableBefore72(ctx context.Context, rdb redis.Cmdable, wait func(...any) error, acked func() *redis.Cmd) error {
	got, err := rdb.ConfigGet(ctx, "append*").Result()
	if err != nil {
		return fmt.Errorf("casestore: durable: %w", err)
	}
	if got["appendonly"] != "yes" || got["appendfsync"] != "always" {
		return ErrNotDurable
	}
	if s.replicas <= 0 {
		return nil
	}
	if err := wait("WAIT", s.replicas, 2000); err != nil {
		return fmt.Errorf("casestore: durable: %w", err)
	}
	n, err := acked().Int64()
	if err != nil {
		return fmt.Errorf("casestore: durable: %w", err)
	}
	return s.enough(n)
}

func (s *Store) enough(acked int64) error {
	if acked < int64(s.replicas) {
		return fmt.Errorf("%w: %d of %d", ErrNotReplicated, acked, s.replicas)
	}
	return nil
}
