package ivr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

// A call that an automated voice begins is an outreach call without a coordinator:
// the patient is dialled at once and hears the script "reach", which is a
// conversation like that of somebody who calls in. Who wants to talk is passed on by
// the same machinery. What came of the call is read from where it stopped.

const (
	// howWithin is how long after a talk its result is waited for.
	howWithin = 10 * time.Minute
	// reachWaits is how long who was called, and wants to talk, is kept waiting.
	reachWaits = time.Minute
	// soon is within what somebody calls who asked for a person and got none.
	soon = 30 * time.Minute
	// detects is how long a greeting is listened to at most, for its end.
	detects = 30 * time.Second
)

// Results of a call that a voice began; casestore.Attempt has them all.
const (
	resultNoKey      = "no_key"
	resultNotPatient = "not_patient"
	resultNobody     = "nobody"
	resultMachine    = "machine"
)

// WhyConsent is why a voice does not begin a call: the patient has not agreed, or
// not any more.
const WhyConsent = "consent"

// moveBot does whatever a call that a voice begins still wants.
func (s *Server) moveBot(ctx context.Context, p casestore.Partition, t *casestore.Transfer) error {
	o := t.Out
	silent := s.now().Sub(o.At) >= silentFor
	var err error
	switch {
	case t.State == casestore.TransferLeft:
		return s.settleOut(ctx, p, t)
	case o.State == casestore.LegAsked:
		err = s.dialPatient(ctx, p, t)
	case o.State == casestore.LegDialling && s.now().Sub(o.At) >= lostAfter:
		err = s.findPatient(ctx, p, t)
	case o.Message && o.State == casestore.LegAnswered:
		err = s.playMessage(ctx, p, t)
	case patientOn(t) && o.Call != "" && o.Disposition != "" && !o.Message:
		err = s.hangUpPatient(ctx, p, t) // a machine, and no message is allowed
	case patientOn(t) && o.Call != "" && silent:
		err = s.refreshPatient(ctx, p, t)
	}
	if err != nil {
		return err
	}
	if t, err = s.store.Transfer(ctx, p, t.ID); err != nil {
		return err
	}
	if t.State == casestore.TransferLeft {
		return s.settleOut(ctx, p, t)
	}
	if patientOn(t) {
		return nil
	}
	if t.Out.Disposition == "" {
		if t, err = s.heardOut(ctx, p, t); err != nil || t.Out.Disposition == "" {
			return err
		}
	}
	return s.settleOut(ctx, p, t)
}

// heardOut reads from the conversation what came of a call; after a talk only the
// coordinator knows, who is asked by key, and by a task in the end.
func (s *Server) heardOut(ctx context.Context, p casestore.Partition, t *casestore.Transfer) (*casestore.Transfer, error) {
	home := s.store.Ring().Person(t.Caller).Partition()
	c, err := s.store.Conversation(ctx, home, t.Out.Call)
	if err != nil && !errors.Is(err, casestore.ErrNotFound) {
		return t, err
	}
	result, owner := resultNoKey, ""
	if err == nil {
		if result, owner, err = s.resultOf(ctx, home, c); err != nil {
			return t, err
		}
	}
	var task *casestore.Task
	if result == "" {
		if s.now().Sub(t.Out.Ended) < howWithin {
			return t, nil
		}
		result = resultUnknown
		task = &casestore.Task{ID: "th" + t.ID, Kind: casestore.TaskHowItWent, Due: s.now().Add(time.Hour), Owner: owner, Phone: t.Caller,
			Case: t.Case, Call: t.Out.Call, Opened: s.now()}
	}
	return s.store.MoveTransfer(ctx, p, t.ID, func(t *casestore.Transfer) ([]*casestore.Task, bool) {
		if t.Out.Disposition != "" {
			return nil, false
		}
		t.State, t.Out.Disposition = casestore.TransferTalked, result
		if task == nil {
			return nil, true
		}
		return []*casestore.Task{task}, true
	})
}

// resultOf gives a call's result by where the conversation stopped; "" where the
// coordinator whom it names has it.
func (s *Server) resultOf(ctx context.Context, p casestore.Partition, c *casestore.Conversation) (result, owner string, err error) {
	if c.Transfer != "" {
		t, err := s.store.Transfer(ctx, p, c.Transfer)
		if err != nil && !errors.Is(err, casestore.ErrNotFound) {
			return "", "", err
		}
		if err == nil && (t.State == casestore.TransferTaken || t.State == casestore.TransferTalked) {
			return "", t.Taken, nil
		}
	}
	switch {
	case c.State.At == "reach.wrong":
		return resultWrong, "", nil
	case c.State.At == "reach.stopped", c.State.At == "stop.stopped":
		return resultOptedOut, "", nil
	case c.State.At == "reach.chosen":
		return resultOtherTime, "", nil
	case c.State.At == "reach.not_me", c.State.At == "reach.asked":
		return resultNotPatient, "", nil
	case c.Transfer != "", c.State.Script() == "person", c.State.Script() == "message", c.State.Script() == "callback",
		c.State.At == "reach.none", c.State.At == "reach.soon":
		return resultNobody, "", nil
	}
	return resultNoKey, "", nil
}

