package console

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/explain"
	"secondline/internal/private"
)

// timelineLine is one thing that happened.
type timelineLine struct {
	At time.Time
	// Kind is "call", "text", "task", "person" or "decision", Name says it in words.
	Kind, Name string
	Text       string
	// Detail is what a person wrote or was sent.
	Detail string
	// Hidden says that there is a detail that this visitor may not read.
	Hidden bool
}

var kindNames = map[string]string{"call": "Call", "text": "Text", "task": "Task", "person": "Person", "decision": "Decision", "stage": "Stage"}

// timeline tells all that happened, the newest first.
func (s *Server) timeline(f *casestore.File, who person) []timelineLine {
	out := make([]timelineLine, 0, 16)
	add := func(at time.Time, kind, text, detail string, hidden bool) {
		out = append(out, timelineLine{at, kind, kindNames[kind], text, detail, hidden})
	}
	add(f.Case.Opened, "call", "The request was begun by telephone.", "", false)
	for _, c := range f.Case.Consents {
		add(c.At, "decision", "Asked about "+plain(c.Kind)+": "+plain(c.Given)+".", "", false)
	}
	if f.Promise != nil {
		for i, x := range explain.Promise(f.Promise, s.Calendar.Zone()) {
			kind := "decision"
			if what := f.Promise.Log[i].What; strings.HasPrefix(what, "called") || what == "ringing_coordinators" || what == "voice_calls" {
				kind = "call"
			}
			add(x.At, kind, x.Text, "", false)
		}
	}
	for _, t := range f.Texts {
		add(t.Created, "text", textWords(t), s.said(t), false)
	}
	for _, t := range f.Tasks {
		add(t.Opened, "task", s.taskView(t, who).Kind+", due "+explain.InWords(t.Due.In(s.Calendar.Zone()), "Monday, January 2, 3:04 PM MST")+".", "", false)
		if t.Outcome != "" && !t.Closed.IsZero() {
			add(t.Closed, "task", s.taskView(t, who).Kind+": "+plain(t.Outcome)+".", "", false)
		}
	}
	for _, e := range f.Entries {
		out = append(out, s.entryLine(e, who))
	}
	slices.SortStableFunc(out, func(a, b timelineLine) int { return b.At.Compare(a.At) })
	return out
}

func textWords(t *casestore.Text) string {
	state := map[casestore.TextState]string{
		casestore.TextPending: "it waits to be sent", casestore.TextSubmitting: "it is being sent", casestore.TextSent: "it was sent", casestore.TextDelivered: "it arrived",
		casestore.TextUndelivered: "it did not arrive", casestore.TextFailed: "it could not be sent", casestore.TextDropped: "it was not sent",
	}[t.State]
	if t.Reason != "" {
		state += " (" + plain(t.Reason) + ")"
	}
	return "A text: " + state + "."
}

// said gives the words of a text.
func (s *Server) said(t *casestore.Text) string {
	if s.Words == nil {
		return ""
	}
	return s.Words(t.Language, t.Prompt, t.Vars)
}

// entryLine is what a person did. A sealed note is read by its author and by who
// oversees.
func (s *Server) entryLine(e casestore.CaseEntry, who person) timelineLine {
	l := timelineLine{At: e.At, Kind: "person", Name: kindNames["person"], Detail: e.Text.Reveal()}
	by := s.name(e.Who)
	switch e.What {
	case casestore.EntryNote:
		l.Text = "A note by " + by + "."
		if e.Sealed {
			l.Text = "A sealed note by " + by + "."
			if e.Who != who.Who && !who.is(Supervisor) {
				l.Detail, l.Hidden = "", true
			}
		}
	case casestore.EntryStage:
		l.Kind, l.Name, l.Text = "stage", kindNames["stage"], "The request came to the stage “"+nameOf(stageNames, e.About)+"”."
	case casestore.EntryReason:
		l.Text = by + " moved it to the stage “" + nameOf(stageNames, e.About) + "”."
	case casestore.EntryAuthority:
		l.Text = by + " established who may speak for the patient."
	case casestore.EntryNumber:
		l.Text = by + " corrected the number to call."
	case casestore.EntryStop:
		l.Text = by + " stopped automated calls and texts."
	case casestore.EntryMoved:
		l.Text = by + " agreed on another time with the patient"
		if unix, err := strconv.ParseInt(e.About, 10, 64); err == nil {
			l.Text += ": " + explain.OnTime(time.Unix(unix, 0), s.Calendar.Zone())
		}
		l.Text += "."
	case casestore.EntryTask:
		kind, outcome, _ := strings.Cut(e.About, " ")
		l.Text = fmt.Sprintf("%s saw to the task “%s”: %s.", by, taskKinds[casestore.TaskKind(kind)], plain(outcome))
	default:
		l.Text = by + ": " + plain(string(e.What)) + "."
	}
	return l
}

func note(who string, what casestore.EntryKind, at time.Time, about string, text private.Text) casestore.CaseEntry {
	return casestore.CaseEntry{At: at, What: what, Who: who, About: about, Text: text}
}
