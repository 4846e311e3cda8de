// Package casestore holds the domain of the line - the Case, the Conversation,
// the Promise - and is the one place that talks to Redis.
package casestore

import (
	"maps"
	"slices"
	"time"

	"secondline/internal/flow"
	"secondline/internal/private"
)

// Stage is how far a request has come. A case is made as StageStarted by the
// line, becomes StageRequested at the end of the intake, and is moved on by the
// programme's case system or a coordinator.
type Stage string

// The stages of a request, in the order of programme.md. StageStarted is left
// for StageRequested or, when a stop rule applies, is deleted; every later stage
// can also become StageOnHold, StageWithdrawn or StageIneligible.
const (
	StageStarted           Stage = "started"
	StageRequested         Stage = "requested"
	StageCollectingRecords Stage = "collecting_records"
	StageRecordsComplete   Stage = "records_complete"
	StageInReview          Stage = "in_review"
	StageDelivered         Stage = "delivered"
	StageFollowedUp        Stage = "followed_up"
	StageClosed            Stage = "closed"
	StageIneligible        Stage = "ineligible"
	StageOnHold            Stage = "on_hold"
	StageWithdrawn         Stage = "withdrawn"
)

// CaseID names a case. It is random and says nothing about the person.
type CaseID string

// Case is one request for a second opinion.
type Case struct {
	ID    CaseID
	Stage Stage
	// Number is what the patient is told; zero until the intake is complete.
	Number RequestNumber
	// Line is the line called: "tollfree" or "international". Language is a
	// BCP 47 tag.
	Line, Language string
	Opened         time.Time
	Updated        time.Time
	// Caller is the number that called, in E.164; empty where it was withheld.
	Caller private.Text
	// Answers holds what was answered, by the names of the intake's steps;
	// a recording is kept as its SID.
	Answers  flow.Answers
	Consents []Consent
	// CallBy is when a coordinator must have called, as the patient was told.
	CallBy time.Time
	// At is the step of the intake that an unfinished one goes on with.
	At string
	// Coordinator is the roster ID of the one who cares for the request; empty
	// until one is assigned.
	Coordinator string
	// ActionNeeded says that the records cannot be collected without the
	// patient's help.
	ActionNeeded bool
	// Waiting counts the places whose records are still awaited; 0 for not known.
	Waiting int
	// RecordsAt is when the records were complete, DeliveredAt when the opinion
	// was delivered; zero before.
	RecordsAt, DeliveredAt time.Time
	// Stamps say of each thing that the case system tells when it became so, by its
	// name: what is older than what is known changes nothing.
	Stamps map[string]Stamp
	// Authority is who may speak for the patient, as a coordinator has established it
	// its zero value is nobody.
	Authority Authority
	// Forgotten is when everything personal was deleted, ForgottenOf the keyed hash of
	// the number that was called then, and ForgottenWhy the cause; what is left shows who
	// agreed to what. Zero before.
	Forgotten    time.Time
	ForgottenOf  PersonID
	ForgottenWhy string
	// Partition is where the case lies, Version counts its changes; neither is part of
	// what is kept.
	Partition Partition
	Version   int
}

// Authority is a person who may speak for a patient.
type Authority struct {
	// Name is who, By the coordinator who established it, and At when.
	Name private.Text
	By   string
	At   time.Time
}

// Stamp is the time and the name of the news that something was learnt by.
type Stamp struct {
	At time.Time
	ID string
}

// Newer says whether news is newer than what is known of a thing, and keeps its
// stamp then. Of news of one time the one with the greater name counts, so that any
// order ends in the same.
func (c *Case) Newer(thing string, news Stamp) bool {
	old, known := c.Stamps[thing]
	if known && (news.At.Before(old.At) || news.At.Equal(old.At) && news.ID <= old.ID) {
		return false
	}
	stamps := maps.Clone(c.Stamps)
	if stamps == nil {
		stamps = map[string]Stamp{}
	}
	stamps[thing] = news
	c.Stamps = stamps
	return true
}

// Consent is a permission given or refused, with what is needed to show it was
//
type Consent struct {
	// Kind is "calls", "texts", "voicemail" or "processing".
	Kind string
	// Given is the answer: "yes", "no", "person_only", "agree".
	Given string
	// Prompt and Version are the wording that asked; Key is what was pressed.
	Prompt, Version, Key string
	// Call is the SID of the call, Line the line it came in on.
	Call, Line string
	At         time.Time
	// Unproven is set where the consent is for a number other than the one
	// that called: its holder has not confirmed it.
	Unproven bool
}

// SetConsent records c in place of an earlier answer to the same question in
// the same call; answers of earlier calls stay.
func (c *Case) SetConsent(consent Consent) {
	c.Consents = slices.DeleteFunc(c.Consents, func(old Consent) bool {
		return old.Kind == consent.Kind && old.Call == consent.Call
	})
	c.Consents = append(c.Consents, consent)
}

// MayText says whether the number that called has agreed to texts about the case.
func (c *Case) MayText() bool {
	may := false
	for _, k := range c.Consents {
		if k.Kind == "texts" {
			may = k.Given == "yes" && !k.Unproven
		}
	}
	return may
}

// Phone is the number to call about the case, in E.164: the one that was typed,
// else the one that called.
func (c *Case) Phone() private.Text {
	if typed := c.Answers["phone"]; !typed.Empty() {
		return typed
	}
	return c.Caller
}

// SetPhone corrects the number to call, in E.164.
func (c *Case) SetPhone(number private.Text) {
	if c.Answers == nil {
		c.Answers = flow.Answers{}
	}
	c.Answers["phone"] = number
}

