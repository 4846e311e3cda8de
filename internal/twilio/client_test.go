package twilio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testAccount = "AC00000000000000000000000000000001"
	callJSON    = `{"sid":"` + call + `","status":"queued","direction":"outbound-api","from":"` + ours + `","to":"` + caller + `","date_created":"Mon, 04 May 2026 10:00:00 +0000","duration":null}`
	messageJSON = `{"sid":"` + message + `","status":"queued","from":"` + ours + `","to":"` + caller + `","body":"hello","num_segments":"1","error_code":null,"date_created":"Mon, 04 May 2026 10:00:00 +0000"}`
	errorJSON   = `{"code":%d,"message":"The number ` + caller + ` is not ok","more_info":"https://www.twilio.com/docs/errors/%[1]d","status":400}`
)

// served gives a client of a server that answers with handle.
func served(t testing.TB, handle http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return clientOf(t, server.URL, server.Client().Transport)
}

func clientOf(t testing.TB, base string, carrier http.RoundTripper) *Client {
	t.Helper()
	c, err := NewClient(ClientConfig{AccountSID: testAccount, AuthToken: testToken, BaseURL: base, HTTP: carrier})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

var (
	aCall    = NewCall{To: Redacted(caller), From: ours, URL: "https://line.example.org/voice/outreach"}
	aMessage = NewMessage{To: Redacted(caller), From: ours, Body: Redacted("hello")}
)

// createCall and fetchCall stand for all requests that create and that read.
func createCall(c *Client) error { _, err := c.CreateCall(context.Background(), aCall); return err }
func fetchCall(c *Client) error  { _, err := c.FetchCall(context.Background(), call); return err }

func TestWhatAFailureMeans(t *testing.T) {
	html := "<html>Service Unavailable " + caller + "</html>"
	tests := []struct {
		name                         string
		status                       int
		body                         string
		wantCreate, wantFetch        Class
		wantStatus, wantCode         int
		wantCreateCause, wantGetCase error
	}{
		{"invalid number", 400, fmt.Sprintf(errorJSON, 21211), PermanentNumber, PermanentNumber, 400, 21211, nil, nil},
		{"opted out", 400, fmt.Sprintf(errorJSON, 21610), OptedOut, OptedOut, 400, 21610, nil, nil},
		{"too many", 429, fmt.Sprintf(errorJSON, 20429), Retry, Retry, 429, 20429, nil, nil},
		{"too many in HTML", 429, html, Retry, Retry, 429, 0, nil, nil},
		{"server error in HTML", 500, html, Unknown, Retry, 500, 0, nil, nil},
		{"unavailable", 503, fmt.Sprintf(errorJSON, 20503), Unknown, Retry, 503, 20503, nil, nil},
		{"wrong token", 401, fmt.Sprintf(errorJSON, 20003), Config, Config, 401, 20003, nil, nil},
		{"gone", 404, fmt.Sprintf(errorJSON, 20404), NotFound, NotFound, 404, 20404, nil, nil},
		{"a code nobody knows", 400, fmt.Sprintf(errorJSON, 99999), Refused, Refused, 400, 99999, nil, nil},
		{"a redirect", 302, "", Refused, Refused, 302, 0, nil, nil},
		{"done, but half an answer", 201, `{"sid":"CA00`, Unknown, Retry, 201, 0, ErrMalformedAnswer, ErrMalformedAnswer},
		{"done, but HTML", 200, html, Unknown, Retry, 200, 0, ErrMalformedAnswer, ErrMalformedAnswer},
		{"done, but nothing", 204, "", Unknown, Retry, 204, 0, ErrMalformedAnswer, ErrMalformedAnswer},
		{"done, but without a SID", 201, `{"status":"queued"}`, Unknown, Retry, 201, 0, ErrMalformedAnswer, ErrMalformedAnswer},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := served(t, answer(test.status, test.body))
			expectError(t, createCall(c), test.wantCreate, test.wantStatus, test.wantCode, test.wantCreateCause)
			expectError(t, fetchCall(c), test.wantFetch, test.wantStatus, test.wantCode, test.wantGetCase)
		})
	}
}

