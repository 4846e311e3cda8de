package ivr

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/hours"
	"secondline/internal/private"
	"secondline/internal/redistest"
	"secondline/internal/twilio"
)

// exchange is a stand-in for Twilio that remembers whom it has dialled. Patients are
// busy, and it says so at once.
type exchange struct {
	mu    sync.Mutex
	dials map[string][]twilio.Call
	// hears brings the news to whoever is told of calls.
	hears *Server
}

func (x *exchange) create(ctx context.Context, n twilio.NewCall) (twilio.Call, error) {
	u, err := url.Parse(n.URL)
	if err != nil {
		return twilio.Call{}, err
	}
	to := n.To.Reveal()
	sum := sha256.Sum256([]byte(to + u.RawQuery))
	call := twilio.Call{SID: fmt.Sprintf("CA%x", sum[:16]), Direction: twilio.OutboundAPI, Status: twilio.CallBusy}
	x.mu.Lock()
	x.dials[to] = append(x.dials[to], call)
	x.mu.Unlock()
	p, err := casestore.ParsePartition(u.Query().Get(paramPartition))
	if err != nil {
		return call, err
	}
	return call, x.hears.patientIs(ctx, p, u.Query().Get(paramTransfer), call.SID, casestore.LegOver, string(call.Status))
}

// mortalDialer is the way of one replica to it: the replica may be killed before
// Twilio is asked, and before it hears the answer.
type mortalDialer struct {
	*exchange
	*redistest.Life
}

func (d mortalDialer) CreateCall(ctx context.Context, n twilio.NewCall) (twilio.Call, error) {
	if !d.Passes(atTwilio) {
		return twilio.Call{}, &twilio.Error{Class: twilio.Unknown}
	}
	call, err := d.create(context.WithoutCancel(ctx), n)
	if !d.Passes(atTwilio) {
		return twilio.Call{}, &twilio.Error{Class: twilio.Unknown}
	}
	return call, err
}

func (d mortalDialer) UpdateCall(context.Context, string, twilio.CallUpdate) (twilio.Call, error) {
	return twilio.Call{}, nil
}

func (d mortalDialer) FetchCall(context.Context, string) (twilio.Call, error) {
	return twilio.Call{Status: twilio.CallCompleted}, nil
}

func (d mortalDialer) FindCalls(_ context.Context, to twilio.Private, _ string, _ time.Time) ([]twilio.Call, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dials[to.Reveal()], nil
}

// atTwilio makes up for the few exchanges with Twilio among the many with Redis.
const atTwilio = 20

// answered is a store to which every call that is begun has a coordinator who has
// pressed 1 already.
type answered struct{ *casestore.Store }

func (a answered) MovePromise(ctx context.Context, p casestore.Partition, id casestore.CaseID, move func(*casestore.Promise) (casestore.PromiseChange, bool)) (*casestore.Promise, error) {
	return a.Store.MovePromise(ctx, p, id, func(pr *casestore.Promise) (casestore.PromiseChange, bool) {
		change, changed := move(pr)
		if t := change.Transfer; t != nil {
			t.State, t.Taken = casestore.TransferTaken, "co1"
			t.Legs = []casestore.Leg{{Coordinator: "co1", Call: "CA1", State: casestore.LegAccepted, Round: t.Round, At: t.Opened}}
			t.Out.State = casestore.LegAsked
		}
		return change, changed
	})
}

// crowd is ten replicas that keep promises over one Redis.
type crowd struct {
	t        testing.TB
	redis    *redistest.Server
	fate     *redistest.Fate
	now      time.Time
	model    *Server          // what is the same in all
	store    *casestore.Store // the test's own, which nobody kills
	exchange *exchange
	cases    []*casestore.Case
}

func newCrowd(t testing.TB) *crowd {
	t.Helper()
	x := &crowd{t: t, redis: redistest.Start(t, "--appendfsync", "no", "--save", ""), fate: redistest.NewFate(24), now: time.Date(2027, 3, 2, 14, 30, 0, 0, time.UTC)}
	rdb, err := casestore.Connect(x.redis.URL())
	x.must(err)
	x.store = x.open(casestore.Options{Redis: rdb})
	x.model = x.newModel()
	x.exchange = &exchange{dials: map[string][]twilio.Call{}}
	x.exchange.hears = x.server(x.store, nil)
	return x
}

func (x *crowd) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *crowd) open(o casestore.Options) *casestore.Store {
	x.t.Helper()
	ring, err := casestore.NewKeyRing(make([]byte, 32), casestore.Key{ID: "a", Secret: make([]byte, 32)})
	x.must(err)
	o.Ring, o.Now, o.Log = ring, func() time.Time { return x.now }, slog.New(slog.DiscardHandler)
	s := casestore.New(o)
	x.t.Cleanup(func() { s.Close() })
	return s
}

// server is a replica on a store. What is the same in all is made once.
func (x *crowd) server(store *casestore.Store, d Dialer) *Server {
	s := *x.model
	s.store, s.dialer = answered{store}, d
	return &s
}

