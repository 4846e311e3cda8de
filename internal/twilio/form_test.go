package twilio

import (
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

const (
	account   = "AC00000000000000000000000000000001"
	call      = "CA00000000000000000000000000000001"
	child     = "CA0000000000000000000000000000000F"
	recording = "RE0123456789abcdef0123456789abcdef"
	message   = "SM00000000000000000000000000000001"
	service   = "MG00000000000000000000000000000001"
	queue     = "QU00000000000000000000000000000001"
	caller    = "+16175550101"
	ours      = "+16175550100"
)

// with gives a form of pairs on top of a call's common fields.
func with(pairs ...string) url.Values {
	form := url.Values{"CallSid": {call}, "AccountSid": {account}, "From": {caller}, "To": {ours}, "CallStatus": {"in-progress"},
		"Direction": {"inbound"}, "ApiVersion": {"2010-04-01"}, "FieldOfTomorrow": {"x"}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func decode[T any](t *testing.T, decoder func(url.Values) (T, error), form url.Values) T {
	t.Helper()
	got, err := decoder(form)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, expected %v", what, got, want)
	}
}

func TestVoiceForm(t *testing.T) {
	got := decode(t, DecodeVoice, with("ParentCallSid", child, "AnsweredBy", "machine_end_beep", "ErrorCode", "11200", "FromZip", "02115", "StirVerstat", "TN-Validation-Passed-A"))
	equal(t, "form", got, VoiceForm{
		CallSID: call, AccountSID: account, ParentCallSID: child, From: Redacted(caller), To: Redacted(ours),
		FromZip: Redacted("02115"), CallStatus: CallInProgress, Direction: Inbound, AnsweredBy: AnsweredByMachineBeep,
		Attestation: "TN-Validation-Passed-A", ErrorCode: 11200,
	})
	if !got.AnsweredBy.Machine() || AnsweredByHuman.Machine() || AnsweredByUnknown.Machine() || AnsweredBy("").Machine() {
		t.Error("only machines are machines")
	}
	got = decode(t, DecodeVoice, with("CallStatus", "levitating", "Direction", "sideways", "From", ""))
	equal(t, "unknown status", got.CallStatus, CallStatus("levitating"))
	equal(t, "unknown status is final", got.CallStatus.Final(), false)
	equal(t, "no From", got.From, Private{})
}

func TestGatherForm(t *testing.T) {
	got := decode(t, DecodeGather, with("Digits", "03041960"))
	equal(t, "digits", got.Digits.Reveal(), "03041960")
	equal(t, "confidence", got.Confidence, float64(NotGiven))
	got = decode(t, DecodeGather, with("SpeechResult", "yes", "Confidence", "0.93"))
	equal(t, "speech", got.SpeechResult.Reveal(), "yes")
	equal(t, "confidence", got.Confidence, 0.93)
	equal(t, "a confidence that is none", decode(t, DecodeGather, with("Confidence", "high")).Confidence, float64(NotGiven))
}

func TestRecordForm(t *testing.T) {
	address := "https://api.twilio.com/2010-04-01/Accounts/" + account + "/Recordings/" + recording
	got := decode(t, DecodeRecord, with("RecordingUrl", address, "RecordingDuration", "7", "Digits", "hangup"))
	equal(t, "SID from the URL", got.RecordingSID, recording)
	equal(t, "duration", got.Duration, 7*time.Second)
	equal(t, "end", got.EndKey, EndHangup)
	equal(t, "URL", got.RecordingURL.Reveal(), address)
	got = decode(t, DecodeRecord, with("RecordingSid", recording, "Digits", "#"))
	equal(t, "SID", got.RecordingSID, recording)
	equal(t, "no duration", got.Duration, time.Duration(NotGiven))
	equal(t, "end", got.EndKey, "#")
	equal(t, "no SID at all", decode(t, DecodeRecord, with("RecordingUrl", "https://x.example.org/")).RecordingSID, "")
	equal(t, "URL with an ending", decode(t, DecodeRecord, with("RecordingUrl", address+".mp3")).RecordingSID, recording)
}

func TestDialForm(t *testing.T) {
	got := decode(t, DecodeDial, with("DialCallStatus", "completed", "DialBridged", "true", "DialCallSid", child, "DialCallDuration", "61"))
	equal(t, "form", got, DialForm{VoiceForm: got.VoiceForm, Status: DialCompleted, Bridged: true, ChildCallSID: child, Duration: 61 * time.Second})
	got = decode(t, DecodeDial, with("DialCallStatus", "answered"))
	equal(t, "after a conference", got, DialForm{VoiceForm: got.VoiceForm, Status: DialAnswered, Duration: NotGiven})
	equal(t, "bridged in doubt", decode(t, DecodeDial, with("DialCallStatus", "completed", "DialBridged", "maybe")).Bridged, false)
}

func TestQueueForms(t *testing.T) {
	got := decode(t, DecodeEnqueue, with("QueueResult", "leave", "QueueSid", queue, "QueueTime", "33"))
	equal(t, "form", got, EnqueueForm{VoiceForm: got.VoiceForm, Result: QueueLeave, QueueSID: queue, Waited: 33 * time.Second})
	wait := decode(t, DecodeWait, with("QueuePosition", "2", "QueueTime", "5"))
	equal(t, "wait", wait, WaitForm{VoiceForm: wait.VoiceForm, Position: 2, Waited: 5 * time.Second})
}

func TestStatusForms(t *testing.T) {
	got := decode(t, DecodeCallStatus, with("CallStatus", "no-answer", "SequenceNumber", "3", "CallDuration", "0", "SipResponseCode", "487", "Timestamp", "Mon, 04 May 2026 10:00:00 +0000"))
	equal(t, "form", got, CallStatusForm{VoiceForm: got.VoiceForm, Sequence: 3, SIPResponseCode: 487, Timestamp: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)})
	equal(t, "final", got.CallStatus.Final(), true)
	got = decode(t, DecodeCallStatus, with("SequenceNumber", "x", "Timestamp", "yesterday"))
	equal(t, "no sequence", got.Sequence, NotGiven)
	equal(t, "no time", got.Timestamp.IsZero(), true)

	machine := decode(t, DecodeMachine, url.Values{"CallSid": {call}, "AccountSid": {account}, "AnsweredBy": {"human"}})
	equal(t, "machine", machine, MachineForm{call, account, AnsweredByHuman})

	status := decode(t, DecodeRecordingStatus, url.Values{"CallSid": {call}, "AccountSid": {account}, "RecordingSid": {recording},
		"RecordingStatus": {"absent"}, "RecordingChannels": {"1"}, "RecordingSource": {"RecordVerb"}, "RecordingUrl": {"https://x"}})
	equal(t, "recording", status, RecordingStatusForm{CallSID: call, AccountSID: account, RecordingSID: recording, Status: RecordingAbsent,
		Channels: 1, Source: "RecordVerb", Duration: NotGiven, RecordingURL: Redacted("https://x")})
}

func TestMessageForms(t *testing.T) {
	got := decode(t, DecodeMessage, url.Values{"MessageSid": {message}, "AccountSid": {account}, "From": {caller}, "To": {ours}, "Body": {"  STOP "},
		"NumMedia": {"2"}, "MediaUrl0": {"https://a"}, "MediaContentType0": {"image/png"}, "MediaUrl1": {"https://b"}, "NumSegments": {"1"}, "OptOutType": {"STOP"}, "MessagingServiceSid": {service}})
	equal(t, "form", got, MessageForm{MessageSID: message, AccountSID: account, MessagingServiceSID: service, From: Redacted(caller), To: Redacted(ours),
		Body: Redacted("  STOP "), Segments: 1, OptOut: OptOutStop, Media: []Media{{Redacted("https://a"), "image/png"}, {URL: Redacted("https://b")}}})
	got = decode(t, DecodeMessage, url.Values{"SmsSid": {"MM" + message[2:]}, "AccountSid": {account}, "NumMedia": {"99999999"}})
	equal(t, "SmsSid", got.MessageSID, "MM"+message[2:])
	equal(t, "no more media than there can be", len(got.Media), 10)

	status := decode(t, DecodeMessageStatus, url.Values{"MessageSid": {message}, "AccountSid": {account}, "MessageStatus": {"undelivered"}, "ErrorCode": {"30006"}, "RawDlrDoneDate": {"2605041003"}})
	equal(t, "status", status, MessageStatusForm{MessageSID: message, AccountSID: account, Status: MessageUndelivered, ErrorCode: 30006, CarrierDone: time.Date(2026, 5, 4, 10, 3, 0, 0, time.UTC)})
	status = decode(t, DecodeMessageStatus, url.Values{"MessageSid": {message}, "AccountSid": {account}, "SmsStatus": {"sent"}})
	equal(t, "SmsStatus", status.Status, MessageSent)
}

func TestMessageStatusNeverGoesBack(t *testing.T) {
	order := []MessageStatus{"of tomorrow", MessageAccepted, MessageQueued, MessageSending, MessageSent, MessagePartiallyDelivered, MessageDelivered, MessageRead}
	for i := 1; i < len(order); i++ {
		if order[i].Rank() <= order[i-1].Rank() {
			t.Errorf("%s is not after %s", order[i], order[i-1])
		}
	}
	for _, s := range []MessageStatus{MessageDelivered, MessageUndelivered, MessageFailed, MessageCanceled, MessageRead} {
		if !s.Final() {
			t.Errorf("%s is not final", s)
		}
	}
	if MessageSent.Final() || MessageStatus("of tomorrow").Final() {
		t.Error("sent and unknown are not final")
	}
}

func TestFormsThatAreRefused(t *testing.T) {
	voice := func(v url.Values) error { _, err := DecodeVoice(v); return err }
	gather := func(v url.Values) error { _, err := DecodeGather(v); return err }
	record := func(v url.Values) error { _, err := DecodeRecord(v); return err }
	dial := func(v url.Values) error { _, err := DecodeDial(v); return err }
	status := func(v url.Values) error { _, err := DecodeCallStatus(v); return err }
	rec := func(v url.Values) error { _, err := DecodeRecordingStatus(v); return err }
	machine := func(v url.Values) error { _, err := DecodeMachine(v); return err }
	sms := func(v url.Values) error { _, err := DecodeMessage(v); return err }
	smsStatus := func(v url.Values) error { _, err := DecodeMessageStatus(v); return err }
	enqueue := func(v url.Values) error { _, err := DecodeEnqueue(v); return err }
	const odd = "CA'6175550123'"
	tests := []struct {
		name    string
		decode  func(url.Values) error
		form    url.Values
		field   string
		problem string
	}{
		{"nothing", voice, nil, "CallSid", "missing"},
		{"no account", voice, with("AccountSid", ""), "AccountSid", "missing"},
		{"a call that is none", voice, with("CallSid", odd), "CallSid", "malformed"},
		{"a call with a line end", gather, with("CallSid", call+"\n"), "CallSid", "malformed"},
		{"a message for a call", voice, with("CallSid", message), "CallSid", "malformed"},
		{"a parent that is none", voice, with("ParentCallSid", odd), "ParentCallSid", "malformed"},
		{"a recording that is none", record, with("RecordingSid", "../../x"), "RecordingSid", "malformed"},
		{"a Dial that does not say how it ended", dial, with(), "DialCallStatus", "missing"},
		{"a child that is none", dial, with("DialCallStatus", "busy", "DialCallSid", odd), "DialCallSid", "malformed"},
		{"a status callback without a status", status, with("CallStatus", ""), "CallStatus", "missing"},
		{"a recording without a status", rec, with("RecordingSid", recording), "RecordingStatus", "missing"},
		{"a recording without a SID", rec, with("RecordingStatus", "completed"), "RecordingSid", "missing"},
		{"detection that detected nothing", machine, with(), "AnsweredBy", "missing"},
		{"a message without a SID", sms, with(), "MessageSid", "missing"},
		{"a call's SID for a message", sms, with("MessageSid", call), "MessageSid", "malformed"},
		{"a message without a status", smsStatus, with("MessageSid", message), "MessageStatus", "missing"},
		{"a queue that does not say how it ended", enqueue, with(), "QueueResult", "missing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var problem *FormError
			if err := test.decode(test.form); !errors.As(err, &problem) || problem.Field != test.field || problem.Problem != test.problem {
				t.Errorf("got %v, expected %s %s", err, test.field, test.problem)
			} else if strings.Contains(err.Error(), "6175550123") {
				t.Error("the error repeats the value")
			}
		})
	}
}

