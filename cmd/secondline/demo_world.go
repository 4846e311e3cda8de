package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/recordings"
	"secondline/internal/twilio"
	"secondline/internal/twiliosim"
	"secondline/internal/wording"
)

// The made-up account and coordinator of demo and call. The numbers are set
// aside for fiction (+1 617 555 0100 to 0199).
const (
	worldURL     = "https://line.example"
	worldAccount = "AC00000000000000000000000000000000"
	worldToken   = "00000000000000000000000000000000"
	worldPerson  = "+16175550199"
	worldPIN     = "2468"
)

// worldTeam are the made-up coordinators.
var worldTeam = []Coordinator{
	{Name: "Sam Rivera (made up)", Number: worldPerson, Languages: []string{"en"}, PIN: private.Of(worldPIN)},
	{Name: "Luz Ortega (made up)", Number: "+16175550198", Languages: []string{"en", "es"}, PIN: private.Of("1357")},
	{Name: "Kim Park (made up)", Number: "+16175550197", Languages: []string{"en", "ko"}},
	{Name: "Pat Doyle (made up)", Number: "+16175550196", Languages: []string{"en"}},
}

// clock is a time that can be moved.
type clock struct {
	mu sync.Mutex
	at time.Time
	// real is when it was set, where it runs on by itself; zero where it stands.
	real time.Time
	// moved is told of every step that does not happen by itself: what is kept for
	// a while must run out.
	moved func(time.Duration)
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
	step := at.Sub(c.Now())
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
	if c.moved != nil && step > 0 {
		c.moved(step)
	}
	if !c.real.IsZero() {
		c.real = time.Now()
	}
}

// Pass moves it on; a clock that runs by itself needs no help.
func (c *clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.real.IsZero() {
		return
	}
	c.at = c.at.Add(d)
	if c.moved != nil {
		c.moved(d)
	}
}

// Wait lets time pass: at once on a clock that stands still, and truly on one
// that runs.
func (c *clock) Wait(ctx context.Context, d time.Duration) {
	c.mu.Lock()
	real := !c.real.IsZero()
	c.mu.Unlock()
	if !real || d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// world is the whole program with a stand-in for Twilio and a Redis in memory:
// what demo and call run on. Nothing in it is kept.
type world struct {
	line  *line
	sim   *twiliosim.Sim
	clock *clock
	zone  *time.Location
	team  []Coordinator
	log   *slog.Logger
	words *wording.Book
	redis *miniredis.Miniredis
	dir   string // what is kept in files
	work  func()
	stop  func()
}

// hooks let a test stand between the program and its Redis, or between Twilio
// and the program. The zero value stands nowhere.
type hooks struct {
	redis  func(net.Conn) net.Conn
	twilio func(http.RoundTripper) http.RoundTripper
	// rest stands between the program and Twilio's REST API.
	rest func(http.RoundTripper) http.RoundTripper
	// trail is told of what is done.
	trail func(casestore.Deed)
	// settings changes what the programme decides.
	settings func(*Programme)
	// withoutTeam leaves an empty roster empty.
	withoutTeam bool
	// keys are others than those that end with the world.
	keys keyring
}

// newWorld makes one. An empty roster gets a made-up coordinator.
func newWorld(s Settings, c *clock, log *slog.Logger, h hooks) (*world, error) {
	var err error
	s.Deploy.PublicURL, s.Deploy.AccountSID, s.Deploy.AuthToken = worldURL, worldAccount, private.Of(worldToken)
	if s.Deploy.PHIKeys = h.keys; len(h.keys.Sealing) == 0 {
		if s.Deploy.PHIKeys, err = passingKeys(); err != nil {
			return nil, err
		}
	}
	if len(s.Programme.Coordinators) == 0 && !h.withoutTeam {
		s.Programme.Coordinators = worldTeam
	}
	if h.settings != nil {
		h.settings(&s.Programme)
	}
	redis := miniredis.NewMiniRedis()
	c.moved = redis.FastForward
	zone, err := time.LoadLocation(s.Programme.Opening.Zone)
	if err != nil {
		return nil, err
	}
	words, err := wording.Load()
	if err != nil {
		return nil, err
	}
	w := &world{clock: c, zone: zone, words: words, redis: redis, team: s.Programme.Coordinators, log: log}
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
	vault, journal, err := w.disk(store)
	if err != nil {
		return nil, err
	}
	if w.line, err = newLine(parts{settings: s, store: store, client: client, vault: vault, journal: journal, now: c.Now, wait: c.Wait, log: log}); err != nil {
		return nil, err
	}
	transport := twiliosim.HandlerTransport(w.line.handler)
	if h.twilio != nil {
		transport = h.twilio(transport)
	}
	number := twiliosim.Number{VoiceURL: "/voice/incoming", FallbackURL: "/voice/fallback", StatusCallback: "/voice/status", SMSURL: "/sms/incoming"}
	tollFree := number
	tollFree.TollFree = true
	w.sim, err = twiliosim.New(twiliosim.Config{
		AccountSID: worldAccount, AuthToken: worldToken, AppURL: worldURL, Now: c.Now, Seed: 1,
		Transport: transport,
		Callee:    func(string) twiliosim.CalleeBehaviour { return twiliosim.Answers("1") },
		Numbers:   map[string]twiliosim.Number{s.Programme.Lines.TollFree.Number: tollFree, s.Programme.Lines.International.Number: number},
	})
	if err != nil {
		return nil, err
	}
	toSim.RoundTripper = twiliosim.HandlerTransport(w.sim)
	if h.rest != nil {
		toSim.RoundTripper = h.rest(toSim.RoundTripper)
	}
	return w, nil
}

// store opens the store; work starts its workers.
func (w *world) store(s Settings, h hooks, log *slog.Logger) (*casestore.Store, error) {
	ring, err := newRing(s.Deploy.PHIKeys)
	if err != nil {
		return nil, err
	}
	dial := func() (net.Conn, error) {
		conn, err := w.redis.Dial()
		if err == nil {
			conn = newUnblocked(conn)
		}
		if err == nil && h.redis != nil {
			conn = h.redis(conn)
		}
		return conn, err
	}
	keep := time.Duration(s.Programme.Retention.UnfinishedIntakeDays) * 24 * time.Hour
	store := casestore.New(casestore.Options{Redis: casestore.ConnectBy(dial), Ring: ring, Keep: keep, TriesInAll: s.Programme.Caps.WrongAnswersADay, Trail: h.trail, Now: w.clock.Now, Log: log})
	ctx, cancel := context.WithCancel(context.Background())
	var workers sync.WaitGroup
	// The groups of the outbox are made before anything is read.
	if _, err := store.Drain(ctx, "world", nil); err != nil {
		cancel()
		return nil, err
	}
	w.work = func() { workers.Go(func() { store.Work(ctx, "world", w.line.effects()) }) }
	w.stop = func() {
		// Closing the connections first ends the workers' blocking reads.
		cancel()
		store.Close()
		workers.Wait()
		w.redis.Close()
	}
	return store, nil
}

// live does what Twilio would do by itself - dial a call, tell how one ended -
// as soon as it is due, until ctx ends.
func (w *world) live(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		w.line.look(ctx)
		w.line.due(ctx)
		if err := w.sim.Run(ctx); err != nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-w.sim.Work():
		case <-tick.C: // the clock may have been moved
		}
	}
}

