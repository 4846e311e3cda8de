package main

import (
	"context"
	"net/url"
	"sort"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/explain"
	"secondline/internal/twiliosim"
	"secondline/internal/twiliosim/phone"
)

// view makes what the page shows.
func (x *demoPhone) view(ctx context.Context) (phone.View, error) {
	now := x.w.clock.Now().In(x.w.zone)
	x.called()
	promise, err := x.promise(ctx)
	if err != nil {
		return phone.View{}, err
	}
	v := phone.View{
		Promise: promise,
		Status:  phone.Idle, Now: inWords(now, "Monday, Jan 2, 2006, 3:04 PM") + now.Format(" MST") + " in New York", Hours: x.hours(now), Clock: now.Format(phone.ClockLayout),
		Await: phone.Await{Kind: phone.AwaitNone}, Lines: x.lines(), Callee: x.callee, Coordinators: x.desks(), Changes: x.clockChanges(now),
		Texts: x.thread(), Carrier: x.carrier,
	}
	for _, c := range demoCallers {
		v.Callers = append(v.Callers, phone.Option{ID: c.id, Label: c.label, Note: c.note})
	}
	if x.call == nil {
		return v, nil
	}
	v.Call = x.call.SID()
	v.Status, v.Await = waiting(x.call)
	v.Captions = x.captions(x.call, callerCaption)
	for _, trip := range x.call.Traffic() {
		v.Traffic = append(v.Traffic, tripOf(trip))
	}
	c, err := x.w.caseOf(ctx, x.call)
	if err != nil || c == nil {
		return v, err
	}
	v.Stage, v.Number = strings.ReplaceAll(string(c.Stage), "_", " "), c.Number.Reveal()
	v.Case = x.facts(c)
	return v, nil
}

// inWords writes a time as people read it: 10:12 a.m.
func inWords(t time.Time, layout string) string { return explain.InWords(t, layout) }

func (x *demoPhone) hours(now time.Time) string {
	opens := inWords(x.calendar.NextOpening(now).In(x.w.zone), "Monday at 3:04 PM")
	switch x.calendar.State(now) {
	case "open":
		return "The line is open"
	case "holiday":
		return "The line is closed for a holiday until " + opens
	}
	return "The line is closed until " + opens
}

// holdSeconds is how long the demo plays music to a caller who waits.
const holdSeconds = 10

// waiting gives what the caller's call waits for.
func waiting(c *twiliosim.Call) (phone.Status, phone.Await) {
	a := c.Await()
	if c.Status() == twiliosim.StatusRinging {
		return phone.Ringing, phone.Await{Kind: phone.AwaitRinging, TimeoutSeconds: int(a.Timeout.Seconds())}
	}
	holding := c.Queued()
	switch a.Kind {
	case twiliosim.AwaitKeys:
		keys := keysAwaited(a)
		if holding {
			keys.Holding, keys.TimeoutSeconds = true, max(holdSeconds, keys.TimeoutSeconds)
		}
		return phone.InCall, keys
	case twiliosim.AwaitRecording:
		return phone.InCall, phone.Await{Kind: phone.AwaitRecording, FinishOnKey: a.FinishOnKey}
	case twiliosim.AwaitTalk:
		return phone.Talking, phone.Await{Kind: phone.AwaitTalk}
	case twiliosim.AwaitQueue:
		return phone.InCall, phone.Await{Kind: phone.AwaitRinging, Holding: true, TimeoutSeconds: holdSeconds}
	case twiliosim.AwaitRinging:
		return phone.InCall, phone.Await{Kind: phone.AwaitRinging}
	}
	return phone.Ended, phone.Await{Kind: phone.AwaitNone}
}

func keysAwaited(a twiliosim.Await) phone.Await {
	return phone.Await{Kind: phone.AwaitKeys, Digits: a.Digits, MaxDigits: a.MaxDigits, FinishOnKey: a.FinishOnKey, TimeoutSeconds: int(a.Timeout.Seconds())}
}

