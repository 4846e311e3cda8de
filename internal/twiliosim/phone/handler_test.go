package phone

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// answer is what a request gave.
type answer struct {
	status int
	head   http.Header
	body   string
}

func ask(h http.Handler, method, path, body string, head ...string) answer {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestPageCanBeReadWithoutItsScript(t *testing.T) {
	a := ask(Handler(newFake(), discard()), "GET", "/", "")
	for _, want := range []string{"800-941-9309", "&#43;1 775 440 2559", "Number withheld", "Tuesday, 10:12 a.m. in New York",
		"no real call is placed", "A holiday", "I answer it myself", "Clocks go back, Nov 1, 2026", "Luz Marín", `aria-label="pound"`, `id="reply"`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	for _, never := range []string{"<style", "onclick", "style=", "http://", "https://", "<script>"} {
		if strings.Contains(a.body, never) {
			t.Errorf("the page holds %q, which its own policy forbids", never)
		}
	}
}

// listenOnly is an Exchange that cannot be sent a text message.
type listenOnly struct{ Exchange }

func TestNoReplyBoxWithoutTexts(t *testing.T) {
	h := Handler(listenOnly{newFake()}, discard())
	if strings.Contains(ask(h, "GET", "/", "").body, `id="reply"`) {
		t.Error("the page offers a reply that nothing takes")
	}
	if a := ask(h, "POST", "/phone/text", `{"words":"yes"}`); a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
		t.Errorf("a text message without a Texter: status %d", a.status)
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	h := Handler(newFake(), discard())
	types := map[string]string{"/": "text/html", "/phone.css": "text/css", "/phone.js": "text/javascript",
		"/voice.js": "text/javascript", "/lists.js": "text/javascript",
		"/desk.css": "text/css", "/desk.js": "text/javascript", "/time.js": "text/javascript", "/phone.svg": "image/svg+xml", "/nowhere": "text/plain"}
	for path, want := range types {
		a := ask(h, "GET", path, "")
		if got := a.head.Get("Content-Type"); !strings.HasPrefix(got, want) {
			t.Errorf("GET %s is %q, want %q", path, got, want)
		}
		for _, s := range securityHeaders {
			if a.head.Get(s[0]) != s[1] {
				t.Errorf("GET %s has no %s", path, s[0])
			}
		}
	}
}

func TestButtonsReachTheExchange(t *testing.T) {
	tests := []struct{ path, body, did string }{
		{"ring", `{"line":"tollfree","caller":"withheld"}`, "ring tollfree withheld"},
		{"press", `{"call":"call1","keys":"1"}`, "press 1"},
		{"press", `{"call":"call1","keys":"*#0"}`, "press *#0"},
		{"silence", `{"call":"call1"}`, "silence"},
		{"pickup", `{"call":"desk-sam"}`, "pickup at desk-sam"},
		{"press", `{"call":"desk-sam","keys":"2"}`, "press 2 at desk-sam"},
		{"silence", `{"call":"desk-sam"}`, "silence at desk-sam"},
		{"hangup", `{"call":"desk-sam"}`, "hangup at desk-sam"},
		{"clock", `{"to":"2026-11-01T01:30"}`, "clock 2026-11-01T01:30"},
		{"speak", `{"call":"call1","words":"Maria, M A R I A"}`, "speak Maria, M A R I A"},
		{"hangup", `{"call":"call1"}`, "hangup"},
		{"remote-hangup", `{"call":"call1"}`, "remote-hangup"},
		{"clock", `{"to":"holiday"}`, "clock holiday"},
		{"callee", `{"behaviour":"noanswer"}`, "callee noanswer"},
		{"text", `{"words":"YES","tomorrow":"an unknown field is let be"}`, "text YES"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			x := newFake()
			x.v.Call = "call1"
			x.ringDesk(0, 20)
			a := ask(Handler(x, discard()), "POST", "/phone/"+tt.path, tt.body)
			if got := x.did(); a.status != http.StatusOK || got != tt.did {
				t.Errorf("status %d, the line was given %q, want %q", a.status, got, tt.did)
			}
			if a.head.Get("Cache-Control") != "no-store" {
				t.Error("the answer may be kept by a cache")
			}
			var v map[string]any
			if err := json.Unmarshal([]byte(a.body), &v); err != nil {
				t.Fatalf("the answer is no JSON: %v", err)
			}
			for _, list := range []string{"captions", "case", "texts", "traffic", "lines", "callers", "coordinators", "changes"} {
				if _, ok := v[list].([]any); !ok {
					t.Errorf("%s is no list", list)
				}
			}
		})
	}
}

func TestAViewIsSentOnlyWhenThereIsNews(t *testing.T) {
	x := newFake()
	h := Handler(x, discard())
	first := ask(h, "POST", "/phone/view", `{}`)
	tag := first.head.Get("ETag")
	if first.status != http.StatusOK || tag == "" {
		t.Fatalf("the first view: status %d, tag %q", first.status, tag)
	}
	seen, err := json.Marshal(map[string]string{"seen": tag})
	if err != nil {
		t.Fatal(err)
	}
	if a := ask(h, "POST", "/phone/view", string(seen)); a.status != http.StatusNoContent || a.body != "" {
		t.Errorf("nothing is new, and the page gets status %d and %d bytes", a.status, len(a.body))
	}
	x.ringDesk(1, 20)
	a := ask(h, "POST", "/phone/view", string(seen))
	if a.status != http.StatusOK || !strings.Contains(a.body, `"status":"ringing"`) {
		t.Errorf("a coordinator's telephone rings, and the page gets status %d", a.status)
	}
}

func TestRefusals(t *testing.T) {
	wrong := func(err error) *fakeExchange {
		x := newFake()
		x.fault = err
		return x
	}
	fine, press := newFake(), `{"keys":"1"}`
	tests := []struct {
		name   string
		x      *fakeExchange
		body   string
		head   []string
		status int
		code   Code
	}{
		{"call over", newFake(), `{"call":"other","keys":"1"}`, nil, 404, ErrNoCall},
		{"not now", wrong(ErrNotNow), press, nil, 409, ErrNotNow},
		{"no such choice", wrong(ErrUnknownOption), press, nil, 400, ErrUnknownOption},
		{"no such time", wrong(ErrBadTime), press, nil, 400, ErrBadTime},
		{"our fault", wrong(errors.New("the exchange is on fire")), press, nil, 500, errFault},
		{"no keys", fine, `{"keys":""}`, nil, 400, errBadKeys},
		{"a letter", fine, `{"keys":"1a"}`, nil, 400, errBadKeys},
		{"too many keys", fine, `{"keys":"` + strings.Repeat("1", 33) + `"}`, nil, 400, errBadKeys},
		{"no JSON", fine, `keys=1`, nil, 400, errBadJSON},
		{"a form", fine, press, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, errNotJSON},
		{"too long", fine, `{"words":"` + strings.Repeat("a", maxBody) + `"}`, nil, 413, errTooLong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := ask(Handler(tt.x, discard()), "POST", "/phone/press", tt.body, tt.head...)
			var got struct {
				Error struct {
					Code    Code
					Message string
				}
			}
			if err := json.Unmarshal([]byte(a.body), &got); err != nil {
				t.Fatalf("the refusal is no JSON: %v", err)
			}
			if a.status != tt.status || got.Error.Code != tt.code || got.Error.Message == "" {
				t.Errorf("status %d code %q message %q, want %d %q and words", a.status, got.Error.Code, got.Error.Message, tt.status, tt.code)
			}
			if strings.Contains(a.body, "fire") {
				t.Error("the developer's cause is shown to the visitor")
			}
		})
	}
	if got := fine.did(); got != "" {
		t.Errorf("a refused request reached the line: %q", got)
	}
}

