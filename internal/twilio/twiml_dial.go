package twilio

import (
	"strings"
	"unicode/utf8"
)

// Dial connects the call to somebody else
// (https://www.twilio.com/docs/voice/twiml/dial). Zero values leave Twilio's
// defaults.
type Dial struct {
	// Nouns are up to 10 Numbers, which ring together, or one Queue, or one
	// Conference (13000).
	Nouns []Noun
	// Action is asked when the Dial ends; without it the next verb follows.
	Action, Method string
	// CallerID is an E.164 number of ours or of the caller, or empty.
	CallerID string
	// Timeout is 5 to 600 seconds of ringing; Twilio adds 5. 0 is 30.
	Timeout int
	// TimeLimit is 1 to 14400 seconds of talk; 0 is 14400.
	TimeLimit int
	// AnswerOnBridge keeps the caller's phone ringing until somebody answers.
	AnswerOnBridge bool
	HangupOnStar   bool
	// Sequential rings the Numbers one after the other.
	Sequential bool
	// Record is do-not-record, record-from-answer, record-from-ringing, either of
	// them with -dual, or empty.
	Record                                                 string
	RecordingStatusCallback, RecordingStatusCallbackMethod string
	RecordingStatusCallbackEvents                          []string
}

func (Dial) kind() verbKind { return kindDial }

func (d Dial) encode(e *encoder) {
	d.check(e)
	e.raw("<Dial")
	e.address("Dial", "action", d.Action)
	e.set("answerOnBridge", d.AnswerOnBridge)
	e.attrUnlessEmpty("callerId", d.CallerID)
	e.set("hangupOnStar", d.HangupOnStar)
	e.method("Dial", "method", d.Method)
	e.oneOf("Dial", "record", d.Record, 13218, "do-not-record", "record-from-answer",
		"record-from-ringing", "record-from-answer-dual", "record-from-ringing-dual")
	e.recordingCallback("Dial", d.RecordingStatusCallback, d.RecordingStatusCallbackMethod, d.RecordingStatusCallbackEvents)
	e.set("sequential", d.Sequential)
	e.number("Dial", "timeLimit", d.TimeLimit, 1, 14400, 13216)
	e.number("Dial", "timeout", d.Timeout, 5, 600, 13212)
	e.raw(">")
	for _, n := range d.Nouns {
		if n == nil {
			e.fail("Dial", 0, "a noun is nil")
			return
		}
		n.encodeNoun(e)
	}
	e.raw("</Dial>")
}

func (d Dial) check(e *encoder) {
	switch {
	case len(d.Nouns) == 0:
		e.fail("Dial", 13223, "nobody to dial")
	case len(d.Nouns) > 10:
		e.fail("Dial", 0, "more than 10 numbers")
	case d.CallerID != "" && !isE164(d.CallerID):
		e.fail("Dial", 13214, "callerId is not E.164")
	}
	if len(d.Nouns) > 1 {
		for _, n := range d.Nouns {
			if _, ok := n.(Number); !ok {
				e.fail("Dial", 13000, "a Queue or Conference with other nouns")
			}
		}
	}
}

// Noun is whom a Dial dials: Number, Queue or Conference.
type Noun interface{ encodeNoun(*encoder) }

// Number is a telephone number
// (https://www.twilio.com/docs/voice/twiml/number).
type Number struct {
	// To is E.164.
	To Private
	// URL is the whisper: a document in the context Whisper that the person who
	// answers hears before being connected.
	URL, Method string
	// SendDigits are keys pressed on answer: 0 to 9, # and *, w and W to wait.
	SendDigits string
	// Events are initiated, ringing, answered, completed.
	StatusCallback, StatusCallbackMethod string
	StatusCallbackEvents                 []string
	// MachineDetection is Enable, DetectMessageEnd or empty. It runs beside the
	// call and reports to MachineCallback.
	MachineDetection                       string
	MachineCallback, MachineCallbackMethod string
	// MachineTimeout is 3 to 60 seconds; 0 is 30.
	MachineTimeout int
}

