//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/redistest"
	"secondline/internal/twilio"
)

// side is one of the two handlers that are compared.
type side struct {
	name    string
	handler http.Handler
}

// serve answers on a free port of 127.0.0.1 with the limits of the program. What
// it does shows in a CPU profile under the tag run.
func (s side) serve(b *testing.B, run string) (address string, stop func()) {
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
// real Redis. Its clock runs from the hour at which the intake was recorded.
func benchLine(b *testing.B, redis *redistest.Server) *line {
	b.Helper()
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	if err != nil {
		b.Fatal(err)
	}
	d := &settings.Deploy
	d.PublicURL, d.AccountSID, d.AuthToken, d.RedisURL = worldURL, worldAccount, private.Of(worldToken), private.Of(redis.URL())
	if d.PHIKeys, err = passingKeys(); err != nil {
		b.Fatal(err)
	}
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
	rdb, err := casestore.Connect(redis.URL())
	if err != nil {
		b.Fatal(err)
	}
	store := casestore.New(casestore.Options{Redis: rdb, Ring: ring, Now: now, Log: log})
	l, err := newLine(parts{settings: settings, store: store, now: now, log: log})
	if err != nil {
		b.Fatal(err)
	}
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

// sizes are the means of an intake's turns, in bytes.
type sizes struct {
	// conversation and draft are what is kept of the call and of the unfinished
	// request, sealed; answer is the TwiML.
	conversation, draft, answer int
}

// floorScript writes what an average turn writes, and decides nothing.
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

// floor is the least that a line with Redis behind it can do for a turn: the
// same router and check of Twilio's signature, one read and one write of the
// sizes that the real turns have, and an answer that is always the same.
func floor(b *testing.B, redis *redistest.Server, of sizes) http.Handler {
	b.Helper()
	rdb, err := casestore.Connect(redis.URL())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { rdb.Close() })
	script, err := rdb.ScriptLoad(b.Context(), floorScript).Result()
	if err != nil {
		b.Fatal(err)
	}
	verifier, err := twilio.NewVerifier(twilio.VerifierConfig{PublicURL: worldURL, Tokens: []string{worldToken}})
	if err != nil {
		b.Fatal(err)
	}
	conversation, draft := bytes.Repeat([]byte{'c'}, of.conversation), bytes.Repeat([]byte{'d'}, of.draft)
	answer := []byte(strings.Repeat("x", of.answer))
	turn := func(w http.ResponseWriter, r *http.Request) {
		form := twilio.FormOf(r)
		call, drafts := "floor:{00}:call:"+form.Get("CallSid"), "floor:{00}:drafts:"+form.Get("From")
		err := rdb.HMGet(r.Context(), call, "v", "d").Err()
		if err == nil {
			err = rdb.EvalSha(r.Context(), script, []string{call, drafts}, "1", conversation, 86400000, "caaaabbbbccccdddd", draft, 604800000).Err()
		}
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", twilio.ContentType)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(answer)
	}
	router := mux.NewRouter()
	hooks := router.NewRoute().Subrouter()
	hooks.Use(verifier.Middleware(nil))
	hooks.HandleFunc("/voice/incoming", turn).Methods(http.MethodPost)
	hooks.HandleFunc("/voice/answer", turn).Methods(http.MethodPost)
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
