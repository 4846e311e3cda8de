package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/redistest"
	"secondline/internal/twilio"
	"secondline/internal/twiliosim"
)

// fleet is ten copies of the program over one Redis and one stand-in for Twilio.
type fleet struct {
	t        *testing.T
	settings Settings
	ring     *casestore.KeyRing
	redis    *redistest.Server
	clock    *clock
	sim      *twiliosim.Sim
	store    *casestore.Store // the test's own, which nobody kills
	cases    []*casestore.Case

	fate     *redistest.Fate
	mu       sync.Mutex
	replicas []*replica
}

// replica is one of them. Killed, it says nothing more to anybody, and hands
// nothing back.
type replica struct {
	*fleet
	*redistest.Life
	line *line
	ctx  context.Context
}

// atTwilio makes up for the few exchanges with Twilio among the many with Redis.
const atTwilio = 50

// RoundTrip asks Twilio: it may die before that, and before the answer.
func (r *replica) RoundTrip(req *http.Request) (*http.Response, error) {
	if !r.Passes(atTwilio) {
		return nil, redistest.ErrKilled
	}
	res, err := twiliosim.HandlerTransport(r.sim).RoundTrip(req)
	if !r.Passes(atTwilio) {
		return nil, redistest.ErrKilled
	}
	return res, err
}

// web brings a webhook to any replica; who dies meanwhile does not answer.
type web struct{ *fleet }

func (f web) RoundTrip(req *http.Request) (*http.Response, error) {
	f.mu.Lock()
	r := f.replicas[f.fate.IntN(len(f.replicas))]
	f.mu.Unlock()
	if !r.Passes(1) {
		return nil, redistest.ErrKilled
	}
	res, err := twiliosim.HandlerTransport(r.line.handler).RoundTrip(req)
	if !r.Passes(1) {
		return nil, redistest.ErrKilled
	}
	return res, err
}

func newFleet(t *testing.T, replicas, coordinators int) *fleet {
	t.Helper()
	f := &fleet{t: t, redis: redistest.Start(t, "--appendfsync", "no"), fate: redistest.NewFate(24),
		clock: &clock{at: time.Date(2027, time.March, 2, 14, 25, 0, 0, time.UTC)}}
	keys, err := passingKeys()
	f.must(err)
	f.ring, err = newRing(keys)
	f.must(err)
	f.settings, err = LoadSettings(noEnvironment, os.ReadFile)
	f.must(err)
	c := &f.settings.Programme.Caps
	c.CallsOutADay, c.CallsOutPerPrefix = 1_000_000, 100_000
	d := &f.settings.Deploy
	d.PublicURL, d.AccountSID, d.AuthToken = worldURL, worldAccount, private.Of(worldToken)
	f.settings.Programme.Coordinators = nil
	for i := range coordinators {
		f.settings.Programme.Coordinators = append(f.settings.Programme.Coordinators,
			Coordinator{Name: fmt.Sprintf("Number %d (made up)", i), Number: fmt.Sprintf("+1202555%04d", i), Languages: []string{"en"}})
	}
	number := f.settings.Programme.Lines.TollFree.Number
	f.sim, err = twiliosim.New(twiliosim.Config{
		AccountSID: worldAccount, AuthToken: worldToken, AppURL: worldURL, Now: f.clock.Now, Seed: 1, Transport: web{f}, Callee: f.callee,
		Numbers: map[string]twiliosim.Number{number: {VoiceURL: "/voice/incoming", FallbackURL: "/voice/fallback", StatusCallback: "/voice/status", SMSURL: "/sms/incoming", TollFree: true}},
	})
	f.must(err)
	rdb, err := casestore.Connect(f.redis.URL())
	f.must(err)
	f.store = casestore.New(casestore.Options{Redis: rdb, Ring: f.ring, Now: f.clock.Now})
	t.Cleanup(func() { f.store.Close() })
	for i := range replicas {
		f.replicas = append(f.replicas, f.begin(i))
	}
	return f
}