// reach is the telephone being answered that a voice has called.
func (s *Server) reach(ctx context.Context, req request) (*casestore.Conversation, string, error) {
	p, err := casestore.ParsePartition(req.query.Get(paramPartition))
	if err != nil {
		return nil, "", err
	}
	c, err := s.store.Conversation(ctx, req.who.id.Partition(), req.who.call)
	if err == nil {
		return c, "repeat", nil
	}
	if !errors.Is(err, casestore.ErrNotFound) {
		return nil, "", err
	}
	t, err := s.store.Transfer(ctx, p, req.query.Get(paramTransfer))
	if err != nil {
		return nil, "", err
	}
	if t.Out == nil || !t.Out.Bot {
		return nil, "", fmt.Errorf("ivr: transfer %s is no call that a voice begins", t.ID)
	}
	if err := s.patientIs(ctx, p, t.ID, req.who.call, casestore.LegAnswered, ""); err != nil {
		return nil, "", err
	}
	tn := &turn{s: s, who: req.who, c: &casestore.Conversation{
		Call: req.who.call, Token: req.who.token, Line: req.who.line.Name, Caller: req.who.number, Started: req.who.now, Language: s.spokenHere(t.Language),
		Named: t.Case, NamedPlace: p, LastFour: t.LastFour, Coordinator: t.Assigned, Reach: t.ID,
	}}
	tn.c.Home, tn.c.ZoneKnown = s.place(req.who)
	tn.c.State, tn.out = s.book.Start(toReach, tn.env())
	if c, err = tn.commit(ctx); err == nil {
		return c, "next", nil
	}
	return s.again(ctx, req, err)
}

// machine hears what machine detection makes of who picked up. It is used for the
// time of a message alone: who has pressed a key is no machine, whatever it
// says.
func (s *Server) machine(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), turnLimit)
	defer cancel()
	form := twilio.FormOf(r)
	by := form.Get("AnsweredBy")
	if !strings.HasPrefix(by, "machine_end") && by != "fax" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if err := s.isMachine(ctx, r, form.Get("CallSid"), by == "fax"); err != nil && !errors.Is(err, casestore.ErrNotFound) {
		s.log.Error("a machine that was called is not dealt with", "transfer", r.URL.Query().Get(paramTransfer), "err", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) isMachine(ctx context.Context, r *http.Request, call string, fax bool) error {
	req, err := s.aboutTransfer(ctx, r)
	if err != nil || req.t.Out == nil || !req.t.Out.Bot {
		return err
	}
	c, err := s.store.Conversation(ctx, s.store.Ring().Person(req.t.Caller).Partition(), call)
	if err != nil && !errors.Is(err, casestore.ErrNotFound) {
		return err
	}
	if err == nil && c.State.At != toReach && c.State.At != "reach.bye" {
		return nil
	}
	_, err = s.moveTransfer(ctx, req.p, req.id, func(t *casestore.Transfer) bool {
		news := t.Out.Disposition == "" && patientOn(t) && t.Out.Call == call
		switch {
		case !news:
		case fax:
			t.Out.Disposition = resultFailed
		case t.Out.Voicemail:
			t.Out.Message, t.Out.Disposition = true, resultMessage
		default:
			t.Out.Disposition = resultMachine
		}
		return news
	})
	return err
}

// callSoon opens the task of the call that "H2-none" promises.
func (t *turn) callSoon() {
	task := t.owe(casestore.TaskCallBack, t.who.number, "")
	// They are at the telephone now: half of the time is for finding somebody.
	task.Due, task.About, task.Ring = t.who.now.Add(soon), true, t.who.now.Add(soon/2)
}

// partedReach asks the coordinator how a talk went that a voice began.
func (s *Server) partedReach(ctx context.Context, req waited) (twilio.Document, error) {
	t, err := s.store.Transfer(ctx, req.t.CasePlace, req.t.Reach)
	if errors.Is(err, casestore.ErrNotFound) {
		return twilio.Document{twilio.Hangup{}}, nil
	}
	if err != nil {
		return nil, err
	}
	return s.asksHow(waited{t: t, p: req.t.CasePlace, id: t.ID, r: req.r}, "1"), nil
}

// botCall is what Twilio is asked for when a voice begins a call.
func (s *Server) botCall(p casestore.Partition, t *casestore.Transfer) twilio.NewCall {
	return twilio.NewCall{
		To: t.Caller, From: s.numberOf(t.Line), URL: s.absolute(s.transferURL(pathReach, p, t.ID)), FallbackURL: s.root + pathFallback,
		StatusCallback: s.absolute(s.transferURL(pathPatientStatus, p, t.ID)), StatusEvents: []string{"ringing", "answered", "completed"}, Ring: patientRings,
		MachineDetection: "DetectMessageEnd", MachineTimeout: detects, MachineCallback: s.absolute(s.transferURL(pathMachine, p, t.ID)),
	}
}

// outboundAs turns a call round that we made: who was called is whom we talk with.
func outboundAs(voice twilio.VoiceForm) (from, to private.Text) {
	if voice.Direction == twilio.OutboundAPI {
		return private.Of(voice.To.Reveal()), private.Of(voice.From.Reveal())
	}
	return private.Of(voice.From.Reveal()), private.Of(voice.To.Reveal())
}
