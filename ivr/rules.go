package ivr

import (
	"fmt"

	"secondline/internal/flow"
	"secondline/internal/intake"
)

// What steps look up, and what they have done.
const (
	lookCaller = "can we call the number that calls"
	lookTimes  = "other times at which we may call"
	lookSlot   = "the time chosen is one of them"

	doCallBack = "promise_call"
	doCallSoon = "promise_call_soon"
	doChoose   = "move_promise"
	doMessage  = "keep_message"
	doMissed   = "keep_missed_call"
	doOften    = "keep_call_too_often"
	doOptOut   = "stop_automated_calls"
	doDutyOn   = "duty_on"
	doDutyOff  = "duty_off"
	// These two are followed by a language and by an outcome.
	doSpeak  = "speak_"
	doSettle = "settle_"
)

// NewBook puts the scripts of the telephone together, for the languages that
// there are words for. It fails when they are not sound.
func NewBook(zips intake.ZipRules, languages []string) (*flow.Book, error) {
	book := flow.NewBook(flow.Ways{
		Person: toPerson, Language: "language.choose", Stop: "stop.start",
		Starts:  []string{toGreeting, toReach, toOften, toOftenAgain, toFull, toLong},
		NoInput: []string{"no-input", "no-input-2"}, NoMatch: []string{"no-match", "no-match-2"},
		Stuck: "person.stuck", Paused: "D-silence", PausedOptional: "D-silence-skip",
	}, mainScript(), infoScript(), intake.Script(zips), statusScript(), returnedScript(), reachScript(), personScript(), callbackScript(),
		messageScript(), languageScript(languages), stopScript(), teamScript())
	if err := book.Check(); err != nil {
		return nil, fmt.Errorf("ivr: the call scripts are not sound: %w", err)
	}
	return book, nil
}

func outcomes(names ...flow.Outcome) []flow.Outcome { return names }
