package twiliosim

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"
)

const transfer = `<Dial action="/done" timeout="20"><Number url="/whisper" statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed">` + helper + `</Number></Dial><Say>After.</Say>`

// transferApp rings the helper, who must press 1 to be connected.
func transferApp(t *testing.T, verbs string, behaviour CalleeBehaviour) *bench {
	b := newBench(t, callee(map[string]CalleeBehaviour{helper: behaviour, helper2: Answers("1")}))
	b.twiml("/voice", verbs)
	b.twiml("/whisper", `<Gather action="/choice" numDigits="1"><Say>Press 1.</Say></Gather><Hangup/>`)
	b.handle("/choice", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		if r.PostFormValue("Digits") == "1" {
			_, _ = w.Write([]byte(`<Response/>`))
			return
		}
		_, _ = w.Write([]byte(`<Response><Hangup/></Response>`))
	})
	b.twiml("/done", `<Say>Dial is over.</Say>`)
	b.raw("/leg", http.StatusNoContent, "", "")
	return b
}

func TestTransferIsTaken(t *testing.T) {
	b := transferApp(t, transfer, Answers("1"))
	c := b.ring()
	wantAwait(t, c, AwaitTalk)
	leg := c.Legs()[0]
	wantAwait(t, leg, AwaitTalk)
	wantField(t, b.one("/whisper"), "CallSid", leg.SID(), "ParentCallSid", c.SID(), "Direction", "outbound-dial",
		"To", helper, "From", caller)
	b.clock.move(90 * time.Second)
	must(t, c.RemoteHangup(ctx()))
	wantField(t, b.one("/done"), "DialCallStatus", "completed", "DialBridged", "true", "DialCallSid", leg.SID(), "DialCallDuration", "90")
	wantTranscript(t, c, "dialed "+helper+": bridged", "line: Dial is over.", "ended: "+EndDocument)
	var statuses, sequence []string
	for _, f := range b.got("/leg") {
		statuses = append(statuses, f.Get("CallStatus"))
		sequence = append(sequence, f.Get("SequenceNumber"))
	}
	wantList(t, statuses, "initiated", "ringing", "in-progress", "completed")
	wantList(t, sequence, "0", "1", "2", "3")
}

func wantList(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

func TestTransferThatNobodyTakes(t *testing.T) {
	for _, tc := range []struct {
		name      string
		behaviour CalleeBehaviour
		status    string
	}{
		{"busy", Busy(), "busy"},
		{"no answer", NoAnswer(), "no-answer"},
		{"no such number", Fails(404), "failed"},
		{"Twilio does not dial it", Fails(13224), "failed"},
		{"voicemail picks up", Machine(), "completed"},
		{"picks up and is silent", AnswersSilently(), "completed"},
		{"declines", Answers("2"), "completed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := transferApp(t, transfer, tc.behaviour)
			c := b.ring()
			wantField(t, b.one("/done"), "DialCallStatus", tc.status, "DialBridged", "false")
			wantAwait(t, c, AwaitNothing)
			if contains(c.Transcript(), "bridged") {
				t.Errorf("somebody got the caller:\n%s", c.Transcript())
			}
		})
	}
}

func TestMachineGetsTheCallerWithoutAWhisper(t *testing.T) {
	b := transferApp(t, `<Dial><Number>`+helper+`</Number></Dial><Say>After.</Say>`, Machine())
	c := b.ring()
	wantAwait(t, c, AwaitTalk)
	must(t, c.RemoteHangup(ctx()))
	if !contains(c.Transcript(), "After.") {
		t.Errorf("a Dial without an action did not fall through:\n%s", c.Transcript())
	}
}

func TestCallerHangsUpWhileItRings(t *testing.T) {
	b := transferApp(t, transfer, Rings())
	c := b.ring()
	wantAwait(t, c, AwaitRinging)
	must(t, c.Hangup(ctx()))
	wantField(t, b.one("/done"), "DialCallStatus", "no-answer", "CallStatus", "completed")
	if s := c.Legs()[0].Status(); !s.Over() {
		t.Errorf("the helper's telephone still rings: %s", s)
	}
	if contains(c.Transcript(), "Dial is over.") {
		t.Error("the action's answer was played to nobody")
	}
}

