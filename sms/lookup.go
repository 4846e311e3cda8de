package sms

import (
	"context"
	"errors"
	"fmt"
	"time"

	"secondline/casestore"
	"secondline/internal/twilio"
)

// clocksDiffer is how far Twilio's clock may be behind ours.
const clocksDiffer = 5 * time.Second

// askAfter is when Twilio is asked how a text ended of whose end no report came,
// counted from when it was sent. The last is later than the networks may try. A
// text that Twilio still calls sent then has no receipt, and stays so.
var askAfter = []time.Duration{5 * time.Minute, time.Hour, longestValidity + time.Hour}

// lookUp asks Twilio what became of a text whose sending was not answered. What it
// has is taken over; what it does not have was not sent, as far as anybody knows,
// and is tried again. Should it have left all the same, a report will say so.
func (s *Server) lookUp(ctx context.Context, t *casestore.Text) error {
	body, err := s.body(t)
	if err != nil {
		return s.end(ctx, t, casestore.TextFailed, "words", 0)
	}
	found, err := s.Carrier.FindMessages(ctx, t.To, t.From, t.At.Add(-clocksDiffer))
	if err != nil {
		return fmt.Errorf("sms: look up: %w", err)
	}
	for _, m := range found {
		if m.Body.Reveal() != body {
			continue
		}
		if taken, err := s.taken(ctx, t, m.SID); err != nil || taken {
			if err != nil {
				return err
			}
			continue
		}
		s.Metrics.lookedUp.WithLabelValues("found").Inc()
		if err := s.accepted(ctx, t, m.SID); err != nil {
			return err
		}
		return s.hear(ctx, t.Partition, t.ID, news{sid: m.SID, status: m.Status, code: m.ErrorCode, try: t.Tries})
	}
	s.Metrics.lookedUp.WithLabelValues("not_sent").Inc()
	return s.failed(ctx, t, twilio.Retry, 0, casestore.TextFailed)
}

// taken says whether a message of Twilio's belongs to another text of ours.
func (s *Server) taken(ctx context.Context, t *casestore.Text, sid string) (bool, error) {
	others, err := s.Store.Texts(ctx, s.person(t.To), t.Created.Add(-24*time.Hour))
	if err != nil {
		return false, fmt.Errorf("sms: look up: %w", err)
	}
	for _, o := range others {
		if o.ID != t.ID && o.SID == sid {
			return true, nil
		}
	}
	return false, nil
}

// ask has Twilio say how a text ended of which no last report came. A state is
// never left for an earlier one, whoever tells of it.
func (s *Server) ask(ctx context.Context, t *casestore.Text) error {
	m, err := s.Carrier.FetchMessage(ctx, t.SID)
	var e *twilio.Error
	switch {
	case errors.As(err, &e) && e.Class == twilio.NotFound:
		m.Status = "" // deleted there: there is nobody left to ask
	case err != nil:
		return fmt.Errorf("sms: ask: %w", err)
	}
	s.Metrics.asked.WithLabelValues(string(m.Status)).Inc()
	if m.Status.Final() {
		return s.hear(ctx, t.Partition, t.ID, news{sid: t.SID, status: m.Status, code: m.ErrorCode, try: t.Tries})
	}
	age := s.Now().Sub(t.At)
	for _, after := range askAfter {
		if age < after && m.Status != "" {
			return s.Store.Schedule(ctx, casestore.Due{Kind: casestore.EffectText, ID: t.ID, Partition: t.Partition}, t.At.Add(after))
		}
	}
	_, _, err = s.step(ctx, t, func(now *casestore.Text) time.Time {
		now.Reason = reasonNoReceipt
		return time.Time{}
	})
	return err
}