func (n Number) encodeNoun(e *encoder) {
	to := n.To.Reveal()
	if !isE164(to) {
		e.fail("Number", 13223, "not E.164")
	}
	e.raw("<Number")
	e.address("Number", "amdStatusCallback", n.MachineCallback)
	e.method("Number", "amdStatusCallbackMethod", n.MachineCallbackMethod)
	e.oneOf("Number", "machineDetection", n.MachineDetection, 12200, "Enable", "DetectMessageEnd")
	e.number("Number", "machineDetectionTimeout", n.MachineTimeout, 3, 60, 12200)
	e.method("Number", "method", n.Method)
	if n.SendDigits != "" {
		e.keys("Number", "sendDigits", &n.SendDigits, "0123456789*#wW", MaxInline, 13222)
	}
	e.address("Number", "statusCallback", n.StatusCallback)
	e.events("Number", "statusCallbackEvent", n.StatusCallbackEvents, "initiated", "ringing", "answered", "completed")
	e.method("Number", "statusCallbackMethod", n.StatusCallbackMethod)
	e.address("Number", "url", n.URL)
	e.raw(">")
	e.text(to)
	e.raw("</Number>")
}

// Queue takes the first caller of a queue; URL is a document that the caller
// hears before being connected (https://www.twilio.com/docs/voice/twiml/queue).
type Queue struct{ Name, URL, Method string }

func (q Queue) encodeNoun(e *encoder) {
	e.raw("<Queue")
	e.method("Queue", "method", q.Method)
	e.address("Queue", "url", q.URL)
	e.raw(">")
	e.name("Queue", q.Name, 64)
	e.raw("</Queue>")
}

// name writes the name of a queue or conference.
func (e *encoder) name(element, name string, most int) {
	if blank(name) || utf8.RuneCountInString(name) > most {
		e.fail(element, 0, "the name is empty or too long")
	}
	e.text(name)
}

// Conference joins a conference
// (https://www.twilio.com/docs/voice/twiml/conference).
type Conference struct {
	Name string
	// StartOnEnter is true when nil; EndOnExit ends it for all when this person
	// leaves.
	StartOnEnter *bool
	EndOnExit    bool
	Muted        bool
	// Beep is true, false, onEnter, onExit or empty.
	Beep string
	// Label names this participant; up to 128 characters, unique (16025).
	Label string
	// MaxParticipants is 1 to 250; 0 is 250.
	MaxParticipants int
	// Record is do-not-record, record-from-start or empty.
	Record string
	// WaitURL is what is heard until it starts; nil is Twilio's music, empty is
	// silence.
	WaitURL    *string
	WaitMethod string
	// Events are start, end, join, leave, mute, hold, modify, speaker,
	// announcement.
	StatusCallback, StatusCallbackMethod string
	StatusCallbackEvents                 []string
}

func (c Conference) encodeNoun(e *encoder) {
	if utf8.RuneCountInString(c.Label) > 128 {
		e.fail("Conference", 16025, "participantLabel is longer than 128 characters")
	}
	e.raw("<Conference")
	e.oneOf("Conference", "beep", c.Beep, 12200, "true", "false", "onEnter", "onExit")
	e.set("endConferenceOnExit", c.EndOnExit)
	e.number("Conference", "maxParticipants", c.MaxParticipants, 1, 250, 12200)
	e.set("muted", c.Muted)
	e.attrUnlessEmpty("participantLabel", c.Label)
	e.oneOf("Conference", "record", c.Record, 12200, "do-not-record", "record-from-start")
	e.flag("startConferenceOnEnter", c.StartOnEnter)
	e.address("Conference", "statusCallback", c.StatusCallback)
	e.events("Conference", "statusCallbackEvent", c.StatusCallbackEvents, "start", "end", "join",
		"leave", "mute", "hold", "modify", "speaker", "announcement")
	e.method("Conference", "statusCallbackMethod", c.StatusCallbackMethod)
	e.method("Conference", "waitMethod", c.WaitMethod)
	e.waitURL("Conference", c.WaitURL)
	e.raw(">")
	e.name("Conference", c.Name, 128)
	e.raw("</Conference>")
}

