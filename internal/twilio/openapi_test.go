package twilio

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// described is the published description of Twilio's API.
type described struct {
	router routers.Router
	// problem is what was wrong with the last request.
	problem error
}

func describedAPI(t *testing.T, path string) *described {
	t.Helper()
	openapi3.DefineStringFormatValidator("uri", openapi3.NewCallbackValidator(func(s string) error {
		if u, err := url.Parse(s); err != nil || u.Scheme == "" || u.Host == "" {
			return fmt.Errorf("not an absolute URI")
		}
		return nil
	}))
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil
	for _, item := range doc.Paths.Map() {
		item.Servers = nil
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &described{router: router}
}

// RoundTrip checks a request against the description and answers it.
func (d *described) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	d.problem = d.check(r, body)
	answer, status := callJSON, http.StatusCreated
	switch {
	case strings.Contains(r.URL.Path, "/Messages"):
		answer = messageJSON
	case r.Method == http.MethodDelete:
		answer, status = "", http.StatusNoContent
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer))}, nil
}

func (d *described) check(r *http.Request, body []byte) error {
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := d.router.FindRoute(r)
	if err != nil {
		return err
	}
	input := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{
		MultiError: true,
		AuthenticationFunc: func(_ context.Context, in *openapi3filter.AuthenticationInput) error {
			if user, password, ok := in.RequestValidationInput.Request.BasicAuth(); !ok || user == "" || password == "" {
				return fmt.Errorf("no credentials")
			}
			return nil
		},
	}}
	if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
		return err
	}
	if route.Operation.RequestBody == nil {
		return checkKeys(r.URL.Query(), func(name string) (bool, bool) {
			return route.Operation.Parameters.GetByInAndName("query", name) != nil, false
		})
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return err
	}
	properties := route.Operation.RequestBody.Value.Content.Get("application/x-www-form-urlencoded").Schema.Value.Properties
	return checkKeys(form, func(name string) (known, list bool) {
		p, ok := properties[name]
		return ok, ok && p.Value.Type.Is("array")
	})
}

// checkKeys refuses unknown keys, and repeated ones that are no list.
func checkKeys(form url.Values, look func(string) (known, list bool)) error {
	for name, values := range form {
		switch known, list := look(name); {
		case !known:
			return fmt.Errorf("%s is not a parameter", name)
		case len(values) > 1 && !list:
			return fmt.Errorf("%s is repeated", name)
		}
	}
	return nil
}

func TestRequestsFitTwiliosDescription(t *testing.T) {
	path, ok := conformance(t, "twilio_strict.json")
	if !ok {
		return
	}
	api := describedAPI(t, path)
	c := clientOf(t, "", api)
	ctx := context.Background()
	everything := NewCall{To: Redacted(caller), From: ours, URL: "https://line.example.org/voice?at=a#rc=2", FallbackURL: "https://line.example.org/fallback",
		StatusCallback: "https://line.example.org/status", StatusEvents: []string{"initiated", "ringing", "answered", "completed"},
		Ring: 25 * time.Second, TimeLimit: time.Hour, MachineDetection: "DetectMessageEnd", MachineTimeout: 30 * time.Second,
		MachineCallback: "https://line.example.org/machine", Reason: "Second opinion"}
	inline := NewCall{To: Redacted(caller), From: ours, TwiML: []byte("<Response><Say>Hello</Say></Response>")}
	text := NewMessage{To: Redacted(caller), ServiceSID: service, Body: Redacted("Hi & bye é 😀"), StatusCallback: "https://line.example.org/sms", Validity: 4 * time.Hour}
	tests := map[string]func() error{
		"the least of a call": func() error { _, err := c.CreateCall(ctx, aCall); return err },
		"the most of a call":  func() error { _, err := c.CreateCall(ctx, everything); return err },
		"a call with TwiML":   func() error { _, err := c.CreateCall(ctx, inline); return err },
		"hang up":             func() error { _, err := c.UpdateCall(ctx, call, CallUpdate{Status: CallCompleted}); return err },
		"give up":             func() error { _, err := c.UpdateCall(ctx, call, CallUpdate{Status: CallCanceled}); return err },
		"go on elsewhere": func() error {
			_, err := c.UpdateCall(ctx, call, CallUpdate{URL: "https://line.example.org/x"})
			return err
		},
		"go on with TwiML":       func() error { _, err := c.UpdateCall(ctx, call, CallUpdate{TwiML: inline.TwiML}); return err },
		"fetch a call":           func() error { _, err := c.FetchCall(ctx, call); return err },
		"find calls":             func() error { _, err := c.FindCalls(ctx, Redacted(caller), ours, time.Time{}); return err },
		"the least of a message": func() error { _, err := c.CreateMessage(ctx, aMessage); return err },
		"the most of a message":  func() error { _, err := c.CreateMessage(ctx, text); return err },
		"fetch a message":        func() error { _, err := c.FetchMessage(ctx, message); return err },
		"find messages":          func() error { _, err := c.FindMessages(ctx, Redacted(caller), ours, time.Time{}); return err },
		"delete a recording":     func() error { return c.DeleteRecording(ctx, recording) },
	}
	for name, do := range tests {
		t.Run(name, func(t *testing.T) {
			api.problem = fmt.Errorf("nothing was sent")
			if err := do(); err != nil || api.problem != nil {
				t.Errorf("%v; %v", err, api.problem)
			}
		})
	}
}

func TestTheDescriptionRefusesWhatItShould(t *testing.T) {
	path, ok := conformance(t, "twilio_strict.json")
	if !ok {
		return
	}
	api := describedAPI(t, path)
	good := url.Values{"To": {caller}, "From": {ours}, "Url": {"https://line.example.org/"}}
	for name, change := range map[string]func(url.Values){
		"an unknown key":    func(v url.Values) { v.Set("AsyncAMD", "true") },
		"a repeated key":    func(v url.Values) { v.Add("To", ours) },
		"a relative URL":    func(v url.Values) { v.Set("Url", "/x") },
		"a value too large": func(v url.Values) { v.Set("Timeout", "601") },
		"nothing to say":    func(v url.Values) { v.Del("Url") },
	} {
		form := url.Values{}
		for k, v := range good {
			form[k] = append([]string(nil), v...)
		}
		change(form)
		r, err := http.NewRequest(http.MethodPost, "https://api.twilio.com/2010-04-01/Accounts/"+testAccount+"/Calls.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth(testAccount, testToken)
		if api.check(r, []byte(form.Encode())) == nil {
			t.Errorf("%s passes", name)
		}
	}
}
