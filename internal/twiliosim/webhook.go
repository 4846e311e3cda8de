package twiliosim

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// hook is a request to the application.
type hook struct {
	method   string
	url      string // absolute; a fragment holds connection overrides
	form     url.Values
	voice    bool
	callback bool
	log      func(Exchange)
}

// answer is what came back. err is set when nothing did.
type answer struct {
	status int
	kind   string // Content-Type
	body   []byte
	err    error
	code   int    // Twilio's error code, 0 when the answer may be played
	url    string // where it came from in the end
	lost   bool   // a redirect lost the digits
}

const (
	webhookLimit = 15 * time.Second // hard cap of every call-related request
	maxRedirects = 10
	maxTwiML     = 64 * 1024
)

var errUnreachable = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("unreachable by an injected fault")}

// send delivers a hook with retries, redirects and injected faults.
func (s *Sim) send(ctx context.Context, h hook) answer {
	ctx, cancel := context.WithTimeout(ctx, webhookLimit)
	defer cancel()
	h.form = maps.Clone(h.form)
	f := s.standing()
	for name, values := range f.ExtraFields {
		h.form[name] = slices.Clone(values)
	}
	if f.OmitFrom {
		for _, name := range []string{"From", "Caller"} {
			h.form.Del(name)
		}
	}
	a := s.follow(ctx, h)
	a.code = a.verdict()
	return a
}

// follow sends a hook and goes where redirects lead, as a browser does. Twilio
// does not send the digits again.
func (s *Sim) follow(ctx context.Context, h hook) answer {
	lost := false
	for range maxRedirects {
		a := s.deliver(ctx, h)
		a.url, a.lost = h.url, lost
		if a.err != nil || a.status < 300 || a.status > 399 || a.status == http.StatusNotModified {
			return a
		}
		next, err := resolve(h.url, string(a.body))
		if len(a.body) == 0 || err != nil {
			a.err = errors.New("redirect without a usable Location")
			return a
		}
		if h.form.Has("Digits") {
			h.form.Del("Digits")
			lost = true
		}
		if a.status != http.StatusTemporaryRedirect && a.status != http.StatusPermanentRedirect {
			h.method = http.MethodGet
		}
		h.url = next
	}
	return answer{url: h.url, err: errTooManyRedirects}
}

var errTooManyRedirects = errors.New("too many redirects")

// deliver sends a hook to one address, with the faults and retries of that
// delivery.
func (s *Sim) deliver(ctx context.Context, h hook) answer {
	overrides := connectionOverrides(h.url)
	token := s.ids.token()
	path := pathOf(h.url)
	if f, ok := s.strike(path, FaultRepeat, FaultTwice, FaultTwiceAtOnce); ok {
		return s.deliverDouble(ctx, h, token, f.Kind)
	}
	a := s.once(ctx, h, token, false)
	for tries := overrides.retries; tries > 0 && overrides.again(a) && ctx.Err() == nil; tries-- {
		a = s.once(ctx, h, token, false)
	}
	return a
}

func (s *Sim) deliverDouble(ctx context.Context, h hook, token string, kind FaultKind) answer {
	switch kind {
	case FaultRepeat:
		s.once(ctx, h, token, true)
		return s.once(ctx, h, token, false)
	case FaultTwice:
		a := s.once(ctx, h, token, false)
		s.once(ctx, h, s.ids.token(), true)
		return a
	}
	var wg sync.WaitGroup
	second := s.ids.token()
	wg.Go(func() { s.once(ctx, h, second, true) })
	a := s.once(ctx, h, token, false)
	wg.Wait()
	return a
}

// once makes one signed request. For a redirect the answer's body is the
// Location.
func (s *Sim) once(ctx context.Context, h hook, token string, duplicate bool) answer {
	x := Exchange{At: s.cfg.Now(), Method: h.method, Form: maps.Clone(h.form), Token: token,
		Duplicate: duplicate, Callback: h.callback}
	a := answer{}
	req, err := s.request(ctx, h, token)
	if err == nil {
		x.URL = req.URL.String()
		a, err = s.roundTrip(req)
	}
	if err != nil {
		a = answer{err: err}
		x.Err = err.Error()
	}
	x.Status, x.Type, x.Body = a.status, a.kind, string(a.body)
	if h.log != nil {
		h.log(x)
	}
	return a
}

