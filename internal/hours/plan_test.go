package hours

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// promiseOf is a promise of the programme's seven-day line, every consent given.
func promiseOf(t testing.TB, delivered, zones string) Promise {
	p := NewPromise(at(t, delivered), daily(t, eastern, "09:00", "21:00"), zonesOf(t, zones))
	p.Consents = Consents{Texts: true, AutomatedCalls: true, Voicemail: true}
	return p
}

// said writes times of a plan by the person's clock.
func said(p Promise, times ...time.Time) string {
	var out []string
	for _, t := range times {
		out = append(out, t.In(p.Legal.Clock()).Format("Mon 15:04"))
	}
	return strings.Join(out, ", ")
}

// byMachine gives the times of the attempts that are not left to a person.
func byMachine(attempts []Attempt) []time.Time {
	var out []time.Time
	for _, a := range attempts {
		if a.Kind != ByHand {
			out = append(out, a.At)
		}
	}
	return out
}

// The examples of the rules, section 5.5.
func TestExamples(t *testing.T) {
	for _, c := range []struct{ what, delivered, zone, attempts, guard string }{
		{"New York, Tuesday 10:00", "2026-12-01T10:00-05:00", "America/New_York", "Tue 10:30, Tue 13:30, Tue 16:30", "Tue 19:01"},
		{"New York, Tuesday 23:30", "2026-12-01T23:30-05:00", "America/New_York", "Wed 09:00, Wed 12:00, Wed 15:00", "Wed 18:00"},
		{"Los Angeles, Tuesday 17:50", "2026-12-01T17:50-08:00", "America/Los_Angeles", "Wed 08:00, Wed 11:00, Wed 14:00", "Wed 15:45"},
		{"Honolulu in summer, Tuesday 16:00", "2027-07-06T16:00-10:00", "Pacific/Honolulu", "Wed 08:00, Wed 11:00", "Wed 12:45"},
		{"Paris, Tuesday 12:00", "2026-12-01T12:00+01:00", "Europe/Paris", "Tue 15:00, Tue 16:40", "Tue 18:00"},
		{"Tokyo in summer", "2027-07-06T12:00+09:00", "Asia/Tokyo", "Wed 08:00, Wed 08:35", "Wed 08:53"},
		{"New York, clocks go back", "2027-11-06T09:59-04:00", "America/New_York", "Sat 10:29, Sat 13:29, Sat 16:29", "Sat 18:00"},
	} {
		p := promiseOf(t, c.delivered, c.zone)
		plan := p.Plan()
		if got := said(p, byMachine(plan.Attempts)...); got != c.attempts {
			t.Errorf("%s: attempts at %s, want %s", c.what, got, c.attempts)
		}
		if got := said(p, plan.Guards.Human); got != c.guard {
			t.Errorf("%s: a person takes over %s, want %s", c.what, got, c.guard)
		}
	}
	p := promiseOf(t, "2027-11-06T09:59-04:00", "America/New_York")
	if got := said(p, p.Plan().Deadline); got != "Sun 08:59" {
		t.Errorf("over the night on which clocks go back the deadline is %s, want Sun 08:59", got)
	}
}

// script writes all of a plan, a line an event.
func script(p Promise) string {
	plan := p.Plan()
	var out []string
	for _, a := range plan.Attempts {
		out = append(out, line(p, a))
	}
	out = append(out, "--")
	for _, a := range plan.After {
		out = append(out, line(p, a))
	}
	out = append(out, "letter "+said(p, plan.Letter))
	for _, x := range plan.Texts {
		out = append(out, fmt.Sprintf("text %s %s %s", x.Kind, said(p, x.At), x.Why.name()))
	}
	out = append(out, fmt.Sprintf("guards %s", strings.ReplaceAll(said(p, plan.Guards.Human, plan.Guards.Supervisor, plan.Guards.Missed), said(p, time.Time{}), "-")))
	out = append(out, strings.Join(names(plan.Notes), " "))
	return strings.Join(out, "\n")
}

func line(p Promise, a Attempt) string {
	out := fmt.Sprintf("%s %s: %s", said(p, a.At), a.Kind, strings.Join(names(a.Why), " "))
	if a.Voicemail {
		out += ", voicemail"
	}
	return out
}

func names(reasons []Reason) []string {
	var out []string
	for _, r := range reasons {
		out = append(out, r.name())
	}
	return out
}

func (r Reason) name() string { return string(r) }

