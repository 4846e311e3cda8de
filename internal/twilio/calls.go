package twilio

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// NewCall is a call to make
// (https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource).
// Zero values leave Twilio's defaults.
type NewCall struct {
	// To and From are E.164. From is a number of ours.
	To   Private
	From string
	// One of URL, which is asked for TwiML when the call is answered, and TwiML,
	// which is a document in the context Inline.
	URL   string
	TwiML []byte
	// FallbackURL is asked when URL fails.
	FallbackURL string
	// Events are initiated, ringing, answered, completed; none is completed only.
	StatusCallback string
	StatusEvents   []string
	// Ring is how long it rings, 1 to 600 whole seconds; 0 is 60.
	Ring time.Duration
	// TimeLimit is how long the call may last, in whole seconds; 0 is Twilio's.
	TimeLimit time.Duration
	// MachineDetection is Enable, DetectMessageEnd or empty. With MachineCallback
	// it runs beside the call and reports there; without, URL waits for it.
	MachineDetection string
	// MachineTimeout is 3 to 59 whole seconds; 0 is 30.
	MachineTimeout  time.Duration
	MachineCallback string
	// Reason is shown to the person called by some carriers; up to 50 characters.
	Reason string
}

// Call is what Twilio knows of a call.
type Call struct {
	SID, ParentSID string
	Status         CallStatus
	Direction      Direction
	AnsweredBy     AnsweredBy
	From, To       Private
	// Created, Started and Ended are in UTC; zero when they have not happened or
	// Twilio does not say.
	Created, Started, Ended time.Time
	// Duration is NotGiven before the end and for a call nobody answered.
	Duration time.Duration
}

// CreateCall asks Twilio to dial. An *Error of class Unknown means that the call
// may exist: find it with FindCalls before trying again.
func (c *Client) CreateCall(ctx context.Context, n NewCall) (Call, error) {
	const op = "create call"
	if why := n.problem(); why != "" {
		return Call{}, invalid(op, why)
	}
	params := &api.CreateCallParams{
		To: optional(n.To.Reveal()), From: optional(n.From),
		Url: optional(n.URL), Twiml: optional(string(n.TwiML)), FallbackUrl: optional(n.FallbackURL),
		StatusCallback: optional(n.StatusCallback), StatusCallbackEvent: optionalList(n.StatusEvents),
		Timeout: optional(wholeSeconds(n.Ring)), TimeLimit: optional(wholeSeconds(n.TimeLimit)),
		MachineDetection: optional(n.MachineDetection), MachineDetectionTimeout: optional(wholeSeconds(n.MachineTimeout)),
		CallReason: optional(n.Reason),
	}
	if n.MachineCallback != "" {
		params.AsyncAmd, params.AsyncAmdStatusCallback = optional("true"), &n.MachineCallback
	}
	var made *api.ApiV2010Call
	err := c.ask(ctx, op, true, func(s *api.ApiService) (err error) {
		made, err = s.CreateCall(params)
		return sidOrMalformed(err, func() *string { return made.Sid }, "CA")
	})
	if err != nil {
		return Call{}, err
	}
	return callOf(made), nil
}

// sidOrMalformed gives err, or ErrMalformedAnswer when the answer's SID is none.
func sidOrMalformed(err error, sid func() *string, prefixes ...string) error {
	if err != nil {
		return err
	}
	got := value(sid())
	if !slices.ContainsFunc(prefixes, func(p string) bool { return isSID(got, p) }) {
		return ErrMalformedAnswer
	}
	return nil
}

func (n NewCall) problem() string {
	switch {
	case !isE164(n.To.Reveal()), !isE164(n.From):
		return "To and From must be E.164"
	case (n.URL == "") == (len(n.TwiML) == 0):
		return "one of URL and TwiML must be given"
	case utf8.RuneCount(n.TwiML) > MaxInline:
		return "TwiML is longer than 4000 characters"
	case n.Ring != 0 && (n.Ring < time.Second || n.Ring > 600*time.Second):
		return "Ring is outside 1 to 600 seconds"
	case n.TimeLimit != 0 && (n.TimeLimit < time.Second || n.TimeLimit > 24*time.Hour):
		return "TimeLimit is outside 1 second to 24 hours"
	case !slices.Contains([]string{"", "Enable", "DetectMessageEnd"}, n.MachineDetection):
		return "MachineDetection is unknown"
	case n.MachineDetection == "" && (n.MachineCallback != "" || n.MachineTimeout != 0):
		return "a machine callback or timeout without MachineDetection"
	case n.MachineTimeout != 0 && (n.MachineTimeout < 3*time.Second || n.MachineTimeout > 59*time.Second):
		return "MachineTimeout is outside 3 to 59 seconds"
	case utf8.RuneCountInString(n.Reason) > 50:
		return "Reason is longer than 50 characters"
	case slices.ContainsFunc(n.StatusEvents, func(s string) bool {
		return !slices.Contains([]string{"initiated", "ringing", "answered", "completed"}, s)
	}):
		return "a status event is unknown"
	}
	return addressesProblem(n.URL, n.FallbackURL, n.StatusCallback, n.MachineCallback)
}

// addressesProblem: each address that is given must be an absolute one.
func addressesProblem(addresses ...string) string {
	for _, a := range addresses {
		if a == "" {
			continue
		}
		if why := addressProblem(a, true); why != "" {
			return "a URL " + why
		}
	}
	return ""
}

func wholeSeconds(d time.Duration) int { return int(d / time.Second) }

