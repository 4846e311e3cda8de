package twilio

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// Class is what an error of Twilio's means for the one who asked. It is set for
// a failed REST request and for the ErrorCode of a failed message or call.
type Class string

// The classes. All but Unknown say that the thing was not done.
const (
	// Retry: not done, safe to repeat later with growing pauses.
	Retry Class = "retry"
	// NextDay: not done, a day's limit is used up; safe to repeat tomorrow.
	NextDay Class = "next_day"
	// PermanentNumber: this number cannot be reached, by call or by text.
	PermanentNumber Class = "permanent_number"
	// NotTextable: this number cannot be texted (a landline, or no way to it from
	// our sender). Calls are not affected.
	NotTextable Class = "not_textable"
	// OptedOut: the person has sent STOP. Permanent until START; record it.
	OptedOut Class = "opted_out"
	// NoResend: a carrier filtered or blocked this text. The same text must not be
	// sent again; an operator must know.
	NoResend Class = "no_resend"
	// Config: the account, a number or a permission is not set up. Nothing will
	// work until an operator has acted.
	Config Class = "config"
	// Bug: we asked for something that Twilio's rules forbid.
	Bug Class = "bug"
	// Race: the call was already in another state; treat it as ended.
	Race Class = "race"
	// NotFound: there is no such call, message or recording, or a recording is
	// not there yet.
	NotFound Class = "not_found"
	// Refused: Twilio said no for a reason that the table does not have. Not done;
	// do not repeat it without a person having looked.
	Refused Class = "refused"
	// Unknown: it may or may not have been done, because the answer was lost or
	// was a server error. Never repeat it blindly: look it up first.
	Unknown Class = "unknown"
)

// codeRange gives a class to the codes from first to last.
type codeRange struct {
	first, last int
	class       Class
}

// classes is the one table of Twilio's error codes
// (https://www.twilio.com/docs/api/errors), sorted by code.
var classes = []codeRange{
	{11100, 11999, Bug},             // our webhook or its TwiML could not be fetched or used
	{12100, 12999, Bug},             // our TwiML is not TwiML
	{13000, 13224 - 1, Bug},         // an attribute of ours
	{13224, 13224, PermanentNumber}, // Dial: number invalid or not supported
	{13225, 13225, PermanentNumber}, // blocked by Twilio
	{13226, 13226, Bug},             // invalid country code
	{13227, 13227, Config},          // geographic permission
	{13228, 13999, Bug},             // attributes of Gather, Say, Record, Play, Pause
	{14100, 14199, Bug},             // TwiML of a message
	{16000, 16099, Bug},             // attributes of Conference
	{20003, 20003, Config},          // authentication
	{20404, 20404, NotFound},
	{20429, 20429, Retry}, // never processed
	{20500, 20500, Unknown},
	{20503, 20503, Unknown},
	{21201, 21201, Bug},             // no To
	{21205, 21205, Bug},             // invalid URL
	{21210, 21210, Config},          // From not verified
	{21211, 21211, PermanentNumber}, // invalid To
	{21212, 21212, Config},          // invalid From
	{21214, 21214, PermanentNumber}, // To cannot be reached
	{21215, 21215, Config},          // geographic permission
	{21216, 21217, PermanentNumber}, // blocked by Twilio; not a valid number
	{21219, 21219, Config},          // To not verified: a trial account
	{21220, 21220, Race},            // invalid call state
	{21222, 21224, Config},          // credentials
	{21262, 21262, Bug},             // asynchronous detection without a callback
	{21408, 21408, Config},          // geographic permission
	{21602, 21605, Bug},             // no body, no From, no To, body too long
	{21606, 21606, Config},          // From not ours or not for messages
	{21608, 21608, Config},          // To not verified: a trial account
	{21609, 21609, Bug},             // invalid StatusCallback
	{21610, 21610, OptedOut},
	{21611, 21611, Retry},       // sender's queue is full
	{21612, 21612, NotTextable}, // no way from this sender
	{21614, 21614, NotTextable}, // not a mobile number
	{21617, 21617, Bug},         // longer than 1600 characters
	{21620, 21620, Bug},         // invalid media URL
	{21623, 21623, Bug},         // too many media
	{21635, 21635, NotTextable}, // landline
	{21701, 21705, Config},      // Messaging Service missing or empty
	{22005, 22005, Retry},       // more than a day of calls in the queue
	{30001, 30001, Retry},       // queue overflow
	{30002, 30002, Config},      // account suspended
	{30003, 30003, Retry},       // handset unreachable for now
	{30004, 30004, NoResend},    // blocked by carrier or recipient
	{30005, 30006, NotTextable}, // unknown handset; landline or unreachable carrier
	{30007, 30007, NoResend},    // filtered
	{30008, 30008, Retry},       // carrier gave no reason
	{30010, 30010, Config},      // price
	{30012, 30012, Config},      // time to live
	{30017, 30017, Retry},       // carrier congestion
	{30022, 30022, Retry},       // A2P rate
	{30023, 30023, NextDay},     // A2P daily cap
	{30024, 30024, Config},      // sender not provisioned at the carrier
	{30027, 30027, NextDay},     // daily cap of one carrier
	{30032, 30032, Config},      // toll-free number not verified
	{30034, 30034, Config},      // number without an A2P campaign
	{30410, 30410, Retry},       // provider timed out
	{32018, 32018, Bug},         // inline TwiML too long
	{35111, 35126, Bug},         // scheduling
}