func TestCallerNumber(t *testing.T) {
	for _, good := range []string{caller, "+525555550101", "+12345678", "+123456789012345"} {
		if got, ok := CallerNumber(good); !ok || got != good {
			t.Errorf("%s is no caller's number", good)
		}
	}
	for _, withheld := range []string{"", "anonymous", "Anonymous", "unknown", "restricted", "+266696687", "+86282452253", "+7378742833", "+2562533",
		"client:alice", "sip:a@example.org", "16175550101", "+06175550101", "+1234567", "+1234567890123456", "+1617555010١", "+1 617 555 0101", "+1617555010\n"} {
		if got, ok := CallerNumber(withheld); ok || got != "" {
			t.Errorf("%q is a caller's number", withheld)
		}
	}
}

// FuzzForms: whatever comes in, decoding neither fails hard nor repeats what it
// was given, and a SID it gives is one.
func FuzzForms(f *testing.F) {
	f.Add(with("Digits", "1", "RecordingUrl", "/"+recording, "NumMedia", "3", "Timestamp", "x").Encode())
	f.Add("CallSid=" + call + "&AccountSid=" + account + "&RecordingSid=%00")
	f.Fuzz(func(t *testing.T, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		if r, err := DecodeRecord(form); err == nil && r.RecordingSID != "" && !isSID(r.RecordingSID, "RE") {
			t.Errorf("a recording SID of %d characters", len(r.RecordingSID))
		}
		_, a := DecodeGather(form)
		_, b := DecodeDial(form)
		_, c := DecodeCallStatus(form)
		_, d := DecodeRecordingStatus(form)
		m, e := DecodeMessage(form)
		_, g := DecodeMessageStatus(form)
		for _, err := range []error{a, b, c, d, e, g} {
			var problem *FormError
			if err != nil && !errors.As(err, &problem) {
				t.Errorf("%T is no *FormError", err)
			}
		}
		if len(m.Media) > 10 {
			t.Errorf("%d media", len(m.Media))
		}
	})
}
