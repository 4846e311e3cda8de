package twiliosim

import (
	"compress/gzip"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestOverARealConnection plays a call over TCP, against an application that
// compresses its answers.
func TestOverARealConnection(t *testing.T) {
	var signed string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		if Sign(token, "http://"+r.Host+r.RequestURI, r.PostForm) == r.Header.Get("X-Twilio-Signature") {
			signed = r.Header.Get("User-Agent")
		}
		w.Header().Set("Content-Type", "text/xml")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer func() { _ = z.Close() }()
		_, _ = z.Write([]byte(`<Response><Say>Over the wire.</Say></Response>`))
	}))
	defer server.Close()
	b := newBench(t, func(c *Config) {
		c.AppURL, c.Transport = server.URL, http.DefaultTransport
		c.Numbers = map[string]Number{line: {VoiceURL: "/voice?line=1"}}
	})
	wantTranscript(t, b.ring(), "line: Over the wire.", "ended: "+EndDocument)
	if signed != "TwilioProxy/1.1" {
		t.Errorf("the request was not signed, or came from %q", signed)
	}
}

func TestWebhookByGet(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.Numbers = map[string]Number{line: {VoiceURL: "/voice?a=1", VoiceMethod: http.MethodGet}}
	})
	b.twiml("/voice", `<Gather method="GET" action="/key?at=birth_date" numDigits="1"/>`)
	b.twiml("/key", `<Hangup/>`)
	c := b.ring()
	must(t, c.Press(ctx(), "3"))
	wantField(t, b.one("/voice"), "a", "1", "CallSid", c.SID())
	wantField(t, b.one("/key"), "at", "birth_date", "Digits", "3")
	if x := c.Traffic()[0]; x.Method != http.MethodGet || x.Status != http.StatusOK || x.Body == "" {
		t.Errorf("traffic = %s HTTP %d", x.Method, x.Status)
	}
}

// TestResourcesHaveTwiliosFields compares the JSON of the REST API with
// Twilio's own description.
func TestResourcesHaveTwiliosFields(t *testing.T) {
	dir := sharedFolder(t)
	if dir == "" {
		return
	}
	raw, err := os.ReadFile(filepath.Join(dir, "twilio_strict.json"))
	must(t, err)
	var api struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]json.RawMessage
			}
		}
	}
	must(t, json.Unmarshal(raw, &api))
	b := newBench(t)
	b.twiml("/voice", `<Record action="/saved"/>`)
	b.twiml("/saved", ``)
	c := b.ring()
	must(t, c.Speak(ctx(), "x"))
	text := b.text(outText())
	for path, schema := range map[string]string{
		"Calls/" + c.SID() + ".json":                                  "api.v2010.account.call",
		"Messages/" + text + ".json":                                  "api.v2010.account.message",
		"Recordings/" + b.one("/saved").Get("RecordingSid") + ".json": "api.v2010.account.recording",
	} {
		_, body := b.rest(http.MethodGet, path, nil)
		var have map[string]json.RawMessage
		must(t, json.Unmarshal([]byte(body), &have))
		want := api.Components.Schemas[schema].Properties
		for name := range want {
			if _, ok := have[name]; !ok {
				t.Errorf("%s lacks %s", schema, name)
			}
		}
		for name := range have {
			if _, ok := want[name]; !ok {
				t.Errorf("%s has %s, which Twilio's has not", schema, name)
			}
		}
	}
}

// TestParametersAreTwilios compares the accepted parameters with Twilio's own
// description.
func TestParametersAreTwilios(t *testing.T) {
	dir := sharedFolder(t)
	if dir == "" {
		return
	}
	raw, err := os.ReadFile(filepath.Join(dir, "twilio_strict.json"))
	must(t, err)
	type operation struct {
		RequestBody struct {
			Content map[string]struct {
				Schema struct{ Properties map[string]json.RawMessage }
			}
		}
	}
	var api struct {
		Paths map[string]struct{ Post operation }
	}
	must(t, json.Unmarshal(raw, &api))
	for path, mine := range map[string]map[string]param{
		"Calls.json": createCallParams, "Calls/{Sid}.json": updateCallParams,
		"Messages.json": createTextParams, "Messages/{Sid}.json": updateTextParams,
	} {
		want := api.Paths["/2010-04-01/Accounts/{AccountSid}/"+path].Post.RequestBody.Content["application/x-www-form-urlencoded"].Schema.Properties
		if len(want) == 0 {
			t.Fatalf("%s is not described", path)
		}
		for name := range want {
			if _, ok := mine[name]; !ok {
				t.Errorf("%s: %s is missing", path, name)
			}
		}
		for name := range mine {
			if _, ok := want[name]; !ok {
				t.Errorf("%s: %s is not Twilio's", path, name)
			}
		}
	}
}

