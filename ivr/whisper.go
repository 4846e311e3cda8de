package ivr

import (
	"context"
	"net/http"
	"strconv"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

func legOf(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// theLeg gives the leg that a request is about; none for an address that was made
// up.
func (w waited) theLeg() (casestore.Leg, bool) {
	if w.leg < 0 || w.leg >= len(w.t.Legs) {
		return casestore.Leg{}, false
	}
	return w.t.Legs[w.leg], true
}

// whisper is what a coordinator hears who answers: who is there and why. Only key
// 1 takes the call, so a voicemail box never gets a patient.
func (s *Server) whisper(ctx context.Context, req waited) (twilio.Document, error) {
	if _, ok := req.theLeg(); !ok {
		return twilio.Document{twilio.Hangup{}}, nil
	}
	if doc := s.tooLate(req.t, req.leg); doc != nil {
		return doc, nil
	}
	err := s.setLeg(ctx, req.p, req.id, req.leg, func(l *casestore.Leg) bool {
		news := l.State == casestore.LegRinging || l.State == casestore.LegDialling
		l.State, l.Call, l.At = casestore.LegAnswered, twilio.FormOf(req.r).Get("CallSid"), s.now()
		return news
	})
	if err != nil {
		return nil, err
	}
	if req.t.Out != nil {
		return s.whisperGather(req, "1", s.outWhisper(req.t)...), nil
	}
	reason := s.reasonWords(req.t)
	return s.whisperGather(req, "1", s.say(english, "F-w", map[string]private.Text{"REASON": private.Of(reason)})), nil
}

// reasonWords says why the caller wants a person, and in which language.
func (s *Server) reasonWords(t *casestore.Transfer) string {
	words := func(id string) string {
		text, err := s.words.Text(english, id, nil)
		if err != nil {
			return ""
		}
		return text
	}
	text := words("reason-" + t.Reason)
	if text == "" {
		text = words("reason-caller")
	}
	switch t.Wanted {
	case "":
	case "other":
		text += " " + words("reason-interpreter")
	case "es":
		text += " " + words("reason-spanish")
	default:
		text += " " + words("reason-language")
	}
	return text
}

func (s *Server) whisperGather(req waited, try string, prompts ...twilio.Prompt) twilio.Document {
	none := ""
	return twilio.Document{twilio.Gather{
		Action: s.legURL(pathAccept, req.p, req.id, req.leg) + "&" + paramHolds + "=" + try, NumDigits: 1, FinishOnKey: &none, Timeout: "6",
		ActionOnEmptyResult: true, Prompts: prompts,
	}}
}

// tooLate tells a coordinator that the caller is no longer waiting; nil while the
// caller is.
func (s *Server) tooLate(t *casestore.Transfer, leg int) twilio.Document {
	if t.Out != nil {
		return s.outTooLate(t, leg)
	}
	switch t.State {
	case casestore.TransferWaiting:
		return nil
	case casestore.TransferTaken, casestore.TransferTalked:
		if t.Legs[leg].State == casestore.LegAccepted {
			return nil
		}
		return twilio.Document{s.say(english, "F-w-late", nil), twilio.Hangup{}}
	}
	return twilio.Document{s.say(english, "F-w-gone", nil), twilio.Hangup{}}
}

// accept is the key that a coordinator pressed. The first 1 gets the caller.
func (s *Server) accept(ctx context.Context, req waited) (twilio.Document, error) {
	leg, ok := req.theLeg()
	if !ok {
		return twilio.Document{twilio.Hangup{}}, nil
	}
	if req.t.Out != nil {
		return s.outAccept(ctx, req, leg)
	}
	switch key := twilio.FormOf(req.r).Get("Digits"); {
	case key == "1", leg.State == casestore.LegAccepted: // the answer to the key may have been lost
		return s.take1(ctx, req, leg)
	case key == "2":
		if err := s.endLeg(ctx, req.p, req.id, req.leg, "declined", false); err != nil {
			return nil, err
		}
		return twilio.Document{s.say(english, "F-w-pass", nil), twilio.Hangup{}}, nil
	}
	if req.r.URL.Query().Get(paramHolds) == "1" {
		return s.whisperGather(req, "2", s.say(english, "F-w-again", nil)), nil
	}
	return twilio.Document{twilio.Hangup{}}, s.endLeg(ctx, req.p, req.id, req.leg, "silent", false)
}

// take1 connects the coordinator who was first; everybody else is told.
func (s *Server) take1(ctx context.Context, req waited, leg casestore.Leg) (twilio.Document, error) {
	call := twilio.FormOf(req.r).Get("CallSid")
	t, err := s.store.MoveTransfer(ctx, req.p, req.id, func(t *casestore.Transfer) ([]*casestore.Task, bool) {
		first := t.State == casestore.TransferWaiting && t.Legs[req.leg].State != casestore.LegOver
		if first {
			t.State, t.Taken = casestore.TransferTaken, leg.Coordinator
			t.Legs[req.leg].State, t.Legs[req.leg].Call, t.Legs[req.leg].At = casestore.LegAccepted, call, s.now()
		}
		return nil, first
	})
	if err != nil {
		return nil, err
	}
	if doc := s.tooLate(t, req.leg); doc != nil {
		return doc, s.endLeg(ctx, req.p, req.id, req.leg, "late", false)
	}
	if leg.State != casestore.LegAccepted {
		s.metrics.waits.Observe(s.now().Sub(t.Opened).Seconds())
	}
	if err := s.store.HoldCoordinator(ctx, leg.Coordinator, req.id, call); err != nil {
		// The talk must not fail for it: at worst the telephone is found engaged.
		s.log.Warn("a coordinator is not marked as busy", "coordinator", leg.Coordinator, "err", err)
	}
	who := s.say(english, "F-w4", nil)
	if !t.LastFour.Empty() {
		id := either(t.Verified, "F-w2", "F-w3")
		who = s.say(english, id, map[string]private.Text{"LCASE": t.LastFour})
	}
	return twilio.Document{who, twilio.Dial{
		Nouns:  []twilio.Noun{twilio.Queue{Name: req.id, URL: s.transferURL(pathJoined, req.p, req.id)}},
		Action: s.legURL(pathParted, req.p, req.id, req.leg), Timeout: 5,
	}}, nil
}

// parted is the end of a talk, or of the attempt at one: the caller may have hung
// up while the coordinator pressed 1. Then the call is owed.
func (s *Server) parted(ctx context.Context, req waited) (twilio.Document, error) {
	if dialled(twilio.FormOf(req.r)).Outcome == "talked" {
		err := s.talked(ctx, req.p, req.id)
		if err == nil && req.t.Reach != "" {
			return s.partedReach(ctx, req)
		}
		return twilio.Document{twilio.Hangup{}}, err
	}
	_, err := s.store.MoveTransfer(ctx, req.p, req.id, func(t *casestore.Transfer) ([]*casestore.Task, bool) {
		taken := t.State == casestore.TransferTaken
		t.State = casestore.TransferGone
		return s.owedFor(t), taken
	})
	return twilio.Document{s.say(english, "F-w-gone", nil), twilio.Hangup{}}, err
}

// leg hears how the telephone of a coordinator came to its end.
func (s *Server) leg(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), turnLimit)
	defer cancel()
	form, err := twilio.DecodeCallStatus(twilio.FormOf(r))
	if err != nil || !form.CallStatus.Final() {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	req, err := s.aboutTransfer(ctx, r)
	if err == nil {
		if leg, ok := req.theLeg(); ok {
			err = s.endLeg(ctx, req.p, req.id, req.leg, string(form.CallStatus), leg.State == casestore.LegAccepted)
		}
	}
	if err != nil {
		s.log.Error("the end of a coordinator's leg is not kept", "transfer", r.URL.Query().Get(paramTransfer), "err", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// faultWhisper and faultAccept are the whisper without Redis, for a caller whom
// the apology passes on.
func (s *Server) faultWhisper(w http.ResponseWriter, _ *http.Request) {
	none := ""
	reason, err := s.words.Text(english, "reason-caller", nil)
	if err != nil {
		reason = "A caller."
	}
	s.writeWhisper(w, twilio.Document{twilio.Gather{
		Action: s.base + pathFaultAccept, NumDigits: 1, FinishOnKey: &none, Timeout: "7", ActionOnEmptyResult: true,
		Prompts: []twilio.Prompt{s.say(english, "F-w", map[string]private.Text{"REASON": private.Of(reason)})},
	}})
}

// faultAccept connects who pressed 1: the end of the document does.
func (s *Server) faultAccept(w http.ResponseWriter, r *http.Request) {
	if twilio.FormOf(r).Get("Digits") == "1" {
		s.writeWhisper(w, twilio.Document{})
		return
	}
	s.writeWhisper(w, twilio.Document{twilio.Hangup{}})
}

func (s *Server) writeWhisper(w http.ResponseWriter, doc twilio.Document) {
	b, err := doc.Encode(twilio.Whisper)
	if err != nil {
		s.log.Error("a whisper could not be written", "err", err)
		b = []byte(`<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>`)
	}
	s.write(w, b)
}
