package hours

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// madeAt writes attempts as made, by times divided by blanks; v after a time is a
// message left.
func madeAt(t testing.TB, text string) []Made {
	var out []Made
	for _, word := range strings.Fields(text) {
		when, left := strings.CutSuffix(word, "v")
		out = append(out, Made{At: at(t, when), Voicemail: left})
	}
	return out
}

// brief writes the attempts of the day, or those that come after it.
func brief(p Promise, attempts []Attempt) string {
	var out []string
	for _, a := range attempts {
		out = append(out, fmt.Sprintf("%s %s %s", said(p, a.At), a.Kind, a.Why[0].name()))
	}
	return strings.Join(out, ", ")
}

// New York, with a line from nine to nine every day.
func TestEdgesOfTheDay(t *testing.T) {
	for _, c := range []struct{ what, delivered, notBefore, earlier, want string }{
		{what: "the second attempt begins before the last twenty minutes", delivered: "2026-12-01T16:09-05:00",
			want: "Tue 16:39 agent_first after_reading_time, Tue 19:39 agent_first three_hours_later, Wed 09:00 agent_first next_block"},
		{what: "and would begin in them", delivered: "2026-12-01T16:10-05:00",
			want: "Tue 16:40 agent_first after_reading_time, Wed 09:00 agent_first next_block, Wed 12:00 agent_first three_hours_later"},
		{what: "reading time ends before them", delivered: "2026-12-01T19:09-05:00", earlier: "2026-12-01T19:39-05:00 2026-12-02T09:00-05:00",
			want: "Wed 12:00 agent_first three_hours_later"},
		{what: "reading time would end in them", delivered: "2026-12-01T19:10-05:00", earlier: "",
			want: "Tue 19:11 agent_first no_reading_time, Wed 09:00 agent_first next_block, Wed 12:00 agent_first three_hours_later"},
		{what: "the last stretch: twenty minutes do not matter, and no guard keeps the first attempt", delivered: "2026-12-01T20:30-05:00", notBefore: "2026-12-02T19:45-05:00",
			want: "Wed 19:45 agent_first not_before"},
		{what: "the last stretch: ten minutes do", delivered: "2026-12-01T20:30-05:00", notBefore: "2026-12-02T19:51-05:00",
			want: "Wed 19:51 by_hand first_legal_minute"},
		{what: "all legal time is over", delivered: "2026-12-01T20:30-05:00", notBefore: "2026-12-02T20:00-05:00", want: ""},
		{what: "at the guard itself a person calls", delivered: "2026-12-01T23:30-05:00", earlier: "2026-12-02T12:00-05:00 2026-12-02T15:00-05:00",
			want: "Wed 18:00 by_hand three_hours_later"},
		{what: "three were made", delivered: "2026-12-01T10:00-05:00", earlier: "2026-12-01T10:30-05:00 2026-12-01T13:30-05:00 2026-12-01T16:30-05:00", want: ""},
		{what: "the attempts come in any order", delivered: "2026-12-01T10:00-05:00", earlier: "2026-12-01T13:30:20-05:00 2026-12-01T10:30-05:00",
			want: "Tue 16:30 agent_first three_hours_later"},
	} {
		p := promiseOf(t, c.delivered, eastern)
		p.Earlier = madeAt(t, c.earlier)
		if c.notBefore != "" {
			p.NotBefore = at(t, c.notBefore)
		}
		if got := brief(p, p.Plan().Attempts); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
	}
}

