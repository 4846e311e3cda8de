package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twiliosim"
)

const tollFree = "+18009419309"

// heardIn gives what the line said in the last of the calls.
func heardIn(p *callPlayer) string {
	var said []string
	for _, e := range p.calls[len(p.calls)-1].Events() {
		if l, ok := heard(e); ok && l.Who != "caller" {
			said = append(said, l.Text)
		}
	}
	return strings.Join(said, "\n")
}

// Twilio may deliver a request again, with the same token or another, before,
// after or at the same moment, may add parameters and may send callbacks in any
// order: the caller hears the same call, and there is one case.
func TestDeliveriesThatComeMoreThanOnce(t *testing.T) {
	want := play(t, "tollfree", patient, tuesday, wholeIntake)
	for _, kind := range []twiliosim.FaultKind{twiliosim.FaultRepeat, twiliosim.FaultTwice, twiliosim.FaultTwiceAtOnce} {
		t.Run(string(kind), func(t *testing.T) {
			w := testWorld(t, tuesday)
			w.sim.Inject(twiliosim.Fault{Kind: kind, Path: "/voice/", Count: 1000})
			w.sim.SetFaults(twiliosim.Faults{ExtraFields: url.Values{"NewThing": {"unknown"}}, HoldCallbacks: true, ReverseCallbacks: true})
			p := &callPlayer{world: w, from: patient, to: tollFree}
			w.playTokens(t, p, wholeIntake)
			w.sim.ReleaseCallbacks()
			if err := w.sim.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			got, err := p.result(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(hideSaid(want), hideSaid(got)); diff != "" {
				t.Errorf("the call differs (-once +more often):\n%s", diff)
			}
			if len(got.Owed) != 1 || len(got.Faults) != 0 {
				t.Errorf("owed %v, faults %v", got.Owed, got.Faults)
			}
		})
	}
}

// hideSaid gives a call without its request number.
func hideSaid(r *callResult) string {
	spoken := r.Request[:1]
	for _, d := range r.Request[1:4] {
		spoken += " " + string(d)
	}
	text := r.text()
	if i := strings.Index(text, spoken); i >= 0 {
		text = text[:i]
	}
	return text
}

// A request that comes late, when the call is already further, consumes nothing
// and hears where the call is.
func TestLateRequestConsumesNothing(t *testing.T) {
	w := testWorld(t, tuesday)
	p := &callPlayer{world: w, from: patient, to: tollFree}
	for _, tok := range []token{{keys: "1"}, {keys: "1"}, {keys: "1"}} {
		if p.now == nil {
			if err := p.ring(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.do(t.Context(), tok); err != nil {
			t.Fatal(err)
		}
	}
	before := p.now.Traffic()
	for i, trip := range before {
		status, body := w.send(t, trip.URL, trip.Form)
		if status != http.StatusOK || body != before[len(before)-1].Body {
			t.Errorf("request %d again: status %d and another answer than the call's own", i, status)
		}
	}
	if err := p.do(t.Context(), token{keys: "2"}); err != nil {
		t.Fatal(err)
	}
	if said := heardIn(p); !strings.HasSuffix(said, "Is the patient staying in a hospital right now? Press 1 for yes, 2 for no.") {
		t.Errorf("the call did not go on where it was:\n%s", said)
	}
	if err := p.do(t.Context(), token{hangup: true}); err != nil {
		t.Fatal(err)
	}
	if status, body := w.send(t, before[2].URL, before[2].Form); status != http.StatusOK || !strings.Contains(body, "<Say") {
		t.Errorf("a request for a call that is over: status %d, %s", status, body)
	}
}

// send signs and sends a request as Twilio does.
func (w *world) send(t *testing.T, address string, form url.Values) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	r.Header.Set("X-Twilio-Signature", twiliosim.Sign(worldToken, address, form))
	answer, err := twiliosim.HandlerTransport(w.line.handler).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// A call whose state is gone starts over rather than ending.
func TestForgottenCallStartsOver(t *testing.T) {
	w := testWorld(t, tuesday)
	p := &callPlayer{world: w, from: patient, to: tollFree}
	if err := p.ring(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.redis.FlushAll()
	if err := p.do(t.Context(), token{keys: "1"}); err != nil {
		t.Fatal(err)
	}
	if said := heardIn(p); strings.Count(said, "Thank you for calling") != 2 {
		t.Errorf("heard:\n%s", said)
	}
}

// When Redis is gone in the middle of a call, the caller is told so and reaches a
// person; after hours, where nobody can come, the caller is told to call again.
func TestRedisGoneInTheMiddle(t *testing.T) {
	for _, tt := range []struct{ at, want string }{
		{tuesday, "I am sorry. Something is not working on our side. I will connect you with a person.\n(rings a person: bridged)"},
		{evening, "I am sorry. Something is not working on our side. Please call again in a few minutes."},
	} {
		var log bytes.Buffer
		w := testWorldWith(t, tt.at, slog.New(slog.NewJSONHandler(&log, nil)), hooks{})
		p := &callPlayer{world: w, from: patient, to: tollFree}
		if err := p.ring(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.redis.SetError("ERR gone")
		if err := p.do(t.Context(), token{keys: "1"}); err != nil {
			t.Fatal(err)
		}
		if said := heardIn(p); !strings.Contains(said, tt.want) {
			t.Errorf("heard at %s:\n%s", tt.at, said)
		}
		w.redis.SetError("")
		if n := strings.Count(log.String(), "a turn failed"); n != 1 {
			t.Errorf("the cause is logged %d times, want once", n)
		}
	}
}

// deaf is a connection to a Redis that does not answer while it is off.
type deaf struct {
	net.Conn
	off *atomic.Bool
}

func (d deaf) Write(b []byte) (int, error) {
	if d.off.Load() {
		return len(b), nil
	}
	return d.Conn.Write(b)
}

// A Redis that is slow for a moment costs a moment, not an answer: "one moment",
// and the keys are still there.
func TestSlowRedisKeepsTheKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var off atomic.Bool
		var log bytes.Buffer
		w := testWorldWith(t, tuesday, slog.New(slog.NewJSONHandler(&log, nil)), hooks{redis: func(c net.Conn) net.Conn { return deaf{c, &off} }})
		p := &callPlayer{world: w, from: patient, to: tollFree}
		w.playUntil(t, p, "1 1 1 2 2 1")
		off.Store(true)
		time.AfterFunc(6*time.Second, func() { off.Store(false) })
		if err := p.do(t.Context(), token{keys: "03041960"}); err != nil {
			t.Fatal(err)
		}
		said := heardIn(p)
		if !strings.Contains(said, "1 9 6 0.\nOne moment, please.") || !strings.HasSuffix(said, "One moment, please.\nI have March 4th, 1960. If that is right, press 1. To change it, press 2.") {
			t.Errorf("heard:\n%s\n%s", said, log.String())
		}
		for _, trip := range p.now.Traffic() {
			if strings.Contains(trip.URL, "03041960") || strings.Contains(trip.URL, "1960") {
				t.Error("what was pressed stands in an address")
			}
		}
		if strings.Contains(log.String(), "1960") || strings.Contains(log.String(), "5550123") {
			t.Error("what was pressed, or who called, stands in the log")
		}
	})
}

// playUntil plays tokens and leaves the call open.
func (w *world) playUntil(t *testing.T, p *callPlayer, text string) {
	t.Helper()
	if p.now == nil {
		if err := p.ring(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	tokens, err := parseTokens(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, tok := range tokens {
		if err := p.do(t.Context(), tok); err != nil {
			t.Fatal(err)
		}
	}
}

// replicas sends every request to two replicas at the same moment, and gives
// Twilio the answer of one of them.
type replicas struct {
	one, two http.RoundTripper
	t        *testing.T
	turn     atomic.Int64
}

func (r *replicas) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	answers := make([]*http.Response, 2)
	var wg sync.WaitGroup
	for i, replica := range []http.RoundTripper{r.one, r.two} {
		wg.Go(func() {
			again := req.Clone(context.WithoutCancel(req.Context()))
			again.Body = io.NopCloser(bytes.NewReader(body))
			var err error
			if answers[i], err = replica.RoundTrip(again); err != nil {
				r.t.Error(err)
			}
		})
	}
	wg.Wait()
	texts := make([]string, 2)
	for i, a := range answers {
		b, _ := io.ReadAll(a.Body)
		texts[i] = string(b)
		a.Body = io.NopCloser(bytes.NewReader(b))
	}
	if texts[0] != texts[1] {
		r.t.Errorf("two replicas answer one request in two ways:\n%s\n%s", texts[0], texts[1])
	}
	return answers[r.turn.Add(1)%2], nil
}

// Two replicas that get one request at the same moment make one step of it, and
// give the same answer.
func TestTwoReplicasAtOnce(t *testing.T) {
	w := testWorldWith(t, tuesday, slog.New(slog.DiscardHandler), hooks{twilio: func(one http.RoundTripper) http.RoundTripper {
		return &replicas{one: one, two: one, t: t}
	}})
	p := &callPlayer{world: w, from: patient, to: tollFree}
	w.playTokens(t, p, wholeIntake)
	got, err := p.result(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Stage != "requested" || len(got.Owed) != 1 {
		t.Errorf("stage %q, owed %v:\n%s", got.Stage, got.Owed, got.text())
	}
}

// counting counts what is written to Redis about calls: one write is one round
// trip, whether it holds a command or a pipeline.
type counting struct {
	net.Conn
	trips *atomic.Int64
}

func (c counting) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(":call:")) || bytes.Contains(b, []byte(":number:")) {
		c.trips.Add(1)
	}
	return c.Conn.Write(b)
}

// A turn asks Redis twice at the most, from the first to the last of a call.
func TestTwoRoundTripsATurn(t *testing.T) {
	var trips atomic.Int64
	w := testWorldWith(t, tuesday, slog.New(slog.DiscardHandler), hooks{redis: func(c net.Conn) net.Conn { return counting{c, &trips} }})
	// The scripts are known to Redis after the first call; a number is set aside.
	w.playTokens(t, &callPlayer{world: w, from: "+12125550142", to: tollFree}, "1")
	ctx, cancel := context.WithCancel(t.Context())
	kept := make(chan struct{})
	go func() { defer close(kept); w.line.store.KeepNumbers(ctx) }()
	waitUntil(t, func() bool {
		trips.Store(0)
		_, err := w.line.store.TakeNumber(ctx)
		return err == nil && trips.Load() == 0
	})
	cancel()
	<-kept
	p := &callPlayer{world: w, from: patient, to: tollFree}
	if err := p.ring(t.Context()); err != nil {
		t.Fatal(err)
	}
	tokens, err := parseTokens(wholeIntake)
	if err != nil {
		t.Fatal(err)
	}
	for i, tok := range tokens {
		trips.Store(0)
		// Without the workers: what they write is not the turn's.
		if err := p.act(t.Context(), tok); err != nil {
			t.Fatal(err)
		}
		if n := trips.Load(); n > 2 {
			t.Errorf("token %d costs %d round trips", i+1, n)
		}
	}
}

// waitUntil polls what a goroutine of the program brings about.
func waitUntil(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatal("it did not come about within 20 s")
		case <-tick.C:
		}
	}
}

// A number that opted out by key 9 is kept as such, and what the call had
// allowed before is taken back.
func TestKeyNineIsKept(t *testing.T) {
	w := testWorld(t, tuesday)
	p := &callPlayer{world: w, from: patient, to: tollFree}
	w.playTokens(t, p, "1 1 1 2 2 1 03041960 1 1 1 1 9 1")
	store := w.line.store
	id := store.Ring().Person(private.Of(patient))
	if o, out, err := store.OptedOut(t.Context(), id); err != nil || !out || o.How != "key_9" {
		t.Errorf("opted out: %v %+v %v", out, o, err)
	}
	drafts, err := store.Drafts(t.Context(), id)
	if err != nil || len(drafts) != 1 {
		t.Fatalf("%d unfinished, %v", len(drafts), err)
	}
	for _, c := range drafts[0].Consents {
		if (c.Kind == "calls" || c.Kind == "texts") && c.Given != "no" {
			t.Errorf("consent for %s is still %q", c.Kind, c.Given)
		}
	}
}

// A stop rule leaves a count and nothing else.
func TestStopRuleKeepsNothing(t *testing.T) {
	for _, tt := range []struct{ name, tokens, reason string }{
		{"not adult", "1 1 2 _", "age"},
		{"Massachusetts", "1 1 1 1 _ _", "massachusetts"},
		{"in hospital", "1 1 1 2 1 _", "hospital"},
		{"minor by date of birth", "1 1 1 2 2 1 03042012 1 _", "age"},
		{"Massachusetts by zip", "1 1 1 2 2 1 03041960 1 1 1 1 1 02139 _ _", "massachusetts"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := testWorld(t, tuesday)
			p := &callPlayer{world: w, from: patient, to: tollFree}
			w.playTokens(t, p, tt.tokens)
			store := w.line.store
			id := store.Ring().Person(private.Of(patient))
			if drafts, err := store.Drafts(t.Context(), id); err != nil || len(drafts) != 0 {
				t.Errorf("%d unfinished requests are kept, %v", len(drafts), err)
			}
			conversation, err := store.Conversation(t.Context(), id.Partition(), p.calls[0].SID())
			if err != nil || len(conversation.State.Answers) != 0 || conversation.Case != nil {
				t.Errorf("the conversation keeps %d answers, %v", len(conversation.State.Answers), err)
			}
			if stops, err := store.Stops(t.Context()); err != nil || stops[tt.reason] != 1 {
				t.Errorf("counted %v, %v", stops, err)
			}
		})
	}
}