// wholePlans are plans as script writes them.
var wholePlans = []struct {
	what, delivered, zone, want string
	change                      func(testing.TB, *Promise)
}{
	{what: "a usual day", delivered: "2026-12-01T10:00-05:00", zone: "America/New_York", want: `
Tue 10:30 agent_first: after_reading_time, voicemail
Tue 13:30 agent_first: three_hours_later
Tue 16:30 agent_first: three_hours_later
--
Thu 14:00 agent_first: one_a_working_day, voicemail
Fri 18:00 agent_first: one_a_working_day, voicemail
Sat 10:00 agent_first: one_a_working_day
letter Sun 09:00
text update Tue 10:00 update_at_once
text pre_call Tue 13:00 half_hour_before
text pre_call Tue 16:00 half_hour_before
text pre_call Thu 13:30 half_hour_before
text pre_call Fri 17:30 half_hour_before
text pre_call Sat 09:30 half_hour_before
guards Tue 19:01, Wed 09:01, Wed 10:00
usual_day`},
	{what: "a Friday evening, weekdays only", delivered: "2026-12-04T20:30-05:00", zone: "America/New_York",
		change: func(t testing.TB, p *Promise) {
			p.Legal = NewLegal(usual(t), zonesOf(t, eastern), DefaultWindow, ClosingMargin)
		}, want: `
--
Mon 09:00 agent_first: first_after_the_day, voicemail
Tue 14:00 agent_first: one_a_working_day, voicemail
Wed 18:00 agent_first: one_a_working_day, voicemail
Thu 10:00 agent_first: one_a_working_day
letter Fri 09:00
text update Sat 08:00 update_when_allowed
text pre_call Mon 08:30 half_hour_before
text pre_call Tue 13:30 half_hour_before
text pre_call Wed 17:30 half_hour_before
text pre_call Thu 09:30 half_hour_before
guards Fri 20:30, -, -
no_legal_minute`},
	{what: "half an hour in India", delivered: "2027-01-12T23:00+05:30", zone: "Asia/Kolkata",
		change: func(t testing.TB, p *Promise) { p.Consents = Consents{} }, want: `
Wed 19:30 agent_first: first_legal_minute
Wed 19:45 agent_first: before_the_end
--
Thu 19:30 agent_first: one_a_working_day
Fri 19:30 agent_first: one_a_working_day
Sat 19:30 agent_first: one_a_working_day
letter Sun 19:30
guards Tue 23:00, Wed 19:45, Wed 20:00
human_only texts_not_allowed fewer_fit`},
	{what: "five minutes on a Friday", delivered: "2026-12-04T19:54-05:00", zone: "America/New_York",
		change: func(t testing.TB, p *Promise) {
			p.Legal = NewLegal(usual(t), zonesOf(t, eastern), DefaultWindow, ClosingMargin)
		}, want: `
Fri 19:55 by_hand: first_legal_minute too_short, voicemail
--
Mon 14:00 agent_first: one_a_working_day, voicemail
Tue 18:00 agent_first: one_a_working_day, voicemail
Wed 10:00 agent_first: one_a_working_day
letter Thu 09:00
text update Fri 19:54 update_at_once
text pre_call Mon 13:30 half_hour_before
text pre_call Tue 17:30 half_hour_before
text pre_call Wed 09:30 half_hour_before
guards Fri 19:54, Fri 19:58, Fri 20:00
human_only fewer_fit`},
	{what: "a voice first, where there is consent", delivered: "2027-07-06T12:00+09:00", zone: "Asia/Tokyo",
		change: func(t testing.TB, p *Promise) { p.BotFirst = true; p.Consents = Consents{AutomatedCalls: true} }, want: `
Wed 08:00 bot_first: first_legal_minute
Wed 08:35 bot_first: third_of_legal_time
Wed 09:10 by_hand: third_of_legal_time after_guard
--
Thu 09:35 bot_first: one_a_working_day
Fri 09:35 bot_first: one_a_working_day
Sat 09:35 bot_first: one_a_working_day
letter Sat 22:00
guards Wed 08:53, Wed 09:19, Wed 09:45
short_day texts_not_allowed`},
	{what: "a voice first, without consent", delivered: "2026-12-01T19:25-05:00", zone: "America/New_York",
		change: func(t testing.TB, p *Promise) { p.BotFirst = true; p.Consents = Consents{} }, want: `
Tue 19:26 agent_first: no_reading_time
Wed 09:00 agent_first: next_block
Wed 12:00 agent_first: three_hours_later
--
Thu 14:00 agent_first: one_a_working_day
Fri 18:00 agent_first: one_a_working_day
Sat 10:00 agent_first: one_a_working_day
letter Sun 09:00
guards Wed 17:26, Wed 18:26, Wed 19:25
usual_day bot_needs_consent texts_not_allowed`},
	{what: "the exemption", delivered: "2026-12-01T10:00-05:00", zone: "America/New_York",
		change: func(t testing.TB, p *Promise) { p.BotFirst, p.Exemption, p.Consents = true, true, Consents{} }, want: `
Tue 10:30 bot_first: after_reading_time
Tue 13:30 by_hand: three_hours_later exemption_spent
Tue 16:30 by_hand: three_hours_later exemption_spent
--
Thu 14:00 by_hand: one_a_working_day exemption_spent
Fri 18:00 by_hand: one_a_working_day exemption_spent
Sat 10:00 by_hand: one_a_working_day exemption_spent
letter Sun 09:00
guards Tue 19:01, Wed 09:01, Wed 10:00
usual_day one_contact_exemption texts_not_allowed`},
	{what: "the patient wants no calls", delivered: "2026-12-01T10:00-05:00", zone: "America/New_York",
		change: func(t testing.TB, p *Promise) { p.CallsRefused = true }, want: `
--
letter -
guards Tue 10:00, -, -
calls_refused`},
	{what: "the patient chose an evening beyond the window", delivered: "2026-12-01T10:00-05:00", zone: "America/New_York",
		change: func(t testing.TB, p *Promise) { p.Chosen = at(t, "2026-12-03T20:30-05:00") }, want: `
Thu 20:30 agent_first: patient_chose, voicemail
--
Fri 14:00 agent_first: one_a_working_day
Sat 18:00 agent_first: one_a_working_day, voicemail
Sun 10:00 agent_first: one_a_working_day
letter Mon 09:00
text update Tue 10:00 update_at_once
text pre_call Fri 13:30 half_hour_before
text pre_call Sat 17:30 half_hour_before
text pre_call Sun 09:30 half_hour_before
guards -, -, -
clock_stopped`},
	{what: "the patient chose a time at which the line is closed", delivered: "2026-12-01T10:00-05:00", zone: "America/Los_Angeles",
		change: func(t testing.TB, p *Promise) { p.Chosen, p.Consents = at(t, "2026-12-01T19:00-08:00"), Consents{} }, want: `
Wed 06:00 agent_first: chosen_line_closed
--
Thu 14:00 agent_first: one_a_working_day
Fri 17:35 agent_first: one_a_working_day
Sat 10:00 agent_first: one_a_working_day
letter Sun 06:00
guards -, -, -
clock_stopped texts_not_allowed`},
	{what: "two calls already on the day of delivery", delivered: "2026-12-01T10:00-05:00", zone: "America/New_York",
		change: func(t testing.TB, p *Promise) {
			p.Consents = Consents{}
			p.Earlier = []Made{{At: at(t, "2026-12-01T09:10-05:00")}, {At: at(t, "2026-11-30T18:00-05:00")}}
		}, want: `
Tue 10:30 agent_first: after_reading_time
Tue 18:00 agent_first: waits_for_cap
Wed 09:00 by_hand: next_block after_guard
--
Thu 14:00 agent_first: one_a_working_day
Fri 18:00 agent_first: one_a_working_day
Sat 10:00 agent_first: one_a_working_day
letter Sun 09:00
guards Tue 19:01, Wed 09:01, Wed 10:00
usual_day texts_not_allowed`},
	{what: "one attempt a day, by the operator's cap", delivered: "2026-12-01T19:00-05:00", zone: "America/New_York",
		change: func(t testing.TB, p *Promise) { p.Consents, p.MaxPerDay = Consents{}, 1 }, want: `
Tue 19:30 agent_first: after_reading_time
--
Thu 14:00 agent_first: one_a_working_day
Fri 18:00 agent_first: one_a_working_day
Sat 10:00 agent_first: one_a_working_day
letter Sun 09:00
guards Wed 17:01, Wed 18:01, Wed 19:00
usual_day texts_not_allowed cap_reached fewer_fit`},
	{what: "planned again after a night without the line", delivered: "2026-12-01T17:00-05:00", zone: "America/New_York",
		change: func(t testing.TB, p *Promise) { p.Consents, p.NotBefore = Consents{}, at(t, "2026-12-01T22:10-05:00") }, want: `
Wed 09:00 agent_first: next_block
Wed 12:00 agent_first: three_hours_later
Wed 15:00 agent_first: three_hours_later
--
Thu 14:00 agent_first: one_a_working_day
Fri 18:00 agent_first: one_a_working_day
Sat 10:00 agent_first: one_a_working_day
letter Sun 09:00
guards Wed 15:01, Wed 16:01, Wed 17:00
usual_day texts_not_allowed`},
}

func TestWholePlans(t *testing.T) {
	for _, c := range wholePlans {
		p := promiseOf(t, c.delivered, c.zone)
		if c.change != nil {
			c.change(t, &p)
		}
		got := strings.ReplaceAll(script(p), "letter "+said(p, time.Time{}), "letter -")
		if diff := cmp.Diff(strings.Split(strings.TrimSpace(c.want), "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}

func TestEveryReasonHasASentence(t *testing.T) {
	for r, text := range reasons {
		if r.String() != text || strings.HasSuffix(text, ".") || slices.Contains([]string{"", string(r)}, text) {
			t.Errorf("%s says %q", string(r), text)
		}
	}
}