// captions are what is noticed of a call. What is the same as just before, such
// as music that begins anew, is said once.
func (x *demoPhone) captions(c *twiliosim.Call, of func(twiliosim.Event) (phone.Who, string)) []phone.Caption {
	var out []phone.Caption
	for _, e := range c.Events() {
		who, text := of(e)
		if text == "" || who == phone.ByNote && len(out) > 0 && out[len(out)-1].Text == text {
			continue
		}
		out = append(out, phone.Caption{Who: who, Text: text, At: inWords(e.At.In(x.w.zone), "3:04 PM"), Lang: e.Language})
	}
	return out
}

// callerCaption is what the caller notices.
func callerCaption(e twiliosim.Event) (phone.Who, string) {
	switch e.Kind {
	case twiliosim.EventSaid:
		return phone.ByLine, e.Text
	case twiliosim.EventPlayed:
		return phone.ByNote, played(e.URL)
	case twiliosim.EventPressed:
		return phone.ByCaller, e.Text
	case twiliosim.EventRecorded:
		return phone.ByCaller, "“" + e.Text + "”"
	case twiliosim.EventDialed, twiliosim.EventQueued:
		return phone.ByNote, callerDials[e.Result]
	case twiliosim.EventRefused:
		return phone.ByNote, "Twilio would refuse this answer: " + e.Text
	case twiliosim.EventEnded:
		return phone.ByNote, "The call has ended: " + e.Text + "."
	}
	return "", ""
}

var callerDials = map[string]string{
	"bridged": "Somebody takes the call. You are connected.", "busy": "Busy.",
	"no-answer": "It rings, and nobody answers.", "failed": "The call does not go through.",
}

// played says what a sound is.
func played(address string) string {
	if u, err := url.Parse(address); err == nil && strings.HasSuffix(u.Path, "/music") {
		return "(soft music)"
	}
	return "The line plays what you said."
}

func tripOf(t twiliosim.Exchange) phone.Trip {
	trip := phone.Trip{Method: t.Method, Path: t.URL, Status: t.Status, TwiML: t.Body}
	if u, err := url.Parse(t.URL); err == nil {
		trip.Path = u.RequestURI()
	}
	if !strings.Contains(t.Type, "xml") {
		trip.TwiML = ""
	}
	names := make([]string, 0, len(t.Form))
	for name := range t.Form {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		trip.Fields = append(trip.Fields, [2]string{name, strings.Join(t.Form[name], ", ")})
	}
	return trip
}

// demoFacts are the rows of a request, in the order of asking.
var demoFacts = []struct{ name, label string }{
	{"for_whom", "The patient is"}, {"birth_date", "Date of birth"}, {"phone", "Another number to call"},
	{"can_talk", "By telephone, or in writing"}, {"consent_calls", "May we call"}, {"consent_texts", "May we text"}, {"consent_voicemail", "May we leave a message"},
	{"processing", "Processing in the United States"}, {"zip", "Zip code"}, {"state", "State"}, {"zone", "Time zone"},
	{"local_time", "Local time"}, {"utc_offset", "Offset from UTC"}, {"good_time", "A good time to call"},
	{"name", "Name"}, {"treated_at", "Places of treatment"}, {"question", "Question for the specialist"},
}

var demoValues = map[string]string{
	"self": "the caller", "other": "someone else", "person_only": "only a person", "any_time": "any time", "agree": "agreed",
}

func (x *demoPhone) facts(c *casestore.Case) []phone.Fact {
	var out []phone.Fact
	for _, f := range demoFacts {
		value := c.Answers.Get(f.name)
		if value == "" {
			continue
		}
		if words := demoValues[value]; words != "" {
			value = words
		}
		if said, ok := x.w.sim.Said(value); ok {
			value = "“" + said + "”"
		}
		out = append(out, phone.Fact{Label: f.label, Value: value})
	}
	if !c.CallBy.IsZero() {
		out = append(out, phone.Fact{Label: "A coordinator calls by", Value: inWords(c.CallBy.In(x.w.zone), "Monday, January 2, 3:04 PM")})
	}
	return out
}
