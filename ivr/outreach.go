package ivr

import (
	"context"
	"slices"
	"time"

	"secondline/casestore"
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