func TestOtherPagesCannotDial(t *testing.T) {
	x := newFake()
	h := Handler(x, discard())
	for _, site := range []string{"cross-site", "same-site"} {
		if a := ask(h, "POST", "/phone/ring", `{}`, "Sec-Fetch-Site", site); a.status != http.StatusForbidden {
			t.Errorf("a %s request gave %d", site, a.status)
		}
	}
	if got := x.did(); got != "" {
		t.Errorf("another page placed a call: %q", got)
	}
}

func TestOnlyOurFaultsAreLoggedAndNoneOfTheInput(t *testing.T) {
	var log bytes.Buffer
	x := newFake()
	h := Handler(x, slog.New(slog.NewJSONHandler(&log, nil)))
	ask(h, "POST", "/phone/press", `{"call":"gone","keys":"7"}`)
	if log.Len() > 0 {
		t.Errorf("an ended call was logged: %s", log.String())
	}
	x.fault = errors.New("the exchange is on fire")
	ask(h, "POST", "/phone/speak", `{"call":"secret-call","words":"Maria"}`)
	if got := strings.Count(log.String(), "\n"); got != 1 || !strings.Contains(log.String(), "on fire") {
		t.Errorf("a fault gave %d log lines, want one with its cause", got)
	}
	for _, never := range []string{"Maria", "secret-call"} {
		if strings.Contains(log.String(), never) {
			t.Error("what the visitor sent is in the log")
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"keys":"1#"}`, `{"call":1}`, `[]`, `null`, `{"keys":"\u0661"}`, "{"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		x := newFake()
		a := ask(Handler(x, discard()), "POST", "/phone/press", body)
		if a.status >= 500 {
			t.Errorf("%q gave %d", body, a.status)
		}
		if !json.Valid([]byte(a.body)) {
			t.Errorf("%q gave an answer that is no JSON", body)
		}
	})
}