// Four hours, and one, are the borders between the rules.
func TestHowMuchLegalTimeDecides(t *testing.T) {
	for _, c := range []struct {
		what, delivered, zone string
		window                Window
		minutes               int
		note                  Reason
		first                 string
	}{
		{"four hours", "2026-12-01T16:00+02:00", "Africa/Cairo", DefaultWindow, 240, UsualDay, "Tue 16:30"},
		{"a minute less", "2026-12-01T16:00+02:00", "Africa/Cairo", Window{8 * 60, 20*60 - 1}, 239, ShortDay, "Tue 16:01"},
		{"an hour", "2027-07-06T12:00+06:00", "Asia/Dhaka", DefaultWindow, 60, ShortDay, "Tue 19:00"},
		{"a minute less", "2027-07-06T12:00+06:00", "Asia/Dhaka", Window{8 * 60, 20*60 - 1}, 59, HumanOnly, "Tue 19:00"},
		{"the last minutes of one of few hours", "2027-07-06T19:41+05:30", "Asia/Kolkata", DefaultWindow, 90, ShortDay, "Tue 19:42"},
		{"none", "2027-01-12T12:00+06:00", "Asia/Dhaka", DefaultWindow, 0, NoLegalTime, ""},
	} {
		p := promiseOf(t, c.delivered, c.zone)
		p.Legal = NewLegal(sevenDayLine, zonesOf(t, c.zone), c.window, ClosingMargin)
		plan, first := p.Plan(), ""
		if len(plan.Attempts) > 0 {
			first = said(p, plan.Attempts[0].At)
		}
		if got := Minutes(plan.Blocks); got != c.minutes || plan.Notes[0] != c.note || first != c.first {
			t.Errorf("%s: %d minutes, %s, first %q; want %d, %s, %q", c.what, got, plan.Notes[0].name(), first, c.minutes, c.note.name(), c.first)
		}
	}
}

// Without consent a machine makes one contact a day, and three in a week.
func TestExemption(t *testing.T) {
	for _, c := range []struct {
		what, earlier string
		first         Kind
	}{
		{"nothing before", "", BotFirst},
		{"two in the week", "2026-11-26T10:00-05:00 2026-11-28T10:00-05:00", BotFirst},
		{"three in the week", "2026-11-26T10:00-05:00 2026-11-28T10:00-05:00 2026-11-29T10:00-05:00", ByHand},
		{"three, one of them before the week", "2026-11-24T09:00-05:00 2026-11-28T10:00-05:00 2026-11-29T10:00-05:00", BotFirst},
		{"one this morning", "2026-12-01T08:30-05:00", ByHand},
		{"one last night", "2026-11-30T19:30-05:00", BotFirst},
	} {
		p := promiseOf(t, "2026-12-01T10:00-05:00", eastern)
		p.BotFirst, p.Exemption, p.Consents, p.Earlier = true, true, Consents{}, madeAt(t, c.earlier)
		if got := p.Plan().Attempts[0].Kind; got != c.first {
			t.Errorf("%s: %s, want %s", c.what, got, c.first)
		}
	}
}

func TestTextsOfAPlan(t *testing.T) {
	for _, c := range []struct{ what, line, delivered, zone, earlier, want string }{
		{what: "ten minutes after the update", line: "Mon-Sun 08:40-21:00", delivered: "2026-12-01T23:30-05:00", zone: eastern,
			want: "update Wed 08:00, pre_call Wed 08:10, pre_call Wed 11:10, pre_call Wed 14:10"},
		{what: "not sooner", line: "Mon-Sun 08:39-21:00", delivered: "2026-12-01T23:30-05:00", zone: eastern,
			want: "update Wed 08:00, pre_call Wed 11:09, pre_call Wed 14:09"},
		{what: "none for a call by hand", line: "Mon-Sun 09:00-21:00", delivered: "2026-12-01T12:00+01:00", zone: "Europe/Paris",
			want: "update Tue 12:00, pre_call Tue 14:30, pre_call Tue 16:10"},
		{what: "none before the call before", line: "Mon-Sun 09:00-21:00", delivered: "2027-01-12T23:00+05:30", zone: "Asia/Kolkata",
			want: "update Wed 08:00, pre_call Wed 19:00"},
		{what: "nor once that is made", line: "Mon-Sun 09:00-21:00", delivered: "2027-01-12T23:00+05:30", zone: "Asia/Kolkata", earlier: "2027-01-13T19:30+05:30",
			want: "update Wed 08:00"},
	} {
		cfg, err := ParseSpec(c.line, eastern)
		if err != nil {
			t.Fatal(err)
		}
		p := promiseOf(t, c.delivered, c.zone)
		p.Legal = NewLegal(calendarOf(t, cfg), zonesOf(t, c.zone), DefaultWindow, ClosingMargin)
		p.Earlier = madeAt(t, c.earlier)
		var got []string
		for _, x := range p.Plan().Texts {
			if x.At.Sub(p.Delivered) < PromisedWithin {
				got = append(got, string(x.Kind)+" "+said(p, x.At))
			}
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.what, text, c.want)
		}
	}
}

