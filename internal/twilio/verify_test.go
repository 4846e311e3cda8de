package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const (
	testToken  = "11112222333344445555666677778888"
	otherToken = "99990000aaaabbbbccccddddeeeeffff"
	formType   = "application/x-www-form-urlencoded; charset=UTF-8"
)

// sign is written from Twilio's description, not from the code under test.
func sign(token, address string, form url.Values) string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	sort.Strings(names)
	base := address
	for _, name := range names {
		seen := map[string]bool{}
		var values []string
		for _, value := range form[name] {
			if !seen[value] {
				seen[value] = true
				values = append(values, value)
			}
		}
		sort.Strings(values)
		for _, value := range values {
			base += name + value
		}
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(base))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func verifier(t testing.TB, c VerifierConfig) *Verifier {
	t.Helper()
	if c.PublicURL == "" {
		c.PublicURL = "https://line.example.org"
	}
	if c.Tokens == nil {
		c.Tokens = []string{testToken}
	}
	v, err := NewVerifier(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// through sends r through the middleware: status 200 means let through.
func through(v *Verifier, r *http.Request) (status int, reason string, form url.Values) {
	w := httptest.NewRecorder()
	report := func(_ *http.Request, _ int, why string) { reason = why }
	v.Middleware(report)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		form = FormOf(r)
		w.WriteHeader(http.StatusOK)
	})).ServeHTTP(w, r)
	return w.Code, reason, form
}

func postForm(target, body, signature string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", formType)
	if signature != "" {
		r.Header.Set("X-Twilio-Signature", signature)
	}
	return r
}

type vector struct {
	Name, Token, URL, Body, Sig string
	Params                      [][2]string
	Valid                       bool
}

// request turns a vector into what arrives at our door.
func (v vector) request(t *testing.T) (publicURL string, r *http.Request) {
	t.Helper()
	u, err := url.Parse(v.URL)
	if err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for _, p := range v.Params {
		pairs = append(pairs, url.QueryEscape(p[0])+"="+url.QueryEscape(p[1]))
	}
	body, contentType := strings.Join(pairs, "&"), formType
	if v.Body != "" {
		body = v.Body
		if strings.HasPrefix(body, "{") {
			contentType = "application/json"
		}
	}
	r = postForm(u.RequestURI(), body, v.Sig)
	r.Header.Set("Content-Type", contentType)
	end := strings.Index(v.URL, u.Host) + len(u.Host)
	return v.URL[:end], r
}

func TestPublishedVectorsThroughTheMiddleware(t *testing.T) {
	path, ok := conformance(t, "signature_vectors.json")
	if !ok {
		return
	}
	var vectors []vector
	if err := json.Unmarshal(mustRead(t, path), &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 15 {
		t.Fatalf("%d vectors, expected at least 15", len(vectors))
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			publicURL, r := v.request(t)
			status, reason, _ := through(verifier(t, VerifierConfig{PublicURL: publicURL, Tokens: []string{v.Token}}), r)
			if got := status == http.StatusOK; got != v.Valid {
				t.Errorf("let through: %v (%s), expected %v", got, reason, v.Valid)
			}
		})
	}
}

func TestWhoIsLetThrough(t *testing.T) {
	form := url.Values{"CallSid": {"CA00"}, "From": {"+16175550101"}, "Digits": {"1"}, "SpeechResult": {""}}
	const target = "/voice/answer?at=birth_date"
	const public = "https://line.example.org"
	proxy := netip.MustParsePrefix("192.0.2.0/24")
	signed := func(address string) string { return sign(testToken, address, form) }
	tests := []struct {
		name   string
		config VerifierConfig
		change func(*http.Request)
		sig    string
		want   Refusal
	}{
		{name: "Twilio's request", sig: signed(public + target)},
		{name: "text over https, signed with the port", sig: signed(public + ":443" + target)},
		{name: "unsigned", want: NoSignature},
		{name: "signature of the wrong length", sig: "abc", want: WrongSignature},
		{name: "signature in another case", sig: strings.ToUpper(signed(public + target)), want: WrongSignature},
		{name: "another host", sig: signed("https://other.example.org" + target), want: WrongSignature},
		{name: "another scheme", sig: signed("http://line.example.org" + target), want: WrongSignature},
		{name: "another path", sig: signed(public + "/voice/start?at=birth_date"), want: WrongSignature},
		{name: "another step in the query", sig: signed(public + "/voice/answer?at=email"), want: WrongSignature},
		{name: "another account's token", sig: sign(otherToken, public+target, form), want: WrongSignature},
		{name: "the next token while both are set", sig: sign(otherToken, public+target, form), config: VerifierConfig{Tokens: []string{testToken, otherToken}}},
		{name: "the current token while both are set", sig: signed(public + target), config: VerifierConfig{Tokens: []string{testToken, otherToken}}},
		{name: "the old token after the change", sig: signed(public + target), config: VerifierConfig{Tokens: []string{otherToken}}, want: WrongSignature},
		{name: "forwarded host from anybody", sig: signed("https://alias.example.org" + target), change: forwardedBy("203.0.113.9:4711"), want: WrongSignature},
		{name: "forwarded host from an untrusted peer", sig: signed("https://alias.example.org" + target), config: VerifierConfig{TrustedProxies: []netip.Prefix{proxy}}, change: forwardedBy("203.0.113.9:4711"), want: WrongSignature},
		{name: "forwarded host from a trusted proxy", sig: signed("https://alias.example.org" + target), config: VerifierConfig{TrustedProxies: []netip.Prefix{proxy}}, change: forwardedBy("192.0.2.7:4711")},
		{name: "forwarded host from a trusted proxy over IPv6", sig: signed("https://alias.example.org" + target), config: VerifierConfig{TrustedProxies: []netip.Prefix{proxy}}, change: forwardedBy("[::ffff:192.0.2.7]:4711")},
		{name: "configured host though a trusted proxy says another", sig: signed(public + target), config: VerifierConfig{TrustedProxies: []netip.Prefix{proxy}}, change: forwardedBy("192.0.2.7:4711")},
		{name: "proxy took the path prefix off", sig: signed(public + "/tel" + target), config: VerifierConfig{PublicURL: public + "/tel/"}},
		{name: "proxy rewrote the path in another way", sig: signed(public + "/telephone" + target), config: VerifierConfig{PublicURL: public + "/tel"}, want: WrongSignature},
		{name: "TLS ends upstream: the Host header is an inner name", sig: signed(public + target), change: func(r *http.Request) { r.Host = "inner:8080" }},
		{name: "the request line has the whole URL", sig: signed(public + target), change: func(r *http.Request) { r.RequestURI = "http://inner" + target }},
		{name: "a router has cut the parsed path", sig: signed(public + target), change: func(r *http.Request) { r.URL.Path = "/answer" }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := postForm(target, form.Encode(), test.sig)
			if test.change != nil {
				test.change(r)
			}
			status, reason, _ := through(verifier(t, test.config), r)
			expectRefusal(t, status, reason, test.want)
		})
	}
}

