package main

import (
	"context"
	"errors"
	"html"
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"secondline/internal/loadgen"
)

// loadTest plays people against a running line. It is an open loop: every request has
// its time from the beginning, and its latency counts from then, though it left later
// because an answer before it was late.
type loadTest struct {
	line    loadgen.Line
	path    string // of the public address
	pool    *loadPool
	call    []webhook
	numbers loadgen.Numbers
	account string
	to      string
	pace    time.Duration
	// rate is webhooks a second, texters which person in how many writes instead of
	// calling; 0 for nobody.
	rate    float64
	texters int
	// first is the number of the first person: two runs have other calls.
	first int
	tally *loadTally
}

// texts says whether the i-th person writes.
func (l *loadTest) texts(i int) bool { return l.texters > 0 && i%l.texters == l.texters-1 }

// webhooks is how many the i-th person makes.
func (l *loadTest) webhooks(i int) int {
	if l.texts(i) {
		return len(loadTexts)
	}
	return len(l.call) + 1 // its status
}

// run has people come for so long, and returns when the last has gone.
func (l *loadTest) run(ctx context.Context, began time.Time, span time.Duration) {
	var people sync.WaitGroup
	defer people.Wait()
	due := began
	for i := 0; due.Sub(began) < span; i++ {
		if !until(ctx, due) {
			return
		}
		l.tally.person(1)
		start := due
		people.Go(func() {
			defer l.tally.person(-1)
			if l.texts(i) {
				l.playThread(ctx, i, start)
			} else {
				l.playCall(ctx, i, start)
			}
		})
		due = due.Add(time.Duration(float64(l.webhooks(i)) / l.rate * float64(time.Second)))
	}
}

// until waits for a time; false when it is all over.
func until(ctx context.Context, at time.Time) bool {
	left := time.Until(at)
	if left <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// playCall goes from answer to answer as Twilio does, and ends the call by its status.
// A call that is led elsewhere than the recorded one is a failure, and ends there.
func (l *loadTest) playCall(ctx context.Context, i int, start time.Time) {
	n := l.first + i
	sid, number := loadgen.SID("CA", n), l.numbers.Of(i)
	target := l.path + l.call[0].target
	turns := 0
	for turn, hook := range l.call {
		due := start.Add(time.Duration(turn) * l.pace)
		if !until(ctx, due) {
			break
		}
		turns++
		body, ok := l.post(ctx, loadVoice, due, target, loadgen.Token(n, turn), hook.asCall(sid, number, n))
		if !ok || turn == len(l.call)-1 {
			break
		}
		if target, ok = next(body, l.call[turn+1].target); !ok {
			l.strayed(body)
			break
		}
	}
	// A call that began also ends, or the line counts it as in progress.
	over := url.Values{"CallSid": {sid}, "AccountSid": {l.account}, "From": {number}, "Caller": {number}, "To": {l.to}, "Called": {l.to},
		"Direction": {"inbound"}, "ApiVersion": {"2010-04-01"}, "CallStatus": {"completed"}, "CallDuration": {"300"}, "SequenceNumber": {"0"}}
	due := start.Add(time.Duration(turns) * l.pace)
	if ctx.Err() != nil {
		due = time.Now()
	} else {
		until(ctx, due)
	}
	l.post(context.WithoutCancel(ctx), loadStatus, due, l.path+"/voice/status", loadgen.Token(n, len(l.call)), over)
}

// playThread writes one message after the other.
func (l *loadTest) playThread(ctx context.Context, i int, start time.Time) {
	n := l.first + i
	for at, text := range loadTexts {
		due := start.Add(time.Duration(at) * l.pace)
		if !until(ctx, due) {
			return
		}
		sid := loadgen.SID("SM", n*len(loadTexts)+at)
		fields := url.Values{"MessageSid": {sid}, "SmsSid": {sid}, "AccountSid": {l.account}, "From": {l.numbers.Of(i)}, "To": {l.to}, "Body": {text},
			"NumMedia": {"0"}, "NumSegments": {"1"}, "SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"}}
		if _, ok := l.post(ctx, loadText, due, l.path+"/sms/incoming", loadgen.Token(n, at), fields); !ok {
			return
		}
	}
}

// post sends one webhook and counts it.
func (l *loadTest) post(ctx context.Context, kind loadKind, due time.Time, target, token string, fields url.Values) ([]byte, bool) {
	status, body, err := l.pool.send(ctx, l.line.AppendRequest(nil, target, token, fields))
	if ctx.Err() != nil {
		return nil, false // stopped by hand; nothing can be said of the answer
	}
	failure := ""
	var late net.Error
	switch {
	case errors.As(err, &late) && late.Timeout():
		failure = "no answer in 15 s"
	case err != nil:
		failure = "no answer: " + kindOf(err)
	case status < 200 || status > 299:
		failure = "status " + statusText(status)
	}
	l.tally.add(kind, time.Since(due), failure)
	return body, failure == ""
}

// led finds the addresses that a document leads to.
var led = regexp.MustCompile(`[">]([^"<>]*/voice/[^"<>]*\?[^"<>]*at=([a-z_.0-9]+)[^"<>]*)["<]`)

// next gives the address in a document that leads to the same step as a recorded one.
func next(doc []byte, recorded string) (string, bool) {
	want, err := url.Parse(recorded)
	if err != nil {
		return "", false
	}
	for _, found := range led.FindAllSubmatch(doc, -1) {
		u, err := url.Parse(html.UnescapeString(string(found[1])))
		if err == nil && strings.HasSuffix(u.Path, want.Path) && u.Query().Get("at") == want.Query().Get("at") && u.Query().Has("none") == want.Query().Has("none") {
			return u.RequestURI(), true
		}
	}
	return "", false
}

// strayed counts a call that was led elsewhere, by the step.
func (l *loadTest) strayed(doc []byte) {
	to := "to an apology, or to its end"
	if found := led.FindSubmatch(doc); found != nil {
		to = "to the step " + string(found[2])
	}
	l.tally.mu.Lock()
	defer l.tally.mu.Unlock()
	l.tally.fail("voice turn: led " + to)
}
