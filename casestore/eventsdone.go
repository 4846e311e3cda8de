package casestore

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// EventsDone is what a request of the case system has brought about, before it is
// acknowledged.
type EventsDone struct {
	// Since is the lineage before the first write; empty asks for no proof that
	// everything is durable.
	Since string
	// Events are the names of those that are done.
	Events []string
	// Cases are those that may have come, by what the case system calls them.
	Cases []string
	// Came are events that had waited for their case, and are done or given up.
	Came []WaitingEvent
}

// WaitingEvent is one that came before its case.
type WaitingEvent struct {
	// Case is what the case system calls it, Event a keyed hash of the event's name.
	Case, Event string
	// Body is the event in structured JSON.
	Body []byte
}

// SettleEvents proves what is done as Durable does, keeps that it is done, so that none
// is done twice, and gives the events that have waited for a case of done.Cases: those
// are to be done, and settled, before anything is acknowledged. It may be asked any
// number of times. On one server it takes two round trips at the most.
//
// Nothing is kept before it is proved: after a failover in between the mark could be
// there without what it stands for, and the event, when it came again, be acknowledged
// and lost.
func (s *Store) SettleEvents(ctx context.Context, done EventsDone) ([]WaitingEvent, error) {
	if done.Since != "" {
		if err := s.Durable(ctx, done.Since); err != nil {
			return nil, err
		}
	}
	sealed := make([]*redis.MapStringStringCmd, len(done.Cases))
	var deeds []Deed
	_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, event := range done.Events {
			hash := s.hashEvent(event)
			pipe.Set(ctx, seenKey(hash), "1", eventsLive)
			deeds = append(deeds, Deed{What: "event.in", Thing: eventName(hash), Outcome: "accepted"})
		}
		for _, w := range done.Came {
			pipe.HDel(ctx, s.waitingKey(w.Case), w.Event)
		}
		for i, name := range done.Cases {
			sealed[i] = pipe.HGetAll(ctx, s.waitingKey(name))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("casestore: events: %w", err)
	}
	s.Record(ctx, deeds...)
	var out []WaitingEvent
	for i, name := range done.Cases {
		waiting, err := s.openWaiting(name, sealed[i].Val())
		if err != nil {
			return nil, err
		}
		out = append(out, waiting...)
	}
	return out, nil
}

// openWaiting opens the events that wait for a case.
func (s *Store) openWaiting(name string, sealed map[string]string) ([]WaitingEvent, error) {
	out := make([]WaitingEvent, 0, len(sealed))
	for event, box := range sealed {
		body, err := s.ring.Open(s.ring.hash("ref", name), "event", []byte(box))
		if err != nil {
			// Before, an event that waited was sealed for the name itself.
			body, err = s.ring.Open(name, "event", []byte(box))
		}
		if err != nil {
			return nil, fmt.Errorf("casestore: events: %w", err)
		}
		out = append(out, WaitingEvent{Case: name, Event: event, Body: body})
	}
	return out, nil
}
