package twiliosim

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// player is where a call stands in its TwiML.
type player struct {
	verbs   []*element // still to be played
	at      document   // where they came from
	kind    docKind
	updated bool // the next document follows a call update: its actions must be absolute
	fetches int  // documents fetched in this turn
	typed   string
	gather  *element
	record  *recordState
	dial    *dialState
	queued  *queueState
}

// document is where TwiML is fetched.
type document struct{ url, method string }

// maxFetches ends a document that sends the call in circles without ever
// waiting for anybody. Twilio would go on for hours.
const maxFetches = 100

func (c *Call) start() { c.player = player{} }

// settle plays until the call waits for somebody or has ended.
func (c *Call) settle(ctx context.Context) {
	for !c.Status().Over() {
		switch {
		case c.awaiting() != "":
			if !c.autopilot(ctx) {
				return
			}
		case c.Status() == StatusQueued:
			return
		case len(c.player.verbs) == 0:
			c.documentEnds(ctx)
		default:
			verb := c.player.verbs[0]
			c.player.verbs = c.player.verbs[1:]
			c.perform(ctx, verb)
		}
	}
}

// autopilot lets a scripted callee act; false when it is a person's turn.
func (c *Call) autopilot(ctx context.Context) bool {
	kind := c.awaiting()
	if c.script == nil || kind != AwaitKeys && kind != AwaitRecording {
		return false
	}
	keys := ""
	switch {
	case kind == AwaitKeys && len(c.script.Keys) > 0:
		keys, c.script.Keys = c.script.Keys[0], c.script.Keys[1:]
	case !c.script.Silent:
		return false
	}
	g := c.player.gather
	if keys != "" {
		c.note(Event{Kind: EventPressed, Text: keys})
		c.press(ctx, keys)
	}
	if keys == "" || g != nil && c.player.gather == g {
		_ = c.timeout(ctx)
	}
	return true
}

// documentEnds is what follows the last verb.
func (c *Call) documentEnds(ctx context.Context) {
	switch c.player.kind {
	case whisperDoc:
		c.bridge(ctx)
	case joinDoc:
		c.join()
	case waitDoc:
		if q := c.player.queued; q != nil && q.waitNeeded && q.timePassed {
			q.timePassed = false
			c.wait(ctx)
			return
		}
		c.setAwait(Await{Kind: AwaitQueue})
	default:
		c.finish(ctx, EndDocument, StatusCompleted)
	}
}

// perform plays one verb.
func (c *Call) perform(ctx context.Context, e *element) {
	if e.name == "Reject" {
		status := StatusBusy
		if e.or("reason", "rejected") == "rejected" {
			status = StatusNoAnswer
		}
		c.finish(ctx, EndRejected, status)
		return
	}
	if e.name != "Dial" || e.or("answerOnBridge", "false") != "true" {
		c.answered()
	}
	switch e.name {
	case "Say", "Play", "Pause":
		c.sound(ctx, e)
	case "Gather":
		c.startGather(ctx, e)
	case "Record":
		c.startRecord(ctx, e)
	case "Dial":
		c.startDial(ctx, e)
	case "Enqueue":
		c.enqueue(ctx, e)
	case "Leave":
		c.leaveQueue(ctx, "leave")
	case "Redirect":
		c.fetchRef(ctx, strings.TrimSpace(e.content()), e.or("method", http.MethodPost), nil)
	case "Hangup":
		c.finish(ctx, EndVerb, StatusCompleted)
	}
}

// answered turns a ringing inbound call into one in progress.
func (c *Call) answered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status == StatusRinging {
		c.status = StatusInProgress
		c.started = c.sim.cfg.Now()
	}
}

// sound plays what is only heard. Repetitions are one event.
func (c *Call) sound(ctx context.Context, e *element) {
	switch e.name {
	case "Say":
		c.note(Event{Kind: EventSaid, Text: spoken(e), Slow: slow(e), Voice: e.or("voice", "man"), Language: e.or("language", "")})
	case "Pause":
		n, _ := strconv.Atoi(e.or("length", "1"))
		c.note(Event{Kind: EventPaused, Duration: time.Duration(n) * time.Second})
	case "Play":
		c.playFile(ctx, e)
	}
}

// playFile fetches a sound from the application's host, as Twilio does with a
// GET. What stands elsewhere is not fetched.
func (c *Call) playFile(ctx context.Context, e *element) {
	if _, digits := e.get("digits"); digits {
		c.note(Event{Kind: EventPlayed})
		return
	}
	at, err := resolve(c.player.at.url, strings.TrimSpace(e.content()))
	if err != nil || !c.sim.ours(at) {
		c.note(Event{Kind: EventPlayed, URL: at})
		return
	}
	a := c.sim.send(ctx, hook{method: http.MethodGet, url: at, voice: true, log: c.log})
	c.note(Event{Kind: EventPlayed, URL: at, Status: a.status})
	if a.code != 0 {
		c.warn(a.code, "a sound could not be fetched")
	} else if !strings.HasPrefix(a.kind, "audio/") {
		c.warn(13420, "a sound has the content type "+a.kind)
	}
}

// ours reports whether an address is on the application's host.
func (s *Sim) ours(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host == s.base.Host
}

func (c *Call) warn(code int, why string) {
	c.note(Event{Kind: EventWarned, Code: code, Text: why})
}

