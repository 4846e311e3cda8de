package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twiliosim"
)

// listener is a caller who answers what is asked and nothing else.
var listener = []struct {
	asked  string
	answer token
	// kept: once answered it is never asked again, in no later call.
	kept bool
}{
	{"To start a second opinion, press 1", token{keys: "1"}, false}, // in open hours
	{"To start a request, press 1", token{keys: "1"}, false},        // at other times
	{"Are you calling for yourself?", token{keys: "1"}, false},
	{"Is the patient 18 or older?", token{keys: "1"}, false},
	{"Does the patient live in Massachusetts?", token{keys: "2"}, false},
	{"staying in a hospital right now?", token{keys: "2"}, false},
	{"To go on, press 1. To hear more about privacy", token{keys: "1"}, false},
	{"please enter the patient's date of birth", token{keys: "03041960"}, false},
	{"Please enter the patient's date of birth", token{keys: "03041960"}, false},
	{"I have March 4th, 1960", token{keys: "1"}, true},
	{"Is this the best number", token{keys: "1"}, true},
	{"May we call this number", token{keys: "1"}, true},
	{"May we text this number", token{keys: "1"}, true},
	{"may we leave a message", token{keys: "1"}, true},
	{"five-digit zip code", token{keys: "10001"}, true},
	{"When is a good time to call?", token{keys: "1"}, true},
	{"say and then spell", token{words: "Ana Ruiz, A N A"}, true},
	{"Please reply with the e-mail address", token{keys: "#"}, true},
	{"where has the patient been treated?", token{words: "City Clinic in Albany"}, true},
	{"What would you like to ask the specialist?", token{words: "Is there another way?"}, true},
	{"To go on, press 3.", token{keys: "3"}, true},
}

// asked gives the index of what the line has just asked.
func asked(t *testing.T, call *twiliosim.Call) int {
	t.Helper()
	last := ""
	for _, e := range call.Events() {
		if e.Kind == twiliosim.EventSaid {
			last = e.Text
		}
	}
	for i, l := range listener {
		if strings.Contains(last, l.asked) {
			return i
		}
	}
	t.Fatalf("the caller does not know what to say to %q", last)
	return 0
}

// killer is a way to the service on which, once armed, the service is killed
// after the next request has been sent, whatever it is doing then.
type killer struct {
	kill func()

	mu    sync.Mutex
	share float64       // of an answer's time, after which to kill
	done  chan struct{} // nil where not armed
	took  time.Duration // of the last answer that came
}

// arm gives a channel that is closed when the kill is done. It falls when a
// share of the time has passed that the last answer took.
func (k *killer) arm(share float64) <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.share, k.done = share, make(chan struct{})
	return k.done
}

// RoundTrip sends a request.
func (k *killer) RoundTrip(req *http.Request) (*http.Response, error) {
	begun := time.Now()
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { k.sent() }}
	res, err := oneShot.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err == nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.took = time.Since(begun)
	}
	return res, err
}

func (k *killer) sent() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if done := k.done; done != nil {
		k.done = nil
		time.AfterFunc(time.Duration(k.share*float64(k.took)), func() { k.kill(); close(done) })
	}
}

// A kill in the middle of a request costs the caller a call at most: an answer
// that the line has acknowledged, by asking the next question, is never asked
// for again, and what was begun is finished as one request.
func TestKilledInTheMiddleOfARequest(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			k := &killer{kill: s.kill}
			sim, number := exchangeFor(t, s, k)
			c := &unlucky{t: t, service: s, killer: k, sim: sim, number: number, store: s.store(),
				random: rand.New(rand.NewPCG(seed, 1)), hit: map[int]bool{}, acknowledged: map[int]bool{}, dropped: -1}
			kept := c.untilRequested()
			t.Logf("%d kills cost %d calls; %d answers were stored and not acknowledged", len(c.hit), len(sim.Calls())-1, c.unheard)
			wantWhole(t, c.store, sim, kept)
		})
	}
}

// unlucky is a caller who calls until the request is made, while at the first
// answer to each question the service is killed in the middle of it.
type unlucky struct {
	t       *testing.T
	service *service
	killer  *killer
	sim     *twiliosim.Sim
	number  string
	store   *casestore.Store
	random  *rand.Rand

	hit          map[int]bool // questions at which it was killed
	acknowledged map[int]bool // questions that must not be asked again
	dropped      int          // the question that the last call ended at; -1: none
	unheard      int          // answers that were stored though the call ended
}

// untilRequested gives the request, whether its number was heard or the kill
// came between.
func (c *unlucky) untilRequested() *casestore.Case {
	c.t.Helper()
	call := c.ring()
	for range 10 * len(listener) {
		question := asked(c.t, call)
		c.check(call, question)
		c.answer(call, question)
		if number, ok := numberHeard(call); ok {
			return caseByNumber(c.t, c.store, number)
		}
		if !over(call) {
			continue
		}
		if kept := c.owed(); kept != nil {
			c.unheard++
			return kept
		}
		call = c.ring()
	}
	c.t.Fatal("the caller gave up")
	return nil
}

// check fails the test when a question is asked whose answer was acknowledged.
func (c *unlucky) check(call *twiliosim.Call, question int) {
	c.t.Helper()
	if c.acknowledged[question] {
		c.t.Fatalf("what was answered is asked again: %q\n%s", listener[question].asked, call.Transcript())
	}
	if !listener[question].kept {
		return
	}
	if c.dropped >= 0 && question > c.dropped {
		c.acknowledged[c.dropped] = true
		c.unheard++
	}
	c.dropped = -1
}

// answer answers a question; at the first time it kills the service at some
// moment from before the answer is stored to after it has come, and sometimes
// the database with it.
func (c *unlucky) answer(call *twiliosim.Call, question int) {
	c.t.Helper()
	if c.hit[question] {
		enter(c.t, call, listener[question].answer)
	} else {
		c.hit[question] = true
		done := c.killer.arm(1.5 * c.random.Float64())
		enter(c.t, call, listener[question].answer)
		<-done
		if len(c.hit)%3 == 0 {
			c.service.killRedis()
		}
		c.service.start()
	}
	switch {
	case !listener[question].kept:
	case over(call):
		c.dropped = question
	default:
		c.acknowledged[question] = true
	}
}

func (c *unlucky) ring() *twiliosim.Call {
	c.t.Helper()
	call, err := c.sim.Ring(c.t.Context(), patient, c.number)
	if err != nil || over(call) {
		c.t.Fatalf("the line does not answer: %v\n%s", err, call.Transcript())
	}
	return call
}

// owed gives the request that a coordinator must call about, nil for none.
func (c *unlucky) owed() *casestore.Case {
	c.t.Helper()
	tasks, err := c.store.Tasks(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	if len(tasks) == 0 {
		return nil
	}
	person := c.store.Ring().Person(private.Of(patient))
	kept, err := c.store.Case(c.t.Context(), person.Partition(), tasks[0].Case)
	if err != nil {
		c.t.Fatalf("a call is owed about a request that is not there: %v", err)
	}
	return kept
}
