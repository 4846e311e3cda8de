package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"secondline/casestore"
	"secondline/internal/event"
	"secondline/internal/private"
	"secondline/internal/redistest"
	"secondline/internal/twiliosim"
)

// searched is the whole line, before which made-up patients do all that patients do,
// while everything that anybody else could see is collected.
type searched struct {
	t *testing.T
	*world
	*places
	people   []*fake
	redis    *swapped
	settings Settings
	log      *lockedBuffer
	env      map[string]string
	secret   event.Secret
}

func newSearched(t *testing.T) *searched {
	t.Helper()
	return newSearchedOn(t, redistest.Start(t, "--appendfsync", "no", "--aof-use-rdb-preamble", "no"), "", "")
}

// newSearchedOn keeps everything in a server, as a user of it.
func newSearchedOn(t *testing.T, server *redistest.Server, user, password string) *searched {
	t.Helper()
	s := &searched{t: t, places: newPlaces(), people: newFakes(7), log: &lockedBuffer{}}
	s.redis = &swapped{server: server}
	address := server.URL()
	if user != "" {
		s.redis.auth = fmt.Sprintf("*3\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(user), user, len(password), password)
		address = strings.Replace(address, "unix://", "unix://"+user+":"+password+"@", 1)
	}
	keys, err := newPHIKeys(rand.Reader)
	s.must(err)
	endpoint := httptest.NewServer(http.HandlerFunc(s.told))
	t.Cleanup(endpoint.Close)
	signed := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 32)))
	s.secret, err = event.ParseSecret(private.Of(signed))
	s.must(err)
	s.env = map[string]string{"PHI_KEYS": keys, "REDIS_URL": address, "EVENTS_SECRET": signed, "EVENTS_OUT": "records " + endpoint.URL + "/events " + signed, "REDIS_UNSAFE": "yes"}
	s.settings, err = LoadSettings(lookup(s.env), os.ReadFile)
	s.must(err)
	s.settings.Programme.Coordinators = worldTeam
	ring, err := parsePHIKeys(keys)
	s.must(err)
	at, err := time.Parse(time.RFC3339, tuesday)
	s.must(err)
	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.world, err = newWorld(s.settings, &clock{at: at}, log, hooks{redis: s.redis.conn, twilio: s.hook, rest: s.rest, keys: ring,
		settings: func(p *Programme) { p.Promise.VoiceFirst, p.Voice.Speech = true, true }})
	s.must(err)
	t.Cleanup(s.stop)
	return s
}

func (s *searched) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// told is the programme's case system: what hands a request over may say all of it.
func (s *searched) told(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	var e struct{ Type string }
	if err := json.Unmarshal(body, &e); err != nil {
		s.t.Error(err)
	}
	s.add(inHookURL, "an event out", []byte(r.URL.String()))
	if e.Type != casestore.IntakeCompleted {
		s.add(inEvents, e.Type, body)
	}
	w.WriteHeader(http.StatusNoContent)
}

// calls has somebody call, who may hear what the people in to have told.
func (s *searched) calls(from, team, tokens string, to ...*fake) *callPlayer {
	s.t.Helper()
	s.must(s.behave(team))
	s.listeners(to...)
	defer s.listeners()
	p := &callPlayer{world: s.world, from: from, to: tollFree}
	list, err := parseTokens(tokens)
	s.must(err)
	s.must(p.play(s.t.Context(), list))
	s.must(s.settle(s.t.Context()))
	return p
}

func (s *searched) texts(f *fake, messages ...string) {
	s.t.Helper()
	s.listeners(f)
	defer s.listeners()
	for _, m := range messages {
		s.clock.Pass(20 * time.Second)
		_, err := s.sim.Text(s.t.Context(), f.phone, tollFree, m)
		s.must(err)
		s.must(s.settle(s.t.Context()))
	}
}

// learn notes the request numbers that the line has made.
func (s *searched) learn() {
	s.t.Helper()
	s.must(s.line.store.EachCase(s.t.Context(), func(c *casestore.Case) error {
		for _, f := range s.people {
			if n := c.Number.Reveal(); n != "" && c.Phone().Reveal() == f.phone {
				f.request = n
			}
		}
		return nil
	}))
}

