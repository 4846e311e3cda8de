package ivr

import (
	"secondline/internal/flow"
	"secondline/internal/intake"
)

// The facts that scripts decide by.
const (
	factLine   = "line"            // tollfree, international
	factOpen   = "open"            // open, closed, holiday
	factOrigin = intake.FactOrigin // domestic, abroad
	factCaller = intake.FactCaller // known, hidden
	factTexts  = intake.FactTexts  // yes, no: whether texts may be offered at all
	factRecord = "record"          // yes, no: whether calls with the team are recorded
	factZone   = "zone"            // known, unknown: whether the number tells the time zone
	factTeam   = "team"            // here, busy, away: open with somebody to ring, open without, closed
	factWho    = "who"             // patient, coordinator: whether a coordinator's registered number calls
	factNotice = "notice"          // yes, no: whether something is said on a special day
)

// The steps that other scripts and the keys of every step lead to.
const (
	toGreeting = "main.greeting"
	toReach    = "reach.start"
	toMenu     = "main.menu"
	toPerson   = intake.ToPerson
	toStuck    = intake.ToStuck
	toMissed   = "person.missed"
	toGoodbye  = intake.ToGoodbye
)

// mainScript greets and offers the main menu (call-script.md 6.1 to 6.3).
func mainScript() *flow.Script {
	return &flow.Script{Name: "main", Title: "Greeting and main menu", Steps: []flow.Step{
		{ID: "greeting", Ask: flow.On(factWho, "patient", "coordinator"), Goto: flow.Goto{"patient": "line", "coordinator": "team.start"}},
		{ID: "line", Ask: flow.On(factLine, "tollfree", "international"), Goto: flow.Goto{"tollfree": "greet_us", "international": "greet_abroad"}},

		{ID: "greet_us", Ask: flow.On(factOpen, "open", "closed", "holiday", "special"), Goto: flow.Goto{"open": "hello", "closed": "hello_closed", "holiday": "hello_holiday", "special": "hello_special"}},
		{ID: "hello", Say: []string{"A1", "A-lang", "A-spanish"}, Goto: flow.Goto{flow.OK: "noticed"}},
		{ID: "hello_closed", Say: []string{"C1", "C-988", "A-spanish"}, Goto: flow.Goto{flow.OK: "menu_closed"}},
		{ID: "hello_holiday", Say: []string{"C1-holiday", "C-988", "A-spanish"}, Goto: flow.Goto{flow.OK: "menu_closed"}},
		{ID: "hello_special", Say: []string{"C1-special", "C-988", "A-spanish"}, Goto: flow.Goto{flow.OK: "menu_closed"}},

		{ID: "greet_abroad", Ask: flow.On(factOpen, "open", "closed", "holiday", "special"), Goto: flow.Goto{"open": "hello_abroad", "closed": "abroad_closed", "holiday": "abroad_holiday", "special": "abroad_special"}},
		{ID: "hello_abroad", Say: []string{"B1", "A-lang", "A-spanish"}, Goto: flow.Goto{flow.OK: "noticed"}},
		{ID: "abroad_closed", Say: []string{"C1-intl"}, Goto: flow.Goto{flow.OK: "their_zone"}},
		{ID: "abroad_holiday", Say: []string{"C1-holiday-intl"}, Goto: flow.Goto{flow.OK: "their_zone"}},
		{ID: "abroad_special", Say: []string{"C1-special-intl"}, Goto: flow.Goto{flow.OK: "their_zone"}},
		// Where the number tells the time zone, hours are said in it too.
		{ID: "their_zone", Ask: flow.On(factZone, "known", "unknown"), Goto: flow.Goto{"known": "their_hours", "unknown": "menu_closed"}},
		{ID: "their_hours", Say: []string{"C1-local"}, Goto: flow.Goto{flow.OK: "menu_closed"}},

		{ID: "noticed", Ask: flow.On(factNotice, "yes", "no"), Goto: flow.Goto{"yes": "notice", "no": "recorded"}},
		{ID: "notice", Say: []string{"A-notice"}, Goto: flow.Goto{flow.OK: "recorded"}},
		{ID: "recorded", Ask: flow.On(factRecord, "yes", "no"), Goto: flow.Goto{"yes": "say_recorded", "no": "zero"}},
		{ID: "say_recorded", Say: []string{"A1-rec"}, Goto: flow.Goto{flow.OK: "zero"}},
		{ID: "zero", Say: []string{"A1-0"}, Goto: flow.Goto{flow.OK: "menu"}},

		// menu is also where pound leads back to, at any hour.
		{ID: "menu", Ask: flow.On(factOpen, "open", "closed", "holiday", "special"),
			Goto: flow.Goto{"open": "menu_open", "closed": "menu_closed", "holiday": "menu_closed", "special": "menu_closed"}},
		{ID: "menu_open", Ask: flow.On(factLine, "tollfree", "international"), Goto: flow.Goto{"tollfree": "choose", "international": "choose_abroad"}},
		{ID: "choose", Say: []string{"A2"}, NoInput: []string{"A2-ni1", "A2-ni2"}, NoMatch: []string{"A2-nm1", "A2-ni2"},
			Ask:  flow.Choices("1", "start", "2", "status", "3", "information", "4", "returned_call"),
			Goto: flow.Goto{"start": intake.ToStart, "status": "status.start", "information": "info.choose", "returned_call": "returned.start"}},
		{ID: "choose_abroad", Say: []string{"B1-cost", "A2"}, NoInput: []string{"A2-ni1", "A2-ni2"}, NoMatch: []string{"A2-nm1", "A2-ni2"},
			Ask:  flow.Choices("1", "start", "2", "status", "3", "information", "4", "returned_call", "5", "call_me"),
			Goto: flow.Goto{"start": intake.ToStart, "status": "status.start", "information": "info.choose", "returned_call": "returned.start", "call_me": "callback.start"}},
		{ID: "menu_closed", Say: []string{"C2"},
			Ask:  flow.Choices("1", "start", "2", "status", "3", "call_me", "4", "information"),
			Goto: flow.Goto{"start": intake.ToStart, "status": "status.start", "call_me": "callback.start", "information": "info.choose", "0": "message.record"}},

		// One call too many: of a number, of everybody, or one that never ends. There is no
		// key for a person here: every call before it had one, a call is owed, and a machine
		// that calls again and again would press it.
		{ID: "often", Ask: flow.Look(lookCaller, "yes", "no"), Goto: flow.Goto{"yes": "often_called", "no": "often_again"}},
		{ID: "often_called", Say: []string{"A-often", "A-bye-emergency"}, Do: []string{doOften}, End: flow.Hangup},
		{ID: "often_again", Say: []string{"A-often-again", "A-bye-emergency"}, End: flow.Hangup},
		{ID: "full", Say: []string{"A-full", "A-bye-emergency"}, End: flow.Hangup},
		{ID: "long", Say: []string{"A-long"}, End: flow.Hangup},

		{ID: "goodbye", Say: []string{"A-bye"}, End: flow.Hangup},
	}}
}

