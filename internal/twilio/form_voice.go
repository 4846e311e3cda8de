package twilio

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// CallStatus is the state of a call as Twilio names it. A value that is none of
// the constants is kept as it came.
type CallStatus string

// The states of a call (https://www.twilio.com/docs/voice/api/call-resource).
// Calls go from queued through initiated, ringing and in-progress to one of the
// final ones; callbacks may arrive in another order.
const (
	CallQueued     CallStatus = "queued"
	CallInitiated  CallStatus = "initiated"
	CallRinging    CallStatus = "ringing"
	CallInProgress CallStatus = "in-progress"
	CallCompleted  CallStatus = "completed"
	CallBusy       CallStatus = "busy"
	CallFailed     CallStatus = "failed"
	CallNoAnswer   CallStatus = "no-answer"
	CallCanceled   CallStatus = "canceled"
)

// Final says whether the call is over. It is false for an unknown state.
func (s CallStatus) Final() bool {
	switch s {
	case CallCompleted, CallBusy, CallFailed, CallNoAnswer, CallCanceled:
		return true
	}
	return false
}

// Direction is who called whom. Unknown values are kept as they came.
type Direction string

// The directions of a call.
const (
	Inbound      Direction = "inbound"
	OutboundAPI  Direction = "outbound-api"
	OutboundDial Direction = "outbound-dial"
)

// AnsweredBy is what answering-machine detection heard. It is empty when nothing
// was detected yet or detection was not asked for; unknown values are kept.
type AnsweredBy string

// What answering-machine detection may say
// (https://www.twilio.com/docs/voice/answering-machine-detection).
const (
	AnsweredByHuman          AnsweredBy = "human"
	AnsweredByFax            AnsweredBy = "fax"
	AnsweredByUnknown        AnsweredBy = "unknown"
	AnsweredByMachineStart   AnsweredBy = "machine_start"
	AnsweredByMachineBeep    AnsweredBy = "machine_end_beep"
	AnsweredByMachineSilence AnsweredBy = "machine_end_silence"
	AnsweredByMachineOther   AnsweredBy = "machine_end_other"
)

// Machine says whether a machine answered, for certain.
func (a AnsweredBy) Machine() bool { return strings.HasPrefix(string(a), "machine_") }

// VoiceForm is what every TwiML request of a call has
// (https://www.twilio.com/docs/voice/twiml#request-parameters).
type VoiceForm struct {
	// CallSID and AccountSID are always there.
	CallSID, AccountSID string
	// ParentCallSID is the call that dialled this one; on child legs only.
	ParentCallSID string
	// From and To may be empty, withheld, a client or a SIP address: see
	// CallerNumber.
	From, To Private
	// ForwardedFrom is the number that passed the call on, if a carrier says so.
	ForwardedFrom Private
	// FromState, FromZip and FromCountry say where the number was given out,
	// which is not where the caller is. Each may be empty.
	FromState, FromZip, FromCountry Private
	CallStatus                      CallStatus
	Direction                       Direction
	AnsweredBy                      AnsweredBy
	// Attestation is the caller ID's STIR/SHAKEN result, StirVerstat, or empty.
	Attestation string
	// ErrorCode is why the fallback URL is asked; 0 in every other request.
	ErrorCode int
}

// DecodeVoice decodes a TwiML request of a call. The error is a *FormError:
// CallSid or AccountSid is missing or malformed, or ParentCallSid malformed.
func DecodeVoice(form url.Values) (VoiceForm, error) {
	f := fields{form: form}
	return f.voice(), f.err
}

func (f *fields) voice() VoiceForm {
	return VoiceForm{
		CallSID:       f.sid("CallSid", "CA"),
		AccountSID:    f.sid("AccountSid", "AC"),
		ParentCallSID: f.optionalSID("ParentCallSid", "CA"),
		From:          f.private("From"),
		To:            f.private("To"),
		ForwardedFrom: f.private("ForwardedFrom"),
		FromState:     f.private("FromState"),
		FromZip:       f.private("FromZip"),
		FromCountry:   f.private("FromCountry"),
		CallStatus:    CallStatus(f.text("CallStatus")),
		Direction:     Direction(f.text("Direction")),
		AnsweredBy:    AnsweredBy(f.text("AnsweredBy")),
		Attestation:   f.text("StirVerstat"),
		ErrorCode:     f.count("ErrorCode"),
	}
}

