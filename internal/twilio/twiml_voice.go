package twilio

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Play plays a sound file or keys
// (https://www.twilio.com/docs/voice/twiml/play). One of URL and Digits must be
// set.
type Play struct {
	// URL is a WAV, MP3 or other sound.
	URL string
	// Digits are keys: 0 to 9, # and *, w for half a second, W for a second.
	Digits string
	// Loop is how often, 0 (until hangup) to 1000; nil for once.
	Loop *int
}

func (Play) kind() verbKind { return kindPlay }
func (Play) prompt()        {}

func (p Play) encode(e *encoder) {
	if p.URL == "" && p.Digits == "" {
		e.fail("Play", 0, "neither URL nor digits")
	}
	if p.URL != "" {
		e.checkAddress("Play", "URL", p.URL)
	}
	e.raw("<Play")
	if p.Digits != "" {
		e.keys("Play", "digits", &p.Digits, "0123456789*#wW", MaxInline, 13420)
	}
	e.numberIf("Play", "loop", p.Loop, 0, 1000, 13410)
	e.raw(">")
	e.text(p.URL)
	e.raw("</Play>")
}

// Pause is silence of Seconds, 1 or more; 0 is Twilio's default of 1
// (https://www.twilio.com/docs/voice/twiml/pause).
type Pause struct{ Seconds int }

func (Pause) kind() verbKind { return kindPause }
func (Pause) prompt()        {}

func (p Pause) encode(e *encoder) {
	e.raw("<Pause")
	e.number("Pause", "length", p.Seconds, 1, 1<<30, 13910)
	e.raw("/>")
}

// Input is what a Gather listens for.
type Input string

// The inputs of a Gather.
const (
	InputKeys          Input = "dtmf"
	InputSpeech        Input = "speech"
	InputKeysAndSpeech Input = "dtmf speech"
)

// The values of SpeechTimeout and Timeout that are not a number of seconds.
const Auto = "auto"

// Gather waits for keys or words while its Prompts are played
// (https://www.twilio.com/docs/voice/twiml/gather). Zero values leave Twilio's
// defaults.
type Gather struct {
	// Action is asked with the answer. It must be set: Twilio's default is the
	// document itself, which would be said again for ever.
	Action, Method string
	// Input is Twilio's default, keys, when empty.
	Input Input
	// FinishOnKey is one of 0-9, #, *, or nothing at all to need none; nil is "#".
	FinishOnKey *string
	// NumDigits ends it after so many keys; 0 is no limit.
	NumDigits int
	// Timeout is how many seconds of silence end it, from the end of Prompts, at
	// least 1, or Auto; empty is 5.
	Timeout string
	// SpeechTimeout is how many seconds of silence end what is said, at least 1,
	// or Auto, which a SpeechModel forbids (13335).
	SpeechTimeout string
	// ActionOnEmptyResult asks Action also when nothing was pressed or said.
	ActionOnEmptyResult bool
	// BargeIn says whether keys stop Prompts; nil is true.
	BargeIn *bool
	// Hints are up to 500 words or phrases of up to 100 characters, without
	// commas.
	Hints []string
	// Language is what is spoken, as a BCP 47 tag; empty is en-US.
	Language    string
	SpeechModel string
	// ProfanityFilter is true when nil.
	ProfanityFilter *bool
	Prompts         []Prompt
}

func (Gather) kind() verbKind { return kindGather }

func (g Gather) encode(e *encoder) {
	if g.Action == "" {
		e.fail("Gather", 0, "no action: it would answer itself for ever")
	}
	e.raw("<Gather")
	e.address("Gather", "action", g.Action)
	e.set("actionOnEmptyResult", g.ActionOnEmptyResult)
	e.flag("bargeIn", g.BargeIn)
	e.keys("Gather", "finishOnKey", g.FinishOnKey, "0123456789*#", 1, 13310)
	g.encodeSpeech(e)
	e.method("Gather", "method", g.Method)
	e.number("Gather", "numDigits", g.NumDigits, 1, 1<<30, 13314)
	e.flag("profanityFilter", g.ProfanityFilter)
	e.oneOf("Gather", "speechModel", g.SpeechModel, 13334, speechModels...)
	e.seconds("Gather", "speechTimeout", g.SpeechTimeout, 13331)
	e.seconds("Gather", "timeout", g.Timeout, 13313)
	e.raw(">")
	for _, p := range g.Prompts {
		if p == nil {
			e.fail("Gather", 0, "a prompt is nil")
			return
		}
		p.encode(e)
	}
	e.raw("</Gather>")
}

var speechModels = []string{
	"default", "numbers_and_commands", "phone_call", "experimental_conversations",
	"experimental_utterances", "googlev2_long", "googlev2_short", "googlev2_telephony",
	"googlev2_telephony_short", "deepgram_nova-2", "deepgram_nova-3",
}