func (s *Sim) roundTrip(req *http.Request) (answer, error) {
	if _, ok := s.strike(req.URL.Path, FaultUnreachable); ok {
		return answer{}, errUnreachable
	}
	res, err := s.cfg.Transport.RoundTrip(req)
	if err != nil {
		return answer{}, fmt.Errorf("request to the application: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	var from io.Reader = res.Body
	if res.Header.Get("Content-Encoding") == "gzip" {
		if from, err = gzip.NewReader(res.Body); err != nil {
			return answer{}, fmt.Errorf("unpack the application's answer: %w", err)
		}
	}
	body, err := io.ReadAll(io.LimitReader(from, 16*maxTwiML))
	if err != nil {
		return answer{}, fmt.Errorf("read the application's answer: %w", err)
	}
	if at := res.Header.Get("Location"); res.StatusCode >= 300 && res.StatusCode <= 399 {
		body = []byte(at)
	}
	return answer{status: res.StatusCode, kind: res.Header.Get("Content-Type"), body: body}, nil
}

// request builds the signed request with the headers that Twilio sends.
func (s *Sim) request(ctx context.Context, h hook, token string) (*http.Request, error) {
	address, _, _ := strings.Cut(h.url, "#")
	var body []byte
	var signed url.Values
	if h.method == http.MethodGet {
		if len(h.form) > 0 {
			sep := "?"
			if strings.Contains(address, "?") {
				sep = "&"
			}
			address += sep + h.form.Encode()
		}
	} else {
		body, signed = []byte(h.form.Encode()), h.form
	}
	req, err := http.NewRequestWithContext(ctx, h.method, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("build a webhook: %w", err)
	}
	if h.method == http.MethodPost {
		kind := "application/x-www-form-urlencoded"
		if h.voice {
			kind += "; charset=UTF-8"
		}
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("X-Twilio-Signature", Sign(s.cfg.AuthToken, signedAddress(address, h.voice), signed))
	req.Header.Set("I-Twilio-Idempotency-Token", token)
	req.Header.Set("User-Agent", "TwilioProxy/1.1")
	req.Header.Set("Accept", "*/*")
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("X-Home-Region", "us1")
	return req, nil
}

// verdict is Twilio's error code for an answer that cannot be played at all.
func (a answer) verdict() int {
	var dial *net.OpError
	switch {
	case errors.Is(a.err, errTooManyRedirects):
		return 11215
	case errors.As(a.err, &dial), errors.Is(a.err, context.DeadlineExceeded):
		return 11205
	case a.err != nil:
		return 11206
	case a.status < 200 || a.status > 299:
		return 11200
	}
	return 0
}

// overrides are the settings in an address's fragment
// (twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
type overrides struct {
	retries int
	policy  []string
}

func connectionOverrides(address string) overrides {
	o := overrides{retries: 1, policy: []string{"ct"}}
	_, fragment, _ := strings.Cut(address, "#")
	q, err := url.ParseQuery(fragment)
	if err != nil {
		return o
	}
	if n, err := strconv.Atoi(q.Get("rc")); err == nil && n >= 0 && n <= 5 {
		o.retries = n
	}
	if p := q.Get("rp"); p != "" {
		o.policy = strings.Split(p, ",")
	}
	return o
}

// again reports whether the retry policy covers the answer.
func (o overrides) again(a answer) bool {
	has := func(p string) bool { return slices.Contains(o.policy, p) || slices.Contains(o.policy, "all") }
	var op *net.OpError
	switch {
	case errors.As(a.err, &op) && op.Op == "dial":
		return has("ct")
	case errors.Is(a.err, context.DeadlineExceeded):
		return has("rt")
	case a.err != nil:
		return false
	}
	return a.status >= 500 && has("5xx") || a.status >= 400 && a.status < 500 && has("4xx")
}

// resolve makes a reference absolute against the document that holds it.
func resolve(base, ref string) (string, error) {
	base, _, _ = strings.Cut(base, "#")
	b, err := url.Parse(base)
	if err != nil {
		return "", fmt.Errorf("base address: %w", err)
	}
	if ref == "" {
		return base, nil
	}
	r, err := url.Parse(ref)
	if err != nil {
		return "", errors.New("an address cannot be parsed")
	}
	return b.ResolveReference(r).String(), nil
}

func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Path
}
