package intake

import (
	"time"

	"secondline/internal/flow"
	"secondline/internal/private"
)

// Script makes a request (call-script.md 6.2 and 6.4). The stop rules come
// before anything personal. Then comes the date of birth, earlier than in the
// call sheet: it is what a caller is known by when a call was cut off, so
// everything told after it can be taken up again.
func Script(zips ZipRules) *flow.Script {
	steps := append(intakeStart(), intakeBirthDate()...)
	steps = append(steps, intakeContact(zips)...)
	steps = append(steps, intakeStory()...)
	return &flow.Script{Name: "intake", Title: "Start a request", Steps: steps}
}

// intakeStart takes up what was begun, and applies the stop rules.
func intakeStart() []flow.Step {
	return []flow.Step{
		// Who texts is warned before anything is asked that others might read.
		{ID: "start", Ask: flow.On(flow.Channel, "voice", "text"), Goto: flow.Goto{"voice": "unfinished", "text": "not_private"}},
		{ID: "not_private", Say: []string{"S-begin"}, Ask: flow.Choices("1", "go_on", "2", "call_me"), Goto: flow.Goto{"go_on": "unfinished", "call_me": ToPerson}},
		{ID: "unfinished", Ask: flow.Look(LookDraft, "found", "none"), Goto: flow.Goto{"found": "resume", "none": "welcome"}},
		{ID: "resume", Say: []string{"D-resume"}, Ask: flow.Date{Bad: "D11-bad", Alone: flow.Choices("1", "fresh")}, Save: "resume_date",
			Fail: "welcome", Goto: flow.Goto{flow.OK: "known", "fresh": "welcome"}},
		{ID: "known", Ask: flow.Look(LookResume, "match", "again", "enough"), Goto: flow.Goto{"match": "go_on", "again": "resume_again", "enough": ToStuck}},
		{ID: "resume_again", Say: []string{"D-resume-bad"}, Ask: flow.Date{Bad: "D11-bad", Alone: flow.Choices("1", "fresh")}, Save: "resume_date",
			Fail: "welcome", Goto: flow.Goto{flow.OK: "known", "fresh": "welcome"}},
		{ID: "go_on", Say: []string{"D-resume-ok"}, End: flow.Resume},

		{ID: "welcome", Say: []string{"D0"}, Goto: flow.Goto{flow.OK: "can_save"}},
		{ID: "can_save", Ask: flow.On(FactCaller, "known", "hidden"), Goto: flow.Goto{"known": "save", "hidden": "for_whom"}},
		{ID: "save", Say: []string{"D0-save"}, Goto: flow.Goto{flow.OK: "for_whom"}},
		{ID: "for_whom", Say: []string{"D1"}, Ask: flow.Choices("1", "self", "2", "other"), Save: "for_whom", Goto: flow.Goto{"self": "adult", "other": "helper"}},
		{ID: "helper", Say: []string{"D1-else"}, Goto: flow.Goto{flow.OK: "adult"}},
		{ID: "adult", Say: []string{"D2"}, Ask: flow.YesNo(), Save: "adult", Goto: flow.Goto{"yes": "massachusetts", "no": "not_adult"}},
		{ID: "not_adult", Say: []string{"D2-no"}, Do: []string{DoStopAge}, Ask: flow.Menu{}, Tries: 1, Fail: ToGoodbye},
		{ID: "massachusetts", Say: []string{"D3"}, Ask: flow.YesNo(), Save: "massachusetts", Goto: flow.Goto{"no": "hospital", "yes": "visit"}},
		{ID: "visit", Ask: flow.On(flow.Channel, "voice", "text"), Goto: flow.Goto{"voice": "visit_texts", "text": "in_massachusetts"}},
		{ID: "visit_texts", Ask: flow.On(FactTexts, "yes", "no"), Goto: flow.Goto{"yes": "visit_number", "no": "in_massachusetts"}},
		{ID: "visit_number", Ask: flow.On(FactCaller, "known", "hidden"), Goto: flow.Goto{"known": "visit_offer", "hidden": "in_massachusetts"}},
		{ID: "visit_offer", Say: []string{"D3-yes"}, Do: []string{DoStopState}, Ask: flow.Choices("1", "connect", "2", "text"), Tries: 2, Fail: ToGoodbye,
			Goto: flow.Goto{"connect": ToInPerson, "text": ToVisit}},
		{ID: "in_massachusetts", Say: []string{"D3-yes-call"}, Do: []string{DoStopState}, Ask: flow.Choices("1", "connect"), Tries: 2, Fail: ToGoodbye, Goto: flow.Goto{"connect": ToInPerson}},
		{ID: "hospital", Say: []string{"D4"}, Ask: flow.YesNo(), Save: "hospital", Goto: flow.Goto{"no": "where_from", "yes": "in_hospital"}},
		{ID: "in_hospital", Say: []string{"D4-yes"}, Do: []string{DoStopHospital}, Ask: flow.Menu{}, Tries: 1, Fail: ToGoodbye},

		{ID: "where_from", Ask: flow.On(FactOrigin, "domestic", "abroad"), Goto: flow.Goto{"domestic": "privacy", "abroad": "processing"}},
		{ID: "processing", Say: []string{"B-consent"}, Ask: flow.Choices("1", "agree", "2", "decline"), Save: "processing", Goto: flow.Goto{"agree": "privacy", "decline": "declined"}},
		{ID: "declined", Say: []string{"B-consent-no"}, Do: []string{DoStopConsent}, Ask: flow.Menu{}, Tries: 1, Fail: ToGoodbye},
		{ID: "privacy", Say: []string{"D5"}, Ask: flow.Choices("1", "go_on", "2", "more"), Goto: flow.Goto{"go_on": "birth", "more": "privacy_more"}},
		{ID: "privacy_more", Say: []string{"D5-more"}, Goto: flow.Goto{flow.OK: "privacy"}},
	}
}

