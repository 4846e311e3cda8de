package twilio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// maxAnswer is the largest answer that is read, in bytes; a page of 200 calls is
// under 400 kB.
const maxAnswer = 4 << 20

// exchange carries one request of twilio-go. It gives it what the library lacks:
// a context, another host, an end to every body, and the status, code and
// Retry-After of an error whatever its body is.
type exchange struct {
	ctx    context.Context
	client *Client

	sent       bool
	status     int
	code       int
	retryAfter time.Duration
	lost       error
}

// RoundTrip reads the whole answer before it gives it back.
func (x *exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(x.ctx, x.client.timeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		closeBody(r)
		x.lost = err
		return nil, err
	}
	x.sent = true
	res, err := x.client.http.RoundTrip(x.client.aim(r.WithContext(ctx)))
	if err != nil {
		x.lost = cmpContext(ctx, err)
		return nil, err
	}
	x.status = res.StatusCode
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	_ = res.Body.Close()
	if err != nil {
		x.lost = cmpContext(ctx, err)
		return nil, err
	}
	if res.StatusCode >= 300 {
		x.code = errorCode(body)
		x.retryAfter = retryAfter(res.Header)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// closeBody keeps the promise of http.RoundTripper.
func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

// aim points a copy of r at the configured base.
func (c *Client) aim(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = c.base.Scheme, c.base.Host
	r.URL.Path = c.base.Path + r.URL.Path
	r.URL.RawPath = ""
	r.Host = ""
	return r
}

// cmpContext gives the context's error if it is why err came, else err.
func cmpContext(ctx context.Context, err error) error {
	if c := ctx.Err(); c != nil {
		return c
	}
	return err
}

// errorCode reads {"code": n}; 0 when there is none.
func errorCode(body []byte) int {
	var answer struct {
		Code int `json:"code"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return 0
	}
	return answer.Code
}

// retryAfter reads whole seconds (RFC 9110, section 10.2.3). The form with a date
// needs a clock and counts as absent.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(min(n, 24*60*60)) * time.Second
}

// failure says what became of the exchange.
func (x *exchange) failure(op string, creates bool) *Error {
	e := &Error{Op: op, Code: x.code, HTTPStatus: x.status, RetryAfter: x.retryAfter}
	switch {
	case x.lost != nil:
		e.cause, e.Class = lostCause(x.lost), Retry
		if x.sent && creates && !errors.Is(e.cause, ErrNotConnected) {
			e.Class = Unknown
		}
	case x.status >= 300:
		e.Class = classify(x.status, x.code, creates)
	case x.status == 0:
		// twilio-go refused to send it; NewClient has checked what it checks.
		e.cause, e.Class = ErrInvalid, Bug
	default:
		e.cause, e.Class = ErrMalformedAnswer, unlessSafe(creates)
	}
	return e
}

// lostCause replaces err, which may hold an address, by a fixed error.
func lostCause(err error) error {
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case errors.As(err, &op) && op.Op == "dial", errors.As(err, &dns):
		return ErrNotConnected
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	}
	return ErrConnectionLost
}
