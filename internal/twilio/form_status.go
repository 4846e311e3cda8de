package twilio

import (
	"net/url"
	"time"
)

// CallStatusForm is a status callback of a call
// (https://www.twilio.com/docs/voice/api/call-resource#statuscallback). Callbacks
// may come late, twice and in any order: Sequence puts them in order.
type CallStatusForm struct {
	VoiceForm
	// Sequence counts the callbacks of one call from 0, or is NotGiven when only
	// the final one was asked for.
	Sequence int
	// Duration is how long the call lasted, on final events, or NotGiven.
	Duration time.Duration
	// SIPResponseCode is the carrier's last answer (404 unreachable, 487 timed
	// out), or 0.
	SIPResponseCode int
	// Timestamp is when it happened, in UTC, or zero.
	Timestamp time.Time
	// RecordingSID is the call's recording, if it was recorded.
	RecordingSID string
}

// DecodeCallStatus decodes a status callback. The error is a *FormError: those
// of DecodeVoice, CallStatus missing, or RecordingSid malformed.
func DecodeCallStatus(form url.Values) (CallStatusForm, error) {
	f := fields{form: form}
	c := CallStatusForm{
		VoiceForm:       f.voice(),
		Sequence:        f.number("SequenceNumber"),
		Duration:        f.seconds("CallDuration"),
		SIPResponseCode: f.count("SipResponseCode"),
		Timestamp:       f.stamp("Timestamp"),
		RecordingSID:    f.recording(),
	}
	f.required("CallStatus")
	return c, f.err
}

// MachineForm is the callback of asynchronous answering-machine detection. It
// has no From, To or CallStatus.
type MachineForm struct {
	CallSID, AccountSID string
	AnsweredBy          AnsweredBy
}

// DecodeMachine decodes an asynchronous detection's callback. The error is a
// *FormError: CallSid, AccountSid or AnsweredBy is missing or malformed.
func DecodeMachine(form url.Values) (MachineForm, error) {
	f := fields{form: form}
	m := MachineForm{
		CallSID:    f.sid("CallSid", "CA"),
		AccountSID: f.sid("AccountSid", "AC"),
		AnsweredBy: AnsweredBy(f.required("AnsweredBy")),
	}
	return m, f.err
}

// RecordingStatus is the state of a recording. Unknown values are kept.
type RecordingStatus string

// The states of a recording
// (https://www.twilio.com/docs/voice/twiml/record#recordingstatuscallback).
const (
	RecordingInProgress RecordingStatus = "in-progress"
	RecordingCompleted  RecordingStatus = "completed"
	RecordingAbsent     RecordingStatus = "absent"
	RecordingFailed     RecordingStatus = "failed"
)

// RecordingStatusForm is the callback of a recording. It has no From, To or
// CallStatus. CallSID is the leg that was recorded; for a Dial the parent's.
type RecordingStatusForm struct {
	CallSID, AccountSID, RecordingSID string
	Status                            RecordingStatus
	// RecordingURL may be open to whoever knows it.
	RecordingURL Private
	// Duration is in whole seconds, or NotGiven.
	Duration time.Duration
	// Channels is 1 or 2, or NotGiven.
	Channels int
	// Source is RecordVerb, DialVerb, OutboundAPI, Conference and others.
	Source string
}

// DecodeRecordingStatus decodes a recording's callback. The error is a
// *FormError: CallSid, AccountSid or RecordingSid is missing or malformed, or
// RecordingStatus is missing.
func DecodeRecordingStatus(form url.Values) (RecordingStatusForm, error) {
	f := fields{form: form}
	r := RecordingStatusForm{
		CallSID:      f.sid("CallSid", "CA"),
		AccountSID:   f.sid("AccountSid", "AC"),
		RecordingSID: f.sid("RecordingSid", "RE"),
		Status:       RecordingStatus(f.required("RecordingStatus")),
		RecordingURL: f.private("RecordingUrl"),
		Duration:     f.seconds("RecordingDuration"),
		Channels:     f.number("RecordingChannels"),
		Source:       f.text("RecordingSource"),
	}
	return r, f.err
}
