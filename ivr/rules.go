package ivr

import (
	"fmt"
	"time"

	"secondline/internal/flow"
	"secondline/internal/private"
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

// What steps look up, and what they have done.
const (
	lookDraft    = "unfinished request"
	lookResume   = "date of birth matches"
	lookCallable = "can we call the number given"
	lookCaller   = "can we call the number that calls"
	lookTimes    = "other times at which we may call"
	lookSlot     = "the time chosen is one of them"

	doFinish         = "finish_intake"
	doCallBack       = "promise_call"
	doCallSoon       = "promise_call_soon"
	doChoose         = "move_promise"
	doMessage        = "keep_message"
	doMissed         = "keep_missed_call"
	doOptOut         = "stop_automated_calls"
	doBlankBirthDate = "leave_birth_date"
	doStopAge        = "stop_age"
	doStopState      = "stop_massachusetts"
	doStopHospital   = "stop_hospital"
	doStopConsent    = "stop_consent"
	doAskEmail       = "ask_email"
	doDutyOn         = "duty_on"
	doDutyOff        = "duty_off"
	// These two are followed by a language and by an outcome.
	doSpeak  = "speak_"
	doSettle = "settle_"
)

// NewBook puts the scripts of the telephone together, for the languages that
// there are words for. It fails when they are not sound.
func NewBook(zips ZipRules, languages []string) (*flow.Book, error) {
	book := flow.NewBook(flow.Ways{
		Person: toPerson, Language: "language.choose", Stop: "stop.start",
		Starts:  []string{toGreeting, toReach},
		NoInput: []string{"no-input", "no-input-2"}, NoMatch: []string{"no-match", "no-match-2"},
		Stuck: "person.stuck", Paused: "D-silence", PausedOptional: "D-silence-skip",
	}, mainScript(), infoScript(), intakeScript(zips), statusScript(), returnedScript(), reachScript(), personScript(), callbackScript(),
		messageScript(), languageScript(languages), stopScript(), teamScript())
	if err := book.Check(); err != nil {
		return nil, fmt.Errorf("ivr: the call scripts are not sound: %w", err)
	}
	return book, nil
}
