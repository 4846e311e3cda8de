package ivr

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

func (s *Server) outreachRoutes(r *mux.Router) {
	r.HandleFunc(pathPatient, s.onTransferOr(twilio.Voice, s.patient, s.patientBlind)).Methods(http.MethodPost)
	r.HandleFunc(pathApart, s.onTransfer(twilio.Voice, s.apart)).Methods(http.MethodPost)
	r.HandleFunc(pathPatientStatus, s.patientStatus).Methods(http.MethodPost)
	r.HandleFunc(pathAfterTalk, s.onTransfer(twilio.Voice, s.afterTalk)).Methods(http.MethodPost)
	r.HandleFunc(pathStar, s.onTransfer(twilio.Voice, s.star)).Methods(http.MethodPost)
	r.HandleFunc(pathHow, s.onTransfer(twilio.Voice, s.how)).Methods(http.MethodPost)
	r.HandleFunc(pathWhen, s.onTransfer(twilio.Voice, s.when)).Methods(http.MethodPost)
	r.HandleFunc(pathAsk, s.onTransfer(twilio.Voice, s.ask)).Methods(http.MethodPost)
}

// outVars fills in what an outreach prompt says.
func (s *Server) outVars(id string, t *casestore.Transfer) map[string]private.Text {
	vars := map[string]private.Text{}
	for _, name := range s.words.Vars(id) {
		switch name {
		case "LCASE":
			vars[name] = t.LastFour
		case "DUE":
			vars[name] = private.Of(s.spoken(t.Out.Due))
		case "ORG":
			vars[name] = private.Of(s.cfg.Organisation)
		case "SPOKENPHONE":
			vars[name] = private.Of(s.numberOf(t.Line))
		case "HOURS":
			vars[name] = private.Of(s.cfg.Hours)
		}
	}
	return vars
}

func (s *Server) outSay(t *casestore.Transfer, id string) twilio.Say {
	return s.say(english, id, s.outVars(id, t))
}

// outWhisper is what a coordinator hears who is rung for a call that we owe: which
// request, by when, and what the keys do.
func (s *Server) outWhisper(t *casestore.Transfer) []twilio.Prompt {
	if t.Out.Task == "" {
		return []twilio.Prompt{s.outSay(t, "H-a")}
	}
	kind := "T-kind-" + string(t.Out.Kind)
	if s.words.Version(english, kind) == "" {
		kind = "T-kind-other"
	}
	out := []twilio.Prompt{s.outSay(t, kind)}
	if !t.LastFour.Empty() {
		out = append(out, s.outSay(t, "T-case"))
	}
	if t.Wanted != "" {
		out = append(out, s.outSay(t, "T-language"))
	}
	return append(out, s.outSay(t, either(s.now().After(t.Out.Due), "T-overdue", "T-due")), s.outSay(t, "H-keys"))
}

// outAccept is the key that the coordinator pressed.
func (s *Server) outAccept(ctx context.Context, req waited, leg casestore.Leg) (twilio.Document, error) {
	switch key := twilio.FormOf(req.r).Get("Digits"); {
	case key == "1", leg.State == casestore.LegAccepted: // the answer to the key may have been lost
		return s.outTake(ctx, req, leg)
	case key == "2":
		return s.outWait(ctx, req)
	case key == "3":
		if err := s.endLeg(ctx, req.p, req.id, req.leg, "declined", false); err != nil {
			return nil, err
		}
		return twilio.Document{s.say(english, "F-w-pass", nil), twilio.Hangup{}}, nil
	}
	if req.r.URL.Query().Get(paramHolds) == "1" {
		return s.whisperGather(req, "2", s.outWhisper(req.t)...), nil
	}
	return twilio.Document{twilio.Hangup{}}, s.endLeg(ctx, req.p, req.id, req.leg, "silent", false)
}