// intakeBirthDate asks for the date of birth: eight digits at home, three
// questions abroad, where people write dates in another order.
func intakeBirthDate() []flow.Step {
	return []flow.Step{
		{ID: "birth", Ask: flow.On(FactOrigin, "domestic", "abroad"), Goto: flow.Goto{"domestic": "birth_date", "abroad": "birth_year"}},
		{ID: "birth_date", Say: []string{"D11"}, Ask: flow.Date{Confirm: "D11-c", Bad: "D11-bad"}, Save: "birth_date", Fail: "birth_blank", Goto: flow.Goto{flow.OK: "age"}},
		{ID: "birth_year", Say: []string{"B-dob-y"}, Ask: flow.Digits{N: 4, Min: 1900, Max: 2100}, Save: "birth_year", Fail: "birth_blank", Goto: flow.Goto{flow.OK: "birth_month"}},
		{ID: "birth_month", Say: []string{"B-dob-m"}, Ask: flow.Digits{N: 2, Min: 1, Max: 12, Short: true}, Save: "birth_month", Fail: "birth_blank", Goto: flow.Goto{flow.OK: "birth_day"}},
		{ID: "birth_day", Say: []string{"B-dob-d"}, Ask: flow.Digits{N: 2, Min: 1, Max: 31, Short: true}, Save: "birth_day", Fail: "birth_blank", Goto: flow.Goto{flow.OK: "birth_exists"}},
		{ID: "birth_exists", Ask: flow.Decide{What: "is there such a day", Can: outcomes("yes", "no", "enough"), By: dateExists},
			Goto: flow.Goto{"yes": "birth_right", "no": "birth_odd", "enough": "birth_blank"}},
		{ID: "birth_right", Say: []string{"D11-c"}, Ask: flow.YesNo(), Goto: flow.Goto{"yes": "birth_keep", "no": "birth_year"}},
		{ID: "birth_keep", Ask: flow.Decide{What: "keep the date", Can: outcomes("kept"), By: keepDate}, Goto: flow.Goto{"kept": "age"}},

		{ID: "age", Ask: flow.Decide{What: "how old", Can: outcomes("adult", "minor", "unlikely", "enough"), By: ageOf},
			Goto: flow.Goto{"adult": "number", "minor": "minor", "unlikely": "birth_odd", "enough": "birth_blank"}},
		{ID: "minor", Say: []string{"D2-minor"}, Do: []string{DoStopAge}, Ask: flow.Menu{}, Tries: 1, Fail: ToGoodbye},
		{ID: "birth_odd", Say: []string{"B-dob-bad"}, Goto: flow.Goto{flow.OK: "birth"}},
		{ID: "birth_blank", Say: []string{"dob-blank"}, Do: []string{DoBlankBirthDate}, Goto: flow.Goto{flow.OK: "number"}},
	}
}

