package ivr

import (
	"context"
	"errors"
	"net/http"
	"time"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/twilio"
)

// offered are the steps at which a caller waits for nothing but our promise of a
// call. Whoever hangs up there has asked for a person and got none.
var offered = map[string]bool{
	"person.nobody": true, "person.closed": true, "callback.confirm": true, "callback.number": true, "callback.number_abroad": true,
	"callback.confirm_time": true, "callback.when": true, "callback.slot_right": true, "reach.none": true,
}

// left keeps what is owed to a caller who hung up: while a call was offered, or
// while a person was being found. It changes nothing the second time.
func (s *Server) left(ctx context.Context, r *http.Request) error {
	req, err := s.understand(r)
	if err != nil {
		return err
	}
	if err := s.store.CallOver(ctx, req.who.id, req.who.call); err != nil {
		s.log.Warn("a call that is over is counted as in progress", "call", req.who.call, "err", err)
	}
	c, err := s.store.Conversation(ctx, req.who.id.Partition(), req.who.call)
	if errors.Is(err, casestore.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.SignedIn {
		if err := s.store.ReleaseCoordinator(ctx, c.Member, c.Call, c.Task != ""); err != nil {
			return err
		}
	}
	if c.Turn.End != flow.Open {
		return nil
	}
	if c.Case != nil && c.Case.Stage == casestore.StageStarted && c.State.Answers.Get("consent_texts") == "yes" {
		if err := s.store.Wake(ctx, req.who.id.Partition(), casestore.Effect{Kind: EffectSaved, Data: c.Call}); err != nil {
			return err
		}
	}
	if c.Turn.Await.Kind == flow.AwaitConnect && c.Turn.Await.To == "team" {
		return s.abandoned(ctx, req.who.id.Partition(), c)
	}
	if !offered[c.State.At] {
		return nil
	}
	to := toMissed
	if c.State.At == "reach.none" {
		to = "reach.soon"
	}
	next := *c
	t := &turn{s: s, who: req.who, c: &next}
	next.State, t.out = s.book.Enter(c.State, to, t.env())
	if _, err = t.commit(ctx); errors.Is(err, casestore.ErrConflict) {
		return nil // an answer that came at the same time has gone on
	}
	return err
}

// status hears how a call ended. Statuses come in any order and more than once.
func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), turnLimit)
	defer cancel()
	form, err := twilio.DecodeCallStatus(twilio.FormOf(r))
	if err != nil {
		s.log.Warn("a call status cannot be read", "err", err)
	} else if form.CallStatus.Final() {
		s.metrics.calls.WithLabelValues(string(form.CallStatus)).Inc()
		s.store.Record(ctx, casestore.Deed{What: "call.end", Thing: form.CallSID, Outcome: string(form.CallStatus)})
		s.log.Info("a call ended", "call", form.CallSID, "status", form.CallStatus)
		if err := s.left(ctx, r); err != nil {
			s.log.Error("what is owed to a caller who hung up is not kept", "call", form.CallSID, "err", err)
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// recording hears what became of a recording. An answer other than 2xx makes
// Twilio's debugger say so; what is lost is only that it is ready.
func (s *Server) recording(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), turnLimit)
	defer cancel()
	form, err := twilio.DecodeRecordingStatus(twilio.FormOf(r))
	if err != nil {
		s.log.Warn("a recording status cannot be read", "err", err)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	p, err := casestore.ParsePartition(r.URL.Query().Get(paramPartition))
	if err == nil {
		err = s.store.SaveRecording(ctx, p, casestore.Recording{SID: form.RecordingSID, Call: form.CallSID, Status: string(form.Status), Seconds: max(0, int(form.Duration/time.Second))})
	}
	if err != nil {
		s.log.Error("what became of a recording is not kept", "recording", form.RecordingSID, "err", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
