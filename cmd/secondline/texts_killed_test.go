package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
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

// moment is where the program is killed on a text's way.
type moment string

// The moments, in the order in which a text comes by them.
const (
	beforeTaken      moment = "before the text is taken"
	beforeSubmitting moment = "before submitting is written"
	afterSubmitting  moment = "after submitting is written"
	beforeTwilio     moment = "before Twilio has the request"
	afterTwilio      moment = "after Twilio has accepted, before the answer"
	beforeAccepted   moment = "before the answer is written"
	atRandom         moment = "at a random moment"
)

var moments = []moment{beforeTaken, beforeSubmitting, afterSubmitting, beforeTwilio, afterTwilio, beforeAccepted, atRandom}

// trap kills a service once, when it comes by the moment for which it is set.
type trap struct {
	mu    sync.Mutex
	at    moment        // "" where it is not set
	wrote int           // steps of texts since it was set
	done  chan struct{} // closed when the process is gone
	kill  func()
}

func (p *trap) set(at moment) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.wrote, p.done = at, 0, make(chan struct{})
	return p.done
}

// reached kills the service when the trap is set for the moment.
func (p *trap) reached(at moment) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at != at {
		return false
	}
	p.at = ""
	p.kill()
	close(p.done)
	return true
}

// writes is told of every step of a text before Redis has it, and says whether
// Redis is to have it; then is what comes after.
func (p *trap) writes() (pass bool, then func()) {
	p.mu.Lock()
	p.wrote++
	n := p.wrote
	p.mu.Unlock()
	nothing := func() {}
	switch n {
	case 1:
		return !p.reached(beforeTaken), nothing
	case 2:
		return !p.reached(beforeSubmitting), func() { p.reached(afterSubmitting) }
	case 3:
		return !p.reached(beforeAccepted), nothing
	}
	return true, nothing
}

// between carries what a program and its Redis say to each other, and looks for
// the steps of texts in it. It gives the address to use in place of Redis's.
func (p *trap) between(t *testing.T, redis *redistest.Server) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "trap")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "r.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); os.RemoveAll(dir) })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("unix", redis.Socket)
			if err != nil {
				conn.Close()
				continue
			}
			go func() { defer conn.Close(); _, _ = io.Copy(conn, up) }()
			go func() { defer up.Close(); p.carry(up, conn) }()
		}
	}()
	return "unix://" + socket
}

func (p *trap) carry(up, from net.Conn) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		pass, then := true, func() {}
		if isStep(b[:n]) {
			pass, then = p.writes()
		}
		if !pass {
			return
		}
		if _, err := up.Write(b[:n]); err != nil {
			return
		}
		then()
	}
}

// isStep tells the step of one text from its being queued, which writes into the
// list of the number's texts besides, and from what is only read.
func isStep(b []byte) bool {
	return bytes.Contains(bytes.ToLower(b[:min(len(b), 40)]), []byte("evalsha")) && bytes.Contains(b, []byte("}:text:")) && !bytes.Contains(b, []byte("}:texts:"))
}

// rest is Twilio's REST API with the trap in it. It lives outside of the process
// that is killed.
type rest struct {
	*trap
	sim           *twiliosim.Sim
	asked, looked atomic.Int64
}

