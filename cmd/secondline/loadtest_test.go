package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"secondline/casestore"
)

// loadEnvironment is what an operator gives the load test.
func loadEnvironment(variables ...string) environment {
	return func(name string) (string, bool) {
		for _, v := range variables {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
}

func loadTestWith(ctx context.Context, env environment, args ...string) (status int, out, errs string) {
	var stdout, stderr bytes.Buffer
	status = run(ctx, append([]string{"loadtest"}, args...), env, &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

// loadRow gives the count and the longest latency of a kind in the table.
func loadRow(t *testing.T, out, kind string) (count int) {
	t.Helper()
	found := regexp.MustCompile(`(?m)^ *` + kind + ` +(\d+) +[\d.]+( +[\d.]+m?s){5} *$`).FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("no row of %q in:\n%s", kind, out)
	}
	count, _ = strconv.Atoi(found[1])
	return count
}

// Whole calls and threads go through a line that runs for real, and what follows from
// them goes to the stand-in for Twilio.
func TestLoadTestPlaysWholeCallsAndTexts(t *testing.T) {
	t.Parallel()
	twilio := freeAddress(t)
	s := newServiceWith(t, "TWILIO_API_URL=http://"+twilio)
	env := loadEnvironment("TWILIO_AUTH_TOKEN="+worldToken, "TWILIO_ACCOUNT_SID="+worldAccount)
	status, out, errs := loadTestWith(t.Context(), env, "-url", s.url, "-rate", "60", "-for", "1s", "-pace", "10ms", "-texters", "2", "-twilio", twilio, "-yes")
	if status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	if loadRow(t, out, "voice turn") < 20 || loadRow(t, out, "text") < len(loadTexts) || loadRow(t, out, "status callback") < 1 || strings.Contains(out, "failed   ") {
		t.Errorf("it says:\n%s", out)
	}
	requests := 0
	if err := s.store().EachCase(t.Context(), func(*casestore.Case) error { requests++; return nil }); err != nil || requests < 2 {
		t.Errorf("%d requests were made, %v", requests, err)
	}
	if n := inProgressOf(t, s); n != 0 {
		t.Errorf("%d calls are still in progress", n)
	}

	// A line that does not take the first call gets no others.
	status, _, errs = loadTestWith(t.Context(), loadEnvironment("TWILIO_AUTH_TOKEN="+strings.Repeat("f", 32)), "-url", s.url, "-rate", "30", "-for", "1s", "-pace", "1ms", "-twilio", twilio, "-yes")
	if status != 1 || !strings.Contains(errs, "voice turn: status 403: the signature is refused") || !strings.Contains(errs, "nothing more was sent") {
		t.Errorf("with another token, status %d:\n%s", status, errs)
	}
}

// A line that asks another Twilio than the stand-in is left alone after one call.
func TestLoadTestStopsWhereTheStandInIsNotAsked(t *testing.T) {
	t.Parallel()
	s := newService(t)
	env := loadEnvironment("TWILIO_AUTH_TOKEN="+worldToken, "TWILIO_ACCOUNT_SID="+worldAccount)
	l, err := newLoadTest(t.Context(), loadOptions{url: s.url, rate: 1, span: time.Second}, env)
	if err != nil {
		t.Fatal(err)
	}
	defer l.pool.close()
	err = l.try(t.Context(), make(chan struct{}), "127.0.0.1:9090", time.Nanosecond)
	if err == nil || !strings.Contains(err.Error(), "TWILIO_API_URL=http://127.0.0.1:9090") {
		t.Errorf("got %v", err)
	}
}

func inProgressOf(t *testing.T, s *service) int {
	t.Helper()
	n, err := s.store().CallsInProgress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestLoadTestSendsNothingUnasked(t *testing.T) {
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(server.Close)
	env := loadEnvironment("TWILIO_AUTH_TOKEN=" + worldToken)
	status, out, errs := loadTestWith(t.Context(), env, "-url", server.URL, "-for", "1s")
	if status != 2 || asked || !strings.Contains(errs, "nothing was sent") || !strings.Contains(errs, "-yes") {
		t.Errorf("status %d, asked: %v\n%s", status, asked, errs)
	}
	if !strings.Contains(out, "20 webhooks a second") || !strings.Contains(out, "-yes needs -twilio") || !strings.Contains(out, "calls_at_once") {
		t.Errorf("it does not say what it would do:\n%s", out)
	}
	// A line whose texts and calls would go to Twilio is none for tests, whoever says so.
	if status, _, errs := loadTestWith(t.Context(), env, "-url", server.URL, "-for", "1s", "-yes"); status != 2 || asked || !strings.Contains(errs, "TWILIO_API_URL=http://127.0.0.1:9090") {
		t.Errorf("without a stand-in: status %d, asked: %v\n%s", status, asked, errs)
	}
	if status, _, errs := loadTestWith(t.Context(), noEnvironment, "-url", server.URL, "-yes"); status != 2 || !strings.Contains(errs, "TWILIO_AUTH_TOKEN is not set") {
		t.Errorf("without a token: %d %s", status, errs)
	}
	if status, _, errs := loadTestWith(t.Context(), env, "-url", "line.example.org", "-yes"); status != 2 || !strings.Contains(errs, "an example: https://") {
		t.Errorf("without an address: %d %s", status, errs)
	}
}

// A line that stands still for half a second looks as slow as it is, for all who
// would have been answered then.
func TestLatencyCountsFromWhenAWebhookShouldHaveLeft(t *testing.T) {
	t.Parallel()
	began := time.Now()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if since := time.Since(began); since < time.Second {
			pauseFor(time.Second - since)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(server.Close)
	config := filepath.Join(t.TempDir(), "line.toml")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	env := loadEnvironment("TWILIO_AUTH_TOKEN="+worldToken, "LINE_CONFIG="+config)
	l, err := newLoadTest(t.Context(), loadOptions{url: server.URL, rate: 400, span: 500 * time.Millisecond, texters: 1, pace: time.Millisecond}, env)
	if err != nil {
		t.Fatal(err)
	}
	defer l.pool.close()
	began = time.Now()
	l.run(t.Context(), began, 500*time.Millisecond)
	texts := &l.tally.all[loadText]
	if texts.Count() < 5 || texts.Quantile(0) < 400*time.Millisecond || texts.Max() < 900*time.Millisecond {
		t.Errorf("%d texts, the shortest %s, the longest %s", texts.Count(), texts.Quantile(0), texts.Max())
	}
	if got := l.tally.failed["text: status 503 Service Unavailable"]; got != texts.Count() {
		t.Errorf("%v", l.tally.failed)
	}
}

func TestACallGoesOnWhereTheAnswerLeads(t *testing.T) {
	doc := []byte(`<Response><Gather action="/line/voice/answer?at=intake.for_whom&amp;v=4&amp;p=0a" numDigits="1"></Gather><Redirect>/line/voice/answer?at=intake.for_whom&amp;v=4&amp;none=1&amp;p=0a</Redirect></Response>`)
	if got, ok := next(doc, "/voice/answer?at=intake.for_whom&p=03&v=2"); !ok || got != "/line/voice/answer?at=intake.for_whom&v=4&p=0a" {
		t.Errorf("%q %v", got, ok)
	}
	if got, ok := next(doc, "/voice/answer?at=intake.for_whom&none=1&p=03"); !ok || !strings.Contains(got, "none=1") {
		t.Errorf("%q %v", got, ok)
	}
	if got, ok := next(doc, "/voice/answer?at=main.menu&p=03"); ok {
		t.Errorf("another step: %q", got)
	}
	l := &loadTest{tally: &loadTally{}}
	l.strayed(doc)
	l.strayed([]byte("<Response/>"))
	if all := l.tally.failed; len(all) != 2 || all["voice turn: led to the step intake.for_whom"] != 1 {
		t.Errorf("%v", all)
	}
	if kinds := slices.Sorted(slices.Values(loadNames[:])); len(kinds) != int(loadKinds) {
		t.Errorf("%q", kinds)
	}
}
