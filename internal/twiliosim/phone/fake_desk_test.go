package phone

import "context"

// fakeDesks are four telephones, all at rest. Key 1 connects, any other passes.
func fakeDesks() []Coordinator {
	out := []Coordinator{
		{ID: "sam", Name: "Sam Rivera", Note: "Speaks English"}, {ID: "luz", Name: "Luz Marín", Note: "Speaks Spanish and English"},
		{ID: "kim", Name: "Kim Park", Note: "Speaks English and Korean"}, {ID: "pat", Name: "Pat Doyle", Note: "Speaks English"},
	}
	for i := range out {
		out[i].Status, out[i].Await = Idle, Await{Kind: AwaitNone}
	}
	return out
}

// ringDesk rings a coordinator as the line does, without a click on the page.
func (x *fakeExchange) ringDesk(i int, seconds int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	d := &x.v.Coordinators[i]
	d.Call, d.Status, d.Captions = "desk-"+d.ID, Ringing, nil
	d.Await = Await{Kind: AwaitRinging, TimeoutSeconds: seconds}
}

// desk gives the coordinator's telephone of a call, nil where it is none's.
func (x *fakeExchange) desk(call string) *Coordinator {
	for i := range x.v.Coordinators {
		if call != "" && x.v.Coordinators[i].Call == call {
			return &x.v.Coordinators[i]
		}
	}
	return nil
}

func (d *Coordinator) hear(who Who, text string) {
	d.Captions = append(d.Captions[:len(d.Captions):len(d.Captions)], Caption{Who: who, Text: text})
}

func (d *Coordinator) over(note string) {
	d.hear(ByNote, note)
	d.Status, d.Await = Ended, Await{Kind: AwaitNone}
}

func (x *fakeExchange) PickUp(_ context.Context, call string) (View, error) {
	return x.turnDesk("pickup", call, func(d *Coordinator) {
		d.Status, d.Await = InCall, Await{Kind: AwaitKeys, MaxDigits: 1, TimeoutSeconds: 7}
		d.hear(ByLine, "Second opinion line. A caller has a question. Press 1 to take the call. Press 2 to pass.")
	})
}

// pressDesk is a key on a coordinator's telephone.
func (x *fakeExchange) pressDesk(call, keys string) (View, error) {
	return x.turnDesk("press "+keys, call, func(d *Coordinator) {
		d.hear(ByCaller, keys)
		if keys != "1" {
			d.over("You passed")
			return
		}
		d.Status, d.Await = Talking, Await{Kind: AwaitTalk}
		if x.v.Status == InCall {
			x.hear("talk")
		}
	})
}

func (x *fakeExchange) turnDesk(input, call string, do func(*Coordinator)) (View, error) {
	x.mu.Lock()
	known := x.desk(call) != nil
	x.mu.Unlock()
	if !known {
		return View{}, ErrNoCall
	}
	return x.turn(input+" at "+call, "", func() { do(x.desk(call)) })
}