func (r *rest) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method == http.MethodGet && strings.HasSuffix(req.URL.Path, "/Messages.json") {
		r.looked.Add(1)
	}
	if req.Method != http.MethodPost || !strings.HasSuffix(req.URL.Path, "/Messages.json") {
		r.sim.ServeHTTP(w, req)
		return
	}
	r.asked.Add(1)
	if r.reached(beforeTwilio) {
		panic(http.ErrAbortHandler)
	}
	rec := httptest.NewRecorder()
	r.sim.ServeHTTP(rec, req)
	if r.reached(afterTwilio) {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

// aheadClock is a clock that runs, and can be put forward; the children of the
// test go by it too.
type aheadClock struct {
	t     *testing.T
	file  string
	ahead atomic.Int64
}

func (c *aheadClock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *aheadClock) jump(d time.Duration) {
	c.t.Helper()
	text := time.Duration(c.ahead.Add(int64(d))).String()
	if err := os.WriteFile(c.file+".new", []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Rename(c.file+".new", c.file); err != nil {
		c.t.Fatal(err)
	}
}

// textLine is the real program with Twilio and Redis outside of it, and with
// another replica's view of what is kept.
type textLine struct {
	t       *testing.T
	service *service
	trap    *trap
	rest    *rest
	sim     *twiliosim.Sim
	clock   *aheadClock
	store   *casestore.Store
	other   *line // decides stage changes; it has no workers
	number  string
	people  []string
	owed    map[string]int       // how many texts each person is to get
	again   []twiliosim.Exchange // messages that were not acknowledged
}

func newTextLine(t *testing.T) *textLine {
	t.Helper()
	x := &textLine{t: t, owed: map[string]int{}, trap: &trap{}, clock: &aheadClock{t: t, file: filepath.Join(t.TempDir(), "clock")}}
	// A Tuesday at which it is a decent hour in all of the United States.
	begin := time.Date(2027, time.March, 2, 15, 0, 0, 0, time.FixedZone("", -5*60*60))
	x.clock.jump(time.Until(begin))
	redis := redistest.Start(t)
	x.rest = &rest{trap: x.trap}
	server := httptest.NewServer(x.rest)
	t.Cleanup(server.Close)
	x.trap.kill = func() {}
	x.service = newServiceWith(t, clockMark+"="+x.clock.file, "REDIS_URL="+x.trap.between(t, redis), "TWILIO_API_URL="+server.URL)
	x.trap.kill = x.service.kill
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	x.number = settings.Programme.Lines.TollFree.Number
	x.sim, err = twiliosim.New(twiliosim.Config{
		AccountSID: worldAccount, AuthToken: worldToken, AppURL: x.service.url, Transport: oneShot, Now: x.clock.Now, Seed: 1,
		Numbers: map[string]twiliosim.Number{x.number: {VoiceURL: "/voice/incoming", StatusCallback: "/voice/status", SMSURL: "/sms/incoming", TollFree: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	x.rest.sim = x.sim
	ring, err := parsePHIKeys(x.service.keys)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := newRing(ring)
	if err != nil {
		t.Fatal(err)
	}
	x.store = x.service.storeAt(redis.URL(), keys, x.clock.Now)
	x.other = x.replica(settings)
	x.live()
	return x
}

// replica is another copy of the program, which only decides.
func (x *textLine) replica(s Settings) *line {
	x.t.Helper()
	s.Deploy.PublicURL, s.Deploy.AuthToken = x.service.url, private.Of(worldToken)
	journal, err := casestore.OpenJournal(filepath.Join(x.t.TempDir(), "journal"))
	if err != nil {
		x.t.Fatal(err)
	}
	client, err := twilio.NewClient(twilio.ClientConfig{AccountSID: worldAccount, AuthToken: worldToken, BaseURL: "http://127.0.0.1:1"})
	if err != nil {
		x.t.Fatal(err)
	}
	vault, err := openVault(x.clock.Now, s, x.t.TempDir(), x.store)
	if err != nil {
		x.t.Fatal(err)
	}
	l, err := newLine(parts{settings: s, store: x.store, client: client, vault: vault, journal: journal, now: x.clock.Now, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		x.t.Fatal(err)
	}
	return l
}

// live has Twilio send on what it was asked to, and report.
func (x *textLine) live() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	x.t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_ = x.sim.Run(ctx)
			select {
			case <-ctx.Done():
			case <-x.sim.Work():
			}
		}
	}()
}

// person gives a number that has agreed to texts and was not used before.
func (x *textLine) person() string {
	x.t.Helper()
	// Each of another block: the bound of a block is not what is tested.
	number := fmt.Sprintf("+1617%03d0100", 200+len(x.people))
	x.people = append(x.people, number)
	x.owed[number] = 1
	id := x.store.Ring().Person(private.Of(number))
	err := x.store.ChangeContact(x.t.Context(), id, casestore.ContactChange{Permissions: map[casestore.Channel]casestore.Permission{casestore.ByText: {Given: true, At: x.clock.Now()}}})
	if err != nil {
		x.t.Fatal(err)
	}
	return number
}

// The events after which a text is owed.

func (x *textLine) stageChange() {
	x.t.Helper()
	number, err := x.store.TakeNumber(x.t.Context())
	if err != nil {
		x.t.Fatal(err)
	}
	c := &casestore.Case{ID: casestore.NewCaseID(), Stage: casestore.StageInReview, Number: number, Line: "tollfree", Language: "en", Opened: x.clock.Now(),
		Caller: private.Of(x.person()), Answers: map[string]private.Text{"zip": private.Of("02139")}}
	if err := x.store.AddCase(x.t.Context(), c); err != nil {
		x.t.Fatal(err)
	}
	if err := x.other.texts.StageChanged(x.t.Context(), c); err != nil {
		x.t.Fatal(err)
	}
}

// question is a text that needs an answer; who is not told that it has arrived
// gets it delivered again.
func (x *textLine) question() {
	x.t.Helper()
	got, err := x.sim.Text(x.t.Context(), x.person(), x.number, "HELP")
	if err != nil || got.Status != http.StatusOK {
		x.again = append(x.again, got)
	}
}

// deliverAgain sends what was not acknowledged, as Twilio's fallback would.
func (x *textLine) deliverAgain() {
	x.t.Helper()
	for _, m := range x.again {
		req, err := http.NewRequestWithContext(x.t.Context(), http.MethodPost, m.URL, strings.NewReader(m.Form.Encode()))
		if err != nil {
			x.t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("X-Twilio-Signature", twiliosim.Sign(worldToken, m.URL, m.Form))
		res, err := oneShot.RoundTrip(req)
		if err != nil || res.StatusCode != http.StatusOK {
			x.t.Fatalf("a message is still not taken: %v, %v", res, err)
		}
		res.Body.Close()
	}
	x.again = nil
}

// intake is a call that ends with a request number, which is texted too.
func (x *textLine) intake(set func()) {
	x.t.Helper()
	number := x.person()
	call, err := x.sim.Ring(x.t.Context(), number, x.number)
	if err != nil {
		x.t.Fatal(err)
	}
	tokens, err := parseTokens(wholeIntake)
	if err != nil {
		x.t.Fatal(err)
	}
	for i, token := range tokens {
		if i == len(tokens)-1 {
			set()
		}
		enter(x.t, call, token)
	}
	x.owed[number] = 3 // the e-mail address is asked for; what to expect; the request number
	if _, heard := numberHeard(call); heard {
		return
	}
	// The caller was cut off; was the request made?
	drafts, err := x.store.Drafts(x.t.Context(), x.store.Ring().Person(private.Of(number)))
	if err != nil {
		x.t.Fatal(err)
	}
	if len(drafts) > 0 {
		x.owed[number] = 1
	}
}

// kill has one event happen, and kills the program at a moment on the way of the
// text that is owed.
func (x *textLine) kill(i int, at moment, random *rand.Rand) {
	x.t.Helper()
	var gone <-chan struct{}
	set := func() {
		gone = x.trap.set(at)
		if at == atRandom {
			time.AfterFunc(time.Duration(random.Int64N(int64(60*time.Millisecond))), func() { x.trap.reached(atRandom) })
		}
	}
	switch i % 3 {
	case 0:
		set()
		x.stageChange()
	case 1:
		set()
		x.question()
	case 2:
		x.intake(set)
	}
	select {
	case <-gone:
	case <-testContext(x.t).Done():
		x.t.Fatalf("fault %d: the program never came by: %s", i, at)
	}
	x.service.start()
	x.deliverAgain()
}

// settle lets time pass until every text has ended, and gives all of them.
func (x *textLine) settle() (all []*casestore.Text) {
	x.t.Helper()
	begun, jump := time.Now(), 35*time.Second
	// What a worker that was killed had in its hands is taken over after 15 seconds
	// of Redis's own clock.
	deadline := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ended := false; !ended; {
		select {
		case <-deadline:
			x.t.Error("within a minute not every text has ended")
			return all
		case <-tick.C:
		}
		all, ended = nil, true
		for _, number := range x.people {
			texts, err := x.store.Texts(x.t.Context(), x.store.Ring().Person(private.Of(number)), time.Time{})
			if err != nil {
				x.t.Fatal(err)
			}
			ended = ended && len(texts) == x.owed[number]
			for _, text := range texts {
				ended = ended && text.State.Final()
			}
			all = append(all, texts...)
		}
		if !ended && time.Since(begun) > time.Second {
			begun = time.Now()
			x.clock.jump(jump)
			jump = min(2*jump, 20*time.Minute)
		}
	}
	return all
}

// Whenever the program is killed between an event and Twilio's acknowledgement of
// the text that it brings: the text is sent, once; where nobody can know whether
// it was, Twilio is asked. What one kill may cost is one text that comes twice.
//
// SECONDLINE_TEXT_KILLS sets how often it is killed.
func TestKilledOnATextsWay(t *testing.T) {
	t.Parallel()
	kills := len(moments)
	if n, err := strconv.Atoi(os.Getenv("SECONDLINE_TEXT_KILLS")); err == nil {
		kills = n
	}
	x := newTextLine(t)
	random := rand.New(rand.NewPCG(20, 27))
	// One text in peace: the scripts are known to Redis then.
	x.stageChange()
	x.settle()
	for i := range kills {
		at := moments[i%len(moments)]
		if i >= len(moments) && random.IntN(2) == 0 {
			at = atRandom
		}
		x.kill(i, at, random)
	}
	texts := x.settle()
	left, twice := 0, 0
	for _, number := range x.people {
		count := map[string]int{}
		for _, text := range x.sim.TextsTo(number) {
			count[text.Body]++
			left++
		}
		for _, n := range count {
			twice += n - 1
		}
		var prompts []string
		for _, text := range texts {
			if text.To.Reveal() == number {
				prompts = append(prompts, text.Prompt)
				if text.State != casestore.TextDelivered {
					t.Errorf("%s is %s, %q", text.Prompt, text.State, text.Reason)
				}
			}
		}
		if len(count) != len(prompts) {
			t.Errorf("%v were decided, %d different ones left", prompts, len(count))
		}
	}
	t.Logf("%d kills, %d texts, %d messages: %d came twice, %d times Twilio was asked whether it had one", kills, len(texts), left, twice, x.rest.looked.Load())
	if twice > kills {
		t.Errorf("%d texts came twice for %d kills", twice, kills)
	}
}
