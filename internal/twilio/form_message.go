package twilio

import (
	"net/url"
	"strconv"
	"time"
)

// maxMedia is how many pictures one message may have.
const maxMedia = 10

// OptOut is what Twilio's Advanced Opt-Out understood and has already answered.
// Unknown values are kept as they came.
type OptOut string

// The keywords of Advanced Opt-Out
// (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out).
const (
	OptOutStop  OptOut = "STOP"
	OptOutStart OptOut = "START"
	OptOutHelp  OptOut = "HELP"
)

// Media is one picture or file of a message.
type Media struct {
	URL         Private
	ContentType string
}

// MessageForm is an incoming message
// (https://www.twilio.com/docs/messaging/guides/webhook-request).
type MessageForm struct {
	// MessageSID and AccountSID are always there.
	MessageSID, AccountSID string
	// MessagingServiceSID is there only for a number in a Messaging Service.
	MessagingServiceSID string
	From, To            Private
	// Body has up to 1600 characters and may be empty.
	Body Private
	// Media has up to 10 entries.
	Media []Media
	// Segments is how many segments the message came in, or NotGiven.
	Segments int
	// OptOut is set when Twilio has already answered this message: say nothing.
	OptOut OptOut
}

// DecodeMessage decodes an incoming message. The error is a *FormError:
// MessageSid (or SmsSid in its place) or AccountSid is missing or malformed, or
// MessagingServiceSid malformed.
func DecodeMessage(form url.Values) (MessageForm, error) {
	f := fields{form: form}
	m := MessageForm{
		MessageSID:          f.message(),
		AccountSID:          f.sid("AccountSid", "AC"),
		MessagingServiceSID: f.optionalSID("MessagingServiceSid", "MG"),
		From:                f.private("From"),
		To:                  f.private("To"),
		Body:                f.private("Body"),
		Segments:            f.number("NumSegments"),
		OptOut:              OptOut(f.text("OptOutType")),
	}
	for i := range min(f.count("NumMedia"), maxMedia) {
		n := strconv.Itoa(i)
		m.Media = append(m.Media, Media{URL: f.private("MediaUrl" + n), ContentType: f.text("MediaContentType" + n)})
	}
	return m, f.err
}

// message gives MessageSid or, in its absence, SmsSid.
func (f *fields) message() string {
	if f.text("MessageSid") == "" && f.text("SmsSid") != "" {
		return f.sid("SmsSid", "SM", "MM")
	}
	return f.sid("MessageSid", "SM", "MM")
}

// MessageStatus is the state of a message. Unknown values are kept.
type MessageStatus string

// The states of a message
// (https://www.twilio.com/docs/messaging/api/message-resource#message-status-values).
// One we send goes accepted or scheduled, queued, sending, sent and then to a
// final one; there is no callback for its first state, and callbacks come in any
// order.
const (
	MessageAccepted           MessageStatus = "accepted"
	MessageScheduled          MessageStatus = "scheduled"
	MessageQueued             MessageStatus = "queued"
	MessageSending            MessageStatus = "sending"
	MessageSent               MessageStatus = "sent"
	MessageDelivered          MessageStatus = "delivered"
	MessageUndelivered        MessageStatus = "undelivered"
	MessageFailed             MessageStatus = "failed"
	MessageCanceled           MessageStatus = "canceled"
	MessageRead               MessageStatus = "read"
	MessageReceiving          MessageStatus = "receiving"
	MessageReceived           MessageStatus = "received"
	MessagePartiallyDelivered MessageStatus = "partially_delivered"
)

// Rank orders the states of a message that we send: a callback whose Rank is not
// above that of what is known is late and changes nothing. An unknown state has
// Rank 0 and so never moves anything.
func (s MessageStatus) Rank() int {
	switch s {
	case MessageAccepted, MessageScheduled:
		return 1
	case MessageQueued:
		return 2
	case MessageSending:
		return 3
	case MessageSent:
		return 4
	case MessagePartiallyDelivered:
		return 5
	case MessageDelivered, MessageUndelivered, MessageFailed, MessageCanceled:
		return 6
	case MessageRead:
		return 7
	}
	return 0
}

// Final says whether the message has arrived, failed, or will never be sent.
func (s MessageStatus) Final() bool { return s.Rank() >= 6 }

// MessageStatusForm is a status callback of a message we sent
// (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status).
type MessageStatusForm struct {
	MessageSID, AccountSID string
	MessagingServiceSID    string
	From, To               Private
	Status                 MessageStatus
	// ErrorCode says why it failed: see ClassOf. 0 otherwise.
	ErrorCode int
	// CarrierDone is the carrier's own time of delivery, to the minute, or zero.
	CarrierDone time.Time
}

// DecodeMessageStatus decodes a message's status callback. The error is a
// *FormError: those of DecodeMessage, or MessageStatus (or SmsStatus in its
// place) missing.
func DecodeMessageStatus(form url.Values) (MessageStatusForm, error) {
	f := fields{form: form}
	m := MessageStatusForm{
		MessageSID:          f.message(),
		AccountSID:          f.sid("AccountSid", "AC"),
		MessagingServiceSID: f.optionalSID("MessagingServiceSid", "MG"),
		From:                f.private("From"),
		To:                  f.private("To"),
		Status:              MessageStatus(f.text("MessageStatus")),
		ErrorCode:           f.count("ErrorCode"),
	}
	if m.Status == "" {
		m.Status = MessageStatus(f.text("SmsStatus"))
	}
	if m.Status == "" {
		f.fail("MessageStatus", "missing")
	}
	if t, err := time.Parse("0601021504", f.text("RawDlrDoneDate")); err == nil {
		m.CarrierDone = t
	}
	return m, f.err
}
