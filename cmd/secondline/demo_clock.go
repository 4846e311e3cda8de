package main

import (
	"context"
	"time"

	"secondline/internal/twiliosim/phone"
)

// SetClock moves the clock.
func (x *demoPhone) SetClock(ctx context.Context, to string) (phone.View, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	at, err := x.moment(to)
	if err != nil {
		return phone.View{}, err
	}
	x.w.clock.Set(at)
	return x.view(ctx)
}

// moment gives the time that a choice or a date and time stands for.
func (x *demoPhone) moment(to string) (time.Time, error) {
	now := x.w.clock.Now().In(x.w.zone)
	switch to {
	case phone.ClockOpen:
		return x.openTime(now), nil
	case phone.ClockHalf:
		return now.Add(30 * time.Minute), nil
	case phone.ClockHour:
		return now.Add(time.Hour), nil
	case phone.ClockMorning:
		return time.Date(now.Year(), now.Month(), now.Day()+1, 9, 30, 0, 0, x.w.zone), nil
	case phone.ClockAfterHours:
		return x.next(now, "closed"), nil
	case phone.ClockHoliday:
		return x.next(now, "holiday"), nil
	}
	at, err := time.Parse(time.RFC3339, to)
	if err != nil {
		at, err = wallTime(to, x.w.zone)
	}
	if year := at.In(x.w.zone).Year(); err != nil || year < 2000 || year > 2099 {
		return time.Time{}, phone.ErrBadTime
	}
	return at, nil
}

// wallTime reads a date and time of day. Where clocks go back it is the first of
// the two; where they go forward, what is left out becomes an hour later.
func wallTime(text string, zone *time.Location) (time.Time, error) {
	at, err := time.ParseInLocation(phone.ClockLayout, text, zone)
	if err != nil {
		return at, err
	}
	if at.Format(phone.ClockLayout) < text {
		return at.Add(time.Hour), nil
	}
	if before := at.Add(-time.Hour); before.Format(phone.ClockLayout) == text {
		return before, nil
	}
	return at, nil
}

// clockChanges are the next autumn's and the next spring's change of clocks, as
// seen from the year that is shown, half an hour before each.
func (x *demoPhone) clockChanges(now time.Time) []phone.Option {
	var out []phone.Option
	at := time.Date(now.In(x.w.zone).Year(), time.July, 1, 0, 0, 0, 0, x.w.zone)
	for range 2 {
		_, change := at.ZoneBounds()
		if change.IsZero() {
			return out
		}
		_, before := change.Add(-time.Second).Zone()
		_, after := change.Zone()
		label := "Clocks go forward, "
		if after < before {
			label = "Clocks go back, "
		}
		soon := change.Add(-30 * time.Minute)
		out = append(out, phone.Option{ID: soon.Format(time.RFC3339), Label: label + soon.Format("Jan 2, 2006")})
		at = change
	}
	return out
}

// openTime gives now, or a quiet moment after the next opening.
func (x *demoPhone) openTime(now time.Time) time.Time {
	if x.calendar.State(now) == "open" {
		return now
	}
	return x.calendar.NextOpening(now).Add(72 * time.Minute)
}

// next gives the next quarter of an hour in which the line is in a state.
func (x *demoPhone) next(now time.Time, state string) time.Time {
	for t := now.Truncate(15 * time.Minute).Add(15 * time.Minute); t.Before(now.AddDate(2, 0, 0)); t = t.Add(15 * time.Minute) {
		if x.calendar.State(t) == state && t.In(x.w.zone).Hour() >= 9 {
			return t
		}
	}
	return now
}
