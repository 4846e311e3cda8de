package sms

import (
	"context"
	"strconv"
	"time"

	"secondline/casestore"
)

// The bounds that a text may meet; each is the reason for which it waits or is
// dropped.
const (
	reasonRate       = "rate"
	reasonNumberCap  = "number_cap"     // the number's hour
	reasonNumberDay  = "number_day_cap" // the number's day
	reasonIntakeCap  = "intake_cap"     // the number's hour or day of questions of an intake
	reasonPrefixCap  = "prefix_cap"     // the day of all numbers that share all but the last four digits
	reasonCountryCap = "country_cap"    // the day of a country abroad
	reasonDayCap     = "day_cap"        // everybody's day
)

// urgent lists the texts for which there is as much again once a day's bound is
// reached: whoever is in danger, or wants no more texts, is told so on the day of
// a flood too. Their number's own bounds hold for them.
var urgent = map[string]bool{"S-emerg": true, "S-emerg-intl": true, "S-stop": true, "S-notpatient": true}

// bound is one bound of texts.
type bound struct {
	reason string
	// of is what shares the bound.
	of     string
	most   int
	window time.Duration
}

const aDay = 24 * time.Hour

// bounds gives the bounds of a text, the narrowest first.
func (s *Server) bounds(t *casestore.Text, to Destination) []bound {
	c, reply := s.Config, t.Kind == casestore.TextReply
	hour, more := c.PerHour, 1
	if reply {
		hour += perHour // who writes much may be answered as often
	}
	if urgent[t.Prompt] {
		more = 2
	}
	number := string(s.person(t.To))
	all := []bound{
		{reasonNumberCap, "number " + number, hour, time.Hour},
		{reasonNumberDay, "number day " + number, c.PerNumberADay, aDay},
	}
	if asks(t) {
		// Each answer is followed by two texts at most. They leave what the number
		// may be texted besides untouched.
		all = []bound{
			{reasonIntakeCap, "intake " + number, 2 * intakePerHour, time.Hour},
			{reasonIntakeCap, "intake day " + number, 2 * intakePerDay, aDay},
		}
	}
	all = append(all, bound{reasonPrefixCap, "prefix " + prefixOf(t.To.Reveal()), more * c.PerPrefixADay, aDay})
	if !c.Home(t.To.Reveal()) {
		all = append(all, bound{reasonCountryCap, "country " + to.Country, more * c.PerCountryADay, aDay})
	}
	all = append(all, bound{reasonDayCap, "day", more * c.ADay, aDay})
	if !reply {
		all = append([]bound{{reasonRate, "rate", c.PerSecond, time.Second}}, all...)
	}
	return all
}

// caps counts the text against its bounds; it is the last condition, because what
// is counted is sent. An attempt is counted once, however often it is begun.
func (s *Server) caps(ctx context.Context, t *casestore.Text, to Destination, now time.Time) (Decision, error) {
	attempt := t.ID + " " + strconv.Itoa(t.Tries)
	for _, b := range s.bounds(t, to) {
		ok, err := s.Store.Cap(ctx, b.of, attempt, b.most, b.window)
		if err != nil {
			return Decision{}, err
		}
		if ok {
			continue
		}
		s.Metrics.capped.WithLabelValues(b.reason).Inc()
		if b.reason == reasonDayCap || b.reason == reasonPrefixCap || b.reason == reasonCountryCap {
			s.tell(ctx, b.of, "a bound of texts is reached", "bound", b.reason, "most", b.most)
		}
		switch {
		case b.reason == reasonRate:
			return Decision{Reason: b.reason, Until: now.Add(time.Second)}, nil
		case t.Kind == casestore.TextReply:
			return Decision{Reason: b.reason}, nil
		}
		return Decision{Reason: b.reason, Until: now.Add(time.Hour)}, nil
	}
	return Decision{}, nil
}

// prefixOf gives what the numbers of one block of ten thousand share. It is hashed
// before it is kept.
func prefixOf(e164 string) string { return e164[:max(0, len(e164)-4)] }

// perPrefix is how many messages of such a block are read in an hour.
const perPrefix = 200

// pumped counts a message against what its block may write in an hour. Beyond it,
// opting out and emergencies are heard and nothing else.
func (s *Server) pumped(ctx context.Context, m *message) (bool, error) {
	ok, err := s.Store.Cap(ctx, "from prefix "+prefixOf(m.number.Reveal()), m.form.MessageSID, perPrefix, time.Hour)
	if err == nil && !ok {
		s.Metrics.capped.WithLabelValues("prefix_in").Inc()
		s.tell(ctx, "from prefix "+prefixOf(m.number.Reveal()), "numbers of one block write more than is read", "most", perPrefix)
	}
	return !ok, err
}

// tell logs once an hour, on whichever replica comes first, that something was
// reached: a flood of messages is no flood of the log.
func (s *Server) tell(ctx context.Context, of, what string, args ...any) {
	if first, err := s.Store.Cap(ctx, "told "+of, s.Now().String(), 1, time.Hour); err == nil && first {
		s.Log.Error(what, args...)
	}
}
