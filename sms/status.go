package sms

import (
	"context"
	"errors"
	"net/http"
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
			err = s.report(ctx, p, r.URL.Query().Get("m"), form)
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

// report keeps a report. One on an attempt that was given up for another is late,
// and changes nothing.
func (s *Server) report(ctx context.Context, p casestore.Partition, id string, form twilio.MessageStatusForm) error {
	failure := form.Status == twilio.MessageUndelivered || form.Status == twilio.MessageFailed
	t, err := s.Store.MoveText(ctx, p, id, func(t *casestore.Text) (time.Time, bool) {
		ours := t.State == casestore.TextSubmitting || (t.State == casestore.TextSent && t.SID == form.MessageSID)
		if !ours {
			return time.Time{}, false
		}
		t.SID = form.MessageSID
		switch {
		case form.Status == twilio.MessageDelivered || form.Status == twilio.MessageRead:
			t.State = casestore.TextDelivered
		case t.State == casestore.TextSubmitting && form.Status.Rank() > 0:
			t.State = casestore.TextSent // and failure is dealt with below
		default:
			return time.Time{}, failure
		}
		return time.Time{}, true
	})
	if err != nil {
		return err
	}
	if t.State == casestore.TextDelivered && t.SID == form.MessageSID {
		s.Metrics.ended.WithLabelValues(string(t.State), "").Inc()
	}
	if failure && t.State == casestore.TextSent && t.SID == form.MessageSID {
		s.Metrics.refused.WithLabelValues(string(twilio.ClassOf(form.ErrorCode))).Inc()
		return s.failed(ctx, t, twilio.ClassOf(form.ErrorCode), form.ErrorCode, casestore.TextUndelivered)
	}
	return nil
}