func TestPeopleOnOtherTelephones(t *testing.T) {
	b := newBench(t, callee(map[string]CalleeBehaviour{helper: Rings(), helper2: Answers()}))
	b.twiml("/out", `<Dial><Number>`+helper2+`</Number></Dial><Say>Your talk is over.</Say>`)
	first := b.call(helper, url.Values{"Url": {appURL + "/out"}})
	must(t, b.Run(ctx()))
	must(t, first.Hangup(ctx()))
	if first.Status() != StatusBusy {
		t.Errorf("a telephone put down while it rang is %s", first.Status())
	}
	second := b.call(helper, url.Values{"Url": {appURL + "/out"}})
	must(t, b.Run(ctx()))
	must(t, second.Silence(ctx()))
	if second.Status() != StatusNoAnswer {
		t.Errorf("a telephone that rang out is %s", second.Status())
	}
	third := b.call(helper, url.Values{"Url": {appURL + "/out"}})
	must(t, b.Run(ctx()))
	must(t, third.Answer(ctx()))
	wantAwait(t, third, AwaitTalk)
	leg := third.Legs()[0]
	if leg.Parent() != third || leg.Direction() != "outbound-dial" || leg.From() != line {
		t.Error("the leg does not know where it comes from")
	}
	must(t, leg.Hangup(ctx()))
	if !contains(third.Transcript(), "Your talk is over.") {
		t.Errorf("transcript:\n%s", third.Transcript())
	}
	fourth := b.call(helper, url.Values{"Url": {appURL + "/out"}})
	must(t, b.Run(ctx()))
	must(t, fourth.Answer(ctx()))
	must(t, fourth.Legs()[0].RemoteHangup(ctx()))
	wantAwait(t, fourth, AwaitNothing)
}

func TestQueuedTalkEndsByTheOtherSide(t *testing.T) {
	for _, onAgent := range []bool{true, false} {
		b, agent := queueApp(t)
		c := b.ring()
		must(t, b.Run(ctx()))
		if onAgent {
			must(t, agent.RemoteHangup(ctx()))
		} else {
			must(t, c.RemoteHangup(ctx()))
		}
		wantAwait(t, c, AwaitNothing)
		wantAwait(t, agent, AwaitNothing)
		wantField(t, b.one("/left"), "QueueResult", "bridged")
	}
}

func TestEmptyQueueRingsOut(t *testing.T) {
	b, agent := queueApp(t)
	must(t, b.Run(ctx()))
	must(t, agent.Silence(ctx()))
	wantField(t, b.one("/agentdone"), "DialCallStatus", "no-answer", "DialBridged", "false")
	wantAwait(t, b.ring(), AwaitQueue)
}

func TestBrokenWaitDocumentReachesTheFallback(t *testing.T) {
	b := newBench(t, callee(map[string]CalleeBehaviour{helper: Answers()}))
	b.twiml("/voice", `<Enqueue action="/left" waitUrl="/wait">team</Enqueue>`)
	b.twiml("/wait", `<Dial>`+helper+`</Dial>`)
	b.twiml("/left", ``)
	b.twiml("/fallback", `<Dial>`+helper+`</Dial>`)
	c := b.ring()
	wantAwait(t, c, AwaitTalk)
	wantField(t, b.one("/left"), "QueueResult", "system-error")
}

func TestChangingCalleesAndCarriers(t *testing.T) {
	b := newBench(t)
	b.SetCallee(func(string) CalleeBehaviour { return Busy() })
	b.SetCarrier(func(Text) Delivery { return Delivery{Status: "failed", ErrorCode: 30003} })
	c := b.call(helper, url.Values{"Url": {appURL + "/out"}})
	b.text(url.Values{"To": {caller}, "From": {line}, "Body": {"x"}})
	<-b.Work()
	must(t, b.Run(ctx()))
	if c.Status() != StatusBusy || b.Texts()[0].ErrorCode != 30003 {
		t.Errorf("call %s, text %d", c.Status(), b.Texts()[0].ErrorCode)
	}
}

func TestDetectionOnDialledLegs(t *testing.T) {
	b := newBench(t, callee(map[string]CalleeBehaviour{helper: Machine()}))
	b.twiml("/voice", `<Dial><Number machineDetection="Enable" amdStatusCallback="/amd">`+helper+`</Number></Dial>`)
	b.raw("/amd", http.StatusNoContent, "", "")
	c := b.ring()
	wantField(t, b.one("/amd"), "AnsweredBy", "machine_start", "CallSid", c.Legs()[0].SID())
	if got := b.Callbacks(); len(got) != 1 || !got[0].Callback || got[0].Status != http.StatusNoContent {
		t.Errorf("callbacks = %d", len(got))
	}
}

func TestSlowRates(t *testing.T) {
	for rate, want := range map[string]bool{"slow": true, "x-slow": true, "-10%": true, "90%": true, "100%": false,
		"+10%": false, "fast": false, "": false} {
		if slowRate(rate) != want {
			t.Errorf("rate %q: slow %v", rate, !want)
		}
	}
}

func TestMessagesAreRedactedAndDeleted(t *testing.T) {
	b := newBench(t)
	sid := b.text(outText())
	if status, body := b.rest(http.MethodPost, "Messages/"+sid+".json", url.Values{"Body": {""}}); status != 200 || !contains(body, `"body":""`) {
		t.Errorf("redact: HTTP %d %s", status, body)
	}
	status, body := b.rest(http.MethodPost, "Messages/"+sid+".json", url.Values{"Status": {"canceled"}})
	wantREST(t, status, body, http.StatusBadRequest, 30409)
	if status, _ := b.rest(http.MethodDelete, "Messages/"+sid+".json", nil); status != http.StatusNoContent {
		t.Errorf("delete: HTTP %d", status)
	}
	if len(b.Texts()) != 0 {
		t.Error("the text survived its deletion")
	}
}

func TestMomentsOfFilters(t *testing.T) {
	q := url.Values{"StartTime": {"2026-03-04"}}
	day := timeFilter(q, "StartTime")
	at := time.Date(2026, 3, 4, 23, 59, 59, 0, time.UTC)
	got := []bool{day(at), day(at.Add(time.Second)), day(at.Add(-24 * time.Hour))}
	if !slices.Equal(got, []bool{true, false, false}) {
		t.Errorf("inside, after, before = %v", got)
	}
}
