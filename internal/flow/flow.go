// Package flow holds conversations as tables of steps. It knows no telephone,
// no text message and no Redis: a channel gives it what a person answered and
// renders what comes back.
package flow

import (
	"strings"
	"time"

	"secondline/internal/private"
)

// Outcome names what an answer came to: a menu's value, "yes", "ok". It is
// never something a person typed.
type Outcome string

// OK is the outcome of every answer that needs no name of its own.
const OK Outcome = "ok"

// Targets that are no step's name.
const (
	// Return goes back to the step that an aside (key 9) interrupted.
	Return = "@return"
)

// Goto maps what an answer came to, or a key, to the step that follows: the ID
// of a step in the same script, "script.step", or Return.
type Goto map[Outcome]string

// Script is a conversation, a line a step, in the order a person reads it.
type Script struct {
	// Name is part of every step's full ID ("intake.birth_date"). It is kept
	// in Redis and in URLs: never rename one while calls are under way.
	Name string
	// Title says what the script is for, in the drawing.
	Title string
	Steps []Step
}

// Step is one line of a script. It either asks (Ask), decides (Decide as its
// Ask), ends (End), or says something and goes on (neither).
type Step struct {
	// ID is stable within its script: it is kept in Redis and in URLs.
	ID string
	// Say lists the wording said when the step is reached, and again on star.
	Say []string
	// Lead is said before Say when the step is first reached, not on a repeat.
	Lead []string
	// Play names the answer whose recording is played after Say.
	Play string
	// Ask is the kind of answer waited for; nil for a step that only says.
	Ask Ask
	// Save names the answer that is kept; empty keeps none.
	Save string
	// Goto maps outcomes to steps. OK is the way on of a step that only says.
	Goto Goto
	// Back is where pound leads from a menu; empty means the question again.
	Back string
	// Fail is where the last failed try leads; empty means a person.
	Fail string
	// Whole says that the recording is all the step is for: whatever key ends
	// it, the way on is OK.
	Whole bool
	// Tries is how many failed tries are heard out; 0 means three.
	Tries int
	// NoInput and NoMatch replace the general wording of the first and second
	// failed try; they are said instead of the question.
	NoInput, NoMatch []string
	// Do names effects that the channel carries out when the step is reached.
	Do []string
	// End ends the conversation here.
	End End
}

// End says how a conversation is over.
type End string

// The ways a conversation ends.
const (
	// Open means that it is not over.
	Open End = ""
	// Hangup ends the call, or the exchange of texts, kindly.
	Hangup End = "hangup"
	// Resume hands over to the unfinished conversation that was found; the
	// channel takes it up with Book.Enter.
	Resume End = "resume"
)

// Prompt is one thing to be said: an ID of the wording with its variables, or
// the recording of an answer.
type Prompt struct {
	ID string
	// Vars holds raw values by name ("DATE": 1960-03-04); the wording makes
	// words of them. The channel adds what it alone knows.
	Vars map[string]private.Text
	// Recording is the answer whose recording is played instead.
	Recording private.Text
}

// Saved is an answer as it was kept in this turn.
type Saved struct {
	Name string
	// Outcome is the menu's value; OK for everything that was typed or said.
	Outcome Outcome
	// Prompt is the wording that asked, Key the key that answered a menu.
	Prompt string
	Key    string
}

// Turn is what a channel renders.
type Turn struct {
	Say   []Prompt
	Await Await
	End   End
	Saved []Saved
	// Effects names, in order, what the reached steps ask the channel to do.
	Effects []string
}

// Answers holds what a person answered, by the step's Save name.
type Answers map[string]private.Text

// Get gives the answer, or "" when there is none.
func (a Answers) Get(name string) string { return a[name].Reveal() }

// State is where a conversation stands; it is what is kept between two turns.
type State struct {
	// At is the full ID of the step that waits for an answer.
	At string
	// Phase is "", PhaseConfirm or PhasePaused.
	Phase Phase
	// Tries counts failed tries at this step, Repeats the stars pressed.
	Tries, Repeats int
	// Slow is set by the first failed try and stays for the whole call.
	Slow bool
	// Pending is the answer that waits to be confirmed.
	Pending private.Text
	// From is the step an aside or the way to a person left.
	From string
	// Answers holds what was answered so far.
	Answers Answers
}

// Script gives the name of the script the state is in.
func (s State) Script() string {
	name, _, _ := strings.Cut(s.At, ".")
	return name
}

// Phase says what a step waits for.
type Phase string

// The phases of a step.
const (
	// PhaseAsk waits for the answer itself.
	PhaseAsk Phase = ""
	// PhaseConfirm waits for "that is right" after a read-back.
	PhaseConfirm Phase = "confirm"
	// PhasePaused waits for any key after a silence where words were awaited.
	PhasePaused Phase = "paused"
)

// Env is what a conversation may know of the world besides its answers.
type Env struct {
	Now time.Time
	// Facts are plain words on the call: line, open, caller …
	Facts map[string]string
	// Check asks the channel about something only it can look up; it returns
	// one of the outcomes that the asking step declares. It may be nil where
	// no step of the book asks.
	Check func(question string, answers Answers) Outcome
}

// InputKind says in which way a person answered.
type InputKind int

// The ways a person answers.
const (
	// Keys were pressed.
	Keys InputKind = iota
	// Silence is a timer that ran out with nothing pressed and nothing said.
	Silence
	// Voice is a recording that was made.
	Voice
	// Came is the end of a connection to somebody: Outcome says how.
	Came
	// Typed is a text message.
	Typed
)

// Input is an answer as the channel received it.
type Input struct {
	Kind InputKind
	// Text holds the keys pressed, the text typed or the recording's SID.
	Text private.Text
	// EndKey is the key that ended a recording: "#", "0", "*", "hangup", "".
	EndKey string
	// Seconds is the length of a recording.
	Seconds int
	// Outcome is what became of a connection.
	Outcome Outcome
}
