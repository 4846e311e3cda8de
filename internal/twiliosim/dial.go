package twiliosim

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// dialState is a Dial verb at work: its legs in order, those not rung yet
// (sequential), and the one that was bridged.
type dialState struct {
	verb     *element
	nouns    []*element // not rung yet
	legs     []*Call
	byLeg    map[*Call]*element
	bridged  *Call
	since    time.Time
	seat     *seat     // in a conference
	peer     *Call     // taken from a queue
	waiting  string    // the name of an empty queue
	starting bool      // legs are being rung, do not judge yet
	done     time.Time // the bridged leg ended
}

// startDial rings the nouns of a Dial.
func (c *Call) startDial(ctx context.Context, e *element) {
	if c.player.kind == whisperDoc || c.parent != nil {
		c.refused(ctx, refuse(13201, "<Dial> on a dialled leg"), c.player.at.url)
		return
	}
	if id, ok := e.get("callerId"); ok && !c.mayShow(id) {
		c.refused(ctx, refuse(13214, "<Dial callerId> is neither the account's nor the call's"), c.player.at.url)
		return
	}
	d := &dialState{verb: e, nouns: e.elements(), byLeg: map[*Call]*element{}}
	c.player.dial = d
	c.player.typed = ""
	if len(d.nouns) == 0 {
		d.nouns = []*element{{name: "Number", children: []*element{{text: strings.TrimSpace(e.content())}}}}
	}
	switch d.nouns[0].name {
	case "Conference":
		c.joinRoom(ctx, d.nouns[0])
	case "Queue":
		c.takeFromQueue(strings.TrimSpace(d.nouns[0].content()))
	default:
		c.ringMore(ctx)
	}
}

// mayShow reports whether the call may show a number as its caller: its own
// two, or one of the account.
func (c *Call) mayShow(id string) bool {
	if id == c.from || id == c.to {
		return true
	}
	c.sim.mu.Lock()
	defer c.sim.mu.Unlock()
	_, ours := c.sim.numbers[id]
	return ours
}

// ringMore rings all numbers at once, or the next one of a sequential Dial,
// and lets each react.
func (c *Call) ringMore(ctx context.Context) {
	d := c.player.dial
	batch := d.nouns
	if d.verb.or("sequential", "false") == "true" {
		batch = d.nouns[:1]
	}
	d.nouns = d.nouns[len(batch):]
	c.setAwait(Await{Kind: AwaitRinging, Timeout: d.timeout()})
	d.starting = true
	var rung []*Call
	for _, noun := range batch {
		rung = append(rung, c.ringLeg(noun))
	}
	for _, leg := range rung {
		if !leg.Status().Over() {
			leg.react(ctx)
			leg.settle(ctx)
		}
	}
	d.starting = false
	c.judgeDial(ctx)
}

func (d *dialState) timeout() time.Duration {
	n, err := strconv.Atoi(d.verb.or("timeout", "30"))
	if err != nil {
		n = 30
	}
	return time.Duration(n) * time.Second
}

func (c *Call) ringLeg(noun *element) *Call {
	d := c.player.dial
	leg := c.sim.newCall(callSpec{from: d.verb.or("callerId", c.caller()), to: strings.TrimSpace(noun.content()),
		direction: "outbound-dial", status: StatusRinging, parent: c})
	d.legs = append(d.legs, leg)
	d.byLeg[leg] = noun
	leg.player.kind = whisperDoc
	if ref, ok := noun.get("statusCallback"); ok {
		at, err := resolve(c.player.at.url, ref)
		if err == nil {
			leg.callback = callbackSpec{url: at, method: noun.or("statusCallbackMethod", http.MethodPost),
				events: strings.Fields(noun.or("statusCallbackEvent", "completed"))}
		}
	}
	leg.setAwait(Await{Kind: AwaitRinging, Timeout: d.timeout()})
	leg.report("initiated")
	leg.report("ringing")
	return leg
}

