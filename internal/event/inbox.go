package event

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"

	"secondline/casestore"
	"secondline/internal/private"
)

// Path is where the case system posts its events.
const Path = "/events"

const (
	// mostOne and mostBatch bound a request, in bytes (rules.md 3.1).
	mostOne   = 64 << 10
	mostBatch = 1 << 20
	// inboxLimit is how long a request may take.
	inboxLimit = 20 * time.Second
)

// Store is what events need of the casestore.
type Store interface {
	Standing(ctx context.Context, event, name string) (casestore.Standing, error)
	MakeCase(ctx context.Context, name string, c *casestore.Case, agreed map[casestore.Channel]casestore.Permission) (there *casestore.Case, made bool, err error)
	Tell(ctx context.Context, p casestore.Partition, id casestore.CaseID, move func(*casestore.Case)) (*casestore.Case, bool, error)
	TakeNumber(ctx context.Context) (casestore.RequestNumber, error)
	Agree(ctx context.Context, id casestore.PersonID, agreed map[casestore.Channel]casestore.Permission) error
	SetDuty(ctx context.Context, id, duty string, until time.Time) error
	AwaitCase(ctx context.Context, name, event string, body []byte) (came bool, err error)
	SettleEvents(ctx context.Context, done casestore.EventsDone) ([]casestore.WaitingEvent, error)
	RefuseEvent(ctx context.Context, e casestore.RefusedEvent) error
	Lineage(ctx context.Context) (string, error)
	Ring() *casestore.KeyRing
}

var _ Store = (*casestore.Store)(nil)

// Inbox takes events in. It is safe for concurrent use.
type Inbox struct {
	// Secrets are those that sign: the one in force, and the next while it is
	// changed. Without any, nothing is taken.
	Secrets []Secret
	Store   Store
	// Coordinator gives the roster ID for one that an event names, by that ID or by
	// the number in the roster; false for nobody in the roster.
	Coordinator func(name string) (id string, ok bool)
	// Unproved asks for no proof that an event is on disk, and on replicas, before it
	// is acknowledged.
	Unproved bool
	Now      func() time.Time
	Log      *slog.Logger
	Metrics  *Metrics
}

// Metrics counts events. No label holds anything personal.
type Metrics struct {
	in, out *prometheus.CounterVec
}

// NewMetrics makes the counters; Register makes them visible.
func NewMetrics() *Metrics {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "secondline", Subsystem: "event", Name: name, Help: help}, labels)
	}
	m := &Metrics{in: vec("in_total", "Events that came in, by what became of them.", "result"), out: vec("out_total", "Attempts to deliver an event, by what came of them.", "result")}
	// A first one that comes out of nothing is no increase.
	for _, result := range []string{"accepted", "repeated", "waiting", "refused", "not_now", "not_durable", ErrUnsigned.Error(), ErrOld.Error(), ErrForged.Error()} {
		m.in.WithLabelValues(result)
	}
	for _, result := range []string{"delivered", "refused", "not_answered"} {
		m.out.WithLabelValues(result)
	}
	return m
}

// Register makes the counters visible.
func (m *Metrics) Register(r prometheus.Registerer) { r.MustRegister(m.in, m.out) }

// Routes adds the endpoint.
func (x *Inbox) Routes(r *mux.Router) { r.HandleFunc(Path, x.serve).Methods(http.MethodPost) }

