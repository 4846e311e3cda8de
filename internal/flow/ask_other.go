package flow

import (
	"net/mail"
	"strings"
)

// Email is an e-mail address (RFC 5322 addr-spec with a domain of two labels or
// more). It is answered by text only; a keypad cannot ask for it.
type Email struct{ Confirm, Bad string }

// Outcomes lists OK.
func (e Email) Outcomes() []Outcome { return []Outcome{OK} }

// Kind names the kind.
func (e Email) Kind() string { return "e-mail address" }

func (e Email) await() Await            { return Await{Kind: AwaitText} }
func (e Email) words() (_, _, _ string) { return e.Confirm, e.Bad, "MASK" }

func (e Email) parse(text string) parsed {
	address, err := mail.ParseAddress(strings.Trim(strings.TrimSpace(text), "<>.,;"))
	if err != nil || address.Name != "" || len(address.Address) > 254 {
		return parsed{}
	}
	local, domain, _ := strings.Cut(address.Address, "@")
	if local == "" || !strings.Contains(strings.Trim(domain, "."), ".") || strings.ContainsAny(domain, "[]:@") {
		return parsed{}
	}
	return parsed{local + "@" + strings.ToLower(domain), OK, true}
}

// Skipped is the outcome of a recording that its step lets a person skip.
const Skipped Outcome = "skipped"

// Recording is the caller's own voice, up to Max seconds, ended by pound or by
// five seconds of silence. Optional ones may be skipped with pound. By text it
// is what was typed.
type Recording struct {
	Max      int
	Optional bool
}

// Outcomes lists OK, and Skipped where it may be skipped.
func (r Recording) Outcomes() []Outcome {
	if r.Optional {
		return []Outcome{OK, Skipped}
	}
	return []Outcome{OK}
}

// Kind names the kind.
func (r Recording) Kind() string { return "recording" }

func (r Recording) await() Await {
	return Await{Kind: AwaitRecording, Finish: "#*089", Seconds: waitSilence, MaxSeconds: r.Max}
}
func (r Recording) words() (_, _, _ string) { return "", "", "" }
func (r Recording) parse(text string) parsed {
	text = strings.TrimSpace(text)
	return parsed{text, OK, text != ""}
}

// Told is the outcome of Elsewhere: the answer came.
const Told Outcome = "told"

// Elsewhere waits for an answer that comes another way, as a text during a call;
// the channel says when it has come. Pound goes on without it, by the step's Back.
type Elsewhere struct{}

// Outcomes lists Told.
func (e Elsewhere) Outcomes() []Outcome { return []Outcome{Told} }

// Kind names the kind.
func (e Elsewhere) Kind() string { return "answer by text" }

func (e Elsewhere) await() Await            { return Await{Kind: AwaitKeys, MaxKeys: 1, Seconds: waitElsewhere} }
func (e Elsewhere) words() (_, _, _ string) { return "", "", "" }
func (e Elsewhere) parse(string) parsed     { return parsed{} }

// What becomes of a connection.
const (
	// Talked means that two people were connected.
	Talked Outcome = "talked"
	// Nobody means that no one took the call.
	Nobody Outcome = "nobody"
	// CallMe and LeaveMessage are what a person who waits may choose instead.
	CallMe       Outcome = "call_me"
	LeaveMessage Outcome = "message"
)

// Code is a secret of Min to Max digits, kept as it was typed. Its length is not
// said.
type Code struct {
	Min, Max int
	Bad      string
}

// Outcomes lists OK.
func (c Code) Outcomes() []Outcome { return []Outcome{OK} }

// Kind names the kind.
func (c Code) Kind() string { return "code" }

func (c Code) await() Await            { return keysAwait(c.Max, waitFetch) }
func (c Code) words() (_, _, _ string) { return "", c.Bad, "" }
func (c Code) parse(text string) parsed {
	digits := onlyDigits(text)
	return parsed{digits, OK, len(digits) >= c.Min && len(digits) <= c.Max}
}

// Connect connects the person with somebody: To is "team", "in_person" or
// "task". Reason is the operator's word for why. Who waits for the team may
// choose something else meanwhile.
type Connect struct{ To, Reason string }

// Outcomes lists Talked and Nobody, and the choices of who waits for the team.
func (c Connect) Outcomes() []Outcome {
	if c.To == "team" {
		return []Outcome{Talked, Nobody, CallMe, LeaveMessage}
	}
	return []Outcome{Talked, Nobody}
}

// Kind names the kind.
func (c Connect) Kind() string { return "connect to " + strings.ReplaceAll(c.To, "_", "-") }

func (c Connect) await() Await            { return Await{Kind: AwaitConnect, To: c.To, Reason: c.Reason} }
func (c Connect) words() (_, _, _ string) { return "", "", "" }
func (c Connect) parse(string) parsed     { return parsed{} }

// Decide is a step that nobody hears: it looks at the answers and the facts and
// says where to go on. By must be pure. It may set answers.
type Decide struct {
	// What says what is decided, in the drawing.
	What string
	By   func(Answers, Env) Outcome
	Can  []Outcome
}

// On decides by one fact.
func On(fact string, can ...Outcome) Decide {
	return Decide{What: fact, Can: can, By: func(_ Answers, env Env) Outcome { return Outcome(env.Facts[fact]) }}
}

// Look decides by what only the channel can look up.
func Look(question string, can ...Outcome) Decide {
	return Decide{What: question, Can: can, By: func(a Answers, env Env) Outcome {
		if env.Check == nil {
			return ""
		}
		return env.Check(question, a)
	}}
}

// Outcomes lists what may be decided.
func (d Decide) Outcomes() []Outcome { return d.Can }

// Kind names the kind.
func (d Decide) Kind() string { return "decide" }

func (d Decide) await() Await            { return Await{} }
func (d Decide) words() (_, _, _ string) { return "", "", "" }
func (d Decide) parse(string) parsed     { return parsed{} }
