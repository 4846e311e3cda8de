package ivr

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/private"
)

// resumeTries is how many dates of birth are heard in one call before a person
// is found.
const resumeTries = 3

// turn is one step of one call in the making.
type turn struct {
	s      *Server
	who    caller
	c      *casestore.Conversation
	drafts []*casestore.Case
	// resumed is the unfinished request that the date of birth opened.
	resumed *casestore.Case
	change  casestore.Change
	out     flow.Turn
}

// begin starts a conversation for a call.
func (s *Server) begin(ctx context.Context, who caller, drafts []*casestore.Case) (*casestore.Conversation, error) {
	t := &turn{s: s, who: who, drafts: drafts, c: &casestore.Conversation{
		Call: who.call, Token: who.token, Line: who.line.Name, Caller: who.number, Started: who.now,
		Unfinished: slices.ContainsFunc(drafts, func(c *casestore.Case) bool { return c.Resumable(who.now, s.store.Keep()) }),
	}}
	for _, draft := range drafts {
		if who.now.Sub(draft.Updated) >= s.store.Keep() {
			t.change.DropDrafts = append(t.change.DropDrafts, draft.ID)
		}
	}
	t.c.Home, t.c.ZoneKnown = s.place(who)
	t.c.State, t.out = s.book.Start(toGreeting, t.env())
	return t.commit(ctx)
}

// move takes a conversation one step on.
func (s *Server) move(ctx context.Context, who caller, c *casestore.Conversation, drafts []*casestore.Case, in flow.Input) (*casestore.Conversation, error) {
	next := *c
	next.Token = who.token
	t := &turn{s: s, who: who, c: &next, drafts: drafts}
	next.State, t.out = s.book.Answer(c.State, in, t.env())
	return t.commit(ctx)
}

func (t *turn) env() flow.Env {
	return flow.Env{Now: t.who.now.In(t.s.cfg.Zone), Facts: t.s.facts(t.who, t.c.Home, t.c.ZoneKnown), Check: t.check}
}

// check answers what the scripts look up.
func (t *turn) check(question string, answers flow.Answers) flow.Outcome {
	switch question {
	case lookDraft:
		return flow.Outcome(either(t.c.Unfinished, "found", "none"))
	case lookResume:
		return t.match(answers.Get("resume_date"))
	case lookCaller:
		return t.callable(t.who.number)
	case lookCallable:
		for _, name := range []string{"callback_phone", "phone"} {
			if number := answers[name]; !number.Empty() {
				return t.callable(number)
			}
		}
		return t.callable(t.who.number)
	}
	panic("ivr: nobody looks up " + question)
}

// callable says whether we call a number. One that is withheld is told to a
// person, who will see.
func (t *turn) callable(number private.Text) flow.Outcome {
	return flow.Outcome(either(number.Empty() || t.s.cfg.Callable(number.Reveal()), "yes", "no"))
}

// match looks for an unfinished request with this date of birth. One that does
// not match is counted against the number that calls.
func (t *turn) match(date string) flow.Outcome {
	open := slices.DeleteFunc(slices.Clone(t.drafts), func(c *casestore.Case) bool { return !c.Resumable(t.who.now, t.s.store.Keep()) })
	for _, draft := range open {
		if draft.Answers.Get("birth_date") == date {
			t.resumed = draft
			return "match"
		}
	}
	t.change.Guessed = true
	t.c.ResumeTries++
	if t.c.ResumeTries >= resumeTries {
		t.c.Unfinished = false
		return "enough"
	}
	return "again"
}

// commit carries out what the reached steps ask for, fills in what is said and
// writes everything at once.
func (t *turn) commit(ctx context.Context) (*casestore.Conversation, error) {
	if t.out.End == flow.Resume {
		t.takeUp()
	}
	t.keepConsents()
	if err := t.carryOut(ctx); err != nil {
		return nil, err
	}
	t.keepDraft()
	if err := t.s.fill(t); err != nil {
		return nil, err
	}
	t.c.Turn = flow.Turn{Say: t.out.Say, Await: t.out.Await, End: t.out.End}
	err := t.s.store.Commit(ctx, t.who.id, t.c, t.change)
	if errors.Is(err, casestore.ErrFinished) {
		return t.finishedElsewhere(ctx)
	}
	if err != nil {
		return nil, err
	}
	return t.c, nil
}

