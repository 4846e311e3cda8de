package twiliosim

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

// sharedFolder is the conformance material beside the project.
func sharedFolder(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("SECONDLINE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(dir, "conformance")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the conformance material is missing")
		}
		t.Log("NOT CHECKED: the conformance material beside the project is missing (set SECONDLINE_SHARED)")
		return ""
	}
	return filepath.Join(dir, "conformance")
}

func TestRefusedTwiML(t *testing.T) {
	long := strings.Repeat("a", 3001)
	for _, tc := range []struct {
		name, verbs string
		code        int
	}{
		{"not XML", `<Say>`, 12100},
		{"unknown verb", `<Shout>x</Shout>`, 12200},
		{"wrong case", `<say>x</say>`, 12200},
		{"unknown attribute", `<Say volume="3">x</Say>`, 12200},
		{"attribute twice", `<Pause length="1" length="2"/>`, 12100},
		{"empty Say", `<Say> </Say>`, 13520},
		{"unknown voice", `<Say voice="Polly.Nobody">x</Say>`, 13511},
		{"voice of another language", `<Say voice="Google.es-US-Neural2-A" language="en-US">x</Say>`, 13511},
		{"basic voice, language it lacks", `<Say voice="woman" language="ja-JP">x</Say>`, 13512},
		{"unknown language", `<Say language="xx-XX">x</Say>`, 13512},
		{"Say too long for Polly", `<Say voice="Polly.Joanna">` + long + `</Say>`, 13521},
		{"SSML written as attributes of Go", `<Say><say-as interpretAs="date">x</say-as></Say>`, 12200},
		{"SSML in capitals", `<Say><Break/></Say>`, 12200},
		{"pause of nothing", `<Pause length="0"/>`, 13910},
		{"gather time-out 0", `<Gather timeout="0" action="/x"/>`, 13313},
		{"gather digits 0", `<Gather numDigits="0"/>`, 13314},
		{"gather two finishing keys", `<Gather finishOnKey="12"/>`, 13310},
		{"gather method", `<Gather method="PUT"/>`, 13312},
		{"gather nests Record", `<Gather><Record/></Gather>`, 13320},
		{"gather input", `<Gather input="voice"/>`, 12200},
		{"gather speechTimeout with a model", `<Gather input="speech" speechModel="phone_call" speechTimeout="auto"/>`, 13335},
		{"gather hint too long", `<Gather hints="` + strings.Repeat("h", 101) + `"/>`, 13330},
		{"gather empty action", `<Gather action=""/>`, 11100},
		{"action with a blank", `<Gather action="/a b"/>`, 11100},
		{"action on a host with underscore", `<Gather action="https://my_host.example/x"/>`, 11100},
		{"text in a Gather", `<Gather>hello</Gather>`, 12200},
		{"record length 1", `<Record maxLength="1"/>`, 13612},
		{"record keys", `<Record finishOnKey="x"/>`, 13613},
		{"record time-out", `<Record timeout="-1"/>`, 13611},
		{"record beep", `<Record playBeep="yes"/>`, 13616},
		{"dial nobody", `<Dial/>`, 13223},
		{"dial a local number", `<Dial><Number>617-555-0122</Number></Dial>`, 13223},
		{"dial time-out 4", `<Dial timeout="4"><Number>+16175550122</Number></Dial>`, 13212},
		{"dial time-out 601", `<Dial timeout="601"><Number>+16175550122</Number></Dial>`, 13212},
		{"dial foreign caller ID", `<Dial callerId="+16175550199"><Number>+16175550122</Number></Dial>`, 13214},
		{"dial caller ID not a number", `<Dial callerId="us"><Number>+16175550122</Number></Dial>`, 13214},
		{"dial mixes conference", `<Dial><Number>+16175550122</Number><Conference>x</Conference></Dial>`, 13000},
		{"dial nests Say", `<Dial><Say>x</Say></Dial>`, 13215},
		{"dial eleven", `<Dial>` + strings.Repeat(`<Number>+16175550122</Number>`, 11) + `</Dial>`, 13250},
		{"redirect method", `<Redirect method="post">/x</Redirect>`, 13710},
		{"enqueue without a name", `<Enqueue/>`, 14205},
		{"reject later", `<Say>x</Say><Reject/>`, 12200},
		{"leave outside a queue", `<Leave/>`, 12200},
		{"play nothing", `<Play/>`, 11100},
		{"play loop", `<Play loop="1001">/x</Play>`, 13410},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t)
			b.twiml("/voice", tc.verbs)
			c := b.ring()
			if got := refusals(c); len(got) == 0 || got[0] != tc.code {
				t.Fatalf("refused with %v, want %d", got, tc.code)
			}
			f := b.one("/fallback")
			wantField(t, f, "ErrorUrl", appURL+"/voice")
			wantAwait(t, c, AwaitNothing)
		})
	}
}

