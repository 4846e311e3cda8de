package phone

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// fakeExchange is a small line: a menu, a date of birth, a name to record, a
// text message, and a coordinator behind the zero.
type fakeExchange struct {
	mu      sync.Mutex
	v       View
	at      string // the step that the caller hears
	calls   int
	fault   error
	timeout int // seconds, of every step
	inputs  []string
}

var (
	_ Exchange = (*fakeExchange)(nil)
	_ Texter   = (*fakeExchange)(nil)
)

func newFake() *fakeExchange {
	return &fakeExchange{timeout: 7, v: View{
		Status: Idle, Now: "Tuesday, 10:12 a.m. in New York", Hours: "The line is open until 9:00 p.m.",
		Await: Await{Kind: AwaitNone}, Callee: CalleeMyself, Clock: "2026-11-24T10:12", Coordinators: fakeDesks(),
		Changes: []Option{{ID: "2026-11-01T01:30:00-04:00", Label: "Clocks go back, Nov 1, 2026"},
			{ID: "2027-03-14T01:30:00-05:00", Label: "Clocks go forward, Mar 14, 2027"}},
		Lines: []Option{{"tollfree", "Toll-free", "800-941-9309"},
			{"international", "International", "+1 775 440 2559"}},
		Callers: []Option{{"known", "A known caller", "+1 617 555 0142"},
			{"other", "Another phone", "+1 617 555 0177"},
			{"withheld", "Number withheld", "no number is sent"},
			{"abroad", "From abroad", "+44 20 7946 0018"}},
	}}
}

// steps are what the line says, and then waits for.
var steps = map[string]struct {
	says  []Caption
	await Await
}{
	"menu": {[]Caption{
		{Text: "Thank you for calling the Online Second Opinion program. If this is a medical emergency, please hang up and call 9 1 1."},
		{Text: "Para hablar con una persona en español, oprima el ocho.", Lang: "es-US"},
		{Text: "To start a second opinion, press 1. To check on a request, press 2. For cost, timing, and who can use the program, press 3. To speak with a person, press zero. To hear this again, press star."},
	}, Await{Kind: AwaitKeys, MaxDigits: 1}},
	"again": {[]Caption{{Text: "I did not hear a choice. Press 1 to start, or zero for a person."}}, Await{Kind: AwaitKeys, MaxDigits: 1}},
	"dob": {[]Caption{
		{Text: "I will ask a few short questions. It takes about five minutes."},
		{Text: "Please enter the patient's date of birth. Use two digits for the month, two for the day, and four for the year."},
	}, Await{Kind: AwaitKeys, MaxDigits: 8, FinishOnKey: "#"}},
	"name": {[]Caption{{Text: "After the tone, please say and then spell the patient's first and last name. When you are done, press pound."}},
		Await{Kind: AwaitRecording, FinishOnKey: "#"}},
	"email": {[]Caption{{Text: "I am sending you a text now. Please reply with the e-mail address. To speak with a person, press zero."}},
		Await{Kind: AwaitKeys, MaxDigits: 1}},
	"talk": {[]Caption{{Text: "I will connect you now. I will stay with you until someone answers."}, {Who: ByNote, Text: "The coordinator answers"},
		{Who: ByCoordinator, Text: "Hello, this is the care team. How can I help?"}}, Await{Kind: AwaitTalk}},
	"over": {[]Caption{{Who: ByNote, Text: "The call is over"}}, Await{Kind: AwaitNone}},
}

func (x *fakeExchange) hear(step string) {
	x.at = step
	for _, c := range steps[step].says {
		if c.Who == "" {
			c.Who = ByLine
		}
		c.At = "10:12 a.m."
		x.v.Captions = append(x.v.Captions, c)
	}
	x.v.Await = steps[step].await
	switch x.v.Await.Kind {
	case AwaitTalk:
		x.v.Status = Talking
	case AwaitNone:
		x.v.Status = Ended
	default:
		x.v.Await.TimeoutSeconds = x.timeout
	}
	x.v.Traffic = append(x.v.Traffic, Trip{Method: "POST", Path: "/voice/answer?at=" + step, Status: 200,
		Fields: [][2]string{{"CallSid", "CA00000000000000000000000000000001"}, {"Digits", "1"}},
		TwiML:  `<?xml version="1.0" encoding="UTF-8"?><Response><Gather input="dtmf" numDigits="1" timeout="7"><Say>To start, press 1.</Say></Gather><Redirect>/voice/silence</Redirect></Response>`})
}

