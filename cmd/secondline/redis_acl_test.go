package main

import (
	"bufio"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondline/internal/redistest"
)

// withACL starts a Redis whose users are those of the file that operators are given.
func withACL(t *testing.T) *redistest.Server {
	t.Helper()
	text, err := os.ReadFile("../../docs/operate/redis.acl")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "redis.acl")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "CHANGE-ME-", "pass-")), 0o600); err != nil {
		t.Fatal(err)
	}
	return redistest.Start(t, "--appendfsync", "no", "--aclfile", file)
}

// as gives a way to ask as one of the users; the first word of the answer comes back.
func as(t *testing.T, server *redistest.Server, user string) func(...string) string {
	t.Helper()
	conn, err := net.Dial("unix", server.Socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	r := bufio.NewReader(conn)
	ask := func(args ...string) string {
		t.Helper()
		var b strings.Builder
		b.WriteString(strings.Join(args, " ") + "\r\n")
		if _, err := conn.Write([]byte(b.String())); err != nil {
			t.Fatal(err)
		}
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(line)
	}
	if user != "" {
		if got := ask("AUTH", user, "pass-"+user); got != "+OK" {
			t.Fatal(got)
		}
	}
	return ask
}

// Whole lives of requests, outreach, the console, events, retention and an operator's
// commands run as the user "line" of the file, and Redis refuses none of it.
func TestTheLineRunsWithLeastRights(t *testing.T) {
	t.Parallel()
	s := newSearchedOn(t, withACL(t), "line", "pass-line")
	s.live()
	s.events()
	s.outreach()
	s.console()
	s.commands()
	s.line.retain(t.Context())
	s.line.recorder.again(t.Context())
	s.line.voice.SweepPromises(t.Context())
	s.must(s.line.store.MarkKeys(t.Context()))
	for at, text := range map[string]string{"the log": s.log.String(), "what commands print": string(joined(s.seen[inErrors]))} {
		if i := strings.Index(text, "NOPERM"); i >= 0 || strings.Contains(text, "may not ask") {
			t.Errorf("Redis refuses something; %s: %s", at, text[max(0, i-300):min(len(text), i+200)])
		}
	}
	// The doctor and an operator who only looks do so as "reader".
	env := map[string]string{"PHI_KEYS": s.env["PHI_KEYS"], "REDIS_URL": strings.Replace(s.env["REDIS_URL"], "line:pass-line@", "reader:pass-reader@", 1)}
	for _, args := range [][]string{{"case", "list"}, {"task", "list"}, {"events", "refused"}, {"retention", "-dry-run", "-data", t.TempDir()}, {"case", "show", s.people[0].request}} {
		if status, out := ran(t, env, args...); status != 0 {
			t.Errorf("reader: %v: %s", args, out)
		}
	}
	if status, out := ran(t, env, "case", "note", s.people[0].request, "x"); status == 0 {
		t.Errorf("reader writes: %s", out)
	}
	_, out := ran(t, env, "doctor", "-data", t.TempDir())
	for line := range strings.Lines(out) {
		if strings.Contains(line, "redis") && (strings.Contains(line, "BAD") || strings.Contains(line, "may not")) {
			t.Errorf("the doctor as reader: %s", line)
		}
	}
}

func joined(samples []sample) (out []byte) {
	for _, x := range samples {
		out = append(out, x.text...)
	}
	return out
}

func ran(t *testing.T, env map[string]string, args ...string) (int, string) {
	t.Helper()
	var out lockedBuffer
	env = maps.Clone(env)
	env["AUDIT_LOG"] = filepath.Join(t.TempDir(), "audit.log")
	status := run(t.Context(), args, lookup(env), &out, &out)
	return status, out.String()
}

// Serve itself starts and is ready as that user, and answers a call.
func TestServeStartsWithLeastRights(t *testing.T) {
	t.Parallel()
	server := withACL(t)
	s := newServiceWith(t, "REDIS_URL=unix://line:pass-line@"+server.Socket, "TWILIO_API_URL=http://127.0.0.1:1")
	sim, number := exchangeFor(t, s, oneShot)
	call, err := sim.Ring(t.Context(), patient, number)
	if err != nil {
		t.Fatal(err)
	}
	for _, keys := range []string{"1", "1", "1", "2", "2", "1", "03041960", "1"} {
		enter(t, call, token{keys: keys})
	}
	if said := call.Transcript(); !strings.Contains(said, "Is this the best number") || strings.Contains(s.log.String(), "NOPERM") {
		t.Errorf("%s\n%s", said, s.log)
	}
}

// What neither user needs, both are refused; nobody else is let in.
func TestRedisRefusesWhatNobodyNeeds(t *testing.T) {
	t.Parallel()
	server := withACL(t)
	refused := func(user string, commands ...string) {
		ask := as(t, server, user)
		for _, c := range commands {
			if got := ask(strings.Fields(c)...); !strings.HasPrefix(got, "-NOPERM") && !strings.HasPrefix(got, "-NOAUTH") {
				t.Errorf("%q: %s: %s", user, c, got)
			}
		}
	}
	both := []string{"FLUSHALL", "FLUSHDB", "KEYS *", "CONFIG SET maxmemory 1", "CONFIG REWRITE", "SHUTDOWN NOSAVE", "SAVE", "BGSAVE", "MONITOR", "ACL LIST", "ACL SETUSER x on",
		"REPLICAOF NO ONE", "CLIENT KILL ID 1", "SCRIPT FLUSH", "FUNCTION FLUSH", "MODULE LIST", "SWAPDB 0 1", "MIGRATE h 1 k 0 1", "SORT sl:x", "RESTORE sl:x 0 x", "SUBSCRIBE x", "PUBLISH x y",
		"GET other", "CLUSTER RESET", "SLOWLOG GET", "LATENCY RESET", "OBJECT ENCODING sl:x"}
	refused("line", append(both, "SET other 1", "RENAME sl:a sl:b", "COPY sl:a sl:b")...)
	refused("reader", append(both, "SET sl:x 1", "DEL sl:x", "HSET sl:x a b", "XADD sl:x * a b", "EXPIRE sl:x 1")...)
	refused("", "PING", "GET sl:x", "INFO")
	if got := as(t, server, "reader")("EVAL", `"return redis.call('set','sl:x','1')"`, "1", "sl:x"); !strings.Contains(got, "-") {
		t.Errorf("reader writes in a script: %s", got)
	}
	if got := as(t, server, "line")("SET", "sl:x", "1"); got != "+OK" {
		t.Error(got)
	}
}
