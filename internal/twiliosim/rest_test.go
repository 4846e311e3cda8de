package twiliosim

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestOutboundCall(t *testing.T) {
	all := []string{"initiated", "ringing", "answered", "completed"}
	for _, tc := range []struct {
		name      string
		behaviour CalleeBehaviour
		status    Status
		callbacks []string
	}{
		{"answered", Answers("1"), StatusCompleted, []string{"initiated", "ringing", "in-progress", "completed"}},
		{"busy", Busy(), StatusBusy, []string{"initiated", "ringing", "busy"}},
		{"no answer", NoAnswer(), StatusNoAnswer, []string{"initiated", "ringing", "no-answer"}},
		{"fails", Fails(404), StatusFailed, []string{"initiated", "ringing", "failed"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t, callee(map[string]CalleeBehaviour{helper: tc.behaviour}))
			b.twiml("/out", `<Gather action="/key" numDigits="1"><Say>Press 1.</Say></Gather>`)
			b.twiml("/key", `<Say>Thanks.</Say>`)
			b.raw("/events", http.StatusOK, "", "")
			c := b.call(helper, url.Values{"Url": {appURL + "/out"}, "StatusCallback": {appURL + "/events"}, "StatusCallbackEvent": all})
			if c.Status() != StatusQueued || len(b.app.seen) != 0 {
				t.Fatal("a created call must wait for Run")
			}
			must(t, b.Run(ctx()))
			if c.Status() != tc.status {
				t.Errorf("status = %s", c.Status())
			}
			var got []string
			for _, f := range b.got("/events") {
				got = append(got, f.Get("CallStatus"))
			}
			wantList(t, got, tc.callbacks...)
			if tc.name == "fails" {
				wantField(t, b.got("/events")[2], "SipResponseCode", "404")
			}
			if tc.status == StatusCompleted {
				wantField(t, b.one("/out"), "CallStatus", "in-progress", "Direction", "outbound-api", "To", helper, "From", line)
			}
		})
	}
}

func TestMachineDetection(t *testing.T) {
	b := newBench(t, callee(map[string]CalleeBehaviour{helper: Machine(), helper2: Answers()}))
	b.twiml("/out", `<Say>Hello.</Say>`)
	b.raw("/amd", http.StatusNoContent, "", "")
	b.call(helper, url.Values{"Url": {appURL + "/out"}, "MachineDetection": {"DetectMessageEnd"}})
	b.call(helper2, url.Values{"Url": {appURL + "/out"}, "MachineDetection": {"Enable"}, "AsyncAmd": {"true"}, "AsyncAmdStatusCallback": {appURL + "/amd"}})
	must(t, b.Run(ctx()))
	wantField(t, b.got("/out")[0], "AnsweredBy", "machine_end_beep")
	wantField(t, b.got("/out")[1], "AnsweredBy", "")
	wantField(t, b.one("/amd"), "AnsweredBy", "human", "From", "")
}

func TestCreateCallRefusals(t *testing.T) {
	good := url.Values{"To": {helper}, "From": {line}, "Url": {appURL + "/out"}}
	for _, tc := range []struct {
		name, key string
		value     []string
		code      int
	}{
		{"no To", "To", nil, 21201},
		{"bad To", "To", []string{"555"}, 21211},
		{"no From", "From", nil, 21213},
		{"bad From", "From", []string{"us"}, 21212},
		{"From not ours", "From", []string{helper2}, 21210},
		{"no Url", "Url", nil, 21205},
		{"relative Url", "Url", []string{"/out"}, 21205},
		{"underscore in host", "Url", []string{"https://my_host.example/"}, 21205},
		{"bad StatusCallback", "StatusCallback", []string{"nowhere"}, 21205},
		{"time-out", "Timeout", []string{"601"}, 21208},
		{"digits", "SendDigits", []string{"x"}, 21206},
		{"method", "Method", []string{"PUT"}, 21209},
		{"event", "StatusCallbackEvent", []string{"initiated", "done"}, 20001},
		{"unknown", "Colour", []string{"red"}, 20001},
		{"repeated", "Timeout", []string{"10", "20"}, 20001},
		{"detection", "MachineDetectionTimeout", []string{"60"}, 20001},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t)
			form := url.Values{}
			for k, v := range good {
				form[k] = v
			}
			form[tc.key] = tc.value
			if tc.value == nil {
				form.Del(tc.key)
			}
			status, body := b.rest(http.MethodPost, "Calls.json", form)
			wantREST(t, status, body, http.StatusBadRequest, tc.code)
			if len(b.Calls()) != 0 {
				t.Error("a refused call was made")
			}
		})
	}
	b := newBench(t)
	form := url.Values{"To": {helper}, "From": {line}, "Twiml": {"<Response>" + strings.Repeat(" ", 4000) + "</Response>"}}
	status, body := b.rest(http.MethodPost, "Calls.json", form)
	wantREST(t, status, body, http.StatusBadRequest, 32018)
}