func expectError(t *testing.T, err error, class Class, status, code int, cause error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *Error", err)
	}
	if e.Class != class || e.HTTPStatus != status || e.Code != code || !errors.Is(err, cause) && cause != nil {
		t.Errorf("got %v; expected class %s, HTTP %d, code %d, cause %v", err, class, status, code, cause)
	}
	for _, secret := range []string{caller, caller[1:], url.QueryEscape(caller), testToken} {
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, e, err.Error()), secret) {
			t.Error("the error holds a telephone number or the token")
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for header, want := range map[string]time.Duration{"7": 7 * time.Second, "": 0, "-1": 0, "soon": 0, "9999999": 24 * time.Hour} {
		c := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		var e *Error
		if err := createCall(c); !errors.As(err, &e) || e.RetryAfter != want {
			t.Errorf("%q: %v, expected %v", header, e.RetryAfter, want)
		}
	}
}

// carrier is a RoundTripper of a function.
type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

func TestAnAnswerThatIsLostAfterAcceptance(t *testing.T) {
	accepted := make(chan struct{})
	release := make(chan struct{})
	c := served(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(accepted)
		<-release
	})
	defer close(release)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-accepted; cancel() }()
	_, err := c.CreateMessage(ctx, aMessage)
	expectError(t, err, Unknown, 0, 0, context.Canceled)
}

func TestATimeoutIsUnknownForACreationOnly(t *testing.T) {
	hang := carrier(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, fmt.Errorf("giving up on %s: %w", r.URL, r.Context().Err())
	})
	c, err := NewClient(ClientConfig{AccountSID: testAccount, AuthToken: testToken, HTTP: hang, Timeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	expectError(t, createCall(c), Unknown, 0, 0, context.DeadlineExceeded)
	expectError(t, fetchCall(c), Retry, 0, 0, context.DeadlineExceeded)
	_, err = c.FindCalls(context.Background(), Redacted(caller), ours, time.Time{})
	expectError(t, err, Retry, 0, 0, context.DeadlineExceeded)
}

func TestWhatWasNeverSentMayBeSentAgain(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	expectError(t, createCall(clientOf(t, server.URL, nil)), Retry, 0, 0, ErrNotConnected)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	never := carrier(func(*http.Request) (*http.Response, error) { t.Error("sent"); return nil, io.EOF })
	_, err := clientOf(t, "", never).CreateCall(ctx, aCall)
	expectError(t, err, Retry, 0, 0, context.Canceled)
}

func TestAConnectionThatBreaks(t *testing.T) {
	broken := carrier(func(r *http.Request) (*http.Response, error) { return nil, fmt.Errorf("%s: broken pipe", r.URL) })
	expectError(t, createCall(clientOf(t, "", broken)), Unknown, 0, 0, ErrConnectionLost)
	half := served(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, callJSON)
	})
	expectError(t, createCall(half), Unknown, http.StatusOK, 0, ErrConnectionLost)
}

func TestErrorAnswersLeakNothing(t *testing.T) {
	c := served(t, answer(http.StatusTooManyRequests, fmt.Sprintf(errorJSON, 20429)))
	_ = createCall(c)
	before := runtime.NumGoroutine()
	for range 200 {
		expectError(t, createCall(c), Retry, 429, 20429, nil)
	}
	if after := runtime.NumGoroutine(); after > before+5 {
		t.Errorf("%d goroutines before 200 refusals, %d after", before, after)
	}
}

func TestManyRequestsAtOnceKeepTheirContexts(t *testing.T) {
	c := served(t, answer(http.StatusCreated, callJSON))
	var wait sync.WaitGroup
	for i := range 32 {
		wait.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if i%2 == 1 {
				cancel()
			}
			if _, err := c.CreateCall(ctx, aCall); (err != nil) != (i%2 == 1) {
				t.Errorf("request %d: %v", i, err)
			}
		})
	}
	wait.Wait()
}

