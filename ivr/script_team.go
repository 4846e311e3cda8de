package ivr

import "secondline/internal/flow"

// What coordinators' own line looks up.
const (
	lookPIN  = "the PIN is right"
	lookDuty = "on or off duty"
	lookNext = "what is owed next"
	lookTake = "nobody else has it"
)

// teamScript is for coordinators who call in from their registered number: duty,
// what is owed, and being connected to the next one.
func teamScript() *flow.Script {
	pin := flow.Code{Min: 4, Max: 8, Bad: "T-pin-bad"}
	desk := flow.Choices("1", "hear", "2", "next_one", "3", "change")
	away := func(change string) flow.Goto {
		return flow.Goto{"hear": "first", "next_one": "straight", "change": change}
	}
	kept := flow.Goto{"message": "message", "plain": "plain", "hidden": "hidden", "none": "nothing"}
	return &flow.Script{Name: "team", Title: "Coordinators' own line", Steps: []flow.Step{
		{ID: "start", Say: []string{"T-pin"}, Ask: pin, Save: "pin", Back: "main.line", Fail: "main.line", Goto: flow.Goto{flow.OK: "check"}},
		{ID: "check", Ask: flow.Look(lookPIN, "right", "again", "enough"), Goto: flow.Goto{"right": "desk", "again": "start_again", "enough": "no_entry"}},
		{ID: "start_again", Say: []string{"T-pin-bad"}, Ask: pin, Save: "pin", Back: "main.line", Fail: "main.line", Goto: flow.Goto{flow.OK: "check"}},
		{ID: "no_entry", Say: []string{"T-pin-lock"}, Goto: flow.Goto{flow.OK: "main.line"}},

		{ID: "desk", Ask: flow.Look(lookDuty, "on_duty", "off_duty"), Goto: flow.Goto{"on_duty": "on", "off_duty": "off"}},
		{ID: "on", Say: []string{"T-on"}, Ask: desk, Back: "desk", Fail: toGoodbye, Goto: away("go_off")},
		{ID: "off", Say: []string{"T-off"}, Ask: desk, Back: "desk", Fail: toGoodbye, Goto: away("go_on")},
		{ID: "go_on", Say: []string{"T-went-on"}, Do: []string{doDutyOn}, Goto: flow.Goto{flow.OK: "on"}},
		{ID: "go_off", Say: []string{"T-went-off"}, Do: []string{doDutyOff}, Goto: flow.Goto{flow.OK: "off"}},

		{ID: "first", Ask: flow.Look(lookNext, "message", "plain", "hidden", "none"), Goto: kept},
		{ID: "straight", Ask: flow.Look(lookNext, "message", "plain", "hidden", "none"),
			Goto: flow.Goto{"message": "take", "plain": "take", "hidden": "hidden", "none": "nothing"}},
		{ID: "nothing", Say: []string{"T-none"}, Goto: flow.Goto{flow.OK: "desk"}},
		{ID: "plain", Say: []string{"T-task", "T-item"}, Back: "desk", Fail: toGoodbye,
			Ask: flow.Choices("1", "call_now", "2", "pass_over"), Goto: flow.Goto{"call_now": "take", "pass_over": "first"}},
		{ID: "message", Say: []string{"T-task", "T-item-message"}, Back: "desk", Fail: toGoodbye,
			Ask: flow.Choices("1", "call_now", "2", "pass_over", "3", "listen"), Goto: flow.Goto{"call_now": "take", "pass_over": "first", "listen": "hear_message"}},
		{ID: "hear_message", Say: []string{"T-message"}, Play: "task_message", Goto: flow.Goto{flow.OK: "message"}},
		{ID: "hidden", Say: []string{"T-task", "T-item-hidden"}, Back: "desk", Fail: toGoodbye,
			Ask:  flow.Choices("2", "pass_over", "3", "listen", "4", "finished"),
			Goto: flow.Goto{"pass_over": "first", "listen": "hear_hidden", "finished": "heard_out"}},
		{ID: "hear_hidden", Say: []string{"T-message"}, Play: "task_message", Goto: flow.Goto{flow.OK: "hidden"}},
		{ID: "heard_out", Say: []string{"T-done"}, Do: []string{doSettle + "heard"}, Goto: flow.Goto{flow.OK: "desk"}},

		{ID: "take", Ask: flow.Look(lookTake, "free", "taken"), Goto: flow.Goto{"free": "call", "taken": "too_late"}},
		{ID: "too_late", Say: []string{"T-taken"}, Goto: flow.Goto{flow.OK: "desk"}},
		{ID: "call", Say: []string{"T-task", "T-dial"}, Ask: flow.Connect{To: "task", Reason: "task"}, Goto: flow.Goto{flow.Talked: "how", flow.Nobody: "how"}},
		{ID: "how", Say: []string{"H-disp"}, Fail: "kept",
			Ask:  flow.Choices("1", "spoke", "2", "left_message", "3", "no_answer", "4", "wrong_number", "5", "no_calls"),
			Goto: flow.Goto{"spoke": "spoke", "left_message": "tried", "no_answer": "tried", "wrong_number": "wrong", "no_calls": "stop"}},
		{ID: "spoke", Say: []string{"T-done"}, Do: []string{doSettle + "spoke"}, Goto: flow.Goto{flow.OK: "desk"}},
		{ID: "wrong", Say: []string{"T-done"}, Do: []string{doSettle + "wrong_number"}, Goto: flow.Goto{flow.OK: "desk"}},
		{ID: "stop", Say: []string{"T-done"}, Do: []string{doSettle + "opted_out"}, Goto: flow.Goto{flow.OK: "desk"}},
		{ID: "tried", Say: []string{"T-kept"}, Do: []string{doSettle + "tried"}, Goto: flow.Goto{flow.OK: "desk"}},
		{ID: "kept", Say: []string{"T-kept"}, Do: []string{doSettle + "tried"}, Goto: flow.Goto{flow.OK: toGoodbye}},
	}}
}
