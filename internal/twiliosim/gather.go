package twiliosim

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// startGather plays what is nested and then waits for keys. Keys that were
// typed ahead count at once.
func (c *Call) startGather(ctx context.Context, e *element) {
	for _, nested := range e.elements() {
		c.sound(ctx, nested)
	}
	digits, _ := strconv.Atoi(e.or("numDigits", "0"))
	timeout, err := strconv.Atoi(e.or("timeout", "5"))
	if err != nil {
		timeout = 5
	}
	c.player.gather = e
	c.setAwait(Await{
		Kind: AwaitKeys, MaxDigits: digits, FinishOnKey: e.or("finishOnKey", "#"),
		Timeout: time.Duration(timeout) * time.Second,
		Speech:  strings.Contains(e.or("input", "dtmf"), "speech"),
	})
	c.consume(ctx)
}

// press takes typed keys; what ends something leaves the rest for what comes
// next.
func (c *Call) press(ctx context.Context, keys string) {
	c.player.typed += keys
	c.consume(ctx)
}

// consume gives typed keys to whatever waits for them. Where nobody waits for
// keys they are lost, except while a document plays.
func (c *Call) consume(ctx context.Context) {
	for c.player.typed != "" {
		key := c.player.typed[:1]
		switch c.awaiting() {
		case AwaitKeys:
			c.player.typed = c.player.typed[1:]
			c.gatherKey(ctx, key)
		case AwaitRecording:
			c.player.typed = c.player.typed[1:]
			c.recordKey(ctx, key)
		case AwaitTalk, AwaitRinging:
			c.player.typed = c.player.typed[1:]
			c.talkKey(ctx, key)
		case AwaitQueue:
			c.player.typed = ""
		default:
			return
		}
	}
}

func (c *Call) gatherKey(ctx context.Context, key string) {
	if !strings.Contains(c.player.gather.or("input", "dtmf"), "dtmf") {
		return
	}
	a := c.Await()
	if a.FinishOnKey != "" && key == a.FinishOnKey {
		c.submit(ctx, url.Values{"Digits": {a.Digits}, "FinishedOnKey": {key}})
		return
	}
	a.Digits += key
	c.setAwait(a)
	if a.MaxDigits > 0 && len(a.Digits) == a.MaxDigits {
		c.submit(ctx, url.Values{"Digits": {a.Digits}})
	}
}

// submit ends the Gather. An empty one is only told to the application with
// actionOnEmptyResult; otherwise the next verb plays.
func (c *Call) submit(ctx context.Context, result url.Values) {
	e := c.player.gather
	c.player.gather = nil
	c.setAwait(Await{})
	empty := result.Get("Digits") == "" && result.Get("SpeechResult") == ""
	if empty && e.or("actionOnEmptyResult", "false") != "true" {
		if q := c.player.queued; q != nil {
			q.timePassed = true
		}
		return
	}
	c.fetchRef(ctx, e.or("action", ""), e.or("method", http.MethodPost), result)
}

// timeout is Silence.
func (c *Call) timeout(ctx context.Context) error {
	switch c.awaiting() {
	case AwaitKeys:
		c.submit(ctx, url.Values{"Digits": {c.Await().Digits}})
	case AwaitRecording:
		c.endRecord(ctx, "")
	case AwaitQueue:
		c.wait(ctx)
	case AwaitRinging:
		c.ringOut(ctx)
	default:
		return ErrNotWaiting
	}
	return nil
}

// speak is words from the person on the telephone. Who is told to speak after
// the tone waits for it: a Gather around those words runs out first.
func (c *Call) speak(ctx context.Context, words string, done bool) error {
	a := c.Await()
	if a.Kind == AwaitKeys && !a.Speech && a.Digits == "" && len(c.player.verbs) > 0 && c.player.verbs[0].name == "Record" {
		c.submit(ctx, url.Values{})
		c.settle(ctx)
		a = c.Await()
	}
	switch {
	case a.Kind == AwaitKeys && a.Speech && done:
		c.note(Event{Kind: EventSpoke, Text: words})
		c.submit(ctx, url.Values{"SpeechResult": {words}, "Confidence": {"0.91"}})
	case a.Kind == AwaitRecording:
		c.note(Event{Kind: EventSpoke, Text: words})
		c.player.record.say(words)
		if !done {
			return nil
		}
		key := ""
		if strings.Contains(a.FinishOnKey, "#") {
			key = "#"
		}
		c.endRecord(ctx, key)
	default:
		return ErrNotWaiting
	}
	return nil
}
