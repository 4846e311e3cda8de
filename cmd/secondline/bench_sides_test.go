//go:build unix

package main

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"secondline/casestore"
	"secondline/casestore/floor"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

// benchSide is one of the handlers that are compared.
type benchSide struct {
	name    string
	handler http.Handler
}

// What stands beside the line: a server that does nothing, the same router and check of
// the signature with two round trips to Redis, and that with the round trips of several
// requests sent together.
const (
	sideBare = iota
	sideFloor
	sideMerged
	sideLine
)

// serve answers on a free port of 127.0.0.1 with the limits of the program. What
// it does shows in a CPU profile under the tag run.
func (s benchSide) serve(b *testing.B, run string) (address string, stop func()) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := hardened(s.handler, slog.New(slog.DiscardHandler))
	var serving sync.WaitGroup
	serving.Go(func() {
		pprof.Do(context.Background(), pprof.Labels("run", run), func(context.Context) { _ = server.Serve(listener) })
	})
	return listener.Addr().String(), func() {
		server.Close()
		serving.Wait()
	}
}

// benchLine is the program as serve puts it together, with its workers, on a
// real Redis. Its clock runs from the hour at which the intake was recorded. Memory is
// looked through as the program does, for the floors too.
func benchLine(b *testing.B, redis *benchRedis) *line {
	b.Helper()
	before := debug.SetGCPercent(gcPercent)
	b.Cleanup(func() { debug.SetGCPercent(before) })
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	if err != nil {
		b.Fatal(err)
	}
	d := &settings.Deploy
	d.PublicURL, d.AccountSID, d.AuthToken, d.RedisURL = worldURL, worldAccount, private.Of(worldToken), private.Of(redis.url)
	if d.PHIKeys, err = passingKeys(); err != nil {
		b.Fatal(err)
	}
	d.EventsSecret = private.Of(secretOfEvents)
	settings.Programme.Caps.CallsAtOnce = 1_000_000 // nobody tells how these calls end
	settings.Programme.Coordinators = []Coordinator{{Name: "Sam Rivera (made up)", Number: worldPerson, Languages: []string{"en"}}}
	ring, err := newRing(d.PHIKeys)
	if err != nil {
		b.Fatal(err)
	}
	when, err := time.Parse(time.RFC3339, tuesday)
	if err != nil {
		b.Fatal(err)
	}
	started := time.Now()
	now := func() time.Time { return when.Add(time.Since(started)) }
	log := newLog(io.Discard)
	rdb, err := casestore.Connect(redis.url)
	if err != nil {
		b.Fatal(err)
	}
	store := casestore.New(casestore.Options{Redis: rdb, Ring: ring, Now: now, Log: log})
	sent := httptest.NewServer(&loadTwilio{})
	b.Cleanup(sent.Close)
	client, err := twilio.NewClient(twilio.ClientConfig{AccountSID: worldAccount, AuthToken: worldToken, BaseURL: sent.URL})
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	vault, err := openVault(now, settings, dir, store)
	if err != nil {
		b.Fatal(err)
	}
	journal, err := openJournal(settings, dir)
	if err != nil {
		b.Fatal(err)
	}
	l, err := newLine(parts{settings: settings, store: store, client: client, vault: vault, journal: journal, now: now, log: log})
	if err != nil {
		b.Fatal(err)
	}
	record, shut := openAudit(now, settings, dir)
	if shut != nil {
		b.Fatal(shut)
	}
	l.console = newConsole(l, settings, vault, record, io.Discard)
	ctx, cancel := context.WithCancel(context.Background())
	var workers sync.WaitGroup
	workers.Go(func() { store.KeepNumbers(ctx) })
	workers.Go(func() { store.Work(ctx, "bench", nil) })
	b.Cleanup(func() {
		cancel()
		store.Close()
		workers.Wait()
	})
	return l
}

// sizes are the means of a request, in bytes: what it sends to Redis and gets from it,
// and its answer.
type sizes struct{ toRedis, fromRedis, answer int }

// floorScript writes what an average request writes, and decides nothing.
//
//	KEYS[1] the call, KEYS[2] the unfinished requests
//	ARGV: version, conversation, lifetime in ms, name of the request, request, lifetime in ms
const floorScript = `
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'd', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
return 1
`

// floorOf is the least that a line with Redis behind it can do for a request: the
// same router and check of the signature, one read and one write of the sizes that the
// real requests have, and an answer that is always the same. merged sends the round
// trips of requests that come at the same time in one piece.
func floorOf(b *testing.B, redis *benchRedis, of sizes, kind kindSpec, merged bool) http.Handler {
	b.Helper()
	rdb, err := casestore.Connect(redis.url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { rdb.Close() })
	ask := floor.Asker(rdb)
	if merged {
		if ask, err = floor.Merged(rdb); err != nil {
			b.Fatal(err)
		}
	}
	script, err := rdb.ScriptLoad(b.Context(), floorScript).Result()
	if err != nil {
		b.Fatal(err)
	}
	// A request has some 420 bytes of commands and names besides what is kept.
	conversation := bytes.Repeat([]byte{'c'}, max(10, of.fromRedis-40))
	draft := bytes.Repeat([]byte{'d'}, max(10, of.toRedis-len(conversation)-420))
	answer := []byte(strings.Repeat("x", of.answer))
	return kind.door(b, func(w http.ResponseWriter, r *http.Request, who string) {
		call, drafts := "floor:{0"+who[len(who)-1:]+"}:call:"+who, "floor:{0"+who[len(who)-1:]+"}:drafts:"+who
		err := ask.HMGet(r.Context(), call, "v", "d").Err()
		if err == nil {
			err = ask.EvalSha(r.Context(), script, []string{call, drafts}, "1", conversation, 86400000, "caaaabbbbccccdddd", draft, 604800000).Err()
		}
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", twilio.ContentType)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(answer)
	})
}

// bare answers what the line does, and looks at nothing.
func bare(of sizes) http.Handler {
	answer := []byte(strings.Repeat("x", of.answer))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", twilio.ContentType)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(answer)
	})
}

// twilioDoor lets what Twilio has signed through to a handler, with the name that the
// request is kept under.
func twilioDoor(b *testing.B, do func(http.ResponseWriter, *http.Request, string)) http.Handler {
	b.Helper()
	verifier, err := twilio.NewVerifier(twilio.VerifierConfig{PublicURL: worldURL, Tokens: []string{worldToken}})
	if err != nil {
		b.Fatal(err)
	}
	router := mux.NewRouter()
	hooks := router.NewRoute().Subrouter()
	hooks.Use(verifier.Middleware(nil))
	turn := func(w http.ResponseWriter, r *http.Request) {
		form := twilio.FormOf(r)
		do(w, r, cmp.Or(form.Get("CallSid"), form.Get("MessageSid")))
	}
	for _, path := range []string{"/voice/incoming", "/voice/answer", "/voice/status", "/sms/incoming"} {
		hooks.HandleFunc(path, turn).Methods(http.MethodPost)
	}
	return router
}

// onlyNextTurns fails when a turn was anything but the call's next step: a
// repeat, or an apology.
func onlyNextTurns(b *testing.B, l *line) {
	b.Helper()
	families, err := l.metrics.Gather()
	if err != nil {
		b.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "secondline_voice_turns_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			if answer := m.GetLabel()[0].GetValue(); answer != "next" && m.GetCounter().GetValue() > 0 {
				b.Fatalf("%.0f turns were answered as %q", m.GetCounter().GetValue(), answer)
			}
		}
	}
}
