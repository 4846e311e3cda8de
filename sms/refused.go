package sms

import (
	"context"
	"errors"
	"fmt"
	"time"

	"secondline/casestore"
	"secondline/internal/twilio"
)

// refused is Twilio's no, or no answer at all.
func (s *Server) refused(ctx context.Context, t *casestore.Text, cause error) error {
	var e *twilio.Error
	if !errors.As(cause, &e) {
		return fmt.Errorf("sms: send: %w", cause)
	}
	s.Metrics.refused.WithLabelValues(string(e.Class)).Inc()
	if e.Class == twilio.Unknown {
		s.Log.Warn("it is not known whether a text was sent; it is looked up", "text", t.ID, "err", cause)
		return nil // it stays in submitting, and is due again
	}
	return s.failed(ctx, t, e.Class, e.Code, casestore.TextFailed)
}

// failed does what the class of a failure asks for, from the request or from the
// network's report: try again, mark the number, or call a person.
func (s *Server) failed(ctx context.Context, t *casestore.Text, class twilio.Class, code int, state casestore.TextState) error {
	id := s.person(t.To)
	switch class {
	case twilio.Retry, twilio.NextDay, twilio.Config, twilio.Unknown:
		if t.Tries < tries || class == twilio.Config {
			return s.later(ctx, t, class, code)
		}
		if err := s.callInstead(ctx, t); err != nil {
			return err
		}
		return s.end(ctx, t, state, "no_more_tries", code)
	case twilio.OptedOut:
		// The network knows of a STOP that we have missed.
		s.Log.Error("an opt-out was missed; it is recorded now", "text", t.ID)
		s.Metrics.missedOptOuts.Inc()
		now := s.Now()
		if err := s.Journal.Append(casestore.JournalEntry{At: now, Person: id, What: "stop", How: "carrier", Ref: t.ID}); err != nil {
			return err
		}
		if err := s.Store.ChangeContact(ctx, id, casestore.ContactChange{OptOut: &casestore.OptOut{At: now, How: "carrier", Call: t.ID}}); err != nil {
			return err
		}
		return s.end(ctx, t, state, "opted_out", code)
	case twilio.PermanentNumber, twilio.NotTextable:
		if err := s.Store.ChangeContact(ctx, id, casestore.ContactChange{NotTextable: fmt.Sprint(code)}); err != nil {
			return err
		}
		if err := s.callInstead(ctx, t); err != nil {
			return err
		}
		return s.end(ctx, t, state, "not_textable", code)
	}
	s.Log.Error("a text was refused: an operator must look", "text", t.ID, "prompt", t.Prompt, "class", class, "code", code)
	return s.end(ctx, t, state, string(class), code)
}

// callInstead tells coordinators that texts do not reach a number, once for a text
// however often it is told.
func (s *Server) callInstead(ctx context.Context, t *casestore.Text) error {
	now := s.Now()
	return s.Store.OpenTask(ctx, t.Partition, &casestore.Task{
		ID: "t" + t.ID, Kind: casestore.TaskNoText, Due: s.due(now, s.Config.CallBack, s.Config.Zones("", "", t.To.Reveal())),
		Phone: t.To, Case: t.Case, Opened: now,
	})
}

// later has a text tried again: after a pause that grows, tomorrow, or, where an
// operator must act first, in ten minutes.
func (s *Server) later(ctx context.Context, t *casestore.Text, class twilio.Class, code int) error {
	pause := firstPause
	if t.State == casestore.TextSent {
		pause *= 4 // a telephone that is off stays off for a while
	}
	for range t.Tries - 1 {
		pause *= 4
	}
	switch class {
	case twilio.NextDay:
		pause = 12 * time.Hour
	case twilio.Config:
		s.Log.Error("texts cannot be sent until an operator has acted", "code", code)
		pause = 10 * time.Minute
	}
	at := s.Now().Add(pause)
	if at.After(t.Expires) {
		return s.end(ctx, t, casestore.TextFailed, "expired", code)
	}
	_, err := s.Store.MoveText(ctx, t.Partition, t.ID, func(now *casestore.Text) (time.Time, bool) {
		if !still(now, t) {
			return time.Time{}, false
		}
		now.State, now.SID, now.Code = casestore.TextPending, "", code
		return at, true
	})
	return err
}

// still says whether a text is where it was when it was read: nobody has taken it
// up since, and no later attempt has begun.
func still(now, t *casestore.Text) bool {
	if t.State == casestore.TextPending {
		return now.Version == t.Version
	}
	return now.Tries == t.Tries && (now.State == casestore.TextSubmitting || now.State == casestore.TextSent)
}

// end brings a text to a state that it does not leave.
func (s *Server) end(ctx context.Context, t *casestore.Text, state casestore.TextState, reason string, code int) error {
	ended := false
	_, err := s.Store.MoveText(ctx, t.Partition, t.ID, func(now *casestore.Text) (time.Time, bool) {
		if ended = still(now, t); ended {
			now.State, now.Reason, now.Code = state, reason, code
		}
		return time.Time{}, ended
	})
	if ended && err == nil {
		s.Metrics.ended.WithLabelValues(string(state), reason).Inc()
	}
	return err
}

// hold drops a text that may not be sent, or has it wait.
func (s *Server) hold(ctx context.Context, t *casestore.Text, d Decision) error {
	if d.Until.IsZero() || d.Until.After(t.Expires) {
		return s.end(ctx, t, casestore.TextDropped, d.Reason, 0)
	}
	_, _, err := s.step(ctx, t, func(now *casestore.Text) time.Time {
		now.Reason = d.Reason
		return d.Until
	})
	return err
}
