package twiliosim

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
)

// HandlerTransport serves requests by a handler in the same process, without a
// network. A handler that panics with http.ErrAbortHandler looks like a
// connection that broke before the answer. A request whose context has ended
// before or while it is served returns the context's error.
func HandlerTransport(h http.Handler) http.RoundTripper { return handlerTransport{h} }

type handlerTransport struct{ h http.Handler }

// RoundTrip serves one request.
func (t handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "192.0.2.1:1234"
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	err := serve(t.h, rec, in)
	if r.Body != nil {
		_ = r.Body.Close()
	}
	if err == nil {
		err = r.Context().Err()
	}
	if err != nil {
		return nil, err
	}
	res := rec.Result()
	res.Request = r
	return res, nil
}

// errBroken is a connection that was cut before an answer came.
var errBroken = errors.New("connection broken before the answer")

func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if e, ok := p.(error); ok && errors.Is(e, http.ErrAbortHandler) {
			err = fmt.Errorf("%w: %w", errBroken, io.ErrUnexpectedEOF)
			return
		}
		panic(p)
	}()
	h.ServeHTTP(w, r)
	return nil
}