// intakeContact asks how, when and where the person may be reached. Each consent
// is a question of its own, and none is a condition.
func intakeContact(zips ZipRules) []flow.Step {
	return []flow.Step{
		{ID: "number", Ask: flow.Decide{What: "which number", Can: outcomes("known", "hidden", "texts"), By: whichNumber},
			Goto: flow.Goto{"known": "this_number", "hidden": "ask_number", "texts": "talk"}},
		{ID: "this_number", Say: []string{"D6"}, Ask: flow.YesNo(), Save: "own_number", Goto: flow.Goto{"yes": "calls", "no": "ask_number"}},
		{ID: "ask_number", Ask: flow.On(FactOrigin, "domestic", "abroad"), Goto: flow.Goto{"domestic": "phone", "abroad": "phone_abroad"}},
		{ID: "phone", Say: []string{"D6-other"}, Ask: flow.Phone{Confirm: "D6-c", Bad: "D6-bad"}, Save: "phone", Goto: flow.Goto{flow.OK: "calls"}},
		{ID: "phone_abroad", Say: []string{"B-phone"}, Ask: flow.Phone{Abroad: true, Confirm: "D6-c", Bad: "B-phone-bad"}, Save: "phone", Goto: flow.Goto{flow.OK: "calls"}},

		// Only who texts is asked: who calls can talk.
		{ID: "talk", Say: []string{"Q-talk"}, Ask: flow.Choices("1", "talk", "2", "write"), Save: "can_talk", Goto: flow.Goto{"talk": "calls", "write": "may_text"}},
		{ID: "calls", Say: []string{"D7-call"}, Ask: flow.Choices("1", "yes", "2", "person_only"), Save: "consent_calls", Goto: flow.Goto{"yes": "may_text", "person_only": "may_text"}},
		{ID: "may_text", Ask: flow.On(FactTexts, "yes", "no"), Goto: flow.Goto{"yes": "texts", "no": "voicemail"}},
		{ID: "texts", Say: []string{"D7-text"}, Ask: flow.YesNo(), Save: "consent_texts", Goto: flow.Goto{"yes": "voicemail", "no": "voicemail"}},
		{ID: "voicemail", Ask: flow.Decide{What: "can they talk on the phone", Can: outcomes("talks", "writes"), By: howToReach}, Goto: flow.Goto{"talks": "messages", "writes": "home"}},
		{ID: "messages", Say: []string{"D7-vm"}, Ask: flow.YesNo(), Save: "consent_voicemail", Goto: flow.Goto{"yes": "home", "no": "home"}},

		{ID: "home", Ask: flow.On(FactOrigin, "domestic", "abroad"), Goto: flow.Goto{"domestic": "zip", "abroad": "local_time"}},
		{ID: "zip", Say: []string{"D8"}, Ask: flow.Zip{Bad: "D8-bad"}, Save: "zip", Fail: "when", Goto: flow.Goto{flow.OK: "zip_place"}},
		{ID: "zip_place", Ask: flow.Decide{What: "where the zip code lies", Can: outcomes("one_zone", "two_zones", "massachusetts", "unknown"), By: zips.decide},
			Goto: flow.Goto{"one_zone": "when", "two_zones": "zone", "massachusetts": "zip_massachusetts", "unknown": "zip_odd"}},
		{ID: "zip_odd", Say: []string{"D8-bad"}, Ask: flow.Zip{Bad: "D8-bad"}, Save: "zip", Fail: "when", Goto: flow.Goto{flow.OK: "zip_again"}},
		{ID: "zip_again", Ask: flow.Decide{What: "where the zip code lies", Can: outcomes("one_zone", "two_zones", "massachusetts", "unknown"), By: zips.decide},
			Goto: flow.Goto{"one_zone": "when", "two_zones": "zone", "massachusetts": "zip_massachusetts", "unknown": "when"}},
		{ID: "zip_massachusetts", Say: []string{"zip-ma"}, Do: []string{DoStopState}, Ask: flow.Choices("1", "connect"), Tries: 2, Fail: ToGoodbye, Goto: flow.Goto{"connect": ToInPerson}},
		{ID: "zone", Say: []string{"D8-zone"}, Ask: flow.Choices("1", "eastern", "2", "central", "3", "mountain", "4", "pacific", "5", "other"), Save: "zone",
			Goto: flow.Goto{"eastern": "when", "central": "when", "mountain": "when", "pacific": "when", "other": "when"}},
		{ID: "local_time", Say: []string{"B-time"}, Ask: flow.Clock{Confirm: "B-time-c", Bad: "B-time-bad"}, Save: "local_time", Fail: "when", Goto: flow.Goto{flow.OK: "offset"}},
		{ID: "offset", Ask: flow.Decide{What: "offset of the local time", Can: outcomes("set"), By: zips.offset}, Goto: flow.Goto{"set": "when"}},

		{ID: "when", Ask: flow.Decide{What: "can they talk on the phone", Can: outcomes("talks", "writes"), By: howToReach}, Goto: flow.Goto{"talks": "good_time", "writes": "name"}},
		{ID: "good_time", Say: []string{"D9"}, Ask: flow.Choices("1", "morning", "2", "afternoon", "3", "evening", "4", "any_time"), Save: "good_time",
			Goto: flow.Goto{"morning": "name", "afternoon": "name", "evening": "name", "any_time": "name"}},
	}
}

