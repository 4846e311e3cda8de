package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"secondline/casestore"
	"secondline/internal/twilio"
)

func TestIsTwilioSID(t *testing.T) {
	sid := "CA" + strings.Repeat("0a", 16)
	for s, want := range map[string]bool{sid: true, "SM" + strings.Repeat("Zz", 16): true, "": false, sid[1:]: false, "ca" + sid[2:]: false, "C1" + sid[2:]: false,
		sid[:33] + "-": false, sid[:33] + "é": false, sid + "0": false} {
		if got := isTwilioSID(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

// Who asks for what is on record by the address that is asked.
func TestActorsByAddress(t *testing.T) {
	for path, want := range map[string]string{"/voice/answer": "caller", "/voice/status": "twilio", "/voice/leg": "twilio", "/x/sms/incoming": "sender", "/voice/whisper": "coordinator",
		"/x/voice/after-talk": "coordinator", "/voice/task": "caller", "/voice/ask": "coordinator"} {
		got := ""
		store := casestore.New(casestore.Options{Trail: func(d casestore.Deed) { got = d.Who }})
		h := actors(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { store.Record(r.Context(), casestore.Deed{What: "x"}) }))
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.URL.Path = path
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != want {
			t.Errorf("%s is asked by %q, want %q", path, got, want)
		}
	}
}

func BenchmarkActors(b *testing.B) {
	h := actors(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := httptest.NewRequest(http.MethodPost, "/voice/answer", nil)
	r = twilio.WithForm(r, map[string][]string{"CallSid": {"CA" + strings.Repeat("0a", 16)}})
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(nil, r)
	}
}
