package twiliosim

import (
	"net/url"
	"time"
)

// EventKind names what happened on a call.
type EventKind string

// The kinds of an Event. The comment names the fields that are set beside At.
const (
	EventSaid     EventKind = "said"     // Text, Slow, Voice, Language: a Say was spoken
	EventPlayed   EventKind = "played"   // URL, Status: a Play was fetched (Status 0: not on the application's host, or digits)
	EventPaused   EventKind = "paused"   // Duration
	EventPressed  EventKind = "pressed"  // Text: the keys
	EventSpoke    EventKind = "spoke"    // Text: words said by the person on the telephone
	EventRecorded EventKind = "recorded" // Text: the words, Duration, URL of the recording
	EventDialed   EventKind = "dialed"   // To, Result: a Dial leg ended or was bridged ("bridged", "busy", "no-answer", "failed", "canceled", "completed")
	EventQueued   EventKind = "queued"   // Text: the queue's name; Result when it was left
	EventWebhook  EventKind = "webhook"  // Method, URL, Status, Size
	EventWarned   EventKind = "warned"   // Code, Text: Twilio goes on, but somebody lost something (digits lost in a redirect, text read aloud)
	EventRefused  EventKind = "refused"  // Code, Text: Twilio's error code and why
	EventEnded    EventKind = "ended"    // Text: the reason, see End* constants
)

// Reasons of an EventEnded.
const (
	EndHangup   = "caller hung up"
	EndVerb     = "hung up by the application"
	EndDocument = "no more verbs"
	EndRejected = "rejected"
	EndRefused  = "application error"
	EndREST     = "ended over REST"
	EndUnheard  = "not answered" // an outbound call that nobody took; Result has the status
	EndRemote   = "other side hung up"
)

// Event is one line of a call's transcript.
type Event struct {
	At       time.Time
	Kind     EventKind
	Text     string
	Slow     bool // spoken under a prosody rate below normal
	Voice    string
	Language string
	URL      string
	Method   string
	Status   int // HTTP status
	Size     int // bytes of the answer
	Code     int // Twilio's error code
	To       string
	Result   string
	Duration time.Duration
}

// Exchange is one request to the application with its answer, as it went over
// the wire.
type Exchange struct {
	At        time.Time
	Method    string
	URL       string     // as signed
	Form      url.Values // the fields, whether sent in a body or in the query
	Token     string     // I-Twilio-Idempotency-Token
	Duplicate bool       // sent by a fault, the answer was not used
	Callback  bool       // a status callback, the answer of which Twilio ignores
	Status    int        // HTTP status; 0 when no answer came
	Type      string     // Content-Type of the answer
	Body      string
	Err       string // transport error
}

// AwaitKind names what a call is waiting for.
type AwaitKind string

// What a call can wait for.
const (
	AwaitNothing   AwaitKind = "nothing"   // the call has ended, or is not dialled yet
	AwaitKeys      AwaitKind = "keys"      // a Gather runs: Press, Speak, Silence
	AwaitRecording AwaitKind = "recording" // a Record runs: Speak, Talk, Press, Silence
	AwaitRinging   AwaitKind = "ringing"   // somebody's telephone rings: Answer, Silence
	AwaitTalk      AwaitKind = "talk"      // connected to a person: RemoteHangup, Hangup
	AwaitQueue     AwaitKind = "queue"     // waiting in a queue with its music: Silence plays the wait document again
)

// Await says what a call waits for and under which terms.
type Await struct {
	Kind        AwaitKind
	MaxDigits   int           // of a Gather; 0 is unlimited
	FinishOnKey string        // of a Gather or Record; empty means no key ends it
	Timeout     time.Duration // of a Gather, Record or Dial
	MaxLength   time.Duration // of a Record
	Digits      string        // typed into the Gather so far
	Speech      bool          // the Gather listens to speech too
}
