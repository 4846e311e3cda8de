package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twilio"
	"secondline/internal/twiliosim"
)

// The made-up account and coordinator of demo and call. The numbers are set
// aside for fiction (+1 617 555 0100 to 0199).
const (
	worldURL     = "https://line.example"
	worldAccount = "AC00000000000000000000000000000000"
	worldToken   = "00000000000000000000000000000000"
	worldPerson  = "+16175550199"
)

// clock is a time that can be moved.
type clock struct {
	mu sync.Mutex
	at time.Time
	// real is when it was set, where it runs on by itself; zero where it stands.
	real time.Time
}

// Now gives the time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.real.IsZero() {
		return c.at
	}
	return c.at.Add(time.Since(c.real))
}

// Set moves it.
func (c *clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
	if !c.real.IsZero() {
		c.real = time.Now()
	}
}

// Pass moves it on; a clock that runs by itself needs no help.
func (c *clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.real.IsZero() {
		c.at = c.at.Add(d)
	}
}

// world is the whole program with a stand-in for Twilio and a Redis in memory:
// what demo and call run on. Nothing in it is kept.
type world struct {
	line  *line
	sim   *twiliosim.Sim
	clock *clock
	zone  *time.Location
	redis *miniredis.Miniredis
	stop  func()
}

// hooks let a test stand between the program and its Redis, or between Twilio
// and the program. The zero value stands nowhere.
type hooks struct {
	redis  func(net.Conn) net.Conn
	twilio func(http.RoundTripper) http.RoundTripper
}

// newWorld makes one. An empty roster gets a made-up coordinator.
func newWorld(s Settings, c *clock, log *slog.Logger, h hooks) (*world, error) {
	var err error
	s.Deploy.PublicURL, s.Deploy.AccountSID, s.Deploy.AuthToken = worldURL, worldAccount, private.Of(worldToken)
	if s.Deploy.PHIKeys, err = passingKeys(); err != nil {
		return nil, err
	}
	if len(s.Programme.Coordinators) == 0 {
		s.Programme.Coordinators = []Coordinator{{Name: "Sam Rivera (made up)", Number: worldPerson, Languages: []string{"en"}}}
	}
	redis := miniredis.NewMiniRedis()
	zone, err := time.LoadLocation(s.Programme.Opening.Zone)
	if err != nil {
		return nil, err
	}
	w := &world{clock: c, zone: zone, redis: redis}
	store, err := w.store(s, h, log)
	if err != nil {
		return nil, err
	}
	// The line and the stand-in know each other: each reaches the other in
	// process, once both are there.
	toSim := &late{}
	client, err := twilio.NewClient(twilio.ClientConfig{AccountSID: worldAccount, AuthToken: worldToken, HTTP: toSim})
	if err != nil {
		return nil, err
	}
	if w.line, err = newLine(parts{settings: s, store: store, fetch: twilioFetcher{client}, now: c.Now, log: log}); err != nil {
		return nil, err
	}
	transport := twiliosim.HandlerTransport(w.line.handler)
	if h.twilio != nil {
		transport = h.twilio(transport)
	}
	number := twiliosim.Number{VoiceURL: "/voice/incoming", FallbackURL: "/voice/fallback", StatusCallback: "/voice/status"}
	w.sim, err = twiliosim.New(twiliosim.Config{
		AccountSID: worldAccount, AuthToken: worldToken, AppURL: worldURL, Now: c.Now, Seed: 1,
		Transport: transport,
		Callee:    func(string) twiliosim.CalleeBehaviour { return twiliosim.Answers("1") },
		Numbers:   map[string]twiliosim.Number{s.Programme.Lines.TollFree.Number: number, s.Programme.Lines.International.Number: number},
	})
	if err != nil {
		return nil, err
	}
	toSim.RoundTripper = twiliosim.HandlerTransport(w.sim)
	return w, nil
}

// store starts the workers too.
func (w *world) store(s Settings, h hooks, log *slog.Logger) (*casestore.Store, error) {
	ring, err := newRing(s.Deploy.PHIKeys)
	if err != nil {
		return nil, err
	}
	dial := func() (net.Conn, error) {
		conn, err := w.redis.Dial()
		if err == nil && h.redis != nil {
			conn = h.redis(conn)
		}
		return conn, err
	}
	keep := time.Duration(s.Programme.Retention.UnfinishedIntakeDays) * 24 * time.Hour
	store := casestore.New(casestore.Options{Redis: casestore.ConnectBy(dial), Ring: ring, Keep: keep, Now: w.clock.Now, Log: log})
	ctx, cancel := context.WithCancel(context.Background())
	var workers sync.WaitGroup
	workers.Go(func() { store.Work(ctx, "world", nil) })
	w.stop = func() {
		// Closing the connections first ends the workers' blocking reads.
		cancel()
		store.Close()
		workers.Wait()
		w.redis.Close()
	}
	return store, nil
}

// caseOf gives the request that a call makes or has made, with its answers; nil
// where there is none.
func (w *world) caseOf(ctx context.Context, call *twiliosim.Call) (*casestore.Case, error) {
	ring := w.line.store.Ring()
	id := ring.Stranger(call.SID())
	if number, ok := twilio.CallerNumber(call.From()); ok {
		id = ring.Person(private.Of(number))
	}
	conversation, err := w.line.store.Conversation(ctx, id.Partition(), call.SID())
	if errors.Is(err, casestore.ErrNotFound) {
		return nil, nil
	}
	if err != nil || conversation.Case == nil {
		return nil, err
	}
	if conversation.Case.Stage != casestore.StageStarted {
		return w.line.store.Case(ctx, id.Partition(), conversation.Case.ID)
	}
	drafts, err := w.line.store.Drafts(ctx, id)
	for _, draft := range drafts {
		if draft.ID == conversation.Case.ID {
			return draft, err
		}
	}
	return nil, err
}

// masked gives what was answered, for eyes that need not see it: the last two
// letters, or that a recording is there.
func masked(value private.Text) string {
	v := value.Reveal()
	switch {
	case strings.HasPrefix(v, "RE") && len(v) == 34:
		return "recorded"
	case len(v) <= 2 || isWord(v):
		return v
	}
	return strings.Repeat("•", len([]rune(v))-2) + v[len(v)-2:]
}

// isWord tells a menu's value ("morning", "person_only") from what was typed.
func isWord(v string) bool { return strings.Trim(v, "abcdefghijklmnopqrstuvwxyz_") == "" }
