package event

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	webhook "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"bytes"
	"io"

	"secondline/casestore"
	"secondline/internal/private"
)

// listener is a case system made of the two independent libraries.
type listener struct {
	mu   sync.Mutex
	down bool
	got  []cloudevents.Event
	bad  []string
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	wh, err := webhook.NewWebhook(testSecret)
	if err == nil {
		err = wh.VerifyIgnoringTimestamp(body, r.Header) // the sender's clock is a made-up one
	}
	if err != nil {
		l.bad = append(l.bad, err.Error())
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	e, err := cloudevents.NewEventFromHTTPRequest(r)
	if err == nil {
		err = e.Validate()
	}
	if err != nil {
		l.bad = append(l.bad, err.Error())
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	l.got = append(l.got, *e)
	w.WriteHeader(http.StatusNoContent)
}

func (l *listener) types() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, e := range l.got {
		out = append(out, e.Type())
	}
	return strings.Join(out, " ") + strings.Join(l.bad, "; ")
}

// sender is an outbox and the Redis behind it, on a clock that is moved.
type sender struct {
	t     *testing.T
	store *casestore.Store
	out   *Outbox
	mu    sync.Mutex
	at    time.Time
}

func newSender(t *testing.T, to ...http.Handler) *sender {
	t.Helper()
	s := &sender{t: t, at: time.Now()}
	s.store, _ = newStore(t, s.now)
	secret, err := ParseSecret(private.Of(testSecret))
	if err != nil {
		t.Fatal(err)
	}
	s.out = &Outbox{Source: "https://line.example", Store: s.store, Client: http.DefaultClient, Now: s.now, Log: slog.New(slog.DiscardHandler), Metrics: NewMetrics(),
		HandOver: func(context.Context, *casestore.Case) (json.RawMessage, error) {
			return json.RawMessage(`{"resourceType":"Bundle"}`), nil
		}}
	for i, handler := range to {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		s.out.Endpoints = append(s.out.Endpoints, Endpoint{Name: string(rune('a' + i)), URL: server.URL, Secret: secret})
	}
	return s
}

func (s *sender) now() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.at }

// pass lets time go by, and what is due be done.
func (s *sender) pass(d time.Duration) {
	s.t.Helper()
	s.mu.Lock()
	s.at = s.at.Add(d)
	s.mu.Unlock()
	s.work()
}

func (s *sender) work() {
	s.t.Helper()
	for range 2 { // the first makes what is drained
		if _, err := s.store.Drain(s.t.Context(), "w", s.handlers()); err != nil {
			s.t.Fatal(err)
		}
	}
	s.mu.Lock()
	s.at = s.at.Add(10 * time.Millisecond)
	s.mu.Unlock()
	s.out.Tick(s.t.Context())
}

func (s *sender) handlers() map[casestore.EffectKind]casestore.Handler {
	all := s.out.Effects()
	for _, kind := range []casestore.EffectKind{casestore.EffectStage} {
		all[kind] = func(context.Context, casestore.Partition, casestore.Effect) error { return nil }
	}
	return all
}

