package sms

import (
	"maps"
	"strings"
	"time"

	"secondline/casestore"
	"secondline/internal/flow"
	"secondline/internal/intake"
	"secondline/internal/private"
)

const (
	// intakePerHour and intakePerDay are how many messages of one number are answered
	// while an intake is under way: a whole one takes nineteen.
	intakePerHour = 60
	intakePerDay  = 120
	// readingTime is how long it takes at least to read a question. What comes sooner
	// was written before it was read, and must not answer it: least of all a consent.
	readingTime = 2 * time.Second
	// resumeTries is how many dates of birth are read before a person is asked.
	resumeTries = 3
)

// asking says whether an intake is under way.
func (m *message) asking() bool { return m.t.State.At != "" }

// lapse forgets an intake that was left alone for too long, whose request is no
// longer there, or that can ask nothing, because texts were stopped in a call.
func (m *message) lapse() {
	if !m.asking() {
		return
	}
	m.lapsed = m.now.After(m.t.IntakeUntil)
	m.closed = !m.lapsed && (m.elsewhere || m.kept() && m.unfinished() == nil)
	if m.lapsed || m.closed || !m.mayAsk() {
		m.forget()
	}
}

// kept says whether what was told stands in an unfinished request.
func (m *message) kept() bool { return m.t.Draft != nil && !m.t.Draft.Updated.IsZero() }

// unfinished gives that request; nil when it was finished, or stopped, in a call.
func (m *message) unfinished() *casestore.Case {
	for _, draft := range m.known.Drafts {
		if draft.ID == m.t.Draft.ID {
			return draft
		}
	}
	return nil
}

// mayAsk says whether a question would reach who is to answer it.
func (m *message) mayAsk() bool {
	return m.contact.May(casestore.ByText, true) == casestore.OK && m.s.Config.Destination(m.number.Reveal()).refuses(true) == ""
}

func (m *message) forget() { m.t.State, m.t.Draft, m.t.IntakeUntil = flow.State{}, nil, time.Time{} }

// takeBack ends an intake at an opt-out, and takes back what it had allowed.
// What was told is kept: it can be gone on with by telephone.
func (m *message) takeBack() {
	if m.asking() && m.kept() {
		m.takeOver()
		making := m.making()
		c := making.Case(m.t.Draft)
		for _, kind := range []string{"calls", "texts"} {
			c.SetConsent(casestore.Consent{Kind: kind, Given: "no", Key: "STOP", Call: making.Ref, Line: making.Line, At: m.now})
		}
		making.Draft(c, m.t.State.Answers, "", &m.change.Change)
	}
	m.forget()
}

// begin begins an intake, or asks again what one that is under way asks. Who may
// not be texted cannot be asked anything: a person reads it.
func (m *message) begin() error {
	if !m.mayAsk() {
		m.toRead()
		return nil
	}
	if m.asking() {
		m.takeOver()
		return m.keep(m.s.book.Enter(m.t.State, m.t.State.At, m.env()))
	}
	if l := languageOf(m.form.Body.Reveal()); l != "" && l != m.t.Language && m.s.language(l) == l {
		m.t.Language, m.change.Contact.Language = l, l
	}
	m.t.ResumeTries = 0
	return m.keep(m.s.book.Start(intake.ToStart, m.env()))
}

// answerIntake takes a message for the answer to the question that was asked.
func (m *message) answerIntake() error {
	if m.now.Sub(m.t.AskedAt) < readingTime {
		return nil // the question is on its way
	}
	at := m.t.State.At
	m.takeOver()
	if m.t.State.At != at {
		return m.keep(m.s.book.Enter(m.t.State, m.t.State.At, m.env()))
	}
	return m.keep(m.s.book.Answer(m.t.State, flow.Input{Kind: flow.Typed, Text: m.form.Body}, m.env()))
}

// takeOver reads what was told so far from the unfinished request. Where a call has
// gone on with it meanwhile, so does the exchange.
func (m *message) takeOver() {
	if !m.kept() {
		return
	}
	draft := *m.unfinished()
	if !draft.Updated.Equal(m.t.Draft.Updated) {
		m.t.State = flow.State{At: intake.GoOn(draft.At, "text", m.s.book)}
	}
	m.t.State.Answers = maps.Clone(draft.Answers)
	draft.Answers = nil
	m.t.Draft = &draft
}

