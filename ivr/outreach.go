package ivr

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

// A call that we owe is a transfer turned round: coordinators are rung first, and
// the patient only once one of them has pressed 1. The two meet in a conference of
// the transfer's name. The coordinator can leave it with star for a moment, to have
// the standard message played to a voicemail; whoever hangs up ends it for both.

const (
	// outTotal is how long coordinators are rung for one attempt; patientRings how
	// long the patient's telephone rings (rules.md 5.5).
	outTotal     = 90 * time.Second
	patientRings = 30 * time.Second
	// waitWhen is what key 2 asks for.
	waitWhen = 30 * time.Minute
	// askAfter is how long after a call whose outcome nobody told the coordinator
	// is asked again, at most asks times.
	askAfter = 3 * time.Minute
	asks     = 2
	// silentFor is how long a leg may tell nothing before it is looked up.
	silentFor = time.Minute
)

// Choices of an outreach call that was given up before anybody was dialled.
const (
	choseNobody  = "nobody"
	choseWait    = "wait"
	choseRefused = "refused"
)

// Results of a call to a patient; casestore.Attempt has them all.
const (
	resultReached   = "reached"
	resultMessage   = "message"
	resultNoAnswer  = "no_answer"
	resultBusy      = "busy"
	resultFailed    = "failed"
	resultCut       = "cut"
	resultWrong     = "wrong_number"
	resultOptedOut  = "opted_out"
	resultOtherTime = "other_time"
	resultUnknown   = "unknown"
)

// accepted gives the leg of the coordinator who took the call; -1 for none.
func accepted(t *casestore.Transfer) int {
	return slices.IndexFunc(t.Legs, func(l casestore.Leg) bool { return t.Taken != "" && l.Coordinator == t.Taken && l.Round == t.Round })
}

// there says whether the coordinator who took the call is still on the line.
func there(t *casestore.Transfer) bool {
	i := accepted(t)
	return i >= 0 && t.Legs[i].State == casestore.LegAccepted
}

// moveOut does whatever an outreach call, as it stands now, still wants. It may be
// called any number of times, by any replica.
func (s *Server) moveOut(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	err := s.findLost(ctx, p, t)
	if err != nil || t.Out.Settled {
		return err
	}
	if t, err = s.store.Transfer(ctx, p, t.ID); err != nil {
		return err
	}
	if t.Out.Bot {
		return s.moveBot(ctx, p, t)
	}
	if t.State == casestore.TransferWaiting {
		return s.seekCoordinator(ctx, p, t)
	}
	if err := s.letGo(ctx, p, t); err != nil {
		return err
	}
	if t.State == casestore.TransferLeft {
		// Nobody is left alone in a room where nobody comes.
		if err := s.tellCoordinator(ctx, p, t); err != nil {
			return err
		}
		return s.settleOut(ctx, p, t)
	}
	if t, err = s.movePatient(ctx, p, t); err != nil {
		return err
	}
	if s.inEmptyRoom(t) {
		if err := s.tellCoordinator(ctx, p, t); err != nil {
			return err
		}
	}
	if t, err = s.askHow(ctx, p, t); err != nil {
		return err
	}
	if t.Out.Disposition == "" || patientOn(t) {
		return nil
	}
	return s.settleOut(ctx, p, t)
}

// inEmptyRoom says whether a coordinator is to be taken out of the room: nobody has
// come, or the patient has left and the room has not noticed.
func (s *Server) inEmptyRoom(t *casestore.Transfer) bool {
	o := t.Out
	switch {
	case o.State != casestore.LegOver:
		return false
	case o.Status != string(twilio.CallCompleted):
		return o.Disposition != ""
	}
	return o.Disposition == "" && s.now().Sub(o.Ended) >= lostAfter
}

// patientOn says whether the patient's telephone rings or somebody is on it.
func patientOn(t *casestore.Transfer) bool {
	switch t.Out.State {
	case casestore.LegAsked, casestore.LegDialling, casestore.LegRinging, casestore.LegAnswered:
		return true
	}
	return false
}

