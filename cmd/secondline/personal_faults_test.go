package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"secondline/internal/event"
	"secondline/internal/twiliosim"
)

// post sends an event as the case system does, signed or not.
func (s *searched) post(body string, signed bool) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, worldURL+event.Path, strings.NewReader(body))
	s.must(err)
	r.Header.Set("Content-Type", event.TypeEvent)
	if signed {
		now := s.clock.Now()
		r.Header.Set(event.HeaderID, "msg1")
		r.Header.Set(event.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
		r.Header.Set(event.HeaderSignature, s.secret.Sign("msg1", now, []byte(body)))
	}
	res, err := twiliosim.HandlerTransport(s.line.handler).RoundTrip(r)
	s.must(err)
	answer, err := io.ReadAll(res.Body)
	s.must(err)
	if signed { // who wrote it may hear its name again
		s.add(inErrors, "an answer to an event", answer, s.people...)
	} else {
		s.add(inErrors, "an answer to an event", answer)
	}
	s.must(s.settle(s.t.Context()))
	return res.StatusCode
}

// events come in: right, wrong, before their case, unsigned.
func (s *searched) events() {
	f := s.people[4]
	about := func(id, kind, subject, data string) string {
		return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"https://records.example.org","type":%q,"subject":%q,"time":%q,"data":%s}`, id, kind, subject, s.clock.Now().Format(time.RFC3339), data)
	}
	whole := fmt.Sprintf(`{"phone":%q,"birth_date":%q,"zip":%q,"language":"en","consents":{"texts":true},"name":%q,"email":%q}`, f.phone, f.born.Format(time.DateOnly), f.zip, f.first, f.email)
	subject := "MRN-" + f.last
	for _, e := range []struct {
		body   string
		signed bool
	}{
		{about("e1", event.RecordsReceived, subject, `{}`), true},
		{about("e2", event.CaseCreated, subject, whole), true},
		{about("e3", event.CaseCreated, subject+"-2", strings.Replace(whole, f.phone, f.asTyped(), 1)), true},
		{about("e4", "case.renamed."+f.first, subject, whole), true},
		{about("e5 "+f.first, event.ContactUpdated, subject, fmt.Sprintf(`{"phone":%q}`, f.phone)), true},
		{strings.TrimSuffix(about("e6", event.CaseCreated, subject, whole), "}"), true},
		{about("e7", event.CaseCreated, subject, `{"phone":17,"zip":"`+f.zip+`"}`), true},
		{about("e8", event.CaseCreated, subject, whole), false},
		{about("e9", event.CoordinatorAssigned, subject, fmt.Sprintf(`{"coordinator":%q}`, f.first)), true},
	} {
		s.post(e.body, e.signed)
	}
}

// faults are what goes wrong beside what people do wrong.
func (s *searched) faults() {
	p, ctx := s.people[2], s.t.Context()
	told := fmt.Sprintf("I am %s %s, %s, %s", p.first, p.last, p.asTyped(), p.born.Format("January 2, 2006"))
	s.redis.away.Store(true)
	s.callsInto(p, p.keys())
	_, _ = s.sim.Text(ctx, p.phone, tollFree, told)
	s.redis.away.Store(false)
	s.must(s.settle(ctx))

	said := told + " " + p.email
	for _, path := range []func(){
		func() { s.callsInto(p, fmt.Sprintf(`1 1 1 2 2 1 %s`, p.keys())) },
		func() { _, _ = s.sim.Text(ctx, p.phone, tollFree, told) },
		func() {
			s.post(`{"specversion":"1.0","id":"p","source":"x","type":"case.on_hold","subject":"x"}`, true)
		},
		func() { _, _ = s.line.store.Drain(ctx, "world", s.line.effects()) },
	} {
		s.texts(p, told) // leaves something to be done
		s.redis.panics.Store(&said)
		func() {
			// What nobody catches ends the program; what it prints then is searched as a crash.
			defer func() {
				if v := recover(); v != nil {
					s.add(inCrash, "a panic that nobody caught", fmt.Append(nil, v))
				}
			}()
			path()
		}()
		s.redis.panics.Store(nil)
	}
	for _, fault := range []twiliosim.Fault{{Kind: twiliosim.FaultREST, Status: 500, Count: 3}, {Kind: twiliosim.FaultREST, Status: 400, Count: 2}, {Kind: twiliosim.FaultRESTLost, Count: 2}, {Kind: twiliosim.FaultREST, Status: 429, Count: 2}} {
		s.sim.Inject(fault)
		s.texts(p, "HELP", told)
		s.pass(3*time.Minute, time.Minute)
	}
	s.sim.SetFaults(twiliosim.Faults{ExtraFields: url.Values{"Digits": {p.phone}, "SpeechResult": {p.first + " " + p.last}, "Confidence": {p.email}, "RecordingDuration": {p.first}, "NumMedia": {p.first}}})
	s.callsInto(p, "1 1")
	_, _ = s.sim.Text(ctx, p.phone, tollFree, told)
	s.sim.SetFaults(twiliosim.Faults{})
	s.must(s.settle(ctx))
	s.strangers(p)
}

// strangers knock at the public listener, with a body that is not for us.
func (s *searched) strangers(p *fake) {
	form := url.Values{"From": {p.phone}, "Body": {p.first + " " + p.last}, "Digits": {p.keys()}}.Encode()
	for _, at := range []string{"/voice/incoming", "/sms/incoming", "/voice/turn", "/nothing", "/events"} {
		for _, body := range []string{form, strings.Repeat(form+"&", 4000), "%zz" + form} {
			r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, worldURL+at, strings.NewReader(body))
			s.must(err)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Twilio-Signature", "AAAA")
			res, err := twiliosim.HandlerTransport(s.line.handler).RoundTrip(r)
			s.must(err)
			answer, err := io.ReadAll(res.Body)
			s.must(err)
			s.add(inErrors, "an answer to a stranger", answer)
		}
	}
}

// callsInto calls, and goes on for as long as the line is there.
func (s *searched) callsInto(f *fake, tokens string) {
	s.listeners(f)
	defer s.listeners()
	list, err := parseTokens(tokens)
	s.must(err)
	p := &callPlayer{world: s.world, from: f.phone, to: tollFree}
	_ = p.play(s.t.Context(), list)
}
