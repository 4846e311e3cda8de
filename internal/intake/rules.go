// Package intake holds the questionnaire that makes a request, and what becomes
// of its answers. The telephone and the text line ask the same table (script.go);
// neither knows of the other.
package intake

import (
	"time"

	"secondline/internal/flow"
	"secondline/internal/private"
)

// The facts that the table decides by. flow.Channel is one too.
const (
	FactOrigin = "origin" // domestic, abroad
	FactCaller = "caller" // known, hidden
	FactTexts  = "texts"  // yes, no: whether texts may be offered at all
)

// What steps look up, and what they have done. Whoever asks the table answers and
// carries out all of them.
const (
	LookDraft    = "unfinished request"
	LookResume   = "date of birth matches"
	LookCallable = "can we call the number given"

	DoFinish         = "finish_intake"
	DoBlankBirthDate = "leave_birth_date"
	DoAskEmail       = "ask_email"
	DoTextVisit      = "text_visit"
	DoStopAge        = "stop_age"
	DoStopState      = "stop_massachusetts"
	DoStopHospital   = "stop_hospital"
	DoStopConsent    = "stop_consent"
)

// The steps of other scripts that the table leads to. The book that it stands in
// has them.
const (
	ToStart    = "intake.start"
	ToPerson   = "person.start"
	ToStuck    = "person.stuck"
	ToGoodbye  = "main.goodbye"
	ToInPerson = "info.connect"
	ToVisit    = "info.visit_text" // the number of the line for visits, by text
)

// ZipRules says where a US zip code and a local time lie. The functions are
// those of internal/hours.
type ZipRules struct {
	// State gives the two letters of the state, false for a code not given out.
	State func(zip string) (string, bool)
	// Zones gives the time zones the code may lie in.
	Zones func(zip string) []string
	// Offset gives the minutes east of UTC at which clocks show hhmm now, and
	// OffsetName writes them as a zone ("UTC+05:30").
	Offset     func(hhmm string, now time.Time) (int, bool)
	OffsetName func(minutesEast int) string
}

// decide says where a zip code lies. Massachusetts is told a second time by it.
func (z ZipRules) decide(a flow.Answers, _ flow.Env) flow.Outcome {
	state, ok := z.State(a.Get("zip"))
	if !ok {
		return "unknown"
	}
	a["state"] = private.Of(state)
	if state == "MA" {
		return "massachusetts"
	}
	if len(z.Zones(a.Get("zip"))) > 1 {
		return "two_zones"
	}
	return "one_zone"
}

// offset keeps the caller's distance from UTC as a zone.
func (z ZipRules) offset(a flow.Answers, env flow.Env) flow.Outcome {
	if minutes, ok := z.Offset(a.Get("local_time"), env.Now); ok {
		a["utc_offset"] = private.Of(z.OffsetName(minutes))
	}
	return "set"
}
