package ivr

import (
	"time"

	"secondline/internal/flow"
	"secondline/internal/private"
)

// lookStatus asks whether the request number and the date of birth belong
// together, and how far the request is. "again" and "enough" say that they do
// not; the words are the same whether the number is unknown, the date is another
// or the way is locked (rules.md 3.1).
const lookStatus = "request number and date of birth match"

// stages lists what a caller who was recognised may hear, by step.
var stages = outcomes("received", "collecting", "collecting_plain", "action_needed", "complete", "in_review", "taking_long",
	"delivered", "followed_up", "overdue", "closed", "on_hold")

// statusScript answers "how is my request doing?" (call-script.md 6.5).
func statusScript() *flow.Script {
	steps := asksWho("status", "E1", "E1-again")
	found := flow.Goto{"again": "again", "enough": "locked"}
	for _, stage := range stages {
		found[stage] = string(stage)
	}
	steps = append(steps, flow.Step{ID: "check", Ask: flow.Look(lookStatus, append(outcomes("again", "enough"), stages...)...), Goto: found},
		flow.Step{ID: "again", Say: []string{"E-fail"}, Goto: flow.Goto{flow.OK: "number_again"}},
		flow.Step{ID: "locked", Say: []string{"E-lock"}, Ask: flow.Menu{}, Tries: 2, Fail: toGoodbye})
	tells := func(id, say string) flow.Step {
		return flow.Step{ID: id, Say: []string{say}, Goto: flow.Goto{flow.OK: "more"}}
	}
	offers := func(id, say string) flow.Step {
		return flow.Step{ID: id, Say: []string{say}, Back: toMenu, Tries: 1, Fail: "more", Ask: flow.Choices("1", "talk"), Goto: flow.Goto{"talk": toPerson}}
	}
	steps = append(steps, choosesTime("delivered_times", "more")...)
	return &flow.Script{Name: "status", Title: "How is my request doing?", Steps: append(steps,
		tells("received", "E-s1"), tells("collecting", "E-s2"), tells("collecting_plain", "E-s2-plain"), tells("complete", "E-s3"), tells("in_review", "E-s4"),
		offers("action_needed", "E-s2a"), offers("taking_long", "E-slow"), offers("delivered_call", "E-s5-call"), offers("followed_up", "E-s5-done"),
		offers("overdue", "E-late"), offers("closed", "E-s6"), offers("on_hold", "E-hold"),
		flow.Step{ID: "delivered", Ask: flow.Look(lookTimes, "some", "none"), Goto: flow.Goto{"some": "delivered_times", "none": "delivered_call"}},
		flow.Step{ID: "delivered_times", Say: []string{"E-s5"}, Back: toMenu, Tries: 1, Fail: "more", Ask: flow.Choices("1", "talk", "2", "choose"),
			Goto: flow.Goto{"talk": toPerson, "choose": "when"}},
		flow.Step{ID: "more", Say: []string{"E-more-call"}, Back: toMenu, Tries: 2, Fail: toGoodbye, Ask: flow.Choices("1", "talk"), Goto: flow.Goto{"talk": toPerson}},
	)}
}

// returnedScript is for who was called and calls back (call-script.md 6.1, A4).
// Recognised or not, the way leads to a person, who is told which.
func returnedScript() *flow.Script {
	to := flow.Goto{"again": toPerson, "enough": toPerson}
	for _, stage := range stages {
		to[stage] = toPerson
	}
	return &flow.Script{Name: "returned", Title: "We called you", Steps: append(asksWho("returned", "A4", ""),
		flow.Step{ID: "check", Ask: flow.Look(lookStatus, append(outcomes("again", "enough"), stages...)...), Goto: to})}
}

// asksWho asks for a request number and a date of birth. Both are heard before
// either is looked at.
func asksWho(script, first, again string) []flow.Step {
	number := flow.Digits{N: 8, Luhn: true, Fetch: true, Bad: "E1-bad"}
	steps := []flow.Step{{ID: "start", Say: []string{first}, Ask: number, Save: "status_number", Goto: flow.Goto{flow.OK: "origin"}}}
	if again != "" {
		steps = append(steps, flow.Step{ID: "number_again", Say: []string{again}, Ask: number, Save: "status_number", Goto: flow.Goto{flow.OK: "origin"}})
	}
	return append(steps,
		flow.Step{ID: "origin", Ask: flow.On(factOrigin, "domestic", "abroad"), Goto: flow.Goto{"domestic": "born", "abroad": "year"}},
		flow.Step{ID: "born", Say: []string{"E2"}, Ask: flow.Date{Bad: "D11-bad"}, Save: "status_born", Goto: flow.Goto{flow.OK: "check"}},
		flow.Step{ID: "year", Say: []string{"B-dob-y"}, Ask: flow.Digits{N: 4, Min: 1900, Max: 2100}, Save: "status_year", Goto: flow.Goto{flow.OK: "month"}},
		flow.Step{ID: "month", Say: []string{"B-dob-m"}, Ask: flow.Digits{N: 2, Min: 1, Max: 12, Short: true}, Save: "status_month", Goto: flow.Goto{flow.OK: "day"}},
		flow.Step{ID: "day", Say: []string{"B-dob-d"}, Ask: flow.Digits{N: 2, Min: 1, Max: 31, Short: true}, Save: "status_day", Goto: flow.Goto{flow.OK: "joined"}},
		flow.Step{ID: "joined", Ask: flow.Decide{What: "join the date", Can: outcomes("joined"), By: joinStatusDate}, Goto: flow.Goto{"joined": "check"}},
	)
}

// joinStatusDate makes one date of three answers. A day that does not exist
// matches nobody, and is counted like any other.
func joinStatusDate(a flow.Answers, _ flow.Env) flow.Outcome {
	date := a.Get("status_year") + "-" + a.Get("status_month") + "-" + a.Get("status_day")
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		date = "none"
	}
	a["status_born"] = private.Of(date)
	return "joined"
}
