package sms

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"secondline/casestore"
	"secondline/internal/twilio"
)

// status hears what became of a text. Reports come in any order and more than
// once; a state is never left for an earlier one.
func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), turnLimit)
	defer cancel()
	form, err := twilio.DecodeMessageStatus(twilio.FormOf(r))
	if err == nil {
		var p casestore.Partition
		if p, err = casestore.ParsePartition(r.URL.Query().Get("p")); err == nil {
			try, _ := strconv.Atoi(r.URL.Query().Get("n"))
			err = s.hear(ctx, p, r.URL.Query().Get("m"), news{sid: form.MessageSID, status: form.Status, code: form.ErrorCode, try: try})
		}
	}
	switch {
	case err == nil, errors.Is(err, casestore.ErrNotFound):
		w.WriteHeader(http.StatusNoContent)
	default:
		s.Log.Error("the report on a text is not kept", "err", err)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// news is what is told of an attempt: by a report of Twilio's, or when it is asked.
type news struct {
	sid    string
	status twilio.MessageStatus
	code   int
	// try is which attempt it is about; 0 where that is not told.
	try int
}

func (n news) delivered() bool {
	return n.status == twilio.MessageDelivered || n.status == twilio.MessageRead
}

func (n news) failed() bool {
	return n.status == twilio.MessageUndelivered || n.status == twilio.MessageFailed || n.status == twilio.MessageCanceled
}

// hear keeps what is told of an attempt. That a text was delivered counts from any
// attempt; everything else on an attempt that was given up for another is late,
// and changes nothing.
func (s *Server) hear(ctx context.Context, p casestore.Partition, id string, n news) error {
	arrived := false
	t, err := s.Store.MoveText(ctx, p, id, func(t *casestore.Text) (time.Time, bool) {
		arrived = false
		late := n.try != 0 && n.try != t.Tries
		// An attempt of which Twilio knew nothing when it was looked up, and which has
		// left all the same.
		unknown := t.State == casestore.TextPending && t.Tries > 0 && t.Code == 0 && n.try != 0
		switch {
		case t.State.Final(), n.status.Rank() == 0:
			return time.Time{}, false
		case n.delivered():
			arrived = true
			t.State, t.SID, t.Code, t.Reason = casestore.TextDelivered, n.sid, 0, ""
			return time.Time{}, true
		case !late && (t.State == casestore.TextSubmitting || unknown):
			t.State, t.SID, t.Reason = casestore.TextSent, n.sid, "" // a failure is dealt with below
			return s.Now().Add(askAfter[0]), true
		}
		return time.Time{}, false
	})
	if err != nil {
		return err
	}
	if arrived {
		s.Metrics.ended.WithLabelValues(string(t.State), "").Inc()
	}
	if n.failed() && t.State == casestore.TextSent && t.SID == n.sid {
		s.Metrics.refused.WithLabelValues(string(twilio.ClassOf(n.code))).Inc()
		return s.failed(ctx, t, twilio.ClassOf(n.code), n.code, casestore.TextUndelivered)
	}
	return nil
}
