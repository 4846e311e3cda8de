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

// lineageKept is how old the lineage that Lineage gives may be.
const lineageKept = time.Second

// Lineage names the history of writes that the primaries go on with. It is another one
// after a failover, and after a restart without data. It may be one of up to lineageKept
// ago: then what was written since is doubted after a failover in between, which is
// more than is needed, and never less.
func (s *Store) Lineage(ctx context.Context) (string, error) {
	if last := s.lineage.Load(); last != nil && s.now().Sub(last.at).Abs() < lineageKept {
		return last.name, nil
	}
	at := s.now()
	name, err := s.askLineage(ctx)
	if err == nil {
		s.lineage.Store(&lineage{name, at})
	}
	return name, err
}

// lineage is one that was asked for at a time.
type lineage struct {
	name string
	at   time.Time
}

func (s *Store) askLineage(ctx context.Context) (string, error) {
	ask := func(ctx context.Context, rdb redis.Cmdable) (string, error) {
		text, err := rdb.Info(ctx, "replication").Result()
		if err != nil {
			return "", fmt.Errorf("casestore: lineage: %w", err)
		}
		return lineageIn(text)
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

// lineageIn reads it from what INFO says of replication.
func lineageIn(info string) (string, error) {
	name := infoFields(info)["master_replid"]
	if name == "" {
		return "", errors.New("casestore: lineage: Redis does not tell it")
	}
	return name, nil
}

// Durable waits until everything that was written since the store was of a lineage is
// on disk, and on the replicas that the store waits for (rules.md 3.4). It fails with
// ErrNotDurable where Redis keeps no append-only file, and for one before 7.2 where it
// does not write it always; with ErrNotReplicated; and with ErrFailedOver where the
// lineage is another by now.
func (s *Store) Durable(ctx context.Context, since string) error {
	at := s.now()
	now, err := s.prove(ctx)
	if err != nil {
		return err
	}
	s.lineage.Store(&lineage{now, at})
	if now != since {
		return ErrFailedOver
	}
	return nil
}

// prove asks every primary, and gives the lineage after that.
func (s *Store) prove(ctx context.Context) (string, error) {
	cluster, ok := s.rdb.(*redis.ClusterClient)
	if !ok {
		return s.proveAt(ctx, s.rdb, durableKey(0))
	}
	asked := map[*redis.Client]bool{}
	for p := range Partition(Partitions) {
		node, err := cluster.MasterForKey(ctx, durableKey(p))
		if err == nil && !asked[node] {
			asked[node] = true
			_, err = s.proveAt(ctx, node, durableKey(p))
		}
		if err != nil {
			return "", err
		}
	}
	return s.askLineage(ctx)
}

// durableKey: string. A mark that is written last; lives an hour.
func durableKey(p Partition) string { return key(p, "durable", "") }

// proof is what one server answers when it is asked whether it has everything.
type proof struct {
	// acked is the answer to WAITAOF or WAIT; nil where neither was asked.
	acked       *redis.Cmd
	only, fsync *redis.MapStringStringCmd
	info        *redis.StringCmd
}

// proveAt asks one server, in one round trip, and gives its lineage. What was written
// before a mark is on disk and on replicas when the mark is. A server that does not know
// WAITAOF is asked the other way from then on, until that does not prove it.
func (s *Store) proveAt(ctx context.Context, rdb redis.Cmdable, mark string) (string, error) {
	before72 := s.before72.Load()
	var p proof
	_, err := rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		if before72 {
			p.askBefore72(ctx, pipe, mark, s.replicas, s.now())
		} else {
			pipe.Set(ctx, mark, s.now().UnixMilli(), time.Hour)
			p.acked = pipe.Do(ctx, "WAITAOF", 1, s.replicas, durableWait)
		}
		p.info = pipe.Info(ctx, "replication")
		return nil
	})
	switch {
	case err != nil && !before72 && strings.Contains(err.Error(), "unknown command"):
		s.before72.Store(true)
		return s.proveAt(ctx, rdb, mark)
	case err != nil && p.acked != nil && p.acked.Err() != nil && strings.Contains(p.acked.Err().Error(), "append"):
		return "", ErrNotDurable
	case err != nil:
		return "", fmt.Errorf("casestore: durable: %w", err)
	}
	if before72 {
		err = s.enoughBefore72(p)
	} else {
		err = s.enough(p)
	}
	if err != nil {
		return "", err
	}
	return lineageIn(p.info.Val())
}

// durableWait is how long a server may take to have everything on disk and on replicas,
// in milliseconds.
const durableWait = 2000

// enough reads the answer to WAITAOF.
func (s *Store) enough(p proof) error {
	counts, err := p.acked.Int64Slice()
	if err != nil || len(counts) != 2 || counts[0] < 1 {
		return fmt.Errorf("casestore: durable: %v of 1 and %d are on disk (%v)", counts, s.replicas, err)
	}
	return s.enoughReplicas(counts[1])
}

// askBefore72 asks a Redis that cannot say what is on disk: there only appendfsync
// always has everything there by the time that it answers.
func (p *proof) askBefore72(ctx context.Context, pipe redis.Pipeliner, mark string, replicas int, now time.Time) {
	p.only, p.fsync = pipe.ConfigGet(ctx, "appendonly"), pipe.ConfigGet(ctx, "appendfsync")
	if replicas > 0 {
		pipe.Set(ctx, mark, now.UnixMilli(), time.Hour)
		p.acked = pipe.Do(ctx, "WAIT", replicas, durableWait)
	}
}

func (s *Store) enoughBefore72(p proof) error {
	if p.only.Val()["appendonly"] != "yes" || p.fsync.Val()["appendfsync"] != "always" {
		s.before72.Store(false) // another server may be asked next time
		return ErrNotDurable
	}
	if p.acked == nil {
		return nil
	}
	n, err := p.acked.Int64()
	if err != nil {
		return fmt.Errorf("casestore: durable: %w", err)
	}
	return s.enoughReplicas(n)
}

func (s *Store) enoughReplicas(acked int64) error {
	if acked < int64(s.replicas) {
		return fmt.Errorf("%w: %d of %d", ErrNotReplicated, acked, s.replicas)
	}
	return nil
}