func (f *fleet) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// callee is who is called: a coordinator takes the call and says that the patient
// was reached, one patient in three answers.
func (f *fleet) callee(to string) twiliosim.CalleeBehaviour {
	switch {
	case !f.isPatient(to):
		return twiliosim.Answers("1", "1")
	case to[len(to)-1]%3 == 0:
		return twiliosim.Answers()
	case to[len(to)-1]%3 == 1:
		return twiliosim.NoAnswer()
	}
	return twiliosim.Busy()
}

// begin starts the i-th replica.
func (f *fleet) begin(i int) *replica {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	r := &replica{fleet: f, Life: f.fate.NewLife(cancel), ctx: ctx}
	log := slog.New(slog.DiscardHandler)
	store := casestore.New(casestore.Options{Redis: casestore.ConnectBy(r.Dial(f.redis)), Ring: f.ring, Now: f.clock.Now, Log: log})
	f.t.Cleanup(func() { cancel(); store.Close() })
	client, err := twilio.NewClient(twilio.ClientConfig{AccountSID: worldAccount, AuthToken: worldToken, HTTP: r})
	f.must(err)
	dir := filepath.Join(f.t.TempDir(), strconv.Itoa(i))
	vault, err := openVault(f.clock.Now, f.settings, dir, store)
	f.must(err)
	journal, err := casestore.OpenJournal(filepath.Join(dir, "journal"))
	f.must(err)
	r.line, err = newLine(parts{settings: f.settings, store: store, client: client, vault: vault, journal: journal, now: f.clock.Now, wait: f.clock.Wait, log: log})
	f.must(err)
	return r
}

// deliver delivers n opinions, batch of them every minute, from 9:01 on by the
// line's clock.
func (f *fleet) deliver(n, batch int) {
	f.t.Helper()
	from := time.Date(2027, time.March, 2, 14, 1, 0, 0, time.UTC)
	for i := range n {
		number, err := f.store.TakeNumber(f.t.Context())
		f.must(err)
		c := &casestore.Case{
			ID: casestore.NewCaseID(), Stage: casestore.StageInReview, Number: number, Line: "tollfree", Language: "en", Opened: f.clock.Now(),
			Caller: private.Of(fmt.Sprintf("+1212%07d", 2000000+i)), Answers: map[string]private.Text{"zip": private.Of("10001")},
			Coordinator: coordinatorID(f.settings.Programme.Coordinators[i%len(f.settings.Programme.Coordinators)].Number),
		}
		f.must(f.store.AddCase(f.t.Context(), c))
		_, _, err = f.store.Advance(f.t.Context(), c.Partition, c.ID, casestore.StageDelivered, func(c *casestore.Case) {
			c.DeliveredAt = from.Add(time.Duration(i/batch) * time.Minute)
		})
		f.must(err)
		f.cases = append(f.cases, c)
	}
}

// round has every replica do at once what there is to do, and Twilio with them. It
// says whether there was anything.
func (f *fleet) round() bool {
	var work atomic.Int64
	var wg sync.WaitGroup
	for i, r := range f.replicas {
		wg.Go(func() {
			n, _ := r.line.store.Drain(r.ctx, fmt.Sprint("replica", i), r.line.effects())
			r.line.voice.TickPromises(r.ctx)
			r.line.voice.TickTasks(r.ctx)
			work.Add(int64(n))
		})
	}
	wg.Go(func() {
		for f.sim.Step(f.t.Context()) {
			work.Add(1)
		}
	})
	wg.Wait()
	return work.Load() > 0
}

// again starts those that were killed: some at once, some later.
func (f *fleet) again() {
	for i, r := range f.replicas {
		if r.Over() && f.fate.IntN(2) == 0 {
			r.line.store.Close()
			fresh := f.begin(i)
			f.mu.Lock()
			f.replicas[i] = fresh
			f.mu.Unlock()
		}
	}
}

