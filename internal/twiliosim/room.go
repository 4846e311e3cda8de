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

// room is a conference; its list is guarded by Sim.mu.
type room struct {
	sid, name string
	seats     []*seat
	sequence  int
}

// seat is a call in a conference.
type seat struct {
	call     *Call
	room     *room
	noun     *element
	callback callbackSpec
}

// joinRoom seats the call in a conference. Who is alone hears the waitUrl's
// document once.
func (c *Call) joinRoom(ctx context.Context, noun *element) {
	name := strings.TrimSpace(noun.content())
	st := &seat{call: c, noun: noun}
	if ref, ok := noun.get("statusCallback"); ok {
		if at, err := resolve(c.player.at.url, ref); err == nil {
			st.callback = callbackSpec{url: at, method: noun.or("statusCallbackMethod", http.MethodPost),
				events: strings.Fields(noun.or("statusCallbackEvent", ""))}
		}
	}
	alone := c.sim.sit(st, name)
	c.player.dial.seat, c.player.dial.since = st, c.sim.cfg.Now()
	c.note(Event{Kind: EventDialed, To: "conference " + name, Result: "bridged"})
	st.report("join", "participant-join")
	if alone {
		c.waitInRoom(ctx, noun)
	} else {
		st.report("start", "conference-start")
	}
	if !c.Status().Over() && c.player.dial != nil {
		c.setAwait(Await{Kind: AwaitTalk})
	}
}

func (s *Sim) sit(st *seat, name string) (alone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[name]
	if r == nil {
		r = &room{sid: s.ids.sid("CF"), name: name}
		s.rooms[name] = r
	}
	st.room = r
	r.seats = append(r.seats, st)
	return len(r.seats) == 1
}

func (c *Call) waitInRoom(ctx context.Context, noun *element) {
	ref := noun.or("waitUrl", "")
	if ref == "" {
		return
	}
	at, err := resolve(c.player.at.url, ref)
	if err != nil {
		return
	}
	a, r := c.ask(ctx, document{at, noun.or("waitMethod", http.MethodPost)}, nil)
	if r == nil && kindOf(a.kind) != answerTwiML {
		return
	}
	var verbs []*element
	if r == nil {
		verbs, r = parseTwiML(a.body, roomDoc, false)
	}
	if r != nil {
		c.warn(13238, "waiting music: "+r.why)
		return
	}
	for _, e := range verbs {
		c.sound(ctx, e)
	}
}

// leaveSeat takes the call out of its conference. Where it ends the conference
// the others leave in turns of their own.
func (c *Call) leaveSeat() {
	d := c.player.dial
	if d == nil || d.seat == nil || d.seat.call != c {
		return
	}
	st := d.seat
	c.sim.mu.Lock()
	i := slices.Index(st.room.seats, st)
	var others []*seat
	if i >= 0 {
		st.room.seats = slices.Delete(st.room.seats, i, i+1)
		others = slices.Clone(st.room.seats)
	}
	if len(others) == 0 {
		delete(c.sim.rooms, st.room.name)
	}
	c.sim.mu.Unlock()
	if i < 0 {
		return
	}
	st.report("leave", "participant-leave")
	ends := st.noun.or("endConferenceOnExit", "false") == "true"
	if len(others) == 0 || ends {
		st.report("end", "conference-end")
	}
	if !ends {
		return
	}
	for _, o := range others {
		o.call.later(c, func(ctx context.Context) {
			if d := o.call.player.dial; d != nil && d.seat == o {
				o.call.leaveSeat()
				o.call.finishDial(ctx)
			}
		})
	}
}

// report queues a conference callback of the participant who asked for it.
func (st *seat) report(event, name string) {
	if st.callback.url == "" || !slices.Contains(st.callback.events, event) {
		return
	}
	s := st.call.sim
	s.mu.Lock()
	n := st.room.sequence
	st.room.sequence++
	s.mu.Unlock()
	st.call.post(st.callback, url.Values{
		"AccountSid": {s.cfg.AccountSID}, "CallSid": {st.call.sid}, "ConferenceSid": {st.room.sid},
		"FriendlyName": {st.room.name}, "StatusCallbackEvent": {name}, "SequenceNumber": {strconv.Itoa(n)},
		"Timestamp": {s.cfg.Now().UTC().Format(time.RFC1123Z)}, "Muted": {st.noun.or("muted", "false")},
		"Hold": {"false"}, "Coaching": {"false"},
		"EndConferenceOnExit":    {st.noun.or("endConferenceOnExit", "false")},
		"StartConferenceOnEnter": {st.noun.or("startConferenceOnEnter", "true")},
	})
}