// turn does one input under the lock and gives the view after it.
func (x *fakeExchange) turn(input, call string, do func()) (View, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.inputs = append(x.inputs, input)
	switch {
	case x.fault != nil:
		return View{}, x.fault
	case call != "" && call != x.v.Call:
		return View{}, fmt.Errorf("fake: %s: %w", input, ErrNoCall)
	}
	do()
	v := x.v
	v.Captions = append([]Caption(nil), x.v.Captions...)
	v.Coordinators = append([]Coordinator(nil), x.v.Coordinators...)
	return v, nil
}

func (x *fakeExchange) caller(text string) {
	x.v.Captions = append(x.v.Captions, Caption{Who: ByCaller, Text: text, At: "10:12 a.m."})
}

func (x *fakeExchange) Ring(_ context.Context, line, caller string) (View, error) {
	return x.turn("ring "+line+" "+caller, "", func() {
		x.calls++
		x.v.Call = fmt.Sprintf("call%d", x.calls)
		x.v.Status, x.v.Captions, x.v.Traffic = InCall, nil, nil
		x.hear("menu")
	})
}

func (x *fakeExchange) Press(_ context.Context, call, keys string) (View, error) {
	if strings.HasPrefix(call, "desk-") {
		return x.pressDesk(call, keys)
	}
	return x.turn("press "+keys, call, func() {
		switch {
		case x.at == "dob":
			x.digit(keys)
		case keys == "0":
			x.caller(keys)
			x.hear("talk")
		default:
			x.caller(keys)
			x.hear("dob")
		}
	})
}

func (x *fakeExchange) digit(keys string) {
	x.v.Await.Digits += keys
	if len(x.v.Await.Digits) < 8 {
		return
	}
	x.caller(x.v.Await.Digits)
	x.v.Stage = "Started"
	x.v.Case = append(x.v.Case, Fact{"Is the patient 18 or older?", "Yes", "10:11 a.m."}, Fact{"Lives in Massachusetts?", "No", "10:11 a.m."},
		Fact{"Phone", "+1 617 555 0142", "10:12 a.m."}, Fact{"Date of birth", "March 4, 1960", "10:12 a.m."})
	x.hear("name")
}

func (x *fakeExchange) Silence(_ context.Context, call string) (View, error) {
	if strings.HasPrefix(call, "desk-") {
		return x.turnDesk("silence", call, func(d *Coordinator) { d.over("Nobody picked up") })
	}
	return x.turn("silence", call, func() { x.hear("again") })
}

func (x *fakeExchange) SetCarrier(_ context.Context, what string) (View, error) {
	x.v.Carrier = what
	return x.v, nil
}

func (x *fakeExchange) Speak(_ context.Context, call, words string) (View, error) {
	return x.turn("speak "+words, call, func() {
		x.caller(words)
		x.v.Case = append(x.v.Case, Fact{"Name", words, "10:13 a.m."})
		x.v.Number = "4819 2207"
		x.v.Texts = append(x.v.Texts, Text{FromLine: true, Words: "Care Line: Please reply with the best e-mail address for your account. Reply STOP to stop.", At: "10:13 a.m."})
		x.hear("email")
	})
}

func (x *fakeExchange) Hangup(_ context.Context, call string) (View, error) {
	if strings.HasPrefix(call, "desk-") {
		return x.turnDesk("hangup", call, func(d *Coordinator) { d.over("You hung up") })
	}
	return x.turn("hangup", call, func() { x.hear("over") })
}

func (x *fakeExchange) RemoteHangup(_ context.Context, call string) (View, error) {
	return x.turn("remote-hangup", call, func() { x.hear("over") })
}

func (x *fakeExchange) View(_ context.Context, call string) (View, error) {
	return x.turn("view", call, func() {})
}

func (x *fakeExchange) SetClock(_ context.Context, to string) (View, error) {
	if to == "" {
		return View{}, ErrBadTime
	}
	return x.turn("clock "+to, "", func() { x.v.Now, x.v.Clock = "Wednesday, 9:30 a.m. in New York", "2026-11-25T09:30" })
}

func (x *fakeExchange) SetCallee(_ context.Context, behaviour string) (View, error) {
	return x.turn("callee "+behaviour, "", func() { x.v.Callee = behaviour })
}

func (x *fakeExchange) Text(_ context.Context, words string) (View, error) {
	return x.turn("text "+words, "", func() {
		x.v.Texts = append(x.v.Texts, Text{Words: words, At: "10:14 a.m."})
	})
}

// did gives what came in since the last time, without the looks at the view.
func (x *fakeExchange) did() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var real []string
	for _, i := range x.inputs {
		if i != "view" {
			real = append(real, i)
		}
	}
	x.inputs = nil
	return strings.Join(real, ", ")
}