// The made-up request of -case.
const (
	worldRequest = "12345674"
	worldBorn    = "1960-03-04"
)

// personOf gives the ID by which the store knows who calls.
func (w *world) personOf(call *twiliosim.Call) casestore.PersonID {
	ring := w.line.store.Ring()
	if number, ok := twilio.CallerNumber(call.From()); ok {
		return ring.Person(private.Of(number))
	}
	return ring.Stranger(call.SID())
}

// addCase puts a request into the world that stands at a stage: "in_review",
// "collecting_records:3" for three places that are awaited, "collecting_records:help"
// where the patient must help. What its dates promise is in the future.
func (w *world) addCase(ctx context.Context, stage, patient string) error {
	number, err := casestore.ParseRequestNumber(worldRequest)
	if err != nil {
		return err
	}
	now := w.clock.Now()
	name, detail, _ := strings.Cut(stage, ":")
	c := &casestore.Case{
		ID: casestore.NewCaseID(), Stage: casestore.Stage(name), Number: number, Line: "tollfree", Language: "en", Opened: now.Add(-72 * time.Hour),
		Caller: private.Of(patient), Answers: map[string]private.Text{"birth_date": private.Of(worldBorn)}, CallBy: now.Add(5 * time.Hour),
		RecordsAt: now.Add(-48 * time.Hour), DeliveredAt: now.Add(-2 * time.Hour), ActionNeeded: detail == "help",
	}
	switch {
	case detail == "late":
		c.CallBy, c.RecordsAt, c.DeliveredAt = now.Add(-time.Hour), now.Add(-30*24*time.Hour), now.Add(-25*time.Hour)
	case detail != "":
		c.Waiting, _ = strconv.Atoi(detail)
	}
	if len(w.team) > 1 {
		c.Coordinator = coordinatorID(w.team[1].Number)
	}
	return w.line.store.AddCase(ctx, c)
}

// settle does by hand, one after the other, what workers and Twilio would do by
// themselves, until nothing is left to do now.
func (w *world) settle(ctx context.Context) error {
	for range 1000 {
		// What cannot be done now, because Redis is gone, is done another time.
		n, err := w.line.store.Drain(ctx, "world", w.line.effects())
		if err != nil {
			w.log.Warn("the outbox is not worked", "err", err)
		}
		guardedJob(ctx, w.log, w.line.look).Run()
		guardedJob(ctx, w.log, w.line.due).Run()
		for w.sim.Step(ctx) {
			n++
		}
		if n == 0 {
			return ctx.Err()
		}
	}
	return errors.New("the program and the stand-in keep each other busy for ever")
}

// disk makes what is kept in files, in a directory that ends with the world.
func (w *world) disk(store *casestore.Store) (recordings.Vault, *casestore.Journal, error) {
	dir, err := os.MkdirTemp("", "secondline-")
	if err != nil {
		return nil, nil, err
	}
	end := w.stop
	w.dir = dir
	w.stop = func() {
		end()
		if err := os.RemoveAll(dir); err != nil {
			w.log.Warn("files are left behind", "err", err)
		}
	}
	journal, err := casestore.OpenJournal(filepath.Join(dir, "optouts.journal"))
	if err != nil {
		return nil, nil, err
	}
	vault, err := recordings.OpenDir(filepath.Join(dir, "recordings"), store.Ring(), w.clock.Now)
	return vault, journal, err
}

// caseOf gives the request that a call makes or has made, with its answers; nil
// where there is none.
func (w *world) caseOf(ctx context.Context, call *twiliosim.Call) (*casestore.Case, error) {
	id := w.personOf(call)
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