func expectRefusal(t *testing.T, status int, reason string, want Refusal) {
	t.Helper()
	wantStatus := http.StatusForbidden
	if want == "" {
		wantStatus = http.StatusOK
	}
	if status != wantStatus || reason != string(want) {
		t.Errorf("answer %d, reason %q; expected %d, %q", status, reason, wantStatus, want)
	}
}

func forwardedBy(peer string) func(*http.Request) {
	return func(r *http.Request) {
		r.RemoteAddr = peer
		r.Header.Set("X-Forwarded-Proto", "https, http")
		r.Header.Set("X-Forwarded-Host", "alias.example.org, inner")
	}
}

func TestThePathPrefixThatTheProxyKeeps(t *testing.T) {
	form := url.Values{"Body": {"hello"}}
	const public = "https://line.example.org/tel"
	v := verifier(t, VerifierConfig{PublicURL: public})
	for target, signed := range map[string]string{"/tel/sms?a=1": public + "/sms?a=1", "/sms?a=1": public + "/sms?a=1", "/telegram": public + "/telegram"} {
		status, reason, _ := through(v, postForm(target, form.Encode(), sign(testToken, signed, form)))
		if status != http.StatusOK {
			t.Errorf("%s refused: %s", target, reason)
		}
	}
}

func TestFormsOfTheBody(t *testing.T) {
	const address = "https://line.example.org/x"
	twice := url.Values{"Media": {"b", "a", "b"}, "Reason": {"r"}, "ReasonConferenceEnded": {"e"}}
	tests := []struct {
		name, body string
		form       url.Values
		want       Refusal
	}{
		{"a name that comes three times", twice.Encode(), twice, ""},
		{"its values in another order", "Media=a&Media=b&Reason=r&ReasonConferenceEnded=e", twice, ""},
		{"one value more", twice.Encode() + "&Media=c", twice, WrongSignature},
		{"a field that was not signed", twice.Encode() + "&CallSid=CA1", twice, WrongSignature},
		{"a field taken away", "Media=a&Media=b&Reason=r", twice, WrongSignature},
		{"a field that Twilio invents tomorrow", "NewField=%C3%A1", url.Values{"NewField": {"á"}}, ""},
		{"blanks at the ends of a value", "Body=+a+", url.Values{"Body": {" a "}}, ""},
		{"a blank more", "Body=+a++", url.Values{"Body": {" a "}}, WrongSignature},
		{"no field", "", url.Values{}, ""},
		{"not a form", "Body=%zz", url.Values{"Body": {"%zz"}}, UnreadableForm},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, reason, _ := through(verifier(t, VerifierConfig{}), postForm("/x", test.body, sign(testToken, address, test.form)))
			expectRefusal(t, status, reason, test.want)
		})
	}
}

func TestApostrophesInTheQuery(t *testing.T) {
	for _, target := range []string{"/x?name=O'Neill&b=%27", "/x?name=O%27Neill&b=%27", "/x?name=O'Neill&b='"} {
		for _, signed := range []string{"/x?name=O'Neill&b='", "/x?name=O%27Neill&b=%27"} {
			r := postForm(target, "a=1", sign(testToken, "https://line.example.org"+signed, url.Values{"a": {"1"}}))
			if status, reason, _ := through(verifier(t, VerifierConfig{}), r); status != http.StatusOK {
				t.Errorf("%s signed as %s refused: %s", target, signed, reason)
			}
		}
	}
}

