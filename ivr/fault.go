package ivr

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"

	"secondline/internal/flow"
	"secondline/internal/private"
	"secondline/internal/twilio"
)

// troubled answers when a turn could not be made: what only took too long is
// tried again with what the caller pressed, everything else is an apology and a
// person. It needs no Redis. It logs the cause, once.
func (s *Server) troubled(ctx context.Context, req request, cause error) ([]byte, string) {
	if tookTooLong(ctx, cause) && req.who.call != "" && req.holds < maxHolds {
		s.log.Warn("a turn took too long; it is tried again", "call", req.who.call, "holds", req.holds, "err", cause)
		if doc, err := s.hold(req).Encode(twilio.Voice); err == nil {
			return doc, "held"
		}
	}
	s.log.Error("a turn failed; the caller is passed to a person", "call", req.who.call, "err", cause)
	return s.fault(), "fault"
}

// tookTooLong tells a Redis that is slow from one that is gone.
func tookTooLong(ctx context.Context, cause error) bool {
	var network net.Error
	return errors.Is(ctx.Err(), context.DeadlineExceeded) || (errors.As(cause, &network) && network.Timeout())
}

// hold asks for a moment and comes back with the same answer. The keys are
// sealed: a redirect by address alone would lose them, or show them.
func (s *Server) hold(req request) twilio.Document {
	query := url.Values{paramHolds: {strconv.Itoa(req.holds + 1)}}
	at := pathIncoming
	if req.query.Has(paramAt) {
		at = pathAnswer
		query.Set(paramAt, req.query.Get(paramAt))
		query.Set(paramVersion, req.query.Get(paramVersion))
		query.Set(paramHeld, s.seal(req.who.call, s.input(req)))
	}
	return twilio.Document{s.plain("hold"), twilio.Redirect{URL: s.base + at + "?" + query.Encode()}}
}

// fault is an apology and a person, from nothing but the configuration.
func (s *Server) fault() []byte {
	var doc twilio.Document
	if s.calendar.State(s.now()) == "open" && len(s.cfg.Coordinators) > 0 {
		var nouns []twilio.Noun
		for _, c := range s.cfg.Coordinators[:min(atOnce, len(s.cfg.Coordinators))] {
			nouns = append(nouns, twilio.Number{To: private.Of(c.Number), URL: s.base + pathFaultWhisper})
		}
		doc = twilio.Document{s.plain("A-fault"), twilio.Dial{
			Nouns: nouns, CallerID: s.cfg.Lines[0].Number, Timeout: seconds(s.cfg.Ring), Action: s.base + pathAfter,
		}}
	} else {
		doc = twilio.Document{s.plain("A-fault2"), twilio.Hangup{}}
	}
	return s.encoded(doc)
}

// encoded writes a document that is made of the configuration alone, and so was
// proved to be sound when the server was made.
func (s *Server) encoded(doc twilio.Document) []byte {
	b, err := doc.Encode(twilio.Voice)
	if err != nil {
		s.log.Error("an answer could not be written", "err", err)
		return []byte(`<?xml version="1.0" encoding="UTF-8"?><Response><Say>I am sorry. Please call again in a few minutes.</Say></Response>`)
	}
	return b
}

func (s *Server) plain(id string) twilio.Say { return s.say(english, id, nil) }

// fallback is what Twilio asks for when it could not use our answer.
func (s *Server) fallback(w http.ResponseWriter, r *http.Request) {
	form := twilio.FormOf(r)
	s.log.Error("Twilio asked for the fallback", "call", form.Get("CallSid"), "code", form.Get("ErrorCode"))
	s.metrics.turns.WithLabelValues("fault").Inc()
	s.write(w, s.fault())
}

// afterFault ends a call that was passed to a person without Redis.
func (s *Server) afterFault(w http.ResponseWriter, r *http.Request) {
	id := "A-fault2"
	if dialled(twilio.FormOf(r)).Outcome == flow.Talked {
		id = "A-bye"
	}
	s.write(w, s.encoded(twilio.Document{s.plain(id), twilio.Hangup{}}))
}
