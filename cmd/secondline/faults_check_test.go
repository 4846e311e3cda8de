package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"secondline/casestore"
	"secondline/internal/twiliosim"
)

// probes is what callers hear who ring all the time.
type probes struct {
	good, kind, bad int
	// silence is what was heard by who heard nothing.
	silence []string
	// longest is the longest time between two good answers.
	longest time.Duration
}

// probe rings again and again, and looks at the first answer.
func (s *schedule) probe(over *atomic.Bool, every time.Duration) {
	last := time.Now()
	for i := 0; !over.Load(); i++ {
		heard := s.ringOnce(i)
		now := time.Now()
		switch heard {
		case "good":
			s.probes.good++
			s.probes.longest = max(s.probes.longest, now.Sub(last))
			last = now
		case "kind":
			s.probes.kind++
		default:
			s.probes.bad++
			s.probes.silence = append(s.probes.silence, fmt.Sprintf("seed %d: %s", s.seed, heard))
			s.note("probe", "%s", heard)
		}
		pauseFor(every)
	}
	s.probes.longest = max(s.probes.longest, time.Since(last))
}

// ringOnce is "good" for the greeting, "kind" for an apology and a person; else it says
// what was heard. As Twilio does it asks for the fallback when there is no answer.
func (s *schedule) ringOnce(i int) string {
	form := url.Values{"CallSid": {fmt.Sprintf("CA%016x%016x", s.seed, i)}, "AccountSid": {worldAccount}, "From": {personOf(s.w.schedules, 5000+i)}, "To": {s.w.number},
		"CallStatus": {"ringing"}, "Direction": {"inbound"}, "ApiVersion": {"2010-04-01"}}
	heard := ""
	for _, path := range []string{"/voice/incoming", "/voice/fallback"} {
		status, body := s.w.webhook(path, form)
		switch {
		case status == 200 && path == "/voice/incoming" && strings.Contains(body, "<Gather"):
			return "good"
		case status == 200 && strings.Contains(body, "<Response>") && strings.Contains(body, "<Say"):
			return "kind"
		}
		heard += fmt.Sprintf("%s: %d %.60s; ", path, status, body)
		form.Set("ErrorCode", "11200")
	}
	return heard
}

// oneAnswer is less than a person takes to hear a question and answer it; the bench's
// caller says fifty answers meanwhile.
const oneAnswer = 2 * time.Second

// last says whether what was said from q on was said in the time of one answer. A primary
// that stood still and comes back takes answers until it hears that it has been replaced:
// nobody can know of it sooner, and turns do not wait for replicas.
func (s *schedule) last(q int) bool {
	unheard := func(f planned) bool { return f.kind == redisStopped || f.kind == redisStalled || f.kind == redisCut }
	return s.w.redis.Kind == "sentinel" && slices.ContainsFunc(s.faults, unheard) && s.said[s.answered].Sub(s.said[q]) < oneAnswer
}

// checkAnswers has the caller ring again: no saved answer is asked for again but the
// last. What was said while replicas were behind a primary that died may be lost too.
func (s *schedule) checkAnswers() {
	if s.answered < 0 {
		return
	}
	ctx := context.Background()
	call, err := s.w.sim.Ring(ctx, s.caller, s.w.number)
	if err != nil {
		s.breaks("answers", "the line does not answer though nothing is wrong: %v", err)
		return
	}
	for range 12 {
		q := question(call)
		if q < 0 || over(call) {
			s.breaks("answers", "the caller hears %q", lastSaid(call))
			return
		}
		if listener[q].kept {
			s.lost = max(0, s.answered+1-q)
			s.note("caller", "was heard up to %d, is asked %d; %d answers were said while replicas were behind", s.answered, q, s.lagged)
			if s.lost > 1+s.lagged && !s.last(q) {
				s.breaks("answers", "%d saved answers are lost", s.lost)
			}
			_ = call.Hangup(ctx)
			return
		}
		if err := say(ctx, call, listener[q].answer); err != nil {
			s.breaks("answers", "%v", err)
			return
		}
	}
}

// settle lets time pass until every delivery has come to an end or to a person, more
// than a day at most.
func (s *schedule) settle() {
	step, passed := 3*time.Minute, time.Duration(0)
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); {
		waited := time.Now()
		for time.Since(waited) < 1400*time.Millisecond {
			if s.settled() {
				return
			}
			pauseFor(60 * time.Millisecond)
		}
		if passed >= 26*time.Hour {
			step = 3 * time.Minute // what is being done comes to its end
		}
		s.w.jumpClock(step)
		passed += step
		s.note("world", "%s later", step)
		step = min(step*4, 5*time.Hour)
	}
}

func (s *schedule) settled() bool {
	for _, number := range s.patients {
		if s.accepted[number] && s.unfinished(number) != "" {
			return false
		}
	}
	return true
}

// unfinished says what is wrong with an accepted delivery; "" where it has come to an end
// or before a person.
func (s *schedule) unfinished(number string) string {
	ctx := context.Background()
	c, err := s.w.store.FindCase(ctx, "case of "+number)
	if err != nil {
		return fmt.Sprint("no case: ", err)
	}
	p, err := s.w.store.Promise(ctx, c.Partition, c.ID)
	switch {
	case err != nil:
		return fmt.Sprint("no promise: ", err)
	case p.State != casestore.PromiseOpen, p.Flight == "" && len(p.Attempts) > 0, !p.Human.IsZero():
		return ""
	}
	return fmt.Sprintf("%s, flight %q, %d attempts, next %s", p.State, p.Flight, len(p.Attempts), p.Next.Format(time.RFC3339))
}