// CallUpdate changes a call that exists: exactly one of its fields is set.
type CallUpdate struct {
	// Status is CallCompleted to hang up, or CallCanceled to give up a call that
	// is queued or ringing.
	Status CallStatus
	// URL or TwiML is what the call goes on with.
	URL   string
	TwiML []byte
}

// UpdateCall changes a call. An *Error of class Race means that the call was not
// in a state for it: it has ended.
func (c *Client) UpdateCall(ctx context.Context, sid string, u CallUpdate) (Call, error) {
	const op = "update call"
	if why := u.problem(sid); why != "" {
		return Call{}, invalid(op, why)
	}
	params := &api.UpdateCallParams{Status: optional(string(u.Status)), Url: optional(u.URL), Twiml: optional(string(u.TwiML))}
	var got *api.ApiV2010Call
	err := c.ask(ctx, op, true, func(s *api.ApiService) (err error) {
		got, err = s.UpdateCall(sid, params)
		return sidOrMalformed(err, func() *string { return got.Sid }, "CA")
	})
	if err != nil {
		return Call{}, err
	}
	return callOf(got), nil
}

func (u CallUpdate) problem(sid string) string {
	given := 0
	for _, is := range []bool{u.Status != "", u.URL != "", len(u.TwiML) > 0} {
		if is {
			given++
		}
	}
	switch {
	case !isSID(sid, "CA"):
		return "not a call SID"
	case given != 1:
		return "exactly one of Status, URL and TwiML must be given"
	case u.Status != "" && u.Status != CallCompleted && u.Status != CallCanceled:
		return "Status may only become completed or canceled"
	case utf8.RuneCount(u.TwiML) > MaxInline:
		return "TwiML is longer than 4000 characters"
	}
	return addressesProblem(u.URL)
}

// FetchCall gives a call as it is now.
func (c *Client) FetchCall(ctx context.Context, sid string) (Call, error) {
	const op = "fetch call"
	if !isSID(sid, "CA") {
		return Call{}, invalid(op, "not a call SID")
	}
	var got *api.ApiV2010Call
	err := c.ask(ctx, op, false, func(s *api.ApiService) (err error) {
		got, err = s.FetchCall(sid, nil)
		return sidOrMalformed(err, func() *string { return got.Sid }, "CA")
	})
	if err != nil {
		return Call{}, err
	}
	return callOf(got), nil
}

// The bounds of a search.
const (
	pageSize = 200
	maxPages = 10
)

// FindCalls gives the calls to a number, from a number of ours (any when empty),
// that were created at since or later, newest first. Twilio keeps whole seconds,
// so since is taken down to one; allow for the difference of the clocks. Calls
// whose time Twilio does not give are among them. An *Error of ErrTooMany means
// that the search did not reach since: what is not found may exist.
func (c *Client) FindCalls(ctx context.Context, to Private, from string, since time.Time) ([]Call, error) {
	const op = "find calls"
	if !isE164(to.Reveal()) || from != "" && !isE164(from) {
		return nil, invalid(op, "To and From must be E.164")
	}
	params := &api.ListCallParams{To: optional(to.Reveal()), From: optional(from), PageSize: optional(pageSize)}
	return search(op, since, func(at page) ([]Call, *string, error) {
		var list *api.ListCallResponse
		err := c.ask(ctx, op, false, func(s *api.ApiService) (err error) {
			list, err = s.PageCall(params, at.token, at.number)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
		calls := make([]Call, len(list.Calls))
		for i := range list.Calls {
			calls[i] = callOf(&list.Calls[i])
		}
		return calls, list.NextPageUri, nil
	}, func(c Call) time.Time { return c.Created })
}

// page names a page of a list.
type page struct{ token, number string }

// search reads pages until one ends before since. Only a page that runs from new
// to old may end the search: the order is Twilio's habit, not its promise.
func search[T any](op string, since time.Time, read func(page) ([]T, *string, error), created func(T) time.Time) ([]T, error) {
	since = since.Truncate(time.Second)
	var found []T
	var at page
	for range maxPages {
		items, next, err := read(at)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			if t := created(item); t.IsZero() || !t.Before(since) {
				found = append(found, item)
			}
		}
		if value(next) == "" || endsBefore(items, created, since) {
			return found, nil
		}
		u, err := url.Parse(*next)
		if err != nil {
			return nil, &Error{Op: op, Class: Retry, cause: ErrMalformedAnswer}
		}
		at = page{token: u.Query().Get("PageToken"), number: u.Query().Get("Page")}
	}
	return nil, &Error{Op: op, Class: Refused, cause: ErrTooMany}
}

func endsBefore[T any](items []T, created func(T) time.Time, since time.Time) bool {
	if len(items) == 0 {
		return false
	}
	first, last := created(items[0]), created(items[len(items)-1])
	return !last.IsZero() && last.Before(since) && !first.Before(last)
}

func callOf(c *api.ApiV2010Call) Call {
	return Call{
		SID: value(c.Sid), ParentSID: value(c.ParentCallSid),
		Status: CallStatus(value(c.Status)), Direction: Direction(strings.TrimSpace(value(c.Direction))),
		AnsweredBy: AnsweredBy(value(c.AnsweredBy)),
		From:       Redacted(value(c.From)), To: Redacted(value(c.To)),
		Created: parseStamp(value(c.DateCreated)), Started: parseStamp(value(c.StartTime)), Ended: parseStamp(value(c.EndTime)),
		Duration: parseSeconds(value(c.Duration)),
	}
}