// intakeStory records what a person says in their own words, and ends.
func intakeStory() []flow.Step {
	return []flow.Step{
		{ID: "name", Say: []string{"D10"}, Ask: flow.Recording{Max: 60}, Save: "name", Goto: flow.Goto{flow.OK: "email_how"}},
		{ID: "email_how", Ask: flow.Decide{What: "how to ask for it", Can: outcomes("by_text", "by_person", "in_text"), By: emailHow},
			Goto: flow.Goto{"by_text": "email_text", "by_person": "email", "in_text": "email"}},
		{ID: "email_text", Say: []string{"D12"}, Do: []string{DoAskEmail}, Ask: flow.Elsewhere{}, Back: "treated_at", Tries: 2, Fail: "treated_at", Goto: flow.Goto{flow.Told: "email_told"}},
		{ID: "email_told", Say: []string{"D12-got"}, Goto: flow.Goto{flow.OK: "treated_at"}},
		{ID: "email", Say: []string{"D12-notext"}, Ask: flow.Email{Confirm: "Q-email-c", Bad: "S-email-bad"}, Save: "email", Fail: "treated_at", Goto: flow.Goto{flow.OK: "treated_at"}},
		{ID: "treated_at", Say: []string{"D13"}, Ask: flow.Recording{Max: 120, Optional: true}, Save: "treated_at", Fail: "question",
			Goto: flow.Goto{flow.OK: "question", flow.Skipped: "question"}},
		{ID: "question", Say: []string{"D14"}, Ask: flow.Recording{Max: 120, Optional: true}, Save: "question", Fail: "finished",
			Goto: flow.Goto{flow.OK: "review_how", flow.Skipped: "finished"}},
		{ID: "review_how", Ask: flow.On(flow.Channel, "voice", "text"), Goto: flow.Goto{"voice": "review", "text": "finished"}},
		{ID: "review", Say: []string{"D14-re"}, Ask: flow.Choices("1", "hear", "2", "say_again", "3", "go_on"), Fail: "finished",
			Goto: flow.Goto{"hear": "listen", "say_again": "question", "go_on": "finished"}},
		{ID: "listen", Say: []string{"D14-play"}, Play: "question", Goto: flow.Goto{flow.OK: "review"}},
		// The number can be heard again with star; silence is the usual end.
		{ID: "finished", Ask: flow.Decide{What: "can they talk on the phone", Can: outcomes("talks", "writes"), By: howToReach}, Goto: flow.Goto{"talks": "callable", "writes": "number_written"}},
		{ID: "number_written", Say: []string{"D15", "D15-write", "D15-star"}, Do: []string{DoFinish}, Ask: flow.Menu{}, Tries: 1, Fail: ToGoodbye},
		{ID: "callable", Ask: flow.Look(LookCallable, "yes", "no"), Goto: flow.Goto{"yes": "finished_how", "no": "number_told_far"}},
		{ID: "finished_how", Ask: flow.Decide{What: "may we text this number", Can: outcomes("by_text", "by_person"), By: mayTextNow}, Goto: flow.Goto{"by_text": "number_texted", "by_person": "number_told"}},
		{ID: "number_texted", Say: []string{"D15", "D15-next", "D15-text", "D15-star"}, Do: []string{DoFinish}, Ask: flow.Menu{}, Tries: 1, Fail: ToGoodbye},
		{ID: "number_told", Say: []string{"D15", "D15-next", "D15-star"}, Do: []string{DoFinish}, Ask: flow.Menu{}, Tries: 1, Fail: ToGoodbye},
		{ID: "number_told_far", Say: []string{"D15", "D15-far", "D15-star"}, Do: []string{DoFinish}, Ask: flow.Menu{}, Tries: 1, Fail: ToGoodbye},
	}
}

