package twilio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"secondline/internal/twiliosim"
)

const numberSID = "PN00000000000000000000000000000001"

func TestFetchAccount(t *testing.T) {
	c := served(t, answer(http.StatusOK, `{"sid":"`+testAccount+`","status":"suspended","type":"Trial","auth_token":"x"}`))
	if got, err := c.FetchAccount(context.Background()); err != nil || got != (Account{"suspended", "Trial"}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, tt := range []struct {
		status int
		body   string
		want   Class
	}{
		{http.StatusUnauthorized, `{"code":20003}`, Config}, {http.StatusServiceUnavailable, "", Retry},
		{http.StatusOK, `{}`, Retry}, {http.StatusOK, "<html>", Retry},
	} {
		var e *Error
		if _, err := served(t, answer(tt.status, tt.body)).FetchAccount(context.Background()); !errors.As(err, &e) || e.Class != tt.want {
			t.Errorf("%d %s: %v, want %s", tt.status, tt.body, err, tt.want)
		}
	}
}

func TestOwnNumbersOnTwoPages(t *testing.T) {
	c := served(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("Page") == "" {
			fmt.Fprintf(w, `{"incoming_phone_numbers":[{"sid":"%s","phone_number":"%s","voice_url":"https://a.example/v","voice_method":"POST",
				"trunk_sid":null,"capabilities":{"voice":true,"sms":false}}],"next_page_uri":"/x?PageToken=t&Page=1"}`, numberSID, ours)
			return
		}
		_, _ = io.WriteString(w, `{"incoming_phone_numbers":[{"sid":"PN2","phone_number":"+18005550100","sms_application_sid":"AP1"}],"next_page_uri":null}`)
	})
	got, err := c.OwnNumbers(context.Background())
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if n := got[0]; n.SID != numberSID || n.Number != ours || n.Voice != (Hook{"https://a.example/v", "POST"}) || !n.CanVoice || n.CanText || n.Trunk != "" {
		t.Errorf("the first: %+v", n)
	}
	if n := got[1]; n.TextApp != "AP1" || n.CanVoice {
		t.Errorf("the second: %+v", n)
	}
}

func TestOwnNumbersEndsAPagingThatDoesNot(t *testing.T) {
	c := served(t, answer(http.StatusOK, `{"incoming_phone_numbers":[],"next_page_uri":"/x?Page=1"}`))
	if _, err := c.OwnNumbers(context.Background()); !errors.Is(err, ErrTooMany) {
		t.Errorf("%v", err)
	}
}

func TestTollFreeVerification(t *testing.T) {
	for _, tt := range []struct {
		status     int
		body, want string
		class      Class
	}{
		{200, `{"verifications":[{"status":"TWILIO_APPROVED"}],"meta":{}}`, VerifiedTollFree, ""},
		{200, `{"verifications":[]}`, Unverified, ""},
		{401, `{"code":20003}`, "", Config},
		{200, `<html>`, "", Retry},
		{500, ``, "", Retry},
	} {
		c := served(t, func(w http.ResponseWriter, r *http.Request) {
			user, _, _ := r.BasicAuth()
			if r.URL.Path != "/v1/Tollfree/Verifications" || r.URL.Query().Get("TollfreePhoneNumberSid") != numberSID || user != testAccount {
				t.Errorf("asked %s", r.URL)
			}
			answer(tt.status, tt.body)(w, r)
		})
		got, err := c.TollFreeVerification(context.Background(), numberSID)
		var e *Error
		if errors.As(err, &e); got != tt.want || (err == nil) != (tt.class == "") || err != nil && e.Class != tt.class {
			t.Errorf("%d %s: %q, %v", tt.status, tt.body, got, err)
		}
	}
	c := served(t, answer(http.StatusOK, "{}"))
	if _, err := c.TollFreeVerification(context.Background(), "x"); !errors.Is(err, ErrInvalid) {
		t.Errorf("no SID: %v", err)
	}
}

// The API has its home on another host; a stand-in is asked for both.
func TestVerificationsAreAskedOfTwiliosOtherHost(t *testing.T) {
	asked := ""
	c := clientOf(t, "", roundTrip(func(r *http.Request) (*http.Response, error) {
		asked = r.URL.Host
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{}`))}, nil
	}))
	if _, err := c.TollFreeVerification(context.Background(), numberSID); err != nil || asked != "messaging.twilio.com" {
		t.Errorf("asked %q, %v", asked, err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAccountAtTheStandIn(t *testing.T) {
	const tollFree = "+18005550100"
	numbers := map[string]twiliosim.Number{tollFree: {VoiceURL: "/v", FallbackMethod: "GET", NoText: true, Verification: "PENDING_REVIEW", Trunk: "TK1"}}
	sim, err := twiliosim.New(twiliosim.Config{AccountSID: testAccount, AuthToken: testToken, NextToken: "next", APIKeys: map[string]string{"SK1": "secret"},
		AppURL: "https://line.example.org", Transport: http.DefaultTransport, Now: time.Now, Numbers: numbers, AccountType: "Trial"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	c := clientOf(t, server.URL, server.Client().Transport)
	ctx := context.Background()
	if a, err := c.FetchAccount(ctx); err != nil || a != (Account{"active", "Trial"}) {
		t.Errorf("%+v, %v", a, err)
	}
	got, err := c.OwnNumbers(ctx)
	if err != nil || len(got) != 1 || got[0].Number != tollFree || got[0].Voice != (Hook{"https://line.example.org/v", "POST"}) ||
		got[0].VoiceFallback.Method != "GET" || got[0].CanText || !got[0].CanVoice || got[0].Trunk != "TK1" {
		t.Fatalf("%+v, %v", got, err)
	}
	if state, err := c.TollFreeVerification(ctx, got[0].SID); err != nil || state != "PENDING_REVIEW" {
		t.Errorf("%q, %v", state, err)
	}
	for _, as := range []struct {
		cfg     ClientConfig
		account bool
	}{{ClientConfig{AuthToken: "next"}, true}, {ClientConfig{APIKey: "SK1", APISecret: "secret"}, false}} {
		as.cfg.AccountSID, as.cfg.BaseURL = testAccount, server.URL
		c, err := NewClient(as.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.FetchAccount(ctx); (err == nil) != as.account {
			t.Errorf("%+v reads the account: %v", as.account, err)
		}
		if _, err := c.OwnNumbers(ctx); err != nil {
			t.Errorf("the numbers: %v", err)
		}
	}
}