// newModel makes what is the same in all replicas.
func (x *crowd) newModel() *Server {
	x.t.Helper()
	s := testServer(x.t, nil, func() time.Time { return x.now })
	line, err := hours.NewCalendar(hours.CalendarConfig{Zone: "America/New_York", Days: map[string][2]string{"tuesday": {"09:00", "21:00"}, "wednesday": {"09:00", "21:00"}}})
	x.must(err)
	zones, err := hours.NewZoneSet(hours.FromZip, "America/New_York")
	x.must(err)
	legal := hours.NewLegal(line, zones, hours.DefaultWindow, hours.ClosingMargin)
	s.legal = func(string, string, string) (*hours.Legal, bool) { return legal, true }
	return s
}

// deliver delivers n opinions a while ago, so that a first call is due now.
func (x *crowd) deliver(n int) {
	x.t.Helper()
	var wg sync.WaitGroup
	x.cases = make([]*casestore.Case, n)
	for part := range 8 {
		wg.Go(func() {
			for i := part; i < n; i += 8 {
				c := &casestore.Case{
					ID: casestore.NewCaseID(), Stage: casestore.StageInReview, Number: casestore.NewRequestNumber(), Line: "tollfree", Language: "en",
					Caller: private.Of(fmt.Sprintf("+1212%07d", 2000000+i)),
				}
				x.cases[i] = c
				if err := x.store.AddCase(x.t.Context(), c); err != nil {
					x.t.Error(err)
					return
				}
				if _, _, err := x.store.Advance(x.t.Context(), c.Partition, c.ID, casestore.StageDelivered, func(c *casestore.Case) { c.DeliveredAt = x.now.Add(-time.Hour) }); err != nil {
					x.t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// work is one replica, killed and begun again until nothing is due now.
func (x *crowd) work(i int) {
	for again := true; again; {
		ctx, cancel := context.WithCancel(x.t.Context())
		life := x.fate.NewLife(cancel)
		store := x.open(casestore.Options{Redis: casestore.ConnectBy(life.Dial(x.redis))})
		s := x.server(store, mortalDialer{x.exchange, life})
		effects := s.Effects()
		effects[casestore.EffectStage] = func(context.Context, casestore.Partition, casestore.Effect) error { return nil }
		s.TickPromises(ctx)
		if !life.Over() {
			_, _ = store.Drain(ctx, fmt.Sprint("replica", i), effects)
		}
		again = life.Over()
		cancel()
		_ = store.Close()
	}
}

// pass has all replicas do what is due, time and again.
func (x *crowd) pass(times int, step time.Duration) {
	for range times {
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() { x.work(i) })
		}
		wg.Wait()
		x.now = x.now.Add(step)
	}
}

// count compares whom Twilio has dialled with what the promises know.
func (x *crowd) count() (dials, twice, lost int) {
	x.t.Helper()
	for _, c := range x.cases {
		p, err := x.store.Promise(x.t.Context(), c.Partition, c.ID)
		x.must(err)
		at, err := x.store.DueAt(x.t.Context(), casestore.Due{Kind: casestore.DuePromise, ID: string(c.ID), Partition: c.Partition})
		x.must(err)
		n := len(x.exchange.dials[c.Phone().Reveal()])
		dials += n
		twice += max(0, n-len(p.Attempts))
		if n == 0 || len(p.Attempts) == 0 || p.State != casestore.PromiseOpen || p.Flight != "" || !at.After(x.now) {
			lost++
		}
	}
	return dials, twice, lost
}

// Ten replicas keep promises that are all due at once, each of them killed again
// and again at any exchange with Redis or Twilio, handing nothing back, and begun
// anew. No promise is lost, and no patient is dialled twice for one attempt. What
// coordinators and webhooks do is left out: TestTenReplicasCallPatients has them.
//
// SECONDLINE_SCALE sets how many promises; 100000 takes some minutes.
func TestTenReplicasKeepPromises(t *testing.T) {
	n := 2000
	if v, err := strconv.Atoi(os.Getenv("SECONDLINE_SCALE")); err == nil {
		n = v
	}
	x := newCrowd(t)
	started := time.Now()
	x.deliver(n)
	delivered := time.Now()
	x.fate.Odds(3000 + n/20)
	// Three looks at each promise, ten seconds apart, and at what the dead had claimed
	// when their leases have run out.
	x.pass(12, 10*time.Second)
	x.fate.Odds(0)
	// A call that was given up is made ten minutes later.
	x.pass(4, 20*time.Second)
	x.pass(8, 2*time.Minute)
	took := time.Since(delivered)
	dials, twice, lost := x.count()
	kills := x.fate.Kills()
	t.Logf("%d promises delivered in %s and kept in %s; %d kills, %d dials: %d promises lost, %d dialled twice",
		n, delivered.Sub(started).Round(time.Millisecond), took.Round(time.Millisecond), kills, dials, lost, twice)
	if kills == 0 || lost > 0 || twice > 0 {
		t.Errorf("%d kills: %d lost, %d twice", kills, lost, twice)
	}
}
