package twilio

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// MaxRecording is the largest recording that is fetched, in bytes: over an hour
// of Twilio's WAV.
const MaxRecording = 64 << 20

// mediaTime bounds the fetch of a recording, from the request to the last byte.
const mediaTime = 2 * time.Minute

// FetchRecording gives a recording as it is at Twilio, which is asked with our
// credentials by the recording's SID; no URL of a webhook is followed. The caller
// closes the body. Reading past MaxRecording gives ErrTooLarge, never a quiet
// end. An *Error of class NotFound may mean that the recording is not ready yet.
func (c *Client) FetchRecording(ctx context.Context, sid string) (body io.ReadCloser, contentType string, err error) {
	const op = "fetch recording"
	if !isSID(sid, "RE") {
		return nil, "", invalid(op, "not a recording SID")
	}
	ctx, cancel := context.WithTimeout(ctx, mediaTime)
	x := &exchange{ctx: ctx, client: c, sent: true}
	res, err := c.requestRecording(ctx, sid)
	if err != nil {
		x.lost = cmpContext(ctx, err)
		cancel()
		return nil, "", x.failure(op, false)
	}
	media := &media{body: res.Body, cancel: cancel, left: MaxRecording}
	if res.StatusCode != http.StatusOK {
		x.status, x.retryAfter = res.StatusCode, retryAfter(res.Header)
		text, _ := io.ReadAll(io.LimitReader(res.Body, MaxBody))
		x.code = errorCode(text)
		_ = media.Close()
		return nil, "", x.failure(op, false)
	}
	if res.ContentLength > MaxRecording {
		_ = media.Close()
		return nil, "", &Error{Op: op, HTTPStatus: res.StatusCode, Class: Refused, cause: ErrTooLarge}
	}
	return media, res.Header.Get("Content-Type"), nil
}

// requestRecording follows Twilio's redirects to where the media are kept; Go
// drops the credentials when that is another host.
func (c *Client) requestRecording(ctx context.Context, sid string) (*http.Response, error) {
	address := c.base.String() + "/2010-04-01/Accounts/" + c.account + "/Recordings/" + sid + ".wav"
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.SetBasicAuth(c.user, c.password)
	client := &http.Client{Transport: c.http, CheckRedirect: func(to *http.Request, via []*http.Request) error {
		if len(via) > 3 || to.URL.Scheme != c.base.Scheme {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return client.Do(r)
}

// media reads at most left bytes of a recording.
type media struct {
	body   io.ReadCloser
	cancel context.CancelFunc
	left   int64
}

// Read gives ErrTooLarge when there is more than allowed.
func (m *media) Read(p []byte) (int, error) {
	if int64(len(p)) > m.left+1 {
		p = p[:m.left+1]
	}
	n, err := m.body.Read(p)
	if int64(n) > m.left {
		n = int(m.left)
		m.left = 0
		return n, ErrTooLarge
	}
	m.left -= int64(n)
	return n, err
}

// Close ends the fetch.
func (m *media) Close() error {
	err := m.body.Close()
	m.cancel()
	return err
}

// DeleteRecording deletes a recording at Twilio. One that does not exist is
// already deleted and no error.
func (c *Client) DeleteRecording(ctx context.Context, sid string) error {
	const op = "delete recording"
	if !isSID(sid, "RE") {
		return invalid(op, "not a recording SID")
	}
	err := c.ask(ctx, op, false, func(s *api.ApiService) error { return s.DeleteRecording(sid, nil) })
	var e *Error
	if errors.As(err, &e) && e.Class == NotFound {
		return nil
	}
	return err
}