// Result is what became of one event of a request.
type Result struct {
	ID     string `json:"id,omitempty"`
	Status string `json:"status"` // "accepted", "repeated", "waiting" for its case, or "refused"
	Reason string `json:"reason,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// serve answers 200 once everything that it accepts is durable, 401 to what is not
// signed, 422 when nothing can be accepted, and 503 when it should come again.
func (x *Inbox) serve(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), inboxLimit)
	defer cancel()
	most := int64(mostOne)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == TypeBatch {
		most = mostBatch
	}
	body, err := readAll(r.Body, most)
	if tooLarge := (*Problem)(nil); errors.As(err, &tooLarge) {
		x.answer(w, http.StatusRequestEntityTooLarge, Result{Status: "refused", Reason: tooLarge.Reason, Detail: tooLarge.Detail})
		return
	}
	if err != nil {
		x.answer(w, http.StatusBadRequest, Result{Status: "refused", Reason: "body"})
		return
	}
	if err := Verify(x.Secrets, r.Header, body, x.Now()); err != nil {
		// What nobody has signed is not kept.
		x.Metrics.in.WithLabelValues(err.Error()).Inc()
		x.answer(w, http.StatusUnauthorized, Result{Status: "refused", Reason: err.Error()})
		return
	}
	results, err := x.Take(casestore.By(ctx, casestore.Actor{Who: "case_system", Role: "case_system", Trace: "e" + strings.ToLower(rand.Text()[:16])}), r.Header, body)
	if err != nil {
		x.Log.Error("events are not taken; they come again", "err", err)
		reason := "not_now"
		if errors.Is(err, casestore.ErrNotDurable) || errors.Is(err, casestore.ErrNotReplicated) {
			reason = "not_durable"
		}
		x.Metrics.in.WithLabelValues(reason).Inc()
		w.Header().Set("Retry-After", "5")
		x.answer(w, http.StatusServiceUnavailable, Result{Status: "refused", Reason: reason})
		return
	}
	status := http.StatusUnprocessableEntity
	for _, one := range results {
		x.Metrics.in.WithLabelValues(one.Status).Inc()
		if one.Status != "refused" {
			status = http.StatusOK
		}
	}
	x.answer(w, status, results...)
}

func (x *Inbox) answer(w http.ResponseWriter, status int, results ...Result) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"events": results}) // nobody is there to be told
}

// Take does the events of a request that is believed. What cannot be accepted is kept
// for an operator; an error means that nothing may be acknowledged.
func (x *Inbox) Take(ctx context.Context, h http.Header, body []byte) ([]Result, error) {
	events, err := Decode(h, body)
	if p := (*Problem)(nil); errors.As(err, &p) {
		events = []One{{Problem: p}}
	} else if err != nil {
		return nil, err
	}
	done := casestore.EventsDone{}
	if !x.Unproved {
		if done.Since, err = x.Store.Lineage(ctx); err != nil {
			return nil, err
		}
	}
	results := make([]Result, len(events))
	for i, one := range events {
		status, p, err := "", one.Problem, error(nil)
		if p == nil {
			status, p, err = x.take(ctx, one, &done)
		}
		if err != nil {
			return nil, err
		}
		results[i] = Result{ID: one.Event.ID, Status: status}
		if p == nil {
			continue
		}
		results[i] = Result{ID: one.Event.ID, Status: "refused", Reason: p.Reason, Detail: p.Detail}
		raw := []byte(one.Raw)
		kind := TypeEvent
		if raw == nil {
			raw, kind = body, h.Get("Content-Type")
		}
		x.Log.Warn("an event is refused, and kept", "reason", p.Reason)
		if err := x.Store.RefuseEvent(ctx, casestore.RefusedEvent{At: x.Now(), Reason: p.Reason, Body: raw, Kind: kind}); err != nil {
			return nil, err
		}
	}
	if err := x.settle(ctx, done); err != nil {
		return nil, err
	}
	return results, nil
}

// settle keeps what is done, and does what waited for cases that have come, until
// everything is on disk.
func (x *Inbox) settle(ctx context.Context, done casestore.EventsDone) error {
	waiting, err := x.Store.SettleEvents(ctx, done)
	for err == nil && len(waiting) > 0 {
		next := casestore.EventsDone{Since: done.Since}
		for _, w := range waiting {
			if err := x.arrived(ctx, w, &next); err != nil {
				return err
			}
		}
		next.Cases = nil // what still waits is whoever's who makes the case
		waiting, err = x.Store.SettleEvents(ctx, next)
	}
	return err
}

// take does one event, and notes in done what is to be settled. It may be done any
// number of times, in any order.
func (x *Inbox) take(ctx context.Context, one One, done *casestore.EventsDone) (status string, p *Problem, err error) {
	e := one.Event
	d, p := read(e)
	if p != nil {
		return "", p, nil
	}
	coordinator, p := x.coordinator(d)
	if p != nil {
		return "", p, nil
	}
	at := casestore.Standing{Seen: slices.Contains(done.Events, e.Name())}
	if !at.Seen {
		if at, err = x.Store.Standing(ctx, e.Name(), e.Subject); err != nil {
			return "", nil, err
		}
	}
	if e.Type == CaseCreated {
		// A repeated one, too: nobody may have got to what waited the first time.
		done.Cases = append(done.Cases, e.Subject)
	}
	if at.Seen {
		return "repeated", nil, nil
	}
	if e.Type == CoordinatorAvailable {
		err = x.available(ctx, e, d, coordinator)
	} else {
		status, err = x.tell(ctx, one, d, coordinator, at, done)
	}
	if errors.Is(err, casestore.ErrForgotten) {
		return "", problem("case_deleted", "what was known of this case was deleted when its time was up; make it anew under another name"), nil
	}
	if err != nil || status == "waiting" {
		return status, nil, err
	}
	done.Events = append(done.Events, e.Name())
	return "accepted", nil, nil
}

// coordinator is the roster ID of the one that an event names; empty for none.
func (x *Inbox) coordinator(d data) (string, *Problem) {
	if d.Coordinator == "" {
		return "", nil
	}
	id, ok := x.Coordinator(d.Coordinator)
	if !ok {
		return "", problem("unknown_coordinator", "nobody of this name is in the roster")
	}
	return id, nil
}

// available puts a coordinator on or off duty, until a time or for a day.
func (x *Inbox) available(ctx context.Context, e Event, d data, id string) error {
	duty, until := "off", e.Time.Add(24*time.Hour)
	if *d.Available {
		duty = "on"
	}
	if d.Until != nil {
		until = *d.Until
	}
	return x.Store.SetDuty(ctx, id, duty, until)
}

// tell changes the case that an event is about. One that is not there yet is waited
// for.
func (x *Inbox) tell(ctx context.Context, one One, d data, coordinator string, at casestore.Standing, done *casestore.EventsDone) (string, error) {
	e, err := one.Event, casestore.ErrNotFound
	if at.Case != "" {
		err = x.change(ctx, e, d, coordinator, at)
	}
	switch {
	case !errors.Is(err, casestore.ErrNotFound):
		return "", err
	case e.Type == CaseCreated:
		return "", x.create(ctx, e, d, coordinator)
	}
	came, err := x.Store.AwaitCase(ctx, e.Subject, e.Name(), one.Raw)
	if came {
		done.Cases = append(done.Cases, e.Subject)
	}
	return "waiting", err
}

// change tells a case that is there.
func (x *Inbox) change(ctx context.Context, e Event, d data, coordinator string, at casestore.Standing) error {
	_, _, err := x.Store.Tell(ctx, at.Partition, at.Case, func(c *casestore.Case) { apply(c, e, d, coordinator) })
	if err == nil && e.Type == CaseCreated {
		err = x.Store.Agree(ctx, x.Store.Ring().Person(private.Of(d.Phone)), agreed(e, d))
	}
	return err
}

// create makes a case.
func (x *Inbox) create(ctx context.Context, e Event, d data, coordinator string) error {
	number, err := x.Store.TakeNumber(ctx)
	if err != nil {
		return err
	}
	c := &casestore.Case{Number: number, Line: "tollfree", Language: "en", Opened: e.Time, Updated: x.Now(), Caller: private.Of(d.Phone)}
	apply(c, e, d, coordinator)
	there, made, err := x.Store.MakeCase(ctx, e.Subject, c, agreed(e, d))
	if err != nil || made {
		return err
	}
	return x.change(ctx, e, d, coordinator, casestore.Standing{Case: there.ID, Partition: there.Partition})
}

// agreed is what the case system says was agreed to, with the number.
func agreed(e Event, d data) map[casestore.Channel]casestore.Permission {
	given := map[casestore.Channel]casestore.Permission{}
	for by, v := range map[casestore.Channel]*bool{casestore.ByText: d.Consents.Texts, casestore.ByAutomatedCall: d.Consents.Calls} {
		if v != nil {
			given[by] = casestore.Permission{Given: *v, At: e.Time, How: "event", Ref: e.Name()}
		}
	}
	return given
}

// arrived does an event that waited for its case.
func (x *Inbox) arrived(ctx context.Context, w casestore.WaitingEvent, done *casestore.EventsDone) error {
	one := structured(w.Body)
	if one.Problem == nil {
		status, p, err := x.take(ctx, one, done)
		if err != nil || status == "waiting" {
			return err
		}
		if p != nil {
			x.Log.Error("an event that waited for its case is refused", "reason", p.Reason)
		}
	}
	done.Came = append(done.Came, w)
	return nil
}
