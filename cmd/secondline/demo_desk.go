package main

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"secondline/internal/twiliosim"
	"secondline/internal/twiliosim/phone"
)

// desks shows the telephones of the team.
func (x *demoPhone) desks() []phone.Coordinator {
	out := make([]phone.Coordinator, 0, len(x.w.team))
	for _, c := range x.w.team {
		d := phone.Coordinator{
			ID: coordinatorID(c.Number), Name: strings.TrimSuffix(c.Name, " (made up)"), Note: "Speaks " + inEnglish(c.Languages),
			Status: phone.Idle, Await: phone.Await{Kind: phone.AwaitNone},
		}
		if call := newest(x.w.sim.CallsTo(c.Number)); call != nil {
			d.Call = call.SID()
			d.Status, d.Await = deskWaits(call)
			if d.Status == phone.Talking && x.call != nil && x.call.Status() == twiliosim.StatusRinging {
				d.Status = phone.InCall // the patient is being called, and nobody is there yet
			}
			d.Captions = x.captions(call, deskCaption)
		}
		out = append(out, d)
	}
	return out
}

// inEnglish names languages: "Spanish and English".
func inEnglish(codes []string) string {
	names := make([]string, 0, len(codes))
	for _, code := range codes {
		names = append(names, display.English.Languages().Name(language.Make(code)))
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// newest gives the last call that is not over, or else the last one that rang.
func newest(calls []*twiliosim.Call) *twiliosim.Call {
	var last *twiliosim.Call
	for _, c := range slices.Backward(calls) {
		switch status := c.Status(); {
		case status == twiliosim.StatusQueued:
		case !status.Over():
			return c
		case last == nil:
			last = c
		}
	}
	return last
}

// deskWaits gives what a call to a coordinator waits for.
func deskWaits(c *twiliosim.Call) (phone.Status, phone.Await) {
	switch status, a := c.Status(), c.Await(); {
	case status.Over():
		return phone.Ended, phone.Await{Kind: phone.AwaitNone}
	case status == twiliosim.StatusRinging:
		return phone.Ringing, phone.Await{Kind: phone.AwaitRinging, TimeoutSeconds: int(a.Timeout.Seconds())}
	case a.Kind == twiliosim.AwaitTalk:
		return phone.Talking, phone.Await{Kind: phone.AwaitTalk}
	case a.Kind == twiliosim.AwaitKeys:
		return phone.InCall, keysAwaited(a)
	case a.Kind == twiliosim.AwaitRecording:
		return phone.InCall, phone.Await{Kind: phone.AwaitRecording, FinishOnKey: a.FinishOnKey, TimeoutSeconds: int(a.Timeout.Seconds())}
	}
	return phone.InCall, phone.Await{Kind: phone.AwaitNone}
}

// deskCaption is what a coordinator notices of a call.
func deskCaption(e twiliosim.Event) (phone.Who, string) {
	switch e.Kind {
	case twiliosim.EventSaid:
		return phone.ByLine, e.Text
	case twiliosim.EventPlayed:
		return phone.ByNote, played(e.URL)
	case twiliosim.EventPressed, twiliosim.EventSpoke:
		return phone.ByCaller, e.Text
	case twiliosim.EventDialed:
		if e.Result == "bridged" {
			return phone.ByNote, "You are connected."
		}
	case twiliosim.EventRefused:
		return phone.ByNote, "Twilio would refuse this answer: " + e.Text
	case twiliosim.EventEnded:
		return phone.ByNote, deskEnds(e)
	}
	return "", ""
}

// deskEnds says how a call to a coordinator ended.
func deskEnds(e twiliosim.Event) string {
	switch twiliosim.Status(e.Result) {
	case twiliosim.StatusNoAnswer:
		return "Missed: nobody picked up."
	case twiliosim.StatusBusy:
		return "Not taken: the line hears that you are busy."
	case twiliosim.StatusCanceled:
		return "It stopped ringing: the caller no longer waits."
	case twiliosim.StatusFailed:
		return "The call did not get through."
	}
	switch e.Text {
	case twiliosim.EndHangup:
		return "You hung up."
	case twiliosim.EndRemote:
		return "The other side hung up."
	}
	return "The line ended the call."
}

// ours tells whether a call was made to one of the team.
func (x *demoPhone) ours(c *twiliosim.Call) bool {
	return slices.ContainsFunc(x.w.team, func(co Coordinator) bool { return co.Number == c.To() })
}

// PickUp answers a coordinator's telephone.
func (x *demoPhone) PickUp(ctx context.Context, call string) (phone.View, error) {
	return x.drive(ctx, call, func(c *twiliosim.Call) error {
		return c.Answer(ctx)
	})
}

// SetCallee says what happens when a coordinator is rung. Others than the team
// pick up.
func (x *demoPhone) SetCallee(ctx context.Context, behaviour string) (phone.View, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.setCallee(behaviour) {
		return phone.View{}, phone.ErrUnknownOption
	}
	return x.view(ctx)
}

func (x *demoPhone) setCallee(behaviour string) bool {
	callee, ok := map[string]twiliosim.CalleeBehaviour{
		phone.CalleeMyself: twiliosim.Rings(), phone.CalleeAnswers: twiliosim.Answers("1"), phone.CalleeBusy: twiliosim.Busy(),
		phone.CalleeNoAnswer: twiliosim.NoAnswer(), phone.CalleeVoicemail: twiliosim.Machine(),
	}[behaviour]
	if !ok {
		return false
	}
	x.callee = behaviour
	team := x.w.team
	x.w.sim.SetCallee(func(to string) twiliosim.CalleeBehaviour {
		if slices.ContainsFunc(team, func(c Coordinator) bool { return c.Number == to }) {
			return callee
		}
		if x.isCaller(to) {
			return twiliosim.Rings()
		}
		return twiliosim.Answers()
	})
	return true
}