func wantREST(t *testing.T, status int, body string, wantStatus, wantCode int) {
	t.Helper()
	var e struct {
		Code, Status int
		Message      string
		MoreInfo     string `json:"more_info"`
	}
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatalf("HTTP %d, not an error body: %v", status, err)
	}
	if status != wantStatus || e.Code != wantCode || e.Status != status || e.Message == "" || e.MoreInfo == "" {
		t.Errorf("HTTP %d code %d, want HTTP %d code %d", status, e.Code, wantStatus, wantCode)
	}
}

func TestAuthenticationAndUnknownResources(t *testing.T) {
	b := newBench(t, func(c *Config) { c.APIKeys = map[string]string{"SK1": "secret"} })
	for _, tc := range []struct {
		user, password string
		status         int
	}{{account, token, 200}, {"SK1", "secret", 200}, {account, "wrong", 401}, {"SK2", "secret", 401}} {
		req, _ := http.NewRequest(http.MethodGet, "https://api.twilio.com/2010-04-01/Accounts/"+account+"/Calls.json", nil)
		req.SetBasicAuth(tc.user, tc.password)
		res, err := b.api.RoundTrip(req)
		must(t, err)
		if res.StatusCode != tc.status {
			t.Errorf("HTTP %d, want %d", res.StatusCode, tc.status)
		}
	}
	for path, want := range map[string]int{"Calls/CA0.json": 404, "Recordings/RE0.wav": 404, "Faxes.json": 404, "Messages/SM0.json": 404} {
		if status, _ := b.rest(http.MethodGet, path, nil); status != want {
			t.Errorf("%s: HTTP %d", path, status)
		}
	}
}

func TestFindCalls(t *testing.T) {
	b := newBench(t)
	b.twiml("/out", `<Hangup/>`)
	first := b.call(helper, url.Values{"Url": {appURL + "/out"}})
	b.clock.move(time.Hour)
	second := b.call(helper, url.Values{"Url": {appURL + "/out"}})
	b.call(helper2, url.Values{"Url": {appURL + "/out"}})
	must(t, b.Run(ctx()))
	since := b.clock.now().Add(-time.Minute).Format(time.RFC3339)
	for _, tc := range []struct {
		q    url.Values
		want []string
	}{
		{url.Values{"To": {helper}}, []string{second.SID(), first.SID()}},
		{url.Values{"To": {helper}, "From": {line}, "StartTime>": {since}}, []string{second.SID()}},
		{url.Values{"To": {helper}, "StartTime<": {since}}, []string{first.SID()}},
		{url.Values{"To": {helper}, "StartTime": {"2026-03-04"}, "PageSize": {"1"}}, []string{second.SID()}},
		{url.Values{"To": {helper}, "StartTime": {"2026-03-05"}}, nil},
		{url.Values{"Status": {"failed"}}, nil},
	} {
		status, body := b.rest(http.MethodGet, "Calls.json?"+tc.q.Encode(), nil)
		var list struct{ Calls []struct{ SID string } }
		if err := json.Unmarshal([]byte(body), &list); err != nil || status != http.StatusOK {
			t.Fatalf("HTTP %d: %v", status, err)
		}
		var got []string
		for _, c := range list.Calls {
			got = append(got, c.SID)
		}
		wantList(t, got, tc.want...)
	}
	if status, body := b.rest(http.MethodGet, "Calls.json?Colour=red", nil); status != 400 {
		t.Errorf("unknown filter: HTTP %d %s", status, body)
	}
}