func (m *message) env() flow.Env {
	home := m.s.Config.Home(m.number.Reveal())
	return flow.Env{Now: m.now.In(m.s.Config.Zone), Check: m.look, Facts: map[string]string{
		flow.Channel: "text", intake.FactCaller: "known", intake.FactOrigin: either(home, "domestic", "abroad"), intake.FactTexts: either(home, "yes", "no"),
	}}
}

func either(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// look answers what the table looks up.
func (m *message) look(question string, answers flow.Answers) flow.Outcome {
	keep := m.s.Store.Keep()
	switch question {
	case intake.LookDraft:
		return flow.Outcome(either(!m.known.Locked && intake.Resumable(m.known.Drafts, m.now, keep), "found", "none"))
	case intake.LookCallable:
		return flow.Outcome(either(m.s.Config.Callable(m.making().Phone(answers).Reveal()), "yes", "no"))
	case intake.LookResume:
		if !m.known.Locked {
			m.resumed = intake.Match(m.known.Drafts, answers.Get("resume_date"), m.now, keep)
		}
		if m.resumed != nil {
			m.change.Deeds = append(m.change.Deeds, casestore.Deed{What: "verify.birth_date", Case: m.resumed.ID, Outcome: "match"})
			return "match"
		}
		m.change.Guessed = true
		m.t.ResumeTries++
		return flow.Outcome(either(m.known.Locked || m.t.ResumeTries >= resumeTries, "enough", "again"))
	}
	panic("sms: nobody looks up " + question)
}

func (m *message) making() intake.Making {
	return intake.Making{How: "text", Ref: m.form.MessageSID, Line: "tollfree", Language: m.t.Language, Caller: m.number, Now: m.now, Version: m.s.Words.Version}
}

// keep carries out what the reached steps ask for, writes the texts, and keeps
// where the exchange stands.
func (m *message) keep(state flow.State, out flow.Turn) error {
	if out.End == flow.Resume {
		state, out = m.takeUp(state, out)
	}
	making := m.making()
	m.t.Draft = making.Consents(m.t.Draft, out.Saved, state.Answers, &m.change.Change)
	vars := map[string]private.Text{"VISIT": private.Of(m.s.Config.InPerson)}
	over := out.End != flow.Open
	for _, effect := range out.Effects {
		ends, err := m.carryOut(effect, &state, vars)
		if err != nil {
			return err
		}
		over = over || ends
	}
	if out.Await.Kind == flow.AwaitConnect {
		// A person will help; the question may still be answered.
		m.toRead()
		state.At, state.Phase, state.Tries = state.From, flow.PhaseAsk, 0
		over = state.At == ""
	}
	c := m.t.Draft
	m.ask(out.Say, state.Answers, vars)
	if c != nil && c.Stage == casestore.StageRequested {
		m.finished(c)
	}
	if over {
		m.forget()
		return nil
	}
	if intake.Told(state.Answers) {
		m.t.Draft = making.Draft(m.t.Draft, state.Answers, state.At, &m.change.Change)
		state.Answers = nil
	}
	m.t.State, m.t.IntakeUntil, m.t.AskedAt = state, m.now.Add(m.s.Store.Keep()), m.now
	return nil
}

// takeUp goes on with the unfinished request that the date of birth has opened.
func (m *message) takeUp(state flow.State, out flow.Turn) (flow.State, flow.Turn) {
	draft := *m.resumed
	state.Answers = maps.Clone(draft.Answers)
	draft.Answers = nil
	m.t.Draft = &draft
	next, then := m.s.book.Enter(state, intake.GoOn(draft.At, "text", m.s.book), m.env())
	then.Say = append(out.Say, then.Say...)
	return next, then
}

// carryOut does what a step asks for; vars takes what is said of it. It says
// whether the intake is over.
func (m *message) carryOut(effect string, state *flow.State, vars map[string]private.Text) (over bool, err error) {
	switch effect {
	case intake.DoFinish:
		return true, m.finish(state, vars)
	case intake.DoBlankBirthDate:
		intake.Blank(state.Answers)
		return false, nil
	case intake.DoStopAge, intake.DoStopState, intake.DoStopHospital, intake.DoStopConsent:
		rule := m.making().TurnAway(m.t.Draft, effect, &m.change.Change)
		m.s.Metrics.intakes.WithLabelValues("stopped_" + rule).Inc()
		state.Answers = nil
		return true, nil
	case doCall:
		task := m.task(casestore.TaskCallBack, m.s.Config.CallBack)
		task.Note = private.Text{}
		vars["WHEN"] = private.Of(m.s.spoken(task.Due))
		return true, nil
	}
	panic("sms: nobody carries out " + effect)
}

// finish makes a request of what was told, as the telephone does.
func (m *message) finish(state *flow.State, vars map[string]private.Text) error {
	making, answers := m.making(), state.Answers
	if m.request.Reveal() == "" {
		number, err := m.s.Store.TakeNumber(m.ctx)
		if err != nil {
			return err
		}
		m.request = number
	}
	delete(answers, "resume_date")
	callBy := intake.Due(m.s.Calendar, m.now, m.s.Config.FirstCall, m.s.Config.Places.Zones(answers, making.Phone(answers)))
	c := making.Finish(m.t.Draft, answers, m.request, callBy, &m.change.Change)
	task := making.FirstCall(c, answers)
	if m.t.Language != "en" {
		task.Language = m.t.Language
	}
	task.Ring = m.s.RingAt(task)
	m.change.Tasks = append(m.change.Tasks, task)
	m.s.Metrics.tasks.WithLabelValues(string(task.Kind)).Inc()
	m.s.Metrics.intakes.WithLabelValues("finished").Inc()
	m.t.Draft, state.Answers = c, nil
	vars["REQ"], vars["WHEN"] = private.Of(c.Number.Reveal()), private.Of(m.s.spoken(callBy))
	return nil
}

// finished ends an intake: what it has texted is not texted again, and who has
// agreed to updates is told what to expect, now.
func (m *message) finished(c *casestore.Case) {
	m.t.Case, m.t.CasePlace = c.ID, m.id.Partition()
	for _, t := range m.change.Texts {
		if strings.HasPrefix(t.Prompt, "Q-D15") && t.Vars["REQ"] != (private.Text{}) {
			t.ID = updateID(c, "S-req")
		}
	}
	if c.MayText() {
		m.reply("S-welcome")
		m.change.Texts[len(m.change.Texts)-1].ID = updateID(c, "S-welcome")
	}
}

// asks says whether a text is part of an intake.
func asks(t *casestore.Text) bool {
	return t.Kind == casestore.TextReply && (strings.HasPrefix(t.Prompt, "Q-") || strings.HasPrefix(t.Prompt, "S-begin"))
}

// ask texts what was said: as few texts as hold it, a segment each.
func (m *message) ask(say []flow.Prompt, answers flow.Answers, vars map[string]private.Text) {
	var last *casestore.Text
	for _, p := range say {
		own := map[string]private.Text{}
		for _, name := range m.s.Words.Vars(p.ID) {
			if value, ok := m.valueOf(name, p, answers, vars); ok {
				own[name] = value
			}
		}
		if last != nil {
			joined := *last
			joined.Prompt += " " + p.ID
			joined.Vars = maps.Clone(last.Vars)
			maps.Copy(joined.Vars, own)
			if _, err := m.s.body(&joined); err == nil {
				*last = joined
				continue
			}
		}
		m.replyWith(p.ID, own)
		last = m.change.Texts[len(m.change.Texts)-1]
	}
}

// valueOf gives what a question says of an answer.
func (m *message) valueOf(name string, p flow.Prompt, answers flow.Answers, vars map[string]private.Text) (private.Text, bool) {
	if value, ok := p.Vars[name]; ok {
		if name == "MASK" {
			return private.Of(mask(value.Reveal())), true
		}
		return value, true
	}
	if value, ok := vars[name]; ok {
		return value, true
	}
	if name == "DATE" {
		return answers["birth_unsure"], true
	}
	return private.Text{}, false
}
