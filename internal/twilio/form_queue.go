package twilio

import (
	"net/url"
	"time"
)

// QueueResult is how a wait in a queue ended. Unknown values are kept.
type QueueResult string

// The ends of an Enqueue (https://www.twilio.com/docs/voice/twiml/enqueue).
const (
	QueueBridged               QueueResult = "bridged"
	QueueBridging              QueueResult = "bridging-in-process"
	QueueError                 QueueResult = "error"
	QueueHangup                QueueResult = "hangup"
	QueueLeave                 QueueResult = "leave"
	QueueRedirected            QueueResult = "redirected"
	QueueRedirectedFromBridged QueueResult = "redirected-from-bridged"
	QueueFull                  QueueResult = "queue-full"
	QueueSystemError           QueueResult = "system-error"
)

// EnqueueForm is the request of an Enqueue's action.
type EnqueueForm struct {
	VoiceForm
	Result   QueueResult
	QueueSID string
	// Waited is the time in the queue, or NotGiven.
	Waited time.Duration
}

// DecodeEnqueue decodes an Enqueue's request. The error is a *FormError: those
// of DecodeVoice, QueueResult missing, or QueueSid malformed.
func DecodeEnqueue(form url.Values) (EnqueueForm, error) {
	f := fields{form: form}
	e := EnqueueForm{
		VoiceForm: f.voice(),
		Result:    QueueResult(f.required("QueueResult")),
		QueueSID:  f.optionalSID("QueueSid", "QU"),
		Waited:    f.seconds("QueueTime"),
	}
	return e, f.err
}

// WaitForm is the request for what a caller hears in a queue.
type WaitForm struct {
	VoiceForm
	QueueSID string
	// Position is 1 for the caller who is next, or NotGiven.
	Position int
	// Waited is the time in the queue so far, or NotGiven.
	Waited time.Duration
}

// DecodeWait decodes a waitUrl's request. Errors are DecodeVoice's and QueueSid
// malformed.
func DecodeWait(form url.Values) (WaitForm, error) {
	f := fields{form: form}
	w := WaitForm{
		VoiceForm: f.voice(),
		QueueSID:  f.optionalSID("QueueSid", "QU"),
		Position:  f.number("QueuePosition"),
		Waited:    f.seconds("QueueTime"),
	}
	return w, f.err
}