// outTake puts the coordinator into the room, and has the patient dialled. What
// forbids the call is said at once.
func (s *Server) outTake(ctx context.Context, req waited, leg casestore.Leg) (twilio.Document, error) {
	if leg.State == casestore.LegAccepted { // asked again
		if patientOn(req.t) {
			return s.room(req, "H-a2", false), nil
		}
		return s.afterTalk(ctx, req)
	}
	why, err := s.mayDial(ctx, req.p, req.t)
	if err != nil {
		return nil, err
	}
	call := twilio.FormOf(req.r).Get("CallSid")
	first := false
	t, err := s.moveTransfer(ctx, req.p, req.id, func(t *casestore.Transfer) bool {
		first = t.State == casestore.TransferWaiting && t.Legs[req.leg].State != casestore.LegOver
		switch {
		case !first:
		case why != "":
			t.State, t.Choice, t.Out.Why = casestore.TransferLeft, choseRefused, why
		default:
			t.State, t.Taken, t.Out.State = casestore.TransferTaken, leg.Coordinator, casestore.LegAsked
			t.Legs[req.leg].State, t.Legs[req.leg].Call, t.Legs[req.leg].At = casestore.LegAccepted, call, s.now()
		}
		return first
	})
	if err != nil {
		return nil, err
	}
	if t.Out.Why != "" {
		return s.off(t), s.endLeg(ctx, req.p, req.id, req.leg, "refused", false)
	}
	if doc := s.outTooLate(t, req.leg); doc != nil {
		return doc, s.endLeg(ctx, req.p, req.id, req.leg, "late", false)
	}
	if err := s.store.HoldCoordinator(ctx, leg.Coordinator, req.id, call); err != nil {
		s.log.Warn("a coordinator is not marked as busy", "coordinator", leg.Coordinator, "err", err)
	}
	return s.room(req, "H-a2", false), nil
}

// outTooLate tells a coordinator that there is nothing to take; nil where there is.
func (s *Server) outTooLate(t *casestore.Transfer, leg int) twilio.Document {
	switch {
	case t.State == casestore.TransferWaiting, t.Legs[leg].State == casestore.LegAccepted:
		return nil
	case t.State == casestore.TransferTaken || t.State == casestore.TransferTalked:
		return twilio.Document{s.say(english, "F-w-late", nil), twilio.Hangup{}}
	}
	return twilio.Document{s.say(english, "H-off-moved", nil), twilio.Hangup{}}
}

// off says why the patient is not called.
func (s *Server) off(t *casestore.Transfer) twilio.Document {
	id := "H-off-" + t.Out.Why
	if s.words.Version(english, id) == "" {
		id = "H-off-trouble"
	}
	return twilio.Document{s.say(english, id, nil), twilio.Hangup{}}
}

// outWait puts the call off, for everybody who is being rung.
func (s *Server) outWait(ctx context.Context, req waited) (twilio.Document, error) {
	t, err := s.moveTransfer(ctx, req.p, req.id, func(t *casestore.Transfer) bool {
		waits := t.State == casestore.TransferWaiting
		t.State, t.Choice = casestore.TransferLeft, choseWait
		return waits
	})
	if err != nil {
		return nil, err
	}
	if doc := s.outTooLate(t, req.leg); doc != nil && t.Choice != choseWait {
		return doc, s.endLeg(ctx, req.p, req.id, req.leg, "late", false)
	}
	return twilio.Document{s.say(english, "H-wait30", nil), twilio.Hangup{}}, s.endLeg(ctx, req.p, req.id, req.leg, "asked_to_wait", false)
}

// room is the conference as the coordinator enters it: with music until the patient
// comes, or back into the talk.
func (s *Server) room(req waited, first string, back bool) twilio.Document {
	music := s.base + pathMusic
	c := twilio.Conference{Name: req.id, EndOnExit: true, Beep: "false", WaitURL: &music, WaitMethod: http.MethodGet}
	if !back {
		no := false
		c.StartOnEnter = &no
	}
	var doc twilio.Document
	if first != "" {
		doc = append(doc, s.outSay(req.t, first))
	}
	return append(doc, twilio.Dial{HangupOnStar: true, Action: s.absolute(s.legURL(pathAfterTalk, req.p, req.id, req.leg)), Nouns: []twilio.Noun{c}})
}