// fetchRef fetches the document at a reference, relative to the current one.
func (c *Call) fetchRef(ctx context.Context, ref, method string, extra url.Values) {
	at, err := resolve(c.player.at.url, ref)
	if err != nil || !strings.Contains(at, "://") {
		c.refused(ctx, refuse(11100, "an address cannot be resolved"), c.player.at.url)
		return
	}
	c.fetch(ctx, document{at, method}, extra)
}

// fetch asks the application for TwiML and makes it the current document.
func (c *Call) fetch(ctx context.Context, d document, extra url.Values) {
	a, r := c.ask(ctx, d, extra)
	if r != nil {
		c.refused(ctx, r, d.url)
		return
	}
	c.load(ctx, a, d)
}

// ask requests a document. The refusal says why it cannot be had.
func (c *Call) ask(ctx context.Context, d document, extra url.Values) (answer, *refusal) {
	if c.player.fetches++; c.player.fetches > maxFetches {
		return answer{}, refuse(0, "the call was sent in circles, %d documents in one turn", maxFetches)
	}
	form := c.form()
	maps.Copy(form, extra)
	a := c.sim.send(ctx, hook{method: methodOr(d.method), url: d.url, form: form, voice: true, log: c.log})
	c.note(Event{Kind: EventWebhook, Method: methodOr(d.method), URL: d.url, Status: a.status, Size: len(a.body)})
	if a.lost {
		c.warn(0, "the action URL answered with a redirect: the digits were lost")
	}
	if a.code != 0 {
		return a, refuse(a.code, "%s", a.problem())
	}
	return a, nil
}

func (a answer) problem() string {
	if a.err != nil {
		return "no answer: " + a.err.Error()
	}
	return "the answer was HTTP " + strconv.Itoa(a.status)
}

// load makes an answer the current document.
func (c *Call) load(ctx context.Context, a answer, d document) {
	if a.url != "" {
		d.url = a.url
	}
	if a.status == http.StatusNoContent {
		c.player.verbs, c.player.at = nil, d
		return
	}
	if len(strings.TrimSpace(string(a.body))) == 0 {
		c.refused(ctx, refuse(11770, "empty answer"), d.url)
		return
	}
	switch kindOf(a.kind) {
	case answerText:
		c.answered()
		c.note(Event{Kind: EventSaid, Text: string(a.body)})
		c.warn(12300, "a text/plain answer was read out loud")
		c.finish(ctx, EndDocument, StatusCompleted)
		return
	case answerAudio:
		c.answered()
		c.note(Event{Kind: EventPlayed, URL: d.url, Status: a.status})
		c.finish(ctx, EndDocument, StatusCompleted)
		return
	case answerUnknown:
		c.refused(ctx, refuse(12300, "content type %q", a.kind), d.url)
		return
	}
	c.play(ctx, a.body, d, c.player.updated)
}

// play judges a document and makes it the current one.
func (c *Call) play(ctx context.Context, body []byte, d document, inline bool) {
	verbs, r := parseTwiML(body, c.player.kind, inline)
	if r != nil {
		c.refused(ctx, r, d.url)
		return
	}
	c.player.verbs, c.player.at, c.player.updated = verbs, d, false
}

// refused is what Twilio does with TwiML that it cannot get or play: it asks
// the fallback URL, and without one ends the call.
func (c *Call) refused(ctx context.Context, r *refusal, at string) {
	if c.Status().Over() {
		return
	}
	c.note(Event{Kind: EventRefused, Code: r.code, Text: r.why, URL: at})
	for p := c.parent; p != nil; p = p.parent {
		p.note(Event{Kind: EventRefused, Code: r.code, Text: r.why, URL: at})
	}
	c.player.verbs = nil
	if c.player.queued != nil && c.fallback != "" {
		c.tellQueue(ctx, "system-error")
		c.player.kind = voiceDoc
	}
	if c.fallback == "" || r.code == 0 {
		c.finish(ctx, EndRefused, StatusCompleted)
		return
	}
	d := document{c.fallback, http.MethodPost}
	c.fallback = ""
	defer func() { c.fallback = d.url }()
	extra := url.Values{"ErrorCode": {strconv.Itoa(r.code)}, "ErrorUrl": {at}}
	c.fetch(ctx, d, extra)
}

// form is what every request about the call carries
// (twilio.com/docs/voice/twiml#request-parameters).
func (c *Call) form() url.Values {
	status := string(c.Status())
	from := c.caller()
	f := url.Values{
		"CallSid": {c.sid}, "AccountSid": {c.sim.cfg.AccountSID}, "ApiVersion": {"2010-04-01"},
		"From": {from}, "Caller": {from}, "To": {c.to}, "Called": {c.to},
		"CallStatus": {status}, "Direction": {c.direction},
	}
	for _, side := range []string{"From", "To", "Caller", "Called"} {
		f.Set(side+"City", "")
		f.Set(side+"State", "")
		f.Set(side+"Zip", "")
		f.Set(side+"Country", countryOf(f.Get(side)))
	}
	if c.parent != nil {
		f.Set("ParentCallSid", c.parent.sid)
	}
	return f
}

func countryOf(number string) string {
	if strings.HasPrefix(number, "+1") {
		return "US"
	}
	return ""
}
