package twiliosim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Status is a call's status as the REST API shows it.
type Status string

// The statuses of a call. Ways on: queued → ringing → in-progress → completed;
// queued and ringing → busy, no-answer, failed, canceled. An inbound call
// starts ringing.
const (
	StatusQueued     Status = "queued"
	StatusRinging    Status = "ringing"
	StatusInProgress Status = "in-progress"
	StatusCompleted  Status = "completed"
	StatusBusy       Status = "busy"
	StatusNoAnswer   Status = "no-answer"
	StatusFailed     Status = "failed"
	StatusCanceled   Status = "canceled"
)

// Over reports whether the status is a last one.
func (s Status) Over() bool {
	return s != StatusQueued && s != StatusRinging && s != StatusInProgress
}

// Errors of a person's actions on a telephone.
var (
	ErrEnded      = errors.New("the call has ended")
	ErrNotWaiting = errors.New("the call does not wait for that")
	ErrKeys       = errors.New("keys must be 0-9, * or #")
)

// Call is one telephone call, or one leg of it, with a person at its end. Its
// methods may be used from several goroutines; the turns of a call and its
// legs happen one after another.
type Call struct {
	sim       *Sim
	line      *sync.Mutex // held for a whole turn; shared with child legs
	parent    *Call
	sid       string
	from, to  string
	direction string
	created   time.Time

	// The player, guarded by line.
	player   player
	script   *CalleeBehaviour
	fallback string
	callback callbackSpec
	outgoing *outgoing // a call made over REST

	mu         sync.Mutex // guards what follows; never held over a request
	status     Status
	await      Await
	events     []Event
	traffic    []Exchange
	legs       []*Call
	started    time.Time // answered
	ended      time.Time
	answeredBy string
	sequence   int
	sipCode    int
}

type callSpec struct {
	from, to, direction string
	status              Status
	parent              *Call
}

func (s *Sim) newCall(spec callSpec) *Call {
	c := &Call{sim: s, line: &sync.Mutex{}, parent: spec.parent, sid: s.ids.sid("CA"), from: spec.from, to: spec.to,
		direction: spec.direction, created: s.cfg.Now(), status: spec.status}
	if spec.parent != nil {
		c.line = spec.parent.line
		spec.parent.mu.Lock()
		spec.parent.legs = append(spec.parent.legs, c)
		spec.parent.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[c.sid] = c
	s.callOrder = append(s.callOrder, c)
	return c
}

// SID returns the call's identifier.
func (c *Call) SID() string { return c.sid }

// From returns who calls, as Twilio sends it.
func (c *Call) From() string { return c.caller() }

// To returns the called number.
func (c *Call) To() string { return c.to }

// Direction is inbound, outbound-api or outbound-dial.
func (c *Call) Direction() string { return c.direction }

// Parent returns the call that dialled this leg, nil for a call of its own.
func (c *Call) Parent() *Call { return c.parent }

// Status returns the call's status.
func (c *Call) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status
}

// Await says what the call waits for.
func (c *Call) Await() Await {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.await.Kind == "" {
		return Await{Kind: AwaitNothing}
	}
	return c.await
}

// Events returns what happened so far, in order.
func (c *Call) Events() []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.events)
}

// Traffic returns the requests to the application so far, in order.
func (c *Call) Traffic() []Exchange {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.traffic)
}

// Legs returns the legs that the call's Dial verbs made, in order.
func (c *Call) Legs() []*Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.legs)
}

// Press types keys. A Gather ends when it has its digits or its finishing
// key; what is typed beyond stays for the next one. A Record ends by one of
// its finishing keys. It returns ErrKeys or ErrEnded.
func (c *Call) Press(ctx context.Context, keys string) error {
	if keys == "" || !keysPattern.MatchString(keys) {
		return fmt.Errorf("press: %w", ErrKeys)
	}
	return c.act(ctx, "press", func(ctx context.Context) error {
		c.note(Event{Kind: EventPressed, Text: keys})
		c.press(ctx, keys)
		return nil
	})
}

// Silence lets the running timer run out: a Gather submits what was typed or
// counts as empty, a Record ends, a ringing telephone is not answered, a
// queue's wait document plays again. It returns ErrNotWaiting during a talk.
func (c *Call) Silence(ctx context.Context) error {
	return c.act(ctx, "silence", c.timeout)
}

// Speak says words and is done: a recording ends by its finishing key, or by
// silence when no key ends it; a Gather that listens to speech takes them as
// its result. It returns ErrNotWaiting where nobody listens.
func (c *Call) Speak(ctx context.Context, words string) error {
	return c.act(ctx, "speak", func(ctx context.Context) error { return c.speak(ctx, words, true) })
}

// Talk says words into a recording that goes on; Press, Silence or Hangup end
// it.
func (c *Call) Talk(ctx context.Context, words string) error {
	return c.act(ctx, "talk", func(ctx context.Context) error { return c.speak(ctx, words, false) })
}

