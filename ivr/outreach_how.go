package ivr

import (
	"context"
	"slices"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

// afterTalk is the coordinator out of the room: with star, or because the call is
// over.
func (s *Server) afterTalk(ctx context.Context, req waited) (twilio.Document, error) {
	o := req.t.Out
	switch {
	case o == nil:
		return twilio.Document{twilio.Hangup{}}, nil
	case o.Why != "":
		return s.off(req.t), nil
	case twilio.CallStatus(twilio.FormOf(req.r).Get("CallStatus")).Final():
		return twilio.Document{twilio.Hangup{}}, nil // they have hung up
	case o.State == casestore.LegAnswered:
		call, err := s.dialer.FetchCall(ctx, o.Call)
		if err == nil && !call.Status.Final() {
			return s.stepOut(ctx, req)
		}
		if err == nil {
			err = s.patientIs(ctx, req.p, req.id, o.Call, casestore.LegOver, string(call.Status))
		}
		return s.tellsHow(ctx, req), err
	case patientOn(req.t):
		return s.room(req, "", false), nil // star while it rings
	}
	switch o.Disposition {
	case resultNoAnswer:
		return s.bye("H-no-answer"), nil
	case resultBusy:
		return s.bye("H-busy"), nil
	case resultFailed, resultCut:
		return s.bye("H-failed"), nil
	case "refused", "lost":
		return s.bye("H-off-trouble"), nil
	case "":
		return s.tellsHow(ctx, req), nil
	}
	return s.bye("H-noted"), nil
}

// tellsHow asks a coordinator who is out of the room how it went.
func (s *Server) tellsHow(ctx context.Context, req waited) twilio.Document {
	if _, err := s.moveTransfer(ctx, req.p, req.id, func(t *casestore.Transfer) bool {
		news := !t.Out.Told
		t.Out.Told = true
		return news
	}); err != nil {
		s.log.Warn("a coordinator may be asked twice how a call went", "transfer", req.id, "err", err)
	}
	return s.asksHow(req, "1")
}

func (s *Server) bye(id string) twilio.Document {
	return twilio.Document{s.say(english, id, nil), twilio.Hangup{}}
}

func (s *Server) stepOut(ctx context.Context, req waited) (twilio.Document, error) {
	_, err := s.moveTransfer(ctx, req.p, req.id, func(t *casestore.Transfer) bool {
		t.Out.Apart = true
		t.Out.Stars++
		return true
	})
	none := ""
	return twilio.Document{twilio.Gather{Action: s.absolute(s.legURL(pathStar, req.p, req.id, req.leg)), NumDigits: 1, FinishOnKey: &none, Timeout: "4",
		ActionOnEmptyResult: true, Prompts: []twilio.Prompt{s.say(english, "H-star", nil)}}}, err
}

// star is what the coordinator wants out of the room: 2 plays the standard message,
// anything else goes back.
func (s *Server) star(ctx context.Context, req waited) (twilio.Document, error) {
	message := twilio.FormOf(req.r).Get("Digits") == "2" && req.t.Out.Voicemail
	t, err := s.moveTransfer(ctx, req.p, req.id, func(t *casestore.Transfer) bool {
		t.Out.Apart = false
		if message && !t.Out.Message {
			t.Out.Message, t.Out.Disposition, t.State = true, resultMessage, casestore.TransferTalked
		}
		return true
	})
	switch {
	case err != nil:
		return nil, err
	case t.Out.Message:
		return s.bye("H-message-on"), nil
	}
	if patientOn(t) {
		if _, err := s.dialer.UpdateCall(ctx, t.Out.Call, twilio.CallUpdate{URL: s.absolute(s.transferURL(pathPatient, req.p, req.id))}); over(err) != nil {
			// They come back by themselves when the time next door is over.
			s.log.Warn("a patient is not called back into the room", "transfer", req.id, "err", err)
		}
	}
	return s.room(req, either(twilio.FormOf(req.r).Get("Digits") == "2", "H-no-message", ""), true), nil
}

// asksHow asks how the call went.
func (s *Server) asksHow(req waited, try string, before ...twilio.Prompt) twilio.Document {
	none := ""
	return twilio.Document{twilio.Gather{Action: s.absolute(s.legURL(pathHow, req.p, req.id, req.leg)) + "&" + paramHolds + "=" + try, NumDigits: 1, FinishOnKey: &none,
		Timeout: "10", ActionOnEmptyResult: true, Prompts: append(before, s.say(english, "H-disp", nil), s.say(english, "H-disp-time", nil))}}
}

// ask is a coordinator who is rung because nobody has said how a call went.
func (s *Server) ask(_ context.Context, req waited) (twilio.Document, error) {
	if req.t.Out == nil || req.t.Out.Disposition != "" {
		return s.bye("H-noted"), nil
	}
	return s.asksHow(req, "1", s.outSay(req.t, "H-ask")), nil
}

var dispositions = map[string]string{"1": resultReached, "2": resultMessage, "3": resultNoAnswer, "4": resultWrong, "5": resultOptedOut}

// how is what the coordinator says of the call.
func (s *Server) how(ctx context.Context, req waited) (twilio.Document, error) {
	key := twilio.FormOf(req.r).Get("Digits")
	if req.t.Out == nil || req.t.Out.Disposition != "" {
		return s.bye("H-noted"), nil
	}
	if key == "6" {
		if times := s.outTimes(req.t); len(times) > 0 {
			none := ""
			return twilio.Document{twilio.Gather{Action: s.absolute(s.legURL(pathWhen, req.p, req.id, req.leg)), NumDigits: 1, FinishOnKey: &none, Timeout: "10",
				ActionOnEmptyResult: true, Prompts: append([]twilio.Prompt{s.say(english, "H-other-time", nil)}, s.timePrompts(times)...)}}, nil
		}
	}
	if result := dispositions[key]; result != "" {
		return s.bye("H-noted"), s.dispose(ctx, req, result, time.Time{})
	}
	if req.r.URL.Query().Get(paramHolds) == "1" {
		return s.asksHow(req, "2"), nil
	}
	return s.bye("H-not-noted"), nil
}

// when is the time that the patient asked the coordinator for.
func (s *Server) when(ctx context.Context, req waited) (twilio.Document, error) {
	kind := map[string]string{"1": "today", "2": "morning", "3": "afternoon", "4": "evening"}[twilio.FormOf(req.r).Get("Digits")]
	times := s.outTimes(req.t)
	i := slices.IndexFunc(times, func(x Slot) bool { return x.Kind == kind })
	if i < 0 {
		return s.asksHow(req, "2"), nil
	}
	return s.bye("H-noted"), s.dispose(ctx, req, resultOtherTime, times[i].At)
}

func (s *Server) dispose(ctx context.Context, req waited, result string, other time.Time) error {
	_, err := s.moveTransfer(ctx, req.p, req.id, func(t *casestore.Transfer) bool {
		open := t.Out.Disposition == ""
		if open {
			t.State, t.Out.Disposition, t.Out.OtherTime = casestore.TransferTalked, result, other
		}
		return open
	})
	return err
}

// outTimes gives the times that can be promised to the patient.
func (s *Server) outTimes(t *casestore.Transfer) []Slot {
	return s.slots(s.now(), s.zonesOf(nil, t.Caller))
}

func (s *Server) timePrompts(times []Slot) []twilio.Prompt {
	var out []twilio.Prompt
	for _, slot := range times {
		switch {
		case slot.Kind == "today":
			out = append(out, s.say(english, "cb-today", nil))
		case slot.Tomorrow:
			out = append(out, s.say(english, "cb-tomorrow-"+slot.Kind, nil))
		default:
			out = append(out, s.say(english, "cb-day-"+slot.Kind, map[string]private.Text{"DAY": private.Of(s.spoken(slot.At))}))
		}
	}
	return out
}
