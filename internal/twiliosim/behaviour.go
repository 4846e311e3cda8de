package twiliosim

import "time"

// Outcome is how a called telephone reacts.
type Outcome string

// The outcomes of calling somebody.
const (
	OutcomeAnswers  Outcome = "answers"
	OutcomeMachine  Outcome = "machine"
	OutcomeBusy     Outcome = "busy"
	OutcomeNoAnswer Outcome = "no-answer"
	OutcomeFails    Outcome = "failed"
	OutcomeRings    Outcome = "rings"
)

// CalleeBehaviour is what the person or machine at a called number does.
type CalleeBehaviour struct {
	Outcome Outcome
	// Keys are pressed one entry a Gather; an empty entry lets the Gather run
	// out. After the last entry the leg waits to be driven by hand, or stays
	// silent when Silent is set.
	Keys   []string
	Silent bool
	// Code is the SipResponseCode of a failed call, or 13224/13225/13227 when
	// Twilio itself refuses the number.
	Code int
	// AnsweredBy is what answering machine detection says: human, fax,
	// unknown; empty means human for people and a machine for machines.
	AnsweredBy string
}

// Answers is a person who picks up and presses the keys, one entry a Gather.
// After that the leg waits until it is driven (Press, Hangup) or the other
// side ends.
func Answers(keys ...string) CalleeBehaviour {
	return CalleeBehaviour{Outcome: OutcomeAnswers, Keys: keys}
}

// AnswersSilently is a person who picks up and presses nothing.
func AnswersSilently() CalleeBehaviour {
	return CalleeBehaviour{Outcome: OutcomeAnswers, Silent: true}
}

// Machine is a voicemail that picks up; it presses nothing.
func Machine() CalleeBehaviour { return CalleeBehaviour{Outcome: OutcomeMachine, Silent: true} }

// Busy is an engaged line.
func Busy() CalleeBehaviour { return CalleeBehaviour{Outcome: OutcomeBusy} }

// NoAnswer is a telephone that rings until the timeout.
func NoAnswer() CalleeBehaviour { return CalleeBehaviour{Outcome: OutcomeNoAnswer} }

// Fails is a call that no carrier connects, with a SIP code such as 404.
func Fails(code int) CalleeBehaviour { return CalleeBehaviour{Outcome: OutcomeFails, Code: code} }

// Rings is a telephone that rings until the leg's Answer, Silence (timeout) or
// Hangup (busy) is called, or the other side gives up. The keys are pressed
// after Answer.
func Rings(keys ...string) CalleeBehaviour {
	return CalleeBehaviour{Outcome: OutcomeRings, Keys: keys}
}

// Delivery is what a carrier does with an outgoing text.
type Delivery struct {
	// Status is delivered, undelivered, failed or sent (accepted by the
	// carrier, with no receipt ever).
	Status string
	// ErrorCode accompanies failed and undelivered, such as 30003 or 30006.
	ErrorCode int
	// After is how long after sending the final status arrives.
	After time.Duration
}

// Text is a message as the carrier sees it.
type Text struct {
	SID, From, To, Body string
	Segments            int
}
