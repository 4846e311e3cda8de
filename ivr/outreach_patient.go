package ivr

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"secondline/casestore"
	"secondline/internal/twilio"
)

// mayDial asks every condition of a call once more, from what is stored now; ""
// when the patient may be dialled.
func (s *Server) mayDial(ctx context.Context, p casestore.Partition, t *casestore.Transfer) (string, error) {
	if s.paused(ctx) {
		return WhyPaused, nil
	}
	if t.Out.Task != "" {
		return s.mayDialTask(ctx, p, t)
	}
	promise, err := s.store.Promise(ctx, p, t.Case)
	if errors.Is(err, casestore.ErrNotFound) {
		return WhyMoved, nil
	}
	if err != nil {
		return "", err
	}
	o, err := s.owed(ctx, p, t.Case)
	if err != nil {
		return "", err
	}
	if o.Case.Phone() != t.Caller {
		return WhyMoved, nil // the number was corrected meanwhile
	}
	why := o.MayDial(promise, t.ID, t.Out.Chosen, s.now())
	if why == "" && t.Out.Bot && o.Contact.May(casestore.ByAutomatedCall, false) != casestore.OK {
		why = WhyConsent
	}
	return why, nil
}

// movePatient sees to the patient's leg.
func (s *Server) movePatient(ctx context.Context, p casestore.Partition, t *casestore.Transfer) (*casestore.Transfer, error) {
	var err error
	switch o := t.Out; {
	case o.State == casestore.LegAsked:
		err = s.dialPatient(ctx, p, t)
	case o.State == casestore.LegDialling && s.now().Sub(o.At) >= lostAfter:
		err = s.findPatient(ctx, p, t)
	case o.Message && o.State == casestore.LegAnswered:
		err = s.playMessage(ctx, p, t)
	case patientOn(t) && o.Call != "" && !there(t):
		err = s.hangUpPatient(ctx, p, t)
	case patientOn(t) && o.Call != "" && s.now().Sub(o.At) >= silentFor:
		err = s.refreshPatient(ctx, p, t)
	}
	if err != nil {
		return t, err
	}
	return s.store.Transfer(ctx, p, t.ID)
}

// dialPatient dials, if every condition still holds. The intent is written before.
func (s *Server) dialPatient(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	why, err := s.mayDial(ctx, p, t)
	if err == nil && why == "" {
		var many bool
		if many, err = s.bounded(ctx, t); many {
			why = WhyBound
		}
	}
	if err != nil {
		return err // fail closed: what cannot be asked is not dialled
	}
	id := t.ID
	t, mine, err := s.markDial(ctx, p, id, why)
	if err != nil || !mine {
		return err
	}
	if t.State == casestore.TransferLeft {
		s.metrics.refusals.WithLabelValues(t.Out.Why).Inc()
		return s.tellCoordinator(ctx, p, t)
	}
	// Once more: who has opted out since it was asked is not dialled.
	if why, err := s.mayDial(ctx, p, t); err != nil || why != "" {
		t, _, back := s.notDialled(ctx, p, id, cmp.Or(why, WhyPaused))
		if back == nil {
			back = s.tellCoordinator(ctx, p, t)
		}
		return errors.Join(err, back)
	}
	return s.callPatient(ctx, p, t)
}

// markDial writes down that the patient is about to be dialled, or why not. mine is false
// when another replica was first.
func (s *Server) markDial(ctx context.Context, p casestore.Partition, id, why string) (t *casestore.Transfer, mine bool, err error) {
	t, err = s.moveTransfer(ctx, p, id, func(t *casestore.Transfer) bool {
		mine = t.State == casestore.TransferTaken && t.Out.State == casestore.LegAsked
		switch {
		case why != "":
			t.State, t.Choice, t.Out.Why, t.Out.State = casestore.TransferLeft, choseRefused, why, casestore.LegOver
		case !t.Out.Bot && !there(t):
			t.State, t.Choice, t.Out.State = casestore.TransferLeft, choseNobody, casestore.LegOver
		default:
			t.Out.State, t.Out.At = casestore.LegDialling, s.now()
		}
		return mine
	})
	if errors.Is(err, casestore.ErrNotReplicated) {
		if t, mine, err = s.notDialled(ctx, p, id, WhyPaused); err == nil {
			s.log.Error("a patient is not dialled: too few replicas of Redis know of it", "transfer", id)
		}
	}
	return t, mine, err
}

// callPatient asks Twilio for the call that was written down.
func (s *Server) callPatient(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	what := twilio.NewCall{
		To: t.Caller, From: s.numberOf(t.Line), URL: s.absolute(s.transferURL(pathPatient, p, t.ID)), FallbackURL: s.absolute(s.transferURL(pathPatient, p, t.ID)),
		StatusCallback: s.absolute(s.transferURL(pathPatientStatus, p, t.ID)), StatusEvents: []string{"ringing", "answered", "completed"}, Ring: patientRings,
	}
	if t.Out.Bot {
		what = s.botCall(p, t)
	}
	call, err := s.dialer.CreateCall(ctx, what)
	var refused *twilio.Error
	switch {
	case err == nil:
		return s.patientIs(ctx, p, t.ID, call.SID, casestore.LegRinging, "")
	case errors.As(err, &refused) && refused.Class == twilio.Unknown:
		s.log.Warn("it is not known whether a patient is being called; it is looked up", "transfer", t.ID, "err", err)
		return nil
	}
	s.log.Error("a patient cannot be called", "transfer", t.ID, "err", err)
	return s.patientIs(ctx, p, t.ID, "", casestore.LegOver, "refused")
}