func TestCallsAndMessagesAreRead(t *testing.T) {
	calls := served(t, answer(http.StatusOK, callJSON))
	got, err := calls.FetchCall(context.Background(), call)
	equal(t, "error", err, nil)
	equal(t, "call", got, Call{SID: call, Status: CallQueued, Direction: OutboundAPI, From: Redacted(ours), To: Redacted(caller),
		Created: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC), Duration: NotGiven})
	messages := served(t, answer(http.StatusOK, messageJSON))
	text, err := messages.FetchMessage(context.Background(), message)
	equal(t, "error", err, nil)
	equal(t, "message", text, MessageInfo{SID: message, Status: MessageQueued, From: Redacted(ours), To: Redacted(caller), Body: Redacted("hello"),
		Segments: 1, Created: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)})
	if strings.Contains(fmt.Sprintf("%v %+v %#v", text, text, got), caller) {
		t.Error("a printed message or call shows the number")
	}
}

func TestCredentialsAndAddress(t *testing.T) {
	var seen *http.Request
	see := carrier(func(r *http.Request) (*http.Response, error) {
		seen = r
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(callJSON))}, nil
	})
	t.Setenv("TWILIO_EDGE", "sydney")
	t.Setenv("TWILIO_REGION", "au1")
	c, err := NewClient(ClientConfig{AccountSID: testAccount, AuthToken: testToken, APIKey: "SK1", APISecret: "secret", BaseURL: "https://twilio.example.org:8443/fake/", HTTP: see})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "error", fetchCall(c), nil)
	user, password, _ := seen.BasicAuth()
	equal(t, "user", user, "SK1")
	equal(t, "password", password, "secret")
	equal(t, "address", seen.URL.String(), "https://twilio.example.org:8443/fake/2010-04-01/Accounts/"+testAccount+"/Calls/"+call+".json")
	c = clientOf(t, "", see)
	equal(t, "error", fetchCall(c), nil)
	equal(t, "host", seen.URL.Host, "api.twilio.com")
	user, _, _ = seen.BasicAuth()
	equal(t, "user", user, testAccount)
}

func TestClientNeedsItsConfiguration(t *testing.T) {
	good := ClientConfig{AccountSID: testAccount, AuthToken: testToken}
	for name, change := range map[string]func(*ClientConfig){
		"no account":         func(c *ClientConfig) { c.AccountSID = "" },
		"a call for account": func(c *ClientConfig) { c.AccountSID = call },
		"no token":           func(c *ClientConfig) { c.AuthToken = "" },
		"an odd token":       func(c *ClientConfig) { c.AuthToken = "twilio_test-token" },
		"half a key":         func(c *ClientConfig) { c.APIKey = "SK1" },
		"an odd address":     func(c *ClientConfig) { c.BaseURL = "api.twilio.com" },
		"a secret address":   func(c *ClientConfig) { c.BaseURL = "https://a:hunter2@api.twilio.com" },
		"negative time":      func(c *ClientConfig) { c.Timeout = -1 },
	} {
		c := good
		change(&c)
		if _, err := NewClient(c); err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "test-token") {
			t.Errorf("%s: no error, or one that repeats a secret", name)
		}
	}
}

