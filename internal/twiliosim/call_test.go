package twiliosim

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"
)

func readAll(t testing.TB, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	must(t, err)
	return string(body)
}

func TestInboundCallToTheEnd(t *testing.T) {
	b := newBench(t)
	b.twiml("/voice", `<Say voice="Polly.Joanna" language="en-US">Hello.</Say><Gather action="/menu" numDigits="1" timeout="7"><Say>Press <prosody rate="90%">1</prosody>.</Say></Gather><Redirect>/voice?again=1</Redirect>`)
	b.twiml("/menu", `<Say>Thank you.</Say><Hangup/>`)
	c := b.ring()
	wantAwait(t, c, AwaitKeys)
	if a := c.Await(); a.MaxDigits != 1 || a.FinishOnKey != "#" || a.Timeout != 7*time.Second {
		t.Errorf("await = %+v", a)
	}
	wantField(t, b.got("/voice")[0], "CallStatus", "ringing", "From", caller, "Caller", caller, "To", line,
		"Direction", "inbound", "AccountSid", account, "ApiVersion", "2010-04-01", "CallSid", c.SID())
	b.clock.move(65 * time.Second)
	must(t, c.Press(ctx(), "1"))
	wantField(t, b.one("/menu"), "Digits", "1", "CallStatus", "in-progress")
	wantField(t, b.one("/status"), "CallStatus", "completed", "CallDuration", "65", "Duration", "2", "SequenceNumber", "0")
	wantTranscript(t, c, "line: Hello.", "line (slow): Press 1.", "caller presses 1", "line: Thank you.", "ended: "+EndVerb)
	if err := c.Press(ctx(), "1"); !errors.Is(err, ErrEnded) {
		t.Errorf("press after the end: %v", err)
	}
}

func TestGather(t *testing.T) {
	for _, tc := range []struct {
		name, attrs string
		act         func(*testing.T, *Call)
		digits      []string // what the action was told, in order
		next        bool     // the next verb played
	}{
		{"as many as wanted", `numDigits="3"`, press("123"), []string{"123"}, false},
		{"finished by pound", ``, press("42#"), []string{"42"}, false},
		{"finished by star", `finishOnKey="*"`, press("4#2*"), []string{"4#2"}, false},
		{"no key finishes", `finishOnKey="" numDigits="3"`, press("1#*"), []string{"1#*"}, false},
		{"pound first is empty", ``, press("#"), nil, true},
		{"pound first is told when asked", `actionOnEmptyResult="true"`, press("#"), []string{""}, false},
		{"nothing falls through", ``, silence, nil, true},
		{"nothing is told when asked", `actionOnEmptyResult="true"`, silence, []string{""}, false},
		{"time-out submits what is there", `numDigits="8"`, func(t *testing.T, c *Call) { press("03")(t, c); silence(t, c) }, []string{"03"}, false},
		{"keys are collected one by one", `numDigits="2"`, func(t *testing.T, c *Call) { press("1")(t, c); press("2")(t, c) }, []string{"12"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t)
			b.twiml("/voice", `<Gather action="/got" `+tc.attrs+`/><Say>Next verb.</Say>`)
			b.twiml("/got", `<Say>Got it.</Say>`)
			c := b.ring()
			tc.act(t, c)
			var told []string
			for _, f := range b.got("/got") {
				told = append(told, f.Get("Digits"))
			}
			if len(told) != len(tc.digits) || len(told) == 1 && told[0] != tc.digits[0] {
				t.Errorf("action was told %q, want %q", told, tc.digits)
			}
			said := c.Transcript()
			if next := contains(said, "Next verb."); next != tc.next {
				t.Errorf("next verb played: %v\n%s", next, said)
			}
		})
	}
}

func press(keys string) func(*testing.T, *Call) {
	return func(t *testing.T, c *Call) { t.Helper(); must(t, c.Press(ctx(), keys)) }
}

func silence(t *testing.T, c *Call) { t.Helper(); must(t, c.Silence(ctx())) }

func TestTypeAhead(t *testing.T) {
	b := newBench(t)
	b.twiml("/voice", `<Gather action="/one" numDigits="1"/>`)
	b.twiml("/one", `<Gather action="/two" numDigits="2"/>`)
	b.twiml("/two", `<Say>Done.</Say>`)
	c := b.ring()
	must(t, c.Press(ctx(), "123"))
	wantField(t, b.one("/one"), "Digits", "1")
	wantField(t, b.one("/two"), "Digits", "23")
	wantAwait(t, c, AwaitNothing)
}

func TestGatherWithoutActionAsksTheSameDocument(t *testing.T) {
	b := newBench(t)
	b.twiml("/voice", `<Gather numDigits="1"/>`)
	c := b.ring()
	must(t, c.Press(ctx(), "5"))
	if got := b.got("/voice"); len(got) != 2 || got[1].Get("Digits") != "5" {
		t.Errorf("requests = %d", len(got))
	}
	wantAwait(t, c, AwaitKeys)
}

func TestSpeechIsOnlyHeardWhereAskedFor(t *testing.T) {
	b := newBench(t)
	b.twiml("/voice", `<Gather action="/got" input="dtmf speech" hints="yes,no"/>`)
	b.twiml("/got", `<Gather action="/got2"/>`)
	c := b.ring()
	must(t, c.Speak(ctx(), "yes"))
	wantField(t, b.one("/got"), "SpeechResult", "yes", "Digits", "")
	if err := c.Speak(ctx(), "yes"); !errors.Is(err, ErrNotWaiting) {
		t.Errorf("speech into a Gather for keys: %v", err)
	}
}

