package flow

import (
	"maps"
	"strings"

	"secondline/internal/private"
)

// Channel names the fact that says how a person answers: "voice" or "text".
const Channel = "channel"

// maxTries is the number of failed tries at a step before a person is found
// (rules.md 2, retries); maxRepeats bounds a star held down.
const (
	maxTries   = 3
	maxRepeats = 20
	maxChain   = 64
)

// Book is a set of scripts with the ways that are the same in all of them.
type Book struct {
	steps   map[string]*Step
	scripts []*Script
	ways    Ways
}

// Ways are the full IDs of the steps that the keys of every step lead to, and
// the wording of the general retries.
type Ways struct {
	// Person is where key 0 leads, Language key 8, Stop key 9.
	Person, Language, Stop string
	// Starts lists where conversations begin.
	Starts []string
	// NoInput and NoMatch are said before the question is asked again, by the
	// number of the try.
	NoInput, NoMatch []string
	// Stuck is the step that the last failed try leads to.
	Stuck string
	// Paused asks whether somebody is still there where words were awaited,
	// PausedOptional where they may be skipped with pound. Without one the question is
	// asked again.
	Paused, PausedOptional string
	// Reword gives the wording that this channel has in the place of the scripts';
	// "" says nothing there. nil leaves all as it is.
	Reword func(id string) string
}

// word gives the wording for what a script says.
func (w Ways) word(id string) string {
	if w.Reword == nil {
		return id
	}
	return w.Reword(id)
}

// NewBook puts scripts together. Check says whether they are sound.
func NewBook(ways Ways, scripts ...*Script) *Book {
	b := &Book{steps: map[string]*Step{}, scripts: scripts, ways: ways}
	for _, sc := range scripts {
		for i := range sc.Steps {
			b.steps[sc.Name+"."+sc.Steps[i].ID] = &sc.Steps[i]
		}
	}
	return b
}

// Scripts gives the scripts in their order.
func (b *Book) Scripts() []*Script { return b.scripts }

// Waits says whether the step of this full ID waits for an answer.
func (b *Book) Waits(at string) bool { return b.WaitsBy(at, "voice") }

// WaitsBy is Waits for a channel.
func (b *Book) WaitsBy(at, channel string) bool {
	step := b.steps[at]
	return step != nil && step.waits(channel)
}

// Start begins a conversation at a step.
func (b *Book) Start(at string, env Env) (State, Turn) {
	t := run{book: b, env: env, state: State{Answers: Answers{}}}
	t.enter(at)
	return t.state, t.turn
}

// Enter moves a conversation to another step, keeping its answers, as when an
// unfinished one is taken up again.
func (b *Book) Enter(s State, at string, env Env) (State, Turn) {
	t := b.run(s, env)
	t.enter(at)
	return t.state, t.turn
}

// Answer takes a conversation one step on. It changes nothing it was given. A
// state whose step is no longer in the book starts at the first of Starts, with
// its answers kept.
func (b *Book) Answer(s State, in Input, env Env) (State, Turn) {
	t := b.run(s, env)
	step := b.steps[s.At]
	if step == nil || step.Ask == nil {
		t.enter(b.ways.Starts[0])
		return t.state, t.turn
	}
	t.answer(step, in)
	return t.state, t.turn
}

func (b *Book) run(s State, env Env) *run {
	s.Answers = maps.Clone(s.Answers)
	if s.Answers == nil {
		s.Answers = Answers{}
	}
	return &run{book: b, env: env, state: s}
}

// run is one move through a book.
type run struct {
	book  *Book
	env   Env
	state State
	turn  Turn
	chain int
}

func (s *Step) waits(channel string) bool {
	if s.Ask == nil {
		return false
	}
	kind := s.Ask.await().Kind
	return kind != AwaitNothing && (kind != AwaitText || channel == "text")
}

