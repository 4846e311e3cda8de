package twiliosim

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// recordState is a Record verb at work.
type recordState struct {
	verb  *element
	words []string
}

func (r *recordState) say(words string) {
	if words = strings.TrimSpace(words); words != "" {
		r.words = append(r.words, words)
	}
}

// length is how long the words take, at 150 words a minute, at most limit.
func (r *recordState) length(limit time.Duration) time.Duration {
	n := len(strings.Fields(strings.Join(r.words, " ")))
	d := time.Duration(n*400) * time.Millisecond
	return min(max(d.Round(time.Second), time.Second), limit)
}

// startRecord waits for words. Keys typed ahead do not end a recording before
// it began.
func (c *Call) startRecord(_ context.Context, e *element) {
	c.player.typed = ""
	c.player.record = &recordState{verb: e}
	timeout, _ := strconv.Atoi(e.or("timeout", "5"))
	longest, _ := strconv.Atoi(e.or("maxLength", "3600"))
	c.setAwait(Await{
		Kind: AwaitRecording, FinishOnKey: e.or("finishOnKey", "1234567890*#"),
		Timeout: time.Duration(timeout) * time.Second, MaxLength: time.Duration(longest) * time.Second,
	})
}

func (c *Call) recordKey(ctx context.Context, key string) {
	if strings.Contains(c.Await().FinishOnKey, key) {
		c.endRecord(ctx, key)
	}
}

// endRecord ends the recording by a key, by silence (""), or by "hangup". What
// held no words is not a recording: the next verb plays, unless the Config has
// EmptyRecordings and a key ended it.
func (c *Call) endRecord(ctx context.Context, key string) {
	r, a := c.player.record, c.Await()
	c.player.record = nil
	c.setAwait(Await{})
	pressed := key != "" && key != "hangup"
	if len(r.words) == 0 && (!c.sim.cfg.EmptyRecordings || !pressed) {
		return
	}
	rec := c.keep(strings.Join(r.words, " "), "RecordVerb", 1)
	if len(r.words) > 0 {
		rec.duration = r.length(a.MaxLength)
	}
	c.sim.store(rec)
	address := c.sim.recordingURL(rec.sid)
	c.note(Event{Kind: EventRecorded, Text: rec.words, Duration: rec.duration, URL: address})
	result := url.Values{"RecordingUrl": {address}, "RecordingSid": {rec.sid}, "RecordingDuration": {seconds(rec.duration)}}
	if key != "" {
		result.Set("Digits", key)
	}
	if c.sim.cfg.RecordingCallbackFirst {
		c.recordingCallback(r.verb, rec)
		c.sim.flush(ctx, c.root())
	} else {
		defer c.recordingCallback(r.verb, rec)
	}
	if key == "hangup" {
		c.tell(ctx, r.verb, result)
		return
	}
	c.fetchRef(ctx, r.verb.or("action", ""), r.verb.or("method", http.MethodPost), result)
}

// tell requests a verb's action after the call has ended: nobody hears the
// answer.
func (c *Call) tell(ctx context.Context, e *element, result url.Values) {
	at, err := resolve(c.player.at.url, e.or("action", ""))
	if err != nil {
		return
	}
	if _, r := c.ask(ctx, document{at, e.or("method", http.MethodPost)}, result); r != nil {
		c.warn(r.code, r.why)
	}
}

// recordingCallback tells that the file is there. It carries no From, To or
// CallStatus.
func (c *Call) recordingCallback(e *element, rec *recording) {
	ref, ok := e.get("recordingStatusCallback")
	if !ok || !strings.Contains(e.or("recordingStatusCallbackEvent", "completed"), "completed") {
		return
	}
	at, err := resolve(c.player.at.url, ref)
	if err != nil {
		return
	}
	form := url.Values{
		"AccountSid": {c.sim.cfg.AccountSID}, "CallSid": {rec.call}, "RecordingSid": {rec.sid},
		"RecordingUrl": {c.sim.recordingURL(rec.sid)}, "RecordingStatus": {"completed"},
		"RecordingDuration": {seconds(rec.duration)}, "RecordingChannels": {strconv.Itoa(rec.channels)},
		"RecordingSource": {rec.source}, "RecordingStartTime": {rec.created.UTC().Format(time.RFC1123Z)},
		"ErrorCode": {"0"},
	}
	if rec.source != "RecordVerb" {
		form.Set("RecordingTrack", "both")
	}
	c.post(callbackSpec{url: at, method: e.or("recordingStatusCallbackMethod", http.MethodPost)}, form)
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