func TestHelperAnswersByHand(t *testing.T) {
	b := transferApp(t, transfer, Rings())
	c := b.ring()
	must(t, c.Answer(ctx()))
	leg := c.Legs()[0]
	wantAwait(t, leg, AwaitKeys)
	wantAwait(t, c, AwaitRinging)
	must(t, leg.Press(ctx(), "1"))
	wantAwait(t, c, AwaitTalk)
	must(t, c.Hangup(ctx()))
	wantField(t, b.one("/done"), "DialCallStatus", "completed", "DialBridged", "true")
}

func TestRingingRunsOut(t *testing.T) {
	b := transferApp(t, transfer, Rings())
	c := b.ring()
	if a := c.Await(); a.Timeout != 20*time.Second {
		t.Errorf("rings for %v", a.Timeout)
	}
	must(t, c.Silence(ctx()))
	wantField(t, b.one("/done"), "DialCallStatus", "no-answer")
}

func TestSeveralTelephonesAtOnce(t *testing.T) {
	both := `<Dial action="/done"><Number url="/whisper">` + helper + `</Number><Number url="/whisper">` + helper2 + `</Number></Dial>`
	b := transferApp(t, both, Rings())
	c := b.ring()
	wantAwait(t, c, AwaitTalk)
	legs := c.Legs()
	if legs[0].Status() != StatusCanceled || legs[1].Status() != StatusInProgress {
		t.Errorf("statuses = %s, %s", legs[0].Status(), legs[1].Status())
	}
}

func TestOneAfterAnother(t *testing.T) {
	seq := `<Dial action="/done" sequential="true"><Number url="/whisper">` + helper + `</Number><Number url="/whisper">` + helper2 + `</Number></Dial>`
	b := transferApp(t, seq, Rings())
	c := b.ring()
	if n := len(c.Legs()); n != 1 {
		t.Fatalf("%d telephones ring", n)
	}
	must(t, c.Silence(ctx()))
	wantAwait(t, c, AwaitTalk)
	if c.Legs()[1].To() != helper2 {
		t.Error("the second number was not rung")
	}
}

func TestWhisperRefusesVerbsOfACall(t *testing.T) {
	for verb, code := range map[string]int{`<Dial>+16175550144</Dial>`: 13201, `<Record action="/x"/>`: 12200, `<Redirect>/x</Redirect>`: 12200, `<Pause/>`: 12200} {
		b := transferApp(t, transfer, Answers("1"))
		b.twiml("/whisper", verb)
		c := b.ring()
		if got := refusals(c); len(got) != 1 || got[0] != code {
			t.Errorf("%s in a whisper: refused with %v, want %d", verb, got, code)
		}
		wantField(t, b.one("/done"), "DialBridged", "false")
	}
}

func TestStarHangsUpTheOtherSide(t *testing.T) {
	b := transferApp(t, `<Dial action="/done" hangupOnStar="true" record="record-from-answer-dual" recordingStatusCallback="/file"><Number>`+helper+`</Number></Dial>`, Answers())
	b.raw("/file", http.StatusNoContent, "", "")
	c := b.ring()
	must(t, c.Press(ctx(), "1"))
	wantAwait(t, c, AwaitTalk)
	must(t, c.Press(ctx(), "*"))
	done := b.one("/done")
	if done.Get("RecordingUrl") == "" {
		t.Error("the talk was not recorded")
	}
	wantField(t, b.one("/file"), "RecordingSource", "DialVerb", "RecordingChannels", "2", "CallSid", c.SID())
}

func TestAnswerOnBridgeLeavesTheCallRinging(t *testing.T) {
	b := transferApp(t, `<Dial answerOnBridge="true" action="/done"><Number>`+helper+`</Number></Dial>`, Rings())
	c := b.ring()
	if c.Status() != StatusRinging {
		t.Errorf("status = %s before anybody answered", c.Status())
	}
	must(t, c.Answer(ctx()))
	if c.Status() != StatusInProgress {
		t.Errorf("status = %s in the talk", c.Status())
	}
}

