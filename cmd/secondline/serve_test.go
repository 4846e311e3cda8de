package main

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"secondline/casestore"
	"secondline/internal/twiliosim"
)

// exchangeFor gives Twilio's stand-in for a service. It has no fallback URL: a
// request that fails ends the call, which is the worst that can happen.
func exchangeFor(t *testing.T, s *service, transport http.RoundTripper) (sim *twiliosim.Sim, number string) {
	t.Helper()
	settings, err := LoadSettings(noEnvironment, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	number = settings.Programme.Lines.TollFree.Number
	sim, err = twiliosim.New(twiliosim.Config{
		AccountSID: worldAccount, AuthToken: worldToken, AppURL: s.url, Transport: transport, Now: time.Now, Seed: 1,
		Numbers: map[string]twiliosim.Number{number: {VoiceURL: "/voice/incoming", StatusCallback: "/voice/status"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return sim, number
}

// enter does what a token says.
func enter(t *testing.T, call *twiliosim.Call, what token) {
	t.Helper()
	var err error
	if what.words != "" {
		err = call.Speak(t.Context(), what.words)
	} else {
		err = call.Press(t.Context(), what.keys)
	}
	if err != nil {
		t.Fatalf("%v after:\n%s", err, call.Transcript())
	}
}

// The caller notices nothing when the program, or the program and its database,
// are killed between any two answers of one call.
func TestKilledBetweenAnyTwoAnswers(t *testing.T) {
	t.Parallel()
	tokens, err := parseTokens(wholeIntake)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name     string
		redisToo func(i int) bool
	}{
		{"the program", func(int) bool { return false }},
		{"the program and its database", func(i int) bool { return i%3 == 0 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			sim, number := exchangeFor(t, s, oneShot)
			call, err := sim.Ring(t.Context(), patient, number)
			if err != nil {
				t.Fatal(err)
			}
			for i, token := range tokens {
				if tt.redisToo(i) {
					s.killRedis()
				}
				s.kill()
				s.start()
				enter(t, call, token)
				if over(call) {
					t.Fatalf("the call ended after token %d:\n%s", i+1, call.Transcript())
				}
			}
			number, ok := numberHeard(call)
			if !ok {
				t.Fatalf("no request number was said:\n%s", call.Transcript())
			}
			store := s.store()
			wantWhole(t, store, sim, caseByNumber(t, store, number))
		})
	}
}

func over(call *twiliosim.Call) bool { return call.Await().Kind == twiliosim.AwaitNothing }

var spokenNumber = regexp.MustCompile(`Your request number is ((?:\d[ ,]*){8})\.`)

// numberHeard gives the request number that a caller was told.
func numberHeard(call *twiliosim.Call) (string, bool) {
	said := spokenNumber.FindStringSubmatch(call.Transcript())
	if said == nil {
		return "", false
	}
	return strings.NewReplacer(" ", "", ",", "").Replace(said[1]), true
}

// wantWhole checks that a request holds all that was answered, as a call
// without any trouble leaves it, and that it is the caller's only one.
func wantWhole(t *testing.T, store *casestore.Store, sim *twiliosim.Sim, kept *casestore.Case) {
	t.Helper()
	if kept.Stage != casestore.StageRequested {
		t.Errorf("the request is at stage %q", kept.Stage)
	}
	answers := map[string]string{}
	for name, value := range kept.Answers {
		answers[name] = masked(value)
	}
	undisturbed := play(t, "tollfree", patient, tuesday, wholeIntake)
	if diff := cmp.Diff(undisturbed.Answers, answers); diff != "" {
		t.Errorf("the answers (-undisturbed +kept):\n%s", diff)
	}
	for name, want := range map[string]string{"name": "Ana Ruiz, A N A", "treated_at": "City Clinic in Albany", "question": "Is there another way?"} {
		if words, _ := sim.Said(kept.Answers.Get(name)); words != want {
			t.Errorf("the recording of %s says %q, want %q", name, words, want)
		}
	}
	wantOneRequest(t, store, kept)
}

// caseByNumber waits for the outbox, which makes a request findable.
func caseByNumber(t *testing.T, store *casestore.Store, number string) *casestore.Case {
	t.Helper()
	parsed, err := casestore.ParseRequestNumber(number)
	if err != nil {
		t.Fatalf("what was said is no request number: %v", err)
	}
	var kept *casestore.Case
	eventually(t, "the request is found by its number", func() bool {
		kept, err = store.CaseByNumber(t.Context(), parsed)
		return err == nil
	})
	return kept
}

func wantOneRequest(t *testing.T, store *casestore.Store, kept *casestore.Case) {
	t.Helper()
	drafts, err := store.Drafts(t.Context(), store.Ring().Person(kept.Caller))
	if err != nil || len(drafts) != 0 {
		t.Errorf("%d requests are unfinished (%v), want none", len(drafts), err)
	}
	tasks, err := store.Tasks(t.Context())
	if err != nil || len(tasks) != 1 || tasks[0].Kind != casestore.TaskFirstCall || tasks[0].Case != kept.ID {
		t.Errorf("%d things are owed (%v), want the one first call", len(tasks), err)
	}
}

// Asked to stop, serve stops, and so does the redis-server that it started.
func TestServeStopsWhenAsked(t *testing.T) {
	t.Parallel()
	s := newService(t)
	sim, number := exchangeFor(t, s, oneShot)
	if call, err := sim.Ring(t.Context(), patient, number); err != nil || over(call) {
		t.Fatalf("the line does not answer: %v", err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.waitForEnd()
	if s.err != nil {
		t.Errorf("serve ended with %v, want status 0", s.err)
	}
	if s.redisLives() {
		t.Error("redis-server goes on without serve")
	}
}

func TestServeNamesEverySettingItLacks(t *testing.T) {
	t.Parallel()
	cmd := child(t, nil, "serve", "-data", redisDir(t))
	out, err := cmd.CombinedOutput()
	if status := cmd.ProcessState.ExitCode(); status != 1 {
		t.Errorf("status %d (%v), want 1", status, err)
	}
	for _, name := range []string{"PUBLIC_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "PHI_KEYS"} {
		if !strings.Contains(string(out), name) {
			t.Errorf("%s is not named:\n%s", name, out)
		}
	}
}

func TestServeRefusesAndCounts(t *testing.T) {
	t.Parallel()
	s := newService(t)
	webhook := s.url + "/voice/incoming"
	for _, tt := range []struct {
		what, body string
		want       int
	}{
		{"an unsigned request", "CallSid=CA00000000000000000000000000000000", http.StatusForbidden},
		{"a body of 65 KiB", "Extra=" + strings.Repeat("x", 65<<10), http.StatusRequestEntityTooLarge},
	} {
		if status, body := ask(t, http.MethodPost, webhook, strings.NewReader(tt.body)); status != tt.want || body != "" {
			t.Errorf("%s: status %d, %q; want %d and no words", tt.what, status, body, tt.want)
		}
	}
	_, metrics := get(t, s.admin+"/metrics")
	for _, want := range []string{
		`secondline_webhooks_refused_total{reason="no signature",status="403"} 1`,
		`secondline_webhooks_refused_total{reason="body too large",status="413"} 1`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("/metrics does not show %s:\n%s", want, metrics)
		}
	}
}

// Metrics and health are for the operator: the public listener has none.
func TestHealthIsOnTheAdminListenerOnly(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if status, _ := get(t, s.admin+path); status != http.StatusOK {
			t.Errorf("admin %s: status %d", path, status)
		}
		if status, _ := get(t, s.url+path); status != http.StatusNotFound {
			t.Errorf("public %s: status %d, want 404", path, status)
		}
	}
}

// A redis-server of our own that dies takes serve with it, with a reason, so
// that whatever keeps serve running starts both anew.
func TestServeEndsWithItsRedis(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.killRedis()
	s.waitForEnd()
	if s.cmd.ProcessState.ExitCode() != 1 || !strings.Contains(s.log.String(), "redis.log") {
		t.Errorf("serve ended with %v, want status 1 and where to look", s.err)
	}
	s.start()
}

// A Redis that serve found running and that dies later leaves serve alive, but
// not ready.
func TestServeIsNotReadyWithoutRedis(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.kill()
	s.start()
	s.killRedis()
	for path, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable} {
		if status, _ := get(t, s.admin+path); status != want {
			t.Errorf("%s: status %d, want %d", path, status, want)
		}
	}
}