// waitURL writes a URL that may be empty; nil means absent.
func (e *encoder) waitURL(element string, address *string) {
	switch {
	case address == nil:
	case *address == "":
		e.attr("waitUrl", "")
	default:
		e.address(element, "waitUrl", *address)
	}
}

// Enqueue puts the caller into a queue
// (https://www.twilio.com/docs/voice/twiml/enqueue).
type Enqueue struct {
	// Name has up to 64 characters.
	Name string
	// Action is asked when the wait ends; without it the next verb follows.
	Action, Method string
	// MaxSize is 1 to 1000 callers; 0 is Twilio's default.
	MaxSize int
	// WaitURL is a document in the context Wait; nil is Twilio's music, empty is
	// silence.
	WaitURL       *string
	WaitURLMethod string
}

func (Enqueue) kind() verbKind { return kindEnqueue }

func (q Enqueue) encode(e *encoder) {
	e.raw("<Enqueue")
	e.address("Enqueue", "action", q.Action)
	e.number("Enqueue", "maxQueueSize", q.MaxSize, 1, 1000, 12200)
	e.method("Enqueue", "method", q.Method)
	e.waitURL("Enqueue", q.WaitURL)
	e.method("Enqueue", "waitUrlMethod", q.WaitURLMethod)
	e.raw(">")
	e.name("Enqueue", q.Name, 64)
	e.raw("</Enqueue>")
}

// Leave takes the caller out of the queue; the Enqueue's action follows
// (https://www.twilio.com/docs/voice/twiml/leave).
type Leave struct{}

func (Leave) kind() verbKind    { return kindLeave }
func (Leave) encode(e *encoder) { e.raw("<Leave/>") }

// MaxBodyCharacters is the longest text message Twilio takes, in UTF-16 units
// (error 21617).
const MaxBodyCharacters = 1600

// Message answers an incoming message to its sender
// (https://www.twilio.com/docs/messaging/twiml/message). Body or MediaURLs must
// be set.
type Message struct {
	Body Private
	// MediaURLs are up to 10.
	MediaURLs                      []string
	Action, Method, StatusCallback string
}

func (Message) kind() verbKind { return kindMessage }

func (m Message) encode(e *encoder) {
	body := m.Body.Reveal()
	switch {
	case blank(body) && (body != "" || len(m.MediaURLs) == 0):
		e.fail("Message", 14103, "no text")
	case utf16Length(body) > MaxBodyCharacters:
		e.fail("Message", 21617, "longer than 1600 characters")
	case len(m.MediaURLs) > maxMedia:
		e.fail("Message", 21623, "more than 10 media")
	}
	e.raw("<Message")
	e.address("Message", "action", m.Action)
	e.method("Message", "method", m.Method)
	e.address("Message", "statusCallback", m.StatusCallback)
	e.raw(">")
	if body != "" {
		e.raw("<Body>")
		e.text(body)
		e.raw("</Body>")
	}
	for _, u := range m.MediaURLs {
		if addressProblem(u, true) != "" {
			e.fail("Media", 12200, "not an absolute URL")
		}
		e.raw("<Media>")
		e.text(u)
		e.raw("</Media>")
	}
	e.raw("</Message>")
}

// utf16Length counts as Twilio counts a message: 2 for a character outside the
// Basic Multilingual Plane.
func utf16Length(s string) int {
	n := utf8.RuneCountInString(s)
	if strings.IndexFunc(s, func(r rune) bool { return r > 0xFFFF }) < 0 {
		return n
	}
	for _, r := range s {
		if r > 0xFFFF {
			n++
		}
	}
	return n
}