// answer routes an input: what became of a connection, a key that means the
// same everywhere, silence, or an answer.
func (r *run) answer(step *Step, in Input) {
	keys := strings.TrimSpace(in.Text.Reveal())
	switch {
	case in.Kind == Came:
		r.follow(step, in.Outcome)
	case in.Kind == Voice:
		r.recorded(step, in)
	case in.Kind == Keys && keys != "" && r.state.Phase == PhaseAsk && r.beforeTone(step, keys):
	case in.Kind == Keys && r.everywhere(step, keys):
	case r.state.Phase == PhasePaused:
		r.unpause(step, in)
	case in.Kind == Silence || keys == "":
		r.failed(step, r.book.ways.NoInput, step.NoInput)
	case r.state.Phase == PhaseConfirm && in.Kind == Typed:
		r.confirmed(step, YesNo().parseTyped(keys).outcome)
	case r.state.Phase == PhaseConfirm:
		r.confirmed(step, YesNo().parse(keys).outcome)
	default:
		r.read(step, in)
	}
}

// beforeTone takes a key pressed during the words before a recording: pound
// skips what may be skipped, and a key that means nothing everywhere asks for the
// tone at once.
func (r *run) beforeTone(step *Step, keys string) bool {
	recording, ok := step.Ask.(Recording)
	switch {
	case !ok:
		return false
	case keys == "#" && recording.Optional:
		r.follow(step, Skipped)
	case keys == "#" || !r.everywhere(step, keys):
		r.await(step)
	}
	return true
}

// everywhere carries out the keys that mean the same at every step, unless the
// step gives one of them a meaning of its own.
func (r *run) everywhere(step *Step, keys string) bool {
	if _, own := step.Goto[Outcome(keys)]; own && r.state.Phase != PhaseConfirm {
		r.enter(step.Goto[Outcome(keys)])
		return true
	}
	if r.means(step, keys) {
		return false
	}
	switch {
	case isZero(keys):
		r.leave(r.book.ways.Person)
	case strings.Contains(keys, "*"):
		r.repeat(step)
	case keys == "#":
		r.pound(step)
	case keys == "8":
		r.leave(r.book.ways.Language)
	case keys == "9":
		r.leave(r.book.ways.Stop)
	default:
		return false
	}
	return true
}

// means says whether keys are an answer to this very step.
func (r *run) means(step *Step, keys string) bool {
	if r.state.Phase != PhaseAsk || isZero(keys) {
		return false
	}
	switch ask := step.Ask.(type) {
	case Menu:
		return ask.has(keys)
	case Digits:
		return ask.Short && ask.parse(keys).ok
	case Date:
		return ask.Alone.has(keys)
	}
	return false
}

// isZero takes zero, pressed up to three times by somebody who has had enough,
// for the wish for a person. Four zeros may be midnight.
func isZero(keys string) bool { return keys == "0" || keys == "00" || keys == "000" }

// leave goes to a step that can lead back to where the person was.
func (r *run) leave(to string) {
	if r.state.Script() != scriptOf(to) {
		r.state.From = r.state.At
	}
	r.enter(to)
}

func (r *run) repeat(step *Step) {
	r.state.Repeats++
	if r.state.Repeats >= maxRepeats {
		r.leave(r.book.ways.Person)
		return
	}
	r.ask(step)
}

// pound is "finished" where a pause is ended and "back" at a menu; elsewhere it
// follows a number that was complete without it, and is let pass.
func (r *run) pound(step *Step) {
	recording, isRecording := step.Ask.(Recording)
	switch {
	case r.state.Phase == PhasePaused && isRecording && recording.Optional:
		r.follow(step, Skipped)
	case r.state.Phase == PhaseAsk && step.Back != "":
		r.enter(step.Back)
	default:
		r.repeat(step)
	}
}

// unpause takes any key as "I am here" and asks again; silence counts.
func (r *run) unpause(step *Step, in Input) {
	if in.Kind == Silence || in.Text.Empty() {
		r.failed(step, nil, nil)
		return
	}
	r.ask(step)
}

// recorded keeps a recording and obeys the key that ended it. Nothing was said
// when it has no length: pound then skips, anything else is silence.
func (r *run) recorded(step *Step, in Input) {
	recording, ok := step.Ask.(Recording)
	if !ok {
		r.repeat(step)
		return
	}
	said := in.Seconds > 0 && !in.Text.Empty()
	switch {
	case in.EndKey == "*":
		r.repeat(step)
	case !said && in.EndKey == "#" && recording.Optional:
		r.follow(step, Skipped)
	case !said && in.EndKey != "" && strings.Contains("089", in.EndKey):
		r.everywhere(step, in.EndKey)
	case !said:
		r.failed(step, nil, nil)
	default:
		r.save(step, OK, in.Text.Reveal(), "")
		if step.Whole || in.EndKey == "" || !strings.Contains("089", in.EndKey) || !r.everywhere(step, in.EndKey) {
			r.follow(step, OK)
		}
	}
}

