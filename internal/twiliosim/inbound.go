package twiliosim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Text delivers an inbound text, with the addresses of attached media, to the
// number's SMSURL and sends what the TwiML answers. It keeps the opt-out list
// as Twilio and the toll-free network do; the message still reaches the
// application. It returns the last exchange, and an error with Twilio's code
// when the answer was refused and no fallback saved it.
func (s *Sim) Text(ctx context.Context, from, to, body string, media ...string) (Exchange, error) {
	s.mu.Lock()
	number, ok := s.numbers[to]
	s.mu.Unlock()
	if !ok || number.SMSURL == "" {
		return Exchange{}, errors.New("twiliosim: text: the account has no such number with an SMSURL")
	}
	in := &inboundText{sim: s, from: from, to: to, fallback: s.absolute(number.SMSFallbackURL)}
	form := in.fields(body, media)
	if kind := optOutType(body, number.TollFree); kind != "" {
		s.optOut(from, to, kind)
		if number.AdvancedOptOut {
			form.Set("OptOutType", kind)
		}
	}
	if r := in.fetch(ctx, s.absolute(number.SMSURL), http.MethodPost, form); r != nil {
		return in.last, fmt.Errorf("twiliosim: text: refused: %w", r)
	}
	return in.last, nil
}

func (s *Sim) optOut(from, to, kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pair := [2]string{to, from}
	switch kind {
	case "STOP":
		s.optedOut[pair] = true
	case "START":
		delete(s.optedOut, pair)
	}
}

// inboundText is an inbound message on its way through the application.
type inboundText struct {
	sim      *Sim
	from, to string
	fallback string
	fetches  int
	last     Exchange
}

// fields is what Twilio posts of a message
// (twilio.com/docs/messaging/guides/webhook-request).
func (in *inboundText) fields(body string, media []string) url.Values {
	prefix := "SM"
	if len(media) > 0 {
		prefix = "MM"
	}
	sid := in.sim.ids.sid(prefix)
	f := url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid}, "AccountSid": {in.sim.cfg.AccountSID},
		"From": {in.from}, "To": {in.to}, "Body": {body}, "NumMedia": {strconv.Itoa(len(media))},
		"NumSegments": {strconv.Itoa(Segments(body))}, "SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"},
	}
	for i, m := range media {
		f.Set("MediaUrl"+strconv.Itoa(i), m)
		f.Set("MediaContentType"+strconv.Itoa(i), "image/jpeg")
	}
	for _, side := range []string{"From", "To"} {
		f.Set(side+"City", "")
		f.Set(side+"State", "")
		f.Set(side+"Zip", "")
		f.Set(side+"Country", countryOf(f.Get(side)))
	}
	return f
}

// fetch asks for the answer to the message and acts on it.
func (in *inboundText) fetch(ctx context.Context, at, method string, form url.Values) *refusal {
	if in.fetches++; in.fetches > maxFetches {
		return refuse(14106, "the message was sent in circles")
	}
	a := in.sim.send(ctx, hook{method: method, url: at, form: form, log: func(x Exchange) {
		if !x.Duplicate {
			in.last = x
		}
	}})
	r := in.judge(a)
	if r == nil {
		verbs, bad := in.verbs(a)
		if r = bad; r == nil {
			return in.act(ctx, verbs, a.url, form)
		}
	}
	if in.fallback == "" {
		return r
	}
	next := maps.Clone(form)
	next.Set("ErrorCode", strconv.Itoa(r.code))
	next.Set("ErrorUrl", at)
	fallback := in.fallback
	in.fallback = ""
	return in.fetch(ctx, fallback, http.MethodPost, next)
}

func (in *inboundText) judge(a answer) *refusal {
	if a.code != 0 {
		return refuse(a.code, "%s", a.problem())
	}
	return nil
}

// verbs reads the answer. 204 is no reply; plain text is a reply of its own.
func (in *inboundText) verbs(a answer) ([]*element, *refusal) {
	if a.status == http.StatusNoContent {
		return nil, nil
	}
	if len(strings.TrimSpace(string(a.body))) == 0 {
		return nil, refuse(11770, "empty answer")
	}
	switch kindOf(a.kind) {
	case answerTwiML:
		return parseTwiML(a.body, messagingDoc, false)
	case answerText:
		return []*element{{name: "Message", children: []*element{{text: string(a.body)}}}}, nil
	}
	return nil, refuse(12300, "content type %q", a.kind)
}

func (in *inboundText) act(ctx context.Context, verbs []*element, at string, form url.Values) *refusal {
	for _, e := range verbs {
		if e.name == "Redirect" {
			next, err := resolve(at, strings.TrimSpace(e.content()))
			if err != nil {
				return refuse(11100, "an address cannot be resolved")
			}
			return in.fetch(ctx, next, e.or("method", http.MethodPost), form)
		}
		in.reply(e, at)
	}
	return nil
}

// reply queues a text to who wrote; to an opted-out number it never leaves.
func (in *inboundText) reply(e *element, at string) {
	t := &textRecord{from: e.or("from", in.to), to: e.or("to", in.from), body: messageBody(e),
		status: "queued", direction: "outbound-reply"}
	if ref, ok := e.get("statusCallback"); ok {
		t.callback, _ = resolve(at, ref)
	}
	in.sim.keepText(t)
	in.sim.mu.Lock()
	stopped := in.sim.optedOut[[2]string{t.from, t.to}]
	in.sim.mu.Unlock()
	if stopped {
		in.sim.textStatus(t, "failed", 21610)
		return
	}
	in.sim.queueText(t)
}
