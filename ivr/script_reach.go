package ivr

import "secondline/internal/flow"

// reachScript is a call after delivery that an automated voice begins, for patients
// who agreed to that (call-script.md 6.8). The opening is safe for whoever picks up,
// a machine among them: it tells nothing but who calls and how to stop it.
func reachScript() *flow.Script {
	steps := []flow.Step{
		{ID: "start", Say: []string{"H1-plain"}, NoInput: []string{"H1-ni"}, NoMatch: []string{"H1-ni"}, Tries: 2, Fail: "bye",
			Ask:  flow.Choices("1", "talk", "2", "better_time", "3", "not_me", "9", "stop"),
			Goto: flow.Goto{"talk": "talk", "0": "talk", "better_time": "times", "not_me": "not_me", "stop": "stopped"}},
		{ID: "talk", Ask: flow.On(factTeam, "here", "busy", "away"), Goto: flow.Goto{"here": "come", "busy": "none", "away": "none"}},
		{ID: "come", Say: []string{"H2"}, Ask: flow.Connect{To: "team", Reason: "caller"},
			Goto: flow.Goto{flow.Talked: toGoodbye, flow.Nobody: "none", flow.CallMe: "times", flow.LeaveMessage: "message.record"}},
		{ID: "none", Say: []string{"H2-none"}, Tries: 1, Fail: "soon", Ask: flow.Choices("2", "other_time"), Goto: flow.Goto{"other_time": "times"}},
		{ID: "soon", Say: []string{"H1-bye"}, Do: []string{doCallSoon}, End: flow.Hangup},
		{ID: "times", Ask: flow.Look(lookTimes, "some", "none"), Goto: flow.Goto{"some": "when", "none": toPerson}},
		{ID: "not_me", Say: []string{"H3-plain"}, Tries: 1, Fail: "asked", Ask: flow.Choices("4", "wrong"), Goto: flow.Goto{"wrong": "wrong"}},
		{ID: "asked", Say: []string{"A-bye"}, End: flow.Hangup},
		{ID: "wrong", Say: []string{"H3-wrong"}, End: flow.Hangup},
		{ID: "stopped", Say: []string{"H9"}, Do: []string{doOptOut}, End: flow.Hangup},
		{ID: "bye", Say: []string{"H1-bye"}, End: flow.Hangup},
	}
	return &flow.Script{Name: "reach", Title: "The automated call after delivery", Steps: append(steps, choosesTime("start", "bye")...)}
}

// choosesTime asks for another time of the promised call. Pound leads back, and who
// chooses nothing goes to fail.
func choosesTime(back, fail string) []flow.Step {
	return []flow.Step{
		{ID: "when", Say: []string{"cb-when", "cb-times", "cb-back"}, Back: back, Fail: fail, Save: "slot",
			Ask:  flow.Choices("1", "today", "2", "morning", "3", "afternoon", "4", "evening"),
			Goto: flow.Goto{"today": "slot", "morning": "slot", "afternoon": "slot", "evening": "slot"}},
		{ID: "slot", Ask: flow.Look(lookSlot, "offered", "not_offered"), Goto: flow.Goto{"offered": "slot_right", "not_offered": "when_again"}},
		{ID: "when_again", Say: []string{"no-match"}, Goto: flow.Goto{flow.OK: "when"}},
		{ID: "slot_right", Say: []string{"cb-time"}, Fail: fail, Ask: flow.YesNo(), Goto: flow.Goto{"yes": "chosen", "no": "when"}},
		{ID: "chosen", Say: []string{"cb-ok-time"}, Do: []string{doChoose}, End: flow.Hangup},
	}
}
