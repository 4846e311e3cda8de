package twilio

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Whatever a stranger sends: nothing gets through that is not signed, and what is
// signed as Twilio describes it gets through.
func FuzzSignature(f *testing.F) {
	f.Add("/voice/incoming?at=main.menu&v=2", "CallSid=CA1&From=%2B16175550123", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", formType)
	f.Add("/sms/incoming", "Body=a&Body=b&Body=a", "", "application/x-www-form-urlencoded")
	f.Add("/voice/status?x=it's+%27fine%27", "", strings.Repeat("=", 28), "")
	f.Add("//voice/..%2f/incoming", "a=%zz", "x", "text/plain")
	v := verifier(f, VerifierConfig{})
	f.Fuzz(func(t *testing.T, target, body, signature, kind string) {
		address, err := url.ParseRequestURI(target)
		if err != nil || !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " #\r\n") {
			t.Skip()
		}
		post := func(signature string) int {
			r := &http.Request{Method: http.MethodPost, URL: address, RequestURI: target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
				Host: "line.example.org", Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), RemoteAddr: "192.0.2.1:1"}
			r.Header.Set("Content-Type", kind)
			r.Header.Set("X-Twilio-Signature", signature)
			w := httptest.NewRecorder()
			v.Middleware(nil)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { FormOf(r); w.WriteHeader(http.StatusOK) })).ServeHTTP(w, r)
			return w.Code
		}
		form, formErr := url.ParseQuery(body)
		right := ""
		if formErr == nil && isForm(kind) {
			right = sign(testToken, "https://line.example.org"+target, form)
		}
		if code := post(signature); code == http.StatusOK && (right == "" || signature != right) && isForm(kind) {
			t.Errorf("a signature that is not Twilio's gets through")
		}
		if right != "" && len(body) <= 64<<10 && post(right) != http.StatusOK {
			t.Errorf("what Twilio signs is refused: %q %q", target, body)
		}
	})
}
