package ivr

import (
	"secondline/internal/flow"
	"secondline/internal/intake"
)

// personScript finds a person; where none can come, it leaves a promise or a
// message (call-script.md 6.6 and 6.7).
func personScript() *flow.Script {
	return &flow.Script{Name: "person", Title: "A person", Steps: []flow.Step{
		{ID: "start", Ask: flow.On(factTeam, "here", "busy", "away"), Goto: flow.Goto{"here": "connect", "busy": "nobody", "away": "closed"}},
		// stuck is for who pressed nothing that helps: a person is offered, and
		// promised only while somebody is there.
		{ID: "stuck", Ask: flow.On(factTeam, "here", "busy", "away"), Goto: flow.Goto{"here": "come", "busy": "nobody", "away": "closed"}},
		{ID: "come", Say: []string{"A2-esc"}, Goto: flow.Goto{flow.OK: "connect"}},
		{ID: "connect", Say: []string{"F1"}, Ask: flow.Connect{To: "team", Reason: "caller"},
			Goto: flow.Goto{flow.Talked: toGoodbye, flow.Nobody: "nobody", flow.CallMe: "callback.start", flow.LeaveMessage: "message.record"}},

		{ID: "nobody", Say: []string{"nobody"}, Fail: "missed",
			Ask: flow.Choices("1", "call_me", "2", "message"), Goto: flow.Goto{"call_me": "callback.start", "message": "message.record"}},
		{ID: "closed", Say: []string{"person-closed"}, Fail: "missed",
			Ask: flow.Choices("1", "call_me", "2", "message"), Goto: flow.Goto{"call_me": "callback.start", "message": "message.record", "0": "message.record"}},

		// Nothing was chosen: the number is there, so the call is owed.
		{ID: "missed", Ask: flow.On(factCaller, "known", "hidden"), Goto: flow.Goto{"known": "missed_can_call", "hidden": toGoodbye}},
		{ID: "missed_can_call", Ask: flow.Look(lookCaller, "yes", "no"), Goto: flow.Goto{"yes": "missed_known", "no": toGoodbye}},
		{ID: "missed_known", Say: []string{"saved"}, Do: []string{doMissed}, End: flow.Hangup},
	}}
}

// callbackScript promises a call (call-script.md 6.7, G-cb).
func callbackScript() *flow.Script {
	return &flow.Script{Name: "callback", Title: "We call you", Steps: []flow.Step{
		{ID: "start", Ask: flow.On(factCaller, "known", "hidden"), Goto: flow.Goto{"known": "this_number", "hidden": "ask_number"}},
		{ID: "this_number", Ask: flow.Look(lookCaller, "yes", "no"), Goto: flow.Goto{"yes": "times", "no": "not_callable"}},
		{ID: "times", Ask: flow.Look(lookTimes, "some", "none"), Goto: flow.Goto{"some": "confirm_time", "none": "confirm"}},
		{ID: "confirm", Say: []string{"cb-number"}, Fail: "booked",
			Ask: flow.Choices("1", "right", "2", "other_number"), Goto: flow.Goto{"right": "booked", "other_number": "ask_number"}},
		{ID: "confirm_time", Say: []string{"cb-number-time"}, Fail: "booked",
			Ask:  flow.Choices("1", "right", "2", "other_number", "3", "other_time"),
			Goto: flow.Goto{"right": "booked", "other_number": "ask_number", "other_time": "when"}},
		// Only times are offered at which we may call; their keys stay the same.
		{ID: "when", Say: []string{"cb-when", "cb-times", "cb-back"}, Back: "times", Fail: "booked", Save: "slot",
			Ask:  flow.Choices("1", "today", "2", "morning", "3", "afternoon", "4", "evening"),
			Goto: flow.Goto{"today": "slot", "morning": "slot", "afternoon": "slot", "evening": "slot"}},
		{ID: "slot", Ask: flow.Look(lookSlot, "offered", "not_offered"), Goto: flow.Goto{"offered": "slot_right", "not_offered": "when_again"}},
		{ID: "when_again", Say: []string{"no-match"}, Goto: flow.Goto{flow.OK: "when"}},
		{ID: "slot_right", Say: []string{"cb-time"}, Fail: "booked_time", Ask: flow.YesNo(), Goto: flow.Goto{"yes": "booked_time", "no": "when"}},
		{ID: "booked_time", Say: []string{"cb-ok-time"}, Do: []string{doCallBack}, End: flow.Hangup},
		{ID: "ask_number", Ask: flow.On(factOrigin, "domestic", "abroad"), Goto: flow.Goto{"domestic": "number", "abroad": "number_abroad"}},
		{ID: "number", Say: []string{"D6-other"}, Ask: flow.Phone{Confirm: "D6-c", Bad: "D6-bad"}, Save: "callback_phone",
			Fail: "message.record", Goto: flow.Goto{flow.OK: "check"}},
		{ID: "number_abroad", Say: []string{"B-phone"}, Ask: flow.Phone{Abroad: true, Confirm: "D6-c", Bad: "B-phone-bad"}, Save: "callback_phone",
			Fail: "message.record", Goto: flow.Goto{flow.OK: "check"}},
		{ID: "check", Ask: flow.Look(intake.LookCallable, "yes", "no"), Goto: flow.Goto{"yes": "other_times", "no": "not_callable"}},
		{ID: "other_times", Ask: flow.Look(lookTimes, "some", "none"), Goto: flow.Goto{"some": "confirm_time", "none": "booked"}},
		{ID: "booked", Say: []string{"cb-ok"}, Do: []string{doCallBack}, End: flow.Hangup},
		// We do not dial every country: a person arranges it.
		{ID: "not_callable", Say: []string{"cb-country"}, Goto: flow.Goto{flow.OK: "message.record"}},
	}}
}

// messageScript takes a message (call-script.md 6.7, G1).
func messageScript() *flow.Script {
	return &flow.Script{Name: "message", Title: "A message", Steps: []flow.Step{
		{ID: "record", Say: []string{"G1"}, Ask: flow.Recording{Max: 120}, Save: "message", Whole: true,
			Fail: "person.missed", Goto: flow.Goto{flow.OK: "kept", "0": "person.missed"}},
		{ID: "kept", Ask: flow.Look(intake.LookCallable, "yes", "no"), Goto: flow.Goto{"yes": "kept_call", "no": "kept_far"}},
		{ID: "kept_call", Say: []string{"G2", "A-bye"}, Do: []string{doMessage}, End: flow.Hangup},
		{ID: "kept_far", Say: []string{"G2-far", "A-bye"}, Do: []string{doMessage}, End: flow.Hangup},
	}}
}
