package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"secondline/casestore"
)

const (
	// oldestRedis is the first version that does all that is asked of it.
	oldestRedis = 7
	// clockBad is a difference of clocks by which calls are made at wrong times
	// (rules.md 3.1), clockOdd one that should not be.
	clockBad, clockOdd = 60 * time.Second, 2 * time.Second
	// askRedis bounds all questions together.
	askRedis = 10 * time.Second
)

// examineRedis looks at the server, or at each primary of a cluster, and at the keys.
func (d *doctor) examineRedis(ctx context.Context) {
	address := d.settings.Deploy.RedisURL.Reveal()
	d.examineWay(address)
	if address == "" {
		files := redisFiles{d.data}
		if _, err := os.Stat(files.socket()); err != nil {
			d.notFine(warn, "redis", "start secondline serve, and ask again; or set REDIS_URL", "REDIS_URL is not set, and the redis-server that serve starts in %s does not run", d.data)
			return
		}
		address = "unix://" + files.socket()
	}
	if len(d.settings.Deploy.PHIKeys.Sealing) == 0 {
		return // the settings have said so
	}
	store, err := openStore(d.tools.now, d.settings, address, slog.New(slog.DiscardHandler))
	if err != nil {
		d.notFine(bad, "redis", "correct REDIS_URL", "%v", err)
		return
	}
	d.store = store
	ctx, cancel := context.WithTimeout(ctx, askRedis)
	defer cancel()
	servers, err := store.Servers(ctx)
	if err != nil {
		d.notFine(bad, "redis", "see that it runs, that REDIS_URL names it, and that user and password may use it", "%s", redisTrouble(err))
		return
	}
	d.ok("redis", "%s", answers(len(servers)))
	d.findings = append(d.findings, redisFindings(servers, d.settings.Deploy.RedisReplicas, store.Clustered())...)
	d.examineKeys(ctx)
	d.examineBacklog(ctx)
}

func answers(n int) string {
	if n == 1 {
		return "it answers"
	}
	return fmt.Sprintf("%d primaries answer", n)
}

// endsIt is what a server does that does not take our certificate, or speaks another way.
const endsIt = "it ends the connection: it may want TLS (rediss://), or another certificate of ours (REDIS_CERT and REDIS_KEY)"

// redisTrouble says what an error of Redis means, without what it may repeat.
func redisTrouble(err error) string {
	text := err.Error()
	for part, means := range map[string]string{
		"LOADING": "it still reads its data", "NOAUTH": "it wants a password", "WRONGPASS": "it does not know this user and password",
		"NOPERM": "this user may not ask what the line asks", "CLUSTERDOWN": "the cluster is down", "connection refused": "nobody listens there",
		"no such file": "there is no such socket", "no such host": "there is no such host", "i/o timeout": "it does not answer in time",
		"deadline exceeded": "it does not answer in time", "all sentinels": "no Sentinel knows the master",
		"certificate signed by unknown": "its certificate is signed by nobody whom this machine or REDIS_CA trusts", "certificate is valid for": "its certificate is for another name",
		"certificate has expired": "its certificate has expired", "remote error: tls": endsIt, "EOF": endsIt, "broken pipe": endsIt, "connection reset": endsIt, "first record does not look like a TLS": "it speaks no TLS",
		"doesn't contain any IP SANs": "its certificate is for another name",
	} {
		if strings.Contains(text, part) {
			return means
		}
	}
	return "it does not answer"
}

// examineWay looks at how Redis is reached.
func (d *doctor) examineWay(address string) {
	first, others, _ := strings.Cut(address, ",")
	u, err := url.Parse(first)
	if address == "" || err != nil || u.Scheme == "unix" || others == "" && isLocalhost(u.Hostname()) {
		return
	}
	if _, has := u.User.Password(); !has {
		d.notFine(bad, "redis.password", "give Redis an ACL user for the line, and put user and password into REDIS_URL", "whoever reaches Redis may do anything: REDIS_URL has no password")
	}
	if !strings.HasPrefix(u.Scheme, "rediss") {
		d.notFine(warn, "redis.tls", "use rediss:// with TLS in Redis, or a network that nobody else is in", "what goes to Redis is not encrypted on the way")
	}
}

// redisFindings judges what servers say of themselves. What one of several does wrong
// is wrong.
func redisFindings(servers []casestore.Server, replicas int, clustered bool) []finding {
	var out []finding
	for _, rule := range redisRules(replicas, clustered) {
		f := finding{Name: rule.name, State: fine, Found: rule.fine(servers[0])}
		for _, s := range servers {
			if st, found := rule.look(s); st != fine {
				f = finding{rule.name, st, found, rule.do}
				if st == bad {
					break
				}
			}
		}
		out = append(out, f)
	}
	return out
}

// redisRule is one thing that is asked of every server.
type redisRule struct {
	name, do string
	fine     func(casestore.Server) string
	look     func(casestore.Server) (state, string)
}

