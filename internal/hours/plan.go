package hours

import "time"

// PromisedWithin is how long after delivery the first attempt is made at the
// latest, in elapsed time.
const PromisedWithin = 24 * time.Hour

// Kind is how a call is begun.
type Kind string

// The kinds of attempts.
const (
	// AgentFirst rings a coordinator, who is on the line before the patient is
	// dialled.
	AgentFirst Kind = "agent_first"
	// BotFirst dials the patient, and an automated voice speaks first.
	BotFirst Kind = "bot_first"
	// ByHand is a task: a person dials, no machine does.
	ByHand Kind = "by_hand"
)

// Attempt is a call that is planned.
type Attempt struct {
	At   time.Time
	Kind Kind
	// Why gives the reason of the time, then those of the kind.
	Why []Reason
	// Voicemail says that a message may be left: one in 24 hours, three in all,
	// and only with consent.
	Voicemail bool
}

// TextKind names a text message that is planned.
type TextKind string

// The texts of a plan: the stage "delivered", and the notice of a call.
const (
	UpdateText  TextKind = "update"
	PreCallText TextKind = "pre_call"
)

// Text is a text message that is planned.
type Text struct {
	At   time.Time
	Kind TextKind
	Why  Reason
}

// Guards are the moments at which a person takes over, unless the patient was
// reached or has chosen a time. Human and Supervisor are counted in legal minutes
// that remain, 120 and 60: hours before the deadline would mean nothing, as most
// of them are night. Missed is when none remain: by then an attempt was made, or
// the promise is broken. A guard that does not apply is zero.
type Guards struct{ Human, Supervisor, Missed time.Time }

// Plan is what is done to keep a promise.
type Plan struct {
	// Delivered is the whole minute; Deadline is 24 elapsed hours later, and
	// belongs to the time promised.
	Delivered, Deadline time.Time
	// Blocks is the legal time in (Delivered, Deadline]: Minutes(Blocks) minutes.
	Blocks []Block
	// Attempts are those to come within the day, in order; three with those
	// that were made. Each begins in one of Blocks, unless the patient chose it.
	Attempts []Attempt
	// After are those to come later, as long as nobody was reached: one on each
	// of three working days.
	After []Attempt
	// Letter is when, all in vain, a person decides on a letter; the case never
	// closes by itself.
	Letter time.Time
	Guards Guards
	// NoLegalMinute says that the promise cannot be kept, by law or by hours: it
	// is counted on its own. FirstLegalAfter is the first minute after Deadline at
	// which a call is legal then; zero where there is none within 400 days.
	NoLegalMinute   bool
	FirstLegalAfter time.Time
	Texts           []Text
	Notes           []Reason
}

// Plan gives the plan of a promise. It depends on the promise alone: made again
// after a restart, it is the same, and made again after an attempt, what remains
// of it is. It reads no clock and has no error; a case in which little can be
// done has a task at once (Guards.Human is Delivered) and says why in Notes.
func (p Promise) Plan() Plan {
	d := newDay(p)
	d.note()
	switch {
	case p.CallsRefused:
		d.plan.Guards.Human = d.plan.Delivered
		return d.plan
	case !p.Chosen.IsZero():
		d.chosen()
	default:
		d.guard()
		d.attempts()
	}
	d.after()
	d.voicemails()
	d.texts()
	return d.plan
}
