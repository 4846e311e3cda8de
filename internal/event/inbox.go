package event

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
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
	FindCase(ctx context.Context, name string) (*casestore.Case, error)
	MakeCase(ctx context.Context, name string, c *casestore.Case) (there *casestore.Case, made bool, err error)
	Tell(ctx context.Context, p casestore.Partition, id casestore.CaseID, move func(*casestore.Case)) (*casestore.Case, bool, error)
	TakeNumber(ctx context.Context) (casestore.RequestNumber, error)
	Contact(ctx context.Context, id casestore.PersonID) (casestore.Contact, error)
	ChangeContact(ctx context.Context, id casestore.PersonID, change casestore.ContactChange) error
	SetDuty(ctx context.Context, id, duty string, until time.Time) error
	EventSeen(ctx context.Context, event string) (bool, error)
	SeeEvent(ctx context.Context, event string) error
	AwaitCase(ctx context.Context, name, event string, body []byte) error
	Awaiting(ctx context.Context, name string) (map[string][]byte, error)
	CaseCame(ctx context.Context, name, event string) error
	RefuseEvent(ctx context.Context, e casestore.RefusedEvent) error
	Lineage(ctx context.Context) (string, error)
	Durable(ctx context.Context, since string) error
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
	since := ""
	if !x.Unproved {
		if since, err = x.Store.Lineage(ctx); err != nil {
			return nil, err
		}
	}
	results := make([]Result, len(events))
	for i, one := range events {
		status, p, err := "", one.Problem, error(nil)
		if p == nil {
			status, p, err = x.take(ctx, one)
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
	if !x.Unproved {
		if err := x.Store.Durable(ctx, since); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// take does one event. It may be done any number of times, in any order.
func (x *Inbox) take(ctx context.Context, one One) (status string, p *Problem, err error) {
	e := one.Event
	d, p := read(e)
	if p != nil {
		return "", p, nil
	}
	coordinator := ""
	if d.Coordinator != "" {
		var ok bool
		if coordinator, ok = x.Coordinator(d.Coordinator); !ok {
			return "", problem("unknown_coordinator", "nobody of this name is in the roster"), nil
		}
	}
	seen, err := x.Store.EventSeen(ctx, e.Name())
	if err != nil || seen {
		return "repeated", nil, err
	}
	if e.Type == CoordinatorAvailable {
		err = x.available(ctx, e, d, coordinator)
	} else {
		status, err = x.tell(ctx, one, d, coordinator)
	}
	if errors.Is(err, casestore.ErrForgotten) {
		return "", problem("case_deleted", "what was known of this case was deleted when its time was up; make it anew under another name"), nil
	}
	if err != nil || status == "waiting" {
		return status, nil, err
	}
	return "accepted", nil, x.Store.SeeEvent(ctx, e.Name())
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
func (x *Inbox) tell(ctx context.Context, one One, d data, coordinator string) (string, error) {
	e := one.Event
	c, err := x.Store.FindCase(ctx, e.Subject)
	if errors.Is(err, casestore.ErrNotFound) {
		if e.Type == CaseCreated {
			return "", x.create(ctx, e, d, coordinator)
		}
		if err := x.Store.AwaitCase(ctx, e.Subject, e.Name(), one.Raw); err != nil {
			return "", err
		}
		// The case may have come in between.
		if _, err := x.Store.FindCase(ctx, e.Subject); err == nil {
			return "", x.arrived(ctx, e.Subject)
		} else if !errors.Is(err, casestore.ErrNotFound) {
			return "", err
		}
		return "waiting", nil
	}
	if err != nil {
		return "", err
	}
	_, _, err = x.Store.Tell(ctx, c.Partition, c.ID, func(c *casestore.Case) { apply(c, e, d, coordinator) })
	if err == nil && e.Type == CaseCreated {
		err = errors.Join(x.consents(ctx, e, d), x.arrived(ctx, e.Subject))
	}
	return "", err
}

// create makes a case, and does what waited for it.
func (x *Inbox) create(ctx context.Context, e Event, d data, coordinator string) error {
	number, err := x.Store.TakeNumber(ctx)
	if err != nil {
		return err
	}
	c := &casestore.Case{Number: number, Line: "tollfree", Language: "en", Opened: e.Time, Updated: x.Now(), Caller: private.Of(d.Phone)}
	apply(c, e, d, coordinator)
	there, made, err := x.Store.MakeCase(ctx, e.Subject, c)
	if err != nil {
		return err
	}
	if !made {
		if _, _, err = x.Store.Tell(ctx, there.Partition, there.ID, func(c *casestore.Case) { apply(c, e, d, coordinator) }); err != nil {
			return err
		}
	}
	return errors.Join(x.consents(ctx, e, d), x.arrived(ctx, e.Subject))
}

// consents keeps what the case system says was agreed to, with the number.
func (x *Inbox) consents(ctx context.Context, e Event, d data) error {
	given := map[casestore.Channel]casestore.Permission{}
	person := x.Store.Ring().Person(private.Of(d.Phone))
	known, err := x.Store.Contact(ctx, person)
	if err != nil {
		return err
	}
	for by, v := range map[casestore.Channel]*bool{casestore.ByText: d.Consents.Texts, casestore.ByAutomatedCall: d.Consents.Calls} {
		// What the patient has told us since counts.
		if v != nil && known.Permissions[by].At.Before(e.Time) {
			given[by] = casestore.Permission{Given: *v, At: e.Time, How: "event", Ref: e.Name()}
		}
	}
	if len(given) == 0 {
		return nil
	}
	return x.Store.ChangeContact(ctx, person, casestore.ContactChange{Permissions: given})
}

// arrived does the events that waited for a case.
func (x *Inbox) arrived(ctx context.Context, name string) error {
	waiting, err := x.Store.Awaiting(ctx, name)
	if err != nil {
		return err
	}
	for event, body := range waiting {
		one := structured(body)
		if one.Problem == nil {
			if _, p, err := x.take(ctx, one); err != nil {
				return err
			} else if p != nil {
				x.Log.Error("an event that waited for its case is refused", "reason", p.Reason)
			}
		}
		if err := x.Store.CaseCame(ctx, name, event); err != nil {
			return err
		}
	}
	return nil
}
