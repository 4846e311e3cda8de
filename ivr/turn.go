package ivr

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/intake"
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
	// pre is what was read for this turn.
	pre prepared
	// proved says that a request number and a date of birth matched in this turn.
	proved bool
	// task is the one that a coordinator hears of, dutyNow what they just said.
	task    *casestore.Task
	dutyNow string
}

// begin starts a conversation for a call.
func (s *Server) begin(ctx context.Context, who caller, known casestore.Greeting) (*casestore.Conversation, error) {
	drafts := known.Drafts
	t := &turn{s: s, who: who, drafts: drafts, c: &casestore.Conversation{
		Call: who.call, Token: who.token, Line: who.line.Name, Caller: who.number, Started: who.now, Language: s.spokenHere(known.Language),
		Unfinished: intake.Resumable(drafts, who.now, s.store.Keep()),
	}}
	t.c.Home, t.c.ZoneKnown = s.place(who)
	if member, ok := s.member(who.number); ok {
		t.c.Member = member.ID
	}
	start, bound, err := s.crowded(ctx, who, known)
	if err != nil {
		return nil, err
	}
	if bound != "" {
		s.metrics.crowded.WithLabelValues(bound).Inc()
		s.log.Warn("a call is one too many", "call", who.call, "bound", bound)
	}
	t.c.State, t.out = s.book.Start(cmp.Or(start, toGreeting), t.env())
	return t.commit(ctx)
}

// spokenHere gives a language that there are words for: the one asked for, or
// English.
func (s *Server) spokenHere(language string) string {
	if slices.Contains(s.words.Languages(), language) {
		return language
	}
	return english
}

// move takes a conversation one step on.
func (s *Server) move(ctx context.Context, req request, c *casestore.Conversation, drafts []*casestore.Case, in flow.Input) (*casestore.Conversation, error) {
	pre, err := s.prepare(ctx, req, c)
	if err != nil {
		return nil, err
	}
	next := *c
	next.Token = req.who.token
	t := &turn{s: s, who: req.who, c: &next, drafts: drafts, pre: pre}
	digits := c.State.Answers.Get("status_number")
	if tooLong(c, req.who.now) && (in.Kind == flow.Keys || in.Kind == flow.Silence) {
		next.State, t.out = s.book.Enter(c.State, toLong, t.env())
	} else {
		next.State, t.out = s.book.Answer(c.State, in, t.env())
	}
	if req.urgent {
		t.out.Say = append([]flow.Prompt{{ID: either(c.Home, "A-911", "A-911-intl")}}, t.out.Say...)
		next.State.Answers["urgent"] = yes
	}
	moved, err := t.commit(ctx)
	if err == nil {
		t.clear(ctx, digits)
	}
	if err == nil && moved.SignedIn && !c.SignedIn {
		t.signedIn(ctx)
	}
	return moved, err
}

func (t *turn) env() flow.Env {
	return flow.Env{Now: t.who.now.In(t.s.cfg.Zone), Facts: t.s.facts(t.who, t.c.Home, t.c.ZoneKnown), Check: t.check}
}

