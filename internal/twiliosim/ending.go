package twiliosim

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// finish ends the call: what was going on is closed as Twilio closes it, the
// actions of Record, Dial and Enqueue are requested (nobody hears their
// answers), then the status callback is queued.
func (c *Call) finish(ctx context.Context, reason string, status Status) {
	if c.Status().Over() {
		return
	}
	c.over(status)
	p := &c.player
	if p.record != nil {
		c.endRecord(ctx, "hangup")
	}
	if p.dial != nil {
		c.abandonDial(ctx)
	}
	if p.queued != nil {
		c.abandonQueue(ctx)
	}
	c.note(Event{Kind: EventEnded, Text: reason, Result: string(status)})
	c.player = player{}
	c.setAwait(Await{Kind: AwaitNothing})
	c.report("completed")
	if c.parent != nil {
		c.parent.legOver(ctx, c)
	}
}

func (c *Call) over(status Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = status
	c.ended = c.sim.cfg.Now()
}

// callbackSpec is where status callbacks go.
type callbackSpec struct {
	url, method string
	events      []string // empty means the last one only
}

// report queues the status callback of an event: initiated, ringing, answered
// or completed.
func (c *Call) report(event string) {
	spec := c.callback
	if spec.url == "" || !slices.Contains(spec.wanted(), event) {
		return
	}
	f := c.form()
	if event == "initiated" {
		f.Set("CallStatus", "initiated")
	}
	c.mu.Lock()
	f.Set("SequenceNumber", strconv.Itoa(c.sequence))
	c.sequence++
	started, ended, answeredBy, code := c.started, c.ended, c.answeredBy, c.sipCode
	c.mu.Unlock()
	f.Set("CallbackSource", "call-progress-events")
	f.Set("Timestamp", c.sim.cfg.Now().UTC().Format(time.RFC1123Z))
	if answeredBy != "" {
		f.Set("AnsweredBy", answeredBy)
	}
	if event == "completed" {
		talked := time.Duration(0)
		if !started.IsZero() {
			talked = ended.Sub(started)
		}
		f.Set("CallDuration", seconds(talked))
		f.Set("Duration", strconv.Itoa(int(math.Ceil(talked.Minutes()))))
		if code != 0 {
			f.Set("SipResponseCode", strconv.Itoa(code))
		}
	}
	c.post(spec, f)
}

func (spec callbackSpec) wanted() []string {
	if len(spec.events) == 0 {
		return []string{"completed"}
	}
	return spec.events
}

// post queues a callback of the call; it is sent at the end of the turn unless
// a fault holds it.
func (c *Call) post(spec callbackSpec, form url.Values) {
	c.sim.postCallback(c.root(), spec, form, true, c.log)
}

func (s *Sim) postCallback(root *Call, spec callbackSpec, form url.Values, voice bool, log func(Exchange)) {
	path := pathOf(spec.url)
	if _, dropped := s.strike(path, FaultDropCallback); dropped {
		return
	}
	j := &job{call: root, auto: root != nil, due: s.cfg.Now(), held: s.standing().HoldCallbacks}
	if f, late := s.strike(path, FaultDelayCallback); late {
		j.auto, j.due = false, j.due.Add(f.After)
	}
	if j.held {
		j.auto = false
	}
	h := hook{method: methodOr(spec.method), url: spec.url, form: form, voice: voice, callback: true, log: log}
	if h.method != http.MethodGet {
		h.method = http.MethodPost
	}
	j.run = func(ctx context.Context) { s.send(ctx, h) }
	s.jobs.add(j)
}