func TestRecord(t *testing.T) {
	const verb = `<Record action="/saved" maxLength="120" timeout="5" finishOnKey="#" recordingStatusCallback="/file"/><Say>Next verb.</Say>`
	for _, tc := range []struct {
		name   string
		act    func(*testing.T, *Call)
		digits string
		saved  int
		next   bool
	}{
		{"spoken and ended by pound", func(t *testing.T, c *Call) { must(t, c.Speak(ctx(), "Jane Doe J A N E")) }, "#", 1, false},
		{"ended by silence", func(t *testing.T, c *Call) { must(t, c.Talk(ctx(), "Jane Doe")); silence(t, c) }, "", 1, false},
		{"other keys do not end it", func(t *testing.T, c *Call) {
			must(t, c.Talk(ctx(), "Jane"))
			press("1#")(t, c)
		}, "#", 1, false},
		{"hung up meanwhile", func(t *testing.T, c *Call) { must(t, c.Talk(ctx(), "Jane")); must(t, c.Hangup(ctx())) }, "hangup", 1, false},
		{"nothing said", silence, "", 0, true},
		{"only pound", press("#"), "", 0, true},
		{"hung up at once", func(t *testing.T, c *Call) { must(t, c.Hangup(ctx())) }, "", 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t)
			b.twiml("/voice", verb)
			b.twiml("/saved", `<Say>Saved.</Say>`)
			b.raw("/file", http.StatusNoContent, "", "")
			c := b.ring()
			wantAwait(t, c, AwaitRecording)
			tc.act(t, c)
			if n := len(b.got("/saved")); n != tc.saved {
				t.Fatalf("action requested %d times, want %d\n%s", n, tc.saved, c.Transcript())
			}
			if next := contains(c.Transcript(), "Next verb."); next != tc.next {
				t.Errorf("next verb played: %v", next)
			}
			if tc.saved == 0 {
				return
			}
			saved, file := b.one("/saved"), b.one("/file")
			wantField(t, saved, "Digits", tc.digits)
			wantField(t, file, "RecordingSid", saved.Get("RecordingSid"), "RecordingStatus", "completed",
				"RecordingSource", "RecordVerb", "RecordingDuration", saved.Get("RecordingDuration"), "From", "", "CallStatus", "")
			if words, ok := b.Recording(saved.Get("RecordingSid")); !ok || !contains(words, "Jane") {
				t.Errorf("the recording does not hold what was said")
			}
		})
	}
}

func TestEmptyRecordingsCanBeToldAndCallbacksCanComeFirst(t *testing.T) {
	b := newBench(t, func(c *Config) { c.EmptyRecordings, c.RecordingCallbackFirst = true, true })
	b.twiml("/voice", `<Record action="/saved" recordingStatusCallback="/file"/>`)
	b.twiml("/saved", `<Hangup/>`)
	b.raw("/file", http.StatusNoContent, "", "")
	c := b.ring()
	must(t, c.Press(ctx(), "#"))
	wantField(t, b.one("/saved"), "RecordingDuration", "0", "Digits", "#")
	var order []string
	for _, x := range c.Traffic() {
		order = append(order, pathOf(x.URL))
	}
	if len(order) < 3 || order[1] != "/file" || order[2] != "/saved" {
		t.Errorf("order = %v", order)
	}
}

func TestHangupWhileGathering(t *testing.T) {
	b := newBench(t)
	b.twiml("/voice", `<Gather action="/got"/>`)
	c := b.ring()
	must(t, c.Press(ctx(), "12"))
	must(t, c.Hangup(ctx()))
	if len(b.got("/got")) != 0 {
		t.Error("a Gather's action was requested after the caller hung up")
	}
	wantField(t, b.one("/status"), "CallStatus", "completed")
	if c.Status() != StatusCompleted {
		t.Errorf("status = %s", c.Status())
	}
}

func TestRejectAndWithheldNumber(t *testing.T) {
	b := newBench(t)
	b.twiml("/voice", `<Reject reason="busy"/>`)
	c, err := b.Ring(ctx(), "", line)
	must(t, err)
	wantField(t, b.one("/voice"), "From", "+266696687")
	wantField(t, b.one("/status"), "CallStatus", "busy", "CallDuration", "0")
	if c.Status() != StatusBusy {
		t.Errorf("status = %s", c.Status())
	}
}

func TestPlay(t *testing.T) {
	b := newBench(t)
	b.twiml("/voice", `<Play>/tone.wav</Play><Play>https://elsewhere.example/x.mp3</Play><Play>/missing.wav</Play><Play>/page</Play><Play digits="1w2"/>`)
	b.raw("/tone.wav", http.StatusOK, "audio/x-wav", string(silentWAV()))
	b.raw("/page", http.StatusOK, "text/html", "<p>")
	c := b.ring()
	var statuses, warned []int
	for _, e := range c.Events() {
		switch e.Kind {
		case EventPlayed:
			statuses = append(statuses, e.Status)
		case EventWarned:
			warned = append(warned, e.Code)
		}
	}
	if len(statuses) != 5 || statuses[0] != 200 || statuses[1] != 0 || statuses[2] != 404 {
		t.Errorf("statuses = %v", statuses)
	}
	if len(warned) != 2 || warned[0] != 11200 || warned[1] != 13420 {
		t.Errorf("warnings = %v", warned)
	}
}

func TestCirclesEnd(t *testing.T) {
	b := newBench(t)
	b.twiml("/voice", `<Redirect/>`)
	c := b.ring()
	wantAwait(t, c, AwaitNothing)
	if !contains(c.Transcript(), "circles") {
		t.Errorf("no word about the circle:\n%s", c.Transcript())
	}
}