func TestGetIsSignedByItsAddressAlone(t *testing.T) {
	const target = "/voice?CallSid=CA1&Digits=%23&at=menu"
	get := func(target, signature string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Header.Set("X-Twilio-Signature", signature)
		return r
	}
	good := sign(testToken, "https://line.example.org"+target, nil)
	status, _, form := through(verifier(t, VerifierConfig{}), get(target, good))
	if status != http.StatusOK || form.Get("Digits") != "#" {
		t.Errorf("answer %d, %d fields; expected 200 and the query's fields", status, len(form))
	}
	status, reason, _ := through(verifier(t, VerifierConfig{}), get(target+"&Digits=1", good))
	expectRefusal(t, status, reason, WrongSignature)
}

func TestBodiesThatAreNoForm(t *testing.T) {
	const body = `{"event":"x"}`
	sum := sha256.Sum256([]byte(body))
	target := "/events?bodySHA256=" + hex.EncodeToString(sum[:])
	tests := []struct {
		name, target, body string
		want               Refusal
	}{
		{"the body that was hashed", target, body, ""},
		{"another body", target, body + " ", WrongBodyHash},
		{"no hash", "/events", body, WrongBodyHash},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := postForm(test.target, test.body, sign(testToken, "https://line.example.org"+test.target, nil))
			r.Header.Set("Content-Type", "application/json")
			status, reason, _ := through(verifier(t, VerifierConfig{}), r)
			expectRefusal(t, status, reason, test.want)
		})
	}
}

func TestAnyByteFlippedIsRefused(t *testing.T) {
	v := verifier(t, VerifierConfig{Tokens: []string{testToken, otherToken}})
	rapid.Check(t, func(t *rapid.T) {
		form := url.Values{}
		for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching(`[A-Z][a-z]{1,9}`), 1, 8, rapid.ID[string]).Draw(t, "names") {
			form[name] = rapid.SliceOfN(rapid.StringMatching(`[+#*0-9áé<&=' ]{0,12}`), 1, 3).Draw(t, "values")
		}
		target := "/voice/answer?at=" + rapid.StringMatching(`[a-z_]{1,12}`).Draw(t, "step")
		body := form.Encode()
		signature := sign(testToken, "https://line.example.org"+target, form)
		if status, reason, _ := through(v, postForm(target, body, signature)); status != http.StatusOK {
			t.Fatalf("genuine request refused: %s", reason)
		}
		flipped := []byte(body)
		if len(flipped) == 0 {
			return
		}
		at := rapid.IntRange(0, len(flipped)-1).Draw(t, "at")
		flipped[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		// Another spelling of the same characters, %2b for %2B or & for the end of a
		// field without a value, is the same message to Twilio and to us.
		if after, err := url.ParseQuery(string(flipped)); err == nil && string(flatten(after, 0)) == string(flatten(form, 0)) {
			return
		}
		if status, _, _ := through(v, postForm(target, string(flipped), signature)); status != http.StatusForbidden {
			t.Fatalf("byte %d of %d flipped: answer %d", at, len(flipped), status)
		}
	})
}

func TestVerifierNeedsItsConfiguration(t *testing.T) {
	tests := map[string]VerifierConfig{
		"no token":         {PublicURL: "https://line.example.org"},
		"an empty token":   {PublicURL: "https://line.example.org", Tokens: []string{testToken, ""}},
		"no address":       {Tokens: []string{testToken}},
		"no scheme":        {PublicURL: "line.example.org", Tokens: []string{testToken}},
		"another scheme":   {PublicURL: "ftp://line.example.org", Tokens: []string{testToken}},
		"a query":          {PublicURL: "https://line.example.org/?a=1", Tokens: []string{testToken}},
		"a fragment":       {PublicURL: "https://line.example.org/#rc=2", Tokens: []string{testToken}},
		"an underscore":    {PublicURL: "https://the_line.example.org", Tokens: []string{testToken}},
		"not a URL at all": {PublicURL: "https://user:secret@line.example.org:port", Tokens: []string{testToken}},
	}
	for name, config := range tests {
		_, err := NewVerifier(config)
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), testToken) {
			t.Errorf("%s: the error repeats what is secret", name)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	form := url.Values{}
	for _, name := range []string{"CallSid", "AccountSid", "ApiVersion", "From", "Caller", "To", "Called", "CallStatus", "Direction",
		"FromCity", "FromState", "FromZip", "FromCountry", "ToCity", "ToState", "ToZip", "ToCountry", "Digits", "FinishedOnKey", "msg"} {
		form.Set(name, "+16175550101 value")
	}
	const target = "/voice/answer?at=birth_date"
	body := []byte(form.Encode())
	r := postForm(target, string(body), sign(testToken, "https://line.example.org"+target, form))
	v := verifier(b, VerifierConfig{})
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Check(r, body); err != nil {
			b.Fatal(err)
		}
	}
}
