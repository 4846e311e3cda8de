package flow

import (
	"fmt"
	"strings"

	"secondline/internal/private"
)

// follow goes where an outcome leads.
func (r *run) follow(step *Step, outcome Outcome) {
	target, ok := step.Goto[outcome]
	if !ok {
		target, ok = step.Goto[OK]
	}
	if !ok {
		target = r.book.ways.Person
	}
	r.enter(target)
}

// enter reaches a step, says it, and goes on through every step that waits for
// nothing.
func (r *run) enter(target string) {
	at := r.qualify(target)
	step := r.book.steps[at]
	if step == nil || r.chain > maxChain {
		panic(fmt.Sprintf("flow: no way on from %q to %q; Check finds this", r.state.At, target))
	}
	r.chain++
	r.state.At, r.state.Phase, r.state.Pending = at, PhaseAsk, private.Text{}
	r.state.Tries, r.state.Repeats = 0, 0
	r.turn.Await = Await{}
	if target != Return {
		r.turn.Effects = append(r.turn.Effects, step.Do...)
	}
	r.sayAll(step.Lead)
	if decide, ok := step.Ask.(Decide); ok {
		r.follow(step, decide.By(r.state.Answers, r.env))
		return
	}
	r.speak(step)
	switch {
	case step.End != Open:
		r.turn.End = step.End
	case step.waits(r.env.Facts[Channel]):
		r.await(step)
	default:
		r.follow(step, OK)
	}
}

// qualify gives the full ID of a target.
func (r *run) qualify(target string) string {
	switch {
	case target == Return && r.book.steps[r.state.From] != nil:
		return r.state.From
	case target == Return:
		return r.book.ways.Starts[0]
	case strings.Contains(target, "."):
		return target
	}
	return r.state.Script() + "." + target
}

// ask says the step again, in the phase it is in, and waits.
func (r *run) ask(step *Step) {
	if r.state.Phase == PhasePaused {
		r.state.Phase = PhaseAsk
	}
	if r.state.Phase == PhaseConfirm {
		confirm, _, variable := step.Ask.words()
		r.say(Prompt{ID: confirm, Vars: map[string]private.Text{variable: r.state.Pending}})
	} else {
		r.speak(step)
	}
	r.await(step)
}

func (r *run) speak(step *Step) {
	r.sayAll(step.Say)
	if step.Play != "" {
		if recording := r.state.Answers[step.Play]; !recording.Empty() {
			r.say(Prompt{Recording: recording})
		}
	}
}

func (r *run) await(step *Step) {
	if r.state.Phase == PhaseConfirm {
		r.turn.Await = YesNo().await()
	} else {
		r.turn.Await = step.Ask.await()
	}
	if r.state.Slow && r.turn.Await.Kind == AwaitKeys {
		r.turn.Await.Seconds = max(r.turn.Await.Seconds, waitSlow)
	}
}

func (r *run) say(p Prompt) {
	if p.ID != "" {
		if p.ID = r.book.ways.word(p.ID); p.ID == "" {
			return
		}
	}
	r.turn.Say = append(r.turn.Say, p)
}

func (r *run) sayAll(ids []string) {
	for _, id := range ids {
		r.say(Prompt{ID: id})
	}
}

func scriptOf(at string) string {
	name, _, _ := strings.Cut(at, ".")
	return name
}