func refusals(c *Call) []int {
	var out []int
	for _, e := range c.Events() {
		if e.Kind == EventRefused {
			out = append(out, e.Code)
		}
	}
	return out
}

func TestRefusedAnswers(t *testing.T) {
	for _, tc := range []struct {
		name, kind, body string
		status, code     int
	}{
		{"server error", "text/xml", "", http.StatusInternalServerError, 11200},
		{"not found", "text/html", "", http.StatusNotFound, 11200},
		{"empty", "text/xml", "", http.StatusOK, 11770},
		{"JSON", "application/json", "{}", http.StatusOK, 12300},
		{"another root", "text/xml", "<Reply/>", http.StatusOK, 12102},
		{"two roots", "text/xml", "<Response/><Response/>", http.StatusOK, 12100},
		{"a document type", "text/xml", "<!DOCTYPE x><Response/>", http.StatusOK, 12100},
		{"too large", "text/xml", "<Response><!--" + strings.Repeat("x", 64*1024) + "--></Response>", http.StatusOK, 11750},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t)
			b.raw("/voice", tc.status, tc.kind, tc.body)
			b.twiml("/fallback", `<Say>We are sorry.</Say>`)
			c := b.ring()
			if got := refusals(c); len(got) != 1 || got[0] != tc.code {
				t.Fatalf("refused with %v, want %d", got, tc.code)
			}
			if !contains(c.Transcript(), "We are sorry.") {
				t.Errorf("the fallback was not played:\n%s", c.Transcript())
			}
		})
	}
}

func TestUnreachableApplicationIsTriedAgainOnConnectionFailureOnly(t *testing.T) {
	tries := 0
	failing := func(err error) func(*Config) {
		return func(c *Config) {
			c.Transport = roundTripper(func(*http.Request) (*http.Response, error) { tries++; return nil, err })
			c.Numbers = map[string]Number{line: {VoiceURL: "/voice"}}
		}
	}
	b := newBench(t, failing(&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}))
	if c := b.ring(); tries != 2 || refusals(c)[0] != 11205 {
		t.Errorf("%d tries, refused with %v", tries, refusals(c))
	}
	tries = 0
	b = newBench(t, failing(errBroken))
	if c := b.ring(); tries != 1 || refusals(c)[0] != 11206 {
		t.Errorf("%d tries, refused with %v", tries, refusals(c))
	}
	tries = 0
	b = newBench(t, failing(context.DeadlineExceeded), func(c *Config) {
		c.Numbers = map[string]Number{line: {VoiceURL: "/voice#rc=3&rp=rt"}}
	})
	b.ring()
	if tries != 4 {
		t.Errorf("%d tries with rc=3 and rp=rt", tries)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestPlainTextIsReadOutAndFlagged(t *testing.T) {
	b := newBench(t)
	b.raw("/voice", http.StatusOK, "text/plain; charset=utf-8", "runtime error: nil pointer")
	c := b.ring()
	wantTranscript(t, c, "line: runtime error: nil pointer", "warned 12300: a text/plain answer was read out loud", "ended: "+EndDocument)
}

func TestRedirectOfAnActionLosesTheDigits(t *testing.T) {
	b := newBench(t)
	b.twiml("/voice", `<Gather action="/old" numDigits="1"/>`)
	b.handle("/old", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/new", http.StatusTemporaryRedirect)
	})
	b.twiml("/new", `<Hangup/>`)
	c := b.ring()
	must(t, c.Press(ctx(), "7"))
	if b.one("/new").Has("Digits") {
		t.Error("the digits survived a redirect")
	}
	if !contains(c.Transcript(), "digits were lost") {
		t.Errorf("nothing was said about it:\n%s", c.Transcript())
	}
}

func TestNoContentEndsQuietly(t *testing.T) {
	b := newBench(t)
	b.raw("/voice", http.StatusNoContent, "", "")
	c := b.ring()
	wantTranscript(t, c, "ended: "+EndDocument)
}