// takeUp goes on with the unfinished request at the step where it stopped.
func (t *turn) takeUp() {
	said := t.out.Say
	draft := *t.resumed
	state := t.c.State
	state.Answers = maps.Clone(draft.Answers)
	at := draft.At
	if !t.s.book.Waits(at) {
		at = "intake.number"
	}
	t.c.State, t.out = t.s.book.Enter(state, at, t.env())
	t.out.Say = append(said, t.out.Say...)
	draft.Answers = nil
	t.c.Case = &draft
	t.c.Unfinished = false
}

// finishedElsewhere is for the second of two calls that make one request.
func (t *turn) finishedElsewhere(ctx context.Context) (*casestore.Conversation, error) {
	t.c.Case, t.c.State.Answers, t.change = nil, nil, casestore.Change{}
	t.c.State, t.out = t.s.book.Enter(t.c.State, toStuck, t.env())
	return t.commit(ctx)
}

// consents maps the steps that ask for a permission to its kind.
var consents = map[string]string{
	"consent_calls": "calls", "consent_texts": "texts", "consent_voicemail": "voicemail", "processing": "processing",
}

// keepConsents records each permission with what it takes to show that it was
// given. They stand in the conversation's case from the first one on.
func (t *turn) keepConsents() {
	for _, saved := range t.out.Saved {
		kind := consents[saved.Name]
		if kind == "" {
			continue
		}
		t.theCase().SetConsent(casestore.Consent{
			Kind: kind, Given: string(saved.Outcome), Prompt: saved.Prompt, Version: t.s.words.Version(language, saved.Prompt),
			Key: saved.Key, Call: t.who.call, Line: t.who.line.Name, At: t.who.now,
			Unproven: kind != "processing" && !t.c.State.Answers["phone"].Empty(),
		})
	}
}

// theCase gives the request that this call is making, and begins it.
func (t *turn) theCase() *casestore.Case {
	if t.c.Case == nil {
		t.c.Case = &casestore.Case{
			ID: casestore.NewCaseID(), Stage: casestore.StageStarted, Line: t.who.line.Name, Language: language,
			Opened: t.who.now, Caller: t.who.number,
		}
	} else {
		// The conversation read is shared with whoever asks for a repeat.
		copied := *t.c.Case
		copied.Consents = slices.Clone(copied.Consents)
		t.c.Case = &copied
	}
	return t.c.Case
}

// keepDraft keeps an unfinished request after every answer, from the date of
// birth on: what comes before it is not personal.
func (t *turn) keepDraft() {
	answers := t.c.State.Answers
	told := !answers["birth_date"].Empty() || !answers["birth_blank"].Empty()
	finished := t.c.Case != nil && t.c.Case.Stage != casestore.StageStarted
	// Nobody could take up what a withheld number began: it lasts as long as
	// the call.
	if !told || finished || t.who.number.Empty() {
		return
	}
	moved := t.c.Case == nil || (t.c.State.Script() == "intake" && t.c.Case.At != t.c.State.At)
	if len(t.out.Saved) == 0 && !moved && t.change.OptOut == nil {
		return
	}
	// The date that was tried to take up another request is not this one's.
	delete(answers, "resume_date")
	c := t.theCase()
	c.Updated = t.who.now
	if t.c.State.Script() == "intake" && t.s.book.Waits(t.c.State.At) {
		c.At = t.c.State.At
	}
	draft := *c
	draft.Answers = answers
	t.change.Drafts = append(t.change.Drafts, &draft)
	t.change.Guard = c.ID
}

