// Package explain tells in sentences what was decided to keep a promise, and why. It
// names nobody.
package explain

import (
	"fmt"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/hours"
	"secondline/ivr"
)

// Line is one line of an explanation.
type Line struct {
	At   time.Time
	Text string
}

// Promise tells in plain sentences what was decided about a promise, by the
// clock of a zone.
func Promise(p *casestore.Promise, zone *time.Location) []Line {
	out := make([]Line, 0, len(p.Log))
	for _, d := range p.Log {
		out = append(out, Line{d.At, sentenceOf(d, zone)})
	}
	return out
}

// Next says what comes next.
func Next(p *casestore.Promise, zone *time.Location) string {
	switch {
	case p.State == casestore.PromiseKept:
		return "Nothing: the promise is kept."
	case p.State != casestore.PromiseOpen:
		return "Nothing by itself: " + Because(p.Outcome) + "."
	case p.Flight != "":
		return "The call is being made now."
	}
	for i := len(p.Log) - 1; i >= 0; i-- {
		if d := p.Log[i]; d.What == "planned" {
			if !d.About.After(d.At) {
				break
			}
			return fmt.Sprintf("A call %s: %s.", OnTime(d.About, zone), Because(d.Why))
		}
	}
	if p.Task != "" {
		return "A coordinator has it on the list."
	}
	return "It is looked at again " + OnTime(p.Next, zone) + "."
}

// OnTime writes a moment: on Monday, January 2, 3:04 p.m. EST.
func OnTime(t time.Time, zone *time.Location) string {
	return "on " + InWords(t.In(zone), "Monday, January 2, 3:04 PM MST")
}

// InWords writes a time as people read it: 10:12 a.m.
func InWords(t time.Time, layout string) string {
	return strings.NewReplacer("AM", "a.m.", "PM", "p.m.").Replace(t.Format(layout))
}

func sentenceOf(d casestore.Decision, zone *time.Location) string {
	about := ""
	if !d.About.IsZero() {
		about = InWords(d.About.In(zone), "Monday, January 2, 3:04 PM MST")
	}
	why := Because(d.Why)
	switch d.What {
	case "delivered":
		return "The opinion was delivered."
	case "planned":
		return fmt.Sprintf("The next call is planned for %s: %s.", about, why)
	case "ringing_coordinators":
		return "The call is due: coordinators are rung."
	case "voice_calls":
		return "The call is due: an automated voice begins it."
	case "pre_call_text":
		return "A text tells of the call on " + about + "."
	case "called":
		return "The patient was called: " + Result(d.Why) + "."
	case "called_by_hand":
		return "A coordinator called from their own telephone: " + Result(d.Why) + "."
	case "not_called":
		return "The patient was not called: " + why + "."
	case "nobody_took_it":
		return "No coordinator took the call; they are rung again from " + about + " on."
	case "asked_to_wait":
		return "A coordinator asked to wait, until " + about + "."
	case "no_legal_minute":
		if about == "" {
			return "No minute of the 24 hours is one in which a call is legal, and none comes within 400 days."
		}
		return "No minute of the 24 hours is one in which a call is legal. The first one after them is " + about + "."
	case "coordinator":
		return fmt.Sprintf("The coordinator has it on the list, due %s: %s.", about, why)
	case "by_hand":
		return "A person has to decide on this call, and to make it: " + why + "."
	case "supervisor":
		return "The supervisor has it: " + why + "."
	case "missed":
		return "The promise is broken: nobody has called by " + about + "."
	case "chosen":
		return fmt.Sprintf("The patient chose %s, %s. That is what is promised now.", about, why)
	case "lost":
		return "What became of a call is not known: nothing is left of it."
	case "kept":
		return "The promise is kept: " + Result(d.Why) + "."
	case "over":
		return "It ends here: " + why + "."
	}
	return strings.TrimSpace(d.What + " " + d.Why + " " + about)
}

// Result says what came of a call.
func Result(result string) string {
	if words, ok := results[result]; ok {
		return words
	}
	return Because(result)
}

var results = map[string]string{
	"reached": "a coordinator talked with the patient", "message": "the standard message was left", "no_answer": "no answer", "busy": "busy",
	"failed": "it did not go through", "cut": "it was cut off before anybody had talked", "wrong_number": "it is a wrong number",
	"opted_out": "the patient does not want to be called", "other_time": "the patient asked for another time",
	"unknown": "nobody has said how it went", "no_key": "somebody or a machine picked up and pressed nothing",
	"not_patient": "somebody else picked up", "machine": "a machine picked up, and no message may be left",
	"nobody": "the patient wanted to talk, and no coordinator came", "patient_called": "the patient called us, and talked with a coordinator",
}

// Because says why, for the names that a decision gives.
func Because(why string) string {
	if words, ok := whys[why]; ok {
		return words
	}
	if stage, ok := strings.CutPrefix(why, "stage_"); ok {
		return "the request is at the stage " + strings.ReplaceAll(stage, "_", " ")
	}
	return hours.Reason(why).String()
}

var whys = map[string]string{
	ivr.WhyStage: "the request is not at the stage \"delivered\" any more", ivr.WhyMoved: "the call was made, moved or called off meanwhile",
	ivr.WhyWrong: "the number is not the patient's", ivr.WhyOptedOut: "the patient does not want calls: a person decides",
	ivr.WhyWindow: "less than ten minutes are left in which a call is legal", ivr.WhyCaps: "there were three calls in 24 hours",
	ivr.WhyPaused:  "Redis may have lost an opt-out, or that we have called",
	ivr.WhyCountry: "the line does not dial the patient's country", ivr.WhyConsent: "the patient has not agreed to automated calls",
	"refused": "Twilio does not take the call", "lost": "Twilio knows nothing of the dial", "little_time": "little legal time is left",
	"nobody_took_it": "no coordinator took the call several times", "key": "by a key", "text": "by text", "coordinator": "in a talk with a coordinator",
	"letter": "all calls were in vain; a person decides on a letter", "reached": "a coordinator talked with the patient",
}
