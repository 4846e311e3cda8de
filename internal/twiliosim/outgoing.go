package twiliosim

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// outgoing is what Create Call asked for.
type outgoing struct {
	url, method, twiml string
	timeout            time.Duration
	machineDetection   string
	asyncAMD           bool
	asyncCallback      callbackSpec
}

// dialOut is the job that rings the callee of a call made over REST.
func (c *Call) dialOut(ctx context.Context) {
	_ = c.drive(ctx, func(ctx context.Context) error {
		if c.Status() != StatusQueued {
			return nil
		}
		c.setStatus(StatusRinging)
		c.setAwait(Await{Kind: AwaitRinging, Timeout: c.outgoing.timeout})
		c.report("initiated")
		c.report("ringing")
		c.react(ctx)
		return nil
	})
}

// hear plays the document of an outbound call that was answered, after
// answering machine detection where that is synchronous.
func (c *Call) hear(ctx context.Context) {
	o := c.outgoing
	extra := url.Values{}
	if o.machineDetection != "" && o.asyncAMD {
		if o.asyncCallback.url != "" {
			c.postDetection(o.asyncCallback, o.machineDetection)
		}
	} else if o.machineDetection != "" {
		verdict := verdictOf(c.script, o.machineDetection)
		c.mu.Lock()
		c.answeredBy = verdict
		c.mu.Unlock()
		extra.Set("AnsweredBy", verdict)
	}
	if o.url == "" {
		c.play(ctx, []byte(o.twiml), document{}, true)
		return
	}
	c.fetch(ctx, document{o.url, methodOr(o.method)}, extra)
}

// redirect is a call update with Url or Twiml: what went on is dropped and the
// new document plays.
func (c *Call) redirect(ctx context.Context, d document, twiml string) {
	_ = c.drive(ctx, func(ctx context.Context) error {
		if c.Status() != StatusInProgress {
			return nil
		}
		c.drop(ctx)
		c.player = player{fetches: c.player.fetches, updated: true}
		c.setAwait(Await{})
		if twiml != "" {
			c.play(ctx, []byte(twiml), document{}, true)
			return nil
		}
		if d.method == "" {
			d.method = http.MethodPost
		}
		c.fetch(ctx, d, nil)
		return nil
	})
}

// drop closes what a redirected call was doing. Dial's action is not
// requested; Enqueue's is told "redirected" and its answer ignored.
func (c *Call) drop(ctx context.Context) {
	p := &c.player
	if d := p.dial; d != nil {
		d.starting = true
		for _, leg := range d.legs {
			if !leg.Status().Over() {
				leg.lose(ctx)
			}
		}
		c.leaveSeat()
		c.partFromMember(d)
		if d.waiting != "" {
			c.sim.stopAsking(c, d.waiting)
		}
		p.dial = nil
	}
	if q := p.queued; q != nil {
		result := "redirected"
		if q.peer != nil {
			result = "redirected-from-bridged"
		}
		c.tellQueue(ctx, result)
	}
}