// ClassOf says what a code means, whether it came from a REST request or as the
// ErrorCode of a callback. A code that the table does not have is Refused. 20500
// and 20503 are Unknown, because a request that creates something may have been
// carried out; for a fetch Error.Class says Retry.
func ClassOf(code int) Class {
	for _, r := range classes {
		if code >= r.first && code <= r.last {
			return r.class
		}
	}
	return Refused
}

// Error is why a REST request failed. It never holds Twilio's message, a URL or
// anything else that could contain a telephone number.
type Error struct {
	// Op is what was asked for, such as "create call".
	Op string
	// Code is Twilio's error code, or 0.
	Code int
	// HTTPStatus is the status of the answer, or 0 without an answer.
	HTTPStatus int
	// Class says what to do about it.
	Class Class
	// RetryAfter is how long Twilio asks to wait, or 0.
	RetryAfter time.Duration
	// cause is a fixed error or one of context's.
	cause error
}

// Error gives the operation, class, status, code and a fixed phrase.
func (e *Error) Error() string {
	s := "twilio: " + e.Op + ": " + string(e.Class)
	if e.HTTPStatus != 0 {
		s += ", HTTP " + strconv.Itoa(e.HTTPStatus)
	}
	if e.Code != 0 {
		s += ", code " + strconv.Itoa(e.Code)
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap gives context.Canceled, context.DeadlineExceeded, or one of this
// package's errors; nil when an answer of Twilio's says it all.
func (e *Error) Unwrap() error { return e.cause }

// ErrNotConnected: Twilio could not be reached; nothing was sent.
var ErrNotConnected = errors.New("not connected")

// ErrConnectionLost: the connection broke after the request may have gone out.
var ErrConnectionLost = errors.New("connection lost")

// ErrMalformedAnswer: the answer is not what Twilio's API promises.
var ErrMalformedAnswer = errors.New("malformed answer")

// ErrTooLarge: the recording is larger than we take.
var ErrTooLarge = errors.New("too large")

// ErrTooMany: a list is longer than we read, so that what is missing from it
// may exist.
var ErrTooMany = errors.New("too many to search")

// ErrInvalid: the request was not sent because Twilio would refuse it.
var ErrInvalid = errors.New("invalid request")

// classify gives the class of an answer with an error status. creates says that
// repeating the request would do the thing twice.
func classify(status, code int, creates bool) Class {
	switch {
	case status == http.StatusTooManyRequests || code == 20429:
		return Retry
	case status >= 500 || status == http.StatusRequestTimeout:
		return unlessSafe(creates)
	case code != 0:
		if class := ClassOf(code); class != Unknown {
			return class
		}
		return unlessSafe(creates)
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return Config
	case http.StatusNotFound:
		return NotFound
	}
	return Refused
}

func unlessSafe(creates bool) Class {
	if creates {
		return Unknown
	}
	return Retry
}