func TestRequestsThatTwilioWouldRefuseAreNotSent(t *testing.T) {
	c := clientOf(t, "", carrier(func(*http.Request) (*http.Response, error) { t.Error("sent"); return nil, io.EOF }))
	ctx := context.Background()
	call1 := func(change func(*NewCall)) func() error {
		n := aCall
		change(&n)
		return func() error { _, err := c.CreateCall(ctx, n); return err }
	}
	text := func(change func(*NewMessage)) func() error {
		n := aMessage
		change(&n)
		return func() error { _, err := c.CreateMessage(ctx, n); return err }
	}
	update := func(sid string, u CallUpdate) func() error {
		return func() error { _, err := c.UpdateCall(ctx, sid, u); return err }
	}
	tests := map[string]func() error{
		"a call to nobody":              call1(func(n *NewCall) { n.To = Redacted("") }),
		"a call to a name":              call1(func(n *NewCall) { n.To = Redacted("anonymous") }),
		"a call from nobody":            call1(func(n *NewCall) { n.From = "" }),
		"a call about nothing":          call1(func(n *NewCall) { n.URL = "" }),
		"a call about two things":       call1(func(n *NewCall) { n.TwiML = []byte("<Response/>") }),
		"too much TwiML":                call1(func(n *NewCall) { n.URL, n.TwiML = "", make([]byte, 4001) }),
		"a relative URL":                call1(func(n *NewCall) { n.URL = "/voice" }),
		"an underscore in a host":       call1(func(n *NewCall) { n.StatusCallback = "https://a_b.example.org/" }),
		"ringing for ever":              call1(func(n *NewCall) { n.Ring = 601 * time.Second }),
		"ringing for no time":           call1(func(n *NewCall) { n.Ring = time.Millisecond }),
		"talking for ever":              call1(func(n *NewCall) { n.TimeLimit = 25 * time.Hour }),
		"an unknown event":              call1(func(n *NewCall) { n.StatusEvents = []string{"dialled"} }),
		"an unknown detection":          call1(func(n *NewCall) { n.MachineDetection = "Yes" }),
		"detection without detection":   call1(func(n *NewCall) { n.MachineCallback = "https://line.example.org/" }),
		"a minute to detect a machine":  call1(func(n *NewCall) { n.MachineDetection, n.MachineTimeout = "Enable", time.Minute }),
		"a long reason":                 call1(func(n *NewCall) { n.Reason = strings.Repeat("r", 51) }),
		"a text to nobody":              text(func(n *NewMessage) { n.To = Redacted("") }),
		"a text from nobody":            text(func(n *NewMessage) { n.From = "" }),
		"a text from two":               text(func(n *NewMessage) { n.ServiceSID = service }),
		"a text from a name":            text(func(n *NewMessage) { n.From = "line" }),
		"a text from no service":        text(func(n *NewMessage) { n.From, n.ServiceSID = "", call }),
		"a number that texts itself":    text(func(n *NewMessage) { n.From = caller }),
		"an empty text":                 text(func(n *NewMessage) { n.Body = Redacted(" ") }),
		"a text that is too long":       text(func(n *NewMessage) { n.Body = Redacted(strings.Repeat("a", 1601)) }),
		"a text that lives for a day":   text(func(n *NewMessage) { n.Validity = 24 * time.Hour }),
		"a callback that is relative":   text(func(n *NewMessage) { n.StatusCallback = "/sms/status" }),
		"an update of no call":          update("CA/../x", CallUpdate{Status: CallCompleted}),
		"an update of nothing":          update(call, CallUpdate{}),
		"two updates":                   update(call, CallUpdate{Status: CallCompleted, URL: "https://line.example.org/"}),
		"a call that is to be answered": update(call, CallUpdate{Status: CallInProgress}),
		"an update to somewhere":        update(call, CallUpdate{URL: "/x"}),
		"a fetch of no call":            func() error { _, err := c.FetchCall(ctx, message); return err },
		"a fetch of no message":         func() error { _, err := c.FetchMessage(ctx, "SM/../x"); return err },
		"a search for nobody":           func() error { _, err := c.FindCalls(ctx, Redacted(""), ours, time.Time{}); return err },
		"a search for no sender":        func() error { _, err := c.FindMessages(ctx, Redacted(caller), "x", time.Time{}); return err },
		"no recording":                  func() error { _, _, err := c.FetchRecording(ctx, "../x"); return err },
		"no recording to delete":        func() error { return c.DeleteRecording(ctx, call) },
	}
	for name, do := range tests {
		t.Run(name, func(t *testing.T) { expectError(t, do(), Bug, 0, 0, ErrInvalid) })
	}
}
