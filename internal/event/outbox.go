package event

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"secondline/casestore"
)

// Endpoint is somebody who is told.
type Endpoint struct {
	// Name is what it is called in the settings; it stays when the address changes.
	Name, URL string
	Secret    Secret
}

const (
	// deliveryLease is how long one replica has a delivery to itself.
	deliveryLease = 30 * time.Second
	deliveryBatch = 20
	// deliveryWait is how long an endpoint may take to answer.
	deliveryWait = 10 * time.Second
)

// pauses are those after each try in vain; after the last the event is laid aside. A
// system that is down for three days loses nothing.
var pauses = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour, 31 * time.Hour}

// OutStore is what events out need of the casestore.
type OutStore interface {
	Case(ctx context.Context, p casestore.Partition, id casestore.CaseID) (*casestore.Case, error)
	Deliver(ctx context.Context, d casestore.Delivery) error
	DeliveryOf(ctx context.Context, p casestore.Partition, id string) (casestore.Delivery, error)
	DeliverAgain(ctx context.Context, d casestore.Delivery, next time.Time) error
	Delivered(ctx context.Context, d casestore.Delivery, dead bool) error
	ClaimDue(ctx context.Context, kind casestore.EffectKind, most int, lease time.Duration) (due []casestore.Due, more bool, err error)
	Finish(ctx context.Context, d casestore.Due) error
}

var _ OutStore = (*casestore.Store)(nil)

// Outbox tells endpoints what has happened, each at least once, in any order. It is
// safe for concurrent use.
type Outbox struct {
	Endpoints []Endpoint
	// Source is the attribute of that name: our public address.
	Source string
	Store  OutStore
	// HandOver gives what else a completed intake is told with; nil for nothing.
	HandOver func(ctx context.Context, c *casestore.Case) (json.RawMessage, error)
	Client   *http.Client
	Now      func() time.Time
	Log      *slog.Logger
	Metrics  *Metrics
}

// Effects gives the worker that writes an event down for every endpoint.
func (x *Outbox) Effects() map[casestore.EffectKind]casestore.Handler {
	return map[casestore.EffectKind]casestore.Handler{casestore.EffectEvent: x.fanOut}
}

// fanOut may be called any number of times for one event.
func (x *Outbox) fanOut(ctx context.Context, p casestore.Partition, e casestore.Effect) error {
	if len(x.Endpoints) == 0 {
		return nil
	}
	n, err := casestore.ParseNews(e.Data)
	if err != nil {
		return err
	}
	body, err := x.body(ctx, p, n)
	if err != nil {
		return err
	}
	for _, at := range x.Endpoints {
		err := x.Store.Deliver(ctx, casestore.Delivery{ID: deliveryID(at.Name, n), Endpoint: at.Name, Type: n.Type, Body: body, First: x.Now(), Partition: p})
		if err != nil {
			return err
		}
	}
	return nil
}

func deliveryID(endpoint string, n casestore.News) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s|%s", endpoint, n.Type)
	return "d" + strconv.FormatUint(h.Sum64(), 36) + "." + n.ID
}

// body writes an event. What is personal is added here, of what the case holds now.
func (x *Outbox) body(ctx context.Context, p casestore.Partition, n casestore.News) ([]byte, error) {
	data := map[string]any{}
	for name, value := range n.Facts {
		data[name] = value
	}
	if n.Case != "" {
		c, err := x.Store.Case(ctx, p, n.Case)
		switch {
		case errors.Is(err, casestore.ErrNotFound):
		case err != nil:
			return nil, err
		default:
			data["stage"] = string(c.Stage)
			if digits := c.Number.Reveal(); len(digits) == 8 {
				data["request_ending"] = digits[4:]
			}
			if n.Type == casestore.IntakeCompleted && x.HandOver != nil {
				bundle, err := x.HandOver(ctx, c)
				if err != nil {
					return nil, err
				}
				data["handover"] = bundle
			}
		}
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	return Event{ID: n.ID, Source: x.Source, Type: n.Type, Subject: string(n.Case), Time: n.At, Data: raw}.Encode()
}

// Tick delivers what is due. Every replica may run it at once.
func (x *Outbox) Tick(ctx context.Context) {
	due, _, err := x.Store.ClaimDue(ctx, casestore.DueDelivery, deliveryBatch, deliveryLease)
	if err != nil {
		x.Log.Warn("events to deliver cannot be read", "err", err)
	}
	for _, d := range due {
		if ctx.Err() != nil {
			return
		}
		if err := x.deliver(ctx, d); err != nil {
			x.Log.Warn("an event is delivered later", "delivery", d.ID, "err", err)
		}
	}
}

func (x *Outbox) deliver(ctx context.Context, due casestore.Due) error {
	d, err := x.Store.DeliveryOf(ctx, due.Partition, due.ID)
	if errors.Is(err, casestore.ErrNotFound) {
		return x.Store.Finish(ctx, due)
	}
	if err != nil {
		return err
	}
	at, ok := x.endpoint(d.Endpoint)
	if !ok {
		x.Log.Error("an event is for an endpoint that is no more; it is laid aside", "endpoint", d.Endpoint)
		return x.Store.Delivered(ctx, d, true)
	}
	result, err := x.post(ctx, at, d)
	x.Metrics.out.WithLabelValues(result).Inc()
	if result == "delivered" {
		return x.Store.Delivered(ctx, d, false)
	}
	if d.Tries >= len(pauses) {
		x.Log.Error("an event cannot be delivered and is laid aside", "endpoint", d.Endpoint, "type", d.Type, "err", err)
		return x.Store.Delivered(ctx, d, true)
	}
	d.Tries++
	return x.Store.DeliverAgain(ctx, d, x.Now().Add(pauses[d.Tries-1]))
}

func (x *Outbox) endpoint(name string) (Endpoint, bool) {
	for _, at := range x.Endpoints {
		if at.Name == name {
			return at, true
		}
	}
	return Endpoint{}, false
}

// post says "delivered", "refused" or "not_answered".
func (x *Outbox) post(ctx context.Context, at Endpoint, d casestore.Delivery) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, deliveryWait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at.URL, bytes.NewReader(d.Body))
	if err != nil {
		return "refused", err
	}
	now := x.Now()
	r.Header.Set("Content-Type", TypeEvent)
	r.Header.Set(HeaderID, d.ID)
	r.Header.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	r.Header.Set(HeaderSignature, at.Secret.Sign(d.ID, now, d.Body))
	resp, err := x.Client.Do(r)
	if err != nil {
		return "not_answered", err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection is kept
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return "refused", fmt.Errorf("event: the endpoint answers %d", resp.StatusCode)
	}
	return "delivered", nil
}