// Guessing the date of birth of an unfinished request ends after three tries in
// a call and after five in all, and the right date no longer opens it then.
func TestGuessingTheDateOfBirth(t *testing.T) {
	w := testWorld(t, tuesday)
	p := &callPlayer{world: w, from: patient, to: tollFree}
	w.playTokens(t, p, "1 1 1 2 2 1 03041960 1 hangup 1 01011950 01021950 01031950")
	if said := heardIn(p); !strings.Contains(said, "Let me get a person to help you") {
		t.Errorf("after three wrong dates:\n%s", said)
	}
	w.playTokens(t, p, "1 01041950 01051950 03041960")
	if said := heardIn(p); strings.Contains(said, "Let us go on where you stopped") {
		t.Errorf("the sixth date still opens the request:\n%s", said)
	}
	w.playTokens(t, p, "1")
	if said := heardIn(p); strings.Contains(said, "Welcome back") {
		t.Errorf("a locked request is still offered:\n%s", said)
	}
}

// What a caller is owed is kept, whatever way the call ends.
func TestWhatIsOwedIsKept(t *testing.T) {
	for _, tt := range []struct {
		name, from, at, tokens string
		callee                 twiliosim.CalleeBehaviour
		want                   string
	}{
		{"nobody answers, hangs up", patient, tuesday, "0 hangup", twiliosim.NoAnswer(), "abandoned by Tue 2 Mar 2:30 PM"},
		{"a voicemail answers", patient, tuesday, "0 1 1", twiliosim.Machine(), "call back by Tue 2 Mar 2:30 PM"},
		{"declined", patient, tuesday, "0 2 'Ana'", twiliosim.Answers("2"), "message by Tue 2 Mar 2:30 PM"},
		{"busy, says nothing", patient, tuesday, "0 _ _ _", twiliosim.Busy(), "abandoned by Tue 2 Mar 2:30 PM"},
		{"hangs up when closed", patient, evening, "3 hangup", twiliosim.Answers("1"), "missed call by Wed 3 Mar 1:00 PM"},
		{"answered", patient, tuesday, "0 hangup", twiliosim.Answers("1"), ""},
		{"a country we do not dial, an own number we do", patient, evening, "3 2 8765550123 1 'Ana'", twiliosim.Answers("1"), "message by Wed 3 Mar 1:00 PM"},
		{"number withheld, message", "", evening, "0 'Ana, six one seven'", twiliosim.Answers("1"), "message by Wed 3 Mar 1:00 PM"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := testWorld(t, tt.at)
			w.sim.SetCallee(func(string) twiliosim.CalleeBehaviour { return tt.callee })
			p := &callPlayer{world: w, from: tt.from, to: tollFree}
			w.playTokens(t, p, tt.tokens)
			got, err := p.result(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if owed := strings.Join(got.Owed, ", "); owed != tt.want {
				t.Errorf("owed %q, want %q after:\n%s", owed, tt.want, got.text())
			}
		})
	}
}

