package intake

import (
	"slices"
	"time"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/private"
)

// EffectFinished tells that an intake is complete. Its data is the case's ID.
const EffectFinished casestore.EffectKind = "intake_finished"

// Making is one step of a request in the making, by call or by text. Its methods
// change no case that they are given: they return the one to go on with.
type Making struct {
	// How is "call" or "text", Ref the SID of the call or the message.
	How, Ref string
	// Line is the line called, Language a tag of the wording.
	Line, Language string
	// Caller is the number that calls or texts, in E.164; empty where it was withheld.
	Caller private.Text
	Now    time.Time
	// Version names the wording of a prompt.
	Version func(language, prompt string) string
}

// consents maps the steps that ask for a permission to its kind.
var consents = map[string]string{
	"consent_calls": "calls", "consent_texts": "texts", "consent_voicemail": "voicemail", "processing": "processing",
}

// Case gives the request to write into: a copy of c, or a new one for nil.
func (m Making) Case(c *casestore.Case) *casestore.Case {
	if c == nil {
		return &casestore.Case{
			ID: casestore.NewCaseID(), Stage: casestore.StageStarted, Line: m.Line, Language: m.Language, Opened: m.Now, Caller: m.Caller,
		}
	}
	// What was read is shared with whoever asks for a repeat.
	copied := *c
	copied.Consents = slices.Clone(copied.Consents)
	return &copied
}

// Consents records each permission among what was saved with what it takes to show
// that it was given, in the case and with the number that gave it.
func (m Making) Consents(c *casestore.Case, saved []flow.Saved, answers flow.Answers, change *casestore.Change) *casestore.Case {
	for _, s := range saved {
		kind := consents[s.Name]
		if kind == "" {
			continue
		}
		c = m.Case(c)
		typed := !answers["phone"].Empty()
		c.SetConsent(casestore.Consent{
			Kind: kind, Given: string(s.Outcome), Prompt: s.Prompt, Version: m.Version(m.Language, s.Prompt),
			Key: s.Key, Call: m.Ref, Line: m.Line, At: m.Now, Unproven: kind != "processing" && typed,
		})
		if !typed {
			m.Permit(casestore.Channel(kind), s, change)
		}
	}
	return c
}

// Permit keeps a consent with the number that gave it: it says there, for every
// way out, what a machine may do. A number that was typed has agreed to nothing
// yet.
func (m Making) Permit(by casestore.Channel, s flow.Saved, change *casestore.Change) {
	if (by != casestore.ByText && by != casestore.ByAutomatedCall) || m.Caller.Empty() {
		return
	}
	if change.Contact.Permissions == nil {
		change.Contact.Permissions = map[casestore.Channel]casestore.Permission{}
	}
	change.Contact.Permissions[by] = casestore.Permission{Given: s.Outcome == "yes", At: m.Now, How: m.How, Ref: m.Ref,
		Prompt: s.Prompt, Version: m.Version(m.Language, s.Prompt), Key: s.Key}
}

// Told says whether something personal was answered: what comes before the date of
// birth is not.
func Told(answers flow.Answers) bool {
	return !answers["birth_date"].Empty() || !answers["birth_blank"].Empty()
}

// Writes says whether the person said that they cannot talk on the telephone: they
// are written to.
func Writes(answers flow.Answers) bool { return answers.Get("can_talk") == "write" }

// FirstTask is what a finished intake promises: a call, or something written.
func FirstTask(answers flow.Answers) casestore.TaskKind {
	if Writes(answers) {
		return casestore.TaskWrite
	}
	return casestore.TaskFirstCall
}

// Draft keeps the unfinished request with all its answers; at is the step that it
// goes on with, empty to leave that as it is.
func (m Making) Draft(c *casestore.Case, answers flow.Answers, at string, change *casestore.Change) *casestore.Case {
	// The date that was tried to take up another request is not this one's.
	delete(answers, "resume_date")
	c = m.Case(c)
	last := c.Updated
	c.Updated = m.Now
	if at != "" {
		c.At = at
	}
	draft := *c
	draft.Answers = answers
	change.Drafts = append(change.Drafts, casestore.Draft{Case: &draft, Last: last})
	change.Guard = c.ID
	return c
}

// TurnAway forgets a person whom a stop rule turns away; a count remains. It gives
// the name of the rule.
func (m Making) TurnAway(c *casestore.Case, effect string, change *casestore.Change) (rule string) {
	change.Stop = effect[len("stop_"):]
	if c != nil {
		change.DropDrafts = append(change.DropDrafts, c.ID)
	}
	return change.Stop
}

// Blank leaves the date of birth to a coordinator.
func Blank(answers flow.Answers) {
	delete(answers, "birth_date")
	answers["birth_blank"] = private.Of("yes")
}

// Finish makes a request of what was told, by which a coordinator has called at
// callBy.
func (m Making) Finish(c *casestore.Case, answers flow.Answers, number casestore.RequestNumber, callBy time.Time, change *casestore.Change) *casestore.Case {
	c = m.Case(c)
	c.Stage, c.Number, c.Updated, c.At, c.CallBy = casestore.StageRequested, number, m.Now, "", callBy
	finished := *c
	finished.Answers = answers
	change.Finished, change.Guard = &finished, c.ID
	change.Effects = append(change.Effects, casestore.Effect{Kind: EffectFinished, Data: string(c.ID)})
	return c
}

// Phone is the number to call: the one that was told, else the one that calls or
// texts.
func (m Making) Phone(answers flow.Answers) private.Text {
	if told := answers["phone"]; !told.Empty() {
		return told
	}
	return m.Caller
}

// FirstCall is the task of what a finished intake promises.
func (m Making) FirstCall(c *casestore.Case, answers flow.Answers) *casestore.Task {
	return &casestore.Task{ID: casestore.NewTaskID(), Kind: FirstTask(answers), Due: c.CallBy, Phone: m.Phone(answers), Case: c.ID, Call: m.Ref, Opened: m.Now}
}

// Match finds the unfinished request with a date of birth, among those that can
// still be taken up; nil where there is none.
func Match(drafts []*casestore.Case, date string, now time.Time, keep time.Duration) *casestore.Case {
	for _, draft := range drafts {
		if draft.Resumable(now, keep) && draft.Answers.Get("birth_date") == date {
			return draft
		}
	}
	return nil
}

// Resumable says whether one of the unfinished requests can be taken up.
func Resumable(drafts []*casestore.Case, now time.Time, keep time.Duration) bool {
	return slices.ContainsFunc(drafts, func(c *casestore.Case) bool { return c.Resumable(now, keep) })
}
