package ivr

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"secondline/internal/twimlcheck"
)

// BenchmarkTurnWithoutRedis is what a turn of an intake costs by itself: the
// fields, the step, what is said, and the TwiML. What is written to Redis is
// made in the casestore and not counted here.
func BenchmarkTurnWithoutRedis(b *testing.B) {
	store := newMemory(b)
	now := time.Date(2027, 3, 2, 15, 12, 0, 0, time.UTC)
	s := testServer(b, store, func() time.Time { return now })
	router := mux.NewRouter()
	s.Routes(router)
	r := &randomCaller{s: s, router: router, store: store, docs: &twimlcheck.Collection{}, now: &now}
	form := url.Values{"CallSid": {"CA" + strings.Repeat("0", 32)}, "AccountSid": {"AC" + strings.Repeat("0", 32)}, "From": {"+16175550123"}, "To": {"+18009419309"}}
	if _, err := r.post(pathIncoming, form); err != nil {
		b.Fatal(err)
	}
	keys := strings.Fields("1 1 1 2 2 1 03041960 1 1 1 1 1")
	for _, k := range keys {
		c := store.calls[form.Get("CallSid")]
		form.Set("Digits", k)
		if _, err := r.post(s.answerURL(c), form); err != nil {
			b.Fatal(err)
		}
	}
	// The zip code's question, over and over: star asks it again.
	form.Set("Digits", "*")
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		c := store.calls[form.Get("CallSid")]
		if c.State.Repeats > 10 {
			c.State.Repeats = 0
		}
		if _, err := r.post(s.answerURL(c), form); err != nil {
			b.Fatal(err)
		}
	}
}
