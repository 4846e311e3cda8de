package twilio

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Whatever Twilio, or something between it and us, answers: there is no panic, no call
// without a name that we could look up, and no error that repeats what was answered.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{callJSON, messageJSON, `{"code":21610,"message":"x"}`, `{"calls":[` + callJSON + `],"next_page_uri":null}`,
		`{"messages":[` + messageJSON + `],"next_page_uri":"/2010-04-01/x?Page=1"}`, "", "<html>", `{"sid":null}`, `[]`, `{"sid":"CA1"}`} {
		for _, status := range []int{200, 201, 204, 302, 400, 404, 429, 500} {
			f.Add(status, body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 100 || status > 999 {
			t.Skip()
		}
		asked := 0
		c := clientOf(t, "https://api.example.org", roundTripper(func(r *http.Request) (*http.Response, error) {
			if asked++; asked > 50 {
				return nil, io.ErrUnexpectedEOF // a list of pages without an end is the searcher's to bound
			}
			return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		}))
		ctx := context.Background()
		made, err := c.CreateCall(ctx, aCall)
		if err == nil && !strings.HasPrefix(made.SID, "CA") {
			t.Errorf("a call without a name: %q", made.SID)
		}
		quiet(t, err, body)
		sent, err := c.CreateMessage(ctx, aMessage)
		if err == nil && !strings.HasPrefix(sent.SID, "SM") && !strings.HasPrefix(sent.SID, "MM") {
			t.Errorf("a message without a name: %q", sent.SID)
		}
		quiet(t, err, body)
		_, err = c.FetchCall(ctx, call)
		quiet(t, err, body)
		_, err = c.FindCalls(ctx, Redacted(caller), ours, time.Time{})
		quiet(t, err, body)
		if asked >= 50 {
			t.Errorf("a search does not end")
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// quiet holds an error against what was answered.
func quiet(t *testing.T, err error, body string) {
	t.Helper()
	if err != nil && len(body) > 40 && strings.Contains(err.Error(), body) {
		t.Errorf("the error repeats the answer")
	}
}
