package casestore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// EffectEvent is something that the case system is told. Its data is a News.
const EffectEvent EffectKind = "event"

// DueDelivery is what the schedule calls an event on its way to one endpoint.
const DueDelivery EffectKind = "delivery"

// The types of events that go out (rules.md 4).
const (
	IntakeCompleted    = "intake.completed"
	IntakeAbandoned    = "intake.abandoned"
	IntakeIneligible   = "intake.ineligible"
	ContactAttempted   = "contact.attempted"
	ContactReached     = "contact.reached"
	ContactRescheduled = "contact.rescheduled"
	ContactFailed      = "contact.failed"
	OptOutChanged      = "optout.changed"
	ConsentRecorded    = "consent.recorded"
	VerificationLocked = "verification.locked"
	CallbackRequested  = "callback.requested"
	VoicemailReceived  = "voicemail.received"
	EmergencyFlagged   = "emergency.flagged"
	PromiseAtRisk      = "sla.at_risk"
	PromiseNoMinute    = "sla.no_legal_minute"
	PromiseMissed      = "sla.missed"
)

// News is one event, without anything personal: what it is about is named.
type News struct {
	// ID is the same however often it is told.
	ID   string    `json:"id"`
	Type string    `json:"type"`
	Case CaseID    `json:"case,omitempty"`
	At   time.Time `json:"at"`
	// Facts are times and names, never words about a person.
	Facts map[string]string `json:"facts,omitempty"`
}

// ParseNews reads the data of EffectEvent.
func ParseNews(data string) (News, error) {
	var n News
	if err := json.Unmarshal([]byte(data), &n); err != nil {
		return n, fmt.Errorf("casestore: news: %w", err)
	}
	return n, nil
}

func (o *operations) addNews(p Partition, n News) {
	data, err := json.Marshal(n)
	if err != nil {
		panic(fmt.Sprintf("casestore: news cannot be written: %v", err)) // strings and a time
	}
	o.addEffect(p, Effect{Kind: EffectEvent, Data: string(data)})
}

// decided are the events that follow from decisions about a promise.
var decided = map[string]string{
	"called": ContactAttempted, "called_by_hand": ContactAttempted, "chosen": ContactRescheduled, "coordinator": PromiseAtRisk, "supervisor": PromiseAtRisk,
	"no_legal_minute": PromiseNoMinute, "missed": PromiseMissed, "kept": ContactReached,
}

// addDecided tells what was decided about a promise in one step: what stands in its
// log after the last that was known.
func (o *operations) addDecided(p Partition, promise *Promise, known []Decision) {
	before := promise.decidedAfter(known)
	for i := before; i < len(promise.Log); i++ {
		d := promise.Log[i]
		kind := decided[d.What]
		if d.What == "over" && d.Why == "letter" {
			kind = ContactFailed
		}
		if kind == "" {
			continue
		}
		facts := map[string]string{"what": d.What}
		if d.Why != "" {
			facts["why"] = d.Why
		}
		if !d.About.IsZero() {
			facts["about"] = d.About.UTC().Format(time.RFC3339)
		}
		o.addNews(p, News{ID: string(promise.Case) + "." + strconv.Itoa(promise.Version) + "." + strconv.Itoa(i-before), Type: kind, Case: promise.Case, At: d.At, Facts: facts})
	}
}

// decidedAfter is where in the log stands what was decided after the last that was
// known.
func (p *Promise) decidedAfter(known []Decision) int {
	for i, d := range slices.Backward(p.Log) {
		if len(known) > 0 && d == known[0] {
			return i + 1
		}
	}
	return 0
}

var requested = map[TaskKind]string{TaskCallBack: CallbackRequested, TaskMessage: VoicemailReceived, TaskEmergency: EmergencyFlagged}

// addRequested tells what somebody asked for.
func (o *operations) addRequested(p Partition, task *Task) {
	if kind := requested[task.Kind]; kind != "" {
		facts := map[string]string{}
		if !task.Due.IsZero() {
			facts["due"] = task.Due.UTC().Format(time.RFC3339)
		}
		o.addNews(p, News{ID: "task." + task.ID, Type: kind, Case: task.Case, At: task.Opened, Facts: facts})
	}
}

// addOptOut tells that the patient of a case wants no machine any more.
func (o *operations) addOptOut(p Partition, c CaseID, stop *OptOut) {
	if stop == nil || c == "" {
		return
	}
	o.addNews(p, News{ID: "optout." + stop.Call, Type: OptOutChanged, Case: c, At: stop.At, Facts: map[string]string{"how": stop.How, "texts": "stopped", "automated_calls": "stopped"}})
}

// addConsents tells what was agreed to, or refused, for a case.
func (o *operations) addConsents(p Partition, c CaseID, given map[Channel]Permission) {
	if c == "" {
		return
	}
	for by, agreed := range given {
		o.addNews(p, News{ID: "consent." + string(c) + "." + string(by) + "." + strconv.FormatInt(agreed.At.UnixMilli(), 36), Type: ConsentRecorded, Case: c, At: agreed.At,
			Facts: map[string]string{"channel": string(by), "given": strconv.FormatBool(agreed.Given), "how": agreed.How}})
	}
}

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID string
	// Endpoint is its name in the settings, Type the event's.
	Endpoint, Type string
	// Body is the event as it is sent, First when it was to be sent first.
	Body  []byte
	First time.Time
	Tries int
	// Partition is where it lies.
	Partition Partition `json:"-"`
}