// carryOut does what the reached steps ask for.
func (t *turn) carryOut(ctx context.Context) error {
	for _, name := range t.out.Effects {
		switch name {
		case doFinish:
			if err := t.finish(ctx); err != nil {
				return err
			}
		case doCallBack:
			t.owe(casestore.TaskCallBack, t.callBackPhone(), "")
		case doMissed:
			t.owe(casestore.TaskMissed, t.who.number, "")
		case doMessage:
			t.owe(casestore.TaskMessage, t.callBackPhone(), t.c.State.Answers.Get("message"))
		case doOptOut:
			t.optOut()
		case doBlankBirthDate:
			delete(t.c.State.Answers, "birth_date")
			t.c.State.Answers["birth_blank"] = private.Of("yes")
		case doStopAge, doStopState, doStopHospital, doStopConsent:
			t.turnAway(name)
		default:
			panic("ivr: nobody carries out " + name)
		}
	}
	return nil
}

// turnAway forgets a person whom a stop rule turns away; a count remains.
func (t *turn) turnAway(reason string) {
	t.change.Stop = reason[len("stop_"):]
	if t.c.Case != nil {
		t.change.DropDrafts = append(t.change.DropDrafts, t.c.Case.ID)
	}
	t.c.Case, t.c.State.Answers = nil, nil
	t.s.metrics.stops.WithLabelValues(t.change.Stop).Inc()
}

// finish makes a request of what was told.
func (t *turn) finish(ctx context.Context) error {
	number, err := t.s.store.TakeNumber(ctx)
	if err != nil {
		return fmt.Errorf("ivr: finish the intake: %w", err)
	}
	c := t.theCase()
	c.Stage, c.Number, c.Updated, c.At = casestore.StageRequested, number, t.who.now, ""
	c.CallBy = t.s.due(t.who.now, t.s.cfg.FirstCall)
	finished := *c
	finished.Answers = t.c.State.Answers
	t.change.Finished, t.change.Guard = &finished, c.ID
	task := t.owe(casestore.TaskFirstCall, finished.Phone(), "")
	task.Due = c.CallBy
	t.c.State.Answers = nil
	t.s.metrics.intakes.Inc()
	return nil
}

// owe opens a task for a person to call.
func (t *turn) owe(kind casestore.TaskKind, phone private.Text, recording string) *casestore.Task {
	task := &casestore.Task{
		ID: casestore.NewTaskID(), Kind: kind, Due: t.s.due(t.who.now, t.s.cfg.CallBack), Phone: phone, Recording: recording,
		Call: t.who.call, Opened: t.who.now,
	}
	if t.c.Case != nil {
		task.Case = t.c.Case.ID
	}
	t.change.Tasks = append(t.change.Tasks, task)
	t.s.metrics.tasks.WithLabelValues(string(kind)).Inc()
	return task
}

func (t *turn) callBackPhone() private.Text {
	if typed := t.c.State.Answers["callback_phone"]; !typed.Empty() {
		return typed
	}
	return t.who.number
}

// optOut records key 9, and takes back what this call had allowed.
func (t *turn) optOut() {
	t.change.OptOut = &casestore.OptOut{At: t.who.now, How: "key_9", Call: t.who.call}
	if t.c.Case == nil {
		return
	}
	for _, kind := range []string{"calls", "texts"} {
		t.theCase().SetConsent(casestore.Consent{Kind: kind, Given: "no", Prompt: "A9", Version: t.s.words.Version(language, "A9"),
			Key: "1", Call: t.who.call, Line: t.who.line.Name, At: t.who.now})
	}
}

// due gives the time by which something promised now is done: so much open time
// later, rounded up to the half hour, as it is spoken.
func (s *Server) due(now time.Time, open time.Duration) time.Time {
	due := s.calendar.AddOpen(now, open)
	if up := due.Truncate(30 * time.Minute); !up.Equal(due) {
		due = up.Add(30 * time.Minute)
	}
	return due
}