// infoScript answers what people ask before they begin (call-script.md 6.1, A3).
func infoScript() *flow.Script {
	return &flow.Script{Name: "info", Title: "Cost, timing, who can use it", Steps: []flow.Step{
		{ID: "choose", Say: []string{"A3"}, Back: toMenu,
			Ask:  flow.Choices("1", "cost", "2", "time", "3", "who", "4", "visit"),
			Goto: flow.Goto{"cost": "cost", "time": "time", "who": "who", "visit": "visit_texts"}},
		{ID: "cost", Say: []string{"A3-cost"}, Goto: flow.Goto{flow.OK: "choose"}},
		{ID: "time", Say: []string{"A3-time"}, Goto: flow.Goto{flow.OK: "choose"}},
		{ID: "who", Say: []string{"A3-who"}, Goto: flow.Goto{flow.OK: "choose"}},
		// The number is texted to the telephone that calls, and to no other.
		{ID: "visit_texts", Ask: flow.On(factTexts, "yes", "no"), Goto: flow.Goto{"yes": "visit_how", "no": "visit"}},
		{ID: "visit_how", Ask: flow.On(factCaller, "known", "hidden"), Goto: flow.Goto{"known": "visit_offer", "hidden": "visit"}},
		{ID: "visit_offer", Say: []string{"A3-visit"}, Back: "choose", Ask: flow.Choices("1", "connect", "2", "text"), Goto: flow.Goto{"connect": "connect", "text": "visit_text"}},
		{ID: "visit_text", Say: []string{"visit-texted"}, Do: []string{intake.DoTextVisit}, Goto: flow.Goto{flow.OK: "choose"}},
		{ID: "visit", Say: []string{"A3-visit-call"}, Back: "choose", Ask: flow.Choices("1", "connect"), Goto: flow.Goto{"connect": "connect"}},
		{ID: "connect", Say: []string{"hold"}, Ask: flow.Connect{To: "in_person", Reason: "in_person"}, Goto: flow.Goto{flow.Talked: toGoodbye, flow.Nobody: "choose"}},
	}}
}

// stopScript stops automated calls and texts (key 9, R-24).
func stopScript() *flow.Script {
	return &flow.Script{Name: "stop", Title: "Key 9: stop automated calls and texts", Steps: []flow.Step{
		{ID: "start", Ask: flow.On(factCaller, "known", "hidden"), Goto: flow.Goto{"known": "confirm", "hidden": "unknown"}},
		{ID: "confirm", Say: []string{"A9"}, Back: flow.Return, Fail: flow.Return, Ask: flow.Choices("1", "stop"), Goto: flow.Goto{"stop": "stopped"}},
		{ID: "stopped", Say: []string{"A9-ok"}, Do: []string{doOptOut}, End: flow.Hangup},
		// A number that is withheld cannot be looked up: a person takes it.
		{ID: "unknown", Say: []string{"A9-hidden"}, Goto: flow.Goto{flow.OK: toPerson}},
	}}
}
