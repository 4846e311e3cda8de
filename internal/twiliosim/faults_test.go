package twiliosim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestSignatureVectors(t *testing.T) {
	dir := sharedFolder(t)
	if dir == "" {
		return
	}
	raw, err := os.ReadFile(filepath.Join(dir, "signature_vectors.json"))
	must(t, err)
	var vectors []struct {
		Name, Token, URL, Sig string
		Params                [][2]string
		Body                  *string
		Valid                 bool
	}
	must(t, json.Unmarshal(raw, &vectors))
	var missed []string
	valid := 0
	for _, v := range vectors {
		if v.Body != nil {
			continue
		}
		form := url.Values{}
		for _, p := range v.Params {
			form.Add(p[0], p[1])
		}
		got := []string{Sign(v.Token, v.URL, form), Sign(v.Token, signedAddress(v.URL, true), form)}
		if v.Valid {
			valid++
		}
		if v.Valid && got[0] != v.Sig && got[1] != v.Sig {
			missed = append(missed, v.Name)
		}
		if !v.Valid && got[0] == v.Sig {
			t.Errorf("%s: an invalid signature was made", v.Name)
		}
	}
	// Two vectors sign a port that the address does not have; Twilio does so
	// only for messages to an address given with it.
	wantList(t, missed, "https without port, signed with :443", "user:pass@ signed with :443")
	if valid < 10 {
		t.Errorf("only %d valid POST vectors", valid)
	}
}

func TestSignatureTakesARepeatedValueOnce(t *testing.T) {
	once := Sign(token, appURL, url.Values{"MediaUrl": {"a", "b"}})
	if Sign(token, appURL, url.Values{"MediaUrl": {"b", "a", "b"}}) != once {
		t.Error("order or repetition of one name's values changed the signature")
	}
	if Sign(token, appURL, url.Values{"MediaUrl": {"ab"}}) == once {
		t.Error("two values are signed as one")
	}
}

func TestSignedAddress(t *testing.T) {
	for _, tc := range []struct {
		in    string
		voice bool
		want  string
	}{
		{"https://a.example:8443/x?y=1", true, "https://a.example/x?y=1"},
		{"https://a.example:8443/x", false, "https://a.example:8443/x"},
		{"http://a.example:8080/x", true, "http://a.example:8080/x"},
		{"https://u:p@a.example/x", true, "https://a.example/x"},
		{"https://[2001:db8::1]/x", true, "https://[2001:db8::1]/x"},
	} {
		if got := signedAddress(tc.in, tc.voice); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.in, got, tc.want)
		}
	}
}

func TestRepeatedDelivery(t *testing.T) {
	for _, tc := range []struct {
		kind      FaultKind
		sameToken bool
	}{{FaultRepeat, true}, {FaultTwice, false}, {FaultTwiceAtOnce, false}} {
		b := newBench(t)
		b.twiml("/voice", `<Gather action="/key" numDigits="1"/>`)
		b.twiml("/key", `<Say>Thank you.</Say>`)
		c := b.ring()
		b.Inject(Fault{Kind: tc.kind, Path: "/key"})
		must(t, c.Press(ctx(), "4"))
		var tokens []string
		for _, s := range b.app.seen {
			if s.path == "/key" {
				tokens = append(tokens, s.token)
			}
		}
		if len(tokens) != 2 || (tokens[0] == tokens[1]) != tc.sameToken {
			t.Errorf("%s: tokens %q", tc.kind, tokens)
		}
		for _, tok := range tokens {
			if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(tok) {
				t.Errorf("token %q is not a UUID", tok)
			}
		}
		wantTranscript(t, c, "caller presses 4", "line: Thank you.", "ended: "+EndDocument)
	}
}

func TestCallbackFaults(t *testing.T) {
	events := url.Values{"Url": {appURL + "/out"}, "StatusCallback": {appURL + "/events"},
		"StatusCallbackEvent": {"initiated", "ringing", "answered", "completed"}}
	run := func(prepare func(*bench), finish func(*bench)) []string {
		b := newBench(t)
		b.twiml("/out", `<Hangup/>`)
		b.raw("/events", http.StatusOK, "", "")
		prepare(b)
		b.call(helper, events)
		must(t, b.Run(ctx()))
		finish(b)
		must(t, b.Run(ctx()))
		var got []string
		for _, f := range b.got("/events") {
			got = append(got, f.Get("SequenceNumber"))
		}
		return got
	}
	wantList(t, run(func(b *bench) { b.Inject(Fault{Kind: FaultDropCallback, Path: "/events"}) }, func(*bench) {}), "1", "2", "3")
	wantList(t, run(func(b *bench) { b.Inject(Fault{Kind: FaultDelayCallback, After: time.Minute}) },
		func(b *bench) { b.clock.move(time.Minute) }), "1", "2", "3", "0")
	wantList(t, run(func(b *bench) { b.SetFaults(Faults{HoldCallbacks: true, ReverseCallbacks: true}) },
		func(b *bench) { b.ReleaseCallbacks() }), "3", "2", "1", "0")
}