// notDialled takes back a mark that a failover may lose: Twilio was not asked. Where that
// cannot be written either, the dial is looked up as one that was lost.
func (s *Server) notDialled(ctx context.Context, p casestore.Partition, id, why string) (*casestore.Transfer, bool, error) {
	mine := false
	t, err := s.moveTransfer(ctx, p, id, func(t *casestore.Transfer) bool {
		if mine = t.Out.State == casestore.LegDialling && t.Out.Call == ""; mine {
			t.State, t.Choice, t.Out.Why, t.Out.State = casestore.TransferLeft, choseRefused, why, casestore.LegOver
		}
		return mine
	})
	return t, mine, err
}

// findPatient settles a dial of which nobody has heard. What Twilio does not have
// was not made: the coordinator is told, and it does not count.
func (s *Server) findPatient(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	calls, err := s.dialer.FindCalls(ctx, t.Caller, s.numberOf(t.Line), t.Out.At.Add(-5*time.Second))
	if err != nil {
		return fmt.Errorf("ivr: look up a call to a patient: %w", err)
	}
	for _, c := range calls {
		if c.Direction != twilio.OutboundAPI {
			continue
		}
		s.metrics.lookups.WithLabelValues("found").Inc()
		if c.Status.Final() {
			return s.patientIs(ctx, p, t.ID, c.SID, casestore.LegOver, string(c.Status))
		}
		return s.patientIs(ctx, p, t.ID, c.SID, casestore.LegRinging, "")
	}
	s.metrics.lookups.WithLabelValues("not_made").Inc()
	return s.patientIs(ctx, p, t.ID, "", casestore.LegOver, "lost")
}

// order of the states of a leg: it never goes back.
var legOrder = map[casestore.LegState]int{casestore.LegAsked: 1, casestore.LegDialling: 2, casestore.LegRinging: 3, casestore.LegAnswered: 4, casestore.LegMessage: 5, casestore.LegOver: 6}

// patientIs writes how far the patient's leg has come. News that is older than
// what is known changes nothing.
func (s *Server) patientIs(ctx context.Context, p casestore.Partition, id, call string, state casestore.LegState, status string) error {
	_, err := s.moveTransfer(ctx, p, id, func(t *casestore.Transfer) bool {
		o := t.Out
		if o == nil || call != "" && o.Call != "" && o.Call != call {
			return false
		}
		changed := o.Call == "" && call != ""
		if call != "" {
			o.Call = call
		}
		if legOrder[state] > legOrder[o.State] {
			o.State, changed = state, true
			if status != "" {
				o.Status = status
			}
			if state == casestore.LegOver {
				o.Ended = s.now()
			}
		}
		if o.State == casestore.LegOver && o.Disposition == "" {
			o.Disposition = unanswered[o.Status]
			if o.Disposition != "" {
				t.State = casestore.TransferTalked
			}
		}
		return changed
	})
	if errors.Is(err, casestore.ErrNotFound) {
		return nil
	}
	return err
}

// unanswered gives the result of a call that nobody took, by Twilio's status; what
// became of an answered one only the coordinator knows.
var unanswered = map[string]string{
	string(twilio.CallNoAnswer): resultNoAnswer, string(twilio.CallBusy): resultBusy, string(twilio.CallFailed): resultFailed,
	string(twilio.CallCanceled): resultCut, "cut": resultCut, "refused": "refused", "lost": "lost",
}

// hangUpPatient ends a call whose coordinator has gone: nobody waits on a line
// where nobody will come.
func (s *Server) hangUpPatient(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	status := twilio.CallCanceled
	if t.Out.State == casestore.LegAnswered {
		status = twilio.CallCompleted
	}
	_, err := s.dialer.UpdateCall(ctx, t.Out.Call, twilio.CallUpdate{Status: status})
	if err != nil && over(err) == nil {
		return s.refreshPatient(ctx, p, t) // it is over, and the news is lost or on its way
	}
	return err
}

// over says that a call which is over already is none to complain about.
func over(err error) error {
	var e *twilio.Error
	if errors.As(err, &e) && (e.Class == twilio.Race || e.Class == twilio.NotFound) {
		return nil
	}
	return err
}

// refreshPatient asks Twilio about a leg of which nothing was heard for a while.
func (s *Server) refreshPatient(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	call, err := s.dialer.FetchCall(ctx, t.Out.Call)
	switch {
	case err != nil:
		return err
	case call.Status.Final():
		return s.patientIs(ctx, p, t.ID, call.SID, casestore.LegOver, string(call.Status))
	case call.Status == twilio.CallInProgress:
		return s.patientIs(ctx, p, t.ID, call.SID, casestore.LegAnswered, "")
	}
	return nil
}

// playMessage plays the standard message into the patient's voicemail.
func (s *Server) playMessage(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	doc := twilio.Document{s.say(s.spokenHere(t.Language), "H-vm", s.outVars("H-vm", t)), twilio.Hangup{}}
	inline, err := doc.Encode(twilio.Inline)
	if err != nil {
		return fmt.Errorf("ivr: the standard message: %w", err)
	}
	if _, err = s.dialer.UpdateCall(ctx, t.Out.Call, twilio.CallUpdate{TwiML: inline}); over(err) != nil {
		return err
	}
	return s.patientIs(ctx, p, t.ID, t.Out.Call, casestore.LegMessage, "")
}
