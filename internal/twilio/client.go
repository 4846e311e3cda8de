package twilio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	twiliogo "github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// ClientConfig says as whom, where and how long we ask.
type ClientConfig struct {
	// AccountSID is the account that calls and texts.
	AccountSID string
	// AuthToken signs requests unless APIKey and APISecret are given. All of them
	// are letters and digits only.
	AuthToken         string
	APIKey, APISecret string
	// BaseURL is https://api.twilio.com when empty.
	BaseURL string
	// HTTP carries the requests; nil is http.DefaultTransport.
	HTTP http.RoundTripper
	// Timeout bounds one request with its answer; 0 is 10 seconds.
	Timeout time.Duration
}

const (
	defaultBaseURL = "https://api.twilio.com"
	defaultTimeout = 10 * time.Second
)

// Client asks Twilio's REST API (https://www.twilio.com/docs/usage/api). It
// never repeats a request. Safe for concurrent use; requests share connections.
type Client struct {
	account, user, password string
	base                    *url.URL
	http                    http.RoundTripper
	timeout                 time.Duration
}

// NewClient fails when the account, the credentials or BaseURL cannot work. It
// asks nothing of Twilio. The error holds none of the values.
func NewClient(c ClientConfig) (*Client, error) {
	if !isSID(c.AccountSID, "AC") {
		return nil, errors.New("twilio: client: the account SID is not AC and 32 hexadecimal digits")
	}
	user, password := c.AccountSID, c.AuthToken
	if c.APIKey != "" || c.APISecret != "" {
		user, password = c.APIKey, c.APISecret
	}
	if !allAlphanumeric(user) || !allAlphanumeric(password) {
		return nil, errors.New("twilio: client: credentials must be letters and digits, and not empty")
	}
	base, err := url.Parse(cmp.Or(c.BaseURL, defaultBaseURL))
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" || base.User != nil {
		return nil, errors.New("twilio: client: the base URL is not an http or https address")
	}
	if c.Timeout < 0 {
		return nil, fmt.Errorf("twilio: client: timeout %v is negative", c.Timeout)
	}
	base.Path = strings.TrimRight(base.Path, "/")
	carrier := c.HTTP
	if carrier == nil {
		carrier = http.DefaultTransport
	}
	return &Client{
		account: c.AccountSID, user: user, password: password,
		base: base, http: carrier, timeout: cmp.Or(c.Timeout, defaultTimeout),
	}, nil
}

func allAlphanumeric(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) {
			return false
		}
	}
	return s != ""
}

// ask lets do use the API once and turns its failure into an *Error. creates
// says that doing it twice would be wrong.
func (c *Client) ask(ctx context.Context, op string, creates bool, do func(*api.ApiService) error) error {
	x := &exchange{ctx: ctx, client: c}
	base := &twiliogo.Client{
		Credentials: twiliogo.NewCredentials(c.user, c.password),
		HTTPClient:  &http.Client{Transport: x, CheckRedirect: followNothing},
	}
	base.SetAccountSid(c.account)
	// Not NewRequestHandler: it reads TWILIO_EDGE and TWILIO_REGION.
	err := do(api.NewApiService(&twiliogo.RequestHandler{Client: base}))
	if err == nil && x.status < 300 {
		return nil
	}
	return x.failure(op, creates)
}

func followNothing(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// invalid is the error of a request that was not sent.
func invalid(op, why string) error {
	return &Error{Op: op, Class: Bug, cause: fmt.Errorf("%w: %s", ErrInvalid, why)}
}

// value gives what an optional field of an answer points to.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// optional points to v unless it is zero.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// optionalList points to v unless it is empty.
func optionalList(v []string) *[]string {
	if len(v) == 0 {
		return nil
	}
	return &v
}