// patient is the patient's telephone being answered: a person is there already. If
// that person has just gone, a sentence is better than silence.
func (s *Server) patient(ctx context.Context, req waited) (twilio.Document, error) {
	call := twilio.FormOf(req.r).Get("CallSid")
	if req.t.Out == nil {
		return twilio.Document{twilio.Hangup{}}, nil
	}
	if !there(req.t) {
		err := s.patientIs(ctx, req.p, req.id, call, casestore.LegOver, "cut")
		return twilio.Document{s.say(s.spokenHere(req.t.Language), "H-cut", s.outVars("H-cut", req.t)), twilio.Hangup{}}, err
	}
	if err := s.patientIs(ctx, req.p, req.id, call, casestore.LegAnswered, ""); err != nil {
		return nil, err
	}
	return s.seat(req, req.t.Out.Stars), nil
}

// patientBlind is the patient's telephone being answered while nothing can be looked
// up: somebody was there a moment ago, and that they meet needs no look-up.
func (s *Server) patientBlind(req waited) twilio.Document { return s.seat(req, 0) }

// seat is the conference as the patient enters it.
func (s *Server) seat(req waited, stars int) twilio.Document {
	silence := ""
	return twilio.Document{twilio.Dial{Action: s.apartURL(req, stars, false), Nouns: []twilio.Noun{
		twilio.Conference{Name: req.id, EndOnExit: true, Beep: "false", WaitURL: &silence},
	}}}
}

// apartURL is absolute, as every address must be in an answer to a call that was
// moved over REST (twilio.md 1.5: 11100).
func (s *Server) apartURL(req waited, stars int, again bool) string {
	return s.absolute(s.transferURL(pathApart, req.p, req.id)) + "&" + paramStars + "=" + strconv.Itoa(stars) + "&" + paramHolds + "=" + either(again, "1", "0")
}

// longestApart is how many seconds a patient is kept while the coordinator is out of
// the room.
const longestApart = 30

// apart is the patient whose coordinator has left the room, for a moment or for good.
// It is not known yet which, so the patient waits next door, in silence: the star key
// brings them back (star), and a coordinator who has gone ends the call (moveOut).
func (s *Server) apart(_ context.Context, req waited) (twilio.Document, error) {
	o := req.t.Out
	joined, _ := strconv.Atoi(req.r.URL.Query().Get(paramStars))
	again := req.r.URL.Query().Get(paramHolds) == "1"
	switch {
	case o == nil || !there(req.t) && !o.Message:
		return twilio.Document{twilio.Hangup{}}, nil
	case o.Stars > joined && !o.Apart && !o.Message:
		return s.seat(req, o.Stars), nil
	case again:
		return twilio.Document{twilio.Hangup{}}, nil
	}
	silence := ""
	return twilio.Document{twilio.Dial{Action: s.apartURL(req, joined, true), TimeLimit: longestApart, Nouns: []twilio.Noun{
		twilio.Conference{Name: req.id + ".apart", EndOnExit: true, Beep: "false", WaitURL: &silence},
	}}}, nil
}

// patientStatus hears how far the patient's telephone has come, in any order.
func (s *Server) patientStatus(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), turnLimit)
	defer cancel()
	form, err := twilio.DecodeCallStatus(twilio.FormOf(r))
	if err != nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	req, err := s.aboutTransfer(ctx, r)
	if err == nil {
		switch {
		case form.CallStatus.Final():
			err = s.patientIs(ctx, req.p, req.id, form.CallSID, casestore.LegOver, string(form.CallStatus))
		case form.CallStatus == twilio.CallRinging:
			err = s.patientIs(ctx, req.p, req.id, form.CallSID, casestore.LegRinging, "")
		case form.CallStatus == twilio.CallInProgress:
			err = s.patientIs(ctx, req.p, req.id, form.CallSID, casestore.LegAnswered, "")
		}
	}
	if err == nil && form.CallStatus.Final() && req.t.Out != nil && req.t.Out.Bot {
		err = s.left(ctx, r) // as for who called in: what was offered is owed
	}
	if err != nil {
		s.log.Error("how a call to a patient goes is not kept", "transfer", r.URL.Query().Get(paramTransfer), "err", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
