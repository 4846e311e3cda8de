package console

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// standIn is an issuer of sign-ins: it lets in whom the test says.
type standIn struct {
	t      *testing.T
	url    string
	key    *rsa.PrivateKey
	now    func() time.Time
	claims map[string]any
	// asked is what the last sign-in came with.
	asked url.Values
	// spoil changes what the token says.
	spoil func(map[string]any)
}

func newStandIn(t *testing.T) *standIn {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	i := &standIn{t: t, key: key, now: func() time.Time { return t0 }, spoil: func(map[string]any) {}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]any{"issuer": i.url, "authorization_endpoint": i.url + "/authorize", "token_endpoint": i.url + "/token", "jwks_uri": i.url + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k",
			"n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}}})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		i.asked = r.URL.Query()
		http.Redirect(w, r, i.asked.Get("redirect_uri")+"?code=thecode&state="+url.QueryEscape(i.asked.Get("state")), http.StatusFound)
	})
	mux.HandleFunc("POST /token", i.token)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// token gives a token for the code, to who proves to have begun the sign-in.
func (i *standIn) token(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if r.PostFormValue("code") != "thecode" || b64(sum[:]) != i.asked.Get("code_challenge") || i.asked.Get("code_challenge_method") != "S256" || id != "console" || secret != "shh" {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	c := map[string]any{"iss": i.url, "aud": "console", "sub": "12345", "iat": i.now().Unix(), "exp": i.now().Add(time.Hour).Unix(), "nonce": i.asked.Get("nonce")}
	for name, value := range i.claims {
		c[name] = value
	}
	i.spoil(c)
	header, _ := json.Marshal(map[string]string{"alg": "RS256", "kid": "k", "typ": "JWT"})
	payload, _ := json.Marshal(c)
	signed := b64(header) + "." + b64(payload)
	hash := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, hash[:])
	must(i.t, err)
	writeJSON(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": signed + "." + b64(signature)})
}

// withIssuer is a console whose people sign in there.
func withIssuer(t *testing.T, i *standIn, claim string) *world {
	t.Helper()
	w := newWorld(t, func(p *Parts) {
		p.OIDC = OIDC{Issuer: i.url, ClientID: "console", ClientSecret: "shh", RolesClaim: claim}
	})
	// The address is known once the console listens.
	w.server.issuer.redirect = w.url + "/signin/return"
	return w
}

// signIn follows a browser through the issuer and back.
func signIn(t *testing.T, w *world) (*visitor, int, string) {
	t.Helper()
	v := w.visitor()
	_, _, header := v.do(http.MethodGet, "/signin/go", nil)
	answer, err := v.client.Get(header.Get("Location"))
	must(t, err)
	answer.Body.Close()
	back, ok := strings.CutPrefix(answer.Header.Get("Location"), w.url)
	if !ok {
		t.Fatalf("the issuer sends to %q", answer.Header.Get("Location"))
	}
	status, body := v.get(back)
	return v, status, body
}

func TestSignInAtAnIssuer(t *testing.T) {
	i := newStandIn(t)
	i.claims = map[string]any{"name": "Jo Smith", "roles": []string{"secondline-auditor", "other"}}
	w := withIssuer(t, i, "")
	v, status, body := signIn(t, w)
	if status != http.StatusOK || !strings.Contains(body, `content="0;url=/"`) {
		t.Fatalf("status %d: %s", status, body)
	}
	if status, body := v.get("/"); status != http.StatusOK || !strings.Contains(body, "Jo Smith") {
		t.Errorf("signed in: %d", status)
	}
	if status, _ := v.post("/team/co1/duty", "duty", "off"); status != http.StatusForbidden {
		t.Errorf("an auditor changes something: %d", status)
	}
	if raw := contents(t, w.path); strings.Contains(raw, "12345") || strings.Contains(raw, "Jo") || !strings.Contains(raw, `"role":"auditor","what":"sign_in"`) {
		t.Errorf("on record:\n%s", raw)
	}
}

func TestWhoIsOnTheRosterIsKnownByTheAccount(t *testing.T) {
	i := newStandIn(t)
	i.claims = map[string]any{"email": "alex@example.org", "email_verified": true, "realm_access": map[string]any{"roles": []string{"coordinator"}}}
	w := withIssuer(t, i, "realm_access.roles")
	v, status, _ := signIn(t, w)
	_, body := v.get("/team")
	if status != http.StatusOK || !strings.Contains(body, "duty: Alex Rivera") || strings.Contains(body, "duty: Sam Okafor") {
		t.Errorf("status %d: %s", status, body)
	}
	i.claims["email_verified"] = false
	v, _, _ = signIn(t, w)
	if _, body := v.get("/team"); strings.Contains(body, "duty: Alex Rivera") {
		t.Error("an address that is not verified names a coordinator")
	}
}

func TestSignInsThatAreNotInOrder(t *testing.T) {
	for _, tt := range []struct {
		name   string
		spoil  func(map[string]any)
		before func(*standIn)
	}{
		{name: "no role", spoil: func(c map[string]any) { delete(c, "roles") }},
		{name: "another audience", spoil: func(c map[string]any) { c["aud"] = "other" }},
		{name: "another issuer", spoil: func(c map[string]any) { c["iss"] = "https://evil.example" }},
		{name: "run out", spoil: func(c map[string]any) { c["exp"] = t0.Add(-time.Minute).Unix() }},
		{name: "another sign-in's", spoil: func(c map[string]any) { c["nonce"] = "old" }},
		{name: "another key", before: func(i *standIn) { i.key, _ = rsa.GenerateKey(rand.Reader, 2048) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := newStandIn(t)
			i.claims = map[string]any{"roles": []string{"supervisor"}}
			if tt.spoil != nil {
				i.spoil = tt.spoil
			}
			if tt.before != nil {
				tt.before(i)
			}
			w := withIssuer(t, i, "roles")
			v, status, _ := signIn(t, w)
			if status != http.StatusForbidden {
				t.Errorf("status %d", status)
			}
			if status, _ := v.get("/"); status != http.StatusSeeOther {
				t.Errorf("signed in all the same: %d", status)
			}
			if got := w.recorded(1); !strings.HasSuffix(got, "sign_in refused") {
				t.Errorf("on record: %s", got)
			}
		})
	}
}

// A return that another browser began, that is used twice, or that takes too long.
func TestReturnsThatWereNotBegunHere(t *testing.T) {
	i := newStandIn(t)
	i.claims = map[string]any{"roles": []string{"supervisor"}}
	w := withIssuer(t, i, "roles")
	begin := func() (*visitor, string) {
		v := w.visitor()
		_, _, header := v.do(http.MethodGet, "/signin/go", nil)
		answer, err := v.client.Get(header.Get("Location"))
		must(t, err)
		answer.Body.Close()
		return v, strings.TrimPrefix(answer.Header.Get("Location"), w.url)
	}
	_, back := begin()
	if status, _ := w.visitor().get(back); status != http.StatusForbidden {
		t.Errorf("in another browser: %d", status)
	}
	v, back := begin()
	at, err := url.Parse(w.url + "/signin")
	must(t, err)
	held := v.client.Jar.Cookies(at)
	v.get(back)
	jar, err := cookiejar.New(nil)
	must(t, err)
	jar.SetCookies(at, held)
	v.client.Jar = jar
	if status, _ := v.get(back); status != http.StatusForbidden {
		t.Errorf("a second time: %d", status)
	}
	v, back = begin()
	w.pass(flightLives)
	if status, _ := v.get(back); status != http.StatusForbidden {
		t.Errorf("too late: %d", status)
	}
}

func TestAnIssuerThatDoesNotAnswer(t *testing.T) {
	i := newStandIn(t)
	w := withIssuer(t, i, "roles")
	w.server.issuer.cfg.Issuer = "http://127.0.0.1:1"
	if status, body := w.visitor().get("/signin/go"); status != http.StatusBadGateway || !strings.Contains(body, "cannot be reached") {
		t.Errorf("status %d: %s", status, body)
	}
}
