package casestore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Server is what one Redis server says of itself. What it does not say, or may not
// be asked, is empty.
type Server struct {
	Version string
	// Role is "master" or "slave"; Replicas counts those that are connected.
	Role     string
	Replicas int
	// Loading says that it still reads its data; ClusterMode that it is part of a
	// Redis Cluster.
	Loading, ClusterMode bool
	// AppendOnly says that it keeps an append-only file; Fsync is "always",
	// "everysec", "no", or empty where CONFIG may not be asked.
	AppendOnly bool
	Fsync      string
	// Snapshots is the setting save; empty where there are none, or CONFIG may not be
	// asked.
	Snapshots string
	// Lineage names the history of writes that it goes on with; another one after a
	// failover.
	Lineage string
	// WritesFail says that the last write to disk failed.
	WritesFail bool
	// Eviction is the maxmemory-policy, Evicted counts the keys that were thrown away.
	// Used and Most are bytes; Most is 0 for no bound.
	Eviction   string
	Evicted    int64
	Used, Most int64
	// Ahead is by how much its clock is ahead of ours, at least; a difference that the
	// way there and back explains is none.
	Ahead time.Duration
	// Scripts says that it runs ours.
	Scripts bool
	// ClusterState is "ok" or "fail"; empty for none.
	ClusterState string
}

// Servers asks every server that takes writes: one, or each primary of a cluster. It
// fails where one does not answer.
func (s *Store) Servers(ctx context.Context) ([]Server, error) {
	cluster, ok := s.rdb.(*redis.ClusterClient)
	if !ok {
		one, err := s.askServer(ctx, s.rdb)
		return []Server{one}, err
	}
	var mu sync.Mutex
	var out []Server
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		one, err := s.askServer(ctx, node)
		mu.Lock()
		defer mu.Unlock()
		out = append(out, one)
		return err
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("casestore: the cluster has no primary")
	}
	return out, err
}

// Clustered says that the store was given the address of a cluster.
func (s *Store) Clustered() bool {
	_, ok := s.rdb.(*redis.ClusterClient)
	return ok
}

func (s *Store) askServer(ctx context.Context, rdb redis.Cmdable) (Server, error) {
	// Asked once before the clock is: a connection that is only now made would count
	// as time on the way.
	if err := rdb.Ping(ctx).Err(); err != nil {
		return Server{}, fmt.Errorf("casestore: ask the server: %w", err)
	}
	ahead, err := s.clockOf(ctx, rdb)
	if err != nil {
		return Server{}, err
	}
	text, err := rdb.Info(ctx).Result()
	if err != nil {
		return Server{}, fmt.Errorf("casestore: ask the server: %w", err)
	}
	out := serverOf(text)
	out.Ahead = ahead
	out.Scripts = rdb.Eval(ctx, "return 1", nil).Err() == nil
	if got, err := rdb.ConfigGet(ctx, "appendfsync").Result(); err == nil {
		out.Fsync = got["appendfsync"]
	}
	if got, err := rdb.ConfigGet(ctx, "save").Result(); err == nil && !out.AppendOnly {
		out.Snapshots = got["save"]
	}
	if out.ClusterMode {
		if state, err := rdb.ClusterInfo(ctx).Result(); err == nil {
			out.ClusterState = infoFields(state)["cluster_state"]
		}
	}
	return out, nil
}

// clockOf says by how much the clock of a server is ahead of ours, at least.
func (s *Store) clockOf(ctx context.Context, rdb redis.Cmdable) (time.Duration, error) {
	before := s.now()
	theirs, err := rdb.Time(ctx).Result()
	if err != nil {
		return 0, fmt.Errorf("casestore: ask the server: %w", err)
	}
	after := s.now()
	switch {
	case theirs.Before(before):
		return theirs.Sub(before), nil
	case theirs.After(after):
		return theirs.Sub(after), nil
	}
	return 0, nil
}

// infoFields reads the lines "name:value" of INFO.
func infoFields(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			out[name] = value
		}
	}
	return out
}

func serverOf(text string) Server {
	f := infoFields(text)
	number := func(name string) int64 { n, _ := strconv.ParseInt(f[name], 10, 64); return n }
	failed := func(name string) bool { return f[name] != "" && f[name] != "ok" }
	return Server{
		Lineage: f["master_replid"], Version: f["redis_version"], Role: f["role"], Replicas: int(number("connected_slaves")),
		Loading: f["loading"] == "1", ClusterMode: f["cluster_enabled"] == "1", AppendOnly: f["aof_enabled"] == "1",
		WritesFail: failed("aof_last_write_status") || failed("aof_last_bgrewrite_status") || failed("rdb_last_bgsave_status"),
		Eviction:   f["maxmemory_policy"], Evicted: number("evicted_keys"), Used: number("used_memory"), Most: number("maxmemory"),
	}
}