// TestAcceptedTwiML plays documents that are right and asks an independent
// checker whether it thinks so too.
func TestAcceptedTwiML(t *testing.T) {
	dir := sharedFolder(t)
	for _, verbs := range []string{
		`<Say voice="Polly.Joanna-Neural" language="en-US">Call <say-as interpret-as="telephone">6175550100</say-as><break time="300ms"/>now.</Say><Hangup/>`,
		`<Gather input="dtmf speech" action="/x" method="GET" numDigits="1" finishOnKey="" timeout="7" speechTimeout="auto" actionOnEmptyResult="true" hints="yes,no"><Say>x</Say><Pause/><Play>/a.wav</Play></Gather><Redirect>/y</Redirect>`,
		`<Record action="/x" maxLength="120" finishOnKey="#" timeout="5" trim="do-not-trim" recordingStatusCallback="/r" recordingStatusCallbackEvent="in-progress completed"/>`,
		`<Dial timeout="20" action="/x" callerId="+16175550100" answerOnBridge="true"><Number url="/w" statusCallback="/s" statusCallbackEvent="initiated ringing answered completed">+16175550122</Number></Dial>`,
		`<Dial>+16175550122</Dial>`,
		`<Enqueue action="/x" waitUrl="">team</Enqueue>`,
		`<Dial><Conference beep="false" endConferenceOnExit="true">case</Conference></Dial>`,
		`<Reject reason="rejected"/>`,
		`<Play digits="1w2"/>`,
	} {
		body := xmlStart + "<Response>" + verbs + "</Response>"
		if _, r := parseTwiML([]byte(body), voiceDoc, false); r != nil {
			t.Errorf("refused with %v: %s", r, verbs)
		}
		if dir == "" {
			continue
		}
		cmd := exec.Command("python3", filepath.Join(dir, "twiml_check.py"), "--voice")
		cmd.Stdin = strings.NewReader(body)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("the checker disagrees: %s\n%s", out, verbs)
		}
	}
}

func TestRightButUnplayedTwiMLIsNotBlamedOnTheApplication(t *testing.T) {
	for _, verbs := range []string{`<Dial><Client>x</Client></Dial>`, `<Dial><Sip>sip:x@example.org</Sip></Dial>`, `<Start/>`} {
		b := newBench(t)
		b.twiml("/voice", verbs)
		if got := refusals(b.ring()); len(got) != 1 || got[0] != 0 {
			t.Errorf("%s: refused with %v, want 0", verbs, got)
		}
	}
}

// TestTablesAgree compares the stand-in's tables with an independent list of
// elements and attributes.
func TestTablesAgree(t *testing.T) {
	dir := sharedFolder(t)
	if dir == "" {
		return
	}
	raw, err := os.ReadFile(filepath.Join(dir, "twiml_tables.txt"))
	must(t, err)
	row := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (.*?) \\| (.*) \\|$")
	found := 0
	for _, m := range row.FindAllStringSubmatch(string(raw), -1) {
		name, ssml := strings.CutPrefix(m[1], "Ssml")
		if ssml {
			name = strings.ToLower(strings.ReplaceAll(name, "SayAs", "say-as"))
		}
		sh, played := voiceShapes[name]
		if !played {
			continue
		}
		found++
		for _, part := range strings.Split(m[3], "; ") {
			key, _, ok := strings.Cut(part, "(")
			if _, has := sh.attrs[key]; ok && !has && !slices.Contains(unplayed, name+"."+key) {
				t.Errorf("<%s> lacks the attribute %s", name, key)
			}
		}
		for _, child := range strings.Split(m[2], ", ") {
			if child != "—" && !slices.Contains(sh.children, child) && !slices.Contains(unplayed, name+">"+child) {
				t.Errorf("<%s> lacks the child %s", name, child)
			}
		}
		for key := range sh.attrs {
			if !contains(m[3], key+"(") && name+"."+key != "Dial.callReason" {
				t.Errorf("<%s %s> is not in the list", name, key)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d elements compared", found)
	}
}

func FuzzParseTwiML(f *testing.F) {
	f.Add(`<Response><Say voice="man">x<break/></Say></Response>`)
	f.Add(`<Response><Gather numDigits="99999999999999999999"/></Response>`)
	f.Add(`<Response xmlns:x="y"><x:Say x:a="b"/></Response>`)
	f.Fuzz(func(t *testing.T, body string) {
		for _, kind := range []docKind{voiceDoc, whisperDoc, waitDoc, messagingDoc} {
			verbs, r := parseTwiML([]byte(body), kind, true)
			if r != nil && (r.code == 0 && !contains(r.why, "does not play") || verbs != nil) {
				t.Errorf("a refusal without a code, or with verbs: %v", r)
			}
			for _, v := range verbs {
				_, _ = spoken(v), slow(v)
			}
		}
	})
}