// GatherForm is the request of a Gather's action
// (https://www.twilio.com/docs/voice/twiml/gather).
type GatherForm struct {
	VoiceForm
	// Digits are the keys without the finish key; empty on silence, on the finish
	// key alone, and for speech.
	Digits Private
	// SpeechResult is what was said, as text.
	SpeechResult Private
	// Confidence is Twilio's belief in SpeechResult, 0 to 1, or NotGiven.
	Confidence float64
}

// DecodeGather decodes a Gather's request. Errors are DecodeVoice's.
func DecodeGather(form url.Values) (GatherForm, error) {
	f := fields{form: form}
	g := GatherForm{
		VoiceForm:    f.voice(),
		Digits:       f.private("Digits"),
		SpeechResult: f.private("SpeechResult"),
		Confidence:   NotGiven,
	}
	if c, err := strconv.ParseFloat(f.text("Confidence"), 64); err == nil && c >= 0 && c <= 1 {
		g.Confidence = c
	}
	return g, f.err
}

// EndHangup is the EndKey of a recording that ended because the caller hung up.
const EndHangup = "hangup"

// RecordForm is the request of a Record's action
// (https://www.twilio.com/docs/voice/twiml/record). The recording may not be
// ready to fetch yet.
type RecordForm struct {
	VoiceForm
	// RecordingSID is empty when neither RecordingSid nor RecordingUrl names it.
	RecordingSID string
	// RecordingURL may be open to whoever knows it.
	RecordingURL Private
	// Duration is in whole seconds, or NotGiven.
	Duration time.Duration
	// EndKey is the key that ended it, EndHangup, or empty for silence and for
	// the longest time allowed.
	EndKey string
}

// DecodeRecord decodes a Record's request. The error is a *FormError: those of
// DecodeVoice, or RecordingSid malformed.
func DecodeRecord(form url.Values) (RecordForm, error) {
	f := fields{form: form}
	r := RecordForm{
		VoiceForm:    f.voice(),
		RecordingSID: f.recording(),
		RecordingURL: f.private("RecordingUrl"),
		Duration:     f.seconds("RecordingDuration"),
		EndKey:       f.text("Digits"),
	}
	return r, f.err
}

// recording gives RecordingSid, or the SID that RecordingUrl ends in: the
// documentation promises only the latter.
func (f *fields) recording() string {
	if sid := f.optionalSID("RecordingSid", "RE"); sid != "" {
		return sid
	}
	u := f.text("RecordingUrl")
	last := u[strings.LastIndexByte(u, '/')+1:]
	last, _, _ = strings.Cut(last, ".")
	if isSID(last, "RE") {
		return last
	}
	return ""
}

// DialStatus is how a Dial ended. Unknown values are kept as they came.
type DialStatus string

// The ends of a Dial (https://www.twilio.com/docs/voice/twiml/dial). DialCompleted
// says that somebody or something answered, also a voicemail and also a person
// who declined in a whisper.
const (
	DialCompleted DialStatus = "completed"
	DialAnswered  DialStatus = "answered"
	DialBusy      DialStatus = "busy"
	DialNoAnswer  DialStatus = "no-answer"
	DialFailed    DialStatus = "failed"
	DialCanceled  DialStatus = "canceled"
)

// DialForm is the request of a Dial's action.
type DialForm struct {
	VoiceForm
	Status DialStatus
	// Bridged says whether the two ends were connected. It is false when Twilio
	// does not say.
	Bridged bool
	// ChildCallSID is the dialled call; empty after a conference.
	ChildCallSID string
	// Duration is how long the dialled call lasted, or NotGiven.
	Duration time.Duration
}

// DecodeDial decodes a Dial's request. The error is a *FormError: those of
// DecodeVoice, DialCallStatus missing, or DialCallSid malformed.
func DecodeDial(form url.Values) (DialForm, error) {
	f := fields{form: form}
	d := DialForm{
		VoiceForm:    f.voice(),
		Status:       DialStatus(f.required("DialCallStatus")),
		Bridged:      f.text("DialBridged") == "true",
		ChildCallSID: f.optionalSID("DialCallSid", "CA"),
		Duration:     f.seconds("DialCallDuration"),
	}
	return d, f.err
}