// read takes an answer, or counts a failed try.
func (r *run) read(step *Step, in Input) {
	p := step.Ask.parse(in.Text.Reveal())
	if in.Kind == Typed {
		if p = typedAnswer(step.Ask, in.Text.Reveal()); r.skipped(step, in) {
			return
		}
	}
	if !p.ok {
		_, bad, _ := step.Ask.words()
		if bad != "" {
			r.bad(step, bad)
			return
		}
		r.failed(step, r.book.ways.NoMatch, step.NoMatch)
		return
	}
	confirm, _, variable := step.Ask.words()
	if confirm != "" && p.outcome == OK {
		r.state.Phase, r.state.Tries = PhaseConfirm, 0
		r.state.Pending = private.Of(p.value)
		r.say(Prompt{ID: confirm, Vars: map[string]private.Text{variable: r.state.Pending}})
		r.turn.Await = YesNo().await()
		return
	}
	key := ""
	if _, menu := step.Ask.(Menu); menu && (in.Kind == Keys || in.Kind == Typed) {
		key = in.Text.Reveal()
	}
	r.save(step, p.outcome, p.value, key)
	r.follow(step, p.outcome)
}

// confirmed takes the answer to a read-back: 1 keeps the value, 2 asks again.
func (r *run) confirmed(step *Step, answer Outcome) {
	switch answer {
	case "yes":
		r.save(step, OK, r.state.Pending.Reveal(), "")
		r.follow(step, OK)
	case "no":
		r.state.Phase, r.state.Pending = PhaseAsk, private.Text{}
		r.ask(step)
	default:
		r.failed(step, r.book.ways.NoMatch, nil)
	}
}

func (r *run) save(step *Step, outcome Outcome, value, key string) {
	if step.Save == "" {
		return
	}
	r.state.Answers[step.Save] = private.Of(value)
	saved := Saved{Name: step.Save, Outcome: outcome, Key: key}
	if n := len(step.Say); n > 0 {
		saved.Prompt = r.book.ways.word(step.Say[n-1])
	}
	r.turn.Saved = append(r.turn.Saved, saved)
}

// bad says what was wrong; the second time it also asks the question again.
func (r *run) bad(step *Step, id string) {
	if r.gaveUp(step) {
		return
	}
	r.sayAll([]string{id})
	if r.state.Tries > 1 {
		r.ask(step)
		return
	}
	r.await(step)
}

// failed counts a try without an answer and says something more helpful each
// time: the step's own words, or the general ones before the question.
func (r *run) failed(step *Step, general, own []string) {
	if r.gaveUp(step) {
		return
	}
	n := r.state.Tries - 1
	recording, ok := step.Ask.(Recording)
	switch {
	case ok && r.book.ways.Paused != "":
		r.state.Phase = PhasePaused
		paused := r.book.ways.Paused
		if recording.Optional {
			paused = r.book.ways.PausedOptional
		}
		r.sayAll([]string{paused})
		r.turn.Await = Await{Kind: AwaitKeys, MaxKeys: 1, Seconds: waitPaused}
	case n < len(own):
		r.sayAll([]string{own[n]})
		r.await(step)
	default:
		if n < len(general) {
			r.sayAll([]string{general[n]})
		}
		r.ask(step)
	}
}

// gaveUp counts a failed try and, at the last, goes on without the answer or
// to a person.
func (r *run) gaveUp(step *Step) bool {
	r.state.Tries++
	r.state.Slow = true
	tries := maxTries
	if step.Tries > 0 {
		tries = step.Tries
	}
	if r.state.Tries < tries {
		return false
	}
	if step.Fail != "" {
		r.enter(r.qualify(step.Fail))
		return true
	}
	r.leave(r.book.ways.Stuck)
	return true
}