// deliveryKey: string. One event on its way to one endpoint, sealed.
func deliveryKey(p Partition, id string) string { return key(p, "delivery", id) }

// deadEventsKey: hash delivery → sealed. Events that no try has delivered.
func deadEventsKey(p Partition) string { return key(p, "deadevents", "") }

func (s *Store) sealDelivery(d Delivery) ([]byte, error) {
	plain, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("casestore: delivery: %w", err)
	}
	return s.ring.Seal(d.ID, "delivery", plain), nil
}

func (s *Store) openDelivery(p Partition, id, sealed string) (Delivery, error) {
	plain, err := s.ring.Open(id, "delivery", []byte(sealed))
	if err != nil {
		return Delivery{}, fmt.Errorf("casestore: delivery %s: %w", id, err)
	}
	d := Delivery{}
	if err := json.Unmarshal(plain, &d); err != nil {
		return d, fmt.Errorf("casestore: delivery %s: %w", id, err)
	}
	d.Partition = p
	return d, nil
}

// Deliver has an event delivered to an endpoint, once, however often it is asked for:
// its ID tells.
func (s *Store) Deliver(ctx context.Context, d Delivery) error {
	box, err := s.sealDelivery(d)
	if err != nil {
		return err
	}
	due := Due{DueDelivery, d.ID, d.Partition}
	first, err := s.rdb.SetNX(ctx, deliveryKey(d.Partition, d.ID), box, 0).Result()
	if err != nil || !first {
		return err
	}
	return s.Schedule(ctx, due, d.First)
}

// DeliveryOf reads one. It fails with ErrNotFound.
func (s *Store) DeliveryOf(ctx context.Context, p Partition, id string) (Delivery, error) {
	sealed, err := s.rdb.Get(ctx, deliveryKey(p, id)).Result()
	if errors.Is(err, redis.Nil) || err == nil && sealed == "" {
		return Delivery{}, ErrNotFound
	}
	if err != nil {
		return Delivery{}, fmt.Errorf("casestore: delivery %s: %w", id, err)
	}
	return s.openDelivery(p, id, sealed)
}

// DeliverAgain keeps that a try was in vain, and schedules the next.
func (s *Store) DeliverAgain(ctx context.Context, d Delivery, next time.Time) error {
	box, err := s.sealDelivery(d)
	if err != nil {
		return err
	}
	if err := s.rdb.Set(ctx, deliveryKey(d.Partition, d.ID), box, 0).Err(); err != nil {
		return fmt.Errorf("casestore: delivery %s: %w", d.ID, err)
	}
	return s.Schedule(ctx, Due{DueDelivery, d.ID, d.Partition}, next)
}

// Delivered ends a delivery; dead lays it aside for an operator. Its ID stays known
// for a while, so that a late repetition is not delivered anew.
func (s *Store) Delivered(ctx context.Context, d Delivery, dead bool) error {
	box, err := s.sealDelivery(d)
	if err != nil {
		return err
	}
	_, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		if dead {
			pipe.HSet(ctx, deadEventsKey(d.Partition), d.ID, box)
		}
		pipe.Set(ctx, deliveryKey(d.Partition, d.ID), "", eventsLive)
		pipe.ZRem(ctx, dueKey(d.Partition, DueDelivery), d.ID)
		return nil
	})
	if err != nil {
		return fmt.Errorf("casestore: delivery %s: %w", d.ID, err)
	}
	s.Record(ctx, Deed{What: "event.out", Thing: d.ID, Outcome: map[bool]string{true: "given_up", false: "delivered"}[dead]})
	return nil
}

// DeadDeliveries gives what was laid aside.
func (s *Store) DeadDeliveries(ctx context.Context) ([]Delivery, error) {
	var out []Delivery
	for p := range Partition(Partitions) {
		all, err := s.rdb.HGetAll(ctx, deadEventsKey(p)).Result()
		if err != nil {
			return out, fmt.Errorf("casestore: dead deliveries: %w", err)
		}
		for id, sealed := range all {
			d, err := s.openDelivery(p, id, sealed)
			if err != nil {
				return out, err
			}
			out = append(out, d)
		}
	}
	return out, nil
}

// Revive has a delivery that was laid aside tried again from the beginning.
func (s *Store) Revive(ctx context.Context, d Delivery) error {
	d.Tries, d.First = 0, s.now()
	if err := s.DeliverAgain(ctx, d, s.now()); err != nil {
		return err
	}
	if err := s.rdb.HDel(ctx, deadEventsKey(d.Partition), d.ID).Err(); err != nil {
		return fmt.Errorf("casestore: delivery %s: %w", d.ID, err)
	}
	return nil
}