func TestStandingFaults(t *testing.T) {
	b := newBench(t)
	b.twiml("/voice", `<Hangup/>`)
	b.SetFaults(Faults{ExtraFields: url.Values{"NewThing": {"b", "a", "b"}}, OmitFrom: true})
	b.ring()
	f := b.one("/voice")
	if f.Has("From") || f.Has("Caller") || len(f["NewThing"]) != 3 {
		t.Errorf("fields: From %v, NewThing %v", f.Has("From"), f["NewThing"])
	}
}

func TestRESTFaults(t *testing.T) {
	b := newBench(t)
	form := url.Values{"To": {helper}, "From": {line}, "Url": {appURL + "/out"}}
	b.Inject(Fault{Kind: FaultREST, Status: http.StatusTooManyRequests})
	status, body := b.rest(http.MethodPost, "Calls.json", form)
	wantREST(t, status, body, http.StatusTooManyRequests, 20429)
	b.Inject(Fault{Kind: FaultREST})
	status, body = b.rest(http.MethodPost, "Calls.json", form)
	wantREST(t, status, body, http.StatusInternalServerError, 20500)
	if len(b.Calls()) != 0 {
		t.Fatal("a call was made in spite of an error")
	}
	b.Inject(Fault{Kind: FaultRESTLost})
	if status, _ := b.rest(http.MethodPost, "Calls.json", form); status != 0 {
		t.Errorf("HTTP %d came through", status)
	}
	if len(b.Calls()) != 1 {
		t.Error("the call behind a lost answer was not made")
	}
}

func TestUnreachableWebhook(t *testing.T) {
	b := newBench(t)
	b.twiml("/voice", `<Hangup/>`)
	b.twiml("/fallback", `<Say>Sorry.</Say>`)
	b.Inject(Fault{Kind: FaultUnreachable, Path: "/voice", Count: 2})
	c := b.ring()
	wantTranscript(t, c, "refused 11205: "+refusedText(c), "line: Sorry.", "ended: "+EndDocument)
	wantField(t, b.one("/fallback"), "ErrorCode", "11205")
}

func refusedText(c *Call) string {
	for _, e := range c.Events() {
		if e.Kind == EventRefused {
			return e.Text
		}
	}
	return ""
}

func TestManyCallsAtOnce(t *testing.T) {
	b := newBench(t, callee(map[string]CalleeBehaviour{helper: Answers("1")}))
	b.twiml("/voice", `<Gather action="/key" numDigits="1"/>`)
	b.twiml("/key", `<Dial action="/done"><Number>`+helper+`</Number></Dial>`)
	b.twiml("/done", `<Hangup/>`)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			c, err := b.Ring(ctx(), caller, line)
			if err == nil {
				err = c.Press(ctx(), "1")
			}
			if err == nil {
				_, _, _ = c.Events(), c.Traffic(), c.Await()
				err = c.RemoteHangup(ctx())
			}
			if err != nil || c.Status() != StatusCompleted {
				t.Errorf("call: %v", err)
			}
		})
	}
	wg.Wait()
	sids := map[string]bool{}
	for _, c := range b.Calls() {
		sids[c.SID()] = true
	}
	if len(sids) != 128 {
		t.Errorf("%d different SIDs for 128 legs", len(sids))
	}
}

func TestSameSeedSameSIDs(t *testing.T) {
	var sids []string
	for range 2 {
		b := newBench(t)
		b.twiml("/voice", `<Hangup/>`)
		sids = append(sids, b.ring().SID())
	}
	if sids[0] != sids[1] {
		t.Errorf("SIDs differ: %v", sids)
	}
}

func TestConfigNamesEveryFault(t *testing.T) {
	_, err := New(Config{})
	for _, part := range []string{"AccountSID", "AuthToken", "AppURL", "Transport", "Now"} {
		if err == nil || !contains(err.Error(), part) {
			t.Errorf("%s is not named in %v", part, err)
		}
	}
}

func BenchmarkCall(b *testing.B) {
	bench := newBench(b)
	bench.twiml("/voice", `<Gather action="/key" numDigits="1"><Say voice="Polly.Joanna">Press 1.</Say></Gather>`)
	bench.twiml("/key", `<Hangup/>`)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c, err := bench.Ring(ctx(), caller, line)
			if err == nil {
				err = c.Press(ctx(), "1")
			}
			if err != nil {
				b.Error(fmt.Errorf("call: %w", err))
			}
		}
	})
}