// mayTextNow says whether the number that calls was just allowed to be texted. One
// that was typed is texted only after its holder has agreed.
func mayTextNow(a flow.Answers, _ flow.Env) flow.Outcome {
	if a.Get("consent_texts") == "yes" && a["phone"].Empty() {
		return "by_text"
	}
	return "by_person"
}

// emailHow asks who texts in the same exchange, and who calls by a text.
func emailHow(a flow.Answers, env flow.Env) flow.Outcome {
	if env.Facts[flow.Channel] == "text" {
		return "in_text"
	}
	return mayTextNow(a, env)
}

// howToReach tells those who talk on the telephone from those who are written to.
func howToReach(a flow.Answers, _ flow.Env) flow.Outcome {
	if Writes(a) {
		return "writes"
	}
	return "talks"
}

// whichNumber takes the number that texts for the one to call.
func whichNumber(_ flow.Answers, env flow.Env) flow.Outcome {
	if env.Facts[flow.Channel] == "text" {
		return "texts"
	}
	return flow.Outcome(env.Facts[FactCaller])
}

// GoOn gives the step at which an unfinished request is taken up, whichever way it
// was begun: a step that only one channel asks is taken up where the channel is
// decided.
func GoOn(at, channel string, book *flow.Book) string {
	switch at {
	case "intake.email", "intake.email_text":
		return "intake.email_how"
	case "intake.review":
		return "intake.review_how"
	case "intake.talk":
		return "intake.number"
	case "intake.phone", "intake.phone_abroad", "intake.this_number":
		if channel == "text" {
			return "intake.number"
		}
	}
	if !book.WaitsBy(at, channel) {
		return "intake.number"
	}
	return at
}

func outcomes(names ...flow.Outcome) []flow.Outcome { return names }

// maxDates is how many dates of birth are heard before the question is left to
// a coordinator.
const maxDates = 3

// dateExists joins year, month and day.
func dateExists(a flow.Answers, _ flow.Env) flow.Outcome {
	date := a.Get("birth_year") + "-" + a.Get("birth_month") + "-" + a.Get("birth_day")
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return oddDate(a)
	}
	a["birth_unsure"] = private.Of(date)
	return "yes"
}

// keepDate keeps the joined date once it was found right: until then nothing is
// known of the patient's age, and nothing is stored.
func keepDate(a flow.Answers, _ flow.Env) flow.Outcome {
	a["birth_date"] = a["birth_unsure"]
	for _, name := range []string{"birth_unsure", "birth_year", "birth_month", "birth_day"} {
		delete(a, name)
	}
	return "kept"
}

// oddDate counts dates that cannot be.
func oddDate(a flow.Answers) flow.Outcome {
	a["birth_tries"] = private.Of(a.Get("birth_tries") + "x")
	if len(a.Get("birth_tries")) >= maxDates {
		return "enough"
	}
	return "no"
}

// ageOf tells adults from minors by the date of birth; a day to come, or one
// more than 120 years ago, is a slip.
func ageOf(a flow.Answers, env flow.Env) flow.Outcome {
	born, err := time.Parse(time.DateOnly, a.Get("birth_date"))
	today := env.Now
	switch {
	case err != nil, born.After(today), born.AddDate(120, 0, 0).Before(today):
		delete(a, "birth_date")
		if oddDate(a) == "enough" {
			return "enough"
		}
		return "unlikely"
	case born.AddDate(18, 0, 0).After(today):
		return "minor"
	}
	return "adult"
}
