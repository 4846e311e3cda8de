package twilio

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestMiddlewareAndItsBodies(t *testing.T) {
	v := verifier(t, VerifierConfig{})
	const address = "https://line.example.org/sms"
	atMost := url.Values{"Body": {strings.Repeat("a", MaxBody-len("Body="))}}
	over := url.Values{"Body": {atMost.Get("Body") + "a"}}
	if status, reason, form := through(v, postForm("/sms", atMost.Encode(), sign(testToken, address, atMost))); status != http.StatusOK || form.Get("Body") != atMost.Get("Body") {
		t.Errorf("a body of 65536 bytes: answer %d, reason %q", status, reason)
	}
	for _, length := range []int64{MaxBody + 1, -1} {
		r := postForm("/sms", over.Encode(), sign(testToken, address, over))
		r.ContentLength = length
		if status, reason, _ := through(v, r); status != http.StatusRequestEntityTooLarge || reason != string(TooLarge) {
			t.Errorf("a body of 65537 bytes, said to be %d: answer %d, reason %q", length, status, reason)
		}
	}
	r := postForm("/sms", "", sign(testToken, address, nil))
	r.Body = http.MaxBytesReader(nil, readCloser{strings.NewReader("abc")}, 1)
	r.ContentLength = -1
	if status, reason, _ := through(v, r); status != http.StatusBadRequest || reason != string(Unread) {
		t.Errorf("a body that breaks off: answer %d, reason %q", status, reason)
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func TestARefusalSaysNothing(t *testing.T) {
	w := httptest.NewRecorder()
	calls := 0
	verifier(t, VerifierConfig{}).Middleware(func(*http.Request, int, string) { calls++ })(http.NotFoundHandler()).
		ServeHTTP(w, postForm("/sms", "Body=private", "wrong"))
	if w.Body.Len() != 0 || w.Code != http.StatusForbidden || calls != 1 {
		t.Errorf("answer %d with %d bytes, reported %d times; expected 403, none, once", w.Code, w.Body.Len(), calls)
	}
}

func TestIdempotencyToken(t *testing.T) {
	const token = "0f0e0d0c-0000-4000-8000-0123456789ab"
	for given, want := range map[string]string{token: token, "": "", "a b": "", "a\x00": "", strings.Repeat("a", 65): ""} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header["I-Twilio-Idempotency-Token"] = []string{given}
		if got := IdempotencyToken(r); got != want {
			t.Errorf("token of %d bytes: got one of %d bytes, expected %d", len(given), len(got), len(want))
		}
	}
}

func TestAFormThatCameThroughNoMiddleware(t *testing.T) {
	if FormOf(postForm("/sms", "Body=private", "")) != nil {
		t.Error("a form that nobody checked is given")
	}
}
