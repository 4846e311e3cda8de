package phone

// View is all that the page shows.
type View struct {
	Call     string    `json:"call"`     // opaque name of the call; empty before the first one
	Status   Status    `json:"status"`   // of the call
	Now      string    `json:"now"`      // the clock in words: "Tuesday, 10:12 a.m. in New York"
	Clock    string    `json:"clock"`    // the clock in ClockLayout, in the line's zone
	Hours    string    `json:"hours"`    // optional: "The line is open", "The line is closed until 9:00 a.m."
	Captions []Caption `json:"captions"` // the whole call, oldest first
	Await    Await     `json:"await"`    // what the line waits for
	Case     []Fact    `json:"case"`     // the request, in the order of asking
	Stage    string    `json:"stage"`    // of the request, in words; empty: no request
	Number   string    `json:"number"`   // of the request, when it has one
	Texts    []Text    `json:"texts"`    // messages to and from the caller's number, oldest first
	Carrier  string    `json:"carrier"`  // one of the Carrier ids; empty where there are no texts
	Promise  Promise   `json:"promise"`  // of a call after delivery; its zero value before one
	Traffic  []Trip    `json:"traffic"`  // the whole call's, oldest first
	Lines    []Option  `json:"lines"`    // numbers that can be called; never empty
	Callers  []Option  `json:"callers"`  // who can call; never empty
	Callee   string    `json:"callee"`   // one of the Callee ids

	// Coordinators are the coordinators' telephones, in an order that stays.
	Coordinators []Coordinator `json:"coordinators"`
	// Changes are moments at which clocks change, the next of each kind: the id
	// is an RFC 3339 time for SetClock, shortly before.
	Changes []Option `json:"changes"`
}

// Coordinator is one coordinator's telephone, with the newest call to it that
// is not over, or the last one.
type Coordinator struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Note     string    `json:"note"`     // languages: "Speaks English and Spanish"
	Call     string    `json:"call"`     // opaque name of the call; empty before the first one
	Status   Status    `json:"status"`   // of the call
	Captions []Caption `json:"captions"` // what this coordinator hears, oldest first; ByCaller is who holds this telephone
	Await    Await     `json:"await"`    // while it rings: how long
}

// Promise is the programme's word that a person calls.
type Promise struct {
	State string `json:"state"` // "open", "kept", "over"; empty: no opinion is delivered
	By    string `json:"by"`    // by when, in words
	Next  string `json:"next"`  // what comes next, a sentence
	Log   []Fact `json:"log"`   // what was decided, oldest first: When and Value
}

// Status is where a telephone is.
type Status string

// The states of a telephone. The caller's: idle → in-call by Ring; idle and ended →
// ringing when the line calls, ringing → in-call by PickUp; in-call ↔ talking as a coordinator comes and goes; in-call and talking → ended by either
// side; ended → in-call by Ring. A coordinator's: idle and ended → ringing when
// the line rings it; ringing → in-call by PickUp; in-call → talking when the
// caller is connected; each of them → ended.
const (
	Idle    Status = "idle"
	Ringing Status = "ringing"
	InCall  Status = "in-call"
	Talking Status = "talking"
	Ended   Status = "ended"
)

// Caption is one line of the transcript.
type Caption struct {
	Who  Who    `json:"who"`
	Text string `json:"text"`
	At   string `json:"at"`   // time of day in New York, in words; may be empty
	Lang string `json:"lang"` // BCP 47, for the voice; empty means en-US
}

// Who is the source of a Caption.
type Who string

// The sources. Only ByLine and ByCoordinator are spoken aloud.
const (
	ByLine        Who = "line"
	ByCaller      Who = "caller" // keys pressed, words recorded
	ByCoordinator Who = "coordinator"
	ByNote        Who = "note" // what happened: "(soft music)", "You hung up"
)

// Await is what the line waits for.
type Await struct {
	Kind AwaitKind `json:"kind"`
	// Digits are the keys that the line has so far of this answer.
	Digits string `json:"digits"`
	// MaxDigits is how many keys the line takes; 0 means no limit.
	MaxDigits int `json:"maxDigits"`
	// FinishOnKey ends the answer, usually "#"; empty when no key does.
	FinishOnKey string `json:"finishOnKey"`
	// TimeoutSeconds is how long nothing may be pressed after the line has
	// spoken, or after the last key. 0 means that the page reports no silence.
	TimeoutSeconds int `json:"timeoutSeconds"`
	// Holding: a coordinator is being looked for meanwhile, and the caller hears
	// the line's music.
	Holding bool `json:"holding"`
}

// AwaitKind is a way of waiting.
type AwaitKind string

// The ways of waiting.
const (
	AwaitNone      AwaitKind = "none"      // nothing: no call, or the line is busy
	AwaitKeys      AwaitKind = "keys"      // a Gather
	AwaitRecording AwaitKind = "recording" // a Record
	AwaitTalk      AwaitKind = "talk"      // two people are talking
	AwaitRinging   AwaitKind = "ringing"   // a coordinator is being rung, or the caller holds
)

// Fact is one row of the request as it grows.
type Fact struct {
	Label string `json:"label"`
	Value string `json:"value"`
	When  string `json:"when"` // in words; may be empty
}

// Text is one text message.
type Text struct {
	FromLine bool   `json:"fromLine"` // false: the caller wrote it
	Words    string `json:"words"`
	At       string `json:"at"` // in words; may be empty
	// State is what became of one from the line, in words; may be empty.
	State string `json:"state"`
}

// Trip is one exchange with Twilio.
type Trip struct {
	Out    bool        `json:"out"` // true: the line asked Twilio (REST); false: Twilio asked the line (webhook)
	Method string      `json:"method"`
	Path   string      `json:"path"`
	Status int         `json:"status"` // HTTP status of the answer; 0 when there was none
	Fields [][2]string `json:"fields"` // name and value, in order
	TwiML  string      `json:"twiml"`  // the answer as it was sent; the page indents it. Empty when it is no TwiML
}

// Option is one choice of a list.
type Option struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Note  string `json:"note"` // a second, quieter line: a number, an example; may be empty
}