func TestUpdateCall(t *testing.T) {
	b := newBench(t, callee(map[string]CalleeBehaviour{helper: Rings(), helper2: Answers()}))
	b.twiml("/out", `<Gather action="/key"/>`)
	b.twiml("/other", `<Say>Moved.</Say><Gather action="`+appURL+`/key"/>`)
	b.twiml("/relative", `<Gather action="/key"/>`)
	b.raw("/events", http.StatusOK, "", "")
	out := url.Values{"Url": {appURL + "/out"}, "StatusCallback": {appURL + "/events"}}

	queued := b.call(helper, out)
	b.update(queued, url.Values{"Status": {"canceled"}}, 0)
	if queued.Status() != StatusCanceled {
		t.Errorf("a queued call is %s after its cancellation", queued.Status())
	}
	must(t, b.Run(ctx()))
	if len(b.got("/out")) != 0 {
		t.Error("a cancelled call was dialled")
	}
	b.update(queued, url.Values{"Status": {"completed"}}, 21220)

	ringing := b.call(helper, out)
	must(t, b.Run(ctx()))
	wantAwait(t, ringing, AwaitRinging)
	b.update(ringing, url.Values{"Url": {appURL + "/other"}}, 21220)
	b.update(ringing, url.Values{"Status": {"canceled"}}, 0)
	must(t, b.Run(ctx()))
	wantAwait(t, ringing, AwaitNothing)

	live := b.call(helper2, out)
	must(t, b.Run(ctx()))
	wantAwait(t, live, AwaitKeys)
	b.update(live, url.Values{"Status": {"canceled"}}, 21220)
	b.update(live, url.Values{"Url": {appURL + "/other"}, "Twiml": {"<Response/>"}}, 20001)
	b.update(live, url.Values{"Url": {appURL + "/other"}}, 0)
	must(t, b.Run(ctx()))
	if !contains(live.Transcript(), "Moved.") {
		t.Errorf("transcript:\n%s", live.Transcript())
	}
	b.update(live, url.Values{"Url": {appURL + "/relative"}}, 0)
	must(t, b.Run(ctx()))
	if got := refusals(live); len(got) != 1 || got[0] != 11100 {
		t.Errorf("a relative action after an update: refused with %v", got)
	}

	twiml := b.call(helper2, url.Values{"Twiml": {`<Response><Say>Inline.</Say><Pause length="9"/><Gather action="` + appURL + `/key"/></Response>`}})
	must(t, b.Run(ctx()))
	b.update(twiml, url.Values{"Status": {"completed"}}, 0)
	must(t, b.Run(ctx()))
	wantTranscript(t, twiml, "line: Inline.", "ended: "+EndREST)
}

func (b *bench) update(c *Call, form url.Values, code int) {
	b.t.Helper()
	status, body := b.rest(http.MethodPost, "Calls/"+c.SID()+".json", form)
	if code == 0 && status != http.StatusOK || code != 0 && !contains(body, `"code":`+itoa(code)) {
		b.t.Fatalf("update: HTTP %d %s, want code %d", status, body, code)
	}
}

func TestRedirectedTalkLetsTheHelperGo(t *testing.T) {
	b := transferApp(t, transfer, Answers("1"))
	b.twiml("/menu", `<Say>Menu.</Say>`)
	c := b.ring()
	b.update(c, url.Values{"Url": {appURL + "/menu"}}, 0)
	must(t, b.Run(ctx()))
	if leg := c.Legs()[0]; leg.Status() != StatusCompleted || len(b.got("/done")) != 0 {
		t.Errorf("leg is %s, Dial's action requested %d times", leg.Status(), len(b.got("/done")))
	}
}

func TestRecordingsOverREST(t *testing.T) {
	b := newBench(t)
	b.twiml("/voice", `<Record action="/saved"/>`)
	b.twiml("/saved", `<Hangup/>`)
	c := b.ring()
	must(t, c.Speak(ctx(), "my question"))
	sid := b.one("/saved").Get("RecordingSid")
	status, wav := b.rest(http.MethodGet, "Recordings/"+sid+".wav", nil)
	if status != http.StatusOK || !strings.HasPrefix(wav, "RIFF") || wav[8:12] != "WAVE" {
		t.Errorf("HTTP %d, %d bytes", status, len(wav))
	}
	if _, body := b.rest(http.MethodGet, "Recordings/"+sid+".json", nil); !contains(body, c.SID()) {
		t.Error("the recording does not name its call")
	}
	if status, _ := b.rest(http.MethodDelete, "Recordings/"+sid+".json", nil); status != http.StatusNoContent {
		t.Errorf("delete: HTTP %d", status)
	}
	if _, ok := b.Recording(sid); ok {
		t.Error("the recording survived its deletion")
	}
	if status, _ := b.rest(http.MethodGet, "Recordings/"+sid+".wav", nil); status != http.StatusNotFound {
		t.Errorf("after deletion: HTTP %d", status)
	}
}

// TestCallsInsideWebhooks guards against a stand-in that locks up when the
// application uses the REST API while it answers.
func TestCallsInsideWebhooks(t *testing.T) {
	b := newBench(t)
	b.handle("/voice", func(w http.ResponseWriter, r *http.Request) {
		b.call(helper, url.Values{"Url": {appURL + "/out"}})
		status, _ := b.rest(http.MethodPost, "Calls/"+r.PostFormValue("CallSid")+".json", url.Values{"Status": {"completed"}})
		if status != http.StatusOK {
			t.Errorf("update inside a webhook: HTTP %d", status)
		}
		w.Header().Set("Content-Type", "text/xml")
		_, _ = w.Write([]byte(`<Response><Gather/></Response>`))
	})
	b.twiml("/out", `<Hangup/>`)
	c := b.ring()
	must(t, b.Run(context.Background()))
	wantAwait(t, c, AwaitNothing)
}
