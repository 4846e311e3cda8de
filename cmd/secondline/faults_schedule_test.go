package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/event"
	"secondline/internal/private"
	"secondline/internal/twiliosim"
)

// schedule is one seed: what people do, what goes wrong meanwhile, and what came of it.
type schedule struct {
	t      *testing.T
	w      *faultWorld
	seed   uint64
	random *rand.Rand
	faults []planned
	zone   *time.Location

	patients []string // whose opinion is delivered
	stopper  string   // who wants no more texts
	caller   string   // who tells a request by telephone

	mu      sync.Mutex
	begun   time.Time
	history []string
	wrong   []string
	lag     bool

	accepted map[string]bool   // deliveries that were acknowledged, by patient
	stopped  time.Time         // when the opt-out was acknowledged
	answered int               // the last answer of the caller that was acknowledged; -1 for none
	said     map[int]time.Time // when each of them was
	lagged   int               // answers that were given while replicas were behind
	probes   probes

	twice, lost int // of what was sent; of the caller's answers
}

// note writes a line of the history.
func (s *schedule) note(who, what string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history = append(s.history, fmt.Sprintf("%7.3fs %s  %-8s %s", time.Since(s.begun).Seconds(), s.w.clock.Now().In(s.zone).Format("Mon 15:04:05"), who, fmt.Sprintf(what, args...)))
}

func (s *schedule) breaks(invariant, what string, args ...any) {
	text := invariant + ": " + fmt.Sprintf(what, args...)
	s.note("BROKEN", "%s", text)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = append(s.wrong, text)
}

func (s *schedule) lagging(is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = is
}

// play plays the schedule of a seed. It fails the test with the history when an
// invariant is broken.
func (w *faultWorld) play(seed uint64) *schedule {
	w.t.Helper()
	n := w.schedules
	w.schedules++
	s := &schedule{t: w.t, w: w, seed: seed, random: rand.New(rand.NewPCG(seed, 34)), begun: time.Now(), zone: newYork(w.t), answered: -1, said: map[int]time.Time{}, accepted: map[string]bool{},
		patients: []string{personOf(n, 1), personOf(n, 2), personOf(n, 4)}, stopper: personOf(n, 5), caller: personOf(n, 7)}
	s.faults = drawFaults(s.random, w.redis.Kind)
	s.toNextDay()
	s.prepare()
	s.run()
	s.heal()
	s.checkAnswers()
	s.settle()
	s.check()
	s.tidy()
	if len(s.wrong) > 0 {
		w.t.Errorf("seed %d on %s breaks:\n  %s\nhistory:\n%s", seed, w.redis.Kind, strings.Join(s.wrong, "\n  "), strings.Join(s.history, "\n"))
	}
	if os.Getenv("SECONDLINE_SEED") != "" {
		w.t.Log(strings.Join(s.history, "\n"))
	}
	return s
}

// toNextDay moves the clock to the next day, most often to an hour of work.
func (s *schedule) toNextDay() {
	now := s.w.clock.Now().In(newYork(s.t))
	minute := 10*60 + s.random.IntN(8*60)
	if s.random.IntN(5) == 0 {
		minute = 18*60 + 30 + s.random.IntN(4*60) // the evening, and what must not be done in it
	}
	then := time.Date(now.Year(), now.Month(), now.Day()+1, 0, minute, 0, 0, now.Location())
	s.w.jumpClock(then.Sub(now))
	s.note("world", "%s, seed %d, %v", s.w.redis.Kind, s.seed, s.faults)
}

// prepare makes the cases, while nothing is wrong.
func (s *schedule) prepare() {
	for _, number := range append(slices.Clone(s.patients), s.stopper) {
		if !s.post(number, event.CaseCreated, map[string]any{"phone": number, "zip": "10001", "consents": map[string]any{"texts": true, "voicemail": true}}) {
			s.breaks("prepare", "a case is not taken though nothing is wrong")
		}
	}
}

// post has the case system tell of an event until it is acknowledged, for 45 seconds.
func (s *schedule) post(number, kind string, data map[string]any) bool {
	raw, err := json.Marshal(data)
	if err != nil {
		s.t.Fatal(err)
	}
	e := event.Event{ID: kind + number, Source: "bench", Type: kind, Subject: "case of " + number, Time: s.w.clock.Now(), Data: raw}
	body, err := e.Encode()
	if err != nil {
		s.t.Fatal(err)
	}
	secret, err := event.ParseSecret(private.Of(s.w.secret))
	if err != nil {
		s.t.Fatal(err)
	}
	last := 0
	for end := time.Now().Add(45 * time.Second); time.Now().Before(end); pauseFor(100 * time.Millisecond) {
		at := s.w.clock.Now()
		status := s.send(event.Path, body, http.Header{"Content-Type": {event.TypeEvent}, event.HeaderID: {"m"},
			event.HeaderTimestamp: {fmt.Sprint(at.Unix())}, event.HeaderSignature: {secret.Sign("m", at, body)}})
		if status != last {
			s.note("events", "%s of %s: %d", kind, number[8:], status)
			last = status
		}
		if status == http.StatusOK {
			return true
		}
	}
	return false
}