// Hangup puts this telephone down. A ringing telephone that is put down is
// busy.
func (c *Call) Hangup(ctx context.Context) error {
	return c.act(ctx, "hang up", func(ctx context.Context) error {
		if c.awaiting() == AwaitRinging && c.player.dial == nil {
			c.unheard(ctx, StatusBusy, 486)
			return nil
		}
		c.finish(ctx, EndHangup, StatusCompleted)
		return nil
	})
}

// Answer picks up where a telephone rings: this one, or, on the call that
// dialled, the first leg that rings. It returns ErrNotWaiting when none does.
func (c *Call) Answer(ctx context.Context) error {
	return c.act(ctx, "answer", func(ctx context.Context) error {
		if c.awaiting() != AwaitRinging {
			return ErrNotWaiting
		}
		if c.player.dial == nil {
			c.pickUp(ctx)
			return nil
		}
		for _, leg := range c.player.dial.legs {
			if leg.awaiting() == AwaitRinging {
				leg.pickUp(ctx)
				leg.settle(ctx)
				return nil
			}
		}
		return ErrNotWaiting
	})
}

// RemoteHangup lets the other side of a talk put the telephone down. It
// returns ErrNotWaiting when there is no talk.
func (c *Call) RemoteHangup(ctx context.Context) error {
	return c.act(ctx, "remote hang-up", func(ctx context.Context) error {
		if c.awaiting() != AwaitTalk {
			return ErrNotWaiting
		}
		c.remoteHangup(ctx)
		return nil
	})
}

func (c *Call) remoteHangup(ctx context.Context) {
	p := &c.player
	switch {
	case p.dial != nil && p.dial.bridged != nil:
		p.dial.bridged.finish(ctx, EndHangup, StatusCompleted)
	case p.dial != nil && p.dial.peer != nil:
		p.dial.peer.hangupLater(c)
	case p.dial != nil:
		c.leaveSeat()
		c.finishDial(ctx)
	case p.queued != nil && p.queued.peer != nil:
		p.queued.peer.hangupLater(c)
	case c.parent != nil:
		c.parent.finish(ctx, EndHangup, StatusCompleted)
	}
}

// hangupLater puts the telephone of another call down, in a turn of its own.
func (c *Call) hangupLater(after *Call) {
	c.later(after, func(ctx context.Context) { c.finish(ctx, EndHangup, StatusCompleted) })
}

// act is drive for what a person does; the call must not have ended.
func (c *Call) act(ctx context.Context, what string, f func(context.Context) error) error {
	err := c.drive(ctx, func(ctx context.Context) error {
		if c.Status().Over() {
			return ErrEnded
		}
		return f(ctx)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// drive runs a turn: it holds the line, plays on until the call waits again,
// and then sends along the callbacks that the turn left.
func (c *Call) drive(ctx context.Context, f func(context.Context) error) error {
	c.line.Lock()
	err := f(ctx)
	for p := c; p != nil; p = p.parent {
		p.player.fetches = 0
		p.settle(ctx)
	}
	c.line.Unlock()
	c.sim.flush(ctx, c.root())
	return err
}

func (c *Call) root() *Call {
	for c.parent != nil {
		c = c.parent
	}
	return c
}

// caller is From as Twilio sends it: a withheld number is +266696687, the
// letters of ANONYMOUS on a keypad.
func (c *Call) caller() string {
	if c.from == "" {
		return "+266696687"
	}
	return c.from
}

func (c *Call) note(e Event) {
	e.At = c.sim.cfg.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, e)
}

func (c *Call) log(x Exchange) {
	c.mu.Lock()
	c.traffic = append(c.traffic, x)
	c.mu.Unlock()
	if x.Callback {
		c.sim.logCallback(x)
	}
}

func (s *Sim) logCallback(x Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callbacks = append(s.callbacks, x)
}

// Callbacks returns all status callbacks that were sent, in order, for calls,
// texts and recordings.
func (s *Sim) Callbacks() []Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.callbacks)
}

func (c *Call) setAwait(a Await) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.await = a
}

func (c *Call) awaiting() AwaitKind {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.await.Kind
}

func (c *Call) setStatus(s Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = s
}

// Transcript returns the events as lines for people and for golden files:
// "line: …" is what was heard, "caller: …" what was done.
func (c *Call) Transcript() string {
	var b strings.Builder
	for _, e := range c.Events() {
		if line := e.line(); line != "" {
			b.WriteString(line)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// line renders an event, "" for those that nobody on the telephone notices.
func (e Event) line() string {
	switch e.Kind {
	case EventSaid:
		if e.Slow {
			return "line (slow): " + e.Text
		}
		return "line: " + e.Text
	case EventPlayed:
		return "line plays " + pathOf(e.URL)
	case EventPressed:
		return "caller presses " + e.Text
	case EventSpoke:
		return "caller: " + e.Text
	case EventRecorded:
		return fmt.Sprintf("recorded: %s (%.0f s)", e.Text, e.Duration.Seconds())
	case EventDialed:
		return "dialed " + e.To + ": " + e.Result
	case EventQueued:
		return "queue " + e.Text + ": " + e.Result
	case EventWarned, EventRefused:
		return fmt.Sprintf("%s %d: %s", e.Kind, e.Code, e.Text)
	case EventEnded:
		return "ended: " + e.Text
	}
	return ""
}
