package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Account is what Twilio says of the account itself.
type Account struct {
	// Status is "active", "suspended" or "closed"; Type is "Full" or "Trial".
	Status, Type string
}

// FetchAccount reads the account that calls and texts. A standard API key may not
// ask this: the account's own token may.
func (c *Client) FetchAccount(ctx context.Context) (Account, error) {
	const op = "fetch account"
	var got *api.ApiV2010Account
	err := c.ask(ctx, op, false, func(s *api.ApiService) (err error) {
		got, err = s.FetchAccount(c.account)
		return sidOrMalformed(err, func() *string { return got.Sid }, "AC")
	})
	if err != nil {
		return Account{}, err
	}
	return Account{Status: value(got.Status), Type: value(got.Type)}, nil
}

// Hook is an address that Twilio asks, and by which method: "GET" or "POST".
type Hook struct{ URL, Method string }

// OwnNumber is a telephone number of the account, and where Twilio tells of it.
type OwnNumber struct {
	// SID is PN and 32 digits; Number is E.164. It is ours and not personal.
	SID, Number string
	// Voice and Text are asked when a call or a message comes in, VoiceFallback and
	// TextFallback when they fail; Status hears how calls go.
	Voice, VoiceFallback, Status, Text, TextFallback Hook
	// VoiceApp, TextApp and Trunk are SIDs of what Twilio asks instead of the
	// addresses above; empty for none.
	VoiceApp, TextApp, Trunk string
	// CanVoice and CanText say what the number is able to do.
	CanVoice, CanText bool
}

// OwnNumbers gives the telephone numbers of the account. An *Error of ErrTooMany
// means that there are more than 2,000.
func (c *Client) OwnNumbers(ctx context.Context) ([]OwnNumber, error) {
	const op = "list own numbers"
	var out []OwnNumber
	var at page
	params := &api.ListIncomingPhoneNumberParams{PageSize: optional(pageSize)}
	for range maxPages {
		var list *api.ListIncomingPhoneNumberResponse
		err := c.ask(ctx, op, false, func(s *api.ApiService) (err error) {
			list, err = s.PageIncomingPhoneNumber(params, at.token, at.number)
			return err
		})
		if err != nil {
			return nil, err
		}
		for i := range list.IncomingPhoneNumbers {
			out = append(out, ownNumberOf(&list.IncomingPhoneNumbers[i]))
		}
		if value(list.NextPageUri) == "" {
			return out, nil
		}
		u, err := url.Parse(*list.NextPageUri)
		if err != nil {
			return nil, &Error{Op: op, Class: Retry, cause: ErrMalformedAnswer}
		}
		at = page{token: u.Query().Get("PageToken"), number: u.Query().Get("Page")}
	}
	return nil, &Error{Op: op, Class: Refused, cause: ErrTooMany}
}

func ownNumberOf(n *api.ApiV2010IncomingPhoneNumber) OwnNumber {
	out := OwnNumber{
		SID: value(n.Sid), Number: value(n.PhoneNumber),
		Voice:         Hook{value(n.VoiceUrl), value(n.VoiceMethod)},
		VoiceFallback: Hook{value(n.VoiceFallbackUrl), value(n.VoiceFallbackMethod)},
		Status:        Hook{value(n.StatusCallback), value(n.StatusCallbackMethod)},
		Text:          Hook{value(n.SmsUrl), value(n.SmsMethod)},
		TextFallback:  Hook{value(n.SmsFallbackUrl), value(n.SmsFallbackMethod)},
		VoiceApp:      value(n.VoiceApplicationSid), TextApp: value(n.SmsApplicationSid), Trunk: value(n.TrunkSid),
	}
	if can := n.Capabilities; can != nil {
		out.CanVoice, out.CanText = can.Voice, can.Sms
	}
	return out
}

// The states of the verification of a toll-free number
// (https://www.twilio.com/docs/messaging/api/tollfree-verification-resource).
const (
	Unverified       = "" // nobody has asked for it
	VerifiedTollFree = "TWILIO_APPROVED"
	RejectedTollFree = "TWILIO_REJECTED"
)

// messagingURL is the other host on which Twilio keeps what concerns senders. One
// that stands in for the API stands in for it too.
const messagingURL = "https://messaging.twilio.com"

// TollFreeVerification gives the state of the last verification of a toll-free
// number of ours, by its SID. There are others than those above: Twilio is still
// looking then.
func (c *Client) TollFreeVerification(ctx context.Context, numberSID string) (string, error) {
	const op = "fetch toll-free verification"
	if !isSID(numberSID, "PN") {
		return "", invalid(op, "not a number's SID")
	}
	base := c.base.String()
	if base == defaultBaseURL {
		base = messagingURL
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	x := &exchange{ctx: ctx, client: c, sent: true}
	body, err := c.get(x, base+"/v1/Tollfree/Verifications?PageSize=1&TollfreePhoneNumberSid="+numberSID)
	if err != nil {
		x.lost = cmpContext(ctx, err)
		return "", x.failure(op, false)
	}
	if x.status != http.StatusOK {
		return "", x.failure(op, false)
	}
	var answer struct {
		Verifications []struct{ Status string }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", x.failure(op, false)
	}
	if len(answer.Verifications) == 0 {
		return Unverified, nil
	}
	return answer.Verifications[0].Status, nil
}

// get reads an address of Twilio's with our credentials, and notes in x how it went.
func (c *Client) get(x *exchange, address string) ([]byte, error) {
	r, err := http.NewRequestWithContext(x.ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.SetBasicAuth(c.user, c.password)
	res, err := c.http.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	err = errors.Join(err, res.Body.Close())
	x.status, x.retryAfter = res.StatusCode, retryAfter(res.Header)
	if res.StatusCode >= 300 {
		x.code = errorCode(body)
	}
	return body, err
}