// promise delivers an opinion, and decides something about it.
func (s *sender) promise(what, why string) *casestore.Case {
	s.t.Helper()
	c := &casestore.Case{ID: casestore.NewCaseID(), Stage: casestore.StageInReview, Caller: private.Of("+12125550142"), Opened: s.now()}
	number, err := casestore.ParseRequestNumber("12345674")
	if err != nil {
		s.t.Fatal(err)
	}
	c.Number = number
	if err := s.store.AddCase(s.t.Context(), c); err != nil {
		s.t.Fatal(err)
	}
	if _, _, err := s.store.Advance(s.t.Context(), c.Partition, c.ID, casestore.StageDelivered, nil); err != nil {
		s.t.Fatal(err)
	}
	_, err = s.store.MovePromise(s.t.Context(), c.Partition, c.ID, func(p *casestore.Promise) (casestore.PromiseChange, bool) {
		p.Note(casestore.Decision{At: s.now(), What: what, Why: why})
		return casestore.PromiseChange{}, true
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func TestAnIndependentListenerHears(t *testing.T) {
	one, two := &listener{}, &listener{}
	s := newSender(t, one, two)
	c := s.promise("missed", "")
	s.pass(time.Second)
	s.pass(time.Hour)
	for _, l := range []*listener{one, two} {
		if got := l.types(); got != "sla.missed" {
			t.Fatalf("heard %q", got)
		}
	}
	e := one.got[0]
	if e.Subject() != string(c.ID) || e.Source() != "https://line.example" || !strings.Contains(string(e.Data()), `"request_ending":"5674"`) {
		t.Errorf("heard %s", e)
	}
	for _, secret := range []string{"2125550142", "12345674"} {
		if strings.Contains(e.String(), secret) {
			t.Errorf("%q is in an event that needs no such thing: %s", secret, e)
		}
	}
}

// A listener that is down loses nothing; one that never comes back leaves the event to
// an operator, who has it sent again.
func TestListenerIsDown(t *testing.T) {
	well, sick := &listener{}, &listener{down: true}
	s := newSender(t, well, sick)
	s.promise("called", "no_answer")
	s.pass(time.Second)
	if well.types() != "contact.attempted" || sick.types() != "" {
		t.Fatalf("heard %q and %q", well.types(), sick.types())
	}
	s.pass(time.Minute)
	sick.down = false
	s.pass(time.Hour)
	if sick.types() != "contact.attempted" {
		t.Errorf("back again, it hears %q", sick.types())
	}
	sick.down = true
	s.promise("supervisor", "little_time")
	s.pass(time.Second)
	for range 100 {
		s.pass(2 * time.Hour)
	}
	dead, err := s.store.DeadDeliveries(t.Context())
	if err != nil || len(dead) != 1 || dead[0].Type != "sla.at_risk" {
		t.Fatalf("laid aside: %+v, %v", dead, err)
	}
	if well.types() != "contact.attempted sla.at_risk" {
		t.Errorf("the other one hears %q", well.types())
	}
	sick.down = false
	if err := s.store.Revive(t.Context(), dead[0]); err != nil {
		t.Fatal(err)
	}
	s.pass(time.Second)
	if dead, err := s.store.DeadDeliveries(t.Context()); err != nil || len(dead) != 0 || sick.types() != "contact.attempted sla.at_risk" {
		t.Errorf("revived, it hears %q; %d lie aside, %v", sick.types(), len(dead), err)
	}
}

// What is told twice is delivered once.
func TestToldTwice(t *testing.T) {
	one := &listener{}
	s := newSender(t, one)
	c := s.promise("missed", "")
	s.pass(time.Second)
	news, err := json.Marshal(casestore.News{ID: "x1", Type: casestore.ContactFailed, Case: c.ID, At: s.now()})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := s.out.fanOut(t.Context(), c.Partition, casestore.Effect{Data: string(news)}); err != nil {
			t.Fatal(err)
		}
		s.pass(time.Second)
	}
	if got := one.types(); got != "sla.missed contact.failed" {
		t.Errorf("heard %q", got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(TypeEvent, []byte(`{"specversion":"1.0","id":"1","source":"s","type":"t","time":"2027-03-02T10:00:00Z"}`))
	f.Add(TypeBatch, []byte(`[{}]`))
	f.Add("application/json", []byte(`{}`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		h := http.Header{}
		h.Set("Content-Type", kind)
		h.Set("ce-specversion", "1.0")
		events, err := Decode(h, body)
		if err != nil && len(events) > 0 {
			t.Error("both events and an error")
		}
		for _, one := range events {
			if one.Problem != nil {
				continue
			}
			again, err := one.Event.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if two := structured(again); two.Problem != nil || two.Event.Name() != one.Event.Name() || !two.Event.Time.Equal(one.Event.Time) {
				t.Errorf("written and read again: %+v, %+v", one.Event, two)
			}
			_, _ = read(one.Event)
		}
	})
}