// hangUp is what people do: patients end the talk at once, and coordinators when
// for a minute nothing was to be heard. Who is asked again presses the key again.
func (f *fleet) hangUp() {
	calls := f.sim.Calls()
	for _, c := range calls[max(0, len(calls)-2000):] {
		heard := c.Events()
		if !c.Status().Over() && c.Await().Kind == twiliosim.AwaitKeys && f.clock.Now().Sub(heard[len(heard)-1].At) >= 10*time.Second {
			f.must(c.Press(f.t.Context(), "1"))
			continue
		}
		if c.Status().Over() || c.Await().Kind != twiliosim.AwaitTalk {
			continue
		}
		if f.isPatient(c.To()) || f.clock.Now().Sub(heard[len(heard)-1].At) > time.Minute {
			f.must(c.Hangup(f.t.Context()))
		}
	}
}

func (f *fleet) isPatient(number string) bool { return strings.HasPrefix(number, "+1212") }

// pass lets time go by, and everything happen that is due in it, until the span is
// over or nothing more is to be done about any promise.
func (f *fleet) pass(span time.Duration) {
	f.t.Helper()
	end := f.clock.Now().Add(span)
	for f.clock.Now().Before(end) && !f.quiet() {
		for range 6 {
			for again := true; again; {
				again = f.round()
				f.hangUp()
				f.again()
			}
			f.clock.Pass(10 * time.Second)
		}
	}
}

// quiet says whether every patient was called and no call is being made.
func (f *fleet) quiet() bool {
	f.t.Helper()
	for _, c := range f.cases {
		p, err := f.store.Promise(f.t.Context(), c.Partition, c.ID)
		f.must(err)
		if len(p.Attempts) == 0 || p.Flight != "" {
			return false
		}
	}
	return true
}

// count compares what Twilio was asked for with what the promises know.
func (f *fleet) count() (dials, twice, lost int) {
	calls := map[string]int{}
	for _, c := range f.sim.Calls() {
		calls[c.To()]++
	}
	for _, c := range f.cases {
		p, err := f.store.Promise(f.t.Context(), c.Partition, c.ID)
		f.must(err)
		made := 0
		for _, a := range p.Attempts {
			if a.Call != "" {
				made++
			}
		}
		n := calls[c.Phone().Reveal()]
		dials += n
		twice += max(0, n-made)
		at, err := f.store.DueAt(f.t.Context(), casestore.Due{Kind: casestore.DuePromise, ID: string(c.ID), Partition: c.Partition})
		f.must(err)
		if n == 0 || made == 0 || p.State == casestore.PromiseOpen && at.IsZero() || p.Flight != "" {
			lost++
			f.t.Logf("a promise is %s, flight %q, due %s, %d dials: %v", p.State, p.Flight, at, n, p.Log)
		}
	}
	return dials, twice, lost
}

// Ten replicas keep promises to patients by the whole way of a call, each of them
// killed again and again at any exchange with Redis or Twilio, in a webhook or in
// its own work, and begun anew. No promise is lost, and no patient is dialled twice
// for one attempt.
//
// SECONDLINE_CALLED sets how many promises.
func TestTenReplicasCallPatients(t *testing.T) {
	t.Parallel()
	n, batch := 160, 40
	if v, err := strconv.Atoi(os.Getenv("SECONDLINE_CALLED")); err == nil {
		n, batch = v, 200
	}
	f := newFleet(t, 10, batch*6/5)
	f.deliver(n, batch)
	f.fate.Odds(3000)
	f.pass(time.Duration(n/batch+7) * time.Minute)
	f.fate.Odds(0)
	f.pass(time.Hour)
	kills := f.fate.Kills()
	dials, twice, lost := f.count()
	t.Logf("%d promises, %d kills, %d dials to patients: %d promises lost, %d dialled twice", n, kills, dials, lost, twice)
	if kills == 0 || lost > 0 || twice > 0 {
		t.Errorf("%d kills: %d lost, %d twice", kills, lost, twice)
	}
}