func (s *searched) caseOf(f *fake) *casestore.Case {
	s.t.Helper()
	c, err := s.line.store.Lookup(s.t.Context(), f.request)
	s.must(err)
	if c == nil {
		s.t.Fatal("a patient has no request")
	}
	return c
}

// placeOf is how the console names a request.
func (s *searched) placeOf(f *fake) string {
	c := s.caseOf(f)
	return c.Partition.String() + "." + string(c.ID)
}

// pass lets time go by; whoever was called and talks hangs up.
func (s *searched) pass(span, step time.Duration) {
	s.t.Helper()
	for left := span; left > 0; left -= step {
		s.clock.Pass(step)
		s.must(s.settle(s.t.Context()))
		for _, f := range s.people {
			for _, call := range s.sim.CallsTo(f.phone) {
				if call.Await().Kind == twiliosim.AwaitTalk {
					s.must(call.Hangup(s.t.Context()))
					s.must(s.settle(s.t.Context()))
				}
			}
		}
	}
}

// collect takes what stands at the end.
func (s *searched) collect() {
	s.lines(inLog, "the log", s.log.String())
	metrics := httptest.NewRecorder()
	s.line.adminHandler().ServeHTTP(metrics, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	s.lines(inMetrics, "/metrics", metrics.Body.String())
	s.places.redis(s.t, s.redis.server)
	s.files(s.t, s.dir)
}

// Made-up patients do all that patients do, by telephone and by text, rightly and
// wrongly, while Redis and Twilio fail and the program panics; coordinators look at
// them and operators ask for them. Nothing that they told stands in clear where
// whoever reads a log, an address, a disk or a Redis would see it. The same search
// finds what is put there.
func TestNothingPersonalIsInClear(t *testing.T) {
	t.Parallel()
	s := newSearched(t)
	s.live()
	s.events()
	s.outreach()
	s.console()
	s.commands()
	s.faults()
	s.learn()
	s.collect()
	t.Logf("searched for %d people:\n%s", len(s.people), s.counts())
	wantClean(t, s.hits(s.people))
	if len(s.seen[inLog]) < 20 || len(s.seen[inKeys]) < 100 || len(s.seen[inEvents]) < 5 || len(s.seen[inTwiML]) < 100 || len(s.seen[inFiles]) < 5 {
		t.Error("too little was collected for a search to prove anything")
	}
	s.wantPlantedFound()
}

// A process that is told to print all that it is doing, in the middle of a call,
// prints nothing of what was told; nor does it leave any of it in its files.
func TestACrashTellsNothing(t *testing.T) {
	t.Parallel()
	s, all, f := newService(t), newPlaces(), newFakes(11)[0]
	sim, number := exchangeFor(t, s, oneShot)
	call, err := sim.Ring(t.Context(), f.phone, number)
	if err != nil {
		t.Fatal(err)
	}
	for _, keys := range []string{"1", "1", "1", "2", "2", "1", f.keys(), "1", "1", "1", "1", "1", f.zip, "1"} {
		enter(t, call, token{keys: keys})
	}
	enter(t, call, token{words: f.first + " " + f.last})
	if err := s.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	if text := s.log.String(); !strings.Contains(text, "SIGQUIT") || !strings.Contains(text, "goroutine") {
		t.Fatal("it has printed nothing of what it was doing")
	}
	all.lines(inCrash, "what serve prints", s.log.String())
	all.files(t, s.data)
	t.Logf("%d lines and %d files", len(all.seen[inCrash]), len(all.seen[inFiles]))
	wantClean(t, all.hits([]*fake{f}))
	if len(all.seen[inFiles]) < 4 {
		t.Error("it has left no files that could be searched")
	}
}

// wantPlantedFound puts one thing in each place, by the way that leads there, and
// searches again.
func (s *searched) wantPlantedFound() {
	t, f := s.t, s.people[0]
	before := s.places
	s.places = newPlaces()
	s.world.log.Warn("planted", "err", fmt.Errorf("cannot reach %s", f.asTyped()))
	s.lines(inLog, "the log", s.log.String())
	planted := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "planted"}, []string{"who"})
	planted.WithLabelValues(f.email).Inc()
	s.line.metrics.MustRegister(planted)
	metrics := httptest.NewRecorder()
	s.line.adminHandler().ServeHTTP(metrics, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	s.lines(inMetrics, "/metrics", metrics.Body.String())
	s.redis.server.Do(t, "SET", "sl:{00}:planted:"+f.phone, "1")
	s.redis.server.Do(t, "HSET", "sl:{00}:planted", "d", "\x01"+f.born.Format(time.DateOnly)+"\x00")
	s.must(os.WriteFile(filepath.Join(s.dir, "planted"), []byte(base64.StdEncoding.EncodeToString([]byte("x"+f.clinic))), 0o600))
	s.places.redis(t, s.redis.server)
	s.files(t, s.dir)
	answer := func(doc string) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(doc)), Request: r}, nil
		})
	}
	ask := func(rt http.RoundTripper, address, body string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
		s.must(err)
		_, err = rt.RoundTrip(r)
		s.must(err)
	}
	ask(s.hook(answer(`<Response><Gather action="/voice/turn?who=`+url.QueryEscape(f.phone)+`"><Say>`+f.born.Format("January 2, 2006")+`</Say></Gather></Response>`)), worldURL+"/voice/turn?zip="+f.zip, "")
	ask(s.rest(answer("")), "https://api.twilio.com/x?n="+url.QueryEscape(f.asTyped()), "Url="+url.QueryEscape(worldURL+"/?who="+f.last))
	s.told(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/events", strings.NewReader(`{"type":"intake.ineligible","data":{"zip":"`+f.zip+`"}}`)))
	s.add(inConsoleURL, "planted", []byte("/case?number="+f.request[:4]+"+"+f.request[4:]))
	s.add(inPages, "planted", []byte("<td>"+f.first+"</td>"))
	s.lines(inErrors, "planted", "no request "+f.request+"\n")
	s.lines(inCrash, "planted", "panic: "+spelled(f.request)+"\n")
	found := s.hits(s.people)
	for _, at := range everyPlace {
		if len(found[at]) == 0 {
			t.Errorf("what was put in %s is not found: the search proves nothing there", at)
		}
	}
	t.Logf("planted: found in %d of %d places", len(found), len(everyPlace))
	s.places = before
}