// A message that is ended with another key than pound is a message all the same.
func TestMessageEndedWithZero(t *testing.T) {
	for _, key := range []string{"0", "8", "9", "#"} {
		w := testWorld(t, evening)
		p := &callPlayer{world: w, from: patient, to: tollFree}
		w.playUntil(t, p, "0")
		if err := p.now.Talk(t.Context(), "Please call me"); err != nil {
			t.Fatal(err)
		}
		if err := p.now.Press(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		tasks, err := w.line.store.Tasks(t.Context())
		if err != nil || len(tasks) != 1 || tasks[0].Kind != casestore.TaskMessage || tasks[0].Recording == "" {
			t.Errorf("ended with %s: %d tasks, %v", key, len(tasks), err)
		}
	}
}

// Key 9 and back, after the number was told, tells the same number again.
func TestAsideAfterTheNumber(t *testing.T) {
	got := play(t, "tollfree", patient, tuesday, wholeIntake+" 9 #")
	if n := strings.Count(got.text(), "Your request number is"); n != 2 || len(got.Owed) != 1 || got.Request == "" {
		t.Errorf("the number is told %d times, owed %v, request %q:\n%s", n, got.Owed, got.Request, got.text())
	}
}

// A request from a country that we do not dial is kept, without the promise of a
// call.
func TestIntakeFromACountryWeDoNotDial(t *testing.T) {
	got := play(t, "international", "+919876543210", tuesday, `1 1 1 2 2 1 1 1960 03 04 1 1 1 1 2042 1 2 "Ana" "Delhi" "Why?" 3`)
	if text := got.text(); got.Request == "" || strings.Contains(text, "will call you by") || !strings.Contains(text, "will find a way to reach you") {
		t.Errorf("request %q:\n%s", got.Request, text)
	}
}