// seekCoordinator rings coordinators until one takes the call or the time is up.
// Then the patient is not dialled.
func (s *Server) seekCoordinator(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	past := s.now().Sub(t.Opened)
	if past+shortestRing > outTotal && !t.Live() || past > outTotal+claimed {
		_, err := s.moveTransfer(ctx, p, t.ID, func(t *casestore.Transfer) bool {
			waits := t.State == casestore.TransferWaiting
			t.State, t.Choice = casestore.TransferLeft, choseNobody
			return waits
		})
		return err
	}
	t, err := s.chooseMore(ctx, p, t)
	if err != nil {
		return err
	}
	for i, leg := range t.Legs {
		if leg.State == casestore.LegAsked {
			if err := s.ring(ctx, p, t.ID, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// moveTransfer changes a transfer that opens no tasks.
func (s *Server) moveTransfer(ctx context.Context, p casestore.Partition, id string, move func(*casestore.Transfer) bool) (*casestore.Transfer, error) {
	return s.store.MoveTransfer(ctx, p, id, func(t *casestore.Transfer) ([]*casestore.Task, bool) { return nil, move(t) })
}

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
	mine, id := false, t.ID
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

// tellCoordinator takes a coordinator out of an empty room, to hear what became of
// the call.
func (s *Server) tellCoordinator(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	i := accepted(t)
	if i < 0 || t.Legs[i].State != casestore.LegAccepted || t.Out.Told {
		return nil
	}
	mine := false
	t, err := s.moveTransfer(ctx, p, t.ID, func(t *casestore.Transfer) bool {
		mine = !t.Out.Told
		t.Out.Told = true
		return mine
	})
	if err != nil || !mine {
		return err
	}
	_, err = s.dialer.UpdateCall(ctx, t.Legs[i].Call, twilio.CallUpdate{URL: s.absolute(s.legURL(pathAfterTalk, p, t.ID, i))})
	return over(err)
}

// askHow sees to it that somebody says how an answered call went: the coordinator
// is rung and asked, and in the end a person finds it on the list.
func (s *Server) askHow(ctx context.Context, p casestore.Partition, t *casestore.Transfer) (*casestore.Transfer, error) {
	i := accepted(t)
	o := t.Out
	if o.Disposition != "" || patientOn(t) || o.State == "" || i < 0 {
		return t, nil
	}
	leg := t.Legs[i]
	if leg.State != casestore.LegOver {
		if s.now().Sub(later(later(leg.At, o.Ended), o.AskedAt)) < silentFor {
			return t, nil
		}
		return t, s.askThere(ctx, p, t, i)
	}
	if s.now().Sub(later(leg.At, o.AskedAt)) < askAfter {
		return t, nil
	}
	mine, asked := false, o.Asked
	t, err := s.store.MoveTransfer(ctx, p, t.ID, func(t *casestore.Transfer) ([]*casestore.Task, bool) {
		mine = t.Out.Disposition == "" && t.Out.Asked == asked
		if !mine {
			return nil, false
		}
		t.Out.Asked, t.Out.AskedAt = asked+1, s.now()
		if asked < asks {
			return nil, true
		}
		t.State, t.Out.Disposition = casestore.TransferTalked, resultUnknown
		return []*casestore.Task{{ID: casestore.NewTaskID(), Kind: casestore.TaskHowItWent, Due: s.now().Add(time.Hour), Owner: leg.Coordinator,
			Phone: t.Caller, Case: t.Case, Call: o.Call, Opened: s.now()}}, true
	})
	if err != nil || !mine || asked >= asks {
		return t, err
	}
	c, ok := s.coordinatorOf(leg.Coordinator)
	if !ok {
		return t, nil
	}
	_, err = s.dialer.CreateCall(ctx, twilio.NewCall{To: private.Of(c.Number), From: s.numberOf(t.Line), URL: s.absolute(s.legURL(pathAsk, p, t.ID, i)), Ring: s.cfg.Ring})
	if err != nil {
		s.log.Warn("a coordinator cannot be asked how a call went; it is tried again", "transfer", t.ID, "err", err)
	}
	return t, nil
}

// askThere asks a coordinator who is still on the line a minute after the patient has
// left: a replica may have died on the way to that. The news that they have gone too
// may be lost as well.
func (s *Server) askThere(ctx context.Context, p casestore.Partition, t *casestore.Transfer, leg int) error {
	call, err := s.dialer.FetchCall(ctx, t.Legs[leg].Call)
	if err != nil {
		return err
	}
	if call.Status.Final() {
		return s.endLeg(ctx, p, t.ID, leg, string(call.Status), true)
	}
	if _, err := s.moveTransfer(ctx, p, t.ID, func(t *casestore.Transfer) bool {
		t.Out.Told, t.Out.AskedAt = true, s.now()
		return true
	}); err != nil {
		return err
	}
	_, err = s.dialer.UpdateCall(ctx, t.Legs[leg].Call, twilio.CallUpdate{URL: s.absolute(s.legURL(pathAfterTalk, p, t.ID, leg))})
	return over(err)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// settleOut keeps with the promise, or the task, what came of a call, once.
func (s *Server) settleOut(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	if t.Out.Settled {
		return nil
	}
	err := s.settlePromise(ctx, p, t)
	if t.Out.Task != "" {
		err = s.settleTask(ctx, p, t)
	}
	if err != nil {
		return err
	}
	_, err = s.moveTransfer(ctx, p, t.ID, func(t *casestore.Transfer) bool {
		open := !t.Out.Settled
		t.Out.Settled = true
		return open
	})
	return err
}

// settlePromise is the end of an attempt.
func (s *Server) settlePromise(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	result := t.Out.Disposition
	if err := s.keepResult(ctx, t, result); err != nil {
		return err
	}
	mine := false
	promise, err := s.store.MovePromise(ctx, p, t.Case, func(pr *casestore.Promise) (casestore.PromiseChange, bool) {
		mine = pr.Flight == t.ID
		// A call that was made counts even when the promise has moved on meanwhile.
		late := !mine && pr.State == casestore.PromiseOpen && result != "" && !slices.ContainsFunc(pr.Attempts, func(a casestore.Attempt) bool { return a.Transfer == t.ID })
		if !mine && !late {
			return casestore.PromiseChange{}, false
		}
		s.landed(pr, t)
		return casestore.PromiseChange{}, true
	})
	if errors.Is(err, casestore.ErrNotFound) {
		return nil
	}
	if err != nil || promise == nil {
		return err
	}
	if mine {
		s.metrics.attempts.WithLabelValues(either(result == "", t.Choice, result)).Inc()
	}
	if promise.State != casestore.PromiseKept {
		return nil
	}
	if mine {
		s.metrics.promises.WithLabelValues(string(promise.State)).Inc()
	}
	if err := s.closeTask(ctx, p, promise.Task, promise.Outcome); err != nil {
		return err
	}
	_, _, err = s.store.Advance(ctx, p, t.Case, casestore.StageFollowedUp, func(c *casestore.Case) { c.Newer("stage", casestore.Stamp{At: s.now(), ID: "line"}) })
	return err
}

// landed writes what came of a call into the promise.
func (s *Server) landed(pr *casestore.Promise, t *casestore.Transfer) {
	now, o := s.now(), t.Out
	note := func(what, why string, about time.Time) {
		pr.Note(casestore.Decision{At: now, What: what, Why: why, About: about})
	}
	if pr.Flight == t.ID {
		pr.Flight = ""
	}
	pr.Next = now
	switch {
	case t.Choice == choseWait:
		pr.NotBefore = now.Add(waitWhen)
		note("asked_to_wait", "", pr.NotBefore)
	case t.Choice == choseRefused:
		note("not_called", o.Why, o.Plan)
		if o.Why == WhyBound {
			pr.Unanswered++ // after a few, the supervisor has to look
			pr.NotBefore = now.Add(time.Hour)
		}
		if o.Why == WhyWindow || o.Why == WhyCaps || o.Why == WhyConsent || o.Why == WhyPaused {
			pr.NotBefore = now.Add(time.Minute)
		}
	case t.Choice == choseNobody:
		pr.Unanswered++
		pr.NotBefore = now.Add(tryAgain)
		note("nobody_took_it", "", pr.NotBefore)
	case o.Disposition == "refused" || o.Disposition == "lost":
		pr.Unanswered++ // after a few, the supervisor has to look
		pr.NotBefore = now.Add(tryAgain)
		note("not_called", o.Disposition, o.Plan)
	default:
		pr.Unanswered = 0
		pr.Attempts = append(pr.Attempts, casestore.Attempt{Transfer: t.ID, Call: o.Call, Coordinator: t.Taken, At: o.At, Result: o.Disposition, Voicemail: o.Message || o.Disposition == resultMessage})
		note("called", o.Disposition, o.At)
		if o.Disposition == resultCut {
			pr.NotBefore = now.Add(tryAgain)
		}
		if o.Disposition == resultOtherTime && !o.OtherTime.IsZero() {
			pr.Chosen, pr.ChosenHow, pr.NotBefore = o.OtherTime, "coordinator", time.Time{}
			note("chosen", "coordinator", o.OtherTime)
		}
		finish(pr, o.Disposition, now)
	}
}

// keepResult keeps what a patient said about the number itself.
func (s *Server) keepResult(ctx context.Context, t *casestore.Transfer, result string) error {
	switch result {
	case resultWrong:
		return s.store.ChangeContact(ctx, s.store.Ring().Person(t.Caller), casestore.ContactChange{Wrong: s.now()})
	case resultOptedOut:
		if t.Out.Bot {
			return nil // the key that said so has done it
		}
		return s.StopContact(ctx, t.Caller, t.Out.Call)
	}
	return nil
}

// StopContact keeps what a patient said to a coordinator: no more automated calls and
// texts.
func (s *Server) StopContact(ctx context.Context, number private.Text, call string) error {
	if err := s.journalStop(s.store.Ring().Person(number), "coordinator", call); err != nil {
		return err
	}
	return s.store.OptOutNumber(ctx, number, casestore.OptOut{At: s.now(), How: "coordinator", Call: call})
}

// journalStop has an opt-out on disk before it is acknowledged (rules.md 3.4).
func (s *Server) journalStop(person casestore.PersonID, how, ref string) error {
	if err := s.journal.Append(casestore.JournalEntry{At: s.now(), Person: person, What: "stop", How: how, Ref: ref}); err != nil {
		return fmt.Errorf("ivr: journal: %w", err)
	}
	return nil
}