// Resumable says whether the person who began an unfinished request can take it
// up by telephone: a date of birth was given to recognise them by, and
// it was touched within keep.
func (c *Case) Resumable(now time.Time, keep time.Duration) bool {
	return c.Stage == StageStarted && c.Answers.Get("birth_date") != "" &&
		now.Sub(c.Updated) < keep
}

// Conversation is one call, or one exchange of texts, and where it stands.
type Conversation struct {
	// Call is the CallSid.
	Call string
	// Version counts the turns; it is part of every URL handed out, so that a
	// request that comes again, or late, is known.
	Version int
	// Token is Twilio's I-Twilio-Idempotency-Token of the last delivery.
	Token string
	Line  string
	// Caller is the caller's number in E.164; empty where it was withheld.
	Caller  private.Text
	Started time.Time
	State   flow.State
	// Turn is the last answer given, kept so that a repeat gets the same.
	Turn flow.Turn
	// Case is the request that this call is making, without its answers, which
	// stand in State; nil before the first personal answer.
	Case *Case
	// Home says that the caller is taken to be in the United States, ZoneKnown
	// that the number tells the time zone. Both are worked out once.
	Home, ZoneKnown bool
	// Unfinished says that the caller's number had an unfinished request when
	// the call came in; ResumeTries counts the dates of birth tried since.
	Unfinished  bool
	ResumeTries int
	// Language is what the call is held in: a BCP 47 tag that the wording has.
	Language string
	// Named is the request whose number the caller gave and which exists, with
	// the end of its number and its coordinator; Verified says that the date of
	// birth matched.
	Named       CaseID
	NamedPlace  Partition
	LastFour    private.Text
	Coordinator string
	Verified    bool
	// StatusTries counts the pairs of number and date that did not match.
	StatusTries int
	// Transfer is the wait for a person that the call is in, or was in last.
	Transfer string
	// Member is the roster ID of a coordinator who calls from a registered
	// number, SignedIn says that the PIN was right; Task is what the call is
	// about, and TaskPlace the partition it lies in.
	Member    string
	SignedIn  bool
	PINTries  int
	Task      string
	TaskPlace Partition
	// Passed lists the tasks that were heard and passed over in this call.
	Passed []string
	// Reach is the outreach transfer of a call that we made and a voice began; empty
	// for who called in.
	Reach string
}

// Task is something owed to a person by a time: a promise with an owner and an
// outcome. It is open until it has an outcome.
type Task struct {
	ID   string
	Kind TaskKind
	Due  time.Time
	// Owner is the coordinator who owes it; empty means the whole team. While
	// HeldUntil has not come nobody else takes it up.
	Owner     string
	HeldUntil time.Time
	// Phone is whom to call; empty where only a recording tells.
	Phone private.Text
	// Recording is the SID of a message left.
	Recording string
	Case      CaseID
	Call      string
	Opened    time.Time
	Outcome   string
	// Language is the caller's, where it is not English.
	Language string
	// About says that Due is a time the caller chose, not the latest one.
	About bool
	// Ring is when coordinators are rung for it, if nobody has seen to it by then;
	// zero for never.
	Ring time.Time
	// Tries counts the calls that reached nobody; Closed is when the outcome came.
	Tries  int
	Closed time.Time
	// Rounds counts the times that no coordinator took the call, Rung is the last
	// transfer whose end is kept here.
	Rounds int
	Rung   string
	// Note is what the person wrote, where that is what the task is about.
	Note private.Text
	// Partition is where the task lies, Version counts its changes; neither is part of
	// what is kept.
	Partition Partition
	Version   int
}

// TaskKind says what is owed.
type TaskKind string

// What can be owed.
const (
	// TaskCallBack: the caller asked to be called.
	TaskCallBack TaskKind = "call_back"
	// TaskMessage: the caller left a message.
	TaskMessage TaskKind = "message"
	// TaskMissed: the caller wanted a person, nobody came, and nothing was
	// chosen instead.
	TaskMissed TaskKind = "missed_call"
	// TaskAbandoned: the caller hung up while a person was being found.
	TaskAbandoned TaskKind = "abandoned"
	// TaskRead: somebody has texted something that a person must read.
	TaskRead TaskKind = "read_text"
	// TaskEmergency: a text may be a call for help.
	TaskEmergency TaskKind = "emergency"
	// TaskWrongNumber: the holder of a number says that it is not the patient's.
	TaskWrongNumber TaskKind = "wrong_number"
	// TaskNoText: texts do not reach a number; call instead.
	TaskNoText TaskKind = "call_instead_of_text"
	// TaskPromise: a person must see to the call after delivery.
	TaskPromise TaskKind = "promise"
	// TaskHowItWent: a patient was called and nobody has said how it went.
	TaskHowItWent TaskKind = "how_it_went"
	// TaskLetter: a patient could not be reached; a person decides what is done.
	TaskLetter TaskKind = "letter"
	// TaskFirstCall: an intake is complete and the coordinator's first call is
	// promised.
	TaskFirstCall TaskKind = "first_call"
	// TaskWrite: the same of somebody who cannot talk on the telephone, and is
	// written to.
	TaskWrite TaskKind = "write_instead_of_call"
)

// OptOut says that a number wants no automated calls and no texts.
type OptOut struct {
	At time.Time
	// How is "key_9", "text", "coordinator", "operator"; Call is the SID it came by.
	How, Call string
}

// Recording is what is known of one recording at Twilio.
type Recording struct {
	SID, Call string
	// Status is "in-progress", "completed", "absent" or "failed".
	Status  string
	Seconds int
}
