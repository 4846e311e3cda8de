package twiliosim

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	account  = "AC00112233445566778899aabbccddeeff"
	token    = "0123456789abcdef0123456789abcdef"
	line     = "+16175550100"
	caller   = "+16175550111"
	helper   = "+16175550122"
	helper2  = "+16175550133"
	appURL   = "https://line.example.com"
	xmlStart = `<?xml version="1.0" encoding="UTF-8"?>`
)

// app is a small application: a document a path, and what it was sent.
type app struct {
	t       testing.TB
	mu      sync.Mutex
	answers map[string]func(http.ResponseWriter, *http.Request)
	seen    []seen
	_       struct{}
}

type seen struct {
	path, token string
	form        url.Values
}

func newApp(t testing.TB) *app {
	return &app{t: t, answers: map[string]func(http.ResponseWriter, *http.Request){}}
}

// twiml answers a path with verbs.
func (a *app) twiml(path, verbs string) {
	a.raw(path, http.StatusOK, "text/xml", xmlStart+"<Response>"+verbs+"</Response>")
}

func (a *app) raw(path string, status int, kind, body string) {
	a.handle(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

func (a *app) handle(path string, f func(http.ResponseWriter, *http.Request)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers[path] = f
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		a.t.Errorf("form of %s: %v", r.URL.Path, err)
	}
	address := appURL + r.RequestURI
	if r.Header.Get("X-Twilio-Signature") != Sign(token, address, r.PostForm) {
		a.t.Errorf("signature of %s does not match its address and form", r.URL.Path)
	}
	a.mu.Lock()
	a.seen = append(a.seen, seen{r.URL.Path, r.Header.Get("I-Twilio-Idempotency-Token"), r.Form})
	f := a.answers[r.URL.Path]
	a.mu.Unlock()
	if f == nil {
		http.NotFound(w, r)
		return
	}
	f(w, r)
}

// got returns the forms that reached a path.
func (a *app) got(path string) []url.Values {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []url.Values
	for _, s := range a.seen {
		if s.path == path {
			out = append(out, s.form)
		}
	}
	return out
}

// one returns the only form that reached a path.
func (a *app) one(path string) url.Values {
	a.t.Helper()
	all := a.got(path)
	if len(all) != 1 {
		a.t.Fatalf("%s was requested %d times, want once", path, len(all))
	}
	return all[0]
}

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// bench is an application, a stand-in and a clock.
type bench struct {
	*app
	*Sim
	clock *clock
	api   http.RoundTripper
}

func newBench(t testing.TB, change ...func(*Config)) *bench {
	t.Helper()
	b := &bench{app: newApp(t), clock: &clock{t: time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)}}
	cfg := Config{AccountSID: account, AuthToken: token, AppURL: appURL, Transport: HandlerTransport(b.app),
		Now: b.clock.now, Seed: 1, Numbers: map[string]Number{line: {VoiceURL: "/voice", FallbackURL: "/fallback",
			StatusCallback: "/status", SMSURL: "/sms", SMSFallbackURL: "/sms-fallback"}}}
	for _, f := range change {
		f(&cfg)
	}
	sim, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.Sim = sim
	b.api = HandlerTransport(sim)
	b.raw("/status", http.StatusNoContent, "", "")
	return b
}

// ServeHTTP is ambiguous between the two halves; tests name the half.
func (b *bench) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.Sim.ServeHTTP(w, r) }

func (b *bench) ring() *Call {
	b.t.Helper()
	c, err := b.Ring(context.Background(), caller, line)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func callee(behaviours map[string]CalleeBehaviour) func(*Config) {
	return func(c *Config) { c.Callee = func(to string) CalleeBehaviour { return behaviours[to] } }
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantAwait(t testing.TB, c *Call, kind AwaitKind) {
	t.Helper()
	if got := c.Await().Kind; got != kind {
		t.Fatalf("the call waits for %s, want %s; so far:\n%s", got, kind, c.Transcript())
	}
}

func wantField(t testing.TB, form url.Values, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := form.Get(pairs[i]); got != pairs[i+1] {
			t.Errorf("%s = %q, want %q", pairs[i], got, pairs[i+1])
		}
	}
}

// heard is the transcript as one string, for comparison.
func wantTranscript(t testing.TB, c *Call, lines ...string) {
	t.Helper()
	if got, want := c.Transcript(), strings.Join(lines, "\n")+"\n"; got != want {
		t.Errorf("transcript:\n%swant:\n%s", got, want)
	}
}

func ctx() context.Context { return context.Background() }

// rest makes a REST request with the account's credentials.
func (b *bench) rest(method, path string, form url.Values) (int, string) {
	b.t.Helper()
	address := "https://api.twilio.com/2010-04-01/Accounts/" + account + "/" + path
	req, err := http.NewRequestWithContext(ctx(), method, address, strings.NewReader(form.Encode()))
	must(b.t, err)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.SetBasicAuth(account, token)
	res, err := b.api.RoundTrip(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	var sb strings.Builder
	_, err = fmt.Fprint(&sb, readAll(b.t, res))
	must(b.t, err)
	return res.StatusCode, sb.String()
}
