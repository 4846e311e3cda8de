package twiliosim

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// callQueue is a queue made by Enqueue. Its lists are guarded by Sim.mu.
type callQueue struct {
	sid     string
	members []*Call
	askers  []*Call // Dial Queue while it was empty
}

// queueState is a caller in a queue.
type queueState struct {
	verb       *element
	name, sid  string
	wait       document
	after      []*element // verbs after the Enqueue
	at         document
	kind       docKind
	since      time.Time
	peer       *Call // who took the caller out
	waitNeeded bool
	// timePassed says that a Gather of the wait document ran out: when the
	// document ends Twilio asks for it again at once. Without one it would go
	// round for ever here, where sounds take no time.
	timePassed bool
}

const maxQueueSize = 100

// enqueue puts the caller into a queue and plays the wait document. Without a
// waitUrl Twilio plays its own music.
func (c *Call) enqueue(ctx context.Context, e *element) {
	if c.parent != nil || c.player.queued != nil {
		c.refused(ctx, refuse(12200, "<Enqueue> where a call cannot be queued"), c.player.at.url)
		return
	}
	name := strings.TrimSpace(e.content())
	p := &c.player
	q := &queueState{verb: e, name: name, after: p.verbs, at: p.at, kind: p.kind, since: c.sim.cfg.Now()}
	if ref := e.or("waitUrl", ""); ref != "" {
		at, err := resolve(p.at.url, ref)
		if err != nil {
			c.refused(ctx, refuse(14202, "the waitUrl cannot be resolved"), p.at.url)
			return
		}
		q.wait, q.waitNeeded = document{at, e.or("waitUrlMethod", http.MethodPost)}, true
	}
	asker := c.sim.join(c, name, q)
	p.queued, p.verbs, p.kind = q, nil, waitDoc
	c.note(Event{Kind: EventQueued, Text: name, Result: "waiting"})
	if asker != nil {
		asker.later(c, func(ctx context.Context) { asker.pair(ctx, c) })
	}
	if q.waitNeeded {
		c.wait(ctx)
		return
	}
	c.setAwait(Await{Kind: AwaitQueue})
}

// join adds a caller to a queue and returns who was waiting for one, if
// anybody.
func (s *Sim) join(c *Call, name string, q *queueState) *Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := s.queues[name]
	if line == nil {
		line = &callQueue{sid: s.ids.sid("QU")}
		s.queues[name] = line
	}
	q.sid = line.sid
	if len(line.askers) > 0 {
		first := line.askers[0]
		line.askers = line.askers[1:]
		return first
	}
	line.members = append(line.members, c)
	return nil
}

// place takes a caller out of the list and returns the place and the number of
// those who waited.
func (s *Sim) place(c *Call, name string, remove bool) (place, size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := s.queues[name]
	i := slices.Index(line.members, c)
	size = len(line.members)
	if remove && i >= 0 {
		line.members = slices.Delete(line.members, i, i+1)
	}
	return i + 1, size
}

// wait requests the wait document and plays it; Twilio does so again whenever
// it runs out.
func (c *Call) wait(ctx context.Context) {
	q := c.player.queued
	if q == nil || !q.waitNeeded {
		return
	}
	c.setAwait(Await{})
	place, size := c.sim.place(c, q.name, false)
	c.fetch(ctx, q.wait, url.Values{
		"QueuePosition": {strconv.Itoa(place)}, "QueueSid": {q.sid}, "QueueTime": {q.waited(c)},
		"AvgQueueTime": {"0"}, "CurrentQueueSize": {strconv.Itoa(size)}, "MaxQueueSize": {strconv.Itoa(maxQueueSize)},
	})
}

func (q *queueState) waited(c *Call) string { return seconds(c.sim.cfg.Now().Sub(q.since)) }

func (q *queueState) result(c *Call, how string) url.Values {
	return url.Values{"QueueResult": {how}, "QueueSid": {q.sid}, "QueueTime": {q.waited(c)}}
}

// leaveQueue goes on after the Enqueue: by its action, or with the next verb.
func (c *Call) leaveQueue(ctx context.Context, how string) {
	q := c.player.queued
	c.sim.place(c, q.name, true)
	c.note(Event{Kind: EventQueued, Text: q.name, Result: how})
	c.partFromAsker(q)
	p := &c.player
	p.queued, p.gather, p.verbs, p.at, p.kind = nil, nil, q.after, q.at, q.kind
	c.setAwait(Await{})
	if ref, ok := q.verb.get("action"); ok {
		p.verbs = nil
		c.fetchRef(ctx, ref, q.verb.or("method", http.MethodPost), q.result(c, how))
	}
}