// react does what the called person or machine does.
func (c *Call) react(ctx context.Context) {
	b := c.sim.callee(c.to)
	c.script = &b
	switch b.Outcome {
	case OutcomeBusy:
		c.unheard(ctx, StatusBusy, 486)
	case OutcomeNoAnswer:
		c.unheard(ctx, StatusNoAnswer, 487)
	case OutcomeFails:
		if b.Code >= 10000 {
			c.warn(b.Code, "Twilio does not dial this number")
			b.Code = 0
		}
		c.unheard(ctx, StatusFailed, b.Code)
	case OutcomeRings:
	default:
		c.pickUp(ctx)
	}
}

func (s *Sim) callee(to string) CalleeBehaviour {
	s.mu.Lock()
	f := s.cfg.Callee
	s.mu.Unlock()
	b := f(to)
	b.Keys = append([]string(nil), b.Keys...)
	return b
}

// unheard ends a call that nobody took.
func (c *Call) unheard(ctx context.Context, status Status, sip int) {
	c.mu.Lock()
	c.sipCode = sip
	c.mu.Unlock()
	c.finish(ctx, EndUnheard, status)
}

// ringOut is a ringing telephone at its timeout: this leg, or all legs of the
// call that dialled.
func (c *Call) ringOut(ctx context.Context) {
	d := c.player.dial
	if d == nil {
		c.unheard(ctx, StatusNoAnswer, 487)
		return
	}
	d.starting = true
	for _, leg := range d.legs {
		if leg.awaiting() == AwaitRinging {
			leg.unheard(ctx, StatusNoAnswer, 487)
		}
	}
	d.starting = false
	if d.waiting != "" {
		c.sim.stopAsking(c, d.waiting)
		d.waiting = ""
		c.finishDial(ctx)
		return
	}
	c.judgeDial(ctx)
}

// pickUp answers a ringing telephone and plays what it is to hear: the
// document of a call made over REST, or a leg's whisper.
func (c *Call) pickUp(ctx context.Context) {
	c.setAwait(Await{})
	c.answered()
	c.report("answered")
	if c.parent == nil {
		c.hear(ctx)
		return
	}
	noun := c.parent.player.dial.byLeg[c]
	c.detectLeg(noun)
	ref, ok := noun.get("url")
	if !ok {
		c.bridge(ctx)
		return
	}
	at, err := resolve(c.parent.player.at.url, ref)
	if err == nil {
		c.fetch(ctx, document{at, noun.or("method", http.MethodPost)}, nil)
	}
}

// bridge connects a leg whose whisper is over with the caller; the other legs
// are told that they lost.
func (c *Call) bridge(ctx context.Context) {
	d := c.parent.player.dial
	if d == nil || d.bridged != nil {
		c.finish(ctx, EndRemote, StatusCompleted)
		return
	}
	d.bridged, d.since = c, c.sim.cfg.Now()
	c.player.typed = ""
	c.setAwait(Await{Kind: AwaitTalk})
	c.parent.answered()
	c.parent.player.typed = ""
	c.parent.setAwait(Await{Kind: AwaitTalk})
	c.parent.note(Event{Kind: EventDialed, To: c.to, Result: "bridged"})
	for _, leg := range d.legs {
		if leg != c {
			leg.lose(ctx)
		}
	}
}

// lose ends a leg that is not needed any more.
func (c *Call) lose(ctx context.Context) {
	if c.Status() == StatusRinging {
		c.finish(ctx, EndUnheard, StatusCanceled)
		return
	}
	c.finish(ctx, EndRemote, StatusCompleted)
}

// legOver is a leg's end as the call that dialled sees it.
func (c *Call) legOver(ctx context.Context, leg *Call) {
	d := c.player.dial
	if d == nil {
		return
	}
	if d.bridged == leg {
		d.done = c.sim.cfg.Now()
	} else {
		c.note(Event{Kind: EventDialed, To: leg.to, Result: string(leg.Status())})
	}
	c.judgeDial(ctx)
}