// The search finds every spelling of everything, in every form that bytes may have.
func TestTheSearchFindsEverySpelling(t *testing.T) {
	people := newFakes(7)
	people[0].request = "12345674"
	s, tried := newSearch(people), 0
	for _, f := range people {
		for _, n := range f.needles() {
			for form, text := range map[string]string{
				"as it is": n.text, "in capitals": strings.ToUpper(n.text), "in an address": "/x?y=" + url.QueryEscape(n.text) + "&z=1", "escaped as a path": url.PathEscape(n.text),
				"in JSON": string(must(json.Marshal(map[string]string{"a": n.text}))), "in base64": base64.StdEncoding.EncodeToString([]byte("ab" + n.text + "c")), "in hexadecimal": fmt.Sprintf("%x", n.text),
			} {
				if len(n.text) < 8 && strings.HasPrefix(form, "in base64") || len(n.text) < 8 && strings.HasPrefix(form, "in hexa") {
					continue // too short to be told from chance
				}
				tried++
				found := s.in([]byte("before " + text + " after"))
				ok := false
				for x := range found {
					ok = ok || x.person == f && x.what == n.what
				}
				if !ok {
					t.Errorf("a %s is not found %s", n.what, form)
				}
			}
		}
		for _, number := range []string{f.phone, f.phone[1:], f.asTyped(), f.phone[2:5] + "." + f.phone[5:8] + "." + f.phone[8:], strings.Join(strings.Split(f.phone[2:], ""), ", "), "%2B" + f.phone[1:]} {
			tried++
			if len(s.in([]byte("to="+number))) == 0 {
				t.Error("a spelling of a telephone number is not found")
			}
		}
	}
	t.Logf("%d spellings and forms", tried)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
