package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"secondline/casestore"
	"secondline/internal/twiliosim"
	"secondline/internal/twiliosim/phone"
)

// demoPhone is the caller's and the coordinators' telephones of the demo, on the
// line in memory.
type demoPhone struct {
	w        *world
	settings Settings
	calendar calendar

	mu      sync.Mutex
	call    *twiliosim.Call
	callee  string
	carrier string
	written []written
	// delivered is the request whose opinion was delivered last, madeUp are those
	// that the demo has made up, by number.
	delivered *casestore.Case
	madeUp    map[string]*casestore.Case
}

var _ phone.Exchange = (*demoPhone)(nil)

// demoCallers are who can call, by the number they call from.
var demoCallers = []struct{ id, number, label, note string }{
	{"known", "+16175550123", "A mobile phone", "+1 617 555 0123"},
	{"other", "+12125550142", "Another phone", "+1 212 555 0142"},
	{"withheld", "", "Number withheld", "The line cannot see who calls"},
	{"abroad", "+442079460958", "A phone in the United Kingdom", "+44 20 7946 0958"},
}

func newDemoPhone(w *world, s Settings) (*demoPhone, error) {
	c, err := newCalendar(s.Programme)
	if err != nil {
		return nil, err
	}
	x := &demoPhone{w: w, settings: s, calendar: c, carrier: phone.CarrierDelivers, madeUp: map[string]*casestore.Case{}}
	x.setCallee(phone.CalleeMyself)
	// The first thing shown should be a line that answers.
	x.w.clock.Set(x.openTime(time.Now()))
	return x, nil
}

// Ring places a call.
func (x *demoPhone) Ring(ctx context.Context, line, caller string) (phone.View, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	to := map[string]string{"tollfree": x.settings.Programme.Lines.TollFree.Number, "international": x.settings.Programme.Lines.International.Number}[line]
	from, known := "", false
	for _, c := range demoCallers {
		if c.id == caller {
			from, known = c.number, true
		}
	}
	if to == "" || !known {
		return phone.View{}, phone.ErrUnknownOption
	}
	if x.call != nil && x.call.Await().Kind != twiliosim.AwaitNothing {
		if err := x.call.Hangup(ctx); err != nil && !errors.Is(err, twiliosim.ErrEnded) {
			return phone.View{}, err
		}
	}
	call, err := x.w.sim.Ring(ctx, from, to)
	if err != nil {
		return phone.View{}, err
	}
	x.call = call
	return x.view(ctx)
}

// drive does something with the call that the page names.
func (x *demoPhone) drive(ctx context.Context, call string, do func(*twiliosim.Call) error) (phone.View, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	c := x.find(call)
	if c == nil {
		return phone.View{}, phone.ErrNoCall
	}
	switch err := do(c); {
	case errors.Is(err, twiliosim.ErrEnded):
		return phone.View{}, phone.ErrNoCall
	case errors.Is(err, twiliosim.ErrNotWaiting), errors.Is(err, twiliosim.ErrKeys):
		return phone.View{}, phone.ErrNotNow
	case err != nil:
		return phone.View{}, err
	}
	return x.view(ctx)
}

// find gives the caller's call or one to a coordinator; nil when it is neither.
func (x *demoPhone) find(call string) *twiliosim.Call {
	if x.call != nil && x.call.SID() == call {
		return x.call
	}
	if c, ok := x.w.sim.Call(call); ok && x.ours(c) {
		return c
	}
	return nil
}

// Press sends keys.
func (x *demoPhone) Press(ctx context.Context, call, keys string) (phone.View, error) {
	return x.drive(ctx, call, func(c *twiliosim.Call) error { return c.Press(ctx, keys) })
}

// Silence lets the time that the line waits pass.
func (x *demoPhone) Silence(ctx context.Context, call string) (phone.View, error) {
	return x.drive(ctx, call, func(c *twiliosim.Call) error { return c.Silence(ctx) })
}

// Speak gives the words of a recording; no words is pound at once.
func (x *demoPhone) Speak(ctx context.Context, call, words string) (phone.View, error) {
	return x.drive(ctx, call, func(c *twiliosim.Call) error {
		if words == "" {
			return c.Press(ctx, "#")
		}
		return c.Speak(ctx, words)
	})
}

// Hangup puts a telephone down.
func (x *demoPhone) Hangup(ctx context.Context, call string) (phone.View, error) {
	return x.drive(ctx, call, func(c *twiliosim.Call) error { return c.Hangup(ctx) })
}

// RemoteHangup is the coordinator ending the talk.
func (x *demoPhone) RemoteHangup(ctx context.Context, call string) (phone.View, error) {
	return x.drive(ctx, call, func(c *twiliosim.Call) error { return c.RemoteHangup(ctx) })
}

// View shows the call.
func (x *demoPhone) View(ctx context.Context, call string) (phone.View, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	// The call that a page knows may have been followed by one to this telephone.
	if _, known := x.w.sim.Call(call); call != "" && (x.call == nil || !known) {
		return phone.View{}, phone.ErrNoCall
	}
	return x.view(ctx)
}

func (x *demoPhone) lines() []phone.Option {
	return []phone.Option{
		{ID: "tollfree", Label: "Toll-free line", Note: spaced(x.settings.Programme.Lines.TollFree.Number)},
		{ID: "international", Label: "International line", Note: spaced(x.settings.Programme.Lines.International.Number)},
	}
}

// spaced writes a number of the North American plan as people do.
func spaced(e164 string) string {
	if len(e164) != 12 {
		return e164
	}
	return fmt.Sprintf("+1 %s %s %s", e164[2:5], e164[5:8], e164[8:])
}