// abandonQueue is the caller hanging up in the queue or in the talk after it.
func (c *Call) abandonQueue(ctx context.Context) {
	how := "hangup"
	if c.player.queued.peer != nil {
		how = "bridged"
	}
	c.tellQueue(ctx, how)
}

// tellQueue leaves the queue and tells its action, the answer of which nobody
// hears.
func (c *Call) tellQueue(ctx context.Context, how string) {
	q := c.player.queued
	c.sim.place(c, q.name, true)
	c.note(Event{Kind: EventQueued, Text: q.name, Result: how})
	c.partFromAsker(q)
	c.player.queued = nil
	if _, ok := q.verb.get("action"); ok {
		c.player.at = q.at
		c.tell(ctx, q.verb, q.result(c, how))
	}
}

// partFromAsker lets the other side of the talk know that it is over.
func (c *Call) partFromAsker(q *queueState) {
	if peer := q.peer; peer != nil {
		q.peer = nil
		peer.later(c, func(ctx context.Context) {
			if d := peer.player.dial; d != nil && d.peer == c {
				peer.finishDial(ctx)
			}
		})
	}
}

// partFromMember lets a caller from a queue go on after the talk.
func (c *Call) partFromMember(d *dialState) {
	if member := d.peer; member != nil {
		member.later(c, func(ctx context.Context) {
			if q := member.player.queued; q != nil && q.peer == c {
				q.peer = nil
				member.leaveQueue(ctx, "bridged")
			}
		})
	}
}

// takeFromQueue connects with the first caller in a queue, or waits for one.
func (c *Call) takeFromQueue(name string) {
	d := c.player.dial
	c.sim.mu.Lock()
	line := c.sim.queues[name]
	if line == nil {
		line = &callQueue{sid: c.sim.ids.sid("QU")}
		c.sim.queues[name] = line
	}
	var first *Call
	if len(line.members) > 0 {
		first, line.members = line.members[0], line.members[1:]
	} else {
		line.askers = append(line.askers, c)
	}
	c.sim.mu.Unlock()
	if first == nil {
		d.waiting = name
		c.setAwait(Await{Kind: AwaitRinging, Timeout: d.timeout()})
		return
	}
	c.pair(context.Background(), first)
}

// pair bridges the dialling call with a caller from a queue. The caller's side
// follows in a turn of its own.
func (c *Call) pair(_ context.Context, member *Call) {
	d := c.player.dial
	if d == nil || c.Status().Over() {
		return
	}
	d.peer, d.since, d.waiting = member, c.sim.cfg.Now(), ""
	c.setAwait(Await{Kind: AwaitTalk})
	c.note(Event{Kind: EventDialed, To: "queue", Result: "bridged"})
	member.later(c, func(ctx context.Context) {
		q := member.player.queued
		if member.Status().Over() || q == nil {
			c.later(member, func(ctx context.Context) { c.finishDial(ctx) })
			return
		}
		q.peer = c
		member.player.verbs, member.player.gather, member.player.typed = nil, nil, ""
		noun := d.nouns[0]
		ref, words := noun.get("url")
		at, err := resolve(c.player.at.url, ref)
		if !words || err != nil {
			member.join()
			return
		}
		member.setAwait(Await{})
		member.player.kind = joinDoc
		member.fetch(ctx, document{at, noun.or("method", http.MethodPost)}, nil)
	})
}

// join bridges a caller from a queue, after the words of Queue's url.
func (c *Call) join() {
	c.player.kind = waitDoc
	c.setAwait(Await{Kind: AwaitTalk})
	c.note(Event{Kind: EventQueued, Text: c.player.queued.name, Result: "bridged"})
}

// Queued reports whether the call waits in a queue, connected to nobody yet.
func (c *Call) Queued() bool {
	c.line.Lock()
	defer c.line.Unlock()
	return c.player.queued != nil && c.player.queued.peer == nil
}

// later runs a turn of this call after the turn of another.
func (c *Call) later(after *Call, f func(context.Context)) {
	c.sim.jobs.add(&job{call: after.root(), auto: true, due: c.sim.cfg.Now(), run: func(ctx context.Context) {
		_ = c.drive(ctx, func(ctx context.Context) error {
			f(ctx)
			return nil
		})
	}})
}

func (s *Sim) stopAsking(c *Call, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if line := s.queues[name]; line != nil {
		line.askers = slices.DeleteFunc(line.askers, func(a *Call) bool { return a == c })
	}
}
