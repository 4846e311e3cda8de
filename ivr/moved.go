package ivr

import (
	"context"
	"errors"

	"secondline/casestore"
	"secondline/internal/twilio"
)

// What the telephone asks others to do. The data of all of
// them is the CallSid; intake.EffectFinished is another.
const (
	// EffectAskEmail asks by text for the e-mail address while the caller waits.
	EffectAskEmail casestore.EffectKind = "ask_email"
	// EffectVisit texts the number of the line for visits to the caller.
	EffectVisit casestore.EffectKind = "visit_by_text"
	// EffectSaved tells that a caller has hung up in an intake that can be taken up
	// again.
	EffectSaved casestore.EffectKind = "intake_saved"
)

// Answered moves a call on that waits for an answer by text (call-script.md 6.4,
// D12). A call that is over, or has gone on without it, is left alone.
func (s *Server) Answered(ctx context.Context, p casestore.Partition, call string) error {
	c, err := s.store.Conversation(ctx, p, call)
	if errors.Is(err, casestore.ErrNotFound) || (err == nil && c.State.At != "intake.email_text") {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.dialer.UpdateCall(ctx, call, twilio.CallUpdate{URL: s.absolute(s.answerURL(c) + "&" + paramNothing + "=told")})
	var e *twilio.Error
	if errors.As(err, &e) && (e.Class == twilio.Race || e.Class == twilio.NotFound) {
		return nil
	}
	return err
}
