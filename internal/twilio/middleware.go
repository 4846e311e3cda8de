package twilio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
)

// MaxBody is the largest webhook body that is read, in bytes. Twilio's own are a
// few kilobytes.
const MaxBody = 64 << 10

// The refusals of Middleware that are not about the signature.
const (
	// TooLarge: the body is longer than MaxBody.
	TooLarge Refusal = "body too large"
	// Unread: the body ended before its time.
	Unread Refusal = "body not read"
)

// Middleware lets only Twilio's requests through. Others are answered without a
// body: 403 for a missing or wrong signature, 413 for a body over MaxBody, 400
// for one that cannot be read to its end.
//
// report, which may be nil, is called once for each refusal, before the answer;
// reason is the text of a Refusal. The form of a request that is let through is
// in FormOf, its raw body in r.Body.
func (v *Verifier) Middleware(report func(r *http.Request, status int, reason string)) func(http.Handler) http.Handler {
	if report == nil {
		report = func(*http.Request, int, string) {}
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := readBody(r)
			var form url.Values
			if err == nil {
				form, err = v.check(r, body)
			}
			if err != nil {
				status, reason := refused(err)
				report(r, status, string(reason))
				w.Header().Set("Content-Length", "0")
				w.WriteHeader(status)
				return
			}
			r = WithForm(r, form)
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
		})
	}
}

func refused(err error) (status int, reason Refusal) {
	errors.As(err, &reason)
	switch reason {
	case TooLarge:
		return http.StatusRequestEntityTooLarge, reason
	case Unread:
		return http.StatusBadRequest, reason
	default:
		return http.StatusForbidden, reason
	}
}

// readBody gives the whole body or TooLarge or Unread.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if r.ContentLength > MaxBody {
		drain(r.Body)
		return nil, TooLarge
	}
	var buf bytes.Buffer
	if r.ContentLength > 0 {
		buf.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(io.LimitReader(r.Body, MaxBody+1)); err != nil {
		return nil, Unread
	}
	if buf.Len() > MaxBody {
		drain(r.Body)
		return nil, TooLarge
	}
	return buf.Bytes(), nil
}

// drain reads a little further, so that a client which is not hostile is done
// writing and hears why it is refused.
func drain(body io.Reader) { _, _ = io.CopyN(io.Discard, body, 4*MaxBody) }

type formKey struct{}

// WithForm gives r with form as what FormOf will answer.
func WithForm(r *http.Request, form url.Values) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), formKey{}, form))
}

// FormOf gives the fields of a request that came through Middleware: the body of
// a POST, the query of a GET. It gives nil for any other request. The values are
// the caller's to read, not to change.
func FormOf(r *http.Request) url.Values {
	form, _ := r.Context().Value(formKey{}).(url.Values)
	return form
}

// IdempotencyToken gives Twilio's mark of one delivery: a repeat of a request by
// Twilio has the same one
// (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides). It
// names a delivery, not an operation, and is empty when absent or not of a
// token's shape (1 to 64 letters, digits and hyphens).
func IdempotencyToken(r *http.Request) string {
	token := r.Header.Get("I-Twilio-Idempotency-Token")
	if len(token) > 64 {
		return ""
	}
	for i := range len(token) {
		if c := token[i]; c != '-' && !isAlphanumeric(c) {
			return ""
		}
	}
	return token
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
