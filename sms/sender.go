package sms

import (
	"context"
	"errors"
	"fmt"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

const (
	// lease is how long one worker has a text to itself; lostAfter is when a text
	// that Twilio was asked to send, and of which nobody heard, is looked up.
	lease     = 30 * time.Second
	lostAfter = 15 * time.Second
	// tries is how often a text is tried whose failure may pass, firstPause how
	// long after the first failure; each pause is four times the one before.
	tries      = 5
	firstPause = 30 * time.Second
	// batch is how many texts of a partition are taken up at a time.
	batch = 20
)

// Effects gives the workers of the texts.
func (s *Server) Effects() map[casestore.EffectKind]casestore.Handler {
	return map[casestore.EffectKind]casestore.Handler{casestore.EffectText: func(ctx context.Context, p casestore.Partition, e casestore.Effect) error {
		return s.send(ctx, p, e.Data)
	}}
}

// Tick sends what is due. Every replica may run it at once.
func (s *Server) Tick(ctx context.Context) {
	due, _, err := s.Store.ClaimDue(ctx, casestore.EffectText, batch, lease)
	if err != nil {
		s.Log.Warn("what is due cannot be read", "err", err)
	}
	for i, d := range due {
		if ctx.Err() != nil {
			s.giveBack(ctx, due[i:])
			return
		}
		if err := s.send(ctx, d.Partition, d.ID); err != nil {
			s.Log.Warn("a text is tried again", "text", d.ID, "err", err)
		}
	}
}

// giveBack hands leases back when this replica stops.
func (s *Server) giveBack(ctx context.Context, due []casestore.Due) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := s.Store.Return(ctx, due...); err != nil {
		s.Log.Warn("leases are not handed back; they run out by themselves", "err", err)
	}
}

// send does whatever a text still needs: asks whether it may be sent, sends it, or
// looks up what became of an attempt. It may be called any number of times.
func (s *Server) send(ctx context.Context, p casestore.Partition, id string) error {
	t, err := s.Store.Text(ctx, p, id)
	if errors.Is(err, casestore.ErrNotFound) {
		return s.Store.Finish(ctx, casestore.Due{Kind: casestore.EffectText, ID: id, Partition: p})
	}
	if err != nil {
		return err
	}
	switch t.State {
	case casestore.TextPending:
		return s.attempt(ctx, t)
	case casestore.TextSubmitting:
		if s.Now().Sub(t.At) >= lostAfter {
			return s.lookUp(ctx, t)
		}
		return nil
	}
	return s.Store.Finish(ctx, casestore.Due{Kind: casestore.EffectText, ID: id, Partition: p})
}

// attempt asks every condition, writes the intent, and asks Twilio.
func (s *Server) attempt(ctx context.Context, t *casestore.Text) error {
	d, err := s.may(ctx, t)
	if err != nil {
		return err // fail closed: what cannot be asked is not sent
	}
	if d.Reason != "" {
		return s.hold(ctx, t, d)
	}
	body, err := s.body(t)
	if err != nil {
		s.Log.Error("a text cannot be written", "text", t.ID, "prompt", t.Prompt, "err", err)
		return s.end(ctx, t, casestore.TextFailed, "words", 0)
	}
	mine := false
	_, err = s.Store.MoveText(ctx, t.Partition, t.ID, func(now *casestore.Text) (time.Time, bool) {
		mine = now.State == casestore.TextPending && now.Version == t.Version
		now.State, now.Reason = casestore.TextSubmitting, ""
		now.Tries++
		return s.Now().Add(lostAfter), mine
	})
	if err != nil || !mine {
		return err
	}
	sent, err := s.Carrier.CreateMessage(ctx, twilio.NewMessage{
		To: t.To, From: t.From, Body: private.Of(body), Validity: s.validity(t),
		StatusCallback: s.root + pathStatus + "?p=" + t.Partition.String() + "&m=" + t.ID,
	})
	if err != nil {
		return s.refused(ctx, t, err)
	}
	s.Metrics.sent.WithLabelValues(t.Prompt).Inc()
	return s.accepted(ctx, t, sent.SID)
}

