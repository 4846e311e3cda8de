package twiliosim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Number is a telephone number of the account and where it sends its webhooks.
// Addresses are absolute, or paths below the Config's AppURL. Empty means not
// set.
type Number struct {
	VoiceURL       string
	VoiceMethod    string // GET or POST (default)
	FallbackURL    string
	StatusCallback string
	SMSURL         string
	SMSFallbackURL string
	// The methods of the other addresses, and what Twilio would ask instead of
	// them, are only shown.
	FallbackMethod, StatusMethod, SMSMethod, SMSFallbackMethod string
	VoiceApplication, SMSApplication, Trunk                    string
	// NoVoice and NoText are numbers that are not able to do it. Verification is
	// the state of a toll-free number's: Twilio's word, empty for none.
	NoVoice, NoText bool
	Verification    string
	// TollFree numbers have their opt-out handled by the network.
	TollFree bool
	// AdvancedOptOut adds OptOutType to inbound keyword messages. Twilio's own
	// reply to them is not simulated.
	AdvancedOptOut bool
}

// Config is what New needs. AccountSID, AuthToken, AppURL, Transport and Now
// are required.
type Config struct {
	AccountSID string            // AC and 32 hexadecimal digits
	AuthToken  string            // signs webhooks and opens the REST API
	APIKeys    map[string]string // further REST credentials: key SID to secret
	NextToken  string            // the account's secondary token, which opens the REST API too
	// AccountStatus is "active" by default, AccountType "Full".
	AccountStatus, AccountType string
	AppURL                     string            // the application's public address, as Twilio was given it
	Transport                  http.RoundTripper // how the application is reached, see HandlerTransport
	Now                        func() time.Time
	Seed                       uint64 // of the generator of SIDs
	Numbers                    map[string]Number
	// Callee says how a called number behaves; nil means everybody Answers.
	Callee func(to string) CalleeBehaviour
	// Carrier says what happens to an outgoing text; nil delivers all at once.
	Carrier func(Text) Delivery
	// EmptyRecordings makes a Record that heard nothing request its action
	// with a duration of 0 when a key ended it. Twilio's documentation only
	// says that silence falls through to the next verb; an application must
	// bear both.
	EmptyRecordings bool
	// RecordingCallbackFirst posts a Record's recordingStatusCallback before
	// its action instead of after; Twilio promises no order.
	RecordingCallbackFirst bool
}

// Sim is the stand-in. It is an http.Handler (Twilio's REST API) and is safe
// for concurrent use.
type Sim struct {
	cfg  Config
	base *url.URL
	ids  *sidSource
	jobs *jobQueue

	mu         sync.Mutex
	numbers    map[string]Number
	calls      map[string]*Call
	callOrder  []*Call
	texts      map[string]*textRecord
	textOrder  []*textRecord
	recordings map[string]*recording
	said       map[string]string
	optedOut   map[[2]string]bool // our number, their number
	queues     map[string]*callQueue
	rooms      map[string]*room
	faults     Faults
	oneShots   []Fault
	callbacks  []Exchange
}

var (
	accountSIDPattern = regexp.MustCompile(`^AC[0-9a-f]{32}$`)
	e164Pattern       = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
)

// New makes a stand-in. It returns an error that names every fault of the
// configuration.
func New(cfg Config) (*Sim, error) {
	var faults []error
	bad := func(wrong bool, what string) {
		if wrong {
			faults = append(faults, errors.New(what))
		}
	}
	base, err := url.Parse(cfg.AppURL)
	bad(!accountSIDPattern.MatchString(cfg.AccountSID), "AccountSID must be AC and 32 hexadecimal digits")
	bad(cfg.AuthToken == "", "AuthToken is missing")
	bad(err != nil || base.Host == "", "AppURL must be an absolute address")
	bad(cfg.Transport == nil, "Transport is missing")
	bad(cfg.Now == nil, "Now is missing")
	for n := range cfg.Numbers {
		bad(!e164Pattern.MatchString(n), "a number is not E.164")
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("twiliosim: %w", errors.Join(faults...))
	}
	if cfg.Callee == nil {
		cfg.Callee = func(string) CalleeBehaviour { return Answers() }
	}
	if cfg.Carrier == nil {
		cfg.Carrier = func(Text) Delivery { return Delivery{Status: "delivered"} }
	}
	return &Sim{
		cfg: cfg, base: base, ids: newSIDSource(cfg.Seed), jobs: newJobQueue(),
		numbers: maps.Clone(cfg.Numbers), calls: map[string]*Call{}, texts: map[string]*textRecord{},
		recordings: map[string]*recording{}, said: map[string]string{}, optedOut: map[[2]string]bool{},
		queues: map[string]*callQueue{}, rooms: map[string]*room{},
	}, nil
}

// SetCallee changes how called numbers behave from the next dial on.
func (s *Sim) SetCallee(f func(to string) CalleeBehaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg.Callee = f
}

// SetCarrier changes what happens to texts from the next one on.
func (s *Sim) SetCarrier(f func(Text) Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg.Carrier = f
}

// Call returns the call with the SID, child legs included.
func (s *Sim) Call(sid string) (*Call, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.calls[sid]
	return c, ok
}

// Calls returns all calls, oldest first, child legs included.
func (s *Sim) Calls() []*Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Call(nil), s.callOrder...)
}

// CallsTo returns the calls placed to a number, oldest first.
func (s *Sim) CallsTo(to string) []*Call {
	var out []*Call
	for _, c := range s.Calls() {
		if c.to == to {
			out = append(out, c)
		}
	}
	return out
}

// Ring places an inbound call: it asks the number's VoiceURL and plays the
// answer until the call needs the caller or has ended. A withheld number is
// given as "" or "anonymous". It returns an error when the account does not
// own the number.
func (s *Sim) Ring(ctx context.Context, from, to string) (*Call, error) {
	s.mu.Lock()
	number, ok := s.numbers[to]
	s.mu.Unlock()
	if !ok || number.VoiceURL == "" {
		return nil, errors.New("twiliosim: ring: the account has no such number with a VoiceURL")
	}
	c := s.newCall(callSpec{from: from, to: to, direction: "inbound", status: StatusRinging})
	c.fallback = s.absolute(number.FallbackURL)
	c.callback = callbackSpec{url: s.absolute(number.StatusCallback), method: http.MethodPost}
	err := c.drive(ctx, func(ctx context.Context) error {
		c.start()
		c.fetch(ctx, document{url: s.absolute(number.VoiceURL), method: methodOr(number.VoiceMethod)}, nil)
		return nil
	})
	return c, err
}

// absolute makes an address absolute against AppURL; empty stays empty. A path
// is appended to AppURL's own path.
func (s *Sim) absolute(ref string) string {
	if ref == "" || strings.Contains(ref, "://") {
		return ref
	}
	return strings.TrimSuffix(s.cfg.AppURL, "/") + "/" + strings.TrimPrefix(ref, "/")
}

func methodOr(m string) string {
	if m == "" {
		return http.MethodPost
	}
	return strings.ToUpper(m)
}