func (g Gather) encodeSpeech(e *encoder) {
	if g.SpeechModel != "" && g.SpeechTimeout == Auto {
		e.fail("Gather", 13335, "speechTimeout auto with a speechModel")
	}
	if len(g.Hints) > 0 {
		e.attr("hints", g.hints(e))
	}
	e.oneOf("Gather", "input", string(g.Input), 13312, string(InputKeys), string(InputSpeech), string(InputKeysAndSpeech))
	if g.Language != "" && strings.Trim(strings.ToLower(g.Language), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		e.fail("Gather", 13335, "language is no language tag")
	}
	e.attrUnlessEmpty("language", g.Language)
}

func (g Gather) hints(e *encoder) string {
	if len(g.Hints) > 500 {
		e.fail("Gather", 13330, "more than 500 hints")
	}
	for _, h := range g.Hints {
		if blank(h) || strings.Contains(h, ",") || utf8.RuneCountInString(h) > 100 {
			e.fail("Gather", 13330, "a hint is empty, too long or has a comma")
		}
	}
	return strings.Join(g.Hints, ",")
}

// seconds writes a number of seconds of at least 1, or Auto; empty means absent.
func (e *encoder) seconds(element, name, value string, code int) {
	if value == "" {
		return
	}
	if value != Auto {
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil || n == 0 || value[0] == '0' {
			e.fail(element, code, name+" is neither auto nor a number of seconds")
		}
	}
	e.attr(name, value)
}

// Record records what is said
// (https://www.twilio.com/docs/voice/twiml/record). With nothing recorded the
// call goes on with the next verb and Action is not asked.
type Record struct {
	// Action must be set: Twilio's default is the document itself.
	Action, Method string
	// FinishOnKey is the keys that end it, of 0-9, # and *; nil is all of them.
	FinishOnKey *string
	// MaxLength is 2 to 14400 seconds; 0 is 3600.
	MaxLength int
	// Timeout is how many seconds of silence end it, 0 for none; nil is 5.
	Timeout *int
	// PlayBeep is true when nil.
	PlayBeep *bool
	// Trim is trim-silence, do-not-trim, or empty.
	Trim string
	// Events are in-progress, completed or absent.
	StatusCallback, StatusCallbackMethod string
	StatusCallbackEvents                 []string
}

func (Record) kind() verbKind { return kindRecord }

func (r Record) encode(e *encoder) {
	if r.Action == "" {
		e.fail("Record", 0, "no action: it would answer itself for ever")
	}
	e.raw("<Record")
	e.address("Record", "action", r.Action)
	e.keys("Record", "finishOnKey", r.FinishOnKey, "0123456789*#", 12, 13613)
	e.number("Record", "maxLength", r.MaxLength, 2, 14400, 13612)
	e.method("Record", "method", r.Method)
	e.flag("playBeep", r.PlayBeep)
	e.recordingCallback("Record", r.StatusCallback, r.StatusCallbackMethod, r.StatusCallbackEvents)
	e.numberIf("Record", "timeout", r.Timeout, 0, 14400, 13611)
	e.oneOf("Record", "trim", r.Trim, 12200, "trim-silence", "do-not-trim")
	e.raw("/>")
}

func (e *encoder) recordingCallback(element, address, method string, events []string) {
	e.address(element, "recordingStatusCallback", address)
	e.events(element, "recordingStatusCallbackEvent", events, "in-progress", "completed", "absent")
	e.method(element, "recordingStatusCallbackMethod", method)
}

// Redirect goes on with the document at URL
// (https://www.twilio.com/docs/voice/twiml/redirect), for calls and messages.
type Redirect struct{ URL, Method string }

func (Redirect) kind() verbKind { return kindRedirect }

func (r Redirect) encode(e *encoder) {
	if r.URL == "" {
		e.fail("Redirect", 0, "no URL: it would ask for the same document for ever")
	}
	e.checkAddress("Redirect", "URL", r.URL)
	e.raw("<Redirect")
	e.method("Redirect", "method", r.Method)
	e.raw(">")
	e.text(r.URL)
	e.raw("</Redirect>")
}

// Hangup ends the call.
type Hangup struct{}

func (Hangup) kind() verbKind    { return kindHangup }
func (Hangup) encode(e *encoder) { e.raw("<Hangup/>") }

// Reject refuses an incoming call before it is answered; Reason is rejected, busy
// or empty (https://www.twilio.com/docs/voice/twiml/reject). It must be the first
// verb.
type Reject struct{ Reason string }

func (Reject) kind() verbKind { return kindReject }

func (r Reject) encode(e *encoder) {
	e.raw("<Reject")
	e.oneOf("Reject", "reason", r.Reason, 12200, "rejected", "busy")
	e.raw("/>")
}
