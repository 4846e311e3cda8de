package sms

import (
	"context"
	"errors"
	"strconv"
	"time"

	"secondline/casestore"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

const (
	// lease is how long what a worker claimed is left to it; takes is how long a
	// worker has a text to itself while it asks whether it may be sent; lostAfter
	// is when a text that Twilio was asked to send, and of which nobody heard, is
	// looked up: later than any answer of Twilio's is waited for.
	lease     = 30 * time.Second
	takes     = 5 * time.Second
	lostAfter = 15 * time.Second
	// tries is how often a text is tried whose failure may pass, firstPause how
	// long after Twilio's first refusal; each pause is four times the one before,
	// and those after a failure in the network begin with the second.
	tries      = 5
	firstPause = 30 * time.Second
	// batch is how many texts of a partition are taken up at a time.
	batch = 20
)

// Effects gives the workers of the texts.
func (s *Server) Effects() map[casestore.EffectKind]casestore.Handler {
	return map[casestore.EffectKind]casestore.Handler{casestore.EffectText: func(ctx context.Context, p casestore.Partition, e casestore.Effect) error {
		return s.send(ctx, p, e.Data)
	}}
}

// Tick sends what is due. Every replica may run it at once.
func (s *Server) Tick(ctx context.Context) {
	due, _, err := s.Store.ClaimDue(ctx, casestore.EffectText, batch, lease)
	if err != nil {
		s.Log.Warn("what is due cannot be read", "err", err)
	}
	for i, d := range due {
		if ctx.Err() != nil {
			s.giveBack(ctx, due[i:])
			return
		}
		if err := s.send(ctx, d.Partition, d.ID); err != nil {
			s.Log.Warn("a text is tried again", "text", d.ID, "err", err)
		}
	}
}

// giveBack hands leases back when this replica stops.
func (s *Server) giveBack(ctx context.Context, due []casestore.Due) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := s.Store.Return(ctx, due...); err != nil {
		s.Log.Warn("leases are not handed back; they run out by themselves", "err", err)
	}
}

// send does whatever a text still needs: asks whether it may be sent, sends it,
// looks up what became of an attempt, or asks how it ended. It may be called any
// number of times, by any number of workers at once.
func (s *Server) send(ctx context.Context, p casestore.Partition, id string) error {
	due := casestore.Due{Kind: casestore.EffectText, ID: id, Partition: p}
	t, err := s.Store.Text(ctx, p, id)
	if errors.Is(err, casestore.ErrNotFound) {
		return s.Store.Finish(ctx, due)
	}
	if err != nil {
		return err
	}
	age := s.Now().Sub(t.At)
	switch t.State {
	case casestore.TextPending:
		return s.attempt(ctx, t)
	case casestore.TextSubmitting:
		if age >= lostAfter {
			return s.lookUp(ctx, t)
		}
		return nil
	case casestore.TextSent:
		if age >= askAfter[0] {
			return s.ask(ctx, t)
		}
		return nil
	}
	return s.Store.Finish(ctx, due)
}

// attempt takes the text, asks every condition, writes the intent, and asks
// Twilio. Of several workers one takes it: it is counted once, and sent once.
func (s *Server) attempt(ctx context.Context, t *casestore.Text) error {
	t, mine, err := s.step(ctx, t, func(*casestore.Text) time.Time { return s.Now().Add(takes) })
	if !mine {
		return err
	}
	d, err := s.may(ctx, t)
	if err != nil {
		return err // fail closed: what cannot be asked is not sent
	}
	if d.Reason != "" {
		return s.hold(ctx, t, d)
	}
	body, err := s.body(t)
	if err != nil {
		s.Log.Error("a text cannot be written", "text", t.ID, "prompt", t.Prompt, "err", err)
		return s.end(ctx, t, casestore.TextFailed, "words", 0)
	}
	before := t
	t, mine, err = s.step(ctx, t, func(now *casestore.Text) time.Time {
		now.State, now.Reason, now.SID, now.Code = casestore.TextSubmitting, "", "", 0
		now.Tries++
		return s.Now().Add(lostAfter)
	})
	if errors.Is(err, casestore.ErrNotReplicated) {
		s.Log.Error("a text is not sent: too few replicas of Redis know of it", "text", before.ID)
		return s.notSent(ctx, before)
	}
	if !mine {
		return err
	}
	// Once more: who has opted out since it was asked is not sent anything.
	contact, err := s.Store.Contact(ctx, s.person(t.To))
	if err != nil {
		return errors.Join(err, s.notSent(ctx, before))
	}
	if contact.May(casestore.ByText, true) == casestore.ReasonOptedOut && !confirms[t.Prompt] {
		return s.end(ctx, t, casestore.TextDropped, string(casestore.ReasonOptedOut), 0)
	}
	sent, err := s.Carrier.CreateMessage(ctx, twilio.NewMessage{
		To: t.To, From: t.From, Body: private.Of(body), Validity: s.validity(t), StatusCallback: s.callback(t),
	})
	if err != nil {
		return s.refused(ctx, t, err)
	}
	s.Metrics.sent.WithLabelValues(t.Prompt).Inc()
	return s.accepted(ctx, t, sent.SID)
}

// notSent takes back a mark that a failover may lose: Twilio was not asked. Where that
// cannot be written either, the text is looked up as one that was lost.
func (s *Server) notSent(ctx context.Context, before *casestore.Text) error {
	_, err := s.Store.MoveText(ctx, before.Partition, before.ID, func(now *casestore.Text) (time.Time, bool) {
		if now.Version != before.Version+1 || now.State != casestore.TextSubmitting {
			return time.Time{}, false
		}
		now.State, now.Tries, now.Reason = casestore.TextPending, before.Tries, reasonPaused
		return s.Now().Add(pauseFor), true
	})
	return err
}

// step changes a text unless somebody has changed it since it was read; mine says
// whether it did. What it gives is the text as it is now.
func (s *Server) step(ctx context.Context, t *casestore.Text, change func(now *casestore.Text) (next time.Time)) (now *casestore.Text, mine bool, err error) {
	now, err = s.Store.MoveText(ctx, t.Partition, t.ID, func(now *casestore.Text) (time.Time, bool) {
		if mine = now.Version == t.Version; !mine {
			return time.Time{}, false
		}
		return change(now), true
	})
	return now, mine && err == nil, err
}

// callback is where Twilio reports on an attempt: which text, and which try.
func (s *Server) callback(t *casestore.Text) string {
	return s.root + pathStatus + "?p=" + t.Partition.String() + "&m=" + t.ID + "&n=" + strconv.Itoa(t.Tries)
}

// validity is how long the networks may try: no longer than the text is of use.
func (s *Server) validity(t *casestore.Text) time.Duration {
	left := t.Expires.Sub(s.Now())
	return max(10*time.Second, min(left, longestValidity)).Truncate(time.Second)
}

// longestValidity is how long the networks may try a text that is of use for
// longer.
const longestValidity = 4 * time.Hour

// accepted keeps Twilio's name of an attempt, unless a report was here first.
func (s *Server) accepted(ctx context.Context, t *casestore.Text, sid string) error {
	_, err := s.Store.MoveText(ctx, t.Partition, t.ID, func(now *casestore.Text) (time.Time, bool) {
		if now.State != casestore.TextSubmitting || now.Tries != t.Tries {
			return time.Time{}, false
		}
		now.State, now.SID = casestore.TextSent, sid
		return s.Now().Add(askAfter[0]), true
	})
	return err
}