// check looks at the four invariants (rules.md 3.4).
func (s *schedule) check() {
	s.checkStopped()
	s.checkHours()
	for _, number := range s.patients {
		if !s.accepted[number] {
			s.breaks("events", "a delivery is not taken within 45 seconds")
			continue
		}
		if why := s.unfinished(number); why != "" {
			s.breaks("I3", "an accepted delivery has come to nothing: %s", why)
		}
	}
	s.checkTwice()
	for _, a := range s.all() {
		s.note("Twilio", "%s asked for %s to %s: %d %.40q", a.at.Sub(s.begun).Round(time.Millisecond), map[bool]string{true: "a call", false: "a text"}[a.call], a.to[8:], a.status, a.body)
	}
}

func (s *schedule) all() (out []asking) {
	for _, number := range append(slices.Clone(s.patients), s.stopper, s.caller) {
		out = append(out, s.w.askedOf(number)...)
	}
	return out
}

// confirmation is in the one text that follows an opt-out.
const confirmation = "You will get no more texts"

// checkStopped is I1: nothing is sent to a number after its opt-out was acknowledged.
func (s *schedule) checkStopped() {
	if s.stopped.IsZero() {
		s.breaks("I1", "an opt-out is not taken within 45 seconds")
		return
	}
	for _, a := range s.w.askedOf(s.stopper) {
		if a.at.After(s.stopped.Add(s.onItsWay())) && !isConfirmation(a.body) {
			s.breaks("I1", "%s after the opt-out was acknowledged: call %v, %q", a.at.Sub(s.stopped).Round(time.Millisecond), a.call, a.body)
		}
	}
}

// onItsWay is how long what was asked for before the opt-out may take to Twilio: longer
// where the process that asks stood still.
func (s *schedule) onItsWay() time.Duration {
	d := 100 * time.Millisecond
	for _, f := range s.faults {
		if f.kind == replicaStopped {
			d += f.lasts
		}
	}
	return d
}

func isConfirmation(body string) bool { return strings.Contains(body, confirmation) }

// checkHours is I2: nobody is called or texted at a time that is not decent.
func (s *schedule) checkHours() {
	for _, a := range s.all() {
		if isConfirmation(a.body) || s.decent(a) {
			continue
		}
		s.breaks("I2", "at %s: call %v, %q", a.clock.In(newYork(s.t)).Format("Mon 15:04:05"), a.call, a.body)
	}
}

// decent asks by the clocks of the last two seconds: what was allowed before a jump may
// be on its way.
func (s *schedule) decent(a asking) bool {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	clock := a.clock
	for i := len(s.w.jumps); ; i-- {
		if h := clock.In(newYork(s.t)).Hour(); h >= 8 && h < 20 {
			return true
		}
		if i == 0 || a.at.Sub(s.w.jumps[i-1].at) > 2*time.Second {
			return false
		}
		if s.w.jumps[i-1].at.Before(a.at) {
			clock = clock.Add(-s.w.jumps[i-1].by)
		}
	}
}

// checkTwice is I4: at most one thing a fault is sent twice.
func (s *schedule) checkTwice() {
	texts := map[string]int{}
	// The caller rings several times, and is told each time that all is kept.
	for _, number := range append(slices.Clone(s.patients), s.stopper) {
		for _, text := range s.w.sim.TextsTo(number) {
			texts[number+text.Body]++
		}
	}
	for text, n := range texts {
		if s.twice += n - 1; n > 1 {
			s.note("texts", "%d times to %.60s", n, text[8:])
		}
	}
	for _, number := range s.patients {
		_, p := s.caseOf(number)
		if p == nil {
			continue
		}
		made := 0
		if p.Flight != "" {
			made++ // it is being made now
		}
		for _, a := range p.Attempts {
			if a.Call != "" {
				made++
			}
		}
		dials := len(s.w.sim.CallsTo(number))
		s.twice += max(0, dials-made)
		if dials > made {
			s.note("dials", "%d dials to %s, %d attempts are known: %v", dials, number[8:], made, p.Log)
		}
	}
	if s.twice > len(s.faults) {
		s.breaks("I4", "%d things were sent twice, by %d faults", s.twice, len(s.faults))
	}
}

// tidy closes what is left, so that the next schedule has the world to itself.
func (s *schedule) tidy() {
	ctx := context.Background()
	for _, number := range append(slices.Clone(s.patients), s.stopper) {
		s.must("close a case", func() error {
			c, err := s.w.store.FindCase(ctx, "case of "+number)
			if err != nil {
				return err
			}
			_, _, err = s.w.store.Advance(ctx, c.Partition, c.ID, casestore.StageClosed, nil)
			return err
		})
	}
	s.must("close tasks", func() error {
		tasks, err := s.w.store.Tasks(ctx)
		for _, task := range tasks {
			if _, err := s.w.store.MoveTask(ctx, task.Partition, task.ID, func(t *casestore.Task) bool { t.Outcome = "done"; return true }); err != nil {
				return err
			}
		}
		return err
	})
}

// webhook posts as Twilio does.
func (w *faultWorld) webhook(path string, form url.Values) (int, string) {
	at := w.balancer.url + path
	return postForm(at, form, twiliosim.Sign(worldToken, at, form))
}
