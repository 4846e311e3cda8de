package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"secondline/casestore"
	"secondline/internal/redistest"
	"secondline/internal/twiliosim"
)

// faultWorld is the line as it is run for real: replicas of the program as processes
// behind a balancer that asks /readyz, a Redis of some topology, and the stand-in for
// Twilio. Schedules follow one another in it, each with people of its own.
type faultWorld struct {
	t        *testing.T
	redis    *redistest.Topology
	replicas []*faultReplica
	balancer *balancer
	sim      *twiliosim.Sim
	clock    *aheadClock
	store    *casestore.Store // the test's own
	secret   string           // signs events
	number   string
	team     []string

	schedules int
	mu        sync.Mutex
	asked     []asking
	jumps     []jump
}

// asking is one thing that Twilio was asked to do.
type asking struct {
	at       time.Time // of the machine
	clock    time.Time // of the line
	to, body string
	call     bool
	status   int
}

// jump is a change of the line's clock.
type jump struct {
	at time.Time
	by time.Duration
}

// rest is Twilio's REST API, with a record of what was asked of it.
func (w *faultWorld) rest(out http.ResponseWriter, r *http.Request) {
	call, text := strings.HasSuffix(r.URL.Path, "/Calls.json"), strings.HasSuffix(r.URL.Path, "/Messages.json")
	if r.Method != http.MethodPost || !call && !text {
		w.sim.ServeHTTP(out, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body))
	one := asking{at: time.Now(), clock: w.clock.Now(), to: form.Get("To"), body: form.Get("Body"), call: call}
	answer := &statusWriter{ResponseWriter: out}
	defer func() { // an answer that is lost is a panic of its own
		one.status = answer.status
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asked = append(w.asked, one)
	}()
	w.sim.ServeHTTP(answer, r)
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// jumpClock moves the line's clock.
func (w *faultWorld) jumpClock(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.jumps = append(w.jumps, jump{time.Now(), by})
	w.clock.jump(by)
}

// askedOf gives what Twilio was asked to do for a number.
func (w *faultWorld) askedOf(number string) (out []asking) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.asked {
		if a.to == number {
			out = append(out, a)
		}
	}
	return out
}

// secretOfEvents is what the case system signs with.
var secretOfEvents = "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("e"), 32))