func TestVoicemails(t *testing.T) {
	for _, c := range []struct{ what, earlier, want string }{
		{"the first call of three days", "", "Tue 10:30, Thu 14:00, Fri 18:00"},
		{"one was left a day before", "2026-11-30T12:00-05:00v", "Tue 13:30, Thu 14:00"},
		{"three were left", "2026-11-20T12:00-05:00v 2026-11-22T12:00-05:00v 2026-11-24T12:00-05:00v", ""},
		{"three calls, no message", "2026-11-20T12:00-05:00 2026-11-22T12:00-05:00 2026-11-24T12:00-05:00", "Tue 10:30, Thu 14:00, Fri 18:00"},
	} {
		p := promiseOf(t, "2026-12-01T10:00-05:00", eastern)
		p.Earlier = madeAt(t, c.earlier)
		plan := p.Plan()
		var left []time.Time
		for _, a := range append(plan.Attempts, plan.After...) {
			if a.Voicemail {
				left = append(left, a.At)
			}
		}
		if got := said(p, left...); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// After a standstill what is overdue comes at the next legal minute, never in the
// past.
func TestAfterAStandstill(t *testing.T) {
	for _, c := range []struct{ what, delivered, chosen, notBefore, earlier, day, after, letter string }{
		{what: "beyond the day", delivered: "2026-12-01T10:00-05:00", notBefore: "2026-12-04T15:00-05:00",
			after: "Fri 15:00 agent_first one_a_working_day, Sat 18:00 agent_first one_a_working_day, Sun 10:00 agent_first one_a_working_day", letter: "Mon 09:00"},
		{what: "beyond all", delivered: "2026-12-01T10:00-05:00", notBefore: "2026-12-10T15:00-05:00",
			earlier: "2026-12-01T10:30-05:00 2026-12-01T13:30-05:00 2026-12-01T16:30-05:00 2026-12-03T14:00-05:00 2026-12-04T18:00-05:00 2026-12-05T10:00-05:00", letter: "Fri 09:00"},
		{what: "a chosen time is over", delivered: "2026-12-01T10:00-05:00", chosen: "2026-12-02T14:00-05:00", notBefore: "2026-12-02T20:10-05:00",
			day: "Thu 09:00 agent_first not_before", after: "Fri 14:00 agent_first one_a_working_day, Sat 18:00 agent_first one_a_working_day, Sun 10:00 agent_first one_a_working_day", letter: "Mon 09:00"},
		{what: "a chosen time was kept in vain", delivered: "2026-12-01T10:00-05:00", chosen: "2026-12-02T14:00-05:00", earlier: "2026-12-02T14:00:10-05:00",
			after: "Thu 14:00 agent_first one_a_working_day, Fri 18:00 agent_first one_a_working_day, Sat 10:00 agent_first one_a_working_day", letter: "Sun 09:00"},
	} {
		p := promiseOf(t, c.delivered, eastern)
		p.Earlier = madeAt(t, c.earlier)
		if c.notBefore != "" {
			p.NotBefore = at(t, c.notBefore)
		}
		if c.chosen != "" {
			p.Chosen = at(t, c.chosen)
		}
		plan := p.Plan()
		if got := brief(p, plan.Attempts); got != c.day {
			t.Errorf("%s: the day\n got %s\nwant %s", c.what, got, c.day)
		}
		if got := brief(p, plan.After); got != c.after {
			t.Errorf("%s: after\n got %s\nwant %s", c.what, got, c.after)
		}
		if got := said(p, plan.Letter); got != c.letter {
			t.Errorf("%s: letter %s, want %s", c.what, got, c.letter)
		}
	}
}

// Where no minute is legal for months, the first attempt is after them; planned
// again later, it is never in the past.
func TestNoLegalMinuteForMonths(t *testing.T) {
	p := promiseOf(t, "2027-01-12T12:00+06:00", "Asia/Dhaka")
	plan := p.Plan()
	if got := plan.FirstLegalAfter; !got.Equal(at(t, "2027-03-14T19:00+06:00")) || !plan.After[0].At.Equal(got) {
		t.Errorf("the first legal minute is %s, the first attempt %s", got, plan.After[0].At)
	}
	p.NotBefore = at(t, "2027-03-15T19:55+06:00")
	if got := said(p, p.Plan().After[0].At); got != "Tue 19:00" {
		t.Errorf("planned again on Monday at 19:55, the first attempt is %s", got)
	}
}