// check answers what the scripts look up.
func (t *turn) check(question string, answers flow.Answers) flow.Outcome {
	switch question {
	case intake.LookDraft:
		return flow.Outcome(either(t.c.Unfinished, "found", "none"))
	case intake.LookResume:
		return t.match(answers.Get("resume_date"))
	case lookCaller:
		return t.callable(t.who.number)
	case intake.LookCallable:
		for _, name := range []string{"callback_phone", "phone"} {
			if number := answers[name]; !number.Empty() {
				return t.callable(number)
			}
		}
		return t.callable(t.who.number)
	case lookStatus:
		return t.matchStatus(answers)
	case lookTimes:
		return flow.Outcome(either(len(t.times()) > 0, "some", "none"))
	case lookSlot:
		return t.chooseSlot(answers)
	case lookPIN:
		return t.matchPIN(answers)
	case lookDuty:
		return t.duty()
	case lookNext:
		return t.next(answers)
	case lookTake:
		return flow.Outcome(either(t.pre.taken, "taken", "free"))
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
	if draft := intake.Match(t.drafts, date, t.who.now, t.s.store.Keep()); draft != nil {
		t.resumed = draft
		t.change.Deeds = append(t.change.Deeds, casestore.Deed{What: "verify.birth_date", Case: draft.ID, Outcome: "match"})
		return "match"
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
	t.c.Case = t.making().Consents(t.c.Case, t.out.Saved, t.c.State.Answers, &t.change)
	for _, saved := range t.out.Saved {
		if value := t.c.State.Answers.Get(saved.Name); recordingSID.MatchString(value) {
			t.change.Recordings = append(t.change.Recordings, value)
		}
	}
	if err := t.carryOut(ctx); err != nil {
		return nil, err
	}
	t.keepDraft()
	t.openTransfer()
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
	t.c.State, t.out = t.s.book.Enter(state, intake.GoOn(draft.At, "voice", t.s.book), t.env())
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

// making is what the intake needs to know of this call.
func (t *turn) making() intake.Making {
	return intake.Making{How: "call", Ref: t.who.call, Line: t.who.line.Name, Language: t.c.Language, Caller: t.who.number, Now: t.who.now, Version: t.s.words.Version}
}

// theCase gives the request that this call is making, and begins it.
func (t *turn) theCase() *casestore.Case {
	t.c.Case = t.making().Case(t.c.Case)
	return t.c.Case
}

// keepDraft keeps an unfinished request after every answer, from the date of
// birth on: what comes before it is not personal.
func (t *turn) keepDraft() {
	answers := t.c.State.Answers
	told := intake.Told(answers)
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
	at := ""
	if t.c.State.Script() == "intake" && t.s.book.Waits(t.c.State.At) {
		at = t.c.State.At
	}
	t.c.Case = t.making().Draft(t.c.Case, answers, at, &t.change)
}

// carryOut does what the reached steps ask for.
func (t *turn) carryOut(ctx context.Context) error {
	for _, name := range t.out.Effects {
		switch name {
		case intake.DoFinish:
			if err := t.finish(ctx); err != nil {
				return err
			}
		case doCallBack:
			t.owe(casestore.TaskCallBack, t.callBackPhone(), "")
		case doMissed:
			t.owe(casestore.TaskMissed, t.who.number, "")
		case doOften:
			t.change.Often = t.owe(casestore.TaskMissed, t.who.number, "").ID
		case doMessage:
			t.owe(casestore.TaskMessage, t.callBackPhone(), t.c.State.Answers.Get("message"))
		case doCallSoon:
			t.callSoon()
		case doChoose:
			t.choose()
		case doOptOut:
			if err := t.optOut(); err != nil {
				return err
			}
		case intake.DoAskEmail:
			t.change.Effects = append(t.change.Effects, casestore.Effect{Kind: EffectAskEmail, Data: t.who.call})
		case intake.DoTextVisit:
			t.change.Effects = append(t.change.Effects, casestore.Effect{Kind: EffectVisit, Data: t.who.call})
		case intake.DoBlankBirthDate:
			intake.Blank(t.c.State.Answers)
		case intake.DoStopAge, intake.DoStopState, intake.DoStopHospital, intake.DoStopConsent:
			t.turnAway(name)
		case doDutyOn, doDutyOff:
			if err := t.setDuty(ctx, strings.TrimPrefix(name, "duty_")); err != nil {
				return err
			}
		default:
			if err := t.carryOutNamed(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// carryOutNamed does the effects that carry a word of their own.
func (t *turn) carryOutNamed(ctx context.Context, name string) error {
	if language, ok := strings.CutPrefix(name, doSpeak); ok {
		t.c.Language = language
		if !t.who.number.Empty() {
			t.change.Contact.Language = language
		}
		return nil
	}
	if outcome, ok := strings.CutPrefix(name, doSettle); ok {
		return t.settle(ctx, outcome)
	}
	panic("ivr: nobody carries out " + name)
}

// turnAway forgets a person whom a stop rule turns away; a count remains.
func (t *turn) turnAway(reason string) {
	rule := t.making().TurnAway(t.c.Case, reason, &t.change)
	t.c.Case, t.c.State.Answers = nil, nil
	t.s.metrics.stops.WithLabelValues(rule).Inc()
}

// finish makes a request of what was told.
func (t *turn) finish(ctx context.Context) error {
	number, err := t.s.store.TakeNumber(ctx)
	if err != nil {
		return fmt.Errorf("ivr: finish the intake: %w", err)
	}
	answers := t.c.State.Answers
	phone := t.making().Phone(answers)
	callBy := t.s.due(t.who.now, t.s.cfg.FirstCall, t.s.zonesOf(answers, phone))
	t.c.Case = t.making().Finish(t.c.Case, answers, number, callBy, &t.change)
	task := t.owe(intake.FirstTask(answers), phone, "")
	task.Due = callBy
	task.Ring = t.s.RingAt(task)
	t.c.State.Answers = nil
	t.s.metrics.intakes.Inc()
	return nil
}

// owe opens a task for a person to call.
func (t *turn) owe(kind casestore.TaskKind, phone private.Text, recording string) *casestore.Task {
	task := &casestore.Task{
		ID: casestore.NewTaskID(), Kind: kind, Due: t.s.due(t.who.now, t.s.cfg.CallBack, t.s.zonesOf(nil, phone)), Phone: phone, Recording: recording,
		Call: t.who.call, Opened: t.who.now, Language: t.wanted(), Owner: t.c.Coordinator, Case: t.c.Named,
	}
	if t.c.Case != nil {
		task.Case = t.c.Case.ID
	}
	if at, err := time.Parse(time.RFC3339, t.c.State.Answers.Get("slot_at")); err == nil && kind == casestore.TaskCallBack {
		task.Due, task.About = at, true
	}
	task.Ring = t.s.RingAt(task)
	t.change.Tasks = append(t.change.Tasks, task)
	t.s.metrics.tasks.WithLabelValues(string(kind)).Inc()
	return task
}

// wanted is the language in which a person should speak with the caller; empty
// for English, "other" for one that there are no words for.
func (t *turn) wanted() string {
	switch {
	case !t.c.State.Answers["interpreter"].Empty():
		return "other"
	case t.c.Language == english:
		return ""
	}
	return t.c.Language
}

func (t *turn) callBackPhone() private.Text {
	if typed := t.c.State.Answers["callback_phone"]; !typed.Empty() {
		return typed
	}
	return t.who.number
}

// optOut records key 9, and takes back what this call had allowed.
func (t *turn) optOut() error {
	if err := t.s.journalStop(t.who.id, "key_9", t.who.call); err != nil {
		return err
	}
	t.change.OptOut = &casestore.OptOut{At: t.who.now, How: "key_9", Call: t.who.call}
	if t.c.Case == nil {
		return nil
	}
	for _, kind := range []string{"calls", "texts"} {
		t.theCase().SetConsent(casestore.Consent{Kind: kind, Given: "no", Prompt: "A9", Version: t.s.words.Version(t.c.Language, "A9"),
			Key: "1", Call: t.who.call, Line: t.who.line.Name, At: t.who.now})
	}
	return nil
}
