//go:build unix

package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"secondline/internal/redistest"
)

// benchSetUp is a way to run Redis.
type benchSetUp struct {
	name    string
	tcp     bool
	cluster bool
	fsync   string
}

// The first is the one that everything is measured on.
var benchSetUps = []benchSetUp{
	{name: "unix socket, everysec", fsync: "everysec"},
	{name: "unix socket, always", fsync: "always"},
	{name: "TCP, everysec", tcp: true, fsync: "everysec"},
	{name: "TCP, always", tcp: true, fsync: "always"},
	{name: "Cluster of 3, everysec", cluster: true, fsync: "everysec"},
}

// benchRedis is one that runs.
type benchRedis struct {
	benchSetUp
	servers []*redistest.Server
	url     string
}

func (s benchSetUp) start(b *testing.B) *benchRedis {
	b.Helper()
	r := &benchRedis{benchSetUp: s}
	if s.cluster {
		r.servers = redistest.StartCluster(b)
		for _, server := range r.servers {
			server.Do(b, "CONFIG", "SET", "appendonly", "yes")
			server.Do(b, "CONFIG", "SET", "hash-max-listpack-value", "2048")
			server.Do(b, "CONFIG", "SET", "appendfsync", s.fsync)
			server.Do(b, "CONFIG", "SET", "auto-aof-rewrite-percentage", "0")
		}
		var all []string
		for _, server := range r.servers {
			all = append(all, "127.0.0.1:"+strconv.Itoa(server.Port))
		}
		r.url = "redis+cluster://" + strings.Join(all, ",")
		return r
	}
	args := []string{"--hash-max-listpack-value", "2048", "--appendfsync", s.fsync, "--save", "", "--auto-aof-rewrite-percentage", "0"}
	port := 0
	if s.tcp {
		port = unusedPort(b)
		args = append(args, "--bind", "127.0.0.1", "--port", strconv.Itoa(port))
	}
	r.servers = []*redistest.Server{redistest.Start(b, args...)}
	r.url = r.servers[0].URL()
	if s.tcp {
		r.url = "redis://127.0.0.1:" + strconv.Itoa(port)
	}
	return r
}

func unusedPort(b *testing.B) int {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// redisUse is what redis-server says of itself: seconds of CPU, bytes read and
// written.
type redisUse struct{ seconds, in, out float64 }

func (r *benchRedis) use(b *testing.B) (all redisUse) {
	b.Helper()
	for _, s := range r.servers {
		cpu, stats := s.Do(b, "INFO", "cpu"), s.Do(b, "INFO", "stats")
		all.seconds += infoNumber(cpu, "used_cpu_sys") + infoNumber(cpu, "used_cpu_user")
		all.in += infoNumber(stats, "total_net_input_bytes")
		all.out += infoNumber(stats, "total_net_output_bytes")
	}
	return all
}

// describe notes the version for the report.
func (r *benchRedis) describe(b *testing.B, report *benchReport) {
	b.Helper()
	report.redisVersion = infoText(r.servers[0].Do(b, "INFO", "server"), "redis_version")
	if r.servers[0].Do(b, "CONFIG", "GET", "appendfsync") == "" {
		b.Fatal("Redis does not say what it writes to disk")
	}
}

func infoText(info, name string) string {
	_, after, _ := strings.Cut(info, "\n"+name+":")
	value, _, _ := strings.Cut(after, "\r")
	return value
}

func infoNumber(info, name string) (n float64) {
	_, _ = fmt.Sscan(infoText(info, name), &n)
	return n
}

// compact makes the append-only files small again, which Redis is kept from doing
// while the time runs.
func (r *benchRedis) compact(b *testing.B) {
	b.Helper()
	for _, s := range r.servers {
		s.Do(b, "BGREWRITEAOF")
	}
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for _, s := range r.servers {
		for infoNumber(s.Do(b, "INFO", "persistence"), "aof_rewrite_in_progress") != 0 {
			select {
			case <-ctx.Done():
				b.Fatal("the append-only file is not rewritten within a minute")
			case <-tick.C:
			}
		}
	}
}
