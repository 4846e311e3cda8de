package phone

import "context"

// Exchange is a telephone exchange with one caller's telephone on it.
//
// Every method returns the state after it, also for a call that has just ended.
// A call is named by View.Call, or by Coordinator.Call where the method says so;
// an unknown one gives ErrNoCall, an input that does not fit the moment
// ErrNotNow, an id that the exchange does not offer ErrUnknownOption. Any other
// error is the exchange's own fault: it is logged and the visitor is asked to
// try again, so it must hold nothing personal.
//
// The page sends its inputs strictly one after another, and asks for the View
// once a second. Two pages may still drive one Exchange at once, so methods must
// be safe for concurrent use.
type Exchange interface {
	// Ring places a call to one of View.Lines from one of View.Callers. A call
	// still open on this telephone is hung up first.
	Ring(ctx context.Context, line, caller string) (View, error)
	// PickUp answers the caller's or a coordinator's telephone that rings.
	PickUp(ctx context.Context, call string) (View, error)
	// Press sends DTMF from the caller's or a coordinator's telephone: one to 32
	// of the keys 0-9, * and #.
	Press(ctx context.Context, call, keys string) (View, error)
	// Silence lets the time that the line waits for pass with nothing pressed on
	// the caller's or a coordinator's telephone. One that rings stops ringing.
	Silence(ctx context.Context, call string) (View, error)
	// Speak gives what would be said into a recording, and ends the recording
	// with the pound key. Words may be empty: a recording of nothing.
	Speak(ctx context.Context, call, words string) (View, error)
	// Hangup puts the caller's or a coordinator's telephone down. One that rings
	// declines the call.
	Hangup(ctx context.Context, call string) (View, error)
	// RemoteHangup is the coordinator ending the talk.
	RemoteHangup(ctx context.Context, call string) (View, error)
	// View gives the state and changes nothing. With an empty call it is the
	// caller's latest call's, or the telephone at rest.
	View(ctx context.Context, call string) (View, error)
	// SetClock moves the clock to one of the Clock ids, to an RFC 3339 time, or
	// to a date and time of day as an input of type datetime-local writes it
	// (2006-01-02T15:04), meant in the line's zone. A time of day that comes
	// twice is the first of the two, one that a clock change leaves out is moved
	// on by the hour. Anything else gives ErrBadTime.
	SetClock(ctx context.Context, to string) (View, error)
	// SetCallee says what happens when the line next rings a coordinator: one
	// of the Callee ids.
	SetCallee(ctx context.Context, behaviour string) (View, error)
}

// Texter is an Exchange whose telephone can also send a text message to the
// line. The page shows a reply box under View.Texts only for a Texter.
type Texter interface {
	// Text sends words from the caller's number to the line.
	Text(ctx context.Context, words string) (View, error)
	// SetCarrier says what becomes of the line's next texts: one of the Carrier
	// ids.
	SetCarrier(ctx context.Context, what string) (View, error)
}

// Deliverer is an Exchange on which an opinion can be delivered, which is what a
// promise follows from. The page shows the button and View.Promise only for one.
type Deliverer interface {
	// Deliver delivers an opinion to the caller's number: for its request, or for a
	// made-up one. Each time is a delivery anew.
	Deliver(ctx context.Context) (View, error)
}

// What SetCarrier takes.
const (
	CarrierDelivers = "delivers"
	CarrierOff      = "off"      // the handset cannot be reached for now (30003)
	CarrierLandline = "landline" // the number takes no texts (30006)
	CarrierFilters  = "filters"  // the network holds the text back (30007)
)

// What SetClock takes.
const (
	ClockOpen       = "open"       // now, or the next time that the line is open
	ClockHalf       = "half"       // half an hour later
	ClockHour       = "hour"       // one hour later
	ClockMorning    = "morning"    // tomorrow morning
	ClockAfterHours = "afterhours" // the next time that the line is closed
	ClockHoliday    = "holiday"    // the next holiday, at a time the line would be open
)

// ClockLayout is a date and time of day for SetClock.
const ClockLayout = "2006-01-02T15:04"

// What SetCallee takes.
const (
	CalleeMyself    = "myself"    // rings until the visitor picks up, declines, or lets it ring
	CalleeAnswers   = "answers"   // picks up and presses 1
	CalleeBusy      = "busy"      // is engaged
	CalleeNoAnswer  = "noanswer"  // rings, and nobody picks up
	CalleeVoicemail = "voicemail" // a machine picks up
)

// Code is an error that the page can explain to its visitor.
type Code string

// The errors of an Exchange. They may be wrapped.
const (
	ErrNoCall        Code = "no_call"        // the call is unknown or over
	ErrNotNow        Code = "not_now"        // the line does not expect this at the moment
	ErrUnknownOption Code = "unknown_option" // a line, caller, clock or behaviour that is not offered
	ErrBadTime       Code = "bad_time"       // SetClock was given no date and time that the clock can show
)

// Error gives the code in words for a log.
func (c Code) Error() string { return "telephone exchange: " + string(c) }