// validity is how long the networks may try: no longer than the text is of use.
func (s *Server) validity(t *casestore.Text) time.Duration {
	left := t.Expires.Sub(s.Now())
	return max(10*time.Second, min(left, 4*time.Hour)).Truncate(time.Second)
}

func (s *Server) accepted(ctx context.Context, t *casestore.Text, sid string) error {
	_, err := s.Store.MoveText(ctx, t.Partition, t.ID, func(now *casestore.Text) (time.Time, bool) {
		known := now.State != casestore.TextSubmitting
		if !known {
			now.State, now.SID = casestore.TextSent, sid
		}
		return time.Time{}, !known
	})
	return err
}

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
	case twilio.Retry, twilio.NextDay, twilio.Config:
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

// callInstead tells coordinators that texts do not reach a number.
func (s *Server) callInstead(ctx context.Context, t *casestore.Text) error {
	now := s.Now()
	return s.Store.OpenTask(ctx, t.Partition, &casestore.Task{
		ID: casestore.NewTaskID(), Kind: casestore.TaskNoText, Due: s.due(now, s.Config.CallBack, s.Config.Zones("", "", t.To.Reveal())),
		Phone: t.To, Case: t.Case, Opened: now,
	})
}

// later has a text tried again: after a pause that grows, tomorrow, or, where an
// operator must act first, in ten minutes.
func (s *Server) later(ctx context.Context, t *casestore.Text, class twilio.Class, code int) error {
	pause := firstPause
	for range t.Tries {
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
		if now.State.Final() || now.State == casestore.TextPending {
			return time.Time{}, false
		}
		now.State, now.SID, now.Code = casestore.TextPending, "", code
		return at, true
	})
	return err
}

// lookUp asks Twilio what became of a text whose sending was not answered. What it
// has is taken over; what it does not have was not sent.
func (s *Server) lookUp(ctx context.Context, t *casestore.Text) error {
	body, err := s.body(t)
	if err != nil {
		return s.end(ctx, t, casestore.TextFailed, "words", 0)
	}
	found, err := s.Carrier.FindMessages(ctx, t.To, t.From, t.At.Add(-5*time.Second))
	if err != nil {
		return fmt.Errorf("sms: look up: %w", err)
	}
	for _, m := range found {
		if m.Body.Reveal() == body && !s.taken(ctx, t, m.SID) {
			s.Metrics.lookedUp.WithLabelValues("found").Inc()
			return s.accepted(ctx, t, m.SID)
		}
	}
	s.Metrics.lookedUp.WithLabelValues("not_sent").Inc()
	return s.later(ctx, t, twilio.Retry, 0)
}

// taken says whether a message of Twilio's belongs to another text of ours.
func (s *Server) taken(ctx context.Context, t *casestore.Text, sid string) bool {
	others, err := s.Store.Texts(ctx, s.person(t.To), t.Created.Add(-24*time.Hour))
	if err != nil {
		return false
	}
	for _, o := range others {
		if o.ID != t.ID && o.SID == sid {
			return true
		}
	}
	return false
}

// end brings a text to a state that it does not leave.
func (s *Server) end(ctx context.Context, t *casestore.Text, state casestore.TextState, reason string, code int) error {
	s.Metrics.ended.WithLabelValues(string(state), reason).Inc()
	_, err := s.Store.MoveText(ctx, t.Partition, t.ID, func(now *casestore.Text) (time.Time, bool) {
		if now.State.Final() {
			return time.Time{}, false
		}
		now.State, now.Reason, now.Code = state, reason, code
		return time.Time{}, true
	})
	return err
}

// hold drops a text that may not be sent, or has it wait.
func (s *Server) hold(ctx context.Context, t *casestore.Text, d Decision) error {
	if d.Until.IsZero() || d.Until.After(t.Expires) {
		return s.end(ctx, t, casestore.TextDropped, d.Reason, 0)
	}
	_, err := s.Store.MoveText(ctx, t.Partition, t.ID, func(now *casestore.Text) (time.Time, bool) {
		waits := now.State == casestore.TextPending
		now.Reason = d.Reason
		return d.Until, waits
	})
	return err
}