// judgeDial goes on when the legs leave nothing to wait for.
func (c *Call) judgeDial(ctx context.Context) {
	d := c.player.dial
	if d == nil || d.starting || c.Status().Over() {
		return
	}
	if d.bridged != nil {
		if d.bridged.Status().Over() {
			c.finishDial(ctx)
		}
		return
	}
	for _, leg := range d.legs {
		if !leg.Status().Over() {
			return
		}
	}
	if len(d.nouns) > 0 {
		c.ringMore(ctx)
		return
	}
	c.finishDial(ctx)
}

// finishDial requests the action, or plays the next verb.
func (c *Call) finishDial(ctx context.Context) {
	d := c.player.dial
	if d == nil {
		return
	}
	result := c.dialResult()
	c.partFromMember(d)
	c.player.dial = nil
	c.setAwait(Await{})
	if ref, ok := d.verb.get("action"); ok {
		c.fetchRef(ctx, ref, d.verb.or("method", http.MethodPost), result)
	}
}

// abandonDial ends the legs after the caller is gone and tells the action.
// Twilio does not document the status of a leg that still rang then; it is
// no-answer here.
func (c *Call) abandonDial(ctx context.Context) {
	d := c.player.dial
	d.starting = true
	for _, leg := range d.legs {
		if leg.Status() == StatusRinging {
			leg.finish(ctx, EndRemote, StatusNoAnswer)
		}
		leg.finish(ctx, EndRemote, StatusCompleted)
	}
	c.leaveSeat()
	if d.waiting != "" {
		c.sim.stopAsking(c, d.waiting)
	}
	result := c.dialResult()
	c.partFromMember(d)
	c.player.dial = nil
	if _, ok := d.verb.get("action"); ok {
		c.tell(ctx, d.verb, result)
	}
}

// dialResult is what the action is told
// (twilio.com/docs/voice/twiml/dial#request-parameters). A leg that was
// answered and declined, or a machine, counts as completed with DialBridged
// false.
func (c *Call) dialResult() url.Values {
	d := c.player.dial
	f := url.Values{"DialBridged": {strconv.FormatBool(d.bridged != nil || d.peer != nil)}}
	if d.seat != nil {
		f.Set("DialCallStatus", "answered")
		return f
	}
	leg := d.bridged
	status := StatusNoAnswer
	if d.peer != nil {
		status = StatusCompleted
	}
	for _, l := range d.legs {
		if leg == nil && l.Status() == StatusCompleted {
			leg = l
		}
	}
	if leg == nil && len(d.legs) > 0 {
		leg = d.legs[len(d.legs)-1]
	}
	if leg != nil {
		status = leg.Status()
		f.Set("DialCallSid", leg.sid)
		leg.mu.Lock()
		if !leg.started.IsZero() {
			f.Set("DialCallDuration", seconds(leg.ended.Sub(leg.started)))
		}
		leg.mu.Unlock()
	}
	f.Set("DialCallStatus", string(status))
	c.recordTalk(f)
	return f
}

// recordTalk keeps the recording of a bridged Dial with record=.
func (c *Call) recordTalk(f url.Values) {
	d := c.player.dial
	mode := d.verb.or("record", "do-not-record")
	if d.bridged == nil || mode == "do-not-record" || mode == "false" {
		return
	}
	channels := 1
	if strings.HasSuffix(mode, "dual") {
		channels = 2
	}
	rec := c.keep("", "DialVerb", channels)
	rec.duration = c.sim.cfg.Now().Sub(d.since)
	c.sim.store(rec)
	f.Set("RecordingUrl", c.sim.recordingURL(rec.sid))
	c.recordingCallback(d.verb, rec)
}

// talkKey is a key during a talk or while it rings: only hangupOnStar hears
// it.
func (c *Call) talkKey(ctx context.Context, key string) {
	d := c.player.dial
	if d == nil || key != "*" || d.verb.or("hangupOnStar", "false") != "true" {
		return
	}
	d.starting = true
	for _, leg := range d.legs {
		if !leg.Status().Over() {
			leg.lose(ctx)
		}
	}
	d.starting = false
	c.leaveSeat()
	c.finishDial(ctx)
}