func (s *schedule) send(path string, body []byte, h http.Header) int {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.w.balancer.url+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for name, values := range h {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	res, err := oneShot.RoundTrip(req)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// run has everybody do what they do while it goes wrong.
func (s *schedule) run() {
	var all, nemesis sync.WaitGroup
	over := &atomic.Bool{}
	nemesis.Go(func() {
		for _, f := range s.faults {
			pauseFor(f.after)
			s.strike(f)
		}
	})
	pauses := []time.Duration{time.Duration(s.random.IntN(800)) * time.Millisecond, time.Duration(s.random.IntN(800)) * time.Millisecond, time.Duration(s.random.IntN(1200)) * time.Millisecond}
	all.Go(func() { s.tellsByTelephone(6 + int(s.seed%9)) })
	all.Go(func() { s.wantsNoTexts(pauses[0]) })
	all.Go(func() { s.deliver(pauses[1], pauses[2]) })
	var prober sync.WaitGroup
	prober.Go(func() { s.probe(over, 50*time.Millisecond) })
	all.Wait()
	nemesis.Wait()
	over.Store(true)
	prober.Wait()
}

// deliver delivers opinions, and lets half an hour pass.
func (s *schedule) deliver(before, between time.Duration) {
	pauseFor(before)
	var all sync.WaitGroup
	for _, number := range s.patients {
		all.Go(func() {
			ok := s.post(number, event.OpinionDelivered, nil)
			s.mu.Lock()
			s.accepted[number] = ok
			s.mu.Unlock()
		})
	}
	all.Wait()
	pauseFor(between / 2)
	s.w.jumpClock(31 * time.Minute)
	s.note("world", "half an hour later")
	pauseFor(1500*time.Millisecond + between/2)
}

// wantsNoTexts says so in words that no network knows, and is then told of by events
// that bring texts and calls to everybody else.
func (s *schedule) wantsNoTexts(before time.Duration) {
	pauseFor(before)
	for end := time.Now().Add(45 * time.Second); time.Now().Before(end); pauseFor(200 * time.Millisecond) {
		got, err := s.w.sim.Text(context.Background(), s.stopper, s.w.number, "please stop texting me")
		s.note("stopper", "wants no more texts: %d (%v)", got.Status, err)
		if err == nil && got.Status == http.StatusOK {
			s.mu.Lock()
			s.stopped = time.Now()
			s.mu.Unlock()
			break
		}
	}
	s.post(s.stopper, event.SpecialistMatched, nil)
	s.post(s.stopper, event.OpinionDelivered, nil)
}

// tellsByTelephone answers so many questions of the intake, and hangs up.
func (s *schedule) tellsByTelephone(most int) {
	ctx := context.Background()
	for range 3 {
		call, err := s.w.sim.Ring(ctx, s.caller, s.w.number)
		if err != nil {
			s.note("caller", "does not get through: %v", err)
			continue
		}
		for ; most > 0 && !over(call); most-- {
			q := question(call)
			if q < 0 || listener[q].asked == "To go on, press 3." {
				break
			}
			s.mu.Lock()
			lagged := s.lag
			s.mu.Unlock()
			if err := say(ctx, call, listener[q].answer); err != nil {
				s.note("caller", "%v", err)
				break
			}
			if next := question(call); over(call) || next <= q || !listener[q].kept {
				pauseFor(40 * time.Millisecond)
				continue
			}
			s.mu.Lock()
			s.answered = max(s.answered, q)
			s.said[q] = time.Now()
			if lagged || s.lag {
				s.lagged++
			}
			s.mu.Unlock()
			pauseFor(40 * time.Millisecond)
		}
		s.note("caller", "answered up to %d; the call ends: %s", s.answered, lastSaid(call))
		if !over(call) {
			_ = call.Hangup(ctx)
		}
		if most <= 0 {
			return
		}
		pauseFor(200 * time.Millisecond)
	}
}

func say(ctx context.Context, call *twiliosim.Call, what token) error {
	if what.words != "" {
		return call.Speak(ctx, what.words)
	}
	return call.Press(ctx, what.keys)
}

func lastSaid(call *twiliosim.Call) string {
	last := ""
	for _, e := range call.Events() {
		if e.Kind == twiliosim.EventSaid {
			last = e.Text
		}
	}
	return last
}

// question gives the index of what was just asked; -1 where it is none of the intake.
func question(call *twiliosim.Call) int {
	last := lastSaid(call)
	for i, l := range listener {
		if strings.Contains(last, l.asked) {
			return i
		}
	}
	return -1
}

// heal ends whatever is wrong, and waits until Redis is whole and the replicas are ready.
func (s *schedule) heal() {
	w := s.w
	w.sim.Disarm()
	w.sim.SetFaults(twiliosim.Faults{})
	w.sim.ReleaseCallbacks()
	w.redis.Settle()
	for _, r := range w.replicas {
		eventually(s.t, "a replica is ready again", r.ready)
	}
	s.note("world", "everything is whole again")
}

// must asks the store until it answers, for 10 seconds: a client learns of a failover
// when it fails.
func (s *schedule) must(what string, do func() error) {
	var err error
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); pauseFor(50 * time.Millisecond) {
		if err = do(); err == nil {
			return
		}
	}
	s.breaks("store", "%s: %v", what, err)
}

// caseOf reads a case and its promise.
func (s *schedule) caseOf(number string) (c *casestore.Case, p *casestore.Promise) {
	s.must("read a case", func() error {
		var err error
		if c, err = s.w.store.FindCase(context.Background(), "case of "+number); err != nil {
			return err
		}
		p, err = s.w.store.Promise(context.Background(), c.Partition, c.ID)
		return err
	})
	return c, p
}