func newFaultWorld(t *testing.T, kind string, replicas int) *faultWorld {
	t.Helper()
	w := &faultWorld{t: t, secret: secretOfEvents, team: []string{"+12025550171", "+12025550172", "+12025550173"},
		clock: &aheadClock{t: t, file: filepath.Join(t.TempDir(), "clock")}}
	w.clock.jump(time.Until(time.Date(2027, time.March, 1, 10, 0, 0, 0, newYork(t))))
	w.redis = redistest.StartTopology(t, kind)
	w.balancer = startBalancer(t)
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	w.number = settings.Programme.Lines.TollFree.Number
	w.sim, err = twiliosim.New(twiliosim.Config{
		AccountSID: worldAccount, AuthToken: worldToken, AppURL: w.balancer.url, Transport: oneShot, Now: w.clock.Now, Seed: 1, Callee: w.callee,
		Numbers: map[string]twiliosim.Number{w.number: {VoiceURL: "/voice/incoming", FallbackURL: "/voice/fallback", StatusCallback: "/voice/status", SMSURL: "/sms/incoming", TollFree: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	twilio := httptest.NewServer(http.HandlerFunc(w.rest))
	t.Cleanup(twilio.Close)
	keys, err := newPHIKeys(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w.store = w.open(keys)
	config := filepath.Join(t.TempDir(), "line.toml")
	if err := os.WriteFile(config, []byte(w.roster()), 0o600); err != nil {
		t.Fatal(err)
	}
	recordings := t.TempDir()
	for range replicas {
		w.addReplica([]string{"PHI_KEYS=" + keys, "REDIS_URL=" + w.redis.URL(), fmt.Sprint("REDIS_REPLICAS=", w.redis.Replicas), "TWILIO_API_URL=" + twilio.URL,
			"PUBLIC_URL=" + w.balancer.url, "TWILIO_ACCOUNT_SID=" + worldAccount, "TWILIO_AUTH_TOKEN=" + worldToken, "LINE_CONFIG=" + config,
			"RECORDINGS_DIR=" + recordings, "EVENTS_SECRET=" + w.secret, "DRAIN_DELAY=1s", clockMark + "=" + w.clock.file})
	}
	w.balancer.watch(w.replicas)
	for _, r := range w.replicas {
		eventually(t, "a replica is ready", r.ready)
	}
	w.live()
	return w
}

func newYork(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func (w *faultWorld) roster() string {
	var out strings.Builder
	for i, number := range w.team {
		fmt.Fprintf(&out, "[[coordinator]]\nname = \"Number %d (made up)\"\nnumber = %q\nlanguages = [\"en\"]\nsupervisor = %v\n", i, number, i == 0)
	}
	return out.String()
}

func (w *faultWorld) open(phi string) *casestore.Store {
	w.t.Helper()
	parsed, err := parsePHIKeys(phi)
	if err != nil {
		w.t.Fatal(err)
	}
	ring, err := newRing(parsed)
	if err != nil {
		w.t.Fatal(err)
	}
	rdb, err := casestore.Connect(w.redis.URL())
	if err != nil {
		w.t.Fatal(err)
	}
	store := casestore.New(casestore.Options{Redis: rdb, Ring: ring, Replicas: w.redis.Replicas, Now: w.clock.Now})
	w.t.Cleanup(func() { _ = store.Close() })
	return store
}

// callee: a coordinator takes what rings and says that the patient was reached; a
// patient answers, or does not.
func (w *faultWorld) callee(to string) twiliosim.CalleeBehaviour {
	switch {
	case strings.HasPrefix(to, "+1202555017"):
		return twiliosim.Answers("1", "1")
	case to[len(to)-1]%4 == 0:
		return twiliosim.NoAnswer()
	}
	return twiliosim.Answers()
}

// live has Twilio do what it does by itself, and people hang up.
func (w *faultWorld) live() {
	ctx, cancel := context.WithCancel(context.Background())
	var both sync.WaitGroup
	w.t.Cleanup(func() { cancel(); both.Wait() })
	both.Go(func() {
		for ctx.Err() == nil {
			_ = w.sim.Run(ctx)
			select {
			case <-ctx.Done():
			case <-w.sim.Work():
			case <-time.After(20 * time.Millisecond): // what becomes due by the clock gives no signal
			}
		}
	})
	both.Go(func() {
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
				w.hangUp(ctx)
			}
		}
	})
}

// hangUp is what people do: a patient ends the talk at once, a coordinator when nothing
// was to be heard for a minute; who is asked again presses the key again.
func (w *faultWorld) hangUp(ctx context.Context) {
	calls := w.sim.Calls()
	for _, c := range calls[max(0, len(calls)-60):] {
		heard := c.Events()
		if c.Direction() == "inbound" || c.Status().Over() || len(heard) == 0 {
			continue
		}
		quiet := w.clock.Now().Sub(heard[len(heard)-1].At)
		member := strings.HasPrefix(c.To(), "+1202555017")
		switch c.Await().Kind {
		case twiliosim.AwaitKeys:
			if quiet >= 5*time.Second {
				_ = c.Press(ctx, "1")
			}
		case twiliosim.AwaitTalk, twiliosim.AwaitQueue:
			if !member || quiet > time.Minute {
				_ = c.Hangup(ctx)
			}
		}
	}
}

// faultReplica is one process of the program; one that ends is started again, as
// whoever supervises it would.
type faultReplica struct {
	w           *faultWorld
	listen      string
	admin       string
	data        string
	environment []string
	log         *lockedBuffer

	mu      sync.Mutex
	cmd     *exec.Cmd
	ended   chan struct{}
	stopped bool // for good
	starts  int
}

func (w *faultWorld) addReplica(environment []string) {
	w.t.Helper()
	r := &faultReplica{w: w, listen: freeAddress(w.t), admin: freeAddress(w.t), data: w.t.TempDir(), log: &lockedBuffer{}}
	r.environment = append(environment, "LISTEN="+r.listen, "ADMIN_LISTEN="+r.admin, "OPTOUT_JOURNAL="+filepath.Join(r.data, "journal"))
	w.replicas = append(w.replicas, r)
	w.t.Cleanup(func() {
		r.mu.Lock()
		r.stopped = true
		r.mu.Unlock()
		r.kill()
	})
	r.start()
}

// start starts the process.
func (r *faultReplica) start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	cmd := child(r.w.t, r.environment, "serve", "-data", r.data)
	cmd.Stdout, cmd.Stderr = io.Discard, r.log
	if err := cmd.Start(); err != nil {
		r.w.t.Errorf("a replica does not start: %v", err)
		return
	}
	ended := make(chan struct{})
	r.cmd, r.ended, r.starts = cmd, ended, r.starts+1
	go func() {
		_ = cmd.Wait()
		close(ended)
		time.Sleep(150 * time.Millisecond) // as a supervisor waits before it tries again
		r.start()
	}()
}

func (r *faultReplica) process() (*os.Process, chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cmd.Process, r.ended
}

// kill is kill -9.
func (r *faultReplica) kill() {
	p, ended := r.process()
	_ = p.Kill()
	<-ended
}

func (r *faultReplica) signal(sig syscall.Signal) {
	p, _ := r.process()
	_ = p.Signal(sig)
}

func (r *faultReplica) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.starts
}

func (r *faultReplica) ready() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.admin+"/readyz", nil)
	if err != nil {
		return false
	}
	res, err := oneShot.RoundTrip(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// balancer passes requests to replicas that are ready, in turn; where none is, to any.
// A connection that cannot be made is tried with the next; what was sent is never sent
// twice.
type balancer struct {
	url      string
	t        *testing.T
	next     atomic.Int64
	mu       sync.Mutex
	replicas []*faultReplica
	healthy  []*faultReplica
	client   *http.Transport
}

func startBalancer(t *testing.T) *balancer {
	t.Helper()
	b := &balancer{t: t, client: &http.Transport{MaxIdleConnsPerHost: 64, DialContext: (&net.Dialer{Timeout: time.Second}).DialContext}}
	server := httptest.NewServer(b)
	t.Cleanup(func() { server.Close(); b.client.CloseIdleConnections() })
	b.url = server.URL
	return b
}

// watch asks every replica four times a second.
func (b *balancer) watch(replicas []*faultReplica) {
	b.replicas = replicas
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	b.t.Cleanup(func() { cancel(); all.Wait() })
	ready := make([]atomic.Bool, len(replicas))
	for i, r := range replicas {
		all.Go(func() {
			for ctx.Err() == nil {
				ready[i].Store(r.ready())
				var healthy []*faultReplica
				for j := range replicas {
					if ready[j].Load() {
						healthy = append(healthy, replicas[j])
					}
				}
				b.mu.Lock()
				b.healthy = healthy
				b.mu.Unlock()
				select {
				case <-ctx.Done():
				case <-time.After(250 * time.Millisecond):
				}
			}
		})
	}
}

// choice gives the replicas to try, in order.
func (b *balancer) choice() []*faultReplica {
	b.mu.Lock()
	defer b.mu.Unlock()
	from := b.healthy
	if len(from) == 0 {
		from = b.replicas
	}
	n := int(b.next.Add(1))
	var out []*faultReplica
	for i := range from {
		out = append(out, from[(n+i)%len(from)])
	}
	return out
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	for _, replica := range b.choice() {
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host, out.RequestURI = "http", replica.listen, ""
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		out.GetBody = nil
		out.Header.Del("Connection")
		res, err := b.client.RoundTrip(out)
		if err != nil && isDial(err) {
			continue
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer func() { _ = res.Body.Close() }()
		for name, values := range res.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(res.StatusCode)
		_, _ = io.Copy(w, res.Body)
		return
	}
	w.WriteHeader(http.StatusServiceUnavailable)
}

func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// personOf gives a number of New York that no other schedule of a world has: of a block of
// its own, so that bounds of a block are not what is tested.
func personOf(schedule, n int) string {
	exchange := 200 + schedule%700
	if exchange%100 == 11 {
		exchange = 900 + exchange/100
	}
	return fmt.Sprintf("+1%d%d%04d", []int{212, 646, 917, 718}[schedule/700%4], exchange, 1000+n)
}