func redisRules(replicas int, clustered bool) []redisRule {
	said := func(text string) func(casestore.Server) string { return func(casestore.Server) string { return text } }
	return []redisRule{
		{"redis.version", "install Redis 7 or newer; 7.2 proves that an event is on disk", func(s casestore.Server) string { return s.Version }, lookVersion},
		{"redis.persistence", "set appendonly yes", said("it keeps an append-only file"), func(s casestore.Server) (state, string) {
			return when(!s.AppendOnly, bad, "nothing is written to disk: a restart loses every case")
		}},
		{"redis.fsync", "set appendfsync always; with a managed Redis ask who runs it", said("each write is on disk before it is answered"), lookFsync},
		{"redis.writes", "look at its log and at the disk", said("the last writes to disk went well"), func(s casestore.Server) (state, string) {
			return when(s.WritesFail, bad, "the last write to disk failed")
		}},
		{"redis.eviction", "set maxmemory-policy noeviction", said("nothing is thrown away"), lookEviction},
		{"redis.memory", "give it more memory", said("there is room"), func(s casestore.Server) (state, string) {
			return when(s.Most > 0 && s.Used > s.Most/10*8, bad, fmt.Sprintf("%d of %d MB are used; without room every write is refused", s.Used>>20, s.Most>>20))
		}},
		{"redis.role", "name the primary in REDIS_URL, or Sentinel, which knows it", said("it takes writes"), func(s casestore.Server) (state, string) {
			return when(s.Role != "" && s.Role != "master", bad, "it is a replica: nothing can be written")
		}},
		{"redis.replicas", "start replicas, or set REDIS_REPLICAS to what there is", func(s casestore.Server) string { return strconv.Itoa(s.Replicas) + " connected" }, func(s casestore.Server) (state, string) {
			return when(s.Replicas < replicas, bad, fmt.Sprintf("REDIS_REPLICAS asks for %d, and %d are connected: no event is acknowledged, and nothing is sent", replicas, s.Replicas))
		}},
		{"redis.loading", "wait until it has read its data", said("it has read its data"), func(s casestore.Server) (state, string) {
			return when(s.Loading, bad, "it still reads its data")
		}},
		{"redis.scripts", "allow this user EVAL, EVALSHA and SCRIPT", said("it runs scripts"), func(s casestore.Server) (state, string) {
			return when(!s.Scripts, bad, "it does not run scripts: no turn can be kept")
		}},
		{"redis.cluster", "write redis+cluster:// in REDIS_URL for a cluster, and see that all its slots are served", said("its kind is the one in REDIS_URL"), func(s casestore.Server) (state, string) {
			if s.ClusterMode != clustered {
				return bad, "REDIS_URL and the server do not agree on whether it is a cluster"
			}
			return when(s.ClusterMode && s.ClusterState != "ok", bad, "the cluster does not serve all slots")
		}},
		{"redis.clock", "have both machines keep time (NTP)", said("its clock and ours agree"), lookClock},
	}
}

func when(is bool, s state, found string) (state, string) {
	if is {
		return s, found
	}
	return fine, ""
}

func lookVersion(s casestore.Server) (state, string) {
	major, _, _ := strings.Cut(s.Version, ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return warn, "it does not say its version"
	}
	return when(n < oldestRedis, bad, "it is "+s.Version)
}

func lookFsync(s casestore.Server) (state, string) {
	switch {
	case !s.AppendOnly:
		return bad, "there is no append-only file to write"
	case s.Fsync == "":
		return warn, "appendfsync cannot be read: this user may not use CONFIG"
	}
	return when(s.Fsync != "always", warn, "appendfsync is "+s.Fsync+": a crash of the machine loses what callers said last")
}

func lookEviction(s casestore.Server) (state, string) {
	switch {
	case s.Eviction == "":
		return warn, "it does not say its policy"
	case s.Evicted > 0 && s.Eviction == "noeviction":
		return warn, fmt.Sprintf("it has thrown away %d keys under an earlier policy", s.Evicted)
	}
	return when(s.Eviction != "noeviction", bad, s.Eviction+": when memory is short it throws cases away")
}

func lookClock(s casestore.Server) (state, string) {
	off := max(s.Ahead, -s.Ahead)
	found := fmt.Sprintf("its clock and ours differ by %s", off.Round(100*time.Millisecond))
	if off > clockBad {
		return bad, found
	}
	return when(off > clockOdd, warn, found)
}

// examineKeys looks whether the ring opens what is kept.
func (d *doctor) examineKeys(ctx context.Context) {
	const do = "set PHI_KEYS to the value that the data were kept with: no key leaves it while its data live"
	known, err := d.store.CheckKeys(ctx)
	switch {
	case errors.Is(err, casestore.ErrOtherIndex):
		d.notFine(bad, "keys", do, "the entry index of PHI_KEYS is another: nobody is found again")
		return
	case errors.Is(err, casestore.ErrSealed):
		d.notFine(bad, "keys", do, "PHI_KEYS does not open what is kept: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	case err == nil:
		err = d.store.MarkKeys(ctx)
	}
	if err != nil {
		d.notFine(bad, "keys", "let the line write to Redis", "it cannot be tried whether PHI_KEYS opens what is kept: Redis refuses")
		return
	}
	d.ok("keys", "they open what is kept (%d have sealed)", max(known, 1))
}

// examineBacklog looks for what waits for an operator.
func (d *doctor) examineBacklog(ctx context.Context) {
	effects, dead, refused, err := d.store.LaidAside(ctx)
	if err != nil {
		return // what keeps it from answering has been told of
	}
	if refused > 0 {
		d.notFine(warn, "events.refused", "secondline events refused shows them", "%d events that came in were refused", refused)
	}
	if dead > 0 {
		d.notFine(warn, "events.dead", "secondline events dead shows them; replay sends them again", "%d events could not be delivered in three days", dead)
	}
	if effects > 0 {
		d.notFine(bad, "outbox", "look in the log for \"an effect is laid aside\": it names each and why", "%d things that the line was to do were given up", effects)
	}
}
