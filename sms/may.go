package sms

import (
	"context"
	"errors"
	"time"

	"secondline/casestore"
)

// Decision says whether a text may be sent now.
type Decision struct {
	// Reason is "" when it may.
	Reason string
	// Until is when to ask again; zero when it may never be sent.
	Until time.Time
}

// The reasons for which a text waits or is dropped, beside those of
// casestore.Contact.May.
const (
	reasonExpired    = "expired"
	reasonSuperseded = "superseded"
	reasonHour       = "quiet_hours"
	reasonOneADay    = "one_update_a_day"
	reasonPaused     = "paused"     // Redis may have lost an opt-out, or that it was sent
	reasonNoReceipt  = "no_receipt" // it was sent; the networks never said how it ended
)

// pauseFor is how long after a pause it is asked again whether it is over.
const pauseFor = 10 * time.Second

// confirms lists the texts that confirm an opt-out: the one thing that is sent
// after it, once.
var confirms = map[string]bool{"S-stop": true, "S-notpatient": true}

// may asks every condition at the moment of sending, in order; the first that says
// no is the reason.
func (s *Server) may(ctx context.Context, t *casestore.Text) (Decision, error) {
	now := s.Now()
	if now.After(t.Expires) {
		return Decision{Reason: reasonExpired}, nil
	}
	if s.Paused != nil && s.Paused(ctx) != "" {
		return Decision{Reason: reasonPaused, Until: now.Add(pauseFor)}, nil
	}
	to := s.Config.Destination(t.To.Reveal())
	if why := to.refuses(t.Kind == casestore.TextReply); why != "" {
		return Decision{Reason: why}, nil
	}
	contact, err := s.Store.Contact(ctx, s.person(t.To))
	if err != nil {
		return Decision{}, err
	}
	if why := contact.May(casestore.ByText, t.Kind == casestore.TextReply); why != casestore.OK && !(confirms[t.Prompt] && why == casestore.ReasonOptedOut) {
		return Decision{Reason: string(why)}, nil
	}
	c, err := s.theCase(ctx, t)
	if err != nil {
		return Decision{}, err
	}
	if t.Kind == casestore.TextUpdate && (c == nil || c.Stage != t.Stage) {
		return Decision{Reason: reasonSuperseded}, nil
	}
	if t.Kind != casestore.TextReply {
		if d := s.decent(now, s.zones(t, c)); d.Reason != "" {
			return d, nil
		}
	}
	if t.Kind == casestore.TextUpdate {
		if d, err := s.oneADay(ctx, t, c, now); err != nil || d.Reason != "" {
			return d, err
		}
	}
	return s.caps(ctx, t, to, now)
}

func (s *Server) theCase(ctx context.Context, t *casestore.Text) (*casestore.Case, error) {
	if t.Case == "" {
		return nil, nil
	}
	c, err := s.Store.Case(ctx, t.Partition, t.Case)
	if errors.Is(err, casestore.ErrNotFound) {
		return nil, nil
	}
	return c, err
}

// zones gives all the time zones in which the person may be.
func (s *Server) zones(t *casestore.Text, c *casestore.Case) []*time.Location {
	zip, offset := "", ""
	if c != nil {
		zip, offset = c.Answers.Get("zip"), c.Answers.Get("utc_offset")
	}
	return s.Config.Zones(zip, offset, t.To.Reveal())
}

// The hours of a text that answers nothing, by the clock of every zone in which
// the person may be.
const textFrom, textTo = 8, 20

// decent says whether it is a decent hour in all zones, and else when it next is.
func (s *Server) decent(now time.Time, zones []*time.Location) Decision {
	for at := now; at.Before(now.Add(8 * 24 * time.Hour)); at = at.Truncate(15 * time.Minute).Add(15 * time.Minute) {
		all := true
		for _, zone := range zones {
			if h := at.In(zone).Hour(); h < textFrom || h >= textTo {
				all = false
				break
			}
		}
		switch {
		case all && at.Equal(now):
			return Decision{}
		case all:
			return Decision{Reason: reasonHour, Until: at}
		}
	}
	return Decision{Reason: reasonHour}
}

// oneADay keeps updates apart: one on each day of the person's.
func (s *Server) oneADay(ctx context.Context, t *casestore.Text, c *casestore.Case, now time.Time) (Decision, error) {
	zone := s.zones(t, c)[0]
	local := now.In(zone)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	texts, err := s.Store.Texts(ctx, s.person(t.To), now.Add(-30*24*time.Hour))
	if err != nil {
		return Decision{}, err
	}
	for _, o := range texts {
		sent := o.State == casestore.TextSent || o.State == casestore.TextDelivered || o.State == casestore.TextSubmitting || o.State == casestore.TextUndelivered
		if o.ID != t.ID && o.Kind == casestore.TextUpdate && sent && !o.At.Before(today) {
			return Decision{Reason: reasonOneADay, Until: today.AddDate(0, 0, 1).Add(textFrom * time.Hour)}, nil
		}
	}
	return Decision{}, nil
}