func TestQueue(t *testing.T) {
	b := newBench(t, callee(map[string]CalleeBehaviour{helper: Answers()}))
	b.twiml("/voice", `<Enqueue action="/left" waitUrl="/wait">team</Enqueue><Say>Never.</Say>`)
	b.twiml("/wait", `<Gather action="/key" numDigits="1" timeout="5"><Say>Please wait.</Say></Gather>`)
	b.twiml("/key", `<Leave/>`)
	b.twiml("/left", `<Say>You left.</Say>`)
	c := b.ring()
	wantField(t, b.got("/wait")[0], "QueuePosition", "1", "CurrentQueueSize", "1")
	must(t, c.Silence(ctx()))
	wantAwait(t, c, AwaitKeys)
	if n := len(b.got("/wait")); n != 2 {
		t.Errorf("the wait document was requested %d times", n)
	}
	b.clock.move(30 * time.Second)
	must(t, c.Press(ctx(), "9"))
	wantField(t, b.one("/left"), "QueueResult", "leave", "QueueTime", "30")
	if !contains(c.Transcript(), "You left.") {
		t.Errorf("transcript:\n%s", c.Transcript())
	}
	c = b.ring()
	must(t, c.Hangup(ctx()))
	wantField(t, b.got("/left")[1], "QueueResult", "hangup")
}

// queueApp has a caller in a queue and a helper who was called to take the
// first one out.
func queueApp(t *testing.T) (*bench, *Call) {
	b := newBench(t)
	b.twiml("/voice", `<Enqueue action="/left" waitUrl="">team</Enqueue>`)
	b.twiml("/left", `<Say>The talk is over.</Say>`)
	b.twiml("/agent", `<Dial action="/agentdone"><Queue>team</Queue></Dial>`)
	b.twiml("/agentdone", `<Hangup/>`)
	return b, b.call(helper, url.Values{"Url": {appURL + "/agent"}})
}

// call creates an outbound call over REST without dialling it yet.
func (b *bench) call(to string, extra url.Values) *Call {
	b.t.Helper()
	form := url.Values{"To": {to}, "From": {line}}
	for k, v := range extra {
		form[k] = v
	}
	status, body := b.rest(http.MethodPost, "Calls.json", form)
	if status != http.StatusCreated {
		b.t.Fatalf("create call: HTTP %d %s", status, body)
	}
	calls := b.CallsTo(to)
	return calls[len(calls)-1]
}

func TestQueueIsTakenOut(t *testing.T) {
	for _, helperFirst := range []bool{true, false} {
		for _, callerEnds := range []bool{true, false} {
			b, agent := queueApp(t)
			var c *Call
			if helperFirst {
				must(t, b.Run(context.Background()))
				wantAwait(t, agent, AwaitRinging)
				c = b.ring()
			} else {
				c = b.ring()
				wantAwait(t, c, AwaitQueue)
				must(t, b.Run(context.Background()))
			}
			wantAwait(t, c, AwaitTalk)
			wantAwait(t, agent, AwaitTalk)
			if callerEnds {
				must(t, c.Hangup(ctx()))
			} else {
				must(t, agent.Hangup(ctx()))
				if !contains(c.Transcript(), "The talk is over.") {
					t.Errorf("the caller was not told:\n%s", c.Transcript())
				}
			}
			wantAwait(t, c, AwaitNothing)
			wantAwait(t, agent, AwaitNothing)
			wantField(t, b.one("/agentdone"), "DialCallStatus", "completed", "DialBridged", "true")
			wantField(t, b.one("/left"), "QueueResult", "bridged")
		}
	}
}

func TestConference(t *testing.T) {
	b := newBench(t)
	b.twiml("/voice", `<Dial action="/done"><Conference waitUrl="/music">case</Conference></Dial>`)
	b.twiml("/music", `<Say>One moment.</Say>`)
	b.twiml("/agent", `<Dial action="/done"><Conference endConferenceOnExit="true" statusCallback="/room" statusCallbackEvent="start end join leave">case</Conference></Dial>`)
	b.twiml("/done", `<Say>Goodbye.</Say>`)
	b.raw("/room", http.StatusNoContent, "", "")
	c := b.ring()
	agent := b.call(helper, url.Values{"Url": {appURL + "/agent"}})
	must(t, b.Run(context.Background()))
	wantAwait(t, agent, AwaitTalk)
	must(t, agent.Hangup(ctx()))
	wantAwait(t, c, AwaitNothing)
	for _, f := range b.got("/done") {
		wantField(t, f, "DialCallStatus", "answered", "DialCallSid", "")
	}
	var events []string
	for _, f := range b.got("/room") {
		events = append(events, f.Get("StatusCallbackEvent"))
	}
	wantList(t, events, "participant-join", "conference-start", "participant-leave", "conference-end")
	if !contains(c.Transcript(), "One moment.") || !contains(c.Transcript(), "Goodbye.") {
		t.Errorf("transcript:\n%s", c.Transcript())
	}
}
