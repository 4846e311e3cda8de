package hours

import "time"

// Promise is all that a plan follows from. NewPromise fills in what is usual.
type Promise struct {
	// Delivered is when the opinion was delivered. It counts from the minute
	// in which it falls.
	Delivered time.Time
	// Legal is when the person may be called. It is never nil.
	Legal *Legal
	// ZoneNotKnown says that the zones are not the person's own.
	ZoneNotKnown bool
	Consents     Consents
	// BotFirst asks for calls that an automated voice begins; they need consent
	// to automated calls.
	BotFirst bool
	// Exemption allows, where there is no consent to automated calls, the one
	// contact a day and three a week of 47 CFR 64.1200(a)(9)(iv).
	Exemption bool
	// CallsRefused says that the person does not want to be called.
	CallsRefused bool
	// MaxPerDay is how many attempts may fall in 24 hours, from 1 to 3.
	MaxPerDay int
	// Earlier are the attempts that were made, and contacts before Delivered
	// that count for a cap, in any order.
	Earlier []Made
	// Chosen is the time that the person chose; zero for none.
	Chosen time.Time
	// NotBefore is the moment before which nothing new can be done: of planning
	// again after a standstill, or a refused dial. Zero for none.
	NotBefore time.Time
}

// Consents are what a person has agreed to, each on its own.
type Consents struct{ Texts, AutomatedCalls, Voicemail bool }

// Made is an attempt that was made.
type Made struct {
	At time.Time
	// ByHand says that a person dialled: that counts as an attempt, but not for
	// a cap.
	ByHand bool
	// Voicemail says that a message was left.
	Voicemail bool
}

// MaxPerDay is the cap that no setting can go beyond.
const MaxPerDay = 3

// NewPromise gives the promise of a delivery to a person in the usual case: the
// default window and margin, the cap, no consent to anything.
func NewPromise(delivered time.Time, line *Calendar, zones ZoneSet) Promise {
	return Promise{
		Delivered: delivered, Legal: NewLegal(line, zones, DefaultWindow, ClosingMargin),
		ZoneNotKnown: zones.Empty(), MaxPerDay: MaxPerDay,
	}
}
