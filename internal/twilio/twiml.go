package twilio

import (
	"strconv"
	"unicode/utf8"
)

// ContentType is the content type of a TwiML answer.
const ContentType = "text/xml; charset=utf-8"

// The sizes Twilio allows: of a TwiML answer in bytes (error 11750), and of TwiML
// sent inside a REST request in characters (error 32018).
const (
	MaxDocument = 64 << 10
	MaxInline   = 4000
)

// Context is what a document is an answer to; it decides which verbs are allowed.
type Context uint8

// The contexts of a document.
const (
	// Voice answers a call's URL or action URL.
	Voice Context = iota + 1
	// Inline is voice TwiML sent in a REST request: at most MaxInline characters,
	// and no relative URL, because there is no document it could be relative to.
	Inline
	// Whisper is what the person called hears before being connected: Say, Play,
	// Gather, Hangup. The end of the document connects, so an empty one is the way
	// to do it.
	Whisper
	// Wait is what a caller in a queue hears.
	Wait
	// ConferenceWait is what the first person in a conference hears.
	ConferenceWait
	// Messaging answers an incoming message; an empty document sends nothing.
	Messaging
)

// Verb is one instruction of a document: Say, Play, Pause, Gather, Record, Dial,
// Enqueue, Leave, Redirect, Hangup, Reject or Message.
type Verb interface {
	kind() verbKind
	encode(*encoder)
}

// Prompt is a verb that may stand inside a Gather: Say, Play or Pause.
type Prompt interface {
	Verb
	prompt()
}

type verbKind uint16

const (
	kindSay verbKind = 1 << iota
	kindPlay
	kindPause
	kindGather
	kindRecord
	kindDial
	kindEnqueue
	kindLeave
	kindRedirect
	kindHangup
	kindReject
	kindMessage
)

const voiceVerbs = kindSay | kindPlay | kindPause | kindGather | kindRecord | kindDial |
	kindEnqueue | kindRedirect | kindHangup | kindReject

// allowed says which verbs Twilio runs in a context
// (https://www.twilio.com/docs/voice/twiml/number, /enqueue, /conference).
func (c Context) allowed() verbKind {
	switch c {
	case Voice, Inline:
		return voiceVerbs
	case Whisper:
		return kindSay | kindPlay | kindGather | kindHangup
	case Wait:
		return kindSay | kindPlay | kindPause | kindHangup | kindRedirect | kindLeave | kindGather
	case ConferenceWait:
		return kindSay | kindPlay | kindPause | kindRedirect
	case Messaging:
		return kindMessage | kindRedirect
	}
	return 0
}

// DocumentError is why a document was not written: Twilio would refuse it, or it
// would end a call by accident. It holds nothing that is said, dialled or sent.
type DocumentError struct {
	// Element is the TwiML element at fault.
	Element string
	// Code is the error Twilio would report, or 0 where Twilio has none.
	Code int
	// Problem is what is wrong with it.
	Problem string
}

// Error gives the element, the problem and Twilio's code.
func (e *DocumentError) Error() string {
	s := "twilio: TwiML <" + e.Element + ">: " + e.Problem
	if e.Code != 0 {
		s += " (" + strconv.Itoa(e.Code) + ")"
	}
	return s
}

// Document is a TwiML answer: verbs in the order in which they run.
type Document []Verb

const (
	documentHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Response>"
	documentFoot = "</Response>"
)

// Encode writes the document, always the same bytes for the same document. It
// fails with a *DocumentError when a verb is not allowed in ctx, when a value is
// outside Twilio's ranges, when the result is too large, or when silence would
// end or connect a call by accident: an empty voice document, and one that ends
// with a Gather that does not answer to silence. Characters that XML has no place
// for are written as U+FFFD.
func (d Document) Encode(ctx Context) ([]byte, error) {
	e := &encoder{ctx: ctx, buf: make([]byte, 0, 1024)}
	e.buf = append(e.buf, documentHead...)
	e.document(d)
	e.buf = append(e.buf, documentFoot...)
	if len(e.buf) > MaxDocument {
		e.fail("Response", 11750, "larger than 64 kB")
	}
	if ctx == Inline && utf8.RuneCount(e.buf) > MaxInline {
		e.fail("Response", 32018, "longer than 4000 characters")
	}
	if e.err != nil {
		return nil, e.err
	}
	return e.buf, nil
}

func (e *encoder) document(d Document) {
	allowed := e.ctx.allowed()
	if len(d) == 0 && e.ctx != Messaging && e.ctx != Whisper {
		e.fail("Response", 0, "no verb")
	}
	for i, v := range d {
		switch {
		case v == nil:
			e.fail("Response", 0, "a verb is nil")
		case v.kind()&allowed == 0:
			e.fail("Response", 12200, "a verb is not allowed in this context")
		case v.kind() == kindReject && i > 0:
			e.fail("Reject", 0, "must be the first verb")
		}
		if e.err != nil {
			return
		}
		v.encode(e)
	}
	if len(d) > 0 && e.ctx != Wait {
		if g, ok := d[len(d)-1].(Gather); ok && !g.ActionOnEmptyResult {
			e.fail("Gather", 0, "is the last verb and does not answer to silence")
		}
	}
}
